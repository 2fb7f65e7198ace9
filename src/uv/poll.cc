#include "uv/poll.h"

#include <fcntl.h>

#include <utility>

namespace tcpkit::uv {

std::unique_ptr<Poll> Poll::create(Loop& loop, int fd, void* owner, Callback callback) {
  auto handle = std::make_unique<uv_poll_t>();
  // uv_poll_init() makes the description non-blocking, which other processes may share.
  const int flags = ::fcntl(fd, F_GETFL);
  if (uv_poll_init(loop.get(), handle.get(), fd) != 0) return nullptr;
  if ((flags & O_NONBLOCK) == 0) ::fcntl(fd, F_SETFL, flags);
  std::unique_ptr<Poll> poll(new Poll(owner, callback));
  handle->data = poll.get();
  poll->handle_.reset(handle.release());
  return poll;
}

void Poll::watch(int events) {
  if (events == events_) return;
  events_ = events;
  if (events == 0) {
    uv_poll_stop(handle_.get());
  } else {
    uv_poll_start(handle_.get(), events, on_poll);
  }
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

void Poll::close(std::unique_ptr<Poll> poll, std::function<void()> closed) {
  uv_poll_t* handle = poll->handle_.release();
  handle->data = new std::function<void()>(std::move(closed));
  uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* h) {
    const std::unique_ptr<uv_poll_t> memory(reinterpret_cast<uv_poll_t*>(h));
    const std::unique_ptr<std::function<void()>> work(static_cast<std::function<void()>*>(h->data));
    Loop::of(h->loop).turn(*work);
  });
}

}  // namespace tcpkit::uv
