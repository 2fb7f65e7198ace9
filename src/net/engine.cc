#include "net/engine.h"

#include <algorithm>

#include "net/watcher.h"

namespace tcpkit::net {

Engine::Engine(uv::Loop& loop, trace::Tracer& tracer, std::size_t read_size)
    : loop_(loop),
      tracer_(tracer),
      read_buffer_(read_size, '\0'),
      flush_(loop, [this] { settle(); }),
      ripe_(loop, [this] { settle(); }) {
  ripe_.unref();
}

void Engine::settle() {
  bool more = false;
  std::uint64_t untold = UINT64_MAX;
  for (Watcher* w : watchers_) {
    more |= w->catch_up();
    untold = std::min(untold, w->untold());
  }
  const std::uint64_t start = tracer_.epoch().monotonic_ns;
  more |= tracer_.settle(untold == UINT64_MAX ? untold : untold - std::min(untold, start));
  if (more && !ripe_.active()) ripe_.start(std::chrono::milliseconds(10));
}

void Engine::add(Socket* socket) {
  sockets_.push_back(socket);
  keep_alive();
}

void Engine::remove(Socket* socket) {
  std::erase(sockets_, socket);
  keep_alive();
}

void Engine::add(Listener* listener) {
  listeners_.push_back(listener);
  keep_alive();
}

void Engine::remove(Listener* listener) {
  std::erase(listeners_, listener);
  keep_alive();
}

}  // namespace tcpkit::net
