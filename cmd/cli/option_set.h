#pragma once

#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace tcpkit::cmd {

/// What is to be known of an option beside its value. Its declaration says so; who has to refuse or
/// to select options asks for the trait, and has no list of names.
enum class Trait {
  tcp_only,        ///< a Unix socket has no such thing
  unix_only,       ///< no other socket has it
  before_connect,  ///< too late for a connected socket that is inherited
  before_listen,   ///< too late for a listening socket that is inherited
  live,            ///< may change on a connection that is there, by the step `set`
  needs_many,      ///< makes sense for a server of many connections
  of_program,      ///< belongs to a program, and not to an actor of a lab
  about_stdin,     ///< says what is sent before stdin, or how stdin is read
  about_trace,     ///< says what a record of the trace shows
  asks_for_trace,  ///< means that there is to be a trace
  draws,           ///< says what a drawing looks like
  about_rules,     ///< makes the rule set
  about_probes,    ///< says when the kernel probes a silent peer
  leaves_unread,   ///< keeps what has been received in the kernel
};

/// The options of one command: Group declares them, read_words() reads them from a command line,
/// and from then on this object answers which were given. It owns the CLI11 object that does the
/// work; no other room sees that. Names have their dashes: "--name", or "-n" if there is no other.
class OptionSet {
 public:
  OptionSet();
  ~OptionSet();
  OptionSet(const OptionSet&) = delete;
  OptionSet& operator=(const OptionSet&) = delete;

  /// True if there is such an option.
  [[nodiscard]] bool knows(const std::string& name) const;
  /// True if the option was given; false also if there is none of that name.
  [[nodiscard]] bool has(const std::string& name) const;
  /// The first option, in the order of declaration, of those of the group or with the trait that
  /// were given; empty: none was.
  [[nodiscard]] std::string first_given(const std::string& group) const;
  [[nodiscard]] std::string first_given(Trait trait) const;
  /// The options with the trait that were given, in the order of declaration.
  [[nodiscard]] std::vector<std::string> given(Trait trait) const;
  [[nodiscard]] bool is(const std::string& name, Trait trait) const;
  /// The options as they were typed, one entry for each time.
  [[nodiscard]] std::vector<std::string> given() const;
  /// All long names, without their dashes.
  [[nodiscard]] std::vector<std::string> long_names() const;

  /// The value that was given to it last; empty: it was not given.
  [[nodiscard]] std::string value(const std::string& name) const;

  /// Sets one option as a command line that consists of it would; a flag has no value. Throws
  /// UsageError.
  void set(const std::string& name, const std::string& value);
  void set(const std::string& name);

  /// Adds traits to an option.
  void mark(const std::string& name, std::initializer_list<Trait> traits);

  /// For this room only.
  [[nodiscard]] CLI::App& app() { return *app_; }
  [[nodiscard]] const CLI::App& app() const { return *app_; }

  /// Parses the words that are options, the last one first; turns CLI11's errors into UsageError.
  void parse(std::vector<std::string> reversed);

 private:
  std::unique_ptr<CLI::App> app_;
  std::set<std::pair<std::string, Trait>> traits_;
};

}  // namespace tcpkit::cmd
