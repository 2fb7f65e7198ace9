#include "uv/hooks.h"

#include <system_error>
#include <utility>

namespace tcpkit::uv {
namespace {

using Callback = std::function<void()>;

template <class Handle>
void call_back(Handle* handle) {
  Loop::of(handle->loop).turn([&] {
    if (handle->data == nullptr) return;
    const Callback callback = *static_cast<Callback*>(handle->data);  // it may destroy its owner
    callback();
  });
}

template <class Handle>
void unref(Handle* handle) {
  uv_unref(reinterpret_cast<uv_handle_t*>(handle));
}

}  // namespace

Signal::Signal(Loop& loop, int signum, Callback callback)
    : callback_(std::make_unique<Callback>(std::move(callback))) {
  auto handle = std::make_unique<uv_signal_t>();
  int err = loop.guarded([&] { return uv_signal_init(loop.get(), handle.get()); });
  if (err == 0) {
    handle_.reset(handle.release());
    handle_->data = callback_.get();
    err = loop.guarded([&] {
      return uv_signal_start(
          handle_.get(), [](uv_signal_t* h, int) { call_back(h); }, signum);
    });
  }
  if (err != 0) throw std::system_error(-err, std::system_category(), "a signal handler");
  unref(handle_.get());
}

Signal::~Signal() {
  Loop::guarded([this] {
    handle_.reset();
    return 0;
  });
}

BeforeSleep::BeforeSleep(Loop& loop, Callback callback)
    : handle_(new uv_prepare_t), callback_(std::make_unique<Callback>(std::move(callback))) {
  uv_prepare_init(loop.get(), handle_.get());
  handle_->data = callback_.get();
  uv_prepare_start(handle_.get(), [](uv_prepare_t* handle) { call_back(handle); });
  unref(handle_.get());
}

void BeforeSleep::keep_alive(bool on) {
  auto* handle = reinterpret_cast<uv_handle_t*>(handle_.get());
  if (on) {
    uv_ref(handle);
  } else {
    uv_unref(handle);
  }
}

Busy::Busy(Loop& loop, Callback callback)
    : handle_(new uv_idle_t), callback_(std::make_unique<Callback>(std::move(callback))) {
  uv_idle_init(loop.get(), handle_.get());
  handle_->data = callback_.get();
}

void Busy::start() {
  uv_idle_start(handle_.get(), [](uv_idle_t* handle) { call_back(handle); });
}

void in_close_phase(Loop& loop, Callback work) {
  auto* handle = new uv_idle_t;
  uv_idle_init(loop.get(), handle);
  handle->data = new Callback(std::move(work));
  uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* h) {
    const std::unique_ptr<uv_idle_t> memory(reinterpret_cast<uv_idle_t*>(h));
    const std::unique_ptr<Callback> callback(static_cast<Callback*>(h->data));
    Loop::of(h->loop).turn(*callback);
  });
}

}  // namespace tcpkit::uv
