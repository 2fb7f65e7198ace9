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

/// What was done to an end or to the network, so that the peer sees no ordinary close or no answer;
/// `text` is the step as it was written.
struct Deed {
  static constexpr Layer layer = Layer::note;
  std::string text;
  template <class V>
  void fields(V&& visit) const {
    visit("text", text);
  }
};
/// From now on this end neither receives nor sends.
struct Vanish : Deed {
  static constexpr std::string_view name = "vanish";
};
/// What comes in for a connection is thrown away before TCP sees it, or (`drop off`) no longer.
struct Lose : Deed {
  static constexpr std::string_view name = "drop";
};
/// The network of a lab is down.
struct Cut : Deed {
  static constexpr std::string_view name = "cut";
};
/// It is up again.
struct Heal : Deed {
  static constexpr std::string_view name = "heal";
};
/// A listener leaves its clients in the backlog.
struct Hold : Deed {
  static constexpr std::string_view name = "hold";
};
/// It takes them again.
struct Accept : Deed {
  static constexpr std::string_view name = "accept";
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
