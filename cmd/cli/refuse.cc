#include "cmd/cli/refuse.h"

#include <fmt/core.h>

#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {

void refuse(const OptionSet& set, Trait trait, const char* why) {
  const std::string name = set.first_given(trait);
  if (!name.empty()) throw UsageError(fmt::format("{}: {}", name, why));
}

void refuse_group(const OptionSet& set, const std::string& group, const char* why) {
  const std::string name = set.first_given(group);
  if (!name.empty()) throw UsageError(fmt::format("{}: {}; leave it out", name, why));
}

void refuse_in_group(const OptionSet& set, const std::string& group, Trait trait, const char* why) {
  const std::string name = set.first_given(group, trait);
  if (!name.empty()) throw UsageError(fmt::format("{}: {}; leave it out", name, why));
}

void refuse_both(const OptionSet& set, const char* one, const char* other) {
  if (set.has(one) && set.has(other)) {
    throw UsageError(fmt::format("{} and {} cannot be combined; leave one out", one, other));
  }
}

void refuse_without(const OptionSet& set, const char* option, const char* needed) {
  if (set.has(option) && !set.has(needed)) {
    throw UsageError(fmt::format("{} means nothing without {}; add it", option, needed));
  }
}

}  // namespace tcpkit::cmd
