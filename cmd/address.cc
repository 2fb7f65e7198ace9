#include "base/address.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/escape.h"
#include "cmd/command.h"
#include "cmd/exit.h"
#include "cmd/usage_error.h"
#include "trace/writer.h"

namespace tcpkit::cmd {
namespace {

/// A numeric address, alone or with a port; empty where the input is neither.
struct Reading {
  std::optional<Address> address;
  std::optional<int> port;
};

Reading read(const std::string& input) {
  if (auto alone = Address::from_ip(input, 0)) return {alone, {}};
  if (input.size() > 2 && input.front() == '[' && input.back() == ']') {
    const std::string inner = input.substr(1, input.size() - 2);
    if (is_ip(inner) == 6) return {Address::from_ip(inner, 0), {}};
  }
  std::string ignored;
  const auto endpoint = parse_endpoint(input, Purpose::listening, ignored);
  if (!endpoint || endpoint->is_unix()) return {};
  auto address = Address::from_ip(endpoint->host, endpoint->port);
  if (!address) return {};
  return {address, endpoint->port};
}

class AddressCommand : public Program {
 public:
  void declare(CLI::App& /*app*/) override {}

  void accept(const std::vector<std::string>& arguments) override {
    if (arguments.empty()) throw UsageError("the input is missing; e.g. tcpkit address 127.0.0.1");
    inputs_ = arguments;
  }

  int run() override {
    std::string out;
    Exit status = Exit::done;
    for (const std::string& input : inputs_) {
      const Reading r = read(input);
      if (!r.address) status = Exit::failure;
      append_display(out, input);
      out +=
          fmt::format("\t{}\t{}\t{}\n", r.address ? r.address->family_name() : "none",
                      r.address ? r.address->host() : "-", r.port ? std::to_string(*r.port) : "-");
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
