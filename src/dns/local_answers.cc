#include <arpa/inet.h>
#include <strings.h>

#include <algorithm>
#include <utility>

#include "dns/resolver.h"

namespace tcpkit::dns {
namespace {

bool equal_names(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::vector<Address> from_texts(std::initializer_list<std::string_view> texts) {
  std::vector<Address> addresses;
  for (const std::string_view text : texts)
    addresses.push_back(*Address::from_ip(text, 0));
  return addresses;
}

/// Holds the answer until the next tick.
class Ready : public Query {
 public:
  Ready(uv::Loop& loop, Result result, Callback done) {
    loop.next_tick(
        [alive = std::weak_ptr<bool>(alive_), result = std::move(result), done = std::move(done)] {
          if (!alive.expired()) done(result);
        });
  }

 private:
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class LocalAnswers : public Resolver {
 public:
  LocalAnswers(uv::Loop& loop, std::vector<FixedAnswer> fixed, std::uint16_t port,
               std::unique_ptr<Resolver> next)
      : loop_(loop), fixed_(std::move(fixed)), port_(port), next_(std::move(next)) {}

  std::unique_ptr<Query> resolve(const std::string& host, int family, Callback done) override {
    std::optional<std::vector<Address>> known = find(host);
    if (!known) return next_->resolve(host, family, std::move(done));
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
  [[nodiscard]] std::optional<std::vector<Address>> find(const std::string& host) const {
    if (const FixedAnswer* fixed = find_fixed(fixed_, host, port_)) return fixed->addresses;
    if (is_localhost(host)) return from_texts({"::1", "127.0.0.1"});
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
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (host.size() < name.size()) return false;
  const std::size_t split = host.size() - name.size();
  return equal_names(host.substr(split), name) && (split == 0 || host[split - 1] == '.');
}

const FixedAnswer* find_fixed(const std::vector<FixedAnswer>& answers, std::string_view host,
                              std::uint16_t port) {
  const auto it = std::find_if(answers.rbegin(), answers.rend(), [&](const FixedAnswer& f) {
    return equal_names(f.host, host) && (!f.port || *f.port == port);
  });
  return it == answers.rend() ? nullptr : &*it;
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
