#include "cmd/options/steps.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/escape.h"
#include "base/nearest.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/socket.h"
#include "cmd/options/time.h"
#include "script/parse.h"

namespace tcpkit::cmd {
namespace {

/// Reads `set NAME=VALUE` with the declarations of the socket options.
class OptionReader {
 public:
  /// `command`: where all options of the command are declared.
  OptionReader(const OptionSet& command, bool is_unix) : command_(command), is_unix_(is_unix) {
    group_.declare(set_);
    time_.declare(set_);
  }

  std::optional<net::OptionChange> read(const std::string& name, const std::string& value,
                                        std::string& why) {
    if (name.starts_with('-') || !set_.is("--" + name, Trait::live)) {
      why = refusal(name);
      return {};
    }
    try {
      if (is_unix_ && set_.is("--" + name, Trait::tcp_only)) {
        throw UsageError(fmt::format("--{}: a Unix socket has no such option; leave it out", name));
      }
      net::OptionChange change;
      group_.add_change(name, value, change);
      time_.add_change(name, value, is_unix_, change);
      return change;
    } catch (const UsageError& e) {
      why = e.what();
    }
    return {};
  }

 private:
  [[nodiscard]] std::string refusal(const std::string& name) const {
    const std::string option = "--" + name;
    if (!name.starts_with('-') && command_.knows(option)) {
      return fmt::format("it makes sense only before there is a connection; give {} to the command",
                         script::shown(option));
    }
    const std::vector<std::string> names = set_.long_names();
    const std::string_view near = nearest(name, {names.begin(), names.end()});
    return near.empty() ? "there is no such option; e.g. set no-delay=on"
                        : fmt::format("there is no such option; did you mean {}?", near);
  }

  const OptionSet& command_;
  bool is_unix_;
  OptionSet set_;
  SocketGroup group_;
  TimeGroup time_;
};

}  // namespace

std::vector<OptionEntry> changeable_options() {
  OptionSet set;
  SocketGroup group;
  group.declare(set);
  TimeGroup time;
  time.declare(set);
  std::vector<OptionEntry> options = options_of(set);
  std::erase_if(options, [&](const OptionEntry& option) {
    return !set.is(option.names.back(), Trait::live);
  });
  return options;
}

std::string read_script(const std::string& option, const std::string& path) {
  static constexpr std::size_t most = std::size_t{64} << 20;
  const auto failed = [&](const std::string& why) -> UsageError {
    return UsageError(
        fmt::format("{}cannot read {}: {}; name a readable file", option, display(path), why));
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) throw failed(errno_text(errno));
  std::string content;
  std::array<char, 65536> block{};
  ssize_t n = 0;
  while (content.size() <= most && (n = ::read(fd, block.data(), block.size())) > 0)
    content.append(block.data(), static_cast<std::size_t>(n));
  const int err = errno;
  ::close(fd);
  if (n < 0) throw failed(errno_text(err));
  if (content.size() > most) throw failed("it is longer than 64M");
  return content;
}

decltype(script::Dialect::read_option) make_option_reader(const OptionSet& command, bool is_unix) {
  return [reader = std::make_shared<OptionReader>(command, is_unix)](
             const std::string& name, const std::string& value, std::string& why) {
    return reader->read(name, value, why);
  };
}

void StepGroup::declare(OptionSet& set) {
  set_ = &set;
  Group g(set, "Steps");
  g.list(
      "--do", "STEP", do_,
      [](const std::string& text, std::string& /*why*/) { return std::optional(text); },
      "Run this step instead of reading stdin, e.g. send \"hi\\n\", end, expect end within 2s "
      "(repeatable)");
  g.string("--script", "FILE", file_, "Run the steps of FILE, one per line");
}

void StepGroup::check(bool listener, bool is_unix, trace::Layers layers) {
  given_ = set_->has("--do") || set_->has("--script");
  if (!given_) return;
  refuse_both(*set_, "--do", "--script");
  OptionReader reader(*set_, is_unix);
  const script::Dialect dialect{listener, is_unix,
                                [&](const std::string& name, const std::string& value,
                                    std::string& why) { return reader.read(name, value, why); },
                                layers};
  script_.file = file_;
  try {
    if (!file_.empty())
      script_.steps = script::parse_script(read_script("--script: ", file_), dialect);
    for (std::size_t i = 0; i < do_.size(); ++i) {
      auto step = script::parse_step(do_[i], i + 1, dialect);
      if (!step) throw script::SyntaxError(i + 1, "the step is empty; write e.g. end");
      script_.steps.push_back(std::move(*step));
    }
  } catch (const script::SyntaxError& e) {
    throw UsageError(fmt::format("{}: {}", script::place(file_, e.line()), e.what()));
  }
  for (const script::Step& step : script_.steps)
    check_file(step, script_.file);
}

void check_file(const script::Step& step, const std::string& file) {
  const auto* send = std::get_if<script::SendFile>(&step.action);
  if (send == nullptr || send->path == "-") return;
  struct stat st {};
  int err = ::access(send->path.c_str(), R_OK) == 0 ? 0 : errno;
  if (err == 0 && ::stat(send->path.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) err = EISDIR;
  if (err == 0) return;
  throw UsageError(fmt::format("{}: cannot read {}: {}; name a readable file",
                               script::place(file, step.line), script::shown(send->path),
                               errno_text(err)));
}

void StepGroup::check_data() const {
  if (!given_) return;
  if (const std::string name = set_->first_given(Trait::about_stdin); !name.empty()) {
    throw UsageError(
        fmt::format("{} is about stdin, whose place the steps take; leave it out, or "
                    "write it as a step, e.g. --do 'send \"TEXT\"'",
                    name));
  }
}

}  // namespace tcpkit::cmd
