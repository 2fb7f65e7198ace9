#include "cmd/options/rules.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/usage_error.h"
#include "stdio/lines.h"

namespace tcpkit::cmd {
namespace {

/// Appends the rules of a file. False: `why` says what is wrong with it.
bool load_file(const std::string& path, bool again, std::vector<BlockRule>& rules,
               std::string& why) {
  const auto failed = [&](int err) {
    why = fmt::format("cannot read {}: {}", display(path), errno_text(err));
    return false;
  };
  struct stat st {};
  // Before open(2), which would wait for the writer of a FIFO.
  if (again && ::stat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode)) {
    why = fmt::format("{} is no regular file, and can be read only once", display(path));
    return false;
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed(errno);
  stdio::Lines file(fd);
  std::string_view lines;
  std::size_t line = 0;
  ssize_t n = 0;
  bool good = true;
  while (good && (n = file.next(lines)) > 0)
    good = parse_block_rules(lines, rules, line, why);
  ::close(fd);
  if (n < 0) return failed(static_cast<int>(-n));
  if (!good) why = fmt::format("{}:{}: {}", display(path), line, why);
  return good;
}

std::shared_ptr<const PeerRules> make(std::optional<std::vector<BlockRule>> block,
                                      std::optional<std::vector<BlockRule>> allow) {
  if (!block || !allow) return nullptr;
  return std::make_shared<PeerRules>(BlockList(std::move(*block)), BlockList(std::move(*allow)));
}

}  // namespace

void RuleOptions::declare(OptionSet& set, const std::string& group, const std::string& rule_text,
                          const std::string& file_text, std::initializer_list<Trait> traits) {
  set_ = &set;
  Group g(set, group);
  g.list("--" + rule_, "RULE", rules_, parse_block_rule, rule_text).with(traits);
  g.list(
       "--" + file_, "FILE", files_,
       [](const std::string& given, std::string& why) -> std::optional<std::string> {
         if (!given.empty()) return given;
         why = "the value is empty";
         return {};
       },
       file_text)
      .with(traits);
}

bool RuleOptions::given() const {
  return !rules_.empty() || !files_.empty();
}

std::optional<std::vector<BlockRule>> RuleOptions::load(std::string& why, bool again) const {
  std::vector<BlockRule> rules;
  if (!given()) return rules;
  auto rule = rules_.begin();
  auto file = files_.begin();
  for (const std::string& option : set_->given()) {
    if (option == "--" + rule_) rules.push_back(*rule++);
    if (option != "--" + file_) continue;
    if (!load_file(*file++, again, rules, why)) {
      why = fmt::format("--{}: {}", file_, why);
      return {};
    }
  }
  return rules;
}

std::shared_ptr<const PeerRules> read_peer_rules(const RuleOptions& block,
                                                 const RuleOptions* allow) {
  if (!block.given() && (allow == nullptr || !allow->given())) return nullptr;
  std::string why;
  auto blocked = block.load(why);
  std::optional<std::vector<BlockRule>> allowed(std::in_place);
  if (blocked && allow != nullptr) allowed = allow->load(why);
  auto rules = make(std::move(blocked), std::move(allowed));
  if (!rules) throw UsageError(why);
  return rules;
}

std::shared_ptr<const PeerRules> reread_peer_rules(const RuleOptions& block,
                                                   const RuleOptions& allow, std::string& why) {
  auto blocked = block.load(why, true);
  if (!blocked) return nullptr;
  return make(std::move(blocked), allow.load(why, true));
}

}  // namespace tcpkit::cmd
