#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034 # jq's variables; each test is a subshell
# Time limits follow what really happened: neither a stopped process nor a slow reader of stdout nor
# a peer that takes our data slowly counts as a silent peer.

load helpers/tcpkit
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  mkfifo open go
  exec {hold}<>open
}

teardown() {
  stop_all
}

limit=400ms

# A peer that waits at `hold` until go_on is called; sets port.
waiting_peer() { # waiting_peer ACTION...
  launch peer go "$SUPPORT/peer" "$@"
  : >peer.says_port
  exec {gate}>go
  port=$(port_of peer)
}

go_on() {
  exec {gate}>&-
}

client() { # client ARG...   to the port, traced in client.trace, with a stdin that gives nothing
  start_fed client open connect "127.0.0.1:$port" --trace=json --trace-file client.trace "$@"
}

is_stopped() { # is_stopped NAME
  [[ $(cat "/proc/$(pid_of "$1")/stat") =~ \)\ T ]]
}

stop_process() { # stop_process NAME   returns when it is stopped
  kill -STOP "$(pid_of "$1")"
  until_true "$1 to stop" is_stopped "$1"
}

continue_process() { # continue_process NAME   after more than the limit
  sleep 1.2 # the time that must not count
  kill -CONT "$(pid_of "$1")"
}

no_timeout() { # no_timeout TRACE
  run -0 jq -r 'select(.event == "timeout") | .kind' "$1"
  assert_output ''
}

@test "idle: data that arrived while connect was stopped is read before the limit is checked" {
  waiting_peer hold send:answer fin readeof
  client --timeout "$limit" --recv-only
  wait_for client.trace '"event":"ready"'
  stop_process client
  go_on
  continue_process client
  ended client 0
  no_timeout client.trace
  assert_equal "$(cat client.out)" answer
}

@test "idle: data that arrived while listen was stopped is read before the limit is checked" {
  start_fed server open listen 127.0.0.1:0 --port-file "$PWD/server.port" --timeout "$limit" --recv-only --trace=json --trace-file server.trace
  launch peer go "$SUPPORT/peer" --connect 127.0.0.1 "$(port_of server)" hold send:question fin readeof
  exec {gate}>go
  wait_for server.trace '"event":"connection"'
  stop_process server
  go_on
  continue_process server
  ended server 0
  no_timeout server.trace
  assert_equal "$(cat server.out)" question
}

@test "idle: the time in which the process was stopped does not count, the rest does" {
  waiting_peer readeof hold
  client --timeout 1s
  wait_for client.trace '"event":"ready"'
  stop_process client
  continue_process client # longer than the limit
  continued=$(date +%s.%N)
  ended client 5
  run -0 jq -rs --argjson continued "$continued" 'def at: (.time[:19] + "Z" | fromdate) + (.time[19:-1] | tonumber);
    [.[] | select(.event == "timeout")][0] | at - $continued > 0.3' client.trace
  assert_output true
  go_on
}

@test "lookup: an answer that came while connect was stopped is read before it asks again" {
  start_cmd dns "$SUPPORT/bare_dns" 3
  port=$(port_of dns)
  stop_process dns
  start client connect -4 any.test.:1 --dns-server "127.0.0.1:$port"
  # The question waits in the socket of the server: its queue is not empty.
  until_true "the question" grep -qE "^ *[0-9]+: 0100007F:$(printf %04X "$port") .* 07 [0-9A-F]+:0*[1-9A-F]" /proc/net/udp
  stop_process client
  kill -CONT "$(pid_of dns)"
  wait_for dns.out asked
  sleep 2.5 # longer than c-ares waits for an answer: the time that must not count
  questions=$(grep -c asked dns.out)
  kill -CONT "$(pid_of client)"
  ended client 3
  assert_equal "$(grep -c asked dns.out)" "$questions"
}

@test "idle: a slow reader of stdout does not count as silence, and no byte is lost" {
  start_cmd peer "$SUPPORT/peer" sendn:20M fin readeof
  mkfifo slow
  exec {reader}<>slow
  start_cmd client bash -c '"$@" >slow' - "$TCPKIT" connect "127.0.0.1:$(port_of peer)" --timeout "$limit" \
    --recv-only --trace=json --trace-file client.trace
  wait_for client.trace '"event":"pause"'
  sleep 1.2 # more than two limits without a reader
  launch counter slow bash -c 'head -c 20M | tr -d 0123456789abcdef | wc -c'
  ended client 0
  ended counter 0
  no_timeout client.trace
  assert_equal "$(field client.trace 'select(.event == "close") | .bytesRead')" 20971520
  ended peer 0
}

@test "idle: a peer that slowly takes what the kernel holds does not count as silence" {
  start_cmd peer "$SUPPORT/peer" read:64k wait:300 read:64k wait:300 read:64k wait:300 read:64k wait:300 \
    read:64k wait:300 read:64k wait:300 read:64k wait:300 read:64k wait:300 readeof
  port=$(port_of peer)
  head -c 600k /dev/zero >in
  start_fed client in connect "127.0.0.1:$port" --timeout 1s --trace=json --trace-file client.trace
  ended client 0
  no_timeout client.trace
}

@test "connect: a connection that the kernel made while we were stopped is connected" {
  launch hole go "$SUPPORT/blackhole"
  : >hole.says_port
  exec {gate}>go
  port=$(port_of hole)
  client -w "$limit" --deadline 60s
  wait_for client.trace '"event":"connectionAttempt"'
  stop_process client
  go_on
  wait_for hole.out accepted 30 # the SYN comes again
  continue_process client
  wait_for client.trace '"event":"(ready|close)"'
  stop client
  ended client 143
  no_timeout client.trace
  last_events client.trace 'connectionAttempt connect ready end finish destroy close'
}

@test "connect: an attempt that the kernel made while we were stopped has not timed out" {
  launch hole go "$SUPPORT/blackhole"
  : >hole.says_port
  exec {gate}>go
  port=$(port_of hole)
  start_fed client open connect "name.test:$port" --resolve name.test:127.0.0.1,127.0.0.2 --attempt-timeout "$limit" \
    --trace=json --trace-file client.trace
  wait_for client.trace '"event":"connectionAttempt"'
  stop_process client
  go_on
  wait_for hole.out accepted 30
  continue_process client
  wait_for client.trace '"event":"(ready|close)"'
  stop client
  ended client 143
  last_events client.trace 'connectionAttempt connect ready end finish destroy close'
}

@test "accept: a client that arrived while we were stopped has arrived in time" {
  start_fed server open listen 127.0.0.1:0 --port-file "$PWD/server.port" --accept-timeout "$limit" --trace=json --trace-file server.trace
  port=$(port_of server)
  stop_process server
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:hi fin readeof
  port_of peer
  continue_process server
  ended server 0
  no_timeout server.trace
  assert_equal "$(cat server.out)" hi
}

@test "steps: events that occurred while we were stopped are within the time of expect" {
  waiting_peer hold send:answer fin readeof
  start_fed client open connect "127.0.0.1:$port" --do 'expect ready' --do 'expect data "answer" within 400ms' \
    --trace=json --trace-file client.trace
  wait_for client.trace '"event":"ready"'
  stop_process client
  go_on
  continue_process client
  ended client 0
}

@test "-q: an answer that arrived while we were stopped is not lost" {
  waiting_peer readeof hold send:answer fin
  echo question >in
  start_fed client in connect "127.0.0.1:$port" -q "$limit" --trace=json --trace-file client.trace
  wait_for client.trace '"event":"finish"'
  stop_process client
  go_on
  continue_process client
  ended client 0
  assert_equal "$(cat client.out)" answer
}

@test "deadline: it is a point in time, so the time in which the process was stopped counts" {
  waiting_peer readeof
  client --deadline 1s
  wait_for client.trace '"event":"ready"'
  stop_process client
  continue_process client
  ended client 5
  one_line client 'the deadline of 1s has passed$'
}
