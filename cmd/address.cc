#include "base/address.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "base/endpoint.h"
#include "base/escape.h"
#include "cmd/cli/command.h"
#include "cmd/cli/usage_error.h"
#include "cmd/run/exit.h"
#include "trace/writer.h"

namespace tcpkit::cmd {
namespace {

/// A numeric address, alone or with a port; family 0 where the input is neither.
struct Reading {
  int family = 0;
  std::string address = "-";
  std::string port = "-";
};

/// The zone stays as it was given: it need not be an interface of this machine.
Reading read_ip(const std::string& text, const std::string& port) {
  const int family = is_ip(text);
  if (family == 0) return {};
  const std::size_t percent = std::min(text.find('%'), text.size());
  const auto number = Address::from_ip(text.substr(0, percent), 0);
  return {family, number->host() + text.substr(percent), port};
}

Reading read(const std::string& input) {
  if (is_ip(input) != 0) return read_ip(input, "-");
  if (input.size() > 2 && input.front() == '[' && input.back() == ']') {
    const std::string inner = input.substr(1, input.size() - 2);
    if (is_ip(inner) == 6) return read_ip(inner, "-");
  }
  std::string ignored;
  const auto endpoint = parse_endpoint(input, Purpose::listening, ignored);
  if (!endpoint || endpoint->is_unix()) return {};
  return read_ip(endpoint->host, std::to_string(endpoint->port));
}

class AddressCommand : public Program {
 public:
  void declare(OptionSet& /*set*/) override {}

  void accept(const std::vector<std::string>& arguments) override {
    if (arguments.empty()) throw UsageError("the input is missing; e.g. tcpkit address 127.0.0.1");
    inputs_ = arguments;
  }

  int run() override {
    std::string out;
    Exit status = Exit::done;
    for (const std::string& input : inputs_) {
      const Reading r = read(input);
      if (r.family == 0) status = Exit::failure;
      append_display(out, input);
      out += fmt::format("\t{}\t{}\t{}\n", r.family == 0 ? "none" : fmt::format("IPv{}", r.family),
                         r.address, r.port);
    }
    const int err = trace::write_all(STDOUT_FILENO, out);
    if (err != 0 && err != EPIPE) {
      trace::write_all(STDERR_FILENO,
                       "tcpkit address: cannot write stdout: " + errno_text(err) + "\n");
      status = Exit::failure;
    }
    return static_cast<int>(status);
  }

 private:
  std::vector<std::string> inputs_;
};

}  // namespace

std::unique_ptr<Program> make_address() {
  return std::make_unique<AddressCommand>();
}

}  // namespace tcpkit::cmd
