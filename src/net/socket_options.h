#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/option_table.h"
#include "record/call.h"

namespace tcpkit::net {

/// The socket options that were given, with their values. All others keep the system's values.
/// Options are named by their symbols, such as "SO_LINGER", which must be in the table.
class SocketOptions {
 public:
  using Value = std::variant<int, std::string>;
  using Entry = std::pair<const SocketOption*, Value>;

  void set(std::string_view symbol, Value value);
  /// Sets the option to the value that was typed. A flag's optional value sets both options; the
  /// idle time of keep-alive also sets Node's defaults for interval and count. Returns false if the
  /// value is bad, with the clause in `why`.
  bool read(const SocketOption& option, const std::string& text, std::string& why);
  /// The same for the step `set`, in which a flag is on or off.
  bool read_change(const SocketOption& option, const std::string& text, std::string& why);

  /// What is left can be set on a Unix socket.
  void drop_tcp_only();

  [[nodiscard]] bool has(std::string_view symbol) const { return find(symbol) != nullptr; }
  /// Empty: not asked for.
  [[nodiscard]] std::optional<int> number(std::string_view symbol) const;
  [[nodiscard]] std::string text(std::string_view symbol) const;
  /// In the order of the table, which is that of setting them.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  [[nodiscard]] const Value* find(std::string_view symbol) const;

  std::vector<Entry> entries_;
};

/// What follows an idle timeout: Node leaves it to the program. `end`: FIN, and destroy() after a
/// second idle period.
enum class TimeoutAction { none, end, destroy, reset };

/// What changes on a connection that is already there; what is empty stays.
struct OptionChange {
  SocketOptions set;
  std::optional<bool> allow_half_open;
  std::optional<std::size_t> high_water_mark;
  std::optional<std::chrono::milliseconds> timeout;  ///< idle; 0: none
  std::optional<TimeoutAction> timeout_action;
};

/// Converts a time for options that count whole seconds. Returns nullopt if it is not a whole
/// number from `least` to `most`, with the clause in `why`.
std::optional<int> whole_seconds(std::chrono::milliseconds value, int least, int most,
                                 std::string& why);

/// A setsockopt(2) that failed.
struct OptionError {
  std::string_view option;  ///< "SO_RCVBUF"
  int err;                  ///< positive errno
};

/// Called for each option that has been set and that a setsockopt record shows.
using OptionReport = std::function<void(std::string_view option, const std::string& value)>;

/// Sets the options of a stage, in the order of the table, until one fails. `family` is 4, 6 or 0
/// (Unix).
std::optional<OptionError> apply_options(int fd, int family, const SocketOptions& options,
                                         SocketOption::Stage stage, const OptionReport& report);

/// The records of those options that have their own.
std::optional<record::call::SetNoDelay> no_delay_record(const SocketOptions& options);
std::optional<record::call::SetKeepAlive> keep_alive_record(const SocketOptions& options);

}  // namespace tcpkit::net
