#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include "record/kinds.h"
#include "record/read_json.h"

namespace tcpkit::record {
namespace {

/// Gives each field of a record a value of its own.
class Fill {
 public:
  template <class T>
  void operator()(std::string_view /*name*/, T& to) {
    set(to);
  }
  template <class T>
  void operator()(std::string_view /*name*/, Sparse<T>&& to) {
    set(to.value);
  }
  template <class T>
  void operator()(std::string_view /*name*/, Seconds<T>&& to) {
    set(to.value);
  }
  template <class T>
  void operator()(std::string_view /*name*/, Microseconds<T>&& to) {
    set(to.value);
  }

 private:
  template <class T>
  requires std::is_arithmetic_v<T>
  void set(T& to) { to = static_cast<T>(++next_); }
  void set(std::string& to) { to = "text \"" + std::to_string(++next_) + "\"\n"; }
  void set(std::string_view& to) { to = ++next_ % 2 == 0 ? "even" : "odd"; }
  void set(Payload& to) { to.bytes = "some\nbytes \x01"; }
  template <class T>
  void set(std::optional<T>& to) {
    set(to.emplace());
  }
  template <class T>
  void set(std::vector<T>& to) {
    to.resize(2);
    set(to[0]);
    set(to[1]);
  }
  void set(Error& to) {
    if (depth_ == 2) return;
    ++depth_;
    visit_error_fields(to, *this);
    --depth_;
  }

  int next_ = 0;
  int depth_ = 0;
};

const Epoch epoch{0, std::chrono::system_clock::time_point(std::chrono::seconds(1769932800))};

std::string line_of(const Record& record, DataView data) {
  std::string line;
  append_json(line, record, 7, epoch, data);
  return line;
}

TEST(RecordJson, EveryKindOfRecordIsReadAsItWasWritten) {
  LineReader reader;
  for (const Kind& kind : all_kinds()) {
    for (const bool of_listener : {false, true}) {
      for (const DataView data : {DataView::none, DataView::text, DataView::hex}) {
        Record record(1'234'567'000, of_listener ? Role::listener : Role::server, 3,
                      ReadyState::read_only, make_body(kind.layer, kind.name, of_listener), "ann");
        ASSERT_EQ(kind_of(record.body), &kind);
        std::visit([](auto& body) { visit_fields(body, Fill()); }, record.body);
        const std::string line = line_of(record, data);
        ASSERT_TRUE(reader.read(line)) << reader.fault() << line;
        ASSERT_TRUE(reader.has_line());
        const Line read = reader.line();
        EXPECT_EQ(line_of(read.record, read.data), line);
        EXPECT_EQ(read.record.body.index(), record.body.index());
        EXPECT_EQ(read.wall, 1'769'932'801'234'567'000);
        EXPECT_EQ(read.nanoseconds, 1'234'567'000U);
      }
    }
  }
}

TEST(RecordJson, EmptyRecordsAreReadAsTheyWereWritten) {
  LineReader reader;
  for (const Kind& kind : all_kinds()) {
    const Record record(0, Role::none, 0, {}, make_body(kind.layer, kind.name, false), {});
    const std::string line = line_of(record, DataView::none);
    ASSERT_TRUE(reader.read(line)) << reader.fault() << line;
    EXPECT_EQ(line_of(reader.line().record, DataView::none), line);
  }
}

TEST(RecordJson, NothingOfOneLineIsLeftInTheNext) {
  LineReader reader;
  ASSERT_TRUE(reader.read(R"({"v":1,"t":1,"time":"2026-02-01T08:00:00Z","layer":"event",
      "role":"client","conn":3,"actor":"ann","event":"error","readyState":"open",
      "error":{"name":"Error","code":"EPIPE","errors":[{"code":"A"},{"code":"B"}]}})"));
  const auto& failure = std::get<ev::Failure>(reader.line().record.body);
  ASSERT_EQ(failure.error.errors.size(), 2U);
  EXPECT_EQ(failure.error.errors[1].code, "B");
  ASSERT_TRUE(reader.read(R"({"v":1,"t":1,"layer":"event","event":"error"})"));
  const Line line = reader.line();
  EXPECT_EQ(std::get<ev::Failure>(line.record.body).error.code, "");
  EXPECT_EQ(line.record.actor, "");
  EXPECT_EQ(line.record.conn, 0U);
  EXPECT_EQ(line.record.role, Role::none);
  EXPECT_FALSE(line.record.ready_state);
  EXPECT_FALSE(line.wall);
}

TEST(RecordJson, KindsOfALaterTcpkitKeepTheirName) {
  LineReader reader;
  ASSERT_TRUE(reader.read(R"({"v":1,"t":1,"layer":"kernel","event":"sigh","text":"ah","x":[{}]})"));
  EXPECT_EQ(reader.line().record.name(), "sigh");
  EXPECT_EQ(reader.line().record.layer(), Layer::kernel);
  EXPECT_EQ(std::get<Other>(reader.line().record.body).text, "ah");
  ASSERT_TRUE(reader.read(R"({"v":1,"t":1,"layer":"dream","event":"sigh"})"));
  EXPECT_FALSE(reader.has_line());
}

TEST(RecordJson, NumbersOutOfRangeBecomeTheNearest) {
  LineReader reader;
  ASSERT_TRUE(reader.read(R"({"v":1,"t":1,"layer":"call","event":"connect","port":1e99})"));
  EXPECT_EQ(std::get<call::Connect>(reader.line().record.body).port, INT32_MAX);
  ASSERT_TRUE(reader.read(R"({"v":1,"t":1,"layer":"event","event":"data","bytes":-5})"));
  EXPECT_EQ(std::get<ev::Data>(reader.line().record.body).bytes, 0U);
}

}  // namespace
}  // namespace tcpkit::record
