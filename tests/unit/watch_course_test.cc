#include "watch/course.h"

#include <gtest/gtest.h>
#include <uv.h>

#include <memory>
#include <string>
#include <vector>

namespace tcpkit::watch {
namespace {

namespace kernel = record::kernel;
using tcp::Segment;
using tcp::State;

class Collector : public trace::Sink {
 public:
  void write(const record::Record& record) override { records.push_back(record); }
  void flush() override {}
  std::vector<record::Record> records;
};

class CourseTest : public testing::Test {
 protected:
  CourseTest() { tracer_.add(sink_, {record::Layer::kernel}); }

  Course client() {
    Course course(tracer_, record::Role::client, 1);
    course.counts_syn(true);
    course.ask(tracer_.now(), true);
    return course;
  }

  /// The states that were entered, those that were inferred in parentheses.
  [[nodiscard]] std::string states() const {
    std::string text;
    for (const record::Record& record : sink_->records) {
      const auto* state = std::get_if<kernel::State>(&record.body);
      if (state == nullptr) continue;
      if (!text.empty()) text += ' ';
      text += state->inferred ? "(" + std::string(state->to.value_or("unknown")) + ")"
                              : std::string(state->to.value_or("unknown"));
    }
    return text;
  }
  template <class B>
  [[nodiscard]] std::vector<B> all() const {
    std::vector<B> found;
    for (const record::Record& record : sink_->records)
      if (const auto* body = std::get_if<B>(&record.body)) found.push_back(*body);
    return found;
  }

  /// A segment between the client (`out`) and its peer, now.
  void pass(bool out, std::uint8_t flags, std::uint32_t seq, std::uint32_t ack) {
    Segment s;
    s.from.port = out ? 1 : 2;
    s.to.port = out ? 2 : 1;
    s.flags = flags;
    s.seq = seq;
    s.ack = ack;
    log_.add(s, tracer_.now());
  }
  [[nodiscard]] std::optional<SegmentTimes> segments() const {
    tcp::SegmentEnd a;
    tcp::SegmentEnd b;
    a.port = 1;
    b.port = 2;
    return log_.times(a, b);
  }

  trace::Tracer tracer_{{uv_hrtime() - 1'000'000'000, {}}};
  std::shared_ptr<Collector> sink_ = std::make_shared<Collector>();
  SegmentLog log_;
};

constexpr std::uint8_t syn = Segment::syn;
constexpr std::uint8_t ack = Segment::ack_flag;
constexpr std::uint8_t fin_ack = Segment::fin | Segment::ack_flag;

TEST_F(CourseTest, AConnectionThatIsGoneWhenItIsReportedWasEstablished) {
  Course course = client();
  course.connected();
  course.arrive(State::closed, {});
  EXPECT_EQ(states(), "SYN_SENT (ESTABLISHED) CLOSED");
}

TEST_F(CourseTest, ARefusedOneWasNot) {
  Course course = client();
  course.arrive(State::closed, {});
  EXPECT_EQ(states(), "SYN_SENT CLOSED");
}

TEST_F(CourseTest, SynsThatCrossedMakeASimultaneousOpen) {
  Course course = client();
  pass(true, syn, 100, 0);
  pass(false, syn, 500, 0);
  pass(true, syn | ack, 100, 501);
  pass(false, syn | ack, 500, 101);
  course.arrive(State::established, segments());
  EXPECT_EQ(states(), "SYN_SENT (SYN_RCVD) ESTABLISHED");
}

TEST_F(CourseTest, FinsThatCrossedMakeClosing) {
  Course course = client();
  course.arrive(State::established, {});
  pass(true, fin_ack, 101, 501);
  pass(false, fin_ack, 501, 101);
  pass(true, ack, 102, 502);
  pass(false, ack, 502, 102);
  course.fin_sent();
  course.arrive(State::time_wait, segments());
  EXPECT_EQ(states(), "SYN_SENT ESTABLISHED (FIN_WAIT1) (CLOSING) TIME_WAIT");
  EXPECT_EQ(all<kernel::FinAcked>().size(), 1U);
}

TEST_F(CourseTest, AFinThatAcknowledgesOursDoesNot) {
  Course course = client();
  course.arrive(State::established, {});
  pass(true, fin_ack, 101, 501);
  pass(false, fin_ack, 501, 102);
  pass(true, ack, 102, 502);
  course.fin_sent();
  course.arrive(State::time_wait, segments());
  EXPECT_EQ(states(), "SYN_SENT ESTABLISHED (FIN_WAIT1) (FIN_WAIT2) TIME_WAIT");
}

TEST_F(CourseTest, BothFinsBetweenTwoLooksAreAnOrderlyEnd) {
  Course course = client();
  course.arrive(State::established, {});
  course.sent(5);
  course.fin_sent();
  course.fin_came();
  course.count_acked(7);
  course.settle_acks();
  course.arrive(State::closed, {});
  EXPECT_EQ(states(), "SYN_SENT ESTABLISHED (CLOSE_WAIT) (LAST_ACK) CLOSED");
  ASSERT_EQ(all<kernel::Ack>().size(), 1U);
  EXPECT_EQ(all<kernel::Ack>()[0].bytes_acked, 5U);
  EXPECT_EQ(all<kernel::FinAcked>().size(), 1U);
}

TEST_F(CourseTest, AResetInLastAckAcknowledgesWhatTheKernelCounted) {
  Course course = client();
  course.arrive(State::established, {});
  course.sent(300'000);
  course.arrive(State::close_wait, {});
  course.fin_sent();
  course.arrive(State::last_ack, {});
  course.count_acked(1001);
  course.settle_acks();
  course.arrive(State::closed, {});
  EXPECT_EQ(states(), "SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED");
  ASSERT_EQ(all<kernel::Ack>().size(), 1U);
  EXPECT_EQ(all<kernel::Ack>()[0].bytes_acked, 1000U);
  EXPECT_TRUE(all<kernel::FinAcked>().empty());
}

TEST_F(CourseTest, AcknowledgementsAndTimesNeverGoBack) {
  Course course = client();
  course.arrive(State::established, {});
  course.sent(30);
  const std::uint64_t now = tracer_.now();
  course.acknowledge(10, now, {});
  course.acknowledge(20, now - 1000, {});  // the clocks were compared again
  course.acknowledge(15, now + 1000, {});
  const auto& records = sink_->records;
  ASSERT_EQ(all<kernel::Ack>().size(), 2U);
  EXPECT_EQ(records[records.size() - 1].nanoseconds, records[records.size() - 2].nanoseconds);
}

TEST_F(CourseTest, TheTimesOfAServersHandshakeAreThoseOfItsSegments) {
  Course course(tracer_, record::Role::server, 1);
  pass(false, syn, 500, 0);
  pass(true, syn | ack, 100, 501);
  pass(false, ack, 501, 101);
  const auto times = segments();
  course.begin(State::listen);
  course.arrive(State::established, times, false);
  EXPECT_EQ(states(), "(SYN_RCVD) (ESTABLISHED)");
  EXPECT_EQ(sink_->records.at(0).nanoseconds, *times->theirs.syn);
  EXPECT_EQ(sink_->records.at(1).nanoseconds, *times->ours.syn_acked);
}

TEST_F(CourseTest, WhatPassedLongAgoIsReportedNow) {
  Course course(tracer_, record::Role::server, 1);
  const std::uint64_t now = tracer_.now();
  SegmentTimes times;
  times.theirs.syn = now - 900'000'000;
  times.ours.syn_acked = now - 800'000'000;
  course.begin(State::listen);
  course.arrive(State::established, times, false);
  EXPECT_EQ(states(), "(SYN_RCVD) (ESTABLISHED)");
  EXPECT_GE(sink_->records.at(0).nanoseconds, now);
}

TEST_F(CourseTest, AnotherConnectionOfThePortsHasSegmentsOfItsOwn) {
  pass(true, syn, 100, 0);
  pass(false, syn | ack, 500, 101);
  pass(true, fin_ack, 101, 501);
  pass(false, fin_ack, 501, 102);
  pass(true, syn, 9000, 0);
  EXPECT_TRUE(segments()->ours.syn);
  EXPECT_FALSE(segments()->ours.fin);
  EXPECT_FALSE(segments()->theirs.syn);
}

}  // namespace
}  // namespace tcpkit::watch
