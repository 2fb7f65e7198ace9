#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2034,SC2317 # helpers/order reads and calls what a test sets
# A connection that is aborted: the events at each end, compared with Node's, and the records that
# tcpkit adds on purpose.

load helpers/tcpkit
load helpers/order

setup() {
  node_server=('{"host":"127.0.0.1","port":0,"clients":1}')
  node_client=('{"host":"127.0.0.1","port":PORT}')
  kit_server=(listen 127.0.0.1:0)
  kit_client=(connect 127.0.0.1:PORT)
}

teardown() {
  stop_all
}

# A peer that performs the actions after its `hold` only when release is called.
held_peer() { # held_peer NAME ACTION...
  local gate=$BATS_TEST_TMPDIR/gate
  rm -f "$gate"
  mkfifo "$gate"
  exec 8<>"$gate"
  launch "$1" "$gate" "$SUPPORT/peer" "${@:2}"
  : >"$BATS_TEST_TMPDIR/$1.says_port"
}

release() { # release NAME   and waits for its end
  exec 8>&-
  status_of "$1" >/dev/null
}

# The connection is reset while tcpkit is stopped: it then finds data followed by the RST.
frozen() { # frozen NAME REGEX   from that record on; `peer` ends meanwhile
  wait_for "$1.trace" "$2"
  stop "$1" STOP
  release peer
  stop "$1" CONT
}

@test "the peer resets an idle client" {
  peer() {
    start_cmd "peer-$1" "$SUPPORT/peer" read:5 rst
    port=$(port_of "peer-$1")
  }
  node_client+=(ready:write=hello)
  kit_client+=(--send hello --no-shutdown)
  compare_clients
  assert_equal "$(status_of client-kit)" 6
  run -0 names client-kit
  assert_output 'client connectionAttempt
client connect
client ready
client error
client close'
  run -0 jq -c 'select(.event == "error") | .error' "$(trace_of client-kit)"
  assert_output '{"name":"Error","code":"ECONNRESET","errno":-104,"syscall":"read","message":"read ECONNRESET"}'
  run -0 cat "$BATS_TEST_TMPDIR/client-kit.err"
  assert_output --regexp '^tcpkit connect: connection to 127\.0\.0\.1:[0-9]+ lost after 0 bytes received, 5 sent: .*ECONNRESET[^
]*$'
}

@test "the peer resets an idle server" {
  peer() {
    start_cmd "peer-$1" "$SUPPORT/peer" --connect 127.0.0.1 "$port" read:5 rst
  }
  node_server+=(connection:write=hello)
  kit_server+=(--send hello --no-shutdown)
  compare_servers
  assert_equal "$(status_of server-kit)" 6
  run -0 names server-kit
  assert_output 'listener listening
listener connection
server error
listener close
server close'
}

@test "the peer closes over unread data: a reset" {
  peer() {
    start_cmd "peer-$1" "$SUPPORT/peer" unread:5 close
    port=$(port_of "peer-$1")
  }
  node_client+=(ready:write=hello)
  kit_client+=(--send hello --no-shutdown)
  compare_clients
  assert_equal "$(status_of client-kit)" 6
}

@test "a client resets the connection; the server gets the error" {
  node_client=('{"host":"127.0.0.1","port":PORT,"timeout":400}' timeout:resetAndDestroy)
  kit_client+=(--recv-only --timeout 400ms --timeout-action reset)
  compare
  run -0 names client-of-kit-kit
  assert_output --partial 'client timeout
client close'
  run -0 names server-by-kit-kit
  assert_output --partial 'server error
listener close
server close'
}

@test "a server resets the connection; the client gets the error" {
  node_server=('{"host":"127.0.0.1","port":0,"clients":1,"timeout":400}' timeout:resetAndDestroy)
  kit_server+=(--timeout 400ms --timeout-action reset)
  kit_client+=(--recv-only)
  compare
  run -0 names server-by-kit-kit
  assert_output --partial 'server timeout
listener close
server close'
}

# Node's server counts such a client; a one-shot server of ours is not used up by it.
@test "a client that resets before it is accepted has no address, then ECONNRESET" {
  start server listen 127.0.0.1:0 --json --trace-file "$BATS_TEST_TMPDIR/server.trace" \
    --port-file "$BATS_TEST_TMPDIR/server.port"
  port=$(port_of server)
  stop server STOP
  "$SUPPORT/peer" --connect 127.0.0.1 "$port" rst >/dev/null
  stop server CONT
  wait_for server.trace '"event":"close"'
  "$SUPPORT/peer" --connect 127.0.0.1 "$port" fin readeof >/dev/null
  assert_equal "$(status_of server)" 0
  check_trace server.trace
  run -0 jq -c 'select(.event == "connection") | [.localAddress, .remoteAddress != null]' "$BATS_TEST_TMPDIR/server.trace"
  assert_output $'["127.0.0.1",false]\n["127.0.0.1",true]'
  run -0 jq -r 'select(.conn == 1 and .layer == "event") | .event' "$BATS_TEST_TMPDIR/server.trace"
  assert_output $'connection\nerror\nclose'
}

@test "a reset after unread data: the data, error, close, no end (Node: end)" {
  held_peer peer hold send:hello acked rst
  kit_client=(connect 127.0.0.1:PORT --no-shutdown)
  start_client c-kit kit "$(port_of peer)"
  frozen c-kit '"event":"ready"'
  assert_equal "$(status_of c-kit)" 6
  check_trace c-kit.trace
  run -0 events c-kit.trace 'select(.layer == "event")'
  assert_output 'connectionAttempt
connect
ready
data
error
close'
  run -0 jq -c 'select(.event == "error") | [.error.code, .error.syscall]' "$BATS_TEST_TMPDIR/c-kit.trace"
  assert_output '["ECONNRESET","read"]'
  run -0 cat "$BATS_TEST_TMPDIR/c-kit.out"
  assert_output hello
}

@test "a reset after a FIN and unread data: data, end, error, close" {
  kit_client=(connect 127.0.0.1:PORT --no-shutdown)
  held_peer peer hold send:hello fin acked rst
  start_client c-kit kit "$(port_of peer)"
  frozen c-kit '"event":"ready"'
  assert_equal "$(status_of c-kit)" 6
  check_trace c-kit.trace
  run -0 events c-kit.trace 'select(.layer == "event")'
  assert_output 'connectionAttempt
connect
ready
data
end
error
close'
  run -0 cat "$BATS_TEST_TMPDIR/c-kit.out"
  assert_output hello
}

@test "the server's side of a reset after unread data" {
  start s listen 127.0.0.1:0 --no-shutdown --json --trace-file "$BATS_TEST_TMPDIR/s.trace" \
    --port-file "$BATS_TEST_TMPDIR/s.port"
  held_peer peer --connect 127.0.0.1 "$(port_of s)" hold sendn:100000 acked rst
  frozen s '"event":"connection"'
  assert_equal "$(status_of s)" 6
  check_trace s.trace
  run -0 jq -r 'select(.event == "error") | .error.code' "$BATS_TEST_TMPDIR/s.trace"
  assert_output ECONNRESET
  run -0 events s.trace 'select(.event == "end" and .layer == "event")'
  assert_output ''
  run -0 wc -c <"$BATS_TEST_TMPDIR/s.out"
  assert_output 100000
}

@test "a reset on a half-open connection is noticed (Node: never)" {
  held_peer peer fin hold rst
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 9<>"$BATS_TEST_TMPDIR/fifo"
  start_fed c fifo connect "127.0.0.1:$(port_of peer)" --allow-half-open --json
  wait_for c.err '"event":"end"'
  release peer
  assert_equal "$(status_of c)" 6
  exec 9>&-
  check_trace c.err
  run -0 events c.err 'select(.layer == "event")'
  assert_output 'connectionAttempt
connect
ready
end
error
close'
  run -0 jq -c 'select(.event == "error") | [.error.code, .error.syscall], .readyState' "$BATS_TEST_TMPDIR/c.err"
  assert_output '["ECONNRESET","read"]
"closed"'
}

@test "sending to a peer that has closed: its RST is noticed" {
  start_cmd peer "$SUPPORT/peer" close
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 9<>"$BATS_TEST_TMPDIR/fifo"
  start_fed c fifo connect "127.0.0.1:$(port_of peer)" --allow-half-open --json
  wait_for c.err '"event":"end"'
  printf x >&9
  assert_equal "$(status_of c)" 6
  exec 9>&-
  check_trace c.err
  run -0 events c.err 'select(.layer == "event")'
  assert_output 'connectionAttempt
connect
ready
end
error
close'
  run -0 jq -c 'select(.event == "close") | [.hadError, .bytesWritten]' "$BATS_TEST_TMPDIR/c.err"
  assert_output '[true,1]'
}
