#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tcpkit::script {

/// A word of a step: bare, "QUOTED", NAME=VALUE, or NAME="VALUE". Quoted parts are unescaped.
struct Word {
  std::string text;  ///< the bare or quoted word; of NAME=VALUE the NAME
  bool quoted = false;
  std::optional<std::string> value;  ///< behind the first '=' of a word that is not quoted
  bool value_quoted = false;

  /// The word as one text, with its '='.
  [[nodiscard]] std::string whole() const { return value ? text + "=" + *value : text; }
};

/// `text` without the blanks at its ends.
std::string_view trim(std::string_view text);

/// Splits a line into words at blanks, up to a word that begins with '#'. A quoted part ends its
/// word, and begins it or follows '=' or a leading '@'. On failure returns nullopt and sets `why`.
std::optional<std::vector<Word>> read_words(std::string_view line, std::string& why);

}  // namespace tcpkit::script
