#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/escape.h"
#include "cmd/cli/command.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/picture.h"
#include "cmd/run/exit.h"
#include "diagram/draw.h"
#include "diagram/summary.h"
#include "record/trace_reader.h"
#include "trace/writer.h"

namespace tcpkit::cmd {
namespace {

int complain(const std::string& text, Exit status) {
  trace::write_all(STDERR_FILENO, "tcpkit diagram: " + text + "\n");
  return static_cast<int>(status);
}

/// A descriptor that is closed at the end, but for stdin.
class File {
 public:
  explicit File(const std::string& name) {
    if (name == "-") return;
    fd_ = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) throw std::system_error(errno, std::system_category(), display(name));
  }
  ~File() {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// As read(2), but waits also where somebody made the descriptor non-blocking. A negative errno
  /// where it fails.
  ssize_t read(char* to, std::size_t size) const {
    for (;;) {
      const ssize_t n = ::read(fd_, to, size);
      if (n >= 0) return n;
      if (errno == EAGAIN) {
        pollfd ready{fd_, POLLIN, 0};
        ::poll(&ready, 1, -1);
      } else if (errno != EINTR) {
        return -errno;
      }
    }
  }

 private:
  int fd_ = STDIN_FILENO;
};

class Diagram : public Program {
 public:
  void declare(OptionSet& set) override {
    set_ = &set;
    Group g(set, "Diagram");
    declare_diagram(g, form_);
    g.flag("--summary", summary_,
           "Print a line per connection instead: duration, bytes, outcome, which end closed first "
           "and how");
    g.flag("--json", json_, "Print the same as summary records, one JSON object per line");
    declare_time(g, time_);
    declare_colour(g, colour_);
  }

  void accept(const std::vector<std::string>& arguments) override {
    if (arguments.size() > 1) {
      throw UsageError(
          fmt::format("unexpected argument '{}'; diagram takes one file", display(arguments[1])));
    }
    if (!arguments.empty()) name_ = arguments.front();
    if (name_.empty()) throw UsageError("'' is no file; e.g. tcpkit diagram trace.json");
    if (json_ && !summary_) throw UsageError("--json is for summaries; add --summary");
    if (!summary_) return;
    if (const std::string other = set_->first_given(Trait::draws); !other.empty()) {
      throw UsageError(fmt::format("--summary draws nothing; leave out {}", other));
    }
  }

  /// `tcpkit connect ... --json 2>&1 | tcpkit diagram` needs no word.
  [[nodiscard]] bool reads_stdin() const override {
    struct stat status {};
    return ::fstat(STDIN_FILENO, &status) == 0 && !S_ISCHR(status.st_mode);
  }

  int run() override;

 private:
  OptionSet* set_ = nullptr;
  std::optional<diagram::Form> form_;
  trace::TimeView time_ = trace::TimeView::relative;
  Colour colour_ = Colour::automatic;
  bool summary_ = false;
  bool json_ = false;
  std::string name_ = "-";
};

int Diagram::run() {
  const File file(name_);
  const std::string shown = name_ == "-" ? "stdin" : display(name_);
  diagram::Summary summary(json_);
  diagram::Collection collection;
  record::TraceReader reader([&](const record::Line& line) {
    if (summary_) {
      summary.add(line);
    } else {
      collection.add(line);
    }
  });
  std::array<char, 65536> block{};
  bool good = true;
  ssize_t n = 0;
  while (good && (n = file.read(block.data(), block.size())) > 0)
    good = reader.feed({block.data(), static_cast<std::size_t>(n)});
  if (n < 0) {
    return complain(fmt::format("cannot read {}: {}", shown, errno_text(static_cast<int>(-n))),
                    Exit::failure);
  }
  if (!good || !reader.finish()) {
    const int status = complain(fmt::format("{}:{}", shown, reader.fault()),
                                reader.cut() ? Exit::failure : Exit::usage);
    if (!reader.cut()) return status;
  }
  int err = 0;
  const auto write = [&](std::string_view text) {
    err = trace::write_all(STDOUT_FILENO, text);
    return err == 0;
  };
  if (summary_) {
    summary.print(write);
  } else {
    write(diagram::draw(collection, form_.value_or(diagram::Form::ladder),
                        ladder_style(time_, colour_, STDOUT_FILENO)));
  }
  if (err == 0 || err == EPIPE) {
    return static_cast<int>(reader.cut() ? Exit::failure : Exit::done);
  }
  return complain("cannot write stdout: " + errno_text(err), Exit::failure);
}

}  // namespace

std::unique_ptr<Program> make_diagram() {
  return std::make_unique<Diagram>();
}

}  // namespace tcpkit::cmd
