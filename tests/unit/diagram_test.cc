#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "diagram/layout.h"
#include "diagram/width.h"
#include "record/trace_reader.h"

namespace tcpkit::diagram {
namespace {

/// A trace of records that lack what all have.
Picture picture(const std::vector<std::string>& records) {
  Collection collection;
  record::TraceReader reader([&](const record::Line& line) { collection.add(line); });
  int t = 0;
  for (const std::string& record : records)
    reader.feed("{\"v\":1,\"t\":" + std::to_string(++t) + "," + record + "}\n");
  EXPECT_TRUE(reader.finish()) << reader.fault();
  return lay_out(collection);
}

std::string client(const std::string& layer, const std::string& rest) {
  return "\"layer\":\"" + layer + R"(","role":"client","conn":1,"event":)" + rest;
}
std::string server(const std::string& layer, const std::string& rest) {
  return "\"layer\":\"" + layer + R"(","role":"server","conn":1,"event":)" + rest;
}

const std::string attempt = client("event", R"("connectionAttempt","ip":"10.0.0.2","port":80)");
const std::string connected = client("event", R"("connect","localAddress":"10.0.0.1","localPort":9,
"remoteAddress":"10.0.0.2","remotePort":80)");
const std::string accepted =
    R"("layer":"event","role":"listener","conn":1,"event":"connection","localAddress":"::ffff:10.0.0.2",
"localPort":80,"remoteAddress":"::ffff:10.0.0.1","remotePort":9)";

std::string one_line(std::string text) {
  std::erase(text, '\n');
  return text;
}

/// "> SYN < SYN,ACK": the arrows of a conversation, in order.
std::string arrows_of(const Conversation& conversation) {
  std::string out;
  for (const Row& row : conversation.rows) {
    if (row.arrow.label.empty()) continue;
    out += (out.empty() ? "" : " ") + std::string(row.arrow.from == Side::left ? ">" : "<") +
           (row.arrow.captured ? "* " : " ") + row.arrow.label;
  }
  return out;
}

std::string arrows(std::vector<std::string> records) {
  for (std::string& record : records)
    record = one_line(record);
  const Picture p = picture(records);
  EXPECT_EQ(p.conversations.size(), 1U);
  return arrows_of(p.conversations.front());
}

TEST(Diagram, TheHandshakeIsToldOnce) {
  const std::string call = client("call", R"("connect","host":"h","port":80)");
  EXPECT_EQ(arrows({call}), "> SYN");
  EXPECT_EQ(arrows({call, attempt, connected}), "> SYN < SYN,ACK > ACK");
  EXPECT_EQ(arrows({accepted}), "> SYN < SYN,ACK > ACK");
  EXPECT_EQ(arrows({call, attempt, connected, accepted}), "> SYN < SYN,ACK > ACK");
  EXPECT_EQ(arrows({call, attempt, accepted, connected}), "> SYN < SYN,ACK > ACK");
}

TEST(Diagram, OneFinForEndAndFinish) {
  const std::string end = client("call", R"("end")");
  const std::string finish = client("event", R"("finish","bytesWritten":5)");
  const std::string destroy = client("call", R"("destroy","unread":false)");
  EXPECT_EQ(arrows({connected, end}), "< SYN,ACK > ACK > FIN");
  EXPECT_EQ(arrows({connected, end, destroy}), "< SYN,ACK > ACK > FIN");
  EXPECT_EQ(arrows({connected, finish}), "< SYN,ACK > ACK > 5 bytes > FIN");
  const std::string write = client("call", R"("write","bytes":5)");
  EXPECT_EQ(arrows({connected, write, end, finish, destroy}), "< SYN,ACK > ACK > 5 bytes > FIN");
  EXPECT_EQ(arrows({attempt, end, destroy}), "> SYN");  // never connected
  // The FIN is where end() is, unless it has to wait.
  const std::string data = client("event", R"("data","bytes":1)");
  const std::string queued = client("call", R"("write","bytes":5,"flushed":false)");
  const std::string drain = client("event", R"("drain")");
  const auto last = [](const std::string& all) { return all.substr(all.rfind("5 bytes")); };
  EXPECT_EQ(last(arrows({connected, write, end, data, finish})), "5 bytes > FIN < 1 byte");
  EXPECT_EQ(last(arrows({connected, queued, end, data, finish})), "5 bytes < 1 byte > FIN");
  EXPECT_EQ(last(arrows({connected, queued, drain, end, data, finish})), "5 bytes > FIN < 1 byte");
  EXPECT_EQ(arrows({attempt, end, connected, data, finish}),
            "> SYN < SYN,ACK > ACK < 1 byte > 5 bytes > FIN");
}

TEST(Diagram, ResetsOfEitherEnd) {
  const std::string reset = client("call", R"("resetAndDestroy")");
  const std::string unread = client("call", R"("destroy","unread":true)");
  const std::string failed = server("event", R"("error","error":{"code":"ECONNRESET"})");
  EXPECT_EQ(arrows({connected, reset}), "< SYN,ACK > ACK > RST");
  EXPECT_EQ(arrows({connected, unread}), "< SYN,ACK > ACK > RST");
  EXPECT_EQ(arrows({accepted, failed}), "> SYN < SYN,ACK > ACK > RST");
  EXPECT_EQ(arrows({attempt, connected, accepted, reset, failed}), "> SYN < SYN,ACK > ACK > RST");
  EXPECT_EQ(arrows({attempt, connected, accepted, failed}), "> SYN < SYN,ACK > ACK > RST");
  EXPECT_EQ(arrows({attempt, client("event", R"("connectionAttemptFailed","ip":"10.0.0.2","port":80,
"error":{"code":"ECONNREFUSED"})")}),
            "> SYN < RST");
}

TEST(Diagram, KernelRecordsAreArrowsOfTheirEnd) {
  EXPECT_EQ(arrows({connected, client("kernel", R"("ack","bytesAcked":5)"),
                    client("kernel", R"("retransmit","count":1)"),
                    client("kernel", R"("keepaliveProbe","unanswered":1)"),
                    client("kernel", R"("keepaliveAck")"), client("kernel", R"("finAcked")")}),
            "< SYN,ACK > ACK < ACK > retransmission > keep-alive < keep-alive-ack < ACK");
}

TEST(Diagram, CapturedSegmentsTakeThePlaceOfInferredOnes) {
  const auto segment = [](const std::string& from, const std::string& flags) {
    return client("wire", R"("segment","src":")" + from + R"(","dst":"x","flags":[)" + flags +
                              R"(],"seq":3,"tcpSeq":7)");
  };
  EXPECT_EQ(arrows({attempt, segment("10.0.0.1:9", R"("SYN")"),
                    segment("10.0.0.2:80", R"("SYN","ACK")"), connected}),
            ">* SYN seq 7 <* SYN,ACK seq 7");
}

TEST(Diagram, PairsAddressesThatAreUsedAgain) {
  const auto other = [](std::string record) {
    record = one_line(std::move(record));
    return record.replace(record.find("\"conn\":1"), 8, "\"conn\":2");
  };
  const Picture p =
      picture({one_line(connected), one_line(accepted), other(connected), other(accepted)});
  ASSERT_EQ(p.conversations.size(), 3U);  // the listener's records stand by themselves
  EXPECT_EQ(p.conversations[0].name, "listener");
  EXPECT_EQ(p.conversations[1].name, "client 1 and server 1");
  EXPECT_EQ(p.conversations[2].name, "client 2 and server 2");
  EXPECT_EQ(p.conversations[2].route, "10.0.0.1:9 -> 10.0.0.2:80");
}

TEST(Diagram, ProgramsAreKnownByTheirStart) {
  const auto record = [](const char* time, const char* event) {
    return R"("time":"2026-01-01T00:00:)" + std::string(time) +
           R"(Z","layer":"event","role":"client","conn":1,"event":")" + event + "\"";
  };
  // t is 1 and 2: the same start; t is 3, two seconds later.
  const Picture p = picture({record("01.0", "a"), record("02.000001", "b"), record("05", "c")});
  ASSERT_EQ(p.conversations.size(), 2U);
  EXPECT_EQ(p.conversations[0].rows.size(), 2U);
  EXPECT_EQ(p.conversations[1].rows[0].nanoseconds, 5'000'000'000);
}

TEST(Width, CountsWhatATerminalShows) {
  EXPECT_EQ(width("abc"), 3U);
  EXPECT_EQ(width("日本"), 4U);
  EXPECT_EQ(width("e\u0301"), 1U);
  EXPECT_EQ(fit("日本語", 5, Charset::unicode), "日本…");
  EXPECT_EQ(fit("日本語", 4, Charset::unicode), "日…");
  EXPECT_EQ(fit("abc", 3, Charset::ascii), "abc");
  EXPECT_EQ(fit("abcd", 3, Charset::ascii), "ab~");
  EXPECT_EQ(fit("abcd", 0, Charset::ascii), "");
  EXPECT_EQ(to_ascii("aé€\U0001F600"), "a\\u00e9\\u20ac\\U0001f600");
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("abcdefghij", 4), (std::vector<std::string>{"abcd", "efgh", "ij"}));
}

}  // namespace
}  // namespace tcpkit::diagram
