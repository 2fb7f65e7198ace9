#include <netdb.h>
#include <uv.h>

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "dns/resolver.h"
#include "uv/handle.h"

namespace tcpkit::dns {
namespace {

Result to_result(int status, const addrinfo* info, const std::string& host) {
  Result result;
  for (const addrinfo* i = info; i != nullptr; i = i->ai_next) {
    result.addresses.push_back(Address::from_sockaddr(i->ai_addr, i->ai_addrlen));
  }
  if (result.addresses.empty()) {
    const bool again = status == EAI_AGAIN || status == EAI_FAIL || status == EAI_SYSTEM;
    result.error = lookup_error(again ? "EAI_AGAIN" : "ENOTFOUND", host);
  }
  return result;
}

/// What the thread and the loop share: whoever comes last frees it.
struct Shared {
  std::mutex mutex;
  uv_async_t* wake = nullptr;  ///< null once the lookup is given up
  Result result;
};

/// The thread: getaddrinfo(3) cannot be interrupted, so it answers whoever is still there.
void look_up(const std::shared_ptr<Shared>& shared, const std::string& host, int family) {
  addrinfo hints{};
  hints.ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* info = nullptr;
  const int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &info);
  Result result = to_result(status, info, host);
  if (info != nullptr) ::freeaddrinfo(info);
  const std::lock_guard lock(shared->mutex);
  if (shared->wake == nullptr) return;
  shared->result = std::move(result);
  uv_async_send(shared->wake);
}

/// A thread of its own, and not libuv's pool: the end of the program waits for that one, for as
/// long as the servers are silent.
class SystemQuery : public Query {
 public:
  SystemQuery(uv::Loop& loop, const std::string& host, int family, Callback done)
      : done_(std::move(done)) {
    auto* wake = new uv_async_t;
    uv_async_init(loop.get(), wake, [](uv_async_t* handle) {
      uv::Loop::of(handle->loop).turn([&] {
        if (handle->data != nullptr) static_cast<SystemQuery*>(handle->data)->answer();
      });
    });
    wake_.reset(wake);
    wake_->data = this;
    shared_->wake = wake;
    try {
      std::thread([shared = shared_, host, family] { look_up(shared, host, family); }).detach();
    } catch (const std::system_error&) {
      shared_->result.error = lookup_error("EAI_AGAIN", host);
      uv_async_send(wake);
    }
  }
  SystemQuery(const SystemQuery&) = delete;
  SystemQuery& operator=(const SystemQuery&) = delete;
  ~SystemQuery() override {
    const std::lock_guard lock(shared_->mutex);
    shared_->wake = nullptr;
  }

 private:
  void answer() {
    Result result;
    {
      const std::lock_guard lock(shared_->mutex);
      result = std::move(shared_->result);
    }
    const Callback done = std::move(done_);  // it may destroy us
    done(std::move(result));
  }

  Callback done_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  uv::Ptr<uv_async_t> wake_;
};

class SystemResolver : public Resolver {
 public:
  explicit SystemResolver(uv::Loop& loop) : loop_(loop) {}

  std::unique_ptr<Query> resolve(const std::string& host, int family, Callback done) override {
    return std::make_unique<SystemQuery>(loop_, host, family, std::move(done));
  }

 private:
  uv::Loop& loop_;
};

}  // namespace

std::unique_ptr<Resolver> make_system_resolver(uv::Loop& loop) {
  return std::make_unique<SystemResolver>(loop);
}

}  // namespace tcpkit::dns
