#include "tcp/inference.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpkit::tcp {
namespace {

constexpr unsigned ack = Segment::ack_flag;

/// Two ends that talk; numbers count from each end's SYN.
class InferenceTest : public testing::Test {
 protected:
  void client(unsigned flags, std::uint32_t seq, std::uint32_t acked, std::uint32_t length = 0) {
    add(0, flags, 0xfffffffe + seq, 100 + acked, length);
  }
  void server(unsigned flags, std::uint32_t seq, std::uint32_t acked, std::uint32_t length = 0) {
    add(1, flags, 100 + seq, 0xfffffffe + acked, length);
  }
  void handshake() {
    client(Segment::syn, 0, 0);
    server(Segment::syn | ack, 0, 1);
    client(ack, 1, 1);
    steps_.clear();
  }
  std::string steps_;
  Inference inference_;

 private:
  void add(std::size_t sender, unsigned flags, std::uint32_t seq, std::uint32_t acked,
           std::uint32_t length) {
    Segment s;
    s.flags = static_cast<std::uint8_t>(flags);
    s.seq = seq;
    s.ack = (flags & ack) != 0 ? acked : 0;
    s.length = length;
    inference_.add(s, sender, [this](const Inference::Step& step) {
      steps_ += step.end == 0 ? "c:" : "s:";
      steps_ += to_string(step.to);
      steps_ += ' ';
    });
  }
};

TEST_F(InferenceTest, ASegmentThatIsSentAgainChangesNothing) {
  client(Segment::syn, 0, 0);
  client(Segment::syn, 0, 0);
  EXPECT_EQ(steps_, "c:SYN_SENT ");
  handshake();
  client(Segment::fin | ack, 1, 1);
  client(Segment::fin | ack, 1, 1);
  EXPECT_EQ(steps_, "c:FIN_WAIT1 ");
}

TEST_F(InferenceTest, AnEndHasReceivedAFinOnceItAcknowledgesIt) {
  handshake();
  client(Segment::fin | ack, 1, 1);
  server(ack, 1, 1, 10);
  EXPECT_EQ(steps_, "c:FIN_WAIT1 ");
  server(ack, 11, 2);
  EXPECT_EQ(steps_, "c:FIN_WAIT1 s:CLOSE_WAIT c:FIN_WAIT2 ");
}

TEST_F(InferenceTest, OneSegmentMayAcknowledgeAndCarryAFin) {
  handshake();
  client(Segment::fin | ack, 1, 1);
  server(Segment::fin | ack, 1, 2);
  client(ack, 2, 2);
  EXPECT_EQ(steps_, "c:FIN_WAIT1 s:CLOSE_WAIT c:FIN_WAIT2 s:LAST_ACK c:TIME_WAIT s:CLOSED ");
  EXPECT_TRUE(inference_.over());
  EXPECT_FALSE(inference_.fins_crossed());
}

TEST_F(InferenceTest, FinsThatCrossLeadThroughClosing) {
  handshake();
  client(Segment::fin | ack, 1, 1);
  server(Segment::fin | ack, 1, 1);
  server(ack, 2, 2);
  client(ack, 2, 2);
  EXPECT_TRUE(inference_.fins_crossed());
  EXPECT_EQ(steps_, "c:FIN_WAIT1 s:FIN_WAIT1 s:CLOSING c:CLOSING c:TIME_WAIT s:TIME_WAIT ");
}

TEST_F(InferenceTest, AResetWithTheWrongNumberIsIgnored) {
  handshake();
  server(Segment::rst, 5000, 0);
  EXPECT_EQ(steps_, "");
  server(Segment::rst, 1, 0);
  EXPECT_EQ(steps_, "s:CLOSED c:CLOSED ");
}

TEST_F(InferenceTest, ARefusedClientIsClosedAndTheServerHasNoState) {
  client(Segment::syn, 0, 0);
  server(Segment::rst | ack, 0, 1);
  EXPECT_EQ(steps_, "c:SYN_SENT c:CLOSED ");
  EXPECT_FALSE(inference_.state(1));
}

TEST_F(InferenceTest, AFinThatWasNotCapturedFollowsFromItsAckOnceTheOtherEndClosesToo) {
  handshake();
  client(ack, 1, 1, 5);
  server(ack, 1, 7);  // five bytes and one more
  EXPECT_EQ(steps_, "");
  EXPECT_TRUE(inference_.may_have_sent_fin(0));
  server(Segment::fin | ack, 1, 7);
  EXPECT_EQ(steps_, "c:FIN_WAIT1 c:FIN_WAIT2 s:CLOSE_WAIT s:LAST_ACK ");
}

TEST_F(InferenceTest, AByteThatWasNotCapturedIsNoFin) {
  handshake();
  client(ack, 1, 1, 5);
  server(ack, 1, 7);
  client(ack, 7, 1, 5);
  server(Segment::fin | ack, 1, 12);
  EXPECT_FALSE(inference_.sent_fin(0));
}

TEST_F(InferenceTest, WithoutABeginningBothEndsAreEstablished) {
  client(ack, 50, 60, 10);
  EXPECT_EQ(steps_, "c:ESTABLISHED s:ESTABLISHED ");
  EXPECT_TRUE(inference_.begun_before());
}

}  // namespace
}  // namespace tcpkit::tcp
