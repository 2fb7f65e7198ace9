#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154 # bats runs each test in a subshell, and sets stderr
# The kernel layer: transitions, ACKs and TCP_INFO, sorted by time; steps that wait for them. No
# test needs a privilege, except those in which a peer has to vanish.

load helpers/tcpkit
load helpers/network

setup() {
  layers=(--json --layers "call,event,kernel")
}

teardown() {
  stop_all
}

# The last transitions depend on which end is faster: each name is taken from the field `to`.
transitions() { # transitions FILE [FILTER]   the states that were entered, one line
  jq -r "${2:-.} | select(.event == \"state\") | .to" "$(path_of "$1")" | paste -sd ' '
}

in_time_order() { # in_time_order FILE
  jq -es '[.[].t] as $t | ($t | sort) == $t and ([.[].seq] == [range(1; length + 1)])' \
    "$(path_of "$1")" >/dev/null
}

echo_server() { # echo_server ARG...
  start server echo 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" "$@"
  port=$(port_of server)
}

@test "the end that closes first goes through FIN_WAIT1, FIN_WAIT2, TIME_WAIT; the other through CLOSE_WAIT, LAST_ACK" {
  echo_server "${layers[@]}"
  run -0 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" --send hello "${layers[@]}" </dev/null
  assert_output hello
  printf '%s\n' "$stderr" >"$BATS_TEST_TMPDIR/client"
  run -0 transitions client
  assert_output "SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT"
  wait_for server.out '"layer":"event".*"server".*"close"'
  run -0 transitions server.out 'select(.role == "server")'
  assert_output "SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED"
  run -0 transitions server.out 'select(.role == "listener")'
  assert_output LISTEN
  stop server
  [ "$(status_of server)" = 143 ]
  in_time_order client
  in_time_order server.out
}

@test "each write has its ack, the FIN its finAcked, and the times are in order" {
  echo_server
  run -0 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" "${layers[@]}" \
    --do 'send "one"' --do 'expect data "one"' --do 'send "three"' --do 'expect data "three"' --do end
  printf '%s\n' "$stderr" >"$BATS_TEST_TMPDIR/client"
  run -0 jq -sc '[.[] | select(.event == "ack") | .bytesAcked]' "$BATS_TEST_TMPDIR/client"
  assert_output '[3,8]'
  # shellcheck disable=SC2016
  run -0 jq -es '
    def t($event): [.[] | select(.event == $event) | .t];
    t("write") as $w | t("ack") as $a | t("finAcked") as $f |
    $w[0] <= $a[0] and $w[1] <= $a[1] and $a[0] <= $w[1] and ($f | length) == 1 and
    $a[1] <= $f[0]' "$BATS_TEST_TMPDIR/client"
  in_time_order client
}

# The kernel records an ACK when the segment has arrived, and we are notified before the next step.
# So the times on the wire enclose the kernel's times, however slow the machine is.
@test "the ACKs of writes and FIN lie between the segment that brought them and what is sent next" {
  cat >"$BATS_TEST_TMPDIR/acks.lab" <<'END'
title: The ACKs of two writes and a FIN
lesson: Each comes with a segment.
server: listen --allow-half-open
client: connect server
client: send "one"
client: expect ack bytesAcked=3
client: send "three"
client: expect ack bytesAcked=8
server: expect data "onethree"
client: end
client: expect state FIN_WAIT2
server: send "x"
client: expect data "x"
server: end
client: expect end
END
  own_network # or a reason to skip: the lab makes another one for itself
  "$TCPKIT" lab "$BATS_TEST_TMPDIR/acks.lab" --json --layers call,event,kernel,wire >"$BATS_TEST_TMPDIR/acks"
  # For each: the relative number that acknowledges it, the kernel's time, the time of the same segment
  # on the wire, and that of the next one with data or FIN. Clocks agree to a microsecond or two.
  # shellcheck disable=SC2016
  run -0 jq -sc 'map(select(.actor == "client")) | map(select(.layer == "wire")) as $wire
    | (.[] | select(.event == "connect" and .layer == "event") | .localPort) as $port
    | def after($t): [$wire[] | select(.t > $t and (.len > 0 or (.flags | index("FIN")))) | .t][0];
      def brought($n): [$wire[] | select((.dst | endswith(":\($port)")) and .tcpAck != null and .tcpAck >= $n) | .t][0];
      .[] | select(.layer == "kernel" and (.event == "ack" or .event == "finAcked"))
    | (if .event == "ack" then .bytesAcked + 1 else 10 end) as $n
    | brought($n) as $from | after($from) as $to
    | [$n, .inferred // false, $from <= .t + 0.000002, .t <= $to + 0.000002]' "$BATS_TEST_TMPDIR/acks"
  assert_output '[4,false,true,true]
[9,false,true,true]
[10,false,true,true]'
}

@test "info at connect and at close" {
  echo_server
  run -0 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" --send hello "${layers[@]}" </dev/null
  run -0 jq -sc '[.[] | select(.event == "info")] |
    [length, .[0].bytesAcked, .[1].bytesAcked, (.[1].rttUs > 0), (.[1].mss > 500), .[1].retransmits]' <<<"$stderr"
  assert_output '[2,0,5,true,true,0]'
}

@test "a RST leads to CLOSED at both ends, and refusal from SYN_SENT" {
  start server listen 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" "${layers[@]}" \
    --do 'send "x"' --do 'expect error code=ECONNRESET'
  port=$(port_of server)
  run -0 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" "${layers[@]}" \
    --do 'expect data "x"' --do reset
  printf '%s\n' "$stderr" >"$BATS_TEST_TMPDIR/client"
  run -0 transitions client
  assert_output "SYN_SENT ESTABLISHED CLOSED"
  assert_equal "$(status_of server)" 0
  run -0 transitions server.err 'select(.role == "server")'
  assert_output "SYN_RCVD ESTABLISHED CLOSED"

  run -4 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" "${layers[@]}" </dev/null
  printf '%s\n' "$stderr" >"$BATS_TEST_TMPDIR/refused"
  run -0 transitions refused
  assert_output "SYN_SENT CLOSED"
}

@test "a connection closed early is followed: an orphan in FIN_WAIT2 until the peer's FIN, 2 s at most" {
  start server listen 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" --allow-half-open \
    --do 'expect end' --do 'sleep 300ms' --do end
  port=$(port_of server)
  run -0 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" "${layers[@]}" \
    --do 'expect connect' --do destroy --do 'expect state FIN_WAIT2' --do 'expect state TIME_WAIT'
  # shellcheck disable=SC2016
  run -0 jq -es 'map(.event) as $e | ($e | index("close")) as $close |
    (map(.to == "TIME_WAIT") | index(true)) > $close' <<<"$stderr"
}

@test "only observed changes are not inferred" {
  echo_server "${layers[@]}"
  run -0 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" "${layers[@]}" </dev/null
  # Over loopback connect(2) returns after the handshake.
  run -0 jq -c 'select(.to == "SYN_SENT") | .inferred' <<<"$stderr"
  assert_output true
  run -0 jq -c 'select(.to == "TIME_WAIT") | has("inferred")' <<<"$stderr"
  assert_output false
}

@test "steps wait for states and ACKs without a trace" {
  echo_server
  run -0 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" --do 'send "hi"' \
    --do 'expect ack bytesAcked=2' --do end --do 'expect end' --do 'expect state FIN_WAIT1' \
    --do 'expect state FIN_WAIT2' --do 'expect state TIME_WAIT'
  assert_output hi
  assert_equal "$stderr" ""
  run -8 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" --do end \
    --do 'expect state CLOSE_WAIT within 200ms'
  assert_regex "$stderr" '--do 2: expect state CLOSE_WAIT within 200ms: not within 0.2s; what came: .*TIME_WAIT'
  run -0 "$TCPKIT" connect "127.0.0.1:$port" --do 'expect connect' --do 'refute state CLOSE_WAIT for 50ms'
}

@test "the steps of a server see the states of the handshake" {
  start server listen 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" \
    --do 'expect state SYN_RCVD' --do 'expect state ESTABLISHED' --do 'expect state CLOSE_WAIT'
  port=$(port_of server)
  run -0 "$TCPKIT" connect "127.0.0.1:$port" </dev/null
  assert_equal "$(status_of server)" 0
}

@test "a step may end the connection at once on a record of the kernel" {
  start server echo 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" --allow-half-open \
    --do 'expect end' --do 'sleep 100ms'
  port=$(port_of server)
  local moment
  for moment in 'ack bytesAcked=2' 'state FIN_WAIT1' 'state FIN_WAIT2'; do
    run -0 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" "${layers[@]}" \
      --do 'send "hi"' --do end --do "expect $moment" --do destroy
    run -0 transitions <(printf '%s\n' "$stderr")
    assert_output --regexp '^SYN_SENT ESTABLISHED FIN_WAIT1'
  done
}

@test "states that do not exist are refused" {
  run -2 --separate-stderr "$TCPKIT" connect 127.0.0.1:1 --do 'expect state FINWAIT2'
  assert_regex "$stderr" "unknown state 'FINWAIT2'; did you mean FIN_WAIT2\?"
  run -2 --separate-stderr "$TCPKIT" connect 127.0.0.1:1 --do 'expect state x'
  assert_regex "$stderr" "the states are CLOSED, LISTEN"
  run -2 "$TCPKIT" connect 127.0.0.1:1 --do 'expect ack x'
}

@test "retransmissions to a peer that vanished" {
  own_network
  start_cmd server "${inside[@]}" "$TCPKIT" listen 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" \
    --do 'expect data "ready"' --do 'send "go"' --do vanish --do 'sleep 1500ms'
  until_true "the port" test -s "$BATS_TEST_TMPDIR/server.port"
  port=$(cat "$BATS_TEST_TMPDIR/server.port")
  run -0 --separate-stderr "${inside[@]}" "$TCPKIT" connect "127.0.0.1:$port" "${layers[@]}" \
    --user-timeout 1s --do 'send "ready"' --do 'expect data "go"' --do 'sleep 200ms' \
    --do 'send "lost"' --do 'expect error code=ETIMEDOUT'
  run -0 jq -sc '[.[] | select(.event == "retransmit" and .count > 0) | .count] | .[0:2]' <<<"$stderr"
  assert_output '[1,2]'
  run -0 jq -sc '[.[] | select(.event == "state") | .to] | .[-1]' <<<"$stderr"
  assert_output '"CLOSED"'
}

@test "a Unix socket has no TCP states" {
  start server echo "$BATS_TEST_TMPDIR/s" --port-file "$BATS_TEST_TMPDIR/server.port" "${layers[@]}"
  until_true "the path" test -s "$BATS_TEST_TMPDIR/server.port"
  run -0 --separate-stderr "$TCPKIT" connect "$BATS_TEST_TMPDIR/s" --send x "${layers[@]}" </dev/null
  assert_output x
  run -0 jq -sc 'map(select(.layer == "kernel")) | length' <<<"$stderr"
  assert_output 0
}

@test "100 times: the ACK of the write and of the FIN, and all transitions" {
  echo_server
  for _ in {1..100}; do
    run -0 "$TCPKIT" connect "127.0.0.1:$port" --do 'send "x"' --do end \
      --do 'expect ack bytesAcked=1' --do 'expect state FIN_WAIT2' --do 'expect state TIME_WAIT'
  done
}

@test "keep-alive probes are reported by every command, also if keep-alive is set later" {
  echo_server
  local options
  for options in '--keep-alive=1' '--do set\ keep-alive=1'; do
    eval "start client connect 127.0.0.1:$port $options --layers kernel --json --do 'sleep 2500ms'"
    [ "$(status_of client)" = 0 ]
    wait_for client.err '"event":"keepaliveAck"'
  done
}

@test "a RST in LAST_ACK acknowledges nothing" {
  # Our FIN waits behind data that does not fit into the window; while paused, we keep the descriptor.
  start server listen 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" --recv-buffer 4k --allow-half-open \
    --do pause --do end --do 'sleep 400ms' --do reset
  start client connect "127.0.0.1:$(port_of server)" "${layers[@]}" --allow-half-open --do pause \
    --do 'expect state CLOSE_WAIT' --do 'send 60000' --do end --do 'expect state CLOSED' --do resume --do 'expect error'
  [ "$(status_of client)" = 0 ]
  run -0 transitions client.err
  assert_output 'SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED'
  run -0 events client.err 'select(.event == "finAcked")'
  assert_output ''
}

@test "with --fast-open the bytes sent with the SYN are counted, and no others" {
  own_network
  # 0x607: both ends, without a cookie, and every listener.
  "${inside[@]}" sh -c 'echo 1543 >/proc/sys/net/ipv4/tcp_fastopen' 2>/dev/null || skip "needs TCP Fast Open"
  start_cmd server "${inside[@]}" "$TCPKIT" echo 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port"
  run -0 --separate-stderr "${inside[@]}" "$TCPKIT" connect "127.0.0.1:$(port_of server)" --fast-open "${layers[@]}" \
    --send 'hello world' --send ' and more' </dev/null
  assert_output 'hello world and more'
  printf '%s\n' "$stderr" >"$BATS_TEST_TMPDIR/client"
  run -0 jq -s '[.[] | select(.event == "ack").bytesAcked] | . == sort and last == 20' "$BATS_TEST_TMPDIR/client"
  assert_output true
  run -0 transitions client
  assert_output "SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT"
}
