#include "script/lab/wire.h"

#include <algorithm>
#include <variant>

namespace tcpkit::script {
namespace {

bool has(const record::wire::Segment& segment, std::string_view flag) {
  return std::find(segment.flags.begin(), segment.flags.end(), flag) != segment.flags.end();
}

}  // namespace

LabWire::Key LabWire::key_of(const std::string& a, const std::string& b) {
  return {std::min(a, b), std::max(a, b)};
}

void LabWire::see(const record::Record& record) {
  // More than a client can send that waits in the backlog, unless it takes small bites.
  static constexpr std::size_t most = 1024;
  const auto* segment = std::get_if<record::wire::Segment>(&record.body);
  if (segment == nullptr) return;
  Connection& connection = connections_[key_of(segment->src, segment->dst)];
  const bool first = has(*segment, "SYN") && !has(*segment, "ACK") && segment->label.empty();
  if (first) connection = {};  // the ports are used again
  if (connection.see) return connection.see(record);
  connection.early.push_back(record);
  if (connection.early.size() > most) connection.early.pop_front();
}

void LabWire::follow(const record::Ends& ends, See see) {
  if (!ends.local || !ends.remote || ends.local->is_unix()) return;
  Connection& connection =
      connections_[key_of(ends.local->to_plain_string(), ends.remote->to_plain_string())];
  connection.see = std::move(see);
  for (const record::Record& record : std::exchange(connection.early, {}))
    connection.see(record);
}

}  // namespace tcpkit::script
