#include "script/parse.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tcpkit::script {
namespace {

using std::chrono::milliseconds;

/// Takes ttl=1 only.
std::optional<net::OptionChange> read_option(const std::string& name, const std::string& value,
                                             std::string& why) {
  net::OptionChange change;
  if (name == "ttl" && value == "1") {
    change.set.set("IP_TTL", 1);
    return change;
  }
  why = "bad value '" + value + "'";
  return {};
}

Dialect client() {
  return {false, false, read_option};
}
Dialect server() {
  return {true, false, read_option};
}

/// The step of a line that has one.
template <class T>
T read(std::string_view text, const Dialect& dialect = client()) {
  const auto step = parse_step(text, 1, dialect);
  EXPECT_TRUE(step.has_value()) << text;
  const T* action = std::get_if<T>(&step->action);
  EXPECT_NE(action, nullptr) << text;
  return *action;
}

std::string fault(std::string_view text, const Dialect& dialect = client()) {
  try {
    parse_step(text, 7, dialect);
  } catch (const SyntaxError& e) {
    EXPECT_EQ(e.line(), 7U);
    return e.what();
  }
  return "no fault";
}

TEST(ScriptParse, ReadsEachVerb) {
  EXPECT_EQ(read<SendText>(R"(send "a\tb \x00\"")").bytes, std::string("a\tb \0\"", 6));
  EXPECT_EQ(read<SendText>(R"(  send   ""   # nothing)").bytes, "");
  EXPECT_EQ(read<SendFile>("send @a=b").path, "a=b");
  EXPECT_EQ(read<SendFile>(R"(send @"my file")").path, "my file");
  EXPECT_EQ(read<SendFile>("send @-").path, "-");
  EXPECT_EQ(read<SendSize>("send 64k").bytes, 65536U);
  EXPECT_EQ(read<SendSize>("send 64M").bytes, 67108864U);
  read<End>("end");
  read<Destroy>("destroy\r");
  read<DestroySoon>("destroySoon");
  read<Reset>("reset");
  read<Pause>("\tpause");
  read<Resume>("resume");
  read<Vanish>("vanish");
  EXPECT_EQ(read<Set>("set ttl=1").change.set.number("IP_TTL"), 1);
  EXPECT_EQ(read<Set>(R"(set ttl="1")").change.set.number("IP_TTL"), 1);
  EXPECT_EQ(read<Sleep>("sleep 1.5s").duration, milliseconds(1500));
  EXPECT_EQ(read<Note>(R"(note "half # open")").text, "half # open");
}

TEST(ScriptParse, ReadsExpectAndRefute) {
  const auto plain = read<Expect>("expect end");
  EXPECT_EQ(plain.pattern.kind->name, "end");
  EXPECT_EQ(plain.within, milliseconds(5000));
  EXPECT_TRUE(plain.pattern.fields.empty());

  const auto full = read<Expect>(R"(expect data bytes=3 readyState="open" "a\nb" within 2)");
  EXPECT_EQ(full.pattern.text, "a\nb");
  EXPECT_EQ(full.within, milliseconds(2000));
  ASSERT_EQ(full.pattern.fields.size(), 2U);
  EXPECT_EQ(full.pattern.fields[0].name, "bytes");
  EXPECT_EQ(full.pattern.fields[0].value, "3");
  EXPECT_FALSE(full.pattern.fields[0].quoted);
  EXPECT_TRUE(full.pattern.fields[1].quoted);

  const auto refute = read<Refute>("refute error code=ECONNRESET for 100ms");
  EXPECT_EQ(refute.pattern.kind->name, "error");
  EXPECT_EQ(refute.duration, milliseconds(100));
  EXPECT_EQ(read<Expect>("expect drop reason=maxConnections", server()).pattern.kind->name, "drop");
}

TEST(ScriptParse, KnowsEveryRecordOfEveryLayerWithItsFields) {
  Dialect all = server();
  all.layers.add(record::Layer::wire);
  for (const record::Kind& kind : record::all_kinds()) {
    std::string step = "expect ";
    step += record::to_string(kind.layer);
    step += ':';
    step += kind.name;
    EXPECT_EQ(read<Expect>(step.c_str(), all).pattern.kind, &kind) << step;
    for (const record::FieldKind& field : kind.fields) {
      if (field.type == record::FieldType::payload) continue;
      const std::string with_field = step + " " + std::string(field.name) + "=1";
      EXPECT_EQ(read<Expect>(with_field.c_str(), all).pattern.fields.size(), 1U) << with_field;
    }
  }
  EXPECT_EQ(read<Expect>("expect retransmit count=1").pattern.kind->layer, record::Layer::kernel);
}

TEST(ScriptParse, SkipsBlanksAndComments) {
  for (const char* text : {"", "   ", "\t\r", "# end", "   #"}) {
    EXPECT_FALSE(parse_step(text, 1, client()).has_value()) << text;
  }
}

TEST(ScriptParse, SaysWhatIsWrong) {
  struct Case {
    const char* text;
    const char* what;
  };
  const Case cases[] = {
      {"sned \"x\"", "unknown step 'sned'; did you mean send?"},
      {"destroysoon", "unknown step 'destroysoon'; did you mean destroySoon?"},
      {"frobnicate",
       "unknown step 'frobnicate'; the steps are send, end, destroy, destroySoon, "
       "reset, pause, resume, set, sleep, expect, refute, vanish, note"},
      {"\"end\"", "a step begins with a verb, not with a text; e.g. send \"TEXT\""},
      {"send",
       "send needs something to send; write: send \"TEXT\", send @FILE, send @- or send 64k"},
      {"send hello",
       "'hello' is no text in quotes, no @FILE and no size; write: send \"TEXT\", send @FILE, "
       "send @- or send 64k"},
      {"send 65M", "'65M' is more than 64M; write: send \"TEXT\", send @FILE, send @- or send 64k"},
      {"send @",
       "the file's name is missing behind '@'; write: send \"TEXT\", send @FILE, send @- "
       "or send 64k"},
      {"send \"a", "the quote before 'a' is not closed; write \"TEXT\""},
      {"send \"a\\\"", "the quote before 'a\\\"' is not closed; write \"TEXT\""},
      {"send \"a\\", "the quote before 'a\\' is not closed; write \"TEXT\""},
      {"send \"a\"b", "a blank is missing between the closing quote and 'b'"},
      {"send a\"b\"",
       "'a' has a quote inside a word; a text in quotes stands alone, e.g. \"TEXT\""},
      {"send \"\\q\"", "unknown escape '\\q'; write \\\\ for a backslash"},
      {"end now", "unexpected 'now'; write: end"},
      {"sleep", "sleep needs a DURATION; write: sleep 250ms"},
      {"sleep 3x", "'3x' is not a duration; write 250ms, 3s or 2m; write: sleep 250ms"},
      {"sleep 1s 2s", "unexpected '2s'; write: sleep 250ms"},
      {"set ttl", "'ttl' is not NAME=VALUE; write: set NAME=VALUE, e.g. set no-delay=on"},
      {"set ttl=9", "set ttl: bad value '9'"},
      {"note x", "'x' is not in quotes; write: note \"TEXT\""},
      {"expect",
       "expect needs an EVENT; write: expect EVENT [FIELD=VALUE]... [\"TEXT\"] [within "
       "DURATION]"},
      {"expect dat", "unknown event 'dat'; did you mean data?"},
      {"expect write", "write is no event but a call; write call:write"},
      {"expect call:wirte", "unknown event 'call:wirte'; did you mean call:write?"},
      {"expect ack unanswered=1",
       "no ack has a field 'unanswered'; it has bytesAcked, rttUs, inferred"},
      {"expect listening", "listening is an event of a listener; a client's first one is connect"},
      {"expect state FIN_WAIT", "unknown state 'FIN_WAIT'; did you mean FIN_WAIT1?"},
      {"expect state x",
       "unknown state 'x'; the states are CLOSED, LISTEN, SYN_SENT, SYN_RCVD, ESTABLISHED, "
       "FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT"},
      {"expect segment RST",
       "segment belongs to the wire layer; add it, e.g. --layers call,event,wire"},
      {"expect end \"x\"",
       "only data has a text; write: expect EVENT [FIELD=VALUE]... [\"TEXT\"] [within DURATION]"},
      {"expect data \"\"",
       "the text is empty; write: expect EVENT [FIELD=VALUE]... [\"TEXT\"] "
       "[within DURATION]"},
      {"expect close hadEror=true", "no event has a field 'hadEror'; did you mean hadError?"},
      {"expect end within",
       "expect needs a DURATION; write: expect EVENT [FIELD=VALUE]... "
       "[\"TEXT\"] [within DURATION]"},
      {"expect end soon",
       "unexpected 'soon'; write: expect EVENT [FIELD=VALUE]... [\"TEXT\"] "
       "[within DURATION]"},
      {"refute end",
       "it does not say for how long; write: refute EVENT [FIELD=VALUE]... "
       "[\"TEXT\"] for DURATION"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(fault(c.text), c.what) << c.text;
}

TEST(ScriptParse, AUnixSocketHasNoReset) {
  const Dialect dialect{false, true, read_option};
  EXPECT_EQ(fault("reset", dialect), "reset: a Unix socket has no such thing; write: destroy");
  EXPECT_EQ(fault("vanish", dialect), "vanish: a Unix socket has no such thing; write: destroy");
}

TEST(ScriptParse, CountsLinesAndKeepsTexts) {
  const auto steps = parse_script("# a script\r\n\r\n send \"x\" \r\nend", client());
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].line, 3U);
  EXPECT_EQ(steps[0].text, "send \"x\"");
  EXPECT_EQ(steps[1].line, 4U);
}

TEST(ScriptParse, LongLinesGiveShortMessages) {
  const std::string megabyte(1 << 20, 'x');
  for (const std::string& text :
       {megabyte, "send " + megabyte, "send \"" + megabyte, "expect " + megabyte,
        "expect end " + megabyte + "=1", "set " + megabyte, "sleep " + megabyte,
        "sleep 1s " + megabyte, "note " + megabyte, "send \"\"" + megabyte}) {
    const std::string what = fault(text);
    EXPECT_LT(what.size(), 400U) << what;
    EXPECT_NE(what, "no fault") << text.substr(0, 20);
    EXPECT_EQ(what.find('\n'), std::string::npos);
  }
  EXPECT_EQ(read<SendText>("send \"" + megabyte + "\"").bytes.size(), megabyte.size());
}

TEST(ScriptParse, TenThousandSteps) {
  std::string content;
  for (int i = 0; i < 10000; ++i)
    content += "expect data \"x\" within 2s\n";
  EXPECT_EQ(parse_script(content, client()).size(), 10000U);
  content += "oops\n";
  EXPECT_THROW(parse_script(content, client()), SyntaxError);
}

TEST(Script, PreludeOfAListener) {
  Script script;
  script.steps = parse_script(
      "note \"a\"\nexpect listening\nexpect connection\nsleep 0\nrefute drop for 0\nsend \"x\"\n"
      "expect connection\n",
      server());
  EXPECT_EQ(count_prelude(script), 5U);
  script.steps = parse_script("expect data\n", server());
  EXPECT_EQ(count_prelude(script), 0U);
}

TEST(Script, PlacesAndTexts) {
  EXPECT_EQ(place("", 3), "--do 3");
  EXPECT_EQ(place("a\nb", 3), "a\\x0ab:3");
  EXPECT_EQ(shown("a\x1b"), "a\\x1b");
  EXPECT_EQ(shown(std::string(79, 'x') + "\u00e9y"), std::string(79, 'x') + "...");
}

}  // namespace
}  // namespace tcpkit::script
