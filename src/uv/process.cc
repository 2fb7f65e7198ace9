#include "uv/process.h"

#include <unistd.h>

#include <array>

namespace tcpkit::uv {

std::unique_ptr<Process> Process::spawn(Loop& loop, const Command& command, Exited exited,
                                        int& err) {
  std::vector<char*> words;
  for (const std::string& word : command.words)
    words.push_back(const_cast<char*>(word.c_str()));  // libuv writes to none of them
  words.push_back(nullptr);
  std::vector<std::string> added;
  for (const auto& [name, value] : command.variables)
    added.push_back(std::string(name).append("=").append(value));
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable)
    environment.push_back(*variable);
  for (std::string& variable : added)
    environment.push_back(variable.data());
  environment.push_back(nullptr);

  std::array<uv_stdio_container_t, 3> streams{};
  const std::array fds{command.stdin_fd, command.stdout_fd, STDERR_FILENO};
  for (std::size_t i = 0; i < fds.size(); ++i) {
    streams[i].flags = UV_INHERIT_FD;
    streams[i].data.fd = fds[i];
  }
  uv_process_options_t options{};
  options.file = words.front();
  options.args = words.data();
  options.env = environment.data();
  options.stdio = streams.data();
  options.stdio_count = static_cast<int>(streams.size());
  options.exit_cb = on_exit;

  std::unique_ptr<Process> process(new Process(std::move(exited)));
  process->handle_.reset(new uv_process_t);  // uv_spawn() needs uv_close() even if it fails
  process->handle_->data = process.get();
  const int failed =
      Loop::guarded([&] { return uv_spawn(loop.get(), process->handle_.get(), &options); });
  err = -failed;
  if (failed != 0) return nullptr;
  process->pid_ = process->handle_->pid;
  return process;
}

void Process::kill(int signum) {
  if (running_) uv_process_kill(handle_.get(), signum);
}

void Process::on_exit(uv_process_t* handle, std::int64_t status, int signum) {
  if (handle->data == nullptr) return;
  Loop::of(handle->loop).turn([&] {
    auto* self = static_cast<Process*>(handle->data);
    self->running_ = false;
    self->exited_(static_cast<int>(status), signum);
  });
}

}  // namespace tcpkit::uv
