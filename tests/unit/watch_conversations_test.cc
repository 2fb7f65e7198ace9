#include "watch/conversations.h"

#include <gtest/gtest.h>

#include <memory>

namespace tcpkit::watch {
namespace {

using tcp::Segment;

const tcp::SegmentEnd client_end{IpNumber::from_ipv4(0x0a000001), 40000};
const tcp::SegmentEnd server_end{IpNumber::from_ipv4(0x0a000002), 80};
const Conversations::Key both = Conversations::key_of(client_end, server_end);

Captured segment(bool from_client, unsigned flags, std::uint32_t seq, std::uint64_t source = 1) {
  Captured captured{{}, 1000, {}, source};
  captured.segment.from = from_client ? client_end : server_end;
  captured.segment.to = from_client ? server_end : client_end;
  captured.segment.flags = static_cast<std::uint8_t>(flags);
  captured.segment.seq = seq;
  return captured;
}

class ConversationsTest : public testing::Test {
 protected:
  /// Finds its conversation and adds it to that.
  Conversation* pass(Captured captured) {
    Conversation* found = table_.find(captured);
    if (found != nullptr) found->analysis.add(captured.segment);
    return found;
  }
  void close(const Owner& owner) {
    table_.close(owner, both, false, [](const Conversations::Key&) {});
  }

  trace::Tracer tracer_{record::Epoch::now()};
  trace::Tracer other_tracer_{record::Epoch::now()};
  Owner client_{&tracer_, record::Role::client, 1};
  Owner server_{&tracer_, record::Role::server, 1};
  Conversations table_;
};

TEST_F(ConversationsTest, KeepsSegmentsForWhoFollowsThemLater) {
  EXPECT_EQ(pass(segment(true, Segment::syn, 7)), nullptr);
  const auto own = table_.follow(server_, both);
  ASSERT_TRUE(own);
  ASSERT_EQ(own->size(), 1U);
  EXPECT_EQ(own->front().segment.seq, 7U);
  Conversation* found = pass(segment(true, Segment::syn, 7));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->owner, server_);
}

TEST_F(ConversationsTest, ForgetsAConnectionThatWasNeverAcceptedWhenItsPortsAreUsedAgain) {
  pass(segment(true, Segment::syn, 7));
  pass(segment(true, Segment::rst, 8));
  pass(segment(true, Segment::syn, 900));
  const auto own = table_.follow(server_, both);
  ASSERT_TRUE(own);
  ASSERT_EQ(own->size(), 1U);
  EXPECT_EQ(own->front().segment.seq, 900U);
}

TEST_F(ConversationsTest, BelongsToTheClientIfBothEndsAreOurs) {
  ASSERT_TRUE(table_.follow(client_, both));
  const Owner accepted{&other_tracer_, record::Role::server, 1};
  EXPECT_FALSE(table_.follow(accepted, both));
  EXPECT_EQ(pass(segment(true, Segment::syn, 7))->owner, client_);
}

TEST_F(ConversationsTest, GivesTheRestOfTheOldConnectionToItsOwner) {
  table_.follow(client_, both);
  pass(segment(true, Segment::syn, 7));
  close(client_);
  const Owner next{&tracer_, record::Role::client, 2};
  table_.follow(next, both);
  EXPECT_EQ(pass(segment(false, Segment::fin | Segment::ack_flag, 50))->owner, client_);
  EXPECT_EQ(pass(segment(true, Segment::syn, 900))->owner, next);
  EXPECT_EQ(pass(segment(false, Segment::fin | Segment::ack_flag, 50))->owner, next);
}

TEST_F(ConversationsTest, KnowsASegmentThatTwoInterfacesShow) {
  Conversation conversation(client_);
  EXPECT_FALSE(conversation.repeats(segment(true, Segment::syn, 7, 1)));
  EXPECT_TRUE(conversation.repeats(segment(true, Segment::syn, 7, 2)));
  EXPECT_FALSE(conversation.repeats(segment(true, Segment::syn, 7, 1)));  // sent again
}

TEST_F(ConversationsTest, SaysSinceWhenAClientWaits) {
  table_.listen(80);
  EXPECT_EQ(table_.waiting_since(0), UINT64_MAX);
  pass(segment(true, Segment::syn, 7));
  EXPECT_EQ(table_.waiting_since(0), 1000U);
  EXPECT_EQ(table_.waiting_since(5000), UINT64_MAX);  // given up
}

}  // namespace
}  // namespace tcpkit::watch
