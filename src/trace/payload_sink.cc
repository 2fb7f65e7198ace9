#include "trace/payload_sink.h"

#include <fmt/format.h>

#include "base/append.h"

namespace tcpkit::trace {

void PayloadSink::write(const record::Record& record) {
  const auto* in = std::get_if<record::ev::Data>(&record.body);
  const auto* out = std::get_if<record::call::Write>(&record.body);
  if (std::holds_alternative<record::ev::Close>(record.body)) offsets_.erase(record.conn);
  if (in == nullptr && out == nullptr) return;
  const std::string_view bytes = in != nullptr ? in->payload.bytes : out->payload.bytes;
  if (form_ == Form::raw) {
    writer_->buffer() += bytes;
    return writer_->written();
  }
  Offsets& offsets = offsets_[record.conn];
  dump(record.conn, in != nullptr ? '<' : '>', in != nullptr ? offsets.in : offsets.out, bytes);
}

void PayloadSink::dump(unsigned conn, char direction, std::uint64_t& offset,
                       std::string_view bytes) {
  static constexpr std::size_t width = 16;
  while (!bytes.empty()) {
    const std::string_view row = bytes.substr(0, width);
    std::string& out = writer_->buffer();
    append_format(out, "{} {} {:08x} ", direction, conn, offset);
    for (std::size_t i = 0; i < width; ++i) {
      if (i == width / 2) out += ' ';
      if (i < row.size()) {
        append_format(out, " {:02x}", static_cast<unsigned char>(row[i]));
      } else {
        out += "   ";
      }
    }
    out += "  |";
    for (const char c : row)
      out += c >= ' ' && c <= '~' ? c : '.';
    out += "|\n";
    offset += row.size();
    bytes.remove_prefix(row.size());
    writer_->written();
  }
}

}  // namespace tcpkit::trace
