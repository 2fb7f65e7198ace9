#pragma once

#include <functional>
#include <memory>

#include "uv/handle.h"
#include "uv/loop.h"

namespace tcpkit::uv {

/// Watches one descriptor, which it does not own: close the descriptor after this object (libuv
/// must leave epoll first). libuv allows one watcher per descriptor.
class Poll {
 public:
  /// Gets UV_READABLE, UV_WRITABLE, UV_PRIORITIZED bits. 0 means an error condition (RST, a
  /// timeout of the kernel): watching has stopped then, and the socket tells the cause.
  /// A plain function: it may destroy this object.
  using Callback = void (*)(void* owner, int events);

  /// nullptr where the descriptor cannot be polled: a regular file, /dev/null (EPERM of epoll).
  static std::unique_ptr<Poll> create(Loop& loop, int fd, void* owner, Callback callback);

  /// Watches for `events` from now on; 0 stops. Cheap when nothing changes.
  void watch(int events);
  [[nodiscard]] int watching() const { return events_; }

  /// Does not keep the loop alive any more.
  void unref() { uv_unref(reinterpret_cast<uv_handle_t*>(handle_.get())); }

  /// Stops for good; `closed` runs in libuv's close phase, after this object may be gone.
  static void close(std::unique_ptr<Poll> poll, std::function<void()> closed);

 private:
  Poll(void* owner, Callback callback) : owner_(owner), callback_(callback) {}
  static void on_poll(uv_poll_t* handle, int status, int events);

  Ptr<uv_poll_t> handle_;
  void* owner_;
  Callback callback_;
  int events_ = 0;
};

}  // namespace tcpkit::uv
