#include "script/words.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "script/script.h"

namespace tcpkit::script {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

/// Takes a quoted part, whose opening quote is the first character, off `rest`.
std::optional<std::string> take_quoted(std::string_view& rest, std::string& why) {
  std::size_t end = 1;
  while (end < rest.size() && rest[end] != '"')
    end += rest[end] == '\\' ? 2 : 1;
  if (end >= rest.size()) {
    why = fmt::format("the quote before '{}' is not closed; write \"TEXT\"", shown(rest.substr(1)));
    return {};
  }
  auto text = unescape(rest.substr(1, end - 1), why);
  rest.remove_prefix(end + 1);
  if (text && !rest.empty() && blanks.find(rest.front()) == std::string_view::npos) {
    why = fmt::format("a blank is missing between the closing quote and '{}'", shown(rest));
    return {};
  }
  return text;
}

std::optional<Word> take_word(std::string_view& rest, std::string& why) {
  Word word;
  const std::size_t end = rest.find_first_of(" \t\r\n\v\f\"");
  const std::string_view bare = rest.substr(0, end);
  rest.remove_prefix(bare.size());
  const std::size_t equals = bare.find('=');
  word.text = bare.substr(0, equals);
  if (equals != std::string_view::npos) word.value = bare.substr(equals + 1);
  if (!rest.starts_with('"')) return word;
  if (!bare.empty() && bare != "@" && equals != bare.size() - 1) {
    why =
        fmt::format("'{}' has a quote inside a word; a text in quotes stands alone, e.g. \"TEXT\"",
                    shown(bare));
    return {};
  }
  auto text = take_quoted(rest, why);
  if (!text) return {};
  if (word.value) {
    word.value = std::move(*text);
    word.value_quoted = true;
  } else {
    word.quoted = bare.empty();
    word.text += *text;
  }
  return word;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(blanks), text.size());
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

std::optional<std::vector<Word>> read_words(std::string_view line, std::string& why) {
  std::vector<Word> words;
  for (;;) {
    const std::size_t begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos || line[begin] == '#') return words;
    line.remove_prefix(begin);
    auto word = take_word(line, why);
    if (!word) return {};
    words.push_back(std::move(*word));
  }
}

}  // namespace tcpkit::script
