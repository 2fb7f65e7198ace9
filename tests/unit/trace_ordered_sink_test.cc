#include "trace/ordered_sink.h"

#include <gtest/gtest.h>
#include <uv.h>

#include <memory>
#include <string>
#include <vector>

namespace tcpkit::trace {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t none = UINT64_MAX;

class Collector : public Sink {
 public:
  void write(const record::Record& record) override { times.push_back(record.nanoseconds); }
  void flush() override { ++flushes; }
  std::vector<std::uint64_t> times;
  int flushes = 0;
};

class OrderedSinkTest : public testing::Test {
 protected:
  OrderedSinkTest() {
    tracer_.add(std::make_shared<OrderedSink>(collector_), {record::Layer::note});
  }
  void happened(std::uint64_t time) {
    tracer_.emit_at(time, record::Role::none, 0, record::note::Step{"step"});
  }

  std::shared_ptr<Collector> collector_ = std::make_shared<Collector>();
  Tracer tracer_{{uv_hrtime() - 10 * second, {}}};
};

TEST_F(OrderedSinkTest, WritingOutHandsNothingOnThatIsHeld) {
  tracer_.settle(none);
  happened(2 * second);
  // A line on stderr, before those who report late were asked.
  tracer_.write_out();
  EXPECT_TRUE(collector_->times.empty());
  EXPECT_GT(collector_->flushes, 0);
  happened(second);
  tracer_.settle(none);
  EXPECT_EQ(collector_->times, (std::vector<std::uint64_t>{second, 2 * second}));
}

TEST_F(OrderedSinkTest, WhatMayStillComeHoldsTheLaterRecords) {
  tracer_.settle(none);
  happened(2 * second);
  EXPECT_TRUE(tracer_.settle(second));
  EXPECT_TRUE(collector_->times.empty());
  EXPECT_EQ(tracer_.handed_on(), 0U);
  happened(second);
  EXPECT_FALSE(tracer_.settle(none));
  EXPECT_EQ(collector_->times, (std::vector<std::uint64_t>{second, 2 * second}));
  EXPECT_EQ(tracer_.handed_on(), 2 * second);
}

}  // namespace
}  // namespace tcpkit::trace
