#include <algorithm>

#include "cmd/command.h"

namespace tcpkit::cmd {

const std::vector<Command>& commands() {
  static const std::vector<Command> table{
      {"connect",
       "TARGET",
       "client: stdin to the socket, the socket to stdout",
       {"tcpkit connect example.com:80 --trace", "echo hello | tcpkit connect localhost:5000"},
       make_connect},
      {"listen",
       "ADDRESS",
       "server for one connection, or many with -k",
       {"tcpkit listen 5000 --trace", "tcpkit listen 127.0.0.1:5000 -k > received"},
       make_listen},
      {"echo",
       "ADDRESS",
       "server that sends everything back, to any number of clients",
       {"tcpkit echo 127.0.0.1:5000 --trace", "tcpkit echo unix:/tmp/echo.sock"},
       make_echo},
      {"address",
       "INPUT...",
       "family, address and port of each input",
       {"tcpkit address 127.0.0.1 [::1]:80 example.com", "tcpkit address 127.000.0.1"},
       make_address},
      {"completion",
       "bash|zsh|fish",
       "print the completion script of a shell",
       {"source <(tcpkit completion bash)",
        "tcpkit completion fish > ~/.config/fish/completions/tcpkit.fish"},
       make_completion},
  };
  return table;
}

const Command* find_command(std::string_view name) {
  const auto& table = commands();
  const auto it =
      std::find_if(table.begin(), table.end(), [&](const Command& c) { return c.name == name; });
  return it == table.end() ? nullptr : &*it;
}

}  // namespace tcpkit::cmd
