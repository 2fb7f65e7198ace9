#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2034,SC2317 # helpers/order reads and calls what a test sets
# The listener's events, against Node's: failures of listen(), dropped clients, the order at the
# end.

load helpers/tcpkit
load helpers/order

teardown() {
  stop_all
}

refused_alike() { # refused_alike PORT   both servers fail with the same event
  start_server server-kit kit
  assert_equal "$(status_of server-kit)" 1
  normal server-kit "$1" >"$BATS_TEST_TMPDIR/server-kit.events"
  find_node || return 0
  start_server server-node node
  assert_equal "$(status_of server-node)" 0
  normal server-node "$1" >"$BATS_TEST_TMPDIR/server-node.events"
  same server-kit server-node
}

error() { # error FILTER
  jq -c "select(.event == \"error\") | .error | $1" "$(trace_of server-kit)"
}

@test "the address is in use" {
  start_cmd peer "$SUPPORT/peer" hold
  local port
  port=$(port_of peer)
  node_server=("{\"host\":\"127.0.0.1\",\"port\":$port}")
  kit_server=(listen "127.0.0.1:$port")
  refused_alike "$port"
  run -0 names server-kit
  assert_output 'listener error'
  run -0 error .
  assert_output "{\"name\":\"Error\",\"code\":\"EADDRINUSE\",\"errno\":-98,\"syscall\":\"listen\",\"address\":\"127.0.0.1\",\"port\":$port,\"message\":\"listen EADDRINUSE: address already in use 127.0.0.1:$port\"}"
}

@test "the dual-stack address is in use by an IPv4 listener" {
  start_cmd peer "$SUPPORT/peer" hold
  local port
  port=$(port_of peer)
  node_server=("{\"port\":$port}")
  kit_server=(echo "$port")
  refused_alike "$port"
  run -0 error .message
  assert_output "\"listen EADDRINUSE: address already in use :::$port\""
}

@test "the path is in use: port -1" {
  local path=$BATS_TEST_TMPDIR/socket
  start other listen "unix:$path"
  until_true "$path" test -S "$path"
  node_server=("{\"path\":\"$path\"}")
  kit_server=(listen "unix:$path")
  refused_alike -2
  run -0 error '[.code, .syscall, .address, .port, .message]'
  assert_output "[\"EADDRINUSE\",\"listen\",\"$path\",-1,\"listen EADDRINUSE: address already in use $path\"]"
  [ -S "$path" ]
}

@test "the path's directory is missing: ENOENT (Node: EACCES)" {
  start s listen "unix:$BATS_TEST_TMPDIR/no/such" --json
  assert_equal "$(status_of s)" 1
  check_trace s.err
  run -0 jq -c 'select(.event == "error") | .error | [.code, .syscall, .port]' "$BATS_TEST_TMPDIR/s.err"
  assert_output '["ENOENT","listen",-1]'
}

@test "a client beyond --max-connections is dropped" {
  first_client_then_second() {
    local port
    port=$(port_of "$1")
    launch "$1-first" "$BATS_TEST_TMPDIR/fifo" "$SUPPORT/peer" --connect 127.0.0.1 "$port" hold
    wait_for "$(trace_of "$1")" '"event":"connection"'
    start "$1-second" connect "127.0.0.1:$port" --recv-only --json
    assert_equal "$(status_of "$1-second")" 0
    run -0 events "$1-second.err" 'select(.layer == "event")'
    assert_output 'connectionAttempt
connect
ready
end
finish
close'
    wait_for "$(trace_of "$1")" '"event":"drop"'
    normal "$1" "$port" open | jq -cS 'select(.role == "listener")' >"$BATS_TEST_TMPDIR/$1.events"
  }
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 9<>"$BATS_TEST_TMPDIR/fifo"
  node_server=('{"host":"127.0.0.1","port":0,"maxConnections":1}')
  kit_server=(echo 127.0.0.1:0 --max-connections 1)
  start_server server-kit kit
  first_client_then_second server-kit
  run -0 names server-kit
  assert_output 'listener listening
listener connection
listener drop'
  run -0 jq -c 'select(.event == "drop") | [.reason, .option, has("conn")]' "$(trace_of server-kit)"
  assert_output '["maxConnections","--max-connections",false]'
  if find_node; then
    start_server server-node node
    first_client_then_second server-node
    same server-kit server-node
  fi
  exec 9>&-
}

@test "--max-connections 0 drops all and uses up no number" {
  start s listen -k 127.0.0.1:0 --max-connections 0 --json --port-file "$BATS_TEST_TMPDIR/s.port"
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of s)" --recv-only
  wait_for s.err '"event":"drop"'
  stop s
  assert_equal "$(status_of s)" 143
  check_trace s.err
  run -0 events s.err 'select(.layer == "event")'
  assert_output 'listening
drop
close'
}

@test "many clients: a number and a count each; the listener closes before the last connection" {
  start s echo 127.0.0.1:0 --json --port-file "$BATS_TEST_TMPDIR/s.port"
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 9<>"$BATS_TEST_TMPDIR/fifo"
  launch one "$BATS_TEST_TMPDIR/fifo" "$SUPPORT/peer" --connect 127.0.0.1 "$(port_of s)" hold fin readeof
  wait_for s.out '"connections":1'
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send x
  assert_output x
  wait_for s.out '"conn":2,"event":"close"'
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send y
  wait_for s.out '"conn":3,"event":"close"'
  stop s
  wait_for s.out '"layer":"call","role":"listener","event":"close"'
  exec 9>&-
  assert_equal "$(status_of s)" 143
  check_trace s.out
  run -0 jq -c 'select(.event == "connection") | [.conn, .connections]' "$BATS_TEST_TMPDIR/s.out"
  assert_output '[1,1]
[2,2]
[3,2]'
  run -0 jq -r 'select(.layer == "event" and .event == "close") | "\(.role) \(.conn)"' "$BATS_TEST_TMPDIR/s.out"
  assert_output 'server 2
server 3
listener null
server 1'
}

@test "no client within --accept-timeout: timeout and close of the listener" {
  start s listen 127.0.0.1:0 --accept-timeout 50ms --json
  assert_equal "$(status_of s)" 5
  check_trace s.err
  run -0 jq -c 'select(.role == "listener") | [.layer, .event, .timeoutMs, .kind, .option]' "$BATS_TEST_TMPDIR/s.err"
  assert_output '["call","listen",null,null,null]
["event","listening",null,null,null]
["event","timeout",50,"accept","--accept-timeout"]
["call","close",null,null,null]
["event","close",null,null,null]'
}

@test "a name: its first address" {
  start s listen localhost:0 --json
  wait_for s.err '"event":"listening"'
  run -0 jq -c 'select(.event == "listening") | [.address, .family]' "$BATS_TEST_TMPDIR/s.err"
  assert_output '["::1","IPv6"]'
}
