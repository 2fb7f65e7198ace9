// Captures as `read` takes them: frames of every link layer, times of any kind. Records are in
// order: states follow one another, each connection has one summary and none without a segment.
#include <array>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "require.h"
#include "watch/capture_reader.h"

namespace {

using namespace tcpkit;

class Checker : public trace::Sink {
 public:
  void write(const record::Record& record) override {
    fuzz::require(record.conn > 0, "each record is of a connection");
    if (const auto* state = std::get_if<record::kernel::State>(&record.body)) {
      const auto key = std::pair(record.conn, record.role);
      const auto known = states_.find(key);
      fuzz::require(known == states_.end() || known->second == state->from,
                    "a state follows the one before");
      fuzz::require(state->from != state->to, "a state changes");
      states_[key] = *state->to;
    } else if (const auto* summary = std::get_if<record::note::Summary>(&record.body)) {
      fuzz::require(++summaries_[record.conn] == 1, "a connection has one summary");
      const record::Outcome& o = *summary->outcome;
      fuzz::require(o.segments > 0 && !o.text.empty(), "a summary says something");
      fuzz::require(*o.bytes_read >= 0 && *o.bytes_written >= 0, "no bytes are taken back");
      fuzz::require(*o.total_us >= 0, "time does not go back");
    } else {
      segments_.emplace(record.conn, 0);
    }
  }
  void flush() override {}
  void finish() const {
    fuzz::require(segments_.size() == summaries_.size(), "each connection has a summary");
  }

 private:
  std::map<std::pair<unsigned, record::Role>, std::string_view> states_;
  std::map<unsigned, int> summaries_;
  std::map<unsigned, int> segments_;
};

}  // namespace

/// The first byte chooses the link layer; then frames follow, each behind two bytes of its size and
/// one that says how much later it was captured, or earlier.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array links{tcp::Link::ethernet, tcp::Link::cooked, tcp::Link::cooked2,
                                    tcp::Link::raw, tcp::Link::null};
  static constexpr std::uint64_t start = 1'700'000'000'000'000'000;
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  if (rest.empty()) return 0;
  const tcp::Link link = links.at(data[0] % links.size());
  rest.remove_prefix(1);
  trace::Tracer tracer(watch::epoch_at(start));
  const auto checker = std::make_shared<Checker>();
  tracer.add(checker, {record::Layer::wire, record::Layer::kernel, record::Layer::note});
  watch::CaptureReader reader(tracer, link, start, {});
  std::uint64_t time = start;
  while (rest.size() >= 3) {
    const std::size_t length = tcp::read_u16(rest, 0);
    time += static_cast<std::uint64_t>(std::int64_t{static_cast<signed char>(rest[2])} << 24);
    rest.remove_prefix(3);
    const std::string_view frame = rest.substr(0, length);
    rest.remove_prefix(frame.size());
    reader.add({time, frame, length});
  }
  reader.finish();
  checker->finish();
  return 0;
}
