#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034 # jq and bash -c; port is set anew in each test; descriptors held
# SIGINT, SIGTERM and SIGHUP end the program in order: queued data and the FIN are sent, incoming data
# is drained, and the trace has every close. SIGUSR1 prints counters.

load helpers/tcpkit
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  mkfifo open
  exec {hold}<>open
}

teardown() {
  stop_all
}

# Runs with a stdin that supplies nothing and does not end; the trace is NAME.trace.
held() { # held NAME ARG...
  rm -f "$1.trace"
  start_fed "$1" open "${@:2}" --trace=json --trace-file "$1.trace"
}

server_of() { # server_of NAME COMMAND ARG...   held, on a port of its own
  held "$1" "$2" 127.0.0.1:0 --port-file "$1.port" "${@:3}"
  port=$(port_of "$1")
}

connected() { # connected NAME COUNT   the server has that many clients
  until_true "clients of $1" has_clients "$1" "$2"
}

has_clients() { # has_clients NAME COUNT
  [ "$(grep -c '"event":"connection"' "$1.trace")" -eq "$2" ]
}

signals=(INT:130 TERM:143 HUP:129)

@test "connect, idle: FIN, drain, 128+N" {
  for signal in "${signals[@]}"; do
    start_cmd peer "$SUPPORT/peer" readeof send:late fin
    held client connect "127.0.0.1:$(port_of peer)"
    wait_for client.trace '"event":"ready"'
    stop client "${signal%:*}"
    ended client "${signal#*:}"
    ended peer 0
    one_line client "^tcpkit connect: ended by SIG${signal%:*}; waiting up to 2s for 1 connection to close; a second signal ends the program at once$"
    last_events client.trace 'ready end finish data end close'
    assert_equal "$(cat client.out)" late # drained, and delivered
    assert_equal "$(field client.trace 'select(.event == "close") | .hadError')" false
  done
}

@test "connect, while connecting: nothing to drain" {
  start_cmd hole "$SUPPORT/blackhole"
  for signal in "${signals[@]}"; do
    held client connect "127.0.0.1:$(port_of hole)"
    wait_for client.trace '"event":"connectionAttempt"'
    stop client "${signal%:*}"
    ended client "${signal#*:}"
    one_line client "ended by SIG${signal%:*}$"
    last_events client.trace 'connect connectionAttempt destroy connectionAttemptFailed close'
    assert_equal "$(field client.trace 'select(.event == "connectionAttemptFailed") | .error.code')" ECANCELED
  done
}

@test "connect, mid-transfer: every byte written and the FIN arrive" {
  for traced in --trace=json ''; do
    start_cmd peer "$SUPPORT/peer" read:1 wait:300 slow:1M fin
    head -c 40M /dev/zero >zeros
    # shellcheck disable=SC2086 # one option or none
    start_fed client zeros connect "127.0.0.1:$(port_of peer)" $traced --high-water-mark 1M
    wait_for peer.out '^read 1 '
    stop client INT
    ended client 130
    ended peer 0
    received=$(sed -nE 's/^eof ([0-9]+) .*/\1/p' peer.out)
    assert [ "$received" -gt 0 ]
    [ -n "$traced" ] || continue
    check_trace client.err
    assert_equal "$((received + 1))" "$(field client.err 'select(.event == "close") | .bytesWritten')"
    assert_equal "$(field client.err 'select(.event == "close") | .unsent')" null
    last_events client.err 'end close' 'select(.event == "end" and .layer == "event" or .event == "close" or .event == "error")'
  done
}

@test "listen, waiting: the listener's close" {
  for signal in "${signals[@]}"; do
    for command in listen 'listen -k' echo; do
      # shellcheck disable=SC2086 # a command and its option
      server_of server $command
      stop server "${signal%:*}"
      ended server "${signal#*:}"
      one_line server "^tcpkit ${command%% *}: ended by SIG${signal%:*}$"
      last_events server.trace 'listen listening close close'
    done
  done
}

@test "listen, connected: FIN to the client, its rest delivered" {
  for signal in "${signals[@]}"; do
    server_of server listen
    start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof send:late fin
    wait_for server.trace '"event":"connection"'
    stop server "${signal%:*}"
    ended server "${signal#*:}"
    ended peer 0
    one_line server "ended by SIG${signal%:*}; waiting up to 2s for 1 connection"
    assert_equal "$(cat server.out)" late
    last_events server.trace 'end finish data end close' 'select(.role == "server")'
  done
}

@test "listen -k and echo, several clients: FIN to each, every close, then the end" {
  for command in 'listen -k' echo; do
    # shellcheck disable=SC2086 # a command and its option
    server_of server $command
    for name in a b c; do
      start_cmd $name "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof send:late fin
    done
    connected server 3
    stop server TERM
    ended server 143
    for name in a b c; do ended $name 0; done
    one_line server 'ended by SIGTERM; waiting up to 2s for 3 connections to close;'
    check_trace server.trace
    for conn in 1 2 3; do
      assert_equal "$(field server.trace "select(.conn == $conn and .role == \"server\" and .event == \"close\") | .hadError")" false
    done
    assert_equal "$(field server.trace 'select(.role == "listener" and .event == "close") | .layer')" $'call\nevent'
    [ "$command" = echo ] || assert_equal "$(cat server.out)" latelatelate
  done
}

@test "no new clients once the signal came" {
  server_of server listen -k
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof hold
  connected server 1
  stop server INT
  wait_for server.err 'ended by SIGINT'
  run -1 "$SUPPORT/peer" --connect 127.0.0.1 "$port"
  assert_output 'error connect ECONNREFUSED'
  stop peer
  ended server 130
}

@test "a peer that never ends is destroyed after 2 s" {
  start_cmd peer "$SUPPORT/peer" readeof hold
  held client connect "127.0.0.1:$(port_of peer)"
  wait_for client.trace '"event":"ready"'
  stop client INT
  ended client 130
  last_events client.trace 'ready end finish destroy close'
  assert_equal "$(field client.trace 'select(.event == "destroy") | .unread')" false
  run -0 jq -s '(.[] | select(.event == "destroy") | .t) - (.[] | select(.event == "end") | .t) | . >= 1.9' client.trace
  assert_output true
}

@test "a peer that never stops sending is drained 2 s, then destroyed over unread bytes" {
  start_cmd peer "$SUPPORT/peer" sendn:64G
  mkfifo stuck
  exec {reader}<>stuck # stdout takes a pipe's worth and no more
  start_cmd client bash -c 'exec "$0" "$@" <open >stuck' "$TCPKIT" connect "127.0.0.1:$(port_of peer)" --trace=json --layers call
  wait_for client.err '"event":"pause"'
  stop client INT
  ended client 130
  check_trace client.err open
  assert_equal "$(field client.err 'select((.layer == "call" and .event != "write" and .event != "setNoDelay") or .event == "message") | .event' | tail -4 | tr '\n' ' ')" \
    'message end resume destroy '
  ended peer 1
}

@test "a second signal ends at once" {
  for command in connect listen 'listen -k' echo; do
    if [ "$command" = connect ]; then
      start_cmd peer "$SUPPORT/peer" readeof hold
      held tool connect "127.0.0.1:$(port_of peer)"
      wait_for tool.trace '"event":"ready"'
    else
      # shellcheck disable=SC2086 # a command and its option
      server_of tool $command
      start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof hold
      connected tool 1
    fi
    stop tool INT
    wait_for tool.trace '"event":"finish"'
    kill -s TERM "$(pid_of tool)"
    ended tool 130 # as the message reports, which names the first signal
    one_line tool 'ended by SIGINT; '
    check_trace tool.trace open
    assert_equal "$(events tool.trace 'select(.event == "destroy")')" ''
    stop peer
    ended peer 143
  done
}

@test "SIGUSR1: a counters record per connection" {
  server_of server listen -k
  start_cmd a "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:12345 readeof
  start_cmd b "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:123 readeof
  wait_for server.trace '"event":"data".*"bytesRead":3'
  wait_for server.trace '"event":"data".*"bytesRead":5'
  kill -s USR1 "$(pid_of server)"
  wait_for server.trace '"event":"counters"'
  stop server INT
  ended server 130
  check_trace server.trace
  assert_equal "$(field server.trace 'select(.event == "counters") | [.layer, .role, .bytesRead, .bytesWritten] | join(" ")' | sort)" \
    $'note server 3 0\nnote server 5 0'
  one_line server 'ended by SIGINT; '
}

@test "SIGUSR1 without a trace: a line per connection on stderr" {
  start_cmd peer "$SUPPORT/peer" send:12345 readeof
  start_fed client open connect "127.0.0.1:$(port_of peer)" --send 'abc'
  wait_for client.out 12345
  kill -s USR1 "$(pid_of client)"
  wait_for client.err '^tcpkit connect: connection 1: received 5, sent 3, 0 in our queue$'
  stop client TERM
  ended client 143
}

@test "SIGUSR1 while nothing is connected changes nothing" {
  start_cmd hole "$SUPPORT/blackhole"
  start client connect "127.0.0.1:$(port_of hole)" --trace=json
  wait_for client.err connectionAttempt
  kill -s USR1 "$(pid_of client)"
  wait_for client.err counters
  server_of server listen
  kill -s USR1 "$(pid_of server)"
  stop server INT
  ended server 130
  stop client INT
  ended client 130
  check_trace client.err
}

@test "SIGHUP that was ignored at the start stays ignored, as nohup wants it" {
  start_cmd server nohup "$TCPKIT" listen 127.0.0.1:0 --port-file server.port --trace=json
  port=$(port_of server)
  kill -s HUP "$(pid_of server)"
  echo still here >text
  start_fed client text connect "127.0.0.1:$port"
  ended client 0
  ended server 0
  grep -q '^still here$' server.out
}

@test "Ctrl-C on a terminal" {
  start_cmd peer "$SUPPORT/peer" send:hello readeof
  run -130 "$SUPPORT/pty" screen see:hello 'type:\x03' -- "$TCPKIT" connect "127.0.0.1:$(port_of peer)" --trace=json --trace-file client.trace
  ended peer 0
  grep -q 'tcpkit connect: ended by SIGINT' screen
  last_events client.trace 'data end finish end close'
}

@test "a Unix path is removed on a signal" {
  for command in listen 'listen -k' echo; do
    # shellcheck disable=SC2086 # a command and its option
    held server $command ./path
    wait_for server.trace '"event":"listening"'
    assert [ -S path ]
    stop server TERM
    ended server 143
    refute [ -e path ]
  done
}

@test "the status of a signal overrides failures before and after it" {
  start_cmd peer "$SUPPORT/peer" readeof hold
  start_fed client open connect "127.0.0.1:$(port_of peer)" --timeout 200ms --trace=json
  wait_for client.err '"kind":"idle"'
  stop client TERM
  ended client 143
  check_trace client.err
}

@test "output written before the signal reaches a slow stdout" {
  start_cmd peer "$SUPPORT/peer" sendn:3000 readeof
  start_cmd client bash -o pipefail -c '{ echo $BASHPID >tcpkit-pid; exec "$0" "$@" <open; } | "$SUPPORT/slowpipe" 500 50' \
    "$TCPKIT" connect "127.0.0.1:$(port_of peer)"
  wait_for client.out 0123
  kill -s INT "$(cat tcpkit-pid)"
  ended client 130
  assert_equal "$(stat -c %s client.out)" 3000
}

# A trace into a FIFO that is never read: the program waits in write(2).
stalled() { # stalled NAME ARG...   and waits until it does
  mkfifo "$1.fifo"
  exec {unread}<>"$1.fifo"
  start_cmd peer "$SUPPORT/peer" sendn:64M hold
  start_fed "$1" open connect "127.0.0.1:$(port_of peer)" --read-buffer 1k --json --trace-file "$1.fifo" "${@:2}"
  before='' looks=0
  until_true "$1 waits for the trace's reader" is_stalled "$1"
}

is_stalled() { # is_stalled NAME   ten samples of the data that waits for it in the kernel are equal
  local now
  now=$(ss -tnp | grep "pid=$(pid_of "$1")," | awk '{print $2}')
  if [ "${now:-0}" -gt 0 ] && [ "$now" = "$before" ]; then
    looks=$((looks + 1))
  else
    looks=0 before=$now
  fi
  [ "$looks" -ge 10 ]
}

@test "a reader that does not read the trace stops neither a signal nor the deadline" {
  command -v ss >/dev/null || skip "needs ss"
  stalled one
  stop one TERM
  ended one 143 20
  rm -f peer.*
  stalled two
  stop two INT
  stop two INT
  ended two 130 20
  rm -f peer.*
  stalled three --deadline 1s
  ended three 5 20
}
