#pragma once

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/size.h"

namespace tcpkit::cmd {

/// Declares options into one group of an App, each with its parser and its one error message. The
/// last value given holds, except for repeatable options.
class Group {
 public:
  Group(CLI::App& app, std::string name) : app_(app), name_(std::move(name)) {}

  CLI::Option* flag(const std::string& names, bool& target, const std::string& text) {
    return app_.add_flag(names, target, text)->group(name_);
  }

  /// A flag whose value, behind '=', may be left out and is then the one in braces:
  /// "--trace{human}". `target` stays empty where the flag is not given.
  CLI::Option* optional_value(const std::string& names, const std::string& placeholder,
                              std::string& target, const std::string& text) {
    return app_.add_flag(names, target, text)->type_name(placeholder)->group(name_);
  }

  /// `parse(text, why)` gives an optional; empty means bad, with the clause in `why`.
  template <class T, class Parse>
  CLI::Option* value(const std::string& names, const std::string& placeholder, T& target,
                     Parse parse, const std::string& text) {
    const std::string name = names.substr(names.rfind(',') + 1);
    return app_
        .add_option_function<std::string>(
            names,
            [&target, parse, name](const std::string& given) {
              std::string why;
              auto parsed = parse(given, why);
              if (!parsed) throw CLI::ValidationError(name, why);
              target = std::move(*parsed);
            },
            text)
        ->take_last()
        ->allow_extra_args(false)
        ->type_name(placeholder)
        ->group(name_);
  }

  /// Repeatable: each value is parsed and appended.
  template <class T, class Parse>
  CLI::Option* list(const std::string& names, const std::string& placeholder,
                    std::vector<T>& target, Parse parse, const std::string& text) {
    const std::string name = names.substr(names.rfind(',') + 1);
    return app_
        .add_option_function<std::vector<std::string>>(
            names,
            [&target, parse, name](const std::vector<std::string>& given) {
              for (const std::string& one : given) {
                std::string why;
                auto parsed = parse(one, why);
                if (!parsed) throw CLI::ValidationError(name, why);
                target.push_back(std::move(*parsed));
              }
            },
            text)
        ->allow_extra_args(false)
        ->type_name(placeholder)
        ->group(name_);
  }

  CLI::Option* duration(const std::string& names, std::chrono::milliseconds& target,
                        const std::string& text) {
    return value(names, "DURATION", target, parse_duration, text);
  }
  CLI::Option* string(const std::string& names, const std::string& placeholder, std::string& target,
                      const std::string& text);
  CLI::Option* integer(const std::string& names, std::optional<int>& target, int least, int most,
                       const std::string& text);
  CLI::Option* size(const std::string& names, std::size_t& target, std::size_t least,
                    std::size_t most, const std::string& text);

  /// One of `words`, each with the value it stands for.
  template <class T>
  CLI::Option* choice(const std::string& names, T& target,
                      const std::vector<std::pair<std::string, T>>& words, const std::string& text);

  [[nodiscard]] CLI::App& app() { return app_; }

 private:
  CLI::App& app_;
  std::string name_;
};

/// A whole number in decimal, `least` to `most`.
std::optional<int> parse_integer(const std::string& text, int least, int most, std::string& why);

/// "'x' is not one of a, b, c".
std::string not_one_of(const std::string& given, const std::vector<std::string>& words);

template <class T>
CLI::Option* Group::choice(const std::string& names, T& target,
                           const std::vector<std::pair<std::string, T>>& words,
                           const std::string& text) {
  std::vector<std::string> spelled;
  spelled.reserve(words.size());
  for (const auto& [word, meaning] : words)
    spelled.push_back(word);
  return value(
      names, fmt::format("{}", fmt::join(spelled, "|")), target,
      [words, spelled](const std::string& given, std::string& why) -> std::optional<T> {
        for (const auto& [word, meaning] : words) {
          if (word == given) return meaning;
        }
        why = not_one_of(given, spelled);
        return {};
      },
      text);
}

}  // namespace tcpkit::cmd
