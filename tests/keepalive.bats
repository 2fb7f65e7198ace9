#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets stderr
# keepalive: probes that are answered, a peer that vanished, data in flight; measured times against
# the values of the options. The kernel's timers are late by up to an eighth, so no time is exact.

load helpers/tcpkit
load helpers/network

inside=()

teardown() {
  stop_all
}

summary() { # summary NAME [FILTER]
  jq -c "select(.event == \"summary\") | ${2:-.}" "$BATS_TEST_TMPDIR/$1.out"
}

kernel() { # kernel NAME   the records of the kernel, as "event seconds"
  jq -r 'select(.layer == "kernel") | "\(.event) \(.t)"' "$BATS_TEST_TMPDIR/$1.out"
}

# Within 10 % of the expected time, plus the delay of a busy machine.
about() { # about MS EXPECTED_MS
  local slow=${CI:+4}
  (($1 * 10 >= $2 * 9 && $1 * 10 <= $2 * 11 + ${slow:-1} * 2500)) || {
    printf '%s ms is not about %s ms\n' "$1" "$2" >&2
    return 1
  }
}

# A connection whose peer vanishes before tcpkit can send it anything.
vanished_client() { # vanished_client NAME ARG...   keepalive as the server of it
  start_cmd "$1" "${inside[@]}" "$TCPKIT" keepalive --listen 127.0.0.1:0 --json \
    --port-file "$BATS_TEST_TMPDIR/$1.port" "${@:2}"
  local port
  port=$(port_of "$1")
  stop "$1" STOP
  start_cmd "peer-$1" "${inside[@]}" "$SUPPORT/peer" --connect 127.0.0.1 "$port" vanish hold
  wait_for "peer-$1.out" vanished
  stop "$1" CONT
}

@test "an answering peer is probed at idle, 2 x idle, 3 x idle; why not at each interval is said once" {
  start_cmd peer "$SUPPORT/peer" readeof
  start c keepalive "127.0.0.1:$(port_of peer)" --idle 2s --interval 1s --for 7s --json
  assert_equal "$(status_of c 12)" 0
  check_trace c.out
  run -0 events c.out 'select(.layer == "kernel")'
  assert_output 'keepaliveProbe
keepaliveAck
keepaliveProbe
keepaliveAck
keepaliveProbe
keepaliveAck'
  local connected at i=0
  connected=$(jq 'select(.event == "ready") | .t' "$BATS_TEST_TMPDIR/c.out")
  for at in $(jq --argjson start "$connected" 'select(.event == "keepaliveProbe") | (.t - $start) * 1000 | floor' "$BATS_TEST_TMPDIR/c.out"); do
    about "$at" $((2000 * ++i))
  done
  run -0 summary c '[.probes, .answered, .noticedMs]'
  assert_output '[3,3,null]'
  run -0 jq -r 'select(.event == "step") | .text' "$BATS_TEST_TMPDIR/c.out"
  assert_output 'a silent peer is probed after 2s; a dead one is found out after 5s: idle 2s + interval 1s x count 3
an answer starts the idle time again: answered probes repeat every 2s (idle), and the interval of 1s spaces unanswered ones only'
  assert_equal "$(status_of peer)" 0
  run -0 tail -n 1 "$BATS_TEST_TMPDIR/peer.out"
  assert_output 'eof 0 '
}

@test "tcpdump sees the probes that are reported" {
  own_network tcpdump
  start_cmd peer "${inside[@]}" "$SUPPORT/peer" readeof
  local port
  port=$(port_of peer)
  start_cmd c "${inside[@]}" "$TCPKIT" keepalive "127.0.0.1:$port" --idle 1s --for 2500ms --json
  assert_equal "$(status_of c 8)" 0
  captured
  # The peer answers a probe and the FIN, and nothing else, with a bare ACK. The ACK of the FIN may
  # be part of the peer's own FIN.
  run -0 flags_from "$port"
  local acks
  acks=$(grep -cx '\.' <<<"$output")
  ((acks == 2 || acks == 3)) || fail "$acks segments are an ACK alone"
  assert_equal "$(summary c '[.probes, .answered]')" '[2,2]'
}

@test "a server probes its client as well" {
  start s keepalive --listen 127.0.0.1:0 --idle 1s --for 1500ms --json --port-file "$BATS_TEST_TMPDIR/s.port"
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$(port_of s)" readeof
  assert_equal "$(status_of s)" 0
  run -0 jq -r 'select(.layer == "kernel") | "\(.role) \(.conn) \(.event)"' "$BATS_TEST_TMPDIR/s.out"
  assert_output 'server 1 keepaliveProbe
server 1 keepaliveAck'
}

@test "traffic delays the probes, and does not count as an answer" {
  start_cmd peer "$SUPPORT/peer" send:a wait:600 send:b wait:600 send:c wait:600 send:d readeof
  start c keepalive "127.0.0.1:$(port_of peer)" --idle 1s --for 2300ms --json
  assert_equal "$(status_of c)" 0
  run -0 kernel c
  assert_output ''
  run -0 summary c '[.probes, .answered]'
  assert_output '[0,0]'
}

@test "a vanished peer is found out after idle + interval x count: ETIMEDOUT, status 5" {
  own_network
  start_cmd peer "${inside[@]}" "$SUPPORT/peer" vanish hold
  start_cmd c "${inside[@]}" "$TCPKIT" keepalive "127.0.0.1:$(port_of peer)" --idle 2s --interval 1s --count 2 --json
  assert_equal "$(status_of c 10)" 5
  check_trace c.out
  run -0 jq -c 'select(.layer == "kernel") | [.event, .unanswered]' "$BATS_TEST_TMPDIR/c.out"
  assert_output '["keepaliveProbe",1]
["keepaliveProbe",2]'
  run -0 jq -r 'select(.event == "error") | .error | "\(.code) \(.syscall)"' "$BATS_TEST_TMPDIR/c.out"
  assert_output 'ETIMEDOUT read'
  run -0 summary c '[.probes, .answered, .theoryMs, .inFlight]'
  assert_output '[2,0,4000,false]'
  about "$(summary c .noticedMs)" 4000
  run -0 summary c .text
  assert_output --regexp '^"2 probes, 0 answered; the dead peer was found out [0-9.]+m?s after it was last heard \(theory: 4s: idle 2s \+ interval 1s x count 2\)"$'
  run -0 cat "$BATS_TEST_TMPDIR/c.err"
  assert_output --regexp '^tcpkit keepalive: connection to 127\.0\.0\.1:[0-9]+ lost after 0 bytes received, 0 sent: timed out \(ETIMEDOUT\): [^
]*$'
}

@test "--user-timeout replaces the count: the first probe that is due after it" {
  own_network
  start_cmd peer "${inside[@]}" "$SUPPORT/peer" vanish hold
  start_cmd c "${inside[@]}" "$TCPKIT" keepalive "127.0.0.1:$(port_of peer)" --idle 1s --interval 1s --count 9 \
    --user-timeout 2500ms --json
  assert_equal "$(status_of c 10)" 5
  run -0 summary c '[.theoryMs, .inFlight]'
  assert_output '[3000,false]'
  about "$(summary c .noticedMs)" 3000
}

@test "--user-timeout with data in flight: no probes, the peer is given up by retransmission" {
  own_network
  vanished_client s --idle 1s --interval 1s --count 1 --user-timeout 2s --send hello
  assert_equal "$(status_of s 10)" 5
  check_trace s.out
  run -0 summary s '[.probes, .inFlight]'
  assert_output '[0,true]'
  about "$(summary s .noticedMs)" "$(summary s .theoryMs)"
  assert [ "$(summary s .theoryMs)" -ge 2000 ]
  run -0 jq -r 'select(.event == "step") | .text' "$BATS_TEST_TMPDIR/s.out"
  assert_line 'data is in flight: the kernel sends it again, and no keep-alive probes; --user-timeout gives up after 2s'
  run -0 jq -s 'map(select(.event == "retransmit" and .count > 0) | .count) | . == [range(1; length + 1)] and length > 0' "$BATS_TEST_TMPDIR/s.out"
  assert_output true
}

@test "without --user-timeout data in flight keeps a dead peer unnoticed where probes would not" {
  own_network
  vanished_client s --idle 1s --interval 1s --count 1 --send hello --for 4s
  assert_equal "$(status_of s 12)" 0
  check_trace s.out
  run -0 summary s '[.probes, .noticedMs]'
  assert_output '[0,null]'
  run -0 jq -r 'select(.event == "step") | .text' "$BATS_TEST_TMPDIR/s.out"
  assert_line --partial 'it gives up after tcp_retries2 times'
  # Four seconds without an answer: twice the time of two probes.
  run -0 jq -s 'map(select(.event == "retransmit")) | length >= 2' "$BATS_TEST_TMPDIR/s.out"
  assert_output true
}

@test "the peer ends: we end as well, status 0; it resets: status 6" {
  start_cmd one "$SUPPORT/peer" fin readeof
  start c keepalive "127.0.0.1:$(port_of one)" --json
  assert_equal "$(status_of c)" 0
  check_trace c.out
  start_cmd two "$SUPPORT/peer" rst
  start d keepalive "127.0.0.1:$(port_of two)" --json
  assert_equal "$(status_of d)" 6
  check_trace d.out
}

@test "a signal ends the connection in order: 128 + N, with the summary" {
  start_cmd peer "$SUPPORT/peer" readeof
  start c keepalive "127.0.0.1:$(port_of peer)" --json
  wait_for c.out 'a silent peer is probed after 2s'
  stop c
  assert_equal "$(status_of c)" 143
  check_trace c.out
  run -0 summary c '[.probes, .answered]'
  assert_output '[0,0]'
}

@test "the socket has the three values, and --user-timeout" {
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 "$TCPKIT" keepalive "127.0.0.1:$(port_of peer)" --idle 7 --interval 5s --count 4 --user-timeout 1500ms --for 10ms --json
  run -0 jq -c 'select(.event == ("setKeepAlive", "setsockopt")) | [.idleMs, .intervalMs, .count, .option, .value]' <<<"$output"
  assert_output '[null,null,null,"TCP_USER_TIMEOUT","1500"]
[7000,5000,4,null,null]'
}

@test "the defaults are 2 s, 1 s and 3; --for 0 ends at once" {
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 timeout 5 "$TCPKIT" keepalive "127.0.0.1:$(port_of peer)" --for 0
  assert_output --partial 'a silent peer is probed after 2s; a dead one is found out after 5s: idle 2s + interval 1s x count 3'
  assert_output --regexp 'setKeepAlive\(\) +idle 2 s, interval 1 s, count 3'
  assert_output --regexp 'summary +0 probes, 0 answered$'
}

@test "--layers chooses: events alone, or the kernel alone" {
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 "$TCPKIT" keepalive "127.0.0.1:$(port_of peer)" --idle 1s --for 1500ms --json --layers kernel
  run -0 jq -rs 'map(.layer) | unique | join(" ")' <<<"$output"
  assert_output 'kernel note'
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 "$TCPKIT" keepalive "127.0.0.1:$(port_of peer)" --idle 1s --for 1500ms --json --layers event
  run -0 jq -r 'select(.layer != "note") | .layer' <<<"$output"
  refute_output --partial kernel
}

@test "less than a second, or a fraction of seconds: refused with the reason" {
  local option
  for option in --idle --interval; do
    run -2 --separate-stderr "$TCPKIT" keepalive 127.0.0.1:1 $option 500ms
    assert_equal "$stderr" "tcpkit keepalive: $option: 0.5s is not possible: the kernel counts whole seconds, 1 to 32767; e.g. 3s"
    run -2 "$TCPKIT" keepalive 127.0.0.1:1 $option 1500ms
    run -2 "$TCPKIT" keepalive 127.0.0.1:1 $option 0
    run -2 "$TCPKIT" keepalive 127.0.0.1:1 $option 32768
  done
}

@test "options that cannot be combined: exit 2, and nothing is opened" {
  local words
  while read -ra words; do
    run -2 --separate-stderr "$TCPKIT" keepalive "${words[@]}"
    assert_equal "$output" ''
    assert_equal "$(wc -l <<<"$stderr")" 1
    [[ $stderr == "tcpkit keepalive: "* ]]
  done <<'END'
127.0.0.1:1 --count 0
127.0.0.1:1 --count 128
127.0.0.1:1 --keep-alive=3s
127.0.0.1:1 --keep-alive-interval 3s
127.0.0.1:1 --for ever
127.0.0.1:1 --layers wires
unix:/nowhere
--listen unix:/nowhere
END
}

@test "without arguments: the purpose and two examples that work as printed" {
  run -2 --separate-stderr "$TCPKIT" keepalive
  assert_equal "$output" ''
  [[ $stderr == 'tcpkit keepalive: show probes, their answers, and how long a dead peer stays unnoticed'* ]]
  mapfile -t examples < <(grep '^  tcpkit keepalive ' <<<"$stderr")
  assert_equal ${#examples[@]} 2
  PATH=$(dirname "$TCPKIT"):$PATH
  port=$("$SUPPORT/free_port")
  start_cmd one bash -c "${examples[0]//5000/$port}"
  wait_for one.out listening
  start_cmd two bash -c "${examples[1]//5000/$port}"
  assert_equal "$(status_of two 12)" 0
  assert_equal "$(status_of one)" 0
  run -0 cat "$BATS_TEST_TMPDIR/two.out"
  assert_output --regexp 'summary +3 probes, 3 answered'
  run -0 cat "$BATS_TEST_TMPDIR/one.out"
  assert_output --regexp 'summary +2 probes, 2 answered'
}

@test "probes of a closed window do not count as keep-alive probes" {
  start server listen 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" --recv-buffer 4k --do pause --do 'sleep 1m'
  local text
  text=$(head -c 60000 /dev/zero | tr '\0' x)
  run -0 "$TCPKIT" keepalive "127.0.0.1:$(port_of server)" --quiet --idle 1s --for 3500ms --send "$text"
  assert_output --regexp '^0 probes, 0 answered'
}
