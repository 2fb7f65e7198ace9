#pragma once

#include <string>

namespace tcpkit::cmd {

/// Writes the file of --port-file beside its place and renames it, so that a reader sees all of it
/// or nothing. A symbolic link is followed; what is there and no regular file, a FIFO or a
/// terminal, is written to. 0 or errno, ENXIO for a FIFO that nobody reads.
int write_port_file(const std::string& path, const std::string& content);

}  // namespace tcpkit::cmd
