#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # jq has variables; bats runs each test in a subshell, and sets stderr
# The kernel layer is right even if nothing was observed: the states between two samples, the bytes
# acknowledged when a connection ended, and the reason why it ended.

load helpers/tcpkit
load helpers/network

setup() {
  layers=(--json --layers "call,event,kernel")
}

teardown() {
  stop_all
}

transitions() { # transitions FILE [FILTER]   the states that were entered, one line
  jq -r "${2:-.} | select(.event == \"state\") | .to" "$(path_of "$1")" | paste -sd ' '
}

listening_peer() { # listening_peer ARG...   a server without a trace
  start server listen 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" "$@"
  port=$(port_of server)
}

@test "an orderly close between two samples has all its states, and the FIN is acknowledged" {
  run -0 "$TCPKIT" lab listen-address --json --layers call,event,kernel
  printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/lab"
  run -0 jq -sc '[.[] | select(.event == "state" and .to == "CLOSED" and .from != "SYN_SENT") | .from] | unique' \
    "$BATS_TEST_TMPDIR/lab"
  assert_output '["LAST_ACK"]'
  # Each connection has two ends.
  run -0 jq -s '[.[] | select(.event == "connection")] as $c | [.[] | select(.event == "finAcked")] |
    length == 2 * ($c | length) and length > 0' "$BATS_TEST_TMPDIR/lab"
  assert_output true
}

@test "a connection reset in LAST_ACK after it was closed: no false acknowledgement" {
  listening_peer --recv-buffer 4k --allow-half-open --do pause --do end --do 'sleep 60s'
  start client connect "127.0.0.1:$port" "${layers[@]}" --allow-half-open \
    --do 'expect end' --do 'send 300000' --do end
  wait_for client.err '"layer":"event".*"event":"close"'
  kill -KILL "$(pid_of server)" # with unread data: RST
  [ "$(status_of client)" = 0 ]
  run -0 transitions client.err
  assert_output --regexp '^SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK( CLOSED)?$'
  run -0 jq -s '[.[] | select(.event == "finAcked" or (.event == "ack" and .bytesAcked == 300000))] | length' \
    "$BATS_TEST_TMPDIR/client.err"
  assert_output 0
}

@test "a FIN and a RST between two samples: CLOSE_WAIT was in between" {
  listening_peer --allow-half-open --do 'expect data "go"' --do end --do 'expect state FIN_WAIT2' --do reset
  kill -STOP "$(pid_of server)" # its kernel accepts
  start client connect "127.0.0.1:$port" "${layers[@]}" --allow-half-open --do 'send "go"' --do 'expect close'
  wait_for client.err '"event":"write"'
  kill -STOP "$(pid_of client)"
  kill -CONT "$(pid_of server)"
  status_of server
  kill -CONT "$(pid_of client)"
  status_of client
  run -0 transitions client.err
  assert_output 'SYN_SENT ESTABLISHED CLOSE_WAIT CLOSED'
  run -0 jq -c 'select(.to == "CLOSE_WAIT" or .event == "finAcked") | .inferred' "$BATS_TEST_TMPDIR/client.err"
  assert_output true
}

@test "a connection to itself has the states of a simultaneous open" {
  # One of the ports that the kernel does not assign itself is free.
  local low port
  read -r low _ </proc/sys/net/ipv4/ip_local_port_range
  for port in $((low - 1)) $((low - 2)) $((low - 3)); do
    run --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" -p "$port" "${layers[@]}" </dev/null
    ! grep -q EADDRINUSE <<<"$stderr" || continue
    printf '%s\n' "$stderr" >"$BATS_TEST_TMPDIR/client"
    break
  done
  run -0 transitions client
  assert_output --partial 'SYN_SENT SYN_RCVD ESTABLISHED'
}

@test "connections of one interface and link-local ones are followed to TIME_WAIT" {
  start server echo 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port"
  run -0 --separate-stderr "$TCPKIT" connect "127.0.0.1:$(port_of server)" --interface lo "${layers[@]}" --send x </dev/null
  run -0 transitions <(printf '%s\n' "$stderr")
  assert_output 'SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT'

  own_network
  "${inside[@]}" ip -6 addr add fe80::5/64 dev lo nodad 2>/dev/null || skip "needs IPv6"
  start_cmd local "${inside[@]}" "$TCPKIT" echo '[fe80::5%lo]:0' --port-file "$BATS_TEST_TMPDIR/local.port"
  run -0 --separate-stderr "${inside[@]}" "$TCPKIT" connect "[fe80::5%lo]:$(port_of local)" "${layers[@]}" --send x </dev/null
  run -0 transitions <(printf '%s\n' "$stderr")
  assert_output 'SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT'
}

@test "without sock_diag the end is unknown, and a record reports it" {
  listening_peer -k
  run -0 --separate-stderr "$SUPPORT/inherit" nodiag 9 "$TCPKIT" connect "127.0.0.1:$port" "${layers[@]}" \
    --do 'expect connect' --do destroy
  run -0 transitions <(printf '%s\n' "$stderr")
  assert_output 'SYN_SENT ESTABLISHED null'
}

@test "--fd: an accepted connection has no client's states, and each byte counts" {
  start_cmd ours "$SUPPORT/inherit" accepted 5 "$TCPKIT" connect --fd 5 "${layers[@]}" \
    --do 'send "after"' --do 'expect ack bytesAcked=11' --do end --do 'expect end'
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of ours)" --do 'expect end'
  assert_output beforeafter
  [ "$(status_of ours)" = 0 ]
  run -0 transitions ours.err
  assert_output 'ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT'
  run -0 jq -sc '[.[] | select(.event == "state")][0] | [.from, .to]' "$BATS_TEST_TMPDIR/ours.err"
  assert_output '[null,"ESTABLISHED"]'
  run -0 jq -sc '[.[] | select(.event == "ack").bytesAcked, select(.event == "finAcked").event] | [first, last]' \
    "$BATS_TEST_TMPDIR/ours.err"
  assert_output '[6,"finAcked"]'
}

@test "a server's handshake is over before the accept: its time is that of the segments, or inferred" {
  start server echo 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" "${layers[@]}"
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of server)" </dev/null
  wait_for server.out '"to":"CLOSED"'
  run -0 jq -c 'select(.to == "SYN_RCVD" or (.to == "ESTABLISHED")) | .inferred' "$BATS_TEST_TMPDIR/server.out"
  assert_output $'true\ntrue'

  own_network # or a reason to skip: the lab makes another one for itself
  # The first connection: the client's ACK, and the server's state; unless the server came 40 ms late.
  local good=false
  for _ in {1..10}; do
    "$TCPKIT" lab listen-address --json --layers call,event,kernel,wire >"$BATS_TEST_TMPDIR/lab"
    run -0 jq -s '
      [.[] | select(.layer == "wire" and .actor == "first" and .flags == ["ACK"]) | .t][0] as $ack |
      [.[] | select(.actor == "one" and .to == "ESTABLISHED") | .t][0] - $ack | fabs < 0.000002' "$BATS_TEST_TMPDIR/lab"
    [ "$output" = false ] || good=true
    ! $good || break
  done
  $good
}

@test "a client that waits long to be accepted does not disorder the trace" {
  "$TCPKIT" lab syn-backlog --json --layers call,event,kernel,wire >"$BATS_TEST_TMPDIR/lab" ||
    "$TCPKIT" lab syn-backlog --json --layers call,event,kernel >"$BATS_TEST_TMPDIR/lab"
  run -0 jq -s '[.[].t] | . == sort' "$BATS_TEST_TMPDIR/lab"
  assert_output true
}

@test "no descriptor is opened between connectionAttempt and the SYN" {
  own_network
  start_cmd server "${inside[@]}" "$TCPKIT" echo 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port"
  local port good=false
  port=$(port_of server)
  # Opening the capture takes longer than everything else, unless the processor is busy.
  for _ in {1..10}; do
    run -0 --separate-stderr "${inside[@]}" "$TCPKIT" connect "127.0.0.1:$port" --json --layers call,event,kernel,wire </dev/null
    run -0 jq -s '
      def at(f): [.[] | select(f) | .t][0];
      at(.layer == "call" and .event == "connect") as $call | at(.event == "connectionAttempt") as $attempt |
      at(.to == "SYN_SENT") as $sent | at(.layer == "wire") as $syn |
      $call <= $attempt and $attempt <= $sent and $sent <= $syn + 0.000002 and $syn - $attempt < $attempt - $call' <<<"$stderr"
    [ "$output" = false ] || good=true
    ! $good || break
  done
  $good
}

@test "idle connections cost nothing, and many end soon after SIGTERM" {
  start server echo 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" "${layers[@]}"
  # shellcheck disable=SC2016 # the shell of the clients expands it
  start_cmd clients bash -c 'ulimit -n 4096 && for _ in {1..2000}; do exec {fd}<>"/dev/tcp/127.0.0.1/$0"; done
    echo all && exec sleep infinity' "$(port_of server)"
  LIMIT=20 wait_for clients.out '^all$'
  LIMIT=20 until_true "2000 connections" jq -es '[.[] | select(.event == "connection")] | length == 2000' \
    "$BATS_TEST_TMPDIR/server.out"
  ticks() { # of processor time, in hundredths of a second
    awk '{ print $14 + $15 }' "/proc/$(pid_of server)/stat"
  }
  local before after
  before=$(ticks)
  sleep 3 # while nothing happens
  after=$(ticks)
  [ $((after - before)) -le 8 ]
  stop server
  [ "$(status_of server 20)" = 143 ]
  run -0 jq -s '[.[] | select(.event == "state" and .to == "FIN_WAIT2")] | length' "$BATS_TEST_TMPDIR/server.out"
  assert_output 2000
}
