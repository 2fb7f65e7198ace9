#pragma once

#include <uv.h>

#include <memory>

namespace tcpkit::uv {

/// Closes a libuv handle and frees it in its close callback. Build the Ptr only after uv_*_init
/// succeeded; a late callback sees a null `data`.
template <class T>
struct Closer {
  void operator()(T* handle) const noexcept {
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* h) { delete reinterpret_cast<T*>(h); });
  }
};

/// Owns a libuv handle that nobody needs to hear closing.
template <class T>
using Ptr = std::unique_ptr<T, Closer<T>>;

}  // namespace tcpkit::uv
