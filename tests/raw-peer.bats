#!/usr/bin/env bats
# Connections with a peer that implements TCP by hand and does what a system's stack does not do on
# demand. Checks the records of each layer, and that no layer contradicts another. tshark reads the
# --pcap file as we do.

# shellcheck disable=SC2016,SC2154 # the shell inside expands it, and what helpers set
load helpers/tcpkit
load helpers/network

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  [ -c /dev/net/tun ] || skip "needs /dev/net/tun"
  own_network
}
teardown() { stop_all; }

layers=(--json "--layers=call,event,kernel,wire,note" --trace-file t.json --pcap t.pcap)

play() { # play SCENARIO [PORT [4|6]]   the peer, which is there
  start_cmd peer "${inside[@]}" "$BATS_TEST_DIRNAME/support/raw/peer" "$@"
  wait_for peer.out '^up$'
}

client() { # client STATUS SCENARIO ARG...   a client of that peer ends with the status
  play "$2"
  run -"$1" --separate-stderr timeout 60 "${inside[@]}" "$TCPKIT" connect 10.8.0.2:5000 "${layers[@]}" "${@:3}" </dev/null
  judge
}

server() { # server STATUS SCENARIO ARG...   likewise a server
  start_cmd server "${inside[@]}" "$TCPKIT" listen 0.0.0.0:0 --port-file "$BATS_TEST_TMPDIR/server.port" \
    "${layers[@]}" "${@:3}"
  port=$(port_of server)
  play "$2" "$port"
  assert_equal "$(status_of server 20)" "$1"
  judge
}

judge() { # judge   the peer's scenario, and the trace
  wait_for peer.out '^done$'
  stop peer
  run -0 "$BATS_TEST_DIRNAME/check/contradictions" --complete t.json
  assert_output ''
  command -v tshark >/dev/null || return 0
  run -0 --separate-stderr "$BATS_TEST_DIRNAME/check/against_tshark" t.json t.pcap
  assert_output ''
}

states() { # states WORD...   all states of the connection, in their order
  run -0 jq -sr '[.[] | select(.event == "state" and .role != "listener") | .to] | join(" ")' t.json
  assert_output "$*"
}

events() { # events WORD...   its events, in their order
  run -0 jq -sr '[.[] | select(.layer == "event" and .role != "listener") | .event] | join(" ")' t.json
  assert_output "$*"
}

labelled() { # labelled LABEL   at least one segment has that label
  run -0 jq -s --arg name "$1" 'any(.label == $name)' t.json
  assert_output true
}

@test "simultaneous open: SYN_RCVD lies between SYN_SENT and ESTABLISHED" {
  client 0 simultaneous_open --do 'expect data "hello"' --do end --do 'expect close hadError=false'
  states SYN_SENT SYN_RCVD ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT
}

@test "a RST in SYN_RCVD after a simultaneous open is no connection" {
  client 6 reset_in_syn_rcvd
  states SYN_SENT SYN_RCVD CLOSED
}

@test "a RST in SYN_SENT is a refusal" {
  client 4 refused
  states SYN_SENT CLOSED
}

@test "a SYN,ACK for another SYN is answered by a RST, and the right one makes the connection" {
  client 0 wrong_ack --do 'expect data "hello"' --do end --do 'expect close hadError=false'
  states SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT
}

@test "an old SYN before the real one: the server has one connection" {
  server 0 old_syn --do 'expect data "hello"' --do 'send "hi"' --do 'expect end' --do end --do 'expect close hadError=false'
  states SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED
}

@test "a client that is reset in SYN_RCVD does not use up the server" {
  server 0 reset_before_accept --do 'expect data "hello"' --do 'send "hi"' --do 'expect end' --do end --do 'expect close hadError=false'
  states SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED
}

@test "a peer that does not know the connection resets it when data arrives" {
  client 0 half_open_data --do 'expect data "hello"' --do 'send "hi"' --do 'expect error code=ECONNRESET'
  states SYN_SENT ESTABLISHED CLOSED
}

@test "a peer that has restarted and sends a SYN gets an ACK, and resets" {
  client 0 half_open_syn --do 'send "hi"' --do 'expect error code=ECONNRESET'
  states SYN_SENT ESTABLISHED CLOSED
}

@test "a RST and a SYN with a wrong number do not end the connection" {
  client 0 challenge --do 'expect data "one"' --do 'send "hi"' --do 'expect data "two"' --do 'send "ho"' \
    --do 'expect end' --do end --do 'expect close hadError=false'
  states SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED
}

@test "data and a FIN beyond the window are ignored" {
  client 0 out_of_window --do 'expect data "one"' --do 'send "hi"' --do 'expect data "two"' --do 'send "ho"' \
    --do 'expect end' --do end --do 'expect close hadError=false bytesRead=6'
  states SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED
}

@test "an ACK of bytes that were never sent acknowledges nothing" {
  client 0 ack_of_nothing --do 'expect data "one"' --do 'send "hi"' --do 'expect data "two"' --do 'send "ho"' \
    --do 'expect end' --do end --do 'expect close hadError=false bytesRead=6'
  states SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED
}

@test "a FIN with data that is sent three times is one end" {
  client 0 fin_with_data --allow-half-open --do 'send "hi"' --do 'expect data "last"' --do 'expect end' \
    --do 'sleep 300ms' --do 'send "bye"' --do end --do 'expect close hadError=false'
  states SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED
  labelled retransmission
}

@test "a FIN that overtakes the data before it is no end until they have come" {
  client 0 fin_before_data --do 'send "hi"' --do 'expect data "last"' --do 'expect end' --do 'expect close hadError=false'
  states SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED
  labelled out-of-order
}

@test "a FIN that is lost is sent again" {
  client 0 lost_fin --do 'expect data "hello"' --do end --do 'expect close hadError=false'
  states SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT
  labelled retransmission
}

@test "simultaneous close: CLOSING lies between FIN_WAIT1 and TIME_WAIT" {
  client 0 simultaneous_close --do 'expect data "hello"' --do end --do 'expect close hadError=false'
  states SYN_SENT ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT
}

@test "data in FIN_WAIT2 is read" {
  client 0 data_in_fin_wait2 --do end --do 'expect close hadError=false bytesRead=6'
  states SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT
}

@test "data after destroy is answered by a RST" {
  client 0 data_after_close --do 'expect data "hello"' --do destroy --do 'expect close hadError=false'
  states SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSED
}

@test "data before a RST that nobody has read" {
  client 0 reset_with_data --do pause --do 'send "hi"' --do 'sleep 500ms' --do resume \
    --do 'expect error code=ECONNRESET'
  states SYN_SENT ESTABLISHED CLOSED
}

@test "a FIN and a RST right after it" {
  client 0 fin_then_reset --allow-half-open --do pause --do 'send "hi"' --do 'sleep 500ms' --do resume \
    --do 'expect close hadError=true'
  states SYN_SENT ESTABLISHED CLOSE_WAIT CLOSED
}

@test "a RST in FIN_WAIT1 is an error" {
  client 0 reset_in_fin_wait1 --do 'expect data "hello"' --do end --do 'expect error code=ECONNRESET'
  states SYN_SENT ESTABLISHED FIN_WAIT1 CLOSED
}

@test "a RST in FIN_WAIT2 is an error" {
  client 0 reset_in_fin_wait2 --do 'expect data "hello"' --do end --do 'expect error code=ECONNRESET'
  states SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSED
}

@test "a RST in LAST_ACK acknowledges nothing" {
  client 0 reset_in_last_ack --do 'send "hi"' --do 'expect end' --do 'expect close'
  states SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED
  run -0 jq -s 'any(.event == "finAcked")' t.json
  assert_output false
}

@test "the bytes acknowledged before a RST are those that the ACKs acknowledged" {
  client 0 partial_ack_then_reset --do 'send "hello"' --do 'expect error code=ECONNRESET'
  run -0 jq -s 'map(select(.event == "ack") | .bytesAcked) | max' t.json
  assert_output 3
}

@test "a closed window is probed until it opens" {
  client 0 zero_window --do 'send 10000' --do end --do 'expect close hadError=false bytesWritten=10000'
  states SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT
  labelled zero-window
  labelled window-probe
}

@test "a window that shrinks loses nothing" {
  client 0 window_shrinks --do 'send 20000' --do end --do 'expect close hadError=false bytesWritten=20000'
  states SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT
}

@test "keep-alive probes that are answered" {
  client 0 keep_alive_answered --keep-alive=1 --keep-alive-interval 1 --do 'expect data "hello"' \
    --do 'expect segment label=keep-alive-ack within 20s' --do 'expect segment label=keep-alive-ack within 20s' \
    --do 'sleep 500ms' --do end --do 'expect close hadError=false'
  labelled keep-alive
  run -0 jq -s 'map(select(.event == "keepaliveAck")) | length' t.json
  assert_output 2
}

@test "keep-alive probes that are not answered end the connection" {
  client 0 keep_alive_unanswered --keep-alive=1 --keep-alive-interval 1 --keep-alive-count 2 \
    --do 'expect data "hello"' --do 'expect error code=ETIMEDOUT within 20s'
  labelled keep-alive
  states SYN_SENT ESTABLISHED CLOSED
  run -0 jq -sc 'map(select(.event == "keepaliveProbe") | .unanswered)' t.json
  assert_output '[1,2]'
}

@test "keep-alive probes of the peer are answered, and do not count as data" {
  client 0 keep_alive_of_the_peer --do 'expect data "hello"' --do 'send "hi"' --do 'expect end within 20s' \
    --do 'expect close hadError=false bytesRead=5'
  labelled keep-alive
  labelled keep-alive-ack
}

@test "data that overtakes other data is read in its order, without SACK and with it" {
  local scenario
  for scenario in hole hole_with_sack; do
    client 0 "$scenario" --do 'send "hi"' --do 'expect data "helloworld"' --do end --do 'expect close hadError=false'
    labelled out-of-order
  done
  run -0 jq -s 'any(.options // [] | any(startswith("sack ")))' t.json
  assert_output true
}

@test "a segment that three ACKs ask for is sent again at once, without SACK and with it" {
  local scenario
  for scenario in fast_retransmission fast_retransmission_with_sack; do
    client 0 "$scenario" --do 'send 10000' --do end --do 'expect close hadError=false'
    labelled retransmission
    run -0 jq -s 'any(.event == "retransmit")' t.json
    assert_output true
  done
}
