#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2034 # scripts for bash -c; descriptors held
# stdout is closed, has no reader, or its disk is full.

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

# Runs tcpkit as `bash -c SCRIPT` starts it with "$0" "$@"; the script exits with its status. stdin
# supplies nothing and does not end.
scripted() { # scripted NAME SCRIPT ARG...
  start_cmd "$1" bash -c "$2" "$TCPKIT" "${@:3}"
}

# A listener whose stdout SCRIPT sets; sets port.
scripted_server() { # scripted_server NAME SCRIPT COMMAND ARG...
  rm -f "$1.port"
  scripted "$1" "$2" "$3" 127.0.0.1:0 --port-file "$1.port" "${@:4}"
  rm -f "$1.says_port"
  port=$(port_of "$1")
}

full='"$0" "$@" <open >/dev/full'
closed='"$0" "$@" <open >&-'
no_space='cannot write stdout: no space left on device$'
not_open='cannot write stdout: bad file descriptor$'

@test "connect to a closed stdout: payload is an error" {
  start_cmd peer "$SUPPORT/peer" send:hello readeof
  scripted client "$closed" connect "127.0.0.1:$(port_of peer)" --trace=json --trace-file client.trace
  ended client 1
  one_line client "^tcpkit connect: $not_open"
  last_events client.trace 'connect ready data end finish end close'
  ended peer 0 # with a FIN
}

@test "connect to a closed stdout: without payload there is no error" {
  start_cmd peer "$SUPPORT/peer" readeof
  start_cmd client bash -c 'echo text | "$0" "$@" >&-' "$TCPKIT" connect "127.0.0.1:$(port_of peer)"
  ended client 0
  silent client
  ended peer 0
  grep -q '^eof 5 ' peer.out
}

@test "all three descriptors closed: no socket takes their numbers" {
  start_cmd peer "$SUPPORT/peer" send:hello readeof
  start_cmd client bash -c '"$0" "$@" <&- >&- 2>&-' "$TCPKIT" connect "127.0.0.1:$(port_of peer)"
  ended client 1
  ended peer 0
  grep -q '^eof 0 ' peer.out
  scripted client '"$0" "$@" <&- 2>&-' connect "127.0.0.1:$(
    start_cmd peer "$SUPPORT/peer" send:hello readeof
    port_of peer
  )"
  ended client 0
  assert_equal "$(cat client.out)" hello
}

@test "connect to a full disk" {
  for traced in yes no; do
    start_cmd peer "$SUPPORT/peer" sendn:100k readeof
    args=(connect "127.0.0.1:$(port_of peer)")
    rm -f client.trace
    [ "$traced" = no ] || args+=(--trace=json --trace-file client.trace)
    scripted client "$full" "${args[@]}"
    ended client 1
    one_line client "^tcpkit connect: $no_space"
    ended peer 0 # the queued data and a FIN, no RST
    [ "$traced" = no ] || last_events client.trace 'end close' 'select(.event == "end" and .layer == "event" or .event == "close" or .event == "error")'
  done
}

@test "a full disk ends a connection whose peer does not" {
  start_cmd peer "$SUPPORT/peer" send:hello readeof hold
  scripted client "$full" connect "127.0.0.1:$(port_of peer)" --trace=json --trace-file client.trace
  ended client 1
  last_events client.trace 'data end finish destroy close'
}

@test "listen to a closed stdout and a full disk" {
  for case in "$full|$no_space" "$closed|$not_open"; do
    for traced in yes no; do
      rm -f server.trace
      args=()
      [ "$traced" = no ] || args+=(--trace=json --trace-file server.trace)
      scripted_server server "${case%%|*}" listen "${args[@]}"
      start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:hello readeof
      ended server 1
      ended peer 0
      one_line server "^tcpkit listen: ${case##*|}"
      [ "$traced" = no ] || last_events server.trace 'data end finish end close' 'select(.role == "server")'
    done
  done
}

@test "listen -k to a full disk: no more clients, FIN to those there are" {
  scripted_server server "$full" listen -k --trace=json --trace-file server.trace
  start_cmd quiet "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof
  wait_for server.trace '"event":"connection"'
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:hello readeof
  ended server 1
  ended peer 0
  ended quiet 0
  one_line server "^tcpkit listen: $no_space"
  check_trace server.trace
  assert_equal "$(field server.trace 'select(.event == "close" and .layer == "event") | .role' | sort | tr '\n' ' ')" \
    'listener server server '
}

@test "echo's trace to a full disk, or a closed stdout" {
  for case in "$full|no space left on device" "$closed|bad file descriptor"; do
    scripted_server server "${case%%|*}" echo
    start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:x read:1 fin readeof
    ended peer 0 # echo without a trace writes nothing
    stop_echo=$(pgrep -P "$(pid_of server)" || pid_of server)
    kill -s TERM "$stop_echo"
    ended server 143
    scripted traced "${case%%|*}" echo 127.0.0.1:0 --trace
    ended traced 1
    one_line traced "^tcpkit echo: cannot write the trace: ${case##*|}$"
  done
}

@test "a payload command's trace on a full disk" {
  start_cmd peer "$SUPPORT/peer" readeof
  scripted client '"$0" "$@" <open' connect "127.0.0.1:$(port_of peer)" --trace=json --trace-file /dev/full
  ended client 1
  one_line client '^tcpkit connect: cannot write the trace: no space left on device$'
  start_cmd peer "$SUPPORT/peer" send:hello fin readeof
  scripted client '"$0" "$@" <open 2>/dev/full' connect "127.0.0.1:$(port_of peer)" --trace
  ended client 1
}

@test "a trace file that cannot be opened" {
  start client connect 127.0.0.1:1 --trace --trace-file none/none
  ended client 1
  one_line client '^tcpkit connect: cannot open none/none: '
  start client connect 127.0.0.1:1 --trace --trace-file fd:77
  ended client 1
  one_line client '^tcpkit connect: cannot open fd:77: '
}

@test "the reader of stdout goes away: quiet, exit 0, FIN after what is queued" {
  for traced in yes no; do
    rm -f client.trace
    args=()
    [ "$traced" = no ] || args+=(--trace=json --trace-file client.trace)
    start_cmd peer "$SUPPORT/peer" read:6 send:one wait:100 sendn:100k readeof
    printf 'queued' >text
    # stdin continues after the sent data; the reader leaves after three bytes.
    scripted client '{ cat text; cat open; } | { "$0" "$@"; echo $? >tcpkit-status; } | head -c 3' \
      connect "127.0.0.1:$(port_of peer)" "${args[@]}"
    until_true "the end of tcpkit" test -s tcpkit-status
    assert_equal "$(cat tcpkit-status)" 0
    silent client
    assert_equal "$(cat client.out)" one
    ended peer 0
    grep -q '^eof 0 ' peer.out
    [ "$traced" = no ] || last_events client.trace 'end close' 'select(.event == "end" and .layer == "event" or .event == "close" or .event == "error")'
    rm tcpkit-status
    echo >open # ends the second cat
  done
}

@test "the reader of stdout is gone before the first byte: listen, listen -k" {
  for command in listen 'listen -k'; do
    rm -f tcpkit-status server.port
    # shellcheck disable=SC2086 # a command and its option
    scripted_server server '{ "$0" "$@" <open; echo $? >tcpkit-status; } | true' $command
    start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:hello readeof
    until_true "the end of tcpkit" test -s tcpkit-status
    assert_equal "$(cat tcpkit-status)" 0
    silent server
    ended peer 0
  done
}

@test "the reader of the trace goes away: the trace stops, the program goes on" {
  scripted_server server '"$0" "$@" <open | head -n 1' echo --trace=json
  wait_for server.out '"event":"run"'
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:x read:1 fin readeof
  ended peer 0
  start_cmd again "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:x read:1 fin readeof
  ended again 0
  silent server
  assert_equal "$(wc -l <server.out)" 1
  kill -s TERM "$(pgrep -P "$(pid_of server)" -f -- --port-file)"
  status_of server
}

@test "help, version and address" {
  for args in --help --version 'connect --help' 'help listen' 'address 127.0.0.1'; do
    # shellcheck disable=SC2086 # words
    for case in "full|no space left on device" "closed|bad file descriptor"; do
      script=${case%%|*}
      scripted out "${!script}" $args
      ended out 1
      one_line out "^tcpkit.*: cannot write stdout: ${case##*|}$"
    done
    # shellcheck disable=SC2086
    scripted out '{ "$0" "$@"; echo $? >tcpkit-status; } | true; while [ ! -s tcpkit-status ]; do :; done' $args
    ended out 0
    assert_equal "$(cat tcpkit-status)" 0
    silent out
    rm tcpkit-status
  done
}

@test "a pipe that fills up is waited for, not an error" {
  start_cmd peer "$SUPPORT/peer" sendn:300k fin readeof
  scripted client '"$0" "$@" <open | "$SUPPORT/slowpipe" 30k 20' connect "127.0.0.1:$(port_of peer)"
  ended client 0
  assert_equal "$(stat -c %s client.out)" $((300 * 1024))
}

@test "lab list to a full disk" {
  run -1 bash -c '"$1" lab list 2>&1 >/dev/full' - "$TCPKIT"
  assert_output 'tcpkit lab: cannot write stdout: no space left on device'
}

@test "the trace and the captured segments need a file each" {
  run -2 "$TCPKIT" connect 127.0.0.1:1 --trace-file out --pcap ./out
  assert_output 'tcpkit connect: --pcap and --trace-file are both out; name two files'
  refute [ -e out ]
}
