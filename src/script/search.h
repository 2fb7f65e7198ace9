#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tcpkit::script {

/// Finds a text in a stream of blocks without keeping them (Knuth, Morris, Pratt).
class Search {
 public:
  /// `text` is not empty.
  explicit Search(std::string text) : text_(std::move(text)), next_(text_.size() + 1) {
    std::size_t border = 0;
    for (std::size_t i = 1; i < text_.size(); ++i) {
      while (border > 0 && text_[i] != text_[border])
        border = next_[border];
      if (text_[i] == text_[border]) ++border;
      next_[i + 1] = border;
    }
  }

  /// Takes bytes off `block` up to the end of the text, or all of them. True: found.
  bool find(std::string_view& block) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      while (matched_ > 0 && (matched_ == text_.size() || block[i] != text_[matched_]))
        matched_ = next_[matched_];
      if (block[i] == text_[matched_]) ++matched_;
      if (matched_ == text_.size()) {
        block.remove_prefix(i + 1);
        return true;
      }
    }
    block = {};
    return false;
  }

 private:
  std::string text_;
  std::vector<std::size_t> next_;  ///< by length: the longest border of that prefix
  std::size_t matched_ = 0;
};

}  // namespace tcpkit::script
