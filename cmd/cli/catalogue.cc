#include "cmd/cli/catalogue.h"

#include <CLI/App.hpp>
#include <algorithm>

#include "cmd/cli/help.h"

namespace tcpkit::cmd {
namespace {

constexpr std::string_view more = "[,...]";

bool is_word(std::string_view text) {
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z';
}

using OptionList = std::vector<const CLI::Option*>;

/// In the order of the help.
std::vector<std::string> groups_of(const OptionList& options) {
  std::vector<std::string> groups;
  for (const CLI::Option* option : options) {
    if (std::find(groups.begin(), groups.end(), option->get_group()) == groups.end())
      groups.push_back(option->get_group());
  }
  return groups;
}

OptionEntry entry_of(const CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_snames())
    entry.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames())
    entry.names.push_back("--" + name);
  entry.group = option.get_group();
  entry.text = option.get_description();
  entry.placeholder = option.get_type_name();
  entry.optional_value = !entry.placeholder.empty() && option.get_expected_max() == 0;
  entry.repeatable = option.get_expected_max() > 1;
  entry.alternatives = read_alternatives(entry.placeholder);
  return entry;
}

}  // namespace

Alternatives read_alternatives(std::string_view placeholder) {
  Alternatives found;
  if (placeholder.ends_with(more)) {
    found.list = true;
    placeholder.remove_suffix(more.size());
  } else if (placeholder.starts_with('[') && placeholder.ends_with(']')) {
    placeholder = placeholder.substr(1, placeholder.size() - 2);
  }
  while (!placeholder.empty()) {
    const std::string_view one = placeholder.substr(0, placeholder.find('|'));
    if (is_word(one)) {
      found.words.emplace_back(one);
    } else {
      found.placeholders.emplace_back(one);
    }
    placeholder.remove_prefix(std::min(one.size() + 1, placeholder.size()));
  }
  return found;
}

std::vector<OptionEntry> options_of(const OptionSet& set) {
  std::vector<OptionEntry> entries;
  const auto options = set.app().get_options();
  for (const std::string& group : groups_of(options)) {
    for (const CLI::Option* option : options) {
      if (option->get_group() == group) entries.push_back(entry_of(*option));
    }
  }
  return entries;
}

std::vector<OptionEntry> options_of(const Command& command) {
  const auto program = command.make();
  OptionSet set;
  program->declare(set);
  bool help = false;
  declare_help(set, help);
  return options_of(set);
}

}  // namespace tcpkit::cmd
