#include <arpa/inet.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/host_name.h"
#include "dns/resolver.h"
#include "uv/task.h"

namespace tcpkit::dns {
namespace {

bool equal_names(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// True if the machine has the address: a socket can be bound to it.
bool has_address(const Address& address) {
  const int fd = ::socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool bound = ::bind(fd, address.get(), address.size()) == 0;
  ::close(fd);
  return bound;
}

/// ::1, then 127.0.0.1; an address that the machine does not have comes last.
std::vector<Address> loopback() {
  std::vector addresses{*Address::from_ip("::1", 0), *Address::from_ip("127.0.0.1", 0)};
  if (!has_address(addresses[0]) && has_address(addresses[1])) {
    std::swap(addresses[0], addresses[1]);
  }
  return addresses;
}

/// The form that is looked up and compared. The command line takes no host that has none.
std::string lookup_form(const std::string& host) {
  std::string ignored;
  return ascii_host(host, ignored).value_or(host);
}

/// Holds the answer until the next tick.
class Ready : public Query {
 public:
  Ready(uv::Loop& loop, Result result, Callback done) : answer_(loop) {
    answer_.defer([result = std::move(result), done = std::move(done)] { done(result); });
  }

 private:
  uv::Task answer_;
};

class LocalAnswers : public Resolver {
 public:
  LocalAnswers(uv::Loop& loop, std::vector<FixedAnswer> fixed, std::uint16_t port,
               std::unique_ptr<Resolver> next)
      : loop_(loop), fixed_(std::move(fixed)), port_(port), next_(std::move(next)) {}

  std::unique_ptr<Query> resolve(const std::string& host, int family, Callback done) override {
    const std::string name = lookup_form(host);
    std::optional<std::vector<Address>> known = find(name);
    if (!known) return next_->resolve(name, family, under_name(host, std::move(done)));
    if (family != 0) std::erase_if(*known, [&](const Address& a) { return a.family() != family; });
    Result result;
    if (known->empty()) {
      result.error = lookup_error("ENOTFOUND", host);
    } else {
      result.addresses = std::move(*known);
    }
    return std::make_unique<Ready>(loop_, std::move(result), std::move(done));
  }

 private:
  /// Errors name the host as the user does.
  static Callback under_name(const std::string& host, Callback done) {
    return [host, done = std::move(done)](Result result) {
      const auto& error = result.error;
      if (error && !error->hostname.empty()) result.error = lookup_error(error->code, host);
      done(std::move(result));
    };
  }

  /// By the name in its lookup form.
  [[nodiscard]] std::optional<std::vector<Address>> find(const std::string& host) const {
    if (const FixedAnswer* fixed = find_fixed(fixed_, host, port_)) return fixed->addresses;
    if (is_localhost(host)) return loopback();
    in_addr old{};
    if (::inet_aton(host.c_str(), &old) != 0) {
      sockaddr_in in{};
      in.sin_family = AF_INET;
      in.sin_addr = old;
      return std::vector{Address::from_sockaddr(reinterpret_cast<sockaddr*>(&in), sizeof in)};
    }
    return {};
  }

  uv::Loop& loop_;
  std::vector<FixedAnswer> fixed_;
  std::uint16_t port_;
  std::unique_ptr<Resolver> next_;
};

}  // namespace

bool is_localhost(std::string_view host) {
  static constexpr std::string_view name = "localhost";
  const std::string form = lookup_form(std::string(host));
  host = form;
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (host.size() < name.size()) return false;
  const std::size_t split = host.size() - name.size();
  return equal_names(host.substr(split), name) && (split == 0 || host[split - 1] == '.');
}

const FixedAnswer* find_fixed(const std::vector<FixedAnswer>& answers, std::string_view host,
                              std::uint16_t port) {
  const std::string name = lookup_form(std::string(host));
  for (const bool wildcard : {false, true}) {
    const auto it = std::find_if(answers.rbegin(), answers.rend(), [&](const FixedAnswer& f) {
      const bool fits = wildcard ? f.host == "*" : equal_names(lookup_form(f.host), name);
      return fits && (!f.port || *f.port == port);
    });
    if (it != answers.rend()) return &*it;
  }
  return nullptr;
}

std::unique_ptr<Resolver> make_local_answers(uv::Loop& loop, std::vector<FixedAnswer> fixed,
                                             std::uint16_t port, std::unique_ptr<Resolver> next) {
  return std::make_unique<LocalAnswers>(loop, std::move(fixed), port, std::move(next));
}

Error lookup_error(std::string_view code, const std::string& host) {
  Error error;
  error.code = code;
  // libuv's numbers, as in Node: UV_EAI_NONAME, UV_EAI_AGAIN.
  error.errno_value = code == "ENOTFOUND" ? UV_EAI_NONAME : UV_EAI_AGAIN;
  error.syscall = "getaddrinfo";
  error.hostname = host;
  error.message = "getaddrinfo " + error.code + " " + host;
  return error;
}

}  // namespace tcpkit::dns
