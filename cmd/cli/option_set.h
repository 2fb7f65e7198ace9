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

/// A property of an option besides its value. The declaration states it; code that refuses or
/// selects options asks for the trait and keeps no list of names.
enum class Trait {
  tcp_only,        ///< Unix sockets do not have it
  unix_only,       ///< only Unix sockets have it
  before_connect,  ///< too late for an inherited, connected socket
  before_listen,   ///< too late for an inherited, listening socket
  live,            ///< the step `set` may change it on an open connection
  needs_many,      ///< makes sense only if a server serves many connections
  of_program,      ///< belongs to a whole program: the actors of a lab do not have it
  about_stdin,     ///< controls what is sent before stdin, or how stdin is read
  about_trace,     ///< controls what the records of the trace show
  asks_for_trace,  ///< switches the trace on
  draws,           ///< controls what a diagram looks like
  about_rules,     ///< adds to the rule set of `blocklist`
  about_probes,    ///< controls when the kernel probes a silent peer
  leaves_unread,   ///< leaves received data unread in the kernel
};

/// The options of one command. Group declares them and read_words() reads them from a command line;
/// after that, this object knows which options were given. It owns the CLI11 object that does the
/// work and that no other room sees. Names have their dashes: "--name", or "-n" if there is no
/// other.
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
  /// The same of an option that is in the group and has the trait.
  [[nodiscard]] std::string first_given(const std::string& group, Trait trait) const;
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

  /// CLI11's object, for this room only.
  [[nodiscard]] CLI::App& app() { return *app_; }
  [[nodiscard]] const CLI::App& app() const { return *app_; }

  /// Parses the words that are options, the last one first; turns CLI11's errors into UsageError.
  void parse(std::vector<std::string> reversed);

 private:
  std::unique_ptr<CLI::App> app_;
  std::set<std::pair<std::string, Trait>> traits_;
};

}  // namespace tcpkit::cmd
