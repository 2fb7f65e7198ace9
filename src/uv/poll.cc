#include "uv/poll.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "os/epoll.h"
#include "uv/hooks.h"

namespace tcpkit::uv {

std::unique_ptr<Poll> Poll::create(Loop& loop, int fd, void* owner, Callback callback) {
  std::unique_ptr<Poll> poll(new Poll(loop, fd, owner, callback));
  auto handle = std::make_unique<uv_poll_t>();
  // uv_poll_init() makes the description non-blocking, which other processes may share.
  const int flags = ::fcntl(fd, F_GETFL);
  const int err = Loop::guarded([&] { return uv_poll_init(loop.get(), handle.get(), fd); });
  if (err != 0) {
    poll->refuse(-err);
    return poll;
  }
  if ((flags & O_NONBLOCK) == 0) ::fcntl(fd, F_SETFL, flags);
  handle->data = poll.get();
  poll->handle_.reset(handle.release());
  return poll;
}

void Poll::watch(int events) {
  if (events == events_ || refused_ != 0) return;
  events_ = events;
  if (events == 0) {
    uv_poll_stop(handle_.get());
    return;
  }
  uv_poll_start(handle_.get(), events, on_poll);
  if (const int err = reserve(events); err != 0) {
    uv_poll_stop(handle_.get());
    refuse(err);
  }
}

/// libuv adds the descriptor to epoll before it sleeps, and aborts if the kernel has no room for it
/// (fs.epoll.max_user_watches). So it is added here, where the failure can be reported; libuv finds
/// it there and only changes it. 0 or errno.
int Poll::reserve(int events) {
  return os::watch_by_epoll(uv_backend_fd(loop_.get()), fd_,
                            {.readable = (events & UV_READABLE) != 0,
                             .writable = (events & UV_WRITABLE) != 0,
                             .prioritized = (events & UV_PRIORITIZED) != 0});
}

void Poll::refuse(int err) {
  // The owner would take these two for "not yet", and wait for ever.
  refused_ = err == EAGAIN || err == EINTR ? EIO : err;
  events_ = 0;
  refusal_.defer([this] { callback_(owner_, -refused_); });
}

void Poll::on_poll(uv_poll_t* handle, int status, int events) {
  Loop::of(handle->loop).turn([&] {
    auto* self = static_cast<Poll*>(handle->data);
    if (self == nullptr) return;
    // libuv stops the handle itself when it reports EPOLLERR as UV_EBADF.
    if (status < 0) self->events_ = 0;
    self->callback_(self->owner_, status < 0 ? 0 : events);
  });
}

void Poll::unref() {
  if (handle_) uv_unref(reinterpret_cast<uv_handle_t*>(handle_.get()));
}

void Poll::close(std::unique_ptr<Poll> poll, std::function<void()> closed) {
  uv_poll_t* handle = poll->handle_.release();
  if (handle == nullptr) return in_close_phase(poll->loop_, std::move(closed));
  handle->data = new std::function<void()>(std::move(closed));
  uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* h) {
    const std::unique_ptr<uv_poll_t> memory(reinterpret_cast<uv_poll_t*>(h));
    const std::unique_ptr<std::function<void()>> work(static_cast<std::function<void()>*>(h->data));
    Loop::of(h->loop).turn(*work);
  });
}

}  // namespace tcpkit::uv
