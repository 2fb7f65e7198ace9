#include <algorithm>

#include "cmd/cli/command.h"

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
      {"half-close",
       "TARGET | --listen ADDRESS",
       "perform the four steps of an orderly close, either side first",
       {"tcpkit half-close --listen 5000 --send end --delay 1s",
        "tcpkit half-close localhost:5000 --send 'no data yet'"},
       make_half_close},
      {"reset",
       "TARGET | --listen ADDRESS",
       "abort with a RST, and show how end, destroySoon and destroy differ",
       {"tcpkit reset --listen 5000 --method destroy --after data --unread",
        "tcpkit reset localhost:5000 --method end --send hello"},
       make_reset},
      {"keepalive",
       "TARGET | --listen ADDRESS",
       "show probes, their answers, and how long a dead peer stays unnoticed",
       {"tcpkit keepalive --listen 5000 --idle 3s", "tcpkit keepalive localhost:5000 --for 7s"},
       make_keepalive},
      {"blocklist",
       "check|rules|serve",
       "test addresses against rules, print the rules, run a server behind them",
       {"tcpkit blocklist check --block 10.0.0.0/8 10.1.2.3 192.0.2.1",
        "tcpkit blocklist serve 127.0.0.1:5000 --block 127.0.0.1"},
       make_blocklist},
      {"relay",
       "LISTEN TARGET",
       "forward connections to another address, both legs traced",
       {"tcpkit relay 5000 example.com:80 --trace", "tcpkit relay unix:/tmp/s localhost:5000"},
       make_relay},
      {"ping",
       "TARGET",
       "connect again and again: a line for each try, statistics at the end",
       {"tcpkit ping example.com:80 --count 5",
        "tcpkit ping localhost:5000 --interval 0 --count 1000 --send hi --expect hi"},
       make_ping},
      {"scan",
       "HOST PORTS",
       "report which ports answer, refuse, or stay silent",
       {"tcpkit scan localhost 22,80,8000-8100", "tcpkit scan example.com http,https -w 500ms"},
       make_scan},
      {"lab",
       "NAME|FILE|list",
       "run an experiment with both ends in one process: no root, no internet",
       {"tcpkit lab half-open", "tcpkit lab list"},
       make_lab,
       lab_names},
      {"diagram",
       "[FILE]",
       "draw a JSON trace as a ladder, Mermaid or SVG",
       {"tcpkit connect localhost:5000 --json --send hi 2>&1 >/dev/null | tcpkit diagram",
        "tcpkit diagram trace.json --diagram svg > connection.svg"},
       make_diagram},
      {"explain",
       "WORD...",
       "explain an event, state, flag, option or error code",
       {"tcpkit explain TIME_WAIT", "tcpkit explain end ECONNRESET no-delay"},
       make_explain,
       explained_words},
      {"address",
       "INPUT...",
       "print family, address and port of each input",
       {"tcpkit address 127.0.0.1 '[::1]:80' example.com", "tcpkit address 127.000.0.1"},
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
