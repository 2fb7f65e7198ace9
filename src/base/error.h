#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tcpkit {

/// What was known about a failure besides its code. It decides which advice is true.
enum class Finding {
  none,
  unix_socket,  ///< of a Unix socket, when neither address nor port shows that
  // connect
  own_socket,    ///< the socket had connected to itself
  by_icmp,       ///< no segment came back: it was an ICMP message
  chosen_port,   ///< the source port was asked for
  no_source,     ///< this machine has no address to reach that one from
  not_a_socket,  ///< the path is there, and is something else
  // connect: where the target is, as routing table and neighbour cache have it
  here,              ///< this machine itself
  neighbour,         ///< on a network of this machine
  silent_neighbour,  ///< the same, and it does not answer ARP or neighbour discovery
  behind_router,
  silent_router,  ///< behind a router that does not answer ARP or neighbour discovery
  unrouted,       ///< the routing table has no route, or one that forbids it
  group,          ///< a broadcast or multicast address
};

/// An error as Node's net module reports it: a plain value, carried by events and turned into one
/// line for people and into an exit status by cmd. Fields that do not apply are empty.
/// Source of the fields: Node lib/internal/errors.js (UVException, ExceptionWithHostPort,
/// AggregateError).
struct Error {
  std::string name = "Error";      ///< "AggregateError" when `errors` holds the causes
  std::string code;                ///< "ECONNREFUSED", "ERR_STREAM_WRITE_AFTER_END", ...
  std::optional<int> errno_value;  ///< negative, as libuv's; empty where no system call failed
  std::string syscall;             ///< "connect", "read", "write", "listen", "getaddrinfo"
  std::string address;             ///< numeric address or Unix path the call was about
  std::optional<int> port;
  std::string hostname;  ///< only for failed lookups
  std::string message;
  std::vector<Error> errors;  ///< causes of an AggregateError, in attempt order
  Finding finding = Finding::none;
};

/// Symbol of a positive errno, e.g. 111 -> "ECONNREFUSED"; "E<number>" for unknown ones.
std::string errno_code(int err);

/// Plain words of a positive errno in lower case, e.g. "address already in use".
std::string errno_text(int err);

/// True for the errno values with which the kernel reports that a connection broke. Anything else
/// that a system call on a socket returns is about that call.
bool is_connection_error(int err);

/// Error of a failed system call: message "SYSCALL CODE" with " ADDRESS:PORT" behind it where
/// given (IPv6 unbracketed, as Node prints it; a path stands alone). `err` is a positive errno.
Error system_error(int err, std::string_view syscall, std::string_view address = {},
                   std::optional<int> port = {});

/// Same, with the plain words in the message, as Node words errors of listen:
/// "listen EADDRINUSE: address already in use 127.0.0.1:5000".
Error system_error_with_text(int err, std::string_view syscall, std::string_view address = {},
                             std::optional<int> port = {});

}  // namespace tcpkit
