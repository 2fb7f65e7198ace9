#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "trace/tracer.h"
#include "trace/writer.h"

namespace tcpkit::trace {

/// The payload of all connections, both directions in the order in which it passed, and nothing
/// else. Needs the layers call and event.
class PayloadSink : public Sink {
 public:
  enum class Form {
    raw,  ///< as it passed
    hex,  ///< a line for 16 bytes: direction, connection, offset in that direction, hex, text
  };
  PayloadSink(std::unique_ptr<Writer> writer, Form form)
      : writer_(std::move(writer)), form_(form) {}
  void write(const record::Record& record) override;
  void flush() override { writer_->flush(); }

 private:
  void dump(unsigned conn, char direction, std::uint64_t& offset, std::string_view bytes);

  std::unique_ptr<Writer> writer_;
  Form form_;
  struct Offsets {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
  };
  std::map<unsigned, Offsets> offsets_;  ///< of the open connections
};

}  // namespace tcpkit::trace
