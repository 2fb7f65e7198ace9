#include "diagram/layout.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <tuple>
#include <utility>

namespace tcpkit::diagram {
namespace {

constexpr const char* untraced = "peer";

struct Pair {
  End* client = nullptr;
  End* server = nullptr;
};

/// In order of appearance. The same addresses may come again: then the first with the first.
std::vector<Pair> pair_ends(std::vector<End>& ends) {
  using Key = std::pair<std::uint32_t, std::uint32_t>;
  std::array<std::map<Key, std::deque<std::size_t>>, 2> waiting;
  std::vector<Pair> pairs;
  std::array<std::size_t, 2> unix_ends{};
  for (const End& end : ends) {
    if (end.is_unix) ++unix_ends[end.server ? 1 : 0];
  }
  // Unix domain sockets have no addresses: only of two can one say that they belong together.
  const bool unix_pair = unix_ends[0] == 1 && unix_ends[1] == 1;
  for (End& end : ends) {
    const std::size_t side = end.server ? 1 : 0;
    const Key key = end.server ? Key(end.remote, end.local) : Key(end.local, end.remote);
    const bool known = end.is_unix ? unix_pair : end.local != 0 && end.remote != 0;
    auto& others = waiting[1 - side][key];
    if (known && !others.empty()) {
      Pair& pair = pairs[others.front()];
      (end.server ? pair.server : pair.client) = &end;
      others.pop_front();
      continue;
    }
    if (known) waiting[side][key].push_back(pairs.size());
    Pair& pair = pairs.emplace_back();
    (end.server ? pair.server : pair.client) = &end;
  }
  return pairs;
}

bool tells(const End& end, Segment segment, bool out) {
  return std::any_of(end.items.begin(), end.items.end(), [&](const Item& item) {
    return std::any_of(item.hints.begin(), item.hints.end(),
                       [&](const Hint& h) { return h.segment == segment && h.out == out; });
  });
}

void forget(End& end, Segment segment, bool out) {
  for (Item& item : end.items) {
    for (Hint& hint : item.hints) {
      if (hint.segment == segment && hint.out == out) hint = {};
    }
  }
}

/// When the end told of the SYN,ACK.
std::int64_t handshake_of(const End& end) {
  for (const Item& item : end.items) {
    for (const Hint& hint : item.hints) {
      if (hint.segment == Segment::syn_ack) return item.nanoseconds;
    }
  }
  return INT64_MAX;
}

/// Where both ends are traced, a segment is told by its sender; the handshake, which is the
/// kernels', by the program that heard of it first.
void drop_doubles(End& client, End& server) {
  if (tells(client, Segment::syn, true)) forget(server, Segment::syn, false);
  const bool client_first = handshake_of(client) <= handshake_of(server);
  forget(client_first ? server : client, Segment::syn_ack, client_first);
  forget(client_first ? server : client, Segment::handshake_ack, !client_first);
  for (const Segment segment : {Segment::data, Segment::fin, Segment::rst}) {
    if (tells(client, segment, true)) forget(server, segment, false);
    if (tells(server, segment, true)) forget(client, segment, false);
  }
}

void settle_end(End& end) {
  std::vector<Hinted> records;
  records.reserve(end.items.size());
  for (Item& item : end.items)
    records.push_back({item.origin, &item.hints});
  settle(records);
}

class Layout {
 public:
  Layout(Collection& collection, Picture& picture) : all_(collection), picture_(picture) {}

  void draw(const Pair& pair);
  void draw_listener(bool alone);
  void draw_notes();

 private:
  [[nodiscard]] std::string route_of(const Pair& pair) const;
  void add_rows(Item& item, const End& end, bool captured, std::vector<Row>& rows);
  Row row_of(Item& item, Side side);
  static bool sent_by(const Item& segment, const End& end);
  static void sort(std::vector<Row>& rows);

  Collection& all_;
  Picture& picture_;
  std::map<const End*, std::size_t> drawn_;  ///< where each end is
};

std::string Layout::route_of(const Pair& pair) const {
  const End* known = pair.client != nullptr ? pair.client : pair.server;
  if (known == nullptr) return {};
  const End& end = *known;
  const std::uint32_t left = end.server ? end.remote : end.local;
  const std::uint32_t right = end.server ? end.local : end.remote;
  if (left == 0 && right == 0) return end.target;
  const auto named = [&](std::uint32_t number) {
    return number == 0 ? std::string("unknown") : all_.address(number);
  };
  return named(left) + " -> " + named(right);
}

bool Layout::sent_by(const Item& segment, const End& end) {
  if (end.server) return segment.sender == end.local;
  const auto& attempts = end.attempts;
  return segment.sender != end.remote &&
         std::find(attempts.begin(), attempts.end(), segment.sender) == attempts.end();
}

Row Layout::row_of(Item& item, Side side) {
  Row row;
  row.nanoseconds = item.nanoseconds - all_.start();
  row.order = item.order;
  row.kind = item.kind;
  row.side = side;
  row.text = std::move(item.text);
  picture_.inferred_state = picture_.inferred_state || item.inferred_state;
  return row;
}

void Layout::add_rows(Item& item, const End& end, bool captured, std::vector<Row>& rows) {
  const Side here = end.server ? Side::right : Side::left;
  const Side there = end.server ? Side::left : Side::right;
  Row row = row_of(item, here);
  if (item.kind == Row::Kind::segment) {
    const bool reset = row.text.substr(0, row.text.find(' ')).find("RST") != std::string::npos;
    row.arrow = {sent_by(item, end) ? here : there, true, reset, std::exchange(row.text, {}),
                 std::move(item.brief)};
    picture_.captured = true;
    rows.push_back(std::move(row));
    return;
  }
  std::vector<Arrow> arrows;
  std::size_t words = 0;  // on the row of the last arrow that came in, else of the last one
  for (const Hint& hint : item.hints) {
    if (captured || hint.segment == Segment::none) continue;
    std::string label =
        end.is_unix ? unix_label_of(hint.segment, item.bytes) : label_of(hint.segment, item.bytes);
    if (label.empty()) continue;
    if (!hint.out || arrows.empty() || arrows[words].from == here) words = arrows.size();
    arrows.push_back(
        {hint.out ? here : there, false, hint.segment == Segment::rst, std::move(label)});
    picture_.inferred = true;
  }
  if (arrows.empty()) {
    rows.push_back(std::move(row));
    return;
  }
  std::string text = std::move(row.text);
  for (std::size_t i = 0; i < arrows.size(); ++i) {
    row.text = i == words ? text : std::string();
    row.arrow = std::move(arrows[i]);
    row.timed = i == 0;
    rows.push_back(row);
  }
}

void Layout::sort(std::vector<Row>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.nanoseconds, a.order) < std::tie(b.nanoseconds, b.order);
  });
}

void Layout::draw(const Pair& pair) {
  const bool captured = (pair.client != nullptr && pair.client->captured) ||
                        (pair.server != nullptr && pair.server->captured);
  Conversation out;
  out.left = pair.client != nullptr ? pair.client->name : untraced;
  out.right = pair.server != nullptr ? pair.server->name : untraced;
  out.name = pair.client != nullptr ? out.left : out.right;
  if (pair.client != nullptr && pair.server != nullptr) out.name += " and " + out.right;
  out.route = route_of(pair);
  for (End* end : {pair.client, pair.server}) {
    if (end != nullptr) settle_end(*end);
  }
  if (pair.client != nullptr && pair.server != nullptr) drop_doubles(*pair.client, *pair.server);
  for (End* end : {pair.client, pair.server}) {
    if (end == nullptr) continue;
    End& one = *end;
    drawn_[&one] = picture_.conversations.size();
    // Where both ends have captured the segments, one of them is enough.
    const bool twice = end == pair.server && pair.client != nullptr && pair.client->captured;
    for (Item& item : one.items) {
      if (twice && item.kind == Row::Kind::segment) continue;
      add_rows(item, one, captured, out.rows);
    }
  }
  sort(out.rows);
  picture_.conversations.push_back(std::move(out));
}

/// Into the one conversation, at the server's end, or as a section of its own.
void Layout::draw_listener(bool alone) {
  if (all_.listener().empty()) return;
  std::vector<Row> rows;
  for (Item& item : all_.listener()) {
    // The one connection is told on its own lifeline.
    if (alone && item.elsewhere) continue;
    rows.push_back(row_of(item, Side::right));
  }
  if (alone) {
    std::vector<Row>& drawn = picture_.conversations.front().rows;
    drawn.insert(drawn.begin(), rows.begin(), rows.end());
    return sort(drawn);
  }
  picture_.conversations.insert(picture_.conversations.begin(),
                                {"listener", "", untraced, "listener", std::move(rows)});
  for (auto& [end, index] : drawn_)
    ++index;
}

void Layout::draw_notes() {
  if (all_.notes().empty()) return;
  if (picture_.conversations.empty()) picture_.conversations.push_back({"notes", "", "", "", {}});
  for (auto& [number, item] : all_.notes()) {
    const End* end = number < all_.ends().size() ? &all_.ends()[number] : nullptr;
    const std::size_t index = end == nullptr ? 0 : drawn_[end];
    picture_.conversations[index].rows.push_back(row_of(item, Side::left));
  }
  for (Conversation& conversation : picture_.conversations)
    sort(conversation.rows);
}

}  // namespace

Picture lay_out(Collection& collection) {
  Picture picture;
  picture.start = collection.start();
  const std::vector<Pair> pairs = pair_ends(collection.ends());
  Layout layout(collection, picture);
  for (const Pair& pair : pairs)
    layout.draw(pair);
  layout.draw_listener(pairs.size() == 1);
  layout.draw_notes();
  return picture;
}

}  // namespace tcpkit::diagram
