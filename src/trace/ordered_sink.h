#pragma once

#include <deque>
#include <memory>
#include <string>

#include "trace/tracer.h"

namespace tcpkit::trace {

/// Holds records back for a moment and hands them on in the order of their times: what the kernel
/// and the wire have to tell is told late, with the time of its happening.
class OrderedSink : public Sink {
 public:
  /// How long a record is held in any case, in nanoseconds.
  static constexpr std::uint64_t hold = 50'000'000;

  explicit OrderedSink(std::shared_ptr<Sink> next) : next_(std::move(next)) {}
  void write(const record::Record& record) override;
  /// Hands on everything, whatever its age.
  void flush() override;
  bool settle(std::uint64_t now, std::uint64_t told) override;
  void write_out() override { next_->flush(); }
  [[nodiscard]] std::uint64_t handed_on() const override { return handed_on_; }

 private:
  /// `payload` owns the bytes that the record's body pointed to.
  struct Held {
    record::Record record;
    std::string payload;
  };
  void release();

  std::shared_ptr<Sink> next_;
  std::deque<Held> held_;          ///< by time; of one time in the order they came
  std::uint64_t last_settle_ = 0;  ///< what happened before it has been read
  std::uint64_t handed_on_ = 0;
};

}  // namespace tcpkit::trace
