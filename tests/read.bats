#!/usr/bin/env bats
# tcpkit read: captures that other programs wrote, as traces. support/captures.py writes one of each
# kind, and what its summaries have to say.

# shellcheck disable=SC2016,SC2154 # the programs of jq and bash, and what helpers set
load helpers/tcpkit

setup_file() {
  export CAPTURES=$BATS_FILE_TMPDIR/captures
  mkdir "$CAPTURES"
  "$BATS_TEST_DIRNAME/support/captures.py" "$CAPTURES"
}
setup() { cd "$BATS_TEST_TMPDIR" || return; }
teardown() { stop_all; }

outcomes() { # outcomes TRACE   OUTCOME:FIRST:BY:WHY of each connection
  jq -r 'select(.event == "summary")
    | [.outcome, .endedFirst // "-", .endedBy // "-", (.why // "-" | gsub(" "; "_"))] | join(":")' "$1" | paste -sd' '
}

states() { # states ROLE TRACE   the states that the end went through
  jq -r --arg role "$1" 'select(.event == "state" and .role == $role) | .to' "$2" | paste -sd' '
}

summary_of() { # summary_of NAME JQ   of the first summary of that capture
  "$TCPKIT" read "$CAPTURES/$1" --summary=json | jq -r "select(.conn == 1) | $2"
}

@test "every kind of capture: which end closed first, how and why" {
  local name want
  while read -r name want; do
    run -0 --separate-stderr "$TCPKIT" read "$CAPTURES/$name" --json --trace-file trace
    assert_equal "$name $(outcomes trace)" "$name $want"
    assert_equal "$stderr" ''
    jq -se 'all(.[]; .event != "state" or .inferred)' trace >/dev/null
    run -0 "$BATS_TEST_DIRNAME/check/contradictions" trace
    assert_output ''
  done <"$CAPTURES/expected"
  assert_equal "$(wc -l <"$CAPTURES/expected")" 32
}

@test "segments, numbers, windows and labels are tshark's" {
  command -v tshark >/dev/null || skip "needs tshark"
  local name
  while read -r name _; do
    run -0 "$TCPKIT" read "$CAPTURES/$name" --layers wire --json --trace-file trace
    run -0 --separate-stderr "$BATS_TEST_DIRNAME/check/against_tshark" trace "$CAPTURES/$name"
    assert_output ''
    # Each connection of ours is a stream of its own there.
    assert_equal "$name $(tshark -n -r "$CAPTURES/$name" -T fields -e tcp.stream | sort -un | wc -l)" \
      "$name $(jq -r 'select(.layer == "wire").conn' trace | sort -un | wc -l)"
  done <"$CAPTURES/expected"
}

@test "the states of both ends follow from the segments" {
  expect_states() { # expect_states NAME CLIENT SERVER
    "$TCPKIT" read "$CAPTURES/$1" --json >trace
    assert_equal "$1 $(states client trace)" "$1 $2"
    assert_equal "$1 $(states server trace)" "$1 $3"
  }
  expect_states orderly.pcap 'SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT' 'SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED'
  expect_states server-first.pcap 'SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED' 'SYN_RCVD ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT'
  expect_states simultaneous-close.pcap 'SYN_SENT ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT' 'SYN_RCVD ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT'
  expect_states simultaneous-open.pcap 'SYN_SENT SYN_RCVD ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT' 'SYN_SENT SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED'
  expect_states no-handshake.pcap 'ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT' 'ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED'
  expect_states fin-missing.pcap 'SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT' 'SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED'
  expect_states refused.pcap 'SYN_SENT CLOSED' ''
  expect_states abort.pcap 'SYN_SENT ESTABLISHED CLOSED' 'SYN_RCVD ESTABLISHED CLOSED'
}

@test "a summary counts what passed, and says what is missing" {
  assert_equal "$(summary_of orderly.pcap '[.bytesWritten, .bytesRead, .segments, .handshakeRttUs, .retransmits, .begunBefore] | @csv')" '8,14,11,2000,0,'
  assert_equal "$(summary_of wraps.pcap '[.bytesWritten, .bytesRead] | @csv')" '8,14'
  assert_equal "$(summary_of retransmission.pcap '[.bytesWritten, .retransmits] | @csv')" '50,1'
  assert_equal "$(summary_of zero-window.pcap '[.bytesWritten, .zeroWindows] | @csv')" '500,4'
  assert_equal "$(summary_of holes.pcap '[.bytesWritten, .bytesRead, .notCaptured] | @csv')" '800,400,300'
  assert_equal "$(summary_of no-handshake.pcap '[.begunBefore, .inferred, .localPort, .handshakeRttUs] | @csv')" 'true,true,40000,'
  assert_equal "$(summary_of syn-missing.pcap '[.begunBefore, .inferred, .localPort] | @csv')" 'true,,40000'
  assert_equal "$(summary_of fast-open.pcap '[.bytesWritten, .bytesRead] | @csv')" '10,5'
  run -0 "$TCPKIT" read "$CAPTURES/no-handshake.pcap" --summary
  assert_output --partial 'the beginning is missing; the client closed first, with FIN; '
}

@test "times are the capture's, also with nanoseconds" {
  "$TCPKIT" read "$CAPTURES/orderly.pcap" --json >trace
  assert_equal "$(jq -r 'select(.layer == "wire") | "\(.t) \(.time)"' trace | sed -n '1p;2p')" \
    $'0 2023-11-14T22:13:20.001000Z\n0.001 2023-11-14T22:13:20.002000Z'
  assert_equal "$(jq -r '.event' trace | sed -n '1p;$p' | paste -sd' ')" 'run exit'
  run -0 "$TCPKIT" read "$CAPTURES/nanoseconds.pcap" --json --layers wire
  assert_equal "$(jq -c 'select(.layer == "wire") | .t == 0.000001' <<<"$output" | tail -1)" true
}

@test "one connection by its number or its ends, and a filter as libpcap's" {
  run -0 "$TCPKIT" read "$CAPTURES/many.pcap" --stream 7 --summary
  assert_output --regexp '^client 7: 10\.0\.0\.1:40006 -> 10\.0\.0\.2:80: [^'$'\n'']*$'
  run -0 "$TCPKIT" read "$CAPTURES/many.pcap" --stream 10.0.0.2:80-10.0.0.1:40006 --summary
  assert_output --regexp '^client 7: [^'$'\n'']*$'
  run -0 "$TCPKIT" read "$CAPTURES/many.pcap" --summary port 40006
  assert_output --regexp '^client 1: 10\.0\.0\.1:40006 -> [^'$'\n'']*$'
  run -0 "$TCPKIT" read "$CAPTURES/vlan.pcap" 'vlan 5 and vlan 7 and port 80' --summary
  assert_output --partial 'client 1: '
  run -2 --separate-stderr "$TCPKIT" read "$CAPTURES/many.pcap" 'port port'
  assert_output ''
  assert_equal "$stderr" "tcpkit read: 'port port' is no filter: can't parse filter expression: syntax error; e.g. 'port 80 and host 10.0.0.1'"
  run -2 --separate-stderr "$TCPKIT" read "$CAPTURES/many.pcap" --stream 0
  assert_regex "$stderr" "neither a number from 1 nor two ends"
  run -0 --separate-stderr "$TCPKIT" read "$CAPTURES/many.pcap" --stream 99
  assert_equal "$stderr" "tcpkit read: no TCP segments in $CAPTURES/many.pcap of this connection"
}

@test "cut and damaged files: what could be read, one line, exit 1" {
  run -1 --separate-stderr "$TCPKIT" read "$CAPTURES/cut.pcap" --json
  assert_equal "$(jq -r 'select(.layer == "wire").event' <<<"$output" | wc -l)" 10
  assert_equal "$(jq -c 'select(.event == "exit") | [.status, .reason | type]' <<<"$output")" '["number","string"]'
  assert_equal "$stderr" "tcpkit read: cannot read all of $CAPTURES/cut.pcap: truncated dump file; tried to read 54 captured bytes, only got 44"
  run -1 --separate-stderr "$TCPKIT" read "$CAPTURES/two-links.pcapng"
  assert_regex "$stderr" 'different from the type of the first interface; take its interfaces apart: '
  run -1 --separate-stderr "$TCPKIT" read "$CAPTURES/unknown-link.pcap"
  assert_regex "$stderr" 'its link type is IEEE802_11, which is not known here'
  gzip -c "$CAPTURES/orderly.pcap" >zipped
  run -1 --separate-stderr "$TCPKIT" read zipped
  assert_regex "$stderr" '^tcpkit read: cannot read zipped: unknown file format; it is compressed: zcat'
  run -1 --separate-stderr "$TCPKIT" read /nonexistent
  assert_equal "$stderr" 'tcpkit read: cannot open /nonexistent: No such file or directory'
  run -0 --separate-stderr "$TCPKIT" read "$CAPTURES/empty.pcap"
  assert_equal "$stderr" "tcpkit read: no TCP segments in $CAPTURES/empty.pcap"
  local size
  for size in 0 3 10 24 30 60 200; do
    head -c "$size" "$CAPTURES/two-interfaces.pcapng" >part
    run --separate-stderr "$TCPKIT" read part
    assert_equal "${#stderr_lines[@]}" 1
  done
  head -c 1000000 /dev/urandom >noise
  run -1 "$TCPKIT" read noise
}

@test "segments whose header was cut are counted; cut options do no harm" {
  run -0 --separate-stderr "$TCPKIT" read "$CAPTURES/snaplen.pcap" --json
  assert_equal "$stderr" ''
  "$BATS_TEST_DIRNAME/support/captures.py" . # the file of another snapshot length
  tcpdump -r orderly.pcap -s 50 -w short.pcap 2>/dev/null || skip "needs tcpdump"
  editcap -s 50 orderly.pcap short.pcap
  run -0 --separate-stderr "$TCPKIT" read short.pcap
  assert_regex "$stderr" '^tcpkit read: 11 TCP headers were cut by the capture.s snapshot length: '
}

@test "a segment that passes two interfaces of any is shown once" {
  run -0 "$TCPKIT" read "$CAPTURES/any-twice.pcap" --json
  assert_equal "$(jq -r 'select(.layer == "wire").event' <<<"$output" | wc -l)" 11
}

@test "a pipe is read as it grows; a signal ends the reading, and what came is summarised" {
  mkfifo pipe
  start_fed r pipe read - --trace-file live
  exec 7>pipe
  head -c 300 "$CAPTURES/orderly.pcap" >&7 # three segments and a part of the fourth
  wait_for live 'server 1 +state +SYN_RCVD -> ESTABLISHED'
  run -1 grep summary live
  stop r INT
  assert_equal "$(status_of r)" 130
  exec 7>&-
  assert_regex "$(tail -1 live)" 'summary +still open when the capture ended; the client sent '

  start_fed w pipe read - --json --trace-file whole
  cat "$CAPTURES/orderly.pcap" >pipe
  assert_equal "$(status_of w)" 0
  assert_equal "$(outcomes whole)" ok:client:FIN:-
}

@test "stdout that closes ends it quietly" {
  run -0 --separate-stderr bash -c '"$TCPKIT" read "$CAPTURES/many.pcap" | head -1'
  assert_equal "$stderr" ''
}

@test "a diagram of a capture, of read itself, and of its saved trace" {
  run -0 "$TCPKIT" diagram "$CAPTURES/abort.pcap" --time none
  local ladder=$output
  assert_output --partial 'client 1 and server 1 · 10.0.0.1:40000 -> 10.0.0.2:80'
  assert_output --regexp '─ RST,ACK seq 9 ack 15 ─+▶│'
  run -0 "$TCPKIT" read "$CAPTURES/abort.pcap" --diagram ladder --time none
  assert_output "$ladder"
  run -0 bash -c '"$TCPKIT" read "$CAPTURES/abort.pcap" --json | "$TCPKIT" diagram --time none'
  assert_output "$ladder"
  run -0 bash -c '"$TCPKIT" diagram --time none <"$CAPTURES/abort.pcap"'
  assert_output "$ladder"
  run -0 "$TCPKIT" diagram "$CAPTURES/port-reuse.pcap" --summary
  assert_equal "${#lines[@]}" 4
  assert_regex "${lines[1]}" '^client 1 +10\.000 +8 +14 +2\.000 +0 +ok +client +FIN +10\.0\.0\.1:40000 -> 10\.0\.0\.2:80$'
  local table=$output
  run -0 bash -c '"$TCPKIT" read "$CAPTURES/port-reuse.pcap" --json | "$TCPKIT" diagram --summary'
  assert_output "$table"
  run -1 --separate-stderr "$TCPKIT" diagram "$CAPTURES/cut.pcap"
  assert_output --partial 'FIN,ACK'
  assert_regex "$stderr" '^tcpkit diagram: cannot read all of '
}
