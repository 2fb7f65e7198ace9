#include "stdio/file_window.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace tcpkit::stdio {
namespace {
constexpr off_t window = 1 << 20;
}  // namespace

std::string_view FileWindow::view() {
  if (!usable_) return {};
  if (start_ < size_) return {map_ + start_, size_ - start_};
  unmap();
  struct stat st {};
  const off_t at = ::lseek(fd_, 0, SEEK_CUR);
  if (at < 0 || ::fstat(fd_, &st) != 0 || st.st_size <= at) return {};
  const off_t page = ::sysconf(_SC_PAGESIZE);
  const off_t begin = at - at % page;
  const off_t end = std::min(st.st_size, begin + window);
  const auto size = static_cast<std::size_t>(end - begin);
  void* map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd_, begin);
  if (map == MAP_FAILED) {
    usable_ = false;
    return {};
  }
  map_ = static_cast<char*>(map);
  size_ = size;
  start_ = static_cast<std::size_t>(at - begin);
  return {map_ + start_, size_ - start_};
}

void FileWindow::advance(std::size_t bytes) {
  start_ += bytes;
  ::lseek(fd_, static_cast<off_t>(bytes), SEEK_CUR);
}

void FileWindow::give_up() {
  unmap();
  usable_ = false;
}

void FileWindow::unmap() {
  if (map_ != nullptr) ::munmap(map_, size_);
  map_ = nullptr;
  size_ = 0;
  start_ = 0;
}

}  // namespace tcpkit::stdio
