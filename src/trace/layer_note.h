#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "trace/layer.h"

/// The records of this layer: what the program says itself.
namespace tcpkit::trace::note {

/// A diagnostic of the program.
struct Message {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "message";
  std::string text;
  template <class V>
  void fields(V&& visit) const {
    visit("text", text);
  }
};

/// A sentence of teaching about the record before it (--explain).
struct Explain {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "explain";
  std::string_view word;
  std::string_view text;
  template <class V>
  void fields(V&& visit) const {
    visit("word", word);
    visit("text", text);
  }
};

/// What an experiment is about to show, or has shown.
struct Step {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "step";
  std::string text;
  template <class V>
  void fields(V&& visit) const {
    visit("text", text);
  }
};

/// The outcome of an experiment: sentences for people, and its figures as fields of their own.
struct Summary {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "summary";
  using Value = std::variant<std::string, std::int64_t, bool>;
  std::string text;
  std::vector<std::pair<std::string_view, Value>> figures;
  template <class V>
  void fields(V&& visit) const {
    visit("text", text);
    for (const auto& [key, value] : figures) {
      std::visit([&, k = key](const auto& v) { visit(k, v); }, value);
    }
  }
};

/// What has passed so far (SIGUSR1).
struct Counters {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "counters";
  std::uint64_t bytes_read;
  std::uint64_t bytes_written;
  std::uint64_t writable_length;
  template <class V>
  void fields(V&& visit) const {
    visit("bytesRead", bytes_read);
    visit("bytesWritten", bytes_written);
    visit("writableLength", writable_length);
  }
};

}  // namespace tcpkit::trace::note
