#include "tcp/segment.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace tcpkit::tcp {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int v : values)
    text += static_cast<char>(v);
  return text;
}

/// Ports 1000 to 80, number 7, acknowledging 9, SYN and ACK, window 512, MSS 1460.
std::string tcp() {
  return bytes({0x03, 0xe8, 0x00, 0x50, 0, 0, 0, 7, 0, 0, 0, 9,
                0x60, 0x12, 0x02, 0x00, 0, 0, 0, 0, 2, 4, 5, 0xb4});
}

std::string ipv4(const std::string& payload, std::size_t size, int protocol = 6, int offset = 0) {
  return bytes({0x45,
                0,
                static_cast<int>(size >> 8U),
                static_cast<int>(size & 255U),
                0,
                5,
                offset >> 8,
                offset & 255,
                64,
                protocol,
                0,
                0,
                10,
                0,
                0,
                1,
                10,
                0,
                0,
                2}) +
         payload;
}

std::string ipv6(const std::string& payload, int next, std::size_t size) {
  std::string packet =
      bytes({0x60, 0, 0, 0, static_cast<int>(size >> 8U), static_cast<int>(size & 255U), next, 64});
  packet += std::string(15, '\0') + '\x01' + std::string(15, '\0') + '\x02';
  return packet + payload;
}

std::optional<Segment> raw(const std::string& packet) {
  return parse_segment(Link::raw, packet, packet.size());
}

TEST(Segment, ReadsIpv4) {
  const auto s = raw(ipv4(tcp() + "hello", 49));
  ASSERT_TRUE(s);
  EXPECT_EQ(s->from.to_string(), "10.0.0.1:1000");
  EXPECT_EQ(s->to.to_string(), "10.0.0.2:80");
  EXPECT_EQ(s->seq, 7U);
  EXPECT_EQ(s->ack, 9U);
  EXPECT_TRUE(s->has(Segment::syn));
  EXPECT_TRUE(s->has(Segment::ack_flag));
  EXPECT_FALSE(s->has(Segment::fin));
  EXPECT_EQ(s->window, 512);
  EXPECT_EQ(s->length, 5U);
  EXPECT_EQ(s->ip_id, 5);
  EXPECT_EQ(s->packet_size, 49U);
  int options = 0;
  for_each_option(s->options, [&](unsigned kind, std::string_view data) {
    ++options;
    EXPECT_EQ(kind, 2U);
    EXPECT_EQ(read_u16(data, 0), 1460);
  });
  EXPECT_EQ(options, 1);
}

TEST(Segment, ReadsIpv6BehindExtensionHeaders) {
  const std::string headers = bytes({60, 0, 0, 0, 0, 0, 0, 0}) +            // hop-by-hop
                              bytes({44, 0, 0, 0, 0, 0, 0, 0}) +            // destination
                              bytes({51, 0, 0, 1, 0, 0, 0, 1}) +            // first fragment
                              bytes({6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});  // authentication
  const std::string payload = headers + tcp() + "abc";
  const auto s = raw(ipv6(payload, 0, payload.size()));
  ASSERT_TRUE(s);
  EXPECT_EQ(s->from.to_string(), "[::1]:1000");
  EXPECT_EQ(s->to.to_string(), "[::2]:80");
  EXPECT_EQ(s->length, 3U);
}

TEST(Segment, SkipsTheLinkLayer) {
  const std::string packet = ipv4(tcp(), 44);
  const std::string mac(12, '\x55');
  const std::string sll = std::string(14, '\0') + bytes({8, 0});
  const std::string sll2 = bytes({8, 0, 0, 0, 0, 0, 0, 3}) + std::string(12, '\0');
  const auto parsed = [&](Link link, const std::string& header) {
    const std::string frame = header + packet;
    return parse_segment(link, frame, frame.size());
  };
  EXPECT_TRUE(parsed(Link::ethernet, mac + bytes({8, 0})));
  EXPECT_TRUE(parsed(Link::ethernet, mac + bytes({0x81, 0, 0, 7, 8, 0})));
  EXPECT_FALSE(parsed(Link::ethernet, mac + bytes({8, 6})));
  EXPECT_TRUE(parsed(Link::ethernet, mac + bytes({0x88, 0xa8, 0, 5, 0x81, 0, 0, 7, 8, 0})));
  EXPECT_TRUE(parsed(Link::cooked, sll));
  EXPECT_TRUE(parsed(Link::cooked, std::string(14, '\0') + bytes({0x81, 0, 0, 7, 8, 0})));
  EXPECT_TRUE(parsed(Link::null, bytes({2, 0, 0, 0})));
  const auto s = parsed(Link::cooked2, sll2);
  ASSERT_TRUE(s);
  EXPECT_EQ(s->interface, 3U);
  EXPECT_EQ(s->packet_at, 20U);
}

TEST(Segment, CountsWhatWasSentNotWhatWasCaptured) {
  const std::string packet = ipv4(tcp(), 20 + 24 + 1000);
  EXPECT_EQ(parse_segment(Link::raw, packet, 1044)->length, 1000U);
  // The card cuts it later: the length does not fit into the field.
  const std::string large = ipv4(tcp(), 0);
  EXPECT_EQ(parse_segment(Link::raw, large, 20 + 24 + 100000)->length, 100000U);
  // Padding of Ethernet is no data.
  const std::string padded = ipv4(tcp() + std::string(6, '\0'), 44);
  EXPECT_EQ(raw(padded)->length, 0U);
}

TEST(Segment, RefusesWhatIsNone) {
  EXPECT_FALSE(raw(""));
  EXPECT_FALSE(raw(ipv4(tcp(), 44, 17)));
  EXPECT_FALSE(raw(ipv4(tcp(), 44, 6, 1)));  // a later fragment
  EXPECT_FALSE(raw(ipv4(tcp(), 30)));        // shorter than its own header
  EXPECT_FALSE(raw(ipv6(tcp(), 17, 24)));
  std::string bad = tcp();
  bad[12] = '\x40';  // four words: less than a header
  EXPECT_FALSE(raw(ipv4(bad, 44)));
  const std::string whole = ipv4(tcp(), 44);
  for (std::size_t n = 0; n < 40; ++n) {
    bool cut = false;
    EXPECT_FALSE(parse_segment(Link::raw, std::string_view(whole).substr(0, n), whole.size(), cut));
    EXPECT_EQ(cut, n >= 20) << n;
  }
}

TEST(Segment, TakesWhatIsThereOfOptionsThatWereCut) {
  const std::string whole = ipv4(tcp(), 44);
  bool cut = false;
  const auto s = parse_segment(Link::raw, std::string_view(whole).substr(0, 42), whole.size(), cut);
  ASSERT_TRUE(s);
  EXPECT_TRUE(cut);
  EXPECT_EQ(s->options.size(), 2U);
  EXPECT_EQ(s->length, 0U);
}

TEST(Segment, OptionsThatLieAreLeftOut) {
  int options = 0;
  const auto count = [&](unsigned, std::string_view) { ++options; };
  for_each_option(bytes({1, 1, 2, 40}), count);
  for_each_option(bytes({3, 1}), count);
  for_each_option(bytes({0, 4, 2}), count);
  for_each_option(bytes({8}), count);
  EXPECT_EQ(options, 0);
  for_each_option(bytes({1, 4, 2, 1}), count);
  EXPECT_EQ(options, 1);
}

}  // namespace
}  // namespace tcpkit::tcp
