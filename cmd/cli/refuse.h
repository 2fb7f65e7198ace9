#pragma once

#include <string>

#include "cmd/cli/option_set.h"

namespace tcpkit::cmd {

/// Throws UsageError, with the clause `why`, if an option with the trait was given.
void refuse(const OptionSet& set, Trait trait, const char* why);

/// Throws UsageError, with the clause `why`, if an option of the group was given.
void refuse_group(const OptionSet& set, const std::string& group, const char* why);

/// The same of an option of the group that has the trait.
void refuse_in_group(const OptionSet& set, const std::string& group, Trait trait, const char* why);

/// Throws UsageError if both options were given.
void refuse_both(const OptionSet& set, const char* one, const char* other);

/// Throws UsageError if `option` was given without `needed`.
void refuse_without(const OptionSet& set, const char* option, const char* needed);

}  // namespace tcpkit::cmd
