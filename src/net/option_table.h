#pragma once

#include <string_view>
#include <vector>

namespace tcpkit::net {

/// An option as setsockopt(2) takes it; `symbol` is its name there, and everywhere in the program.
struct OptionName {
  int level = 0;
  int option = 0;
  std::string_view symbol;
};

/// A socket option: all that the program knows about it. Made of this row are the declaration on
/// the command line, its help, the step `set`, the refusals, setsockopt(2) and the trace.
struct SocketOption {
  /// What its value is: an integer for setsockopt(2), except for `text` (the bytes) and `linger`
  /// (the struct, of seconds).
  enum class Kind { flag, milliseconds, seconds, linger, bytes, octet, number, text };
  /// Early ones must be there before connect(2) or listen(2), and accepted sockets inherit them.
  enum class Stage { early, connected };
  /// The record that shows it in the trace; those of `no_delay` and `keep_alive` are Node's calls.
  enum class Record { setsockopt, no_delay, keep_alive };

  /// On the command line, without dashes; empty: it is the value of `value_of`.
  std::string_view name{};
  /// A flag whose value, behind '=', may be left out; then the option with this symbol is not set.
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
  bool tcp_only = true;      ///< Unix sockets have none
  bool live = true;          ///< may change on a connection that is there
  bool client_only = false;  ///< belongs to the client's options
  std::string_view needs{};  ///< the name of an option without which it means nothing
};

/// All socket options, in the order in which they are set.
const std::vector<SocketOption>& socket_options();

/// nullptr: there is none of that name on the command line.
const SocketOption* find_option(std::string_view name);

/// There must be one of that symbol.
const SocketOption& option_of(std::string_view symbol);

}  // namespace tcpkit::net
