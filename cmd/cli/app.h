#pragma once

#include <string>

/// CLI11, for whoever only passes its objects on: its headers take seconds to compile.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tcpkit::cmd {

/// True where the option ("--name") was given; false also where the command has none of that name.
bool is_given(const CLI::App& app, const std::string& name);

}  // namespace tcpkit::cmd
