#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/integer.h"
#include "cmd/cli/option_set.h"

namespace tcpkit::cmd {

/// An option that has just been declared; takes its traits. Lives no longer than its OptionSet.
class Declared {
 public:
  Declared(OptionSet& set, std::string name) : set_(set), name_(std::move(name)) {}
  void with(std::initializer_list<Trait> traits) const { set_.mark(name_, traits); }

 private:
  OptionSet& set_;
  std::string name_;
};

/// Declares options into one group of a set, each with its parser and its one error message. The
/// last value given holds, except for repeatable options.
class Group {
 public:
  Group(OptionSet& set, std::string name) : set_(set), name_(std::move(name)) {}

  Declared flag(const std::string& names, bool& target, const std::string& text);
  /// The same without a target: ask OptionSet::has().
  Declared flag(const std::string& names, const std::string& text);

  /// A flag whose value, behind '=', may be left out and is then the one in braces:
  /// "--trace{human}". `target` stays empty where the flag is not given.
  Declared optional_value(const std::string& names, const std::string& placeholder,
                          std::string& target, const std::string& text);

  /// The same without a target: OptionSet::value() returns what was typed, or the one in braces.
  Declared optional_value(const std::string& names, const std::string& placeholder,
                          const std::string& text);

  /// False if the text is bad, with the clause in `why`.
  using Take = std::function<bool(const std::string& given, std::string& why)>;
  /// `take` checks each value that is given; OptionSet::value() returns the last one.
  Declared checked(const std::string& names, const std::string& placeholder, Take take,
                   const std::string& text);

  /// `parse(text, why)` gives an optional; empty means bad, with the clause in `why`.
  template <class T, class Parse>
  Declared value(const std::string& names, const std::string& placeholder, T& target, Parse parse,
                 const std::string& text) {
    const auto take = [&target, parse](const std::string& given, std::string& why) {
      auto parsed = parse(given, why);
      if (parsed) target = std::move(*parsed);
      return parsed.has_value();
    };
    return checked(names, placeholder, take, text);
  }

  /// Repeatable: each value is parsed and appended.
  template <class T, class Parse>
  Declared list(const std::string& names, const std::string& placeholder, std::vector<T>& target,
                Parse parse, const std::string& text) {
    const auto take = [&target, parse](const std::string& given, std::string& why) {
      auto parsed = parse(given, why);
      if (parsed) target.push_back(std::move(*parsed));
      return parsed.has_value();
    };
    return add_list(names, placeholder, take, text);
  }

  Declared duration(const std::string& names, std::chrono::milliseconds& target,
                    const std::string& text);
  Declared string(const std::string& names, const std::string& placeholder, std::string& target,
                  const std::string& text);
  Declared integer(const std::string& names, std::optional<int>& target, int least, int most,
                   const std::string& text);
  Declared size(const std::string& names, std::size_t& target, std::size_t least, std::size_t most,
                const std::string& text);

  /// One of `words`, each with the value it stands for.
  template <class T>
  Declared choice(const std::string& names, T& target,
                  const std::vector<std::pair<std::string, T>>& words, const std::string& text);

 private:
  Declared add_list(const std::string& names, const std::string& placeholder, Take take,
                    const std::string& text);

  OptionSet& set_;
  std::string name_;
};

/// "a|b|c".
std::string alternatives(const std::vector<std::string>& words);

/// "'x' is not one of a, b, c".
std::string not_one_of(const std::string& given, const std::vector<std::string>& words);

template <class T>
Declared Group::choice(const std::string& names, T& target,
                       const std::vector<std::pair<std::string, T>>& words,
                       const std::string& text) {
  std::vector<std::string> spelled;
  spelled.reserve(words.size());
  for (const auto& [word, meaning] : words)
    spelled.push_back(word);
  return value(
      names, alternatives(spelled), target,
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
