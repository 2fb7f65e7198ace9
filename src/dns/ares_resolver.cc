#include <ares.h>
#include <sys/time.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dns/resolv_conf.h"
#include "dns/resolver.h"
#include "uv/limit.h"
#include "uv/poll.h"

namespace tcpkit::dns {
namespace {

/// c-ares' own defaults (5 s, four tries) keep a person waiting for 75 s if no server answers.
constexpr int usual_timeout_ms = 2000;
constexpr int usual_tries = 2;

/// Between c-ares and one query; c-ares holds it until the callback, which always comes.
struct Pending {
  std::string host;
  Callback done;  ///< empty once given up
};

class AresResolver : public Resolver {
 public:
  AresResolver(uv::Loop& loop, std::vector<Address> servers)
      : loop_(loop),
        servers_(std::move(servers)),
        wait_(loop, [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {}
  ~AresResolver() override { close(); }
  AresResolver(const AresResolver&) = delete;
  AresResolver& operator=(const AresResolver&) = delete;

  std::unique_ptr<Query> resolve(const std::string& host, int family, Callback done) override;
  void give_up(const std::shared_ptr<Pending>& pending);
  void on_answer(const std::shared_ptr<Pending>& pending, Result result);
  [[nodiscard]] std::string_view code_of(int status) const;

 private:
  struct Watched {
    AresResolver* resolver;
    ares_socket_t fd;
    std::unique_ptr<uv::Poll> poll;
  };

  int open();
  int correct_config(ares_options options, int given);
  void close();
  void process(ares_socket_t readable, ares_socket_t writable);
  void unwatchable(int err);
  void rearm();
  void on_socket_state(ares_socket_t fd, bool readable, bool writable);
  void deliver(const std::shared_ptr<Pending>& pending, Result result);

  uv::Loop& loop_;
  std::vector<Address> servers_;
  uv::Limit wait_;  ///< for the answers in flight, as c-ares wants it
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, Watched> sockets_;
  unsigned in_flight_ = 0;
  int refused_ = 0;  ///< why the kernel does not watch a socket of c-ares: a positive errno
  bool asks_servers_ = true;  ///< false: nsswitch.conf has files only
};

class AresQuery : public Query {
 public:
  AresQuery(AresResolver& resolver, std::shared_ptr<Pending> pending)
      : resolver_(resolver), pending_(std::move(pending)) {}
  ~AresQuery() override { resolver_.give_up(pending_); }
  AresQuery(const AresQuery&) = delete;
  AresQuery& operator=(const AresQuery&) = delete;

 private:
  AresResolver& resolver_;
  std::shared_ptr<Pending> pending_;
};

/// What c-ares gets as its argument.
struct Argument {
  AresResolver* resolver;
  std::shared_ptr<Pending> pending;
};

int AresResolver::open() {
  if (channel_ != nullptr) return ARES_SUCCESS;
  if (const int status = ares_library_init(ARES_LIB_INIT_ALL); status != ARES_SUCCESS) {
    return status;
  }
  const ResolvConf conf = read_resolv_conf();
  ares_options options{};
  options.timeout = conf.timeout ? *conf.timeout * 1000 : usual_timeout_ms;
  options.tries = conf.attempts.value_or(usual_tries);
  options.sock_state_cb_data = this;
  options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<AresResolver*>(self)->on_socket_state(fd, readable != 0, writable != 0);
  };
  const int given = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  int status = ares_init_options(&channel_, &options, given);
  if (status == ARES_SUCCESS) status = correct_config(options, given);
  if (status != ARES_SUCCESS || servers_.empty()) return status;
  std::string csv;
  for (const Address& server : servers_)
    csv += (csv.empty() ? "" : ",") + server.to_string();
  return ares_set_servers_ports_csv(channel_, csv.c_str());
}

/// Makes the channel again if c-ares took something of the system's files in another way than
/// getaddrinfo(3): the root as a search domain would give names such as "host..", which no server
/// is asked for. Servers that the user names are asked whatever nsswitch.conf says.
int AresResolver::correct_config(ares_options options, int given) {
  ares_options found{};
  int mask = 0;
  if (const int status = ares_save_options(channel_, &found, &mask); status != ARES_SUCCESS) {
    return status;
  }
  std::string lookups = found.lookups == nullptr ? "fb" : found.lookups;
  std::vector<std::string> domains(found.domains, found.domains + found.ndomains);
  ares_destroy_options(&found);
  int corrected = given;
  asks_servers_ = lookups.find('b') != std::string::npos;
  if (!asks_servers_ && !servers_.empty()) {
    lookups += 'b';
    asks_servers_ = true;
    options.lookups = lookups.data();
    corrected |= ARES_OPT_LOOKUPS;
  }
  std::vector<char*> names;
  for (std::string& domain : domains) {
    if (domain == ".") {
      domain.clear();
      corrected |= ARES_OPT_DOMAINS;
    }
    names.push_back(domain.data());
  }
  options.domains = names.data();
  options.ndomains = static_cast<int>(names.size());
  if (corrected == given) return ARES_SUCCESS;
  ares_destroy(std::exchange(channel_, nullptr));
  return ares_init_options(&channel_, &options, corrected);
}

std::unique_ptr<Query> AresResolver::resolve(const std::string& host, int family, Callback done) {
  auto pending = std::make_shared<Pending>(Pending{host, std::move(done)});
  auto query = std::make_unique<AresQuery>(*this, pending);
  if (open() != ARES_SUCCESS) {
    deliver(pending, {{}, lookup_error("EAI_AGAIN", host)});
    return query;
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ++in_flight_;
  // Names of /etc/hosts call back from inside this call.
  ares_getaddrinfo(
      channel_, host.c_str(), nullptr, &hints,
      [](void* arg, int status, int /*timeouts*/, ares_addrinfo* info) {
        const std::unique_ptr<Argument> a(static_cast<Argument*>(arg));
        Result result;
        for (auto* n = info == nullptr ? nullptr : info->nodes; n != nullptr; n = n->ai_next) {
          result.addresses.push_back(Address::from_sockaddr(n->ai_addr, n->ai_addrlen));
        }
        if (info != nullptr) ares_freeaddrinfo(info);
        if (result.addresses.empty()) {
          const int cause = status == ARES_SUCCESS ? ARES_ENODATA : status;
          const int refused = a->resolver->refused_;
          result.error = status == ARES_ECANCELLED && refused != 0
                             ? system_error(refused, "epoll_ctl")
                             : lookup_error(a->resolver->code_of(cause), a->pending->host);
        }
        a->resolver->on_answer(a->pending, std::move(result));
      },
      new Argument{this, pending});
  rearm();
  return query;
}

std::string_view AresResolver::code_of(int status) const {
  if (!asks_servers_) return "ENOTFOUND";
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME:
      return "ENOTFOUND";
    default:
      // Timed out, refused by the server or by its host, broken answers: nobody knows.
      return "EAI_AGAIN";
  }
}

void AresResolver::on_answer(const std::shared_ptr<Pending>& pending, Result result) {
  --in_flight_;
  deliver(pending, std::move(result));
}

void AresResolver::deliver(const std::shared_ptr<Pending>& pending, Result result) {
  loop_.next_tick([this, pending, result = std::move(result)] {
    const Callback done = std::exchange(pending->done, nullptr);
    if (!done) return;  // given up, and we may be gone
    if (in_flight_ == 0) close();
    done(result);
  });
}

void AresResolver::give_up(const std::shared_ptr<Pending>& pending) {
  if (std::exchange(pending->done, nullptr) && in_flight_ <= 1) close();
}

/// Newer versions of c-ares keep sockets for the next query: nobody is left to wait for them.
void AresResolver::close() {
  wait_.stop();
  if (channel_ == nullptr) return;
  ares_destroy(std::exchange(channel_, nullptr));
  ares_library_cleanup();
}

void AresResolver::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_, readable, writable);
  rearm();
}

/// The kernel does not report answers: nothing is known of the name.
void AresResolver::unwatchable(int err) {
  refused_ = err;
  ares_cancel(channel_);
}

void AresResolver::rearm() {
  timeval tv{};
  if (ares_timeout(channel_, nullptr, &tv) == nullptr) return wait_.stop();
  wait_.start(std::chrono::milliseconds(tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1));
}

void AresResolver::on_socket_state(ares_socket_t fd, bool readable, bool writable) {
  if (!readable && !writable) {
    sockets_.erase(fd);  // c-ares closes the descriptor after this call
    return;
  }
  auto [it, fresh] = sockets_.try_emplace(fd, Watched{this, fd, nullptr});
  if (fresh) {
    it->second.poll = uv::Poll::create(loop_, fd, &it->second, [](void* owner, int events) {
      const auto* w = static_cast<Watched*>(owner);
      if (events < 0) return w->resolver->unwatchable(-events);
      const bool error = events == 0;
      const ares_socket_t socket = w->fd;  // `w` may be gone after the call
      w->resolver->process(error || (events & UV_READABLE) != 0 ? socket : ARES_SOCKET_BAD,
                           error || (events & UV_WRITABLE) != 0 ? socket : ARES_SOCKET_BAD);
    });
  }
  it->second.poll->watch((readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0));
}

}  // namespace

std::unique_ptr<Resolver> make_ares_resolver(uv::Loop& loop, std::vector<Address> servers) {
  return std::make_unique<AresResolver>(loop, std::move(servers));
}

}  // namespace tcpkit::dns
