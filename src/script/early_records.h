#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "record/record.h"
#include "script/runner.h"

namespace tcpkit::script {

/// What layers kernel and call report of an accepted connection before its `connection`, with which
/// its steps begin to look: the states of the handshake, the options that are set.
class EarlyRecords {
 public:
  /// A record of a connection that has no steps yet.
  void keep(const record::Record& record) {
    static constexpr std::size_t most = 16;
    const record::Layer layer = record.layer();
    const bool early = layer == record::Layer::kernel || layer == record::Layer::call;
    if (!early || record.role != record::Role::server) return;
    records_.push_back(record);
    if (records_.size() > most) records_.pop_front();
  }
  /// Shows those of the connection to its steps.
  void give(unsigned number, Runner& runner) {
    for (const record::Record& record : std::exchange(records_, {})) {
      if (record.conn == number) runner.see(record);
    }
  }

 private:
  std::deque<record::Record> records_;
};

}  // namespace tcpkit::script
