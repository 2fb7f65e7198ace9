#include "tcp/analysis.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpkit::tcp {
namespace {

constexpr std::uint32_t client_isn = 0xfffffff0;  // wraps around
constexpr std::uint32_t server_isn = 5000;
constexpr unsigned ack = Segment::ack_flag;
constexpr unsigned push = Segment::psh | Segment::ack_flag;

/// The timestamps option.
std::string stamp(char value) {
  return {8, 10, 0, 0, 0, value, 0, 0, 0, 0};
}

/// Two ends that talk; the numbers given are relative.
class Talk {
 public:
  record::wire::Segment client(unsigned flags, std::uint32_t seq, std::uint32_t acked,
                               std::uint32_t length = 0, int window = 512,
                               const std::string& options = {}) {
    return add(true, flags, client_isn + client_ + seq, server_isn + server_ + acked, length,
               window, options);
  }
  record::wire::Segment server(unsigned flags, std::uint32_t seq, std::uint32_t acked,
                               std::uint32_t length = 0, int window = 512,
                               const std::string& options = {}) {
    return add(false, flags, server_isn + server_ + seq, client_isn + client_ + acked, length,
               window, options);
  }
  void handshake() {
    client(Segment::syn, 0, 0, 0, 1000, std::string("\x03\x03\x07", 3));
    server(Segment::syn | ack, 0, 1, 0, 1000, std::string("\x03\x03\x05", 3));
    client(ack, 1, 1);
  }
  /// From now on the first numbers are others.
  void restart(std::uint32_t client, std::uint32_t server) {
    client_ = client;
    server_ = server;
  }
  [[nodiscard]] bool over() const { return analysis_.over(); }

 private:
  record::wire::Segment add(bool client, unsigned flags, std::uint32_t seq, std::uint32_t acked,
                            std::uint32_t length, int window, const std::string& options) {
    Segment s;
    s.from = {IpNumber::from_ipv4(0x7f000001), static_cast<std::uint16_t>(client ? 1000 : 80)};
    s.to = {IpNumber::from_ipv4(0x7f000001), static_cast<std::uint16_t>(client ? 80 : 1000)};
    s.seq = seq;
    s.ack = (flags & ack) != 0 ? acked : 0;
    s.flags = static_cast<std::uint8_t>(flags);
    s.window = static_cast<std::uint16_t>(window);
    s.length = length;
    s.options = options;
    return analysis_.add(s);
  }
  Analysis analysis_;
  std::uint32_t client_ = 0;
  std::uint32_t server_ = 0;
};

TEST(Analysis, CountsFromTheFirstNumbers) {
  Talk t;
  const auto syn =
      t.client(Segment::syn, 0, 0, 0, 1000, std::string("\x02\x04\x05\xb4\x04\x02", 6));
  EXPECT_EQ(syn.seq, 0U);
  EXPECT_FALSE(syn.ack);
  EXPECT_EQ(syn.flags, (std::vector<std::string_view>{"SYN"}));
  EXPECT_EQ(syn.options, (std::vector<std::string>{"mss 1460", "sackOK"}));
  EXPECT_EQ(syn.src, "127.0.0.1:1000");
  const auto answer = t.server(Segment::syn | ack, 0, 1);
  EXPECT_EQ(answer.seq, 0U);
  EXPECT_EQ(answer.ack, 1U);
  EXPECT_EQ(answer.flags, (std::vector<std::string_view>{"SYN", "ACK"}));
  EXPECT_EQ(t.client(push, 1, 1, 100).seq, 1U);
  EXPECT_EQ(t.client(push, 101, 1, 5).seq, 101U);
}

TEST(Analysis, WithoutItsSynAConnectionBeginsWithOne) {
  Talk t;
  const auto first = t.client(push, 700, 300, 10);
  EXPECT_EQ(first.seq, 1U);
  EXPECT_EQ(first.ack, 1U);
  EXPECT_EQ(t.server(ack, 300, 710, 0).ack, 11U);
}

TEST(Analysis, ScalesWindowsOnceBothScalesAreKnown) {
  Talk t;
  EXPECT_EQ(t.client(Segment::syn, 0, 0, 0, 1000, std::string("\x03\x03\x07", 3)).win, 1000U);
  EXPECT_EQ(t.server(Segment::syn | ack, 0, 1, 0, 1000, std::string("\x03\x03\x05", 3)).win, 1000U);
  EXPECT_EQ(t.client(ack, 1, 1, 0, 512).win, 65536U);
  EXPECT_EQ(t.server(ack, 1, 1, 0, 512).win, 16384U);
  Talk plain;
  plain.client(Segment::syn, 0, 0, 0, 1000, std::string("\x03\x03\x07", 3));
  plain.server(Segment::syn | ack, 0, 1);
  EXPECT_EQ(plain.client(ack, 1, 1, 0, 512).win, 512U);
}

TEST(Analysis, AnOrdinaryConnectionHasNoLabels) {
  Talk t;
  t.handshake();
  EXPECT_EQ(t.client(push, 1, 1, 5).label, "");
  EXPECT_EQ(t.server(ack, 1, 6).label, "");
  EXPECT_EQ(t.client(Segment::fin | ack, 6, 1).label, "");
  EXPECT_FALSE(t.over());
  EXPECT_EQ(t.server(Segment::fin | ack, 1, 7).label, "");
  EXPECT_FALSE(t.over());
  EXPECT_EQ(t.client(ack, 7, 2).label, "");
  EXPECT_TRUE(t.over());
}

TEST(Analysis, ResetEnds) {
  Talk t;
  t.client(Segment::syn, 0, 0);
  EXPECT_EQ(t.server(Segment::rst | ack, 0, 1, 0, 0).label, "");
  EXPECT_TRUE(t.over());
}

TEST(Analysis, ARefusedResetEndsNothing) {
  Talk t;
  t.handshake();
  t.client(push, 1, 1, 10);
  t.server(ack, 1, 11);
  t.client(Segment::rst, 16, 0, 0, 0);
  EXPECT_FALSE(t.over());
  // Neither its number nor its window counts.
  EXPECT_EQ(t.client(ack, 11, 1).label, "dup-ack");
  t.client(Segment::rst, 11, 0, 0, 0);
  EXPECT_TRUE(t.over());
}

TEST(Analysis, TheWindowOfASynCountsIfNoneIsScaled) {
  Talk t;
  t.client(Segment::syn, 0, 0);
  t.server(Segment::syn | ack, 0, 1);
  t.client(ack, 1, 1);
  t.client(push, 1, 1, 10);
  EXPECT_EQ(t.server(ack, 1, 1).label, "dup-ack");
}

TEST(Analysis, KeepAliveAndItsAnswer) {
  Talk t;
  t.handshake();
  EXPECT_EQ(t.client(ack, 0, 1).label, "keep-alive");
  EXPECT_EQ(t.server(ack, 1, 1).label, "keep-alive-ack");
  EXPECT_EQ(t.client(ack, 0, 1).label, "keep-alive");
  EXPECT_EQ(t.client(ack, 0, 1).label, "keep-alive");
  EXPECT_EQ(t.server(ack, 1, 1).label, "keep-alive-ack");
}

TEST(Analysis, TheWindowOfASynSaysNothingOfAnUpdate) {
  Talk t;
  t.handshake();
  EXPECT_EQ(t.server(ack, 1, 1).label, "");
  EXPECT_EQ(t.server(ack, 1, 1).label, "dup-ack");
  EXPECT_EQ(t.server(ack, 1, 1, 0, 300).label, "window-update");
}

TEST(Analysis, Retransmission) {
  Talk t;
  t.client(Segment::syn, 0, 0);
  EXPECT_EQ(t.client(Segment::syn, 0, 0).label, "retransmission");
  t.server(Segment::syn | ack, 0, 1);
  t.client(ack, 1, 1);
  t.client(push, 1, 1, 100);
  EXPECT_EQ(t.client(push, 1, 1, 100).label, "retransmission");
  t.client(Segment::fin | ack, 101, 1);
  EXPECT_EQ(t.client(Segment::fin | ack, 101, 1).label, "retransmission");
  EXPECT_FALSE(t.over());
}

TEST(Analysis, WhatWasSentBeforeIsARetransmissionWheneverItComes) {
  Talk t;
  t.handshake();
  for (std::uint32_t i = 0; i < 10; ++i)
    t.client(push, 1 + i * 100, 1, 100);
  // Nine go at once, and none of them is the last one sent.
  for (std::uint32_t i = 0; i < 9; ++i)
    EXPECT_EQ(t.client(push, 1 + i * 100, 1, 100).label, "retransmission") << i;
  // Cut otherwise, and with something new behind.
  EXPECT_EQ(t.client(push, 951, 1, 150).label, "retransmission");
  EXPECT_EQ(t.client(push, 1101, 1, 100).label, "");
  t.server(ack, 1, 1201);
  EXPECT_EQ(t.client(push, 1101, 1, 100).label, "retransmission");  // though it was received
}

TEST(Analysis, OneByteThatIsSentAgainIsNoKeepAlive) {
  Talk t;
  t.handshake();
  t.client(push, 1, 1, 1);
  EXPECT_EQ(t.client(push, 1, 1, 1).label, "retransmission");
  t.server(ack, 1, 2);
  EXPECT_EQ(t.client(ack, 1, 1, 1).label, "keep-alive");  // as other systems send it
}

TEST(Analysis, WhatWasOvertakenIsNoRetransmission) {
  Talk t;
  t.handshake();
  t.client(push, 1, 1, 100);
  t.client(push, 201, 1, 100);
  EXPECT_EQ(t.client(push, 101, 1, 100).label, "out-of-order");
  EXPECT_EQ(t.client(push, 101, 1, 100).label, "retransmission");
  // Asking for it makes no difference: it may still have been overtaken.
  t.client(push, 401, 1, 100);
  for (int i = 0; i < 3; ++i)
    t.server(ack, 1, 301);
  EXPECT_EQ(t.client(push, 301, 1, 100).label, "out-of-order");
}

TEST(Analysis, WhatWasSentLaterThanHigherNumbersIsARetransmission) {
  Talk t;
  t.handshake();
  t.client(push, 101, 1, 100, 512, stamp(5));
  EXPECT_EQ(t.client(push, 1, 1, 50, 512, stamp(5)).label, "out-of-order");
  EXPECT_EQ(t.client(push, 51, 1, 50, 512, stamp(6)).label, "retransmission");
}

TEST(Analysis, AnOvertakenAckIsNoKeepAlive) {
  Talk t;
  t.handshake();
  t.client(Segment::fin | ack, 1, 1, 0, 512, stamp(5));
  EXPECT_EQ(t.client(ack, 1, 1, 0, 512, stamp(5)).label, "");
  t.server(ack, 1, 2);
  EXPECT_EQ(t.client(ack, 1, 1, 0, 512, stamp(6)).label, "keep-alive");
}

TEST(Analysis, ManyGapsAreBounded) {
  Talk t;
  t.handshake();
  for (std::uint32_t i = 0; i < 5'000; ++i)
    t.client(push, 1001 + i * 3, 1, 1);
  EXPECT_EQ(t.client(push, 1001 + 14'997, 1, 1).label, "retransmission");
  EXPECT_EQ(t.client(push, 1001 + 14'996, 1, 1).label, "out-of-order");
}

TEST(Analysis, ASynSetsTheFirstNumberAgain) {
  Talk t;
  t.handshake();
  t.client(push, 1, 1, 100);
  t.server(ack, 1, 101);
  t.server(Segment::rst | ack, 1, 101);
  EXPECT_TRUE(t.over());
  t.restart(70'000, 90'000);
  const auto syn = t.client(Segment::syn, 0, 0);
  EXPECT_EQ(syn.seq, 0U);
  EXPECT_EQ(syn.label, "");
  EXPECT_FALSE(t.over());
  const auto answer = t.server(Segment::syn | ack, 0, 1);
  EXPECT_EQ(answer.seq, 0U);
  EXPECT_EQ(answer.ack, 1U);
  const auto data = t.client(push, 1, 1, 100);
  EXPECT_EQ(data.seq, 1U);
  EXPECT_EQ(data.label, "");
}

/// RFC 9293, figure 9: the first answer is to an old SYN, which the client refuses.
TEST(Analysis, TheSecondOfTwoSynAcksSetsTheFirstNumberAgain) {
  Talk t;
  t.client(Segment::syn, 0, 0);
  EXPECT_EQ(t.server(Segment::syn | ack, 0, 0xfffffff6).ack, 0xfffffff6U);
  t.client(Segment::rst, 0xfffffff6, 0);
  t.restart(0, 100);
  const auto second = t.server(Segment::syn | ack, 0, 1);
  EXPECT_EQ(second.seq, 0U);
  EXPECT_EQ(second.ack, 1U);
  EXPECT_EQ(second.label, "");
  EXPECT_EQ(t.client(ack, 1, 1).ack, 1U);
  EXPECT_FALSE(t.over());
  EXPECT_EQ(t.server(Segment::syn | ack, 0, 1).label, "retransmission");
}

TEST(Analysis, Windows) {
  Talk t;
  t.handshake();
  t.client(push, 1, 1, 100);
  EXPECT_EQ(t.server(ack, 1, 101, 0, 0).label, "zero-window");
  EXPECT_EQ(t.client(ack, 100, 1).label, "window-probe");  // as Linux sends it
  EXPECT_EQ(t.server(ack, 1, 101, 0, 0).label, "zero-window");
  EXPECT_EQ(t.server(ack, 1, 101, 0, 300).label, "window-update");
  t.server(ack, 1, 101, 0, 0);
  EXPECT_EQ(t.client(push, 101, 1, 1).label, "window-probe");  // as others do
  EXPECT_EQ(t.client(push, 101, 1, 1).label, "window-probe");
  EXPECT_EQ(t.server(ack, 1, 101, 0, 0).label, "zero-window");
  EXPECT_EQ(t.server(ack, 1, 101, 0, 300).label, "window-update");
  EXPECT_EQ(t.client(push, 101, 1, 100).label, "retransmission");  // the probe's byte is in it
}

TEST(Analysis, SackBlocksAreRelative) {
  Talk t;
  t.handshake();
  const std::uint32_t left = client_isn + 201;
  std::string option = "\x05\x0a";
  for (const std::uint32_t edge : {left, left + 100}) {
    for (int shift = 24; shift >= 0; shift -= 8)
      option += static_cast<char>(edge >> static_cast<unsigned>(shift) & 255U);
  }
  EXPECT_EQ(t.server(ack, 1, 101, 0, 512, option).options.at(0), "sack 201:301");
}

}  // namespace
}  // namespace tcpkit::tcp
