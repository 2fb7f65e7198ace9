#!/usr/bin/env bats
# shellcheck disable=SC2154 # run sets stderr, node24 sets node
# Unix domain sockets: paths and abstract names, as client and server.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

listening_at() { # listening_at NAME ARG...   an echo server that listens
  start "$1" echo "${@:2}" --trace=json
  wait_for "$1.out" '"event":"listening"'
}

@test "path: data both ways, addresses are null, the path is removed" {
  listening_at server unix:./s
  run -0 --separate-stderr timeout 10 "$TCPKIT" connect ./s --trace=json --send hi </dev/null
  assert_output hi
  printf '%s\n' "$stderr" >client
  check_trace client
  assert_equal "$(jq -c 'select(.event == "connectionAttempt") | [.ip, .port, .family]' client)" '["./s",null,null]'
  assert_equal "$(jq -c 'select(.layer == "event" and .event == "connect") | [.localAddress, .localPort, .localFamily, .remoteAddress, .remotePort, .remoteFamily]' client)" \
    '[null,null,null,null,null,null]'
  assert_equal "$(jq -r 'select(.event == "listening") | .path' server.out)" ./s
  stop server
  status_of server
  check_trace server.out
  assert [ ! -e s ]
}

@test "the path is removed on SIGINT, and when a one-shot listener has its client" {
  for signal in INT TERM; do
    listening_at server ./s
    stop server "$signal"
    status_of server
    assert [ ! -e s ]
  done
  start one listen ./s --trace=json
  wait_for one.err '"event":"listening"'
  run -0 timeout 10 "$TCPKIT" connect ./s --send x </dev/null
  assert_equal "$(status_of one)" 0
  assert [ ! -e s ]
}

@test "abstract name" {
  local name="tcpkit-test-$BASHPID-$RANDOM"
  listening_at server "unix:@$name"
  run -0 timeout 10 "$TCPKIT" connect "unix:@$name" --send hello </dev/null
  assert_output hello
  assert_equal "$(jq -r 'select(.event == "listening") | .path' server.out)" "@$name"
}

@test "an existing path is in use and stays; --unix-unlink takes a dead socket only" {
  echo data >file
  run -1 "$TCPKIT" echo ./file
  assert_output --partial 'address in use (EADDRINUSE)'
  run -1 "$TCPKIT" echo ./file --unix-unlink
  assert_equal "$(cat file)" data
  listening_at server ./s
  run -1 "$TCPKIT" echo ./s --unix-unlink
  assert [ -S s ]
  stop server KILL
  status_of server
  assert [ -S s ]
  run -1 "$TCPKIT" echo ./s
  listening_at again ./s --unix-unlink
  run -0 timeout 10 "$TCPKIT" connect ./s --send x </dev/null
  assert_output x
}

@test "a path that was replaced is not removed" {
  listening_at server ./s
  mv s other
  echo mine >s
  stop server
  status_of server
  assert_equal "$(cat s)" mine
}

@test "--unix-mode holds from the start" {
  listening_at server ./s --unix-mode 620
  assert_equal "$(stat -c %a s)" 620
}

@test "options that a Unix socket does not have are refused" {
  for option in -4 --no-delay --keep-alive --tos=1 --ttl=9 --interface=lo --local-port=9 --resolve=a:127.0.0.1; do
    run -2 "$TCPKIT" connect ./s "$option"
    assert_output --partial 'a Unix socket has no such option'
  done
  run -2 "$TCPKIT" echo ./s --reuse-port
  run -2 "$TCPKIT" connect ./s --timeout 1 --timeout-action reset
  run -2 "$TCPKIT" echo 127.0.0.1:0 --unix-mode 600
}
