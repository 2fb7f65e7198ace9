#include "cmd/cli/declare.h"

#include <fmt/format.h>

#include <CLI/App.hpp>

#include "base/escape.h"
#include "base/size.h"

namespace tcpkit::cmd {
namespace {

/// Of "-a,--bcd" the name for errors: --bcd.
std::string last_of(const std::string& names) {
  return names.substr(names.rfind(',') + 1);
}

}  // namespace

std::string alternatives(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, "|"));
}

std::string not_one_of(const std::string& given, const std::vector<std::string>& words) {
  return fmt::format("'{}' is not one of {}", display(given), fmt::join(words, ", "));
}

Declared Group::flag(const std::string& names, bool& target, const std::string& text) {
  set_.app().add_flag(names, target, text)->group(name_);
  return {set_, last_of(names)};
}

Declared Group::flag(const std::string& names, const std::string& text) {
  set_.app().add_flag(names, text)->group(name_);
  return {set_, last_of(names)};
}

Declared Group::optional_value(const std::string& names, const std::string& placeholder,
                               const std::string& text) {
  set_.app().add_flag(names, text)->type_name(placeholder)->group(name_);
  return {set_, last_of(names.substr(0, names.find('{')))};
}

Declared Group::optional_value(const std::string& names, const std::string& placeholder,
                               std::string& target, const std::string& text) {
  set_.app().add_flag(names, target, text)->type_name(placeholder)->group(name_);
  return {set_, last_of(names.substr(0, names.find('{')))};
}

Declared Group::checked(const std::string& names, const std::string& placeholder, Take take,
                        const std::string& text) {
  const auto read = [take = std::move(take), name = last_of(names)](const std::string& given) {
    std::string why;
    if (!take(given, why)) throw CLI::ValidationError(name, why);
  };
  set_.app()
      .add_option_function<std::string>(names, read, text)
      ->take_last()
      ->allow_extra_args(false)
      ->type_name(placeholder)
      ->group(name_);
  return {set_, last_of(names)};
}

Declared Group::add_list(const std::string& names, const std::string& placeholder, Take take,
                         const std::string& text) {
  using Texts = std::vector<std::string>;
  const auto read = [take = std::move(take), name = last_of(names)](const Texts& given) {
    for (const std::string& one : given) {
      std::string why;
      if (!take(one, why)) throw CLI::ValidationError(name, why);
    }
  };
  set_.app()
      .add_option_function<Texts>(names, read, text)
      ->allow_extra_args(false)
      ->type_name(placeholder)
      ->group(name_);
  return {set_, last_of(names)};
}

Declared Group::duration(const std::string& names, std::chrono::milliseconds& target,
                         const std::string& text) {
  return value(names, "DURATION", target, parse_duration, text);
}

Declared Group::string(const std::string& names, const std::string& placeholder,
                       std::string& target, const std::string& text) {
  return value(
      names, placeholder, target,
      [](const std::string& given, std::string& why) -> std::optional<std::string> {
        if (!given.empty()) return given;
        why = "the value is empty";
        return {};
      },
      text);
}

Declared Group::integer(const std::string& names, std::optional<int>& target, int least, int most,
                        const std::string& text) {
  return value(
      names, "N", target,
      [least, most](const std::string& given, std::string& why) {
        return parse_integer(given, least, most, why);
      },
      text);
}

Declared Group::size(const std::string& names, std::size_t& target, std::size_t least,
                     std::size_t most, const std::string& text) {
  return value(
      names, "SIZE", target,
      [least, most](const std::string& given, std::string& why) -> std::optional<std::size_t> {
        const auto size = parse_size(given, why);
        if (!size) return {};
        if (*size >= least && *size <= most) return *size;
        why = fmt::format("'{}' is out of range: {} to {} bytes", display(given), least, most);
        return {};
      },
      text);
}

}  // namespace tcpkit::cmd
