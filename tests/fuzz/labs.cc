// Labs: read or refused with one line, whatever they hold.
#include <algorithm>
#include <string>
#include <string_view>

#include "require.h"
#include "script/lab/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpkit;
  script::LabDialect dialect;
  // As the command does it, without options.
  dialect.read_opening = [](script::Opening::Kind kind, const std::vector<std::string>& words,
                            const script::LabDialect::Listeners& listeners) {
    script::Opening opening;
    opening.kind = kind;
    if (words.size() > 1) throw script::Fault("one address");
    if (words.empty()) return opening;
    if (listeners(words[0]) != nullptr) {
      opening.other = words[0];
      return opening;
    }
    std::string why;
    const auto endpoint = parse_endpoint(words[0], Purpose::listening, why);
    if (!endpoint) throw script::Fault(why);
    opening.endpoint = *endpoint;
    return opening;
  };
  dialect.read_option = [](const script::Opening&, bool, const std::string& name,
                           const std::string& value, std::string& why) {
    std::optional<net::OptionChange> change;
    if (name == "linger" && value == "0") change.emplace();
    if (!change) why = "no such option";
    return change;
  };
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  try {
    const script::Lab lab = script::parse_lab("lab", text, dialect);
    fuzz::require(!lab.title.empty() && !lab.lesson.empty(), "a lab has a title and a lesson");
    fuzz::require(lab.actors.size() > 1, "somebody acts");
    std::size_t last = 0;
    for (const script::LabLine& line : lab.lines) {
      fuzz::require(line.line > last && line.line <= lines, "lines in order");
      fuzz::require(line.actor < lab.actors.size(), "a line has its actor");
      fuzz::require_message(script::shown(line.text));
      last = line.line;
    }
  } catch (const script::SyntaxError& error) {
    fuzz::require(error.line() > 0 && error.line() <= lines, "a fault has its line");
    fuzz::require_message(error.what());
  }
  return 0;
}
