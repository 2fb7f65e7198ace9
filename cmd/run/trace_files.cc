#include "cmd/run/trace_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

#include "base/escape.h"
#include "trace/json_sink.h"

namespace tcpkit::cmd {

int create_file(const std::string& file, bool append) {
  const int how = append ? O_APPEND : O_TRUNC;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | how | O_CLOEXEC, 0666);
  if (fd < 0) throw std::system_error(errno, std::system_category(), display(file));
  return fd;
}

std::pair<int, bool> open_trace_file(const std::string& file, bool append) {
  if (file == "-") return {STDOUT_FILENO, false};
  if (file.starts_with("fd:")) {
    int fd = -1;
    const char* end = file.data() + file.size();
    const auto [at, err] = std::from_chars(file.data() + 3, end, fd);
    if (err == std::errc() && at == end && fd >= 0 && ::fcntl(fd, F_GETFD) >= 0) return {fd, false};
    throw std::system_error(EBADF, std::system_category(), display(file));
  }
  return {create_file(file, append), true};
}

std::shared_ptr<trace::Sink> make_trace_sink(const TraceOptions& options,
                                             std::unique_ptr<trace::Writer> writer,
                                             const record::Epoch& epoch,
                                             trace::HumanSink::Style::Summaries summaries) {
  if (options.is_json()) {
    const trace::JsonSink::Style style{options.data, options.tags, false};
    return std::make_shared<trace::JsonSink>(std::move(writer), epoch, style);
  }
  const trace::HumanSink::Style style{options.time, options.data,
                                      wants_colour(options.colour, writer->fd()), summaries};
  return std::make_shared<trace::HumanSink>(std::move(writer), epoch, style);
}

std::shared_ptr<trace::Sink> make_summaries_sink(const TraceOptions& options,
                                                 std::unique_ptr<trace::Writer> writer,
                                                 const record::Epoch& epoch) {
  const trace::JsonSink::Style style{options.data, options.tags, true};
  return std::make_shared<trace::JsonSink>(std::move(writer), epoch, style);
}

std::shared_ptr<diagram::Sink> make_diagram_sink(const TraceOptions& options,
                                                 std::unique_ptr<trace::Writer> writer,
                                                 const record::Epoch& epoch) {
  const auto style = ladder_style(options.time, options.colour, writer->fd());
  return std::make_shared<diagram::Sink>(std::move(writer), epoch, options.data, *options.diagram,
                                         style);
}

}  // namespace tcpkit::cmd
