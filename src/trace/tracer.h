#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "record/epoch.h"
#include "record/record.h"

namespace tcpkit::trace {

/// A set of layers.
class Layers {
 public:
  constexpr Layers() = default;
  constexpr Layers(std::initializer_list<record::Layer> layers) {
    for (const record::Layer layer : layers)
      add(layer);
  }
  constexpr void add(record::Layer layer) { bits_ |= 1U << static_cast<unsigned>(layer); }
  constexpr void add(Layers other) { bits_ |= other.bits_; }
  [[nodiscard]] constexpr bool has(record::Layer layer) const {
    return (bits_ & (1U << static_cast<unsigned>(layer))) != 0;
  }

 private:
  unsigned bits_ = 0;
};

/// Takes records as they happen. Never calls back into the engine.
class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual void write(const record::Record& record) = 0;
  /// Everything written so far must reach the file now.
  virtual void flush() = 0;
  /// The same before the loop sleeps, at `now`; a sink that holds records may keep the young ones,
  /// and those behind `told`, before which nothing more will be told. True where it did. Both are
  /// nanoseconds since the program started.
  virtual bool settle(std::uint64_t /*now*/, std::uint64_t /*told*/) {
    flush();
    return false;
  }
  /// What is held for no other record must reach the file now; what is held stays held.
  virtual void write_out() { flush(); }
  /// The latest time, in nanoseconds since the program started, of what a sink that orders records
  /// has handed on: an earlier record would be out of order.
  [[nodiscard]] virtual std::uint64_t handed_on() const { return 0; }
};

/// Sees records as they happen: inside Tracer::emit(), after the sinks. May call the engine, whose
/// records then come behind this one.
class Observer {
 public:
  Observer() = default;
  virtual ~Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual void on_record(const record::Record& record) = 0;
};

/// The one stream of records. Stamps each with its time and gives it to the sinks that want its
/// layer. Ask wants() before building a record: what nobody asked for costs nothing.
class Tracer {
 public:
  /// `actor`: who of a lab all records are of; must outlive them.
  explicit Tracer(record::Epoch epoch, std::string_view actor = {})
      : epoch_(epoch), actor_(actor) {}

  void add(std::shared_ptr<Sink> sink, Layers layers);
  /// Of the layers given; the caller keeps it and takes it away again with nullptr. There is one.
  void observe(Observer* observer, Layers layers) {
    observer_ = observer;
    observed_ = observer == nullptr ? Layers() : layers;
  }
  [[nodiscard]] bool wants(record::Layer layer) const {
    return wanted_.has(layer) || observed_.has(layer);
  }
  /// Somebody takes the layers whose records have the payload.
  [[nodiscard]] bool wants_payload() const {
    return wants(record::Layer::call) || wants(record::Layer::event);
  }
  /// True where a sink takes the layer, so that somebody can read it.
  [[nodiscard]] bool shows(record::Layer layer) const { return wanted_.has(layer); }
  void emit(record::Role role, unsigned conn, std::optional<record::ReadyState> state,
            record::Body body);
  /// What happened `nanoseconds` after the program's start, and is heard of only now.
  void emit_at(std::uint64_t nanoseconds, record::Role role, unsigned conn, record::Body body);
  /// From now on the records of this connection carry the number of its pair.
  void join(unsigned conn, unsigned pair);
  /// Nanoseconds since the program started.
  [[nodiscard]] std::uint64_t now() const;
  void flush();
  /// Before the loop sleeps, by whoever knows all that report late. Records of times after `told`,
  /// in nanoseconds since the program started, may still come; UINT64_MAX: none that are known of.
  /// True if records are held: call again after OrderedSink::hold.
  bool settle(std::uint64_t told);
  /// Sink::write_out(), at any time.
  void write_out();
  /// What has been explained, of one tracer or of several.
  using Taught = std::set<std::string_view>;
  /// From now on a note::Explain follows the first record of each kind that is not in `taught`.
  void teach(std::shared_ptr<Taught> taught) { taught_ = std::move(taught); }

  /// Sink::handed_on(), of the sink that is ahead of the others.
  [[nodiscard]] std::uint64_t handed_on() const;

  [[nodiscard]] const record::Epoch& epoch() const { return epoch_; }

 private:
  struct Subscription {
    std::shared_ptr<Sink> sink;
    Layers layers;
  };
  void give(const record::Record& record);
  void teach(const record::Record& record);
  void pass(record::Record record);

  record::Epoch epoch_;
  std::string_view actor_;
  std::vector<Subscription> sinks_;
  Layers wanted_;
  std::vector<unsigned> pairs_;  ///< by connection; empty unless some are joined
  Observer* observer_ = nullptr;
  Layers observed_;
  std::shared_ptr<Taught> taught_;
};

}  // namespace tcpkit::trace
