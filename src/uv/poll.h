#pragma once

#include <functional>
#include <memory>

#include "uv/handle.h"
#include "uv/loop.h"
#include "uv/task.h"

namespace tcpkit::uv {

/// Watches one descriptor, which it does not own: close the descriptor after this object (libuv
/// must leave epoll first). libuv allows one watcher per descriptor.
class Poll {
 public:
  /// Gets UV_READABLE, UV_WRITABLE, UV_PRIORITIZED bits. 0 means an error condition (RST, a
  /// timeout of the kernel): watching has stopped then, and the socket reports the cause. Negative:
  /// the kernel refuses to watch the descriptor, and the value is -errno (ENOSPC, ENOMEM, ...);
  /// nothing follows. A plain function: it may destroy this object.
  using Callback = void (*)(void* owner, int events);

  /// Never null. If the kernel refuses the descriptor, the callback reports it in the next tick,
  /// unless this object is gone by then.
  static std::unique_ptr<Poll> create(Loop& loop, int fd, void* owner, Callback callback);
  ~Poll() = default;
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

  /// Positive errno if the kernel refuses to watch the descriptor: EPERM for regular files and
  /// /dev/null. 0: it is watched.
  [[nodiscard]] int refused() const { return refused_; }

  /// Watches for `events` from now on; 0 stops. Cheap when nothing changes.
  void watch(int events);
  [[nodiscard]] int watching() const { return events_; }

  /// Does not keep the loop alive any more.
  void unref();

  /// Stops for good; `closed` runs in libuv's close phase, after this object may be gone.
  static void close(std::unique_ptr<Poll> poll, std::function<void()> closed);

 private:
  Poll(Loop& loop, int fd, void* owner, Callback callback)
      : loop_(loop), fd_(fd), owner_(owner), callback_(callback), refusal_(loop) {}
  static void on_poll(uv_poll_t* handle, int status, int events);
  int reserve(int events);
  void refuse(int err);

  Loop& loop_;
  int fd_;
  Ptr<uv_poll_t> handle_;  ///< null if the kernel refused it from the start
  void* owner_;
  Callback callback_;
  int events_ = 0;
  int refused_ = 0;
  Task refusal_;
};

}  // namespace tcpkit::uv
