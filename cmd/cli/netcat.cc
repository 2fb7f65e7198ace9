// What nc's users type first, answered with the line to type here.
#include "cmd/cli/netcat.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "base/endpoint.h"
#include "base/escape.h"
#include "base/foreign_address.h"
#include "base/nearest.h"
#include "base/port_list.h"
#include "cmd/cli/argv.h"
#include "cmd/cli/command.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {
namespace {

using Words = std::vector<std::string>;

bool is_plain(const std::string& word) {
  return !word.starts_with('-');
}

bool is_cluster(const std::string& word) {
  return word.size() > 1 && word.front() == '-' && word[1] != '-';
}

bool has_letter(const Words& words, char letter) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return is_cluster(word) && word.find(letter) != word.npos;
  });
}

/// Without these letters of nc's; with its -U an address is a path.
Words without(std::string_view letters, const Words& words) {
  const bool path = has_letter(words, 'U');
  Words out;
  for (std::string word : words) {
    if (is_cluster(word)) {
      std::erase_if(word, [&](char c) { return letters.find(c) != letters.npos; });
      // A port behind its letter, as in -p5000; -4 and -6 are no ports.
      const bool port = word.size() > 2 && word.find_first_not_of("0123456789", 1) == word.npos;
      if (port) word.erase(0, 1);
      if (word == "-") continue;
    } else if (path && is_plain(word) && word.find('/') == word.npos) {
      word.insert(0, "unix:");
    }
    out.push_back(std::move(word));
  }
  return out;
}

Words listening_words(const Words& words) {
  Words out = without("lnpU", words);
  if (std::none_of(out.begin(), out.end(), is_plain)) out.emplace_back("5000");
  return out;
}

std::string join(const Words& words) {
  std::string line;
  for (const std::string& word : words)
    line += (line.empty() ? "" : " ") + display_start(word);
  return line;
}

/// The words that are no options. An option's value may be among them: it stands before the rest.
Words plain_words(const Words& words) {
  Words out;
  std::copy_if(words.begin(), words.end(), std::back_inserter(out), is_plain);
  return out;
}

/// `tcpkit scan` with the HOST and the PORTS of the words: the last two that are no options.
std::string scanning_line(const Words& words, std::string_view command) {
  Words plain = plain_words(words);
  if (!plain.empty() && plain.front() == command) plain.erase(plain.begin());
  if (plain.size() < 2) return "tcpkit scan HOST PORTS";
  return fmt::format("tcpkit scan {} {}", display_start(plain[plain.size() - 2]),
                     display_start(plain.back()));
}

/// True for "20-25" and "22,80", which nc and others take.
bool are_ports(const std::string& word) {
  std::string ignored;
  return word.find_first_of("-,") != std::string::npos &&
         parse_port_list(word, ignored).has_value();
}

/// "HOST PORT" of the words, or "PORT" for a listener.
std::string address_of(bool listens, const Words& words) {
  const Words plain = plain_words(words);
  std::string ignored;
  const auto port = std::find_if(plain.rbegin(), plain.rend(), [&](const std::string& word) {
    return parse_port(word, Purpose::listening, ignored).has_value();
  });
  if (listens) return port == plain.rend() ? "5000" : display_start(*port);
  if (port == plain.rend() || port + 1 == plain.rend()) return "HOST PORT";
  return display_start(*(port + 1)) + " " + display_start(*port);
}

/// HOST:PORT for tools that take one word.
std::string with_colon(std::string address) {
  const std::size_t blank = address.find(' ');
  if (blank == std::string::npos) return address;
  if (address.find(':') < blank)
    address = "[" + address.substr(0, blank) + "]" + address.substr(blank);
  address[address.rfind(' ')] = ':';
  return address;
}

/// What the command would say of these words; empty where it would take them. `known`: it knows
/// what to type instead.
std::string fault_of(std::string_view name, const Words& words, bool* known = nullptr) {
  const auto program = find_command(name)->make();
  OptionSet set;
  program->declare(set);
  try {
    program->accept(read_words(set, name, words));
  } catch (const ForeignOption& e) {
    if (known != nullptr) *known = true;
    return e.what();
  } catch (const UsageError& e) {
    return e.what();
  }
  return {};
}

}  // namespace

std::string listening_line(const Words& words) {
  return join(listening_words(words));
}

std::string answer_option(std::string_view command, const std::string& name, const Words& words) {
  const bool listens = command == "listen" || command == "echo" || command == "blocklist serve" ||
                       has_letter(words, 'l') ||
                       std::find(words.begin(), words.end(), "--listen") != words.end();
  const std::string address = address_of(listens, words);
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (is({"-u", "--udp"})) {
    return fmt::format("tcpkit speaks TCP only; for UDP write: nc -u {}{}", listens ? "-l " : "",
                       address);
  }
  if (is({"-e", "-c", "--exec", "--sh-exec", "--lua-exec"})) {
    if (listens) return fmt::format("write: tcpkit listen {} --exec CMD", address);
    return fmt::format(
        "a client runs no program; write: tcpkit listen PORT --exec CMD, or socat TCP:{} EXEC:CMD",
        with_colon(address));
  }
  if (is({"-x", "-X", "--proxy", "--proxy-type", "--proxy-auth"})) {
    return "tcpkit uses no proxy; write: nc -X connect -x PROXY:PORT HOST PORT";
  }
  if (is({"--ssl", "--tls", "--ssl-verify", "--ssl-cert", "--ssl-key", "--ssl-trustfile",
          "--ssl-alpn"})) {
    return listens ? fmt::format("tcpkit speaks no TLS; write: ncat --ssl -l {}", address)
                   : fmt::format("tcpkit speaks no TLS; write: openssl s_client -connect {}",
                                 with_colon(address));
  }
  if (name == "-U") {
    Words plain = plain_words(words);
    if (!plain.empty() && plain.front() == command) plain.erase(plain.begin());
    std::string path = plain.empty() ? "PATH" : display_start(plain.front());
    if (!path.starts_with("unix:")) path.insert(0, "unix:");
    return fmt::format("a Unix socket needs no option; write: tcpkit {} {}",
                       listens && command == "connect" ? "listen" : command, path);
  }
  if (is({"-z", "--probe"}) && !listens)
    return "to see whether a port answers, write: " + scanning_line(words, command);
  return {};
}

std::string answer_without_command(const Words& words) {
  const std::string first = display_start(words.front());
  for (const std::string& word : words) {
    const auto answer = answer_foreign_address(word, Purpose::connecting);
    if (answer && find_command(words.front()) == nullptr) {
      return answer->find("tcpkit ") != answer->npos
                 ? *answer
                 : "to connect, it is tcpkit connect: " + *answer;
    }
  }
  if (is_plain(words.front())) {
    std::vector<std::string_view> names;
    for (const Command& c : commands())
      names.push_back(c.name);
    if (const auto near = nearest(words.front(), names); !near.empty()) {
      return fmt::format("unknown command '{}'; did you mean {}?", first, near);
    }
    if (words.size() == 2 && are_ports(words[1])) {
      return fmt::format("unknown command '{}'; to try these ports, write: {}", first,
                         scanning_line(words, ""));
    }
    std::string fault = fault_of("connect", words);
    if (fault.empty()) {
      return fmt::format("unknown command '{}'; to connect, write: tcpkit connect {}", first,
                         join(words));
    }
    // HOST 20-25, HOST PORT -u: to whom the second word is a port, this is nc.
    if (words.size() > 1 && std::isdigit(static_cast<unsigned char>(words[1].front())) != 0) {
      return fmt::format("unknown command '{}'; to connect, it is tcpkit connect: {}", first,
                         fault);
    }
    return fmt::format("unknown command '{}'; tcpkit --help lists them", first);
  }
  const auto plain = std::find_if(words.begin(), words.end(), is_plain);
  if (has_letter(words, 'l')) {
    const Words listening = listening_words(words);
    bool known = false;
    std::string fault = fault_of("listen", listening, &known);
    if (known) return fault;
    if (fault.empty()) return "to listen, write: tcpkit listen " + join(listening);
    return "to listen, write: tcpkit listen 5000; there, " + fault;
  }
  const bool commanded = plain != words.end() && find_command(*plain) != nullptr;
  const bool probes =
      has_letter(words, 'z') || std::find(words.begin(), words.end(), "--probe") != words.end();
  if (probes && !commanded) return "to see which ports answer, write: " + scanning_line(words, "");
  if (plain == words.end()) return fmt::format("unknown option {}; see tcpkit --help", first);
  if (commanded) {
    Words others = words;
    const auto at = others.begin() + (plain - words.begin());
    std::rotate(others.begin(), at, at + 1);
    return fmt::format("the command comes before {}; write: tcpkit {}", first, join(others));
  }
  const Words connecting = without("U", words);
  bool known = false;
  std::string fault = fault_of("connect", connecting, &known);
  if (known) return fault;
  if (fault.empty()) {
    return fmt::format("the command comes before {}; to connect, write: tcpkit connect {}", first,
                       join(connecting));
  }
  return fmt::format("the command comes before {}; to connect, it is tcpkit connect: {}", first,
                     fault);
}

}  // namespace tcpkit::cmd
