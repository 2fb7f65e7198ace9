#include <uv.h>

#include <utility>

#include "dns/resolver.h"

namespace tcpkit::dns {
namespace {

/// Owned by libuv until its callback; the Query only lets go of it.
struct Request {
  uv_getaddrinfo_t req{};
  std::string host;
  Callback done;  ///< empty once given up
};

class SystemQuery : public Query {
 public:
  explicit SystemQuery(Request* request) : request_(request) {}
  ~SystemQuery() override {
    if (auto* request = *request_slot()) {
      request->done = nullptr;
      uv_cancel(reinterpret_cast<uv_req_t*>(&request->req));
    }
  }
  SystemQuery(const SystemQuery&) = delete;
  SystemQuery& operator=(const SystemQuery&) = delete;
  /// Where the callback says that the request is gone.
  Request** request_slot() { return &request_; }

 private:
  Request* request_;
};

Result to_result(int status, const addrinfo* info, const std::string& host) {
  Result result;
  for (const addrinfo* i = info; i != nullptr; i = i->ai_next) {
    result.addresses.push_back(Address::from_sockaddr(i->ai_addr, i->ai_addrlen));
  }
  if (status != 0 || result.addresses.empty()) {
    const bool again = status == UV_EAI_AGAIN || status == UV_EAI_FAIL;
    result.error = lookup_error(again ? "EAI_AGAIN" : "ENOTFOUND", host);
  }
  return result;
}

class SystemResolver : public Resolver {
 public:
  explicit SystemResolver(uv::Loop& loop) : loop_(loop) {}

  std::unique_ptr<Query> resolve(const std::string& host, int family, Callback done) override {
    auto request = std::make_unique<Request>();
    request->host = host;
    auto query = std::make_unique<SystemQuery>(request.get());
    request->done = [done = std::move(done), slot = query->request_slot()](Result result) {
      *slot = nullptr;  // `done` may destroy the query
      done(std::move(result));
    };
    addrinfo hints{};
    hints.ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    request->req.data = request.get();
    uv_getaddrinfo(loop_.get(), &request->req, on_answer, host.c_str(), nullptr, &hints);
    static_cast<void>(request.release());
    return query;
  }

 private:
  static void on_answer(uv_getaddrinfo_t* req, int status, addrinfo* info) {
    const std::unique_ptr<Request> request(static_cast<Request*>(req->data));
    uv::Loop::of(req->loop).turn([&] {
      if (request->done) request->done(to_result(status, info, request->host));
    });
    uv_freeaddrinfo(info);
  }

  uv::Loop& loop_;
};

}  // namespace

std::unique_ptr<Resolver> make_system_resolver(uv::Loop& loop) {
  return std::make_unique<SystemResolver>(loop);
}

}  // namespace tcpkit::dns
