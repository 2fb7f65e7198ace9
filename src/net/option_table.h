#pragma once

#include <string_view>
#include <vector>

namespace tcpkit::net {

/// An option as setsockopt(2) takes it. The program refers to options by their symbols.
struct OptionName {
  int level = 0;
  int option = 0;
  std::string_view symbol;
};

/// Everything the program knows about a socket option. The declaration on the command line, its
/// help, the step `set`, the refusals, the call of setsockopt(2) and the trace are made from it.
struct SocketOption {
  /// The kind of value. setsockopt(2) takes it as an integer, except for `text` (its bytes) and
  /// `linger` (the struct, in seconds).
  enum class Kind { flag, milliseconds, seconds, linger, bytes, octet, number, text };
  /// Early options are set before connect(2) or listen(2); accepted sockets inherit them.
  enum class Stage { early, connected };
  /// The record that shows it in the trace; those of `no_delay` and `keep_alive` are Node's calls.
  enum class Record { setsockopt, no_delay, keep_alive };

  /// On the command line, without dashes. Empty: it is given as the `optional` value of another.
  std::string_view name{};
  /// For a flag that takes a value after '=', which may be left out: the symbol of the option that
  /// the value sets.
  std::string_view optional{};
  std::string_view placeholder{};
  std::string_view help{};
  Kind kind = Kind::flag;
  int least = 0;  ///< of a number; for `seconds` and `linger` in seconds
  int most = 1;
  OptionName set{};
  OptionName ipv6{};  ///< to be set on IPv6 sockets as well; no symbol: none
  Stage stage = Stage::early;
  Record record = Record::setsockopt;
  bool tcp_only = true;      ///< Unix sockets do not have it
  bool live = true;          ///< may change on an open connection
  bool client_only = false;  ///< belongs to the client's options
  bool of_packets = false;   ///< controls how packets travel: also of use without a connection
  std::string_view needs{};  ///< the name of an option without which it means nothing
};

/// All socket options, in the order in which they are set.
const std::vector<SocketOption>& socket_options();

/// nullptr: there is none of that name on the command line.
const SocketOption* find_option(std::string_view name);

/// The option must exist.
const SocketOption& option_of(std::string_view symbol);

}  // namespace tcpkit::net
