#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "record/field.h"
#include "record/layer.h"
#include "record/outcome.h"
#include "record/statistics.h"

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
  static void fields(auto& e, auto&& visit) {
    visit("version", e.version);
    visit("command", e.command);
    visit("arguments", e.arguments);
    visit("pid", e.pid);
    visit("host", e.host);
  }
};

/// The last record of a run: its exit status, and why it is not 0.
struct Exit {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "exit";
  int status;
  std::optional<std::string> reason;
  static void fields(auto& e, auto&& visit) {
    visit("status", e.status);
    visit("reason", e.reason);
  }
};

/// A diagnostic of the program.
struct Message {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "message";
  std::string text;
  static void fields(auto& e, auto&& visit) { visit("text", e.text); }
};

/// A sentence of teaching about the record before it (--explain).
struct Explain {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "explain";
  std::string_view word;
  std::string_view text;
  static void fields(auto& e, auto&& visit) {
    visit("word", e.word);
    visit("text", e.text);
  }
};

/// What an experiment is about to show, or has shown.
struct Step {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "step";
  std::string text;
  static void fields(auto& e, auto&& visit) { visit("text", e.text); }
};

/// What was done to an end or to the network, so that the peer sees no ordinary close or no answer;
/// `text` is the step as it was written.
struct Deed {
  static constexpr Layer layer = Layer::note;
  std::string text;
  static void fields(auto& e, auto&& visit) { visit("text", e.text); }
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
  static void fields(auto& e, auto&& visit) {
    if constexpr (std::is_const_v<std::remove_reference_t<decltype(e)>>) {
      Outcome::fields(*e.outcome, visit);
    } else {
      auto outcome = std::make_shared<Outcome>();
      outcome->outcome.clear();  // of a trace that does not say it
      Outcome::fields(*outcome, visit);
      e.outcome = std::move(outcome);
    }
  }
};

/// A program was started to serve a connection.
struct Spawn {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "spawn";
  int pid;
  std::string program;
  static void fields(auto& e, auto&& visit) {
    visit("pid", e.pid);
    visit("program", e.program);
  }
};

/// It has exited, by itself (`status`) or by a signal.
struct ChildExit {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "childExit";
  int pid;
  std::optional<std::int64_t> status;
  std::optional<std::string> signal;
  static void fields(auto& e, auto&& visit) {
    visit("pid", e.pid);
    visit("status", e.status);
    visit("signal", e.signal);
  }
};

/// At the end of `ping`.
struct Statistics {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "statistics";
  std::shared_ptr<const Tally> tally = std::make_shared<const Tally>();  ///< never null
  static void fields(auto& e, auto&& visit) {
    if constexpr (std::is_const_v<std::remove_reference_t<decltype(e)>>) {
      Tally::fields(*e.tally, visit);
    } else {
      auto tally = std::make_shared<Tally>();
      Tally::fields(*tally, visit);
      e.tally = std::move(tally);
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
  static void fields(auto& e, auto&& visit) {
    visit("bytesRead", e.bytes_read);
    visit("bytesWritten", e.bytes_written);
    visit("writableLength", e.writable_length);
  }
};

using All = Kinds<Run, Exit, Message, Explain, Step, Vanish, Lose, Cut, Heal, Hold, Accept, Summary,
                  Counters, Spawn, ChildExit, Statistics>;

}  // namespace tcpkit::record::note
