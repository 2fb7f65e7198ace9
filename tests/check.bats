#!/usr/bin/env bats
# shellcheck disable=SC2016 # the programs of jq expand nothing
# The checker of traces in check/ accepts a good trace and finds each kind of contradiction.
# check/good.json is one connection with two ends; each test changes it with jq. Its first line is 1.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  cases=()
  contradictions=$BATS_TEST_DIRNAME/check/contradictions
  good=$BATS_TEST_DIRNAME/check/good.json
}

# numbered: sets seq and t by order. segment(s): a segment of the client with the values of s[i].
jq_words='
  def numbered: to_entries | map(.value + {seq: (.key + 1), t: ((.key + 1) / 1000)});
  def line($n): .[$n - 1];
  def drop($numbers): [to_entries[] | select((.key + 1) as $k | $numbers | index($k) | not) | .value];
  def move($from; $to): .[$from - 1] as $r | drop([$from]) | .[:$to - 1] + [$r] + .[$to - 1:];
  def after($n; $r): .[:$n] + [$r] + .[$n:];
  def client: {layer: "kernel", role: "client", actor: "client", conn: 1};
  def segment($flags; $seq; $ack): {layer: "wire", role: "client", actor: "client", conn: 1,
    event: "segment", src: "127.0.0.1:40000", dst: "127.0.0.1:5000", flags: $flags, tcpSeq: $seq,
    tcpAck: $ack, len: 0, win: 512};
  def from_server: . + {src: .dst, dst: .src};'

change() { # change JQ   the next case: the changed trace
  cases+=("${2-}")
  jq -sc "$jq_words $1 | .[]" "$good" >"case${#cases[@]}"
}

accept() { # accept JQ   judge has to find no contradiction in the changed trace
  change "$1" ''
}

refuse() { # refuse JQ TEXT   judge has to find that contradiction in the changed trace
  change "$1" "$2"
}

# One run for all cases: Python starts once.
judge() { # judge [OPTION]   after the last accept and refuse of a test
  local i files=()
  for i in "${!cases[@]}"; do files+=("case$((i + 1))"); done
  run "$contradictions" "$@" "${files[@]}"
  for i in "${!cases[@]}"; do
    if [ -n "${cases[i]}" ]; then
      assert_line --regexp "^case$((i + 1)):"
      grep "^case$((i + 1)):" <<<"$output" | grep -qF -e "${cases[i]}" || fail "no such contradiction in case $((i + 1)): ${cases[i]}
$output"
    else
      refute_output --regexp "(^|"$'\n'")case$((i + 1)):"
    fi
  done
  cases=()
}

@test "a good trace has no contradiction, whole and without any one layer" {
  accept .
  judge --complete
  accept 'map(select(.layer != "wire")) | numbered'
  accept 'map(select(.layer != "kernel")) | numbered'
  accept 'map(select(.layer != "call")) | numbered'
  accept 'map(select(.layer != "event")) | numbered'
  judge
}

@test "times and numbers increase, and a connection has one role" {
  refuse 'line(7).seq = 9' 'case1:7: trace: seq is 9 behind 6'
  refuse 'line(7).t = 0.001' 'case2:7: trace: t goes back from 0.006 to 0.001'
  refuse 'line(28).role = "server"' 'connection 1: is a client and a server'
  # Several runs in one file: each has numbers of its own.
  accept '. + .'
  judge
  jq -c . "$good" >trace
  echo '{"seq":' >>trace
  run -2 "$contradictions" trace
  assert_output 'trace: line 51 is no record of a trace'
  : >trace
  run -2 "$contradictions" trace
  assert_output 'trace: it is empty'
}

@test "states follow one another as in RFC 9293" {
  refuse 'line(33).from = "FIN_WAIT1"' 'case1:33: server: server 1: FIN_WAIT1 -> CLOSE_WAIT, though it was in ESTABLISHED'
  refuse 'line(33).from = "FIN_WAIT1"' 'case2:33: server: server 1: FIN_WAIT1 -> CLOSE_WAIT is no transition of RFC 9293'
  refuse 'drop([45]) | numbered' 'FIN_WAIT2 -> TIME_WAIT, though it was in FIN_WAIT1'
  refuse 'drop([6]) | numbered' 'its first state is SYN_SENT'
  refuse 'after(47; client + {event: "state", from: "TIME_WAIT", to: "ESTABLISHED"}) | numbered' \
    'TIME_WAIT -> ESTABLISHED is no transition of RFC 9293'
  judge
}

@test "states against segments: the handshake" {
  refuse 'move(10; 7) | numbered' 'client: client 1: ESTABLISHED, but the peer'"'"'s SYN went by 2000 us later'
  refuse 'move(12; 9) | move(12; 9) | numbered' 'server: server 1: ESTABLISHED, but the ACK of our SYN went by'
  refuse 'move(11; 7) | numbered' "SYN_RCVD, but the peer's SYN went by"
  judge
}

@test "states against segments: FINs" {
  refuse 'move(33; 30) | numbered' "CLOSE_WAIT, but the peer's FIN went by 1000 us later"
  refuse 'move(47; 36) | move(46; 36) | move(47; 36) | numbered' "but the peer's FIN went by"
  # The capture has neither a FIN of the server nor an ACK of one.
  refuse 'drop([36]) | (.[] | select(.tcpAck == 10)).tcpAck = 9 | numbered' \
    "client: client 1: TIME_WAIT, but the peer's FIN went by at no time"
  refuse 'drop([36, 37]) | after(35; segment(["ACK"]; 9; 6) | from_server) | numbered' 'FIN_WAIT2, but the ACK of our FIN went by at no time'
  refuse 'line(38).to = "FIN_WAIT1"' 'CLOSE_WAIT -> FIN_WAIT1 is no transition of RFC 9293'
  judge
}

@test "states against segments: which end closed first" {
  # Swaps the states of the server and the client.
  refuse '(line(33) | .from, .to) as $x | line(31).to = "CLOSE_WAIT" | line(45) += {from: "CLOSE_WAIT", to: "LAST_ACK"}
    | line(47) += {from: "LAST_ACK", to: "CLOSED"}' 'CLOSE_WAIT, but its own FIN went by first'
  refuse 'line(33).to = "FIN_WAIT1" | line(38) += {from: "FIN_WAIT1", to: "FIN_WAIT2"} | line(39) += {from: "FIN_WAIT2", to: "TIME_WAIT"}
    | after(30; segment(["ACK"]; 9; 7) | from_server) | numbered' \
    "server: server 1: TIME_WAIT, but it had acknowledged the peer's FIN before it ended itself"
  refuse 'line(31).to = "CLOSE_WAIT"' 'it and its peer have both waited for the other'
  judge
}

@test "states against segments: no orderly close is the end of a reset one" {
  refuse 'drop([38]) | line(38).from = "CLOSE_WAIT" | numbered' 'CLOSE_WAIT -> CLOSED, but both FINs were acknowledged'
  refuse 'move(39; 36) | move(39; 36) | numbered' 'LAST_ACK -> CLOSED, but neither an ACK of the FIN nor a RST went by'
  accept 'line(37) |= (.flags = ["RST"] | .tcpAck = null) | drop([40, 45, 46, 47, 48]) | numbered'
  judge
}

@test "states against calls and events" {
  refuse 'drop([29]) | numbered' 'client: client 1: FIN_WAIT1, and nothing had ended or destroyed it'
  refuse 'move(10; 18) | numbered' 'ESTABLISHED only behind `connect`'
  refuse 'drop([10, 31, 45, 47]) | numbered' 'client: client 1: a connection, but it was never ESTABLISHED'
  refuse 'drop([33, 38]) | line(37).from = "ESTABLISHED" | numbered' "\`end\`, but in no state had the peer's FIN come"
  judge
}

@test "acknowledgements against calls, segments and one another" {
  refuse 'after(27; client + {event: "ack", bytesAcked: 3}) | numbered' 'bytesAcked goes back from 5 to 3'
  refuse 'line(22).bytesAcked = 6' 'bytesAcked is 6, but only 5 bytes were written'
  refuse 'move(22; 21) | numbered' 'bytesAcked is 5, but no such ACK went by until 1000 us later'
  refuse 'move(27; 19) | move(25; 19) | numbered' 'bytesAcked is 8, but'
  # A state that is inferred must be right as well.
  refuse 'line(27) += {bytesAcked: 8, inferred: true} | line(26).tcpAck = 8 | line(30).tcpAck = 8 | line(37) |= (.flags = ["RST"] | .tcpAck = null)' \
    'bytesAcked is 8, but no such ACK went by'
  refuse 'line(37) |= (.flags = ["RST"] | .tcpAck = null)' 'server: server 1: finAcked, but no ACK of the FIN went by'
  refuse 'after(46; line(46)) | numbered' 'finAcked twice'
  refuse 'line(22).bytesAcked = 3 | line(49).bytesAcked = 3' 'finAcked, but of 5 bytes only 3 were acknowledged'
  judge
}

@test "retransmissions: the kernel's count against the wire" {
  refuse 'line(49).retransmits = 1' 'info has 1 retransmits, but 0 went by'
  refuse 'after(20; line(20) + {label: "retransmission"}) | numbered' 'info has 0 retransmits, but 1 went by'
  refuse 'after(22; client + {event: "retransmit", count: 1, segments: 1}) | numbered' 'retransmit, but no segment was sent again'
  accept 'after(20; line(20) + {label: "retransmission"}) | line(50).retransmits = 1
    | after(21; client + {event: "retransmit", count: 1, segments: 1}) | numbered'
  refuse 'after(20; line(20) + {label: "retransmission"}) | line(50).retransmits = 1 | numbered' \
    'info counts 1 retransmits more, retransmit records 0'
  judge
}

@test "events against segments" {
  refuse 'move(17; 8) | numbered' '`connect` before the peer had answered our SYN'
  refuse 'move(23; 20) | numbered' 'bytesRead is 5, more than the peer had sent'
  refuse 'move(34; 30) | numbered' "\`end\`, but the peer's FIN had not gone by"
  refuse 'line(20).len = 4 | line(21, 25).tcpAck = 5 | line(26, 30).tcpSeq = 5 | line(36).tcpAck = 6 | line(37).tcpSeq = 6' \
    '`end` after 5 bytes, but the peer'"'"'s FIN has 4 before it'
  refuse 'line(20).len = 4 | line(21, 25).tcpAck = 5 | line(26, 30).tcpSeq = 5 | line(36).tcpAck = 6 | line(37).tcpSeq = 6' \
    '`finish` after 5 bytes, but our FIN has 4 before it'
  refuse 'after(49; {layer: "event", role: "client", actor: "client", conn: 1, event: "error", error: {code: "ECONNRESET"}}) | numbered' \
    'ECONNRESET, but the peer had sent no RST'
  refuse 'line(36) |= (.flags = ["RST"] | .tcpSeq = 9) | drop([37]) | numbered' 'closed in good order, though a RST had come before'
  judge
}

@test "events against one another and the calls" {
  refuse 'line(28).bytes = 7' 'bytesRead is 8, but the data events have 7'
  refuse 'line(32).bytesWritten = 6' 'bytesWritten is 6 of 5'
  judge
}

@test "segments against one another" {
  refuse 'line(8).tcpSeq = 700' 'a SYN has tcpSeq 700'
  refuse 'after(31; segment(["PSH", "ACK"]; 7; 9) + {len: 5}) | numbered' 'data behind the FIN of the same end'
  judge
}

@test "a capture with holes proves nothing, unless --complete is given" {
  accept 'drop([20]) | numbered'
  accept 'drop([8]) | numbered'
  judge
  refuse 'drop([20]) | numbered' 'the capture has a hole: line 20 acknowledges what no segment carried'
  judge --complete
}

@test "consecutive connections of one pair of ports are kept apart" {
  # The second connection has the numbers of the first: its SYN is reported for the old connection.
  refuse '. + [segment(["SYN"]; 70; null)] | numbered' 'a SYN has tcpSeq 70'
  judge
}

@test "100,000 lines do not take minutes" {
  jq -sc "$jq_words"' .[:28] + [range(1666) as $i | .[18:28][] | .conn as $c
      | if .tcpSeq then . + {tcpSeq: (.tcpSeq + ($i + 1) * (if .src == "127.0.0.1:40000" then 5 else 8 end)),
          tcpAck: (.tcpAck + ($i + 1) * (if .src == "127.0.0.1:40000" then 8 else 5 end))} else . end
      | if .bytesAcked then .bytesAcked += ($i + 1) * (if .role == "client" then 5 else 8 end) else . end
      | if .bytesRead then .bytesRead += ($i + 1) * (if .role == "client" then 8 else 5 end) else . end]
    | numbered | .[]' "$good" >once
  for _ in 1 2 3 4 5 6; do cat once; done >trace
  [ "$(wc -l <trace)" -ge 100000 ]
  run -0 timeout 60 "$contradictions" trace
  assert_output ''
}
