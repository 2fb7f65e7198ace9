#include "script/matcher.h"

#include <gtest/gtest.h>

#include <list>
#include <string>

#include "script/fields.h"
#include "script/history.h"
#include "script/lifecycle.h"
#include "script/parse.h"

namespace tcpkit::script {
namespace {

using record::Record;
using record::Role;

Record record(record::Body body, Role role = Role::client) {
  return {0, role, 1, record::ReadyState::open, std::move(body), {}};
}
Record data(std::string_view bytes) {
  return record(record::ev::Data{bytes.size(), 100, {bytes}});
}
Record end() {
  return record(record::ev::End{3});
}
Record error(const std::string& code) {
  return record(record::ev::Failure{Error{"Error", code, -104, "read", {}, {}, {}, "m", {}, {}}});
}

/// The `expect`s of a script.
class Expected {
 public:
  explicit Expected(const std::string& content) : matcher_(read(content)) {}
  std::size_t see(const Record& r) {
    matcher_.see(r);
    return matcher_.met();
  }

 private:
  std::vector<const Pattern*> read(const std::string& content) {
    steps_ = parse_script(content, {true, false, nullptr});
    std::vector<const Pattern*> patterns;
    for (const Step& step : steps_)
      patterns.push_back(&std::get<Expect>(step.action).pattern);
    return patterns;
  }
  std::vector<Step> steps_;
  Matcher matcher_;
};

TEST(Matcher, TakesRecordsInOrderAndSkipsThoseBetween) {
  Expected e("expect connect\nexpect end\nexpect end\n");
  EXPECT_EQ(e.see(end()), 0U);
  EXPECT_EQ(e.see(record(record::ev::Connect{})), 1U);
  EXPECT_EQ(e.see(record(record::ev::Ready{})), 1U);
  EXPECT_EQ(e.see(end()), 2U);  // one record serves one pattern
  EXPECT_EQ(e.see(end()), 3U);
  EXPECT_EQ(e.see(end()), 3U);
}

TEST(Matcher, LooksAtEventsOnly) {
  Expected e("expect end\nexpect connect\n");
  EXPECT_EQ(e.see(record(record::call::End{})), 0U);
  EXPECT_EQ(e.see(end()), 1U);
  EXPECT_EQ(e.see(record(record::call::Connect{"h", 1})), 1U);
}

record::Record segment(std::vector<std::string_view> flags, std::uint32_t len) {
  record::wire::Segment body;
  body.flags = std::move(flags);
  body.len = len;
  return record(body);
}

TEST(LayeredMatcher, EachLayerHasAnOrderOfItsOwn) {
  std::vector<Pattern> patterns(3);
  patterns[0].kind = &record::kind_of<record::ev::Connect>();
  patterns[1] = {&record::kind_of<record::wire::Segment>(), {"SYN"}, {}, {}};
  patterns[2] = {
      &record::kind_of<record::wire::Segment>(), {"PSH", "ACK"}, {{"len", "5", false}}, {}};
  LayeredMatcher matcher({&patterns[0], &patterns[1], &patterns[2]});
  matcher.see(segment({"SYN"}, 0));
  EXPECT_EQ(matcher.met(), 0U);  // not before the event that is first
  matcher.see(record(record::ev::Connect{}));
  EXPECT_EQ(matcher.met(), 2U);
  matcher.see(segment({"ACK"}, 5));
  matcher.see(segment({"PSH", "ACK"}, 4));
  EXPECT_EQ(matcher.met(), 2U);
  matcher.see(segment({"PSH", "ACK", "URG"}, 5));
  EXPECT_EQ(matcher.met(), 3U);
}

TEST(Matcher, FindsATextAcrossData) {
  Expected e("expect data \"needle\"\nexpect data \"s\"\nexpect end\n");
  EXPECT_EQ(e.see(data("xxnee")), 0U);
  EXPECT_EQ(e.see(data("")), 0U);
  EXPECT_EQ(e.see(data("dles")), 2U);  // the rest of the bytes serves the next text
  EXPECT_EQ(e.see(end()), 3U);
}

TEST(Matcher, FindsATextThatOverlapsItself) {
  Expected e("expect data \"aab\"\nexpect data \"abab\"\n");
  EXPECT_EQ(e.see(data("aaa")), 0U);
  EXPECT_EQ(e.see(data("b")), 1U);
  EXPECT_EQ(e.see(data("ab")), 1U);  // its "b" is taken
  EXPECT_EQ(e.see(data("aba")), 2U);
}

TEST(Matcher, KeepsATextThatCameTooEarly) {
  Expected e("expect data \"a\"\nexpect drain\nexpect data \"b\"\nexpect end\n");
  EXPECT_EQ(e.see(data("ab")), 1U);
  EXPECT_EQ(e.see(record(record::ev::Drain{})), 3U);
  EXPECT_EQ(e.see(end()), 4U);
}

TEST(Matcher, PlainDataTakesWholeRecords) {
  Expected e("expect data\nexpect data \"b\"\nexpect data bytes=1\nexpect data \"z\"\n");
  EXPECT_EQ(e.see(data("ab")), 1U);
  EXPECT_EQ(e.see(data("b")), 2U);
  EXPECT_EQ(e.see(data("zz")), 2U);
  EXPECT_EQ(e.see(data("z")), 3U);
  EXPECT_EQ(e.see(data("z")), 4U);
}

TEST(Matcher, FieldsHoldForTheRecordInWhichATextEnds) {
  Expected e("expect data bytes=2 \"a\"\n");
  EXPECT_EQ(e.see(data("a")), 0U);
  EXPECT_EQ(e.see(data("xa")), 1U);
}

TEST(Matcher, ComparesFieldsOfEachKind) {
  const auto met = [](const std::string& expect, const Record& r) {
    Expected e(expect);
    return e.see(r) == 1;
  };
  const Record close = record(record::ev::Close{true, 10, 0, 0});
  EXPECT_TRUE(met("expect close hadError=true bytesRead=10 readyState=open", close));
  EXPECT_FALSE(met("expect close hadError=false", close));
  EXPECT_FALSE(met("expect close bytesRead=\"10\"", close));
  EXPECT_FALSE(met("expect close unsent=1", close));
  EXPECT_TRUE(met("expect error code=ECONNRESET errno=-104 syscall=\"read\"", error("ECONNRESET")));
  EXPECT_FALSE(met("expect error code=EPIPE", error("ECONNRESET")));
  const Record lookup = record(record::ev::Lookup{"h", "::1", "IPv6", {}});
  EXPECT_TRUE(met("expect lookup family=IPv6 address=\"::1\" error=null", lookup));
  EXPECT_FALSE(met("expect lookup error=\"null\"", lookup));
  EXPECT_TRUE(met("expect connect remoteAddress=null", record(record::ev::Connect{})));
  record::ev::ConnectionAttemptFailed attempt;
  attempt.attempt.ip = "/s";
  attempt.error = system_error(2, "connect", "/s");
  const Record failed = record(attempt);
  EXPECT_TRUE(met("expect connectionAttemptFailed ip=/s port=null code=ENOENT address=/s", failed));
  EXPECT_TRUE(met("expect timeout kind=idle timeoutMs=5",
                  record(record::ev::Timeout{5, "idle", "--timeout"})));
}

bool may_come(const Lifecycle& lifecycle, std::string_view event) {
  return lifecycle.may_come(*record::find_kind(record::Layer::event, event));
}

TEST(Lifecycle, SaysWhatCanNoLongerCome) {
  Lifecycle client(false);
  for (const char* event : {"lookup", "connect", "data", "end", "error", "close", "listening"})
    EXPECT_TRUE(may_come(client, event)) << event;
  client.see(record(record::ev::Connect{}));
  EXPECT_FALSE(may_come(client, "connectionAttempt"));
  EXPECT_TRUE(may_come(client, "ready"));
  client.see(end());
  EXPECT_FALSE(may_come(client, "data"));
  EXPECT_TRUE(may_come(client, "finish"));
  client.see(error("EPIPE"));
  EXPECT_FALSE(may_come(client, "finish"));
  EXPECT_TRUE(may_come(client, "close"));
  client.see(record(record::ev::Close{}));
  EXPECT_FALSE(may_come(client, "close"));

  Lifecycle server(true);
  EXPECT_FALSE(may_come(server, "connect"));
  EXPECT_TRUE(may_come(server, "connection"));
  server.see(record(record::ev::Listening{}, Role::listener));
  EXPECT_FALSE(may_come(server, "listening"));
  server.see(record(record::call::Close{}, Role::listener));
  EXPECT_FALSE(may_come(server, "connection"));
  EXPECT_TRUE(may_come(server, "data"));
}

TEST(History, StaysShort) {
  History history;
  EXPECT_EQ(history.text(), "nothing");
  for (int i = 0; i < 1000; ++i)
    history.see(data("abc"));
  history.see(error("ECONNRESET"));
  std::string first;
  for (int i = 0; i < 20; ++i)
    first += "abc";
  EXPECT_EQ(history.text(), "data (3 bytes) x1000 \"" + first + "\"..., error ECONNRESET");
  for (int i = 0; i < 10; ++i) {
    history.see(end());
    history.see(record(record::ev::Drain{}));
  }
  EXPECT_EQ(history.text(),
            "1015 others (received \"" + first + "\"...), end, drain, end, drain, end, drain");
}

}  // namespace
}  // namespace tcpkit::script
