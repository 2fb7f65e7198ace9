#pragma once

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace tcpkit::cmd {

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
  /// The first option of the group, in the order of declaration, that was given; empty: none was.
  [[nodiscard]] std::string first_given(const std::string& group) const;
  /// The options as they were typed, one entry for each time.
  [[nodiscard]] std::vector<std::string> given() const;
  /// All long names, without their dashes.
  [[nodiscard]] std::vector<std::string> long_names() const;

  /// Sets one option as a command line that consists of it would; a flag has no value. Throws
  /// UsageError.
  void set(const std::string& name, const std::string& value);
  void set(const std::string& name);

  /// For this room only.
  [[nodiscard]] CLI::App& app() { return *app_; }
  [[nodiscard]] const CLI::App& app() const { return *app_; }

  /// Parses the words that are options, the last one first; turns CLI11's errors into UsageError.
  void parse(std::vector<std::string> reversed);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace tcpkit::cmd
