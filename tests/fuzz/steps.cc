// Scripts of steps: read or refused with one line, whatever they hold.
#include <algorithm>
#include <string>
#include <string_view>

#include "require.h"
#include "script/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpkit;
  if (size == 0) return 0;
  // The first byte chooses whose script it is.
  script::Dialect dialect;
  dialect.listener = (data[0] & 1) != 0;
  dialect.is_unix = (data[0] & 2) != 0;
  dialect.read_option = [](const std::string& name, const std::string& value, std::string& why) {
    std::optional<net::OptionChange> change;
    if (name == "linger" && value == "0") change.emplace();
    if (!change) why = "no such option";
    return change;
  };
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  try {
    std::size_t last = 0;
    script::Script script{"script", script::parse_script(text, dialect)};
    for (const script::Step& step : script.steps) {
      fuzz::require(step.line > last && step.line <= lines, "lines in order");
      fuzz::require(!step.text.empty(), "a step has its text");
      fuzz::require_message(script::shown(step.text));
      last = step.line;
    }
    fuzz::require(script::count_prelude(script) <= script.steps.size(), "a prelude is a part");
  } catch (const script::SyntaxError& error) {
    fuzz::require(error.line() > 0 && error.line() <= lines, "a fault has its line");
    fuzz::require_message(error.what());
  }
  return 0;
}
