#include "cmd/cli/option_set.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {

OptionSet::OptionSet() : app_(std::make_unique<CLI::App>()) {
  app_->set_help_flag();  // Group declares our own
}

OptionSet::~OptionSet() = default;

bool OptionSet::knows(const std::string& name) const {
  return app_->get_option_no_throw(name) != nullptr;
}

bool OptionSet::has(const std::string& name) const {
  const CLI::Option* option = std::as_const(*app_).get_option_no_throw(name);
  return option != nullptr && option->count() > 0;
}

std::string OptionSet::first_given(const std::string& group) const {
  for (const CLI::Option* option : std::as_const(*app_).get_options()) {
    if (option->get_group() == group && option->count() > 0) return option->get_name();
  }
  return {};
}

std::string OptionSet::first_given(Trait trait) const {
  const std::vector<std::string> names = given(trait);
  return names.empty() ? std::string() : names.front();
}

std::string OptionSet::first_given(const std::string& group, Trait trait) const {
  for (const CLI::Option* option : std::as_const(*app_).get_options()) {
    if (option->get_group() == group && option->count() > 0 &&
        traits_.contains({option->get_name(), trait}))
      return option->get_name();
  }
  return {};
}

std::vector<std::string> OptionSet::given(Trait trait) const {
  std::vector<std::string> names;
  for (const CLI::Option* option : std::as_const(*app_).get_options()) {
    if (option->count() > 0 && traits_.contains({option->get_name(), trait}))
      names.push_back(option->get_name());
  }
  return names;
}

bool OptionSet::is(const std::string& name, Trait trait) const {
  const CLI::Option* option = std::as_const(*app_).get_option_no_throw(name);
  return option != nullptr && traits_.contains({option->get_name(), trait});
}

std::string OptionSet::value(const std::string& name) const {
  const CLI::Option* option = std::as_const(*app_).get_option_no_throw(name);
  return option == nullptr || option->count() == 0 ? std::string() : option->results().back();
}

void OptionSet::mark(const std::string& name, std::initializer_list<Trait> traits) {
  for (const Trait trait : traits)
    traits_.emplace(app_->get_option(name)->get_name(), trait);
}

std::vector<std::string> OptionSet::given() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_->parse_order())
    names.push_back(option->get_name());
  return names;
}

std::vector<std::string> OptionSet::long_names() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : std::as_const(*app_).get_options())
    names.insert(names.end(), option->get_lnames().begin(), option->get_lnames().end());
  return names;
}

void OptionSet::set(const std::string& name, const std::string& value) {
  const CLI::Option* option = app_->get_option(name);
  // CLI11 takes an optional value behind '=' only, and reads the words from the end.
  if (option->get_expected_max() == 0) return parse({name + "=" + value});
  parse({value, name});
}

void OptionSet::set(const std::string& name) {
  parse({name});
}

void OptionSet::parse(std::vector<std::string> reversed) {
  try {
    app_->parse(std::move(reversed));
  } catch (const CLI::ParseError& e) {
    throw UsageError(e.what());
  }
}

}  // namespace tcpkit::cmd
