#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/error.h"
#include "uv/loop.h"

namespace tcpkit::dns {

/// What a lookup gave: addresses (port 0) in the order to try them, or an error with syscall
/// "getaddrinfo": ENOTFOUND (no such name, or no address of that family), EAI_AGAIN (no server
/// answered).
struct Result {
  std::vector<Address> addresses;
  std::optional<Error> error;
};

/// A lookup under way. Destroying it gives the lookup up: its callback does not come any more.
class Query {
 public:
  Query() = default;
  virtual ~Query() = default;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
};

using Callback = std::function<void(Result)>;

/// Turns host names into addresses. Never calls back before resolve() returned.
class Resolver {
 public:
  Resolver() = default;
  virtual ~Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  /// `family`: 4, 6, or 0 for both.
  virtual std::unique_ptr<Query> resolve(const std::string& host, int family, Callback done) = 0;
};

/// c-ares: /etc/hosts, /etc/resolv.conf, /etc/nsswitch.conf; RFC 6724 order. `servers`, if not
/// empty, take the place of those in resolv.conf and are asked whatever nsswitch.conf says. Takes
/// names in their ASCII form.
std::unique_ptr<Resolver> make_ares_resolver(uv::Loop& loop, std::vector<Address> servers);

/// getaddrinfo(3) in a thread of its own. Takes names in their ASCII form.
std::unique_ptr<Resolver> make_system_resolver(uv::Loop& loop);

/// An answer given on the command line (--resolve).
struct FixedAnswer {
  std::string host;                   ///< "*": any that no other answer names
  std::optional<std::uint16_t> port;  ///< empty: any
  std::vector<Address> addresses;
};

/// The one for that name and port: the last one given, as with every option. nullptr: there is
/// none.
const FixedAnswer* find_fixed(const std::vector<FixedAnswer>& answers, std::string_view host,
                              std::uint16_t port);

/// "localhost", "x.localhost", with or without the dot of the root.
bool is_localhost(std::string_view host);

/// Answers what needs no resolver, and asks `next` for the rest: fixed answers for this port,
/// `localhost` and *.localhost (RFC 6761 6.3: ::1, then 127.0.0.1, the one that the machine has
/// first; never sent to a server), and the old numeric forms of inet_aton(3) ("127.1").
/// International names reach `next` in their ASCII form; errors name them as they were given.
std::unique_ptr<Resolver> make_local_answers(uv::Loop& loop, std::vector<FixedAnswer> fixed,
                                             std::uint16_t port, std::unique_ptr<Resolver> next);

/// The error of a failed lookup, as Node words it: "getaddrinfo ENOTFOUND host".
Error lookup_error(std::string_view code, const std::string& host);

}  // namespace tcpkit::dns
