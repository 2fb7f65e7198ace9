#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tcpkit {

/// One way to complete a word that is being typed.
struct Candidate {
  std::string text;     ///< the whole word; it ends in a blank or '=' if more has to follow
  std::string meaning;  ///< one line for people; empty: none
};

/// All ways to complete a word.
struct Candidates {
  std::vector<Candidate> all;
  /// The word may also be this text and the name of a file.
  std::optional<std::string> before_file;

  /// Adds the candidate if it begins with what has been typed.
  void add(std::string text, std::string meaning, const std::string& typed) {
    if (text.starts_with(typed)) all.push_back({std::move(text), std::move(meaning)});
  }
};

}  // namespace tcpkit
