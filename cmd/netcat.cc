// What nc's users type first, answered with the line to type here.
#include "cmd/netcat.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <algorithm>

#include "base/escape.h"
#include "base/nearest.h"
#include "cmd/command.h"
#include "cmd/usage_error.h"
#include "cmd/words.h"

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

/// What the command would say of these words; empty where it would take them.
std::string fault_of(std::string_view name, const Words& words) {
  const auto program = find_command(name)->make();
  CLI::App app;
  app.set_help_flag();
  program->declare(app);
  try {
    program->accept(read_words(app, name, words));
  } catch (const UsageError& e) {
    return e.what();
  } catch (const CLI::ParseError& e) {
    return e.what();
  }
  return {};
}

}  // namespace

std::string listening_line(const Words& words) {
  return join(listening_words(words));
}

std::string answer_without_command(const Words& words) {
  const std::string first = display_start(words.front());
  if (is_plain(words.front())) {
    std::vector<std::string_view> names;
    for (const Command& c : commands())
      names.push_back(c.name);
    if (const auto near = nearest(words.front(), names); !near.empty()) {
      return fmt::format("unknown command '{}'; did you mean {}?", first, near);
    }
    if (fault_of("connect", words).empty()) {
      return fmt::format("unknown command '{}'; to connect, write: tcpkit connect {}", first,
                         join(words));
    }
    return fmt::format("unknown command '{}'; tcpkit --help lists them", first);
  }
  const auto plain = std::find_if(words.begin(), words.end(), is_plain);
  if (has_letter(words, 'l')) {
    const Words listening = listening_words(words);
    const std::string fault = fault_of("listen", listening);
    if (fault.empty()) return "to listen, write: tcpkit listen " + join(listening);
    return "to listen, write: tcpkit listen 5000; there, " + fault;
  }
  if (plain == words.end()) return fmt::format("unknown option {}; see tcpkit --help", first);
  if (find_command(*plain) != nullptr) {
    Words others = words;
    const auto at = others.begin() + (plain - words.begin());
    std::rotate(others.begin(), at, at + 1);
    return fmt::format("the command comes before {}; write: tcpkit {}", first, join(others));
  }
  const Words connecting = without("U", words);
  const std::string fault = fault_of("connect", connecting);
  if (fault.empty()) {
    return fmt::format("the command comes before {}; to connect, write: tcpkit connect {}", first,
                       join(connecting));
  }
  return fmt::format("the command comes before {}; to connect, it is tcpkit connect: {}", first,
                     fault);
}

}  // namespace tcpkit::cmd
