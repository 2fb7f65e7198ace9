#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/layer.h"
#include "record/outcome.h"

/// The records of this layer: what the program says itself.
namespace tcpkit::record::note {

/// The first record of a run. `arguments` as typed, without what may be secret.
struct Run {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "run";
  std::string version;
  std::string command;
  std::vector<std::string> arguments;
  int pid;
  std::string host;
  template <class V>
  void fields(V&& visit) const {
    visit("version", version);
    visit("command", command);
    visit("arguments", arguments);
    visit("pid", pid);
    visit("host", host);
  }
};

/// The last record of a run: its exit status, and why it is not 0.
struct Exit {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "exit";
  int status;
  std::optional<std::string> reason;
  template <class V>
  void fields(V&& visit) const {
    visit("status", status);
    visit("reason", reason);
  }
};

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

/// How a connection went; behind its `close`.
struct Summary {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "summary";
  std::shared_ptr<const Outcome> outcome = std::make_shared<const Outcome>();  ///< never null
  template <class V>
  void fields(V&& visit) const {
    outcome->fields(visit);
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

}  // namespace tcpkit::record::note
