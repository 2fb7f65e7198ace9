#!/usr/bin/env bats
# The wire layer: the captured segments of our own connections, compared with what tcpdump and tshark
# read from the --pcap file. Each test has a network of its own, in which every user may capture.

# shellcheck disable=SC2016,SC2154 # the programs of jq and bash, and what helpers set
load helpers/tcpkit
load helpers/network

setup() { cd "$BATS_TEST_TMPDIR" || return; }
teardown() { stop_all; }

serve() { # serve NAME ARG...   a tcpkit server in the network; its port is that of NAME
  start_cmd "$1" "${inside[@]}" "$TCPKIT" "${@:2}" --port-file "$BATS_TEST_TMPDIR/$1.port"
  port=$(port_of "$1")
}

tcpkit() { # tcpkit NAME ARG...   in the network, to its end: the trace is NAME.json
  timeout 30 "${inside[@]}" "$TCPKIT" "${@:2}" --json --trace-file "$1.json" </dev/null
}

# segments FILE [FILTER]   prints those of a JSON trace in tcpdump's form: sender, flags, numbers (of
# segments with data or a flag; those of a SYN are absolute there), bytes
segments() {
  jq -r 'select(.layer == "wire")'" | ${2:-.} |"'
    (.src | split(":") | last) as $port
    | ({FIN: "F", SYN: "S", RST: "R", PSH: "P", ACK: ".", URG: "U", ECE: "E", CWR: "W"}) as $letter
    | ([.flags[] | $letter[.]] | add) as $flags
    | (.flags | contains(["SYN"])) as $syn
    | "\($port) \($flags)"
      + (if $syn or (.len == 0 and ($flags | test("[FRP]") | not)) then ""
         else " seq \(.tcpSeq)" + (if .len > 0 then ":\(.tcpSeq + .len)" else "" end) end)
      + (if $syn or .tcpAck == null then "" else " ack \(.tcpAck)" end)
      + " length \(.len)"' "$1"
}

dumped() { # dumped FILE   the same, as tcpdump reads it from a --pcap file
  tcpdump -nn -r "$1" 2>/dev/null | sed -nE '
    s/^.* IP6? [^ ]*\.([0-9]+) > [^ ]*: Flags \[([^]]*)\],/\1 \2/
    s/^([0-9]+ S\.?) .* length/\1 length/
    s/ win [0-9]+,//; s/ options \[[^]]*\],//; s/,//g
    s/ seq ([0-9:]+) / seq \1 /; p'
}

# columns FILE   of a JSON trace: sender, FIN, SYN, RST, PSH, ACK, relative numbers, bytes, window
columns() {
  jq -r 'select(.layer == "wire") | .flags as $f
    | [(.src | split(":") | last), (("FIN", "SYN", "RST", "PSH", "ACK") as $x | if $f | index($x) then 1 else 0 end),
      .tcpSeq, .tcpAck // 0, .len, .win] | @tsv' "$1"
}

sharked() { # sharked FILE   the same, as tshark reads it from a --pcap file
  tshark -n -r "$1" -T fields -e tcp.srcport -e tcp.flags.fin -e tcp.flags.syn -e tcp.flags.reset -e tcp.flags.push \
    -e tcp.flags.ack -e tcp.seq -e tcp.ack -e tcp.len -e tcp.window_size 2>tshark.err | sed 's/True/1/g; s/False/0/g'
}

labels() { # labels FILE   of its segments
  jq -r 'select(.layer == "wire") | .label // empty' "$1"
}

in_order() { # in_order FILE   by time, and numbered
  run -0 jq -n 'reduce inputs as $r ({t: 0, seq: 0, bad: 0}; .seq += 1 |
    .bad += (if $r.t < .t or $r.seq != .seq then 1 else 0 end) | .t = $r.t) | .bad' "$1"
  assert_output 0
}

@test "handshake, data and both FINs, once each, in order, and as tcpdump reads the --pcap file" {
  command -v tcpdump >/dev/null || skip "needs tcpdump"
  own_network
  serve s echo 127.0.0.1:0 --pcap s.pcap --layers call,event,wire --json
  tcpkit c connect "127.0.0.1:$port" --send hello --pcap c.pcap --layers call,event,wire
  check_trace c.json
  in_order c.json
  client=$(jq -r 'select(.event == "connect" and .layer == "event") | .localPort' c.json)
  # Segments of the two ends may cross after the handshake; those of one end have one order.
  run -0 segments c.json 'select(.src | endswith(":'"$client"'"))'
  assert_line --index 0 "$client S length 0"
  assert_line --index 1 "$client . ack 1 length 0"
  assert_line --index 2 "$client P. seq 1:6 ack 1 length 5"
  assert_line --partial "$client F. seq 6 ack "
  assert_line --index -1 "$client . ack 7 length 0"
  run -0 segments c.json 'select(.dst | endswith(":'"$client"'"))'
  assert_line --index 0 "$port S. length 0"
  assert_line --regexp "^$port P\. seq 1:6 ack [67] length 5$"
  assert_line --index -1 --regexp "^$port F\. seq 6 ack 7 length 0$|^$port \. ack 7 length 0$"
  assert_equal "$(segments c.json)" "$(dumped c.pcap)"
  stop s
  assert_equal "$(status_of s)" 143
  in_order s.out
  assert_equal "$(segments s.out)" "$(dumped s.pcap)"
  assert_equal "$(segments s.out)" "$(segments c.json)"
  jq -se 'map(select(.layer == "wire")) | all(.role == "server" and .conn == 1)' s.out
  jq -se 'map(select(.layer == "wire")) | all(.role == "client" and .conn == 1)' c.json
  run -0 labels c.json
  refute_output --regexp 'keep-alive|window'
  # A call precedes the segments that it sends; an event follows the segments that it reports.
  run -0 jq -rs 'map(.layer + " " + .event + " " + ((.flags // []) | join(",")) | rtrimstr(" ")) as $all
    | [$all | index("call connect", "wire segment SYN", "wire segment SYN,ACK", "event connect", "call write",
      "wire segment PSH,ACK", "event end", "event close")] | . == sort and all(. != null)' c.json
  assert_output true
}

@test "tshark sees the same: flags, relative numbers, order, and windows" {
  command -v tshark >/dev/null || skip "needs tshark"
  own_network
  serve s half-close --listen 127.0.0.1:0 --send "and more" --quiet
  tcpkit c half-close "127.0.0.1:$port" --send "first" --pcap c.pcap --layers event,wire >/dev/null
  assert_equal "$(columns c.json)" "$(sharked c.pcap)"
  [ "$(columns c.json | wc -l)" -ge 9 ]
}

@test "the lab lifecycle shows the segments of its --pcap file, as tshark sees them, else tcpdump" {
  own_network # or a reason to skip: the lab makes another one for itself
  timeout 30 "$TCPKIT" lab lifecycle --json --pcap c.pcap >c.json
  # The handshake, a segment of data each way, both FINs and the last ACK.
  [ "$(columns c.json | wc -l)" -ge 8 ]
  if command -v tshark >/dev/null; then
    assert_equal "$(columns c.json)" "$(sharked c.pcap)"
  else
    command -v tcpdump >/dev/null || skip "needs tshark or tcpdump"
    assert_equal "$(segments c.json)" "$(dumped c.pcap)"
  fi
}

@test "IPv6, and a listener on every address: each segment once" {
  own_network
  serve s echo 0 --layers wire --json
  address=127.0.0.1
  if "${inside[@]}" grep -q ' lo$' /proc/self/net/if_inet6; then address='[::1]'; fi
  tcpkit c connect "$address:$port" --send hello --layers wire
  tcpkit d connect "127.0.0.1:$port" --send hello --layers wire
  stop s
  assert_equal "$(status_of s)" 143
  segments c.json >ends
  segments d.json >>ends
  assert_equal "$(segments s.out)" "$(cat ends)"
  run -0 jq -r 'select(.conn == 1) | .src, .dst' s.out
  assert_line "$address:$port"
  run -0 jq -r 'select(.conn == 2) | .src, .dst' s.out
  assert_line "127.0.0.1:$port"
}

@test "--pcap alone: the file, whole, and no trace" {
  command -v tcpdump >/dev/null || skip "needs tcpdump"
  own_network
  serve s echo 127.0.0.1:0
  head -c 100000 /dev/zero >data
  run -0 --separate-stderr bash -c 'timeout 20 "$@" <data | cksum' - "${inside[@]}" "$TCPKIT" connect "127.0.0.1:$port" --pcap c.pcap
  assert_equal "$output" "$(cksum <data)"
  assert_equal "$stderr" ''
  run -0 tcpdump -nn -r c.pcap
  assert_line --partial 'Flags [S],'
  assert_line --partial 'Flags [S.],'
  refute_output --partial 'truncated'
  # All data, both ways; data that is sent again on a busy machine is captured twice.
  dumped c.pcap >segments
  assert_equal "$(awk '$2 ~ /F/ { print $1 }' segments | sort -u | wc -l)" 2
  assert_equal "$(sed -nE 's/^([0-9]+) .* seq [0-9]+:100001 .*/\1/p' segments | sort -u | wc -l)" 2
  [ "$(wc -c <c.pcap)" -gt 200000 ]
}

@test "only our own connections, though others use the same port" {
  own_network
  serve s echo 127.0.0.1:0
  start_cmd other "${inside[@]}" "$TCPKIT" connect "127.0.0.1:$port" --do 'send "x"' --do 'sleep 20s'
  wait_for other.out x
  tcpkit c connect "127.0.0.1:$port" --do 'send "hello"' --do 'expect data "hello"' --do end --layers wire
  client=$(jq -r 'select(.flags == ["SYN"]) | .src' c.json)
  run -0 jq -r 'select(.layer == "wire") | .src, .dst' c.json
  assert_equal "$(sort -u <<<"$output")" "$(printf '%s\n' "127.0.0.1:$port" "$client" | sort)"
}

@test "a refused attempt: SYN and RST" {
  own_network
  run -4 --separate-stderr tcpkit c connect 127.0.0.1:1 --layers event,wire
  in_order c.json
  run -0 jq -r 'select(.layer == "wire") | [.role, .conn, (.flags | join(",")), .tcpSeq, .tcpAck, .win] | @csv' c.json
  assert_output '"client",1,"SYN",0,,65495
"client",1,"RST,ACK",1,1,0'
}

@test "a reset: RST, and nothing is waited for after it" {
  own_network
  serve s listen 127.0.0.1:0
  tcpkit c reset "127.0.0.1:$port" --send hello --layers wire >/dev/null
  run -0 jq -rs 'map(select(.layer == "wire").flags | join(",")) | .[0], .[-1], (map(select(test("RST"))) | length)' c.json
  assert_output 'SYN
RST,ACK
1'
}

@test "labels: keep-alive and its answer" {
  own_network
  serve s listen 127.0.0.1:0
  tcpkit c keepalive "127.0.0.1:$port" --idle 1s --for 2500ms --layers wire,event >/dev/null
  run -0 labels c.json
  assert_line --index 0 keep-alive
  assert_line --index 1 keep-alive-ack
  refute_line retransmission
  run -0 jq -c 'select(.label == "keep-alive") | [.flags, .tcpSeq, .len]' c.json
  assert_line --index 0 '[["ACK"],0,0]'
}

@test "labels: zero-window while the reader pauses, and the update when it goes on" {
  own_network
  serve s listen 127.0.0.1:0 --recv-buffer 4k --do pause --do 'sleep 1s' --do resume --do 'expect end within 20s' --do end
  tcpkit c connect "127.0.0.1:$port" --do 'send 1M' --do 'expect segment label=zero-window within 10s' \
    --do 'expect segment label=window-update within 10s' --do end --layers event,wire
  run -0 jq -r 'select(.label == "zero-window") | .win' c.json
  assert_line --index 0 0
}

@test "labels: retransmission to a peer that has vanished" {
  own_network
  serve s listen 127.0.0.1:0 --do 'expect connection' --do vanish --do 'sleep 20s'
  wait_for s.port .
  tcpkit c connect "127.0.0.1:$port" --do 'sleep 200ms' --do 'send "hello"' \
    --do 'expect segment PSH len=5' --do 'expect segment label=retransmission within 10s' --do destroy --layers event,wire
  run -0 jq -c 'select(.label == "retransmission") | [.tcpSeq, .len]' c.json
  assert_line --index 0 '[1,5]'
}

@test "labels: probes of a closed window are not keep-alives" {
  own_network
  serve s listen 127.0.0.1:0 --recv-buffer 4k --do pause --do 'sleep 20s'
  tcpkit c connect "127.0.0.1:$port" --keep-alive=1 --do 'send 1M' --do 'expect segment label=window-probe within 10s' \
    --do 'expect segment label=zero-window within 10s' --do 'expect segment label=window-probe within 10s' --do reset \
    --layers event,wire
  run -0 labels c.json
  refute_line keep-alive
  run -0 jq -c 'select(.label == "window-probe") | [.flags, .len]' c.json
  assert_line --index 0 '[["ACK"],0]'
}

@test "a port that is used again at once: each connection has its own segments and numbers" {
  own_network
  serve s listen 127.0.0.1:0 -k --layers event,wire --json
  # The server is notified of all of them at once; two were reset before it accepted them.
  kill -STOP "$(pid_of s)"
  client=$("${inside[@]}" "$SUPPORT/free_port")
  for text in one three; do
    tcpkit "$text" connect "127.0.0.1:$port" -p "$client" --do "send \"$text\"" --do 'expect ack' --do reset --layers event,kernel,wire
  done
  start_cmd last "${inside[@]}" "$TCPKIT" connect "127.0.0.1:$port" -p "$client" --do 'send "the last"' --do end \
    --do 'sleep 20s' --layers wire --json
  wait_for last.err '"FIN"'
  kill -CONT "$(pid_of s)"
  wait_for s.err '"event":"end","bytesRead":8'
  stop s
  assert_equal "$(status_of s)" 143
  run -0 jq -sr 'map(select(.layer == "wire")) | group_by(.conn)[]
    | "\(map(select(.flags == ["SYN"]) | .tcpSeq)) \(map(select(.len > 0) | [.tcpSeq, .len, .label]))"' s.err
  assert_output '[0] [[1,8,null]]'
  # Clients that arrive while the server works are accepted before they are reset.
  serve t echo 127.0.0.1:0 --layers event,wire --json
  client=$("${inside[@]}" "$SUPPORT/free_port")
  for text in one three; do
    tcpkit "$text" connect "127.0.0.1:$port" -p "$client" --do "send \"$text\"" --do "expect data \"$text\"" --do reset
  done
  wait_for t.out '"conn":2,"event":"close"'
  stop t
  assert_equal "$(status_of t)" 143
  run -0 jq -sr 'map(select(.layer == "wire" and .src == "127.0.0.1:'"$client"'")) | group_by(.conn)[]
    | "\(map(select(.flags == ["SYN"]) | .tcpSeq)) \(map(select(.len > 0) | [.tcpSeq, .len, .label]))"' t.out
  assert_output '[0] [[1,3,null]]
[0] [[1,5,null]]'
}

@test "200 connections: in time order and complete" {
  own_network
  serve s echo 127.0.0.1:0 --layers call,event,wire --json
  seq 200 | timeout 60 "${inside[@]}" xargs -P 8 -I N bash -c \
    'exec 5<>/dev/tcp/127.0.0.1/'"$port"' && echo N >&5 && read -r answer <&5 && [ "$answer" = N ]'
  wait_for s.out '"conn":200,"event":"close"' 20
  stop s
  assert_equal "$(status_of s 20)" 143
  check_trace s.out
  in_order s.out
  assert_equal "$(cat s.err)" 'tcpkit echo: ended by SIGTERM'
  # For each connection: the handshake, both FINs, the last ACK, and its events.
  run -0 jq -s '[group_by(.conn)[] | select(.[0].conn) | (map(select(.layer == "wire"))) as $w
    | select(($w[0].flags == ["SYN"]) and ($w[1].flags == ["SYN", "ACK"]) and ($w | map(select(.flags | index("FIN")).src) | unique | length == 2)
        and ($w[-1].flags == ["ACK"]) and any(.event == "close") and ([$w[].src] | unique | length) == 2)] | length' s.out
  assert_output 200
}

@test "clients that wait long to be accepted: still in time order" {
  own_network
  serve s echo 127.0.0.1:0 --layers event,wire --json
  kill -STOP "$(pid_of s)"
  # More clients than are accepted at once; the first one's data follows the SYN of the last.
  "${inside[@]}" bash -c '
    for i in {1..60}; do exec {fd}<>/dev/tcp/127.0.0.1/'"$port"'; all+=("$fd"); done
    for fd in "${all[@]}"; do echo hello >&"$fd"; done
    sleep 0.1 # longer than records are held
    kill -CONT '"$(pid_of s)"'
    for fd in "${all[@]}"; do read -r answer <&"$fd" && [ "$answer" = hello ] || exit 1; done'
  wait_for s.out '"conn":60,"event":"close"' 20
  stop s
  assert_equal "$(status_of s 20)" 143
  check_trace s.out
  in_order s.out
}

@test "expect segment: flags, fields, an order of its own; what came is reported" {
  own_network
  serve s echo 127.0.0.1:0
  # The SYN has passed when the event comes; the FIN may pass before or after `end`.
  tcpkit c connect "127.0.0.1:$port" --layers event,wire --do 'expect connect' --do 'expect segment SYN' \
    --do 'expect segment SYN ACK' --do 'send "hello"' --do 'expect segment PSH ACK len=5 tcpSeq=1' --do end \
    --do 'expect end' --do 'expect segment FIN' --do 'expect close' --do 'refute segment RST for 100ms'
  run -8 --separate-stderr tcpkit c connect "127.0.0.1:$port" --layers event,wire --do 'expect segment RST within 300ms'
  assert_equal "$stderr" 'tcpkit connect: --do 1: expect segment RST within 300ms: not within 0.3s; what came: segment ACK x3'
}

@test "without CAP_NET_RAW: exit 1, the two ways out in one line, nothing opened" {
  without=()
  if [ "$(id -u)" -eq 0 ]; then without=(setpriv --bounding-set=-net_raw); fi
  "${without[@]}" true 2>/dev/null || skip "needs setpriv"
  local words
  for words in '--layers wire --trace-file no' '--pcap no'; do
    # shellcheck disable=SC2086
    run -1 --separate-stderr "${without[@]}" "$TCPKIT" connect 127.0.0.1:1 $words
    assert_equal "$output" ''
    assert_equal "$(wc -l <<<"$stderr")" 1
    [[ $stderr == 'tcpkit connect: cannot capture segments: '* ]]
    # shellcheck disable=SC2016
    [[ $stderr == *'sudo setcap cap_net_raw+ep $(command -v tcpkit)'* ]]
    [[ $stderr == *'unshare -Urn'* && $stderr == *'tcpkit lab'* ]]
    assert [ ! -e no ]
  done
}

@test "a connection that cannot be captured: exit 2, and nothing is opened" {
  refused() { # refused TEXT ARG...
    run -2 --separate-stderr "$TCPKIT" "${@:2}"
    assert_equal "$output" ''
    assert_equal "$stderr" "tcpkit $2: $1"
  }
  refused '--layers wire: a Unix socket has no segments to capture; leave it out' connect unix:none --layers wire
  refused '--layers wire: a Unix socket has no segments to capture; leave it out' half-close unix:none --layers call,wire
  refused '--pcap: a Unix socket has no segments to capture; leave it out' listen unix:none --pcap no
  refused '--pcap: stdout carries the payload or the trace; name a file, e.g. run.pcap' echo 0 --pcap -
  refused '--do 1: segment belongs to the wire layer; add it, e.g. --layers call,event,wire' \
    connect 127.0.0.1:1 --do 'expect segment RST'
  refused "--do 1: 'rst' is no flag of a segment; the flags are FIN, SYN, RST, PSH, ACK, URG, ECE, CWR" \
    connect 127.0.0.1:1 --layers wire --do 'expect segment rst'
  refused "--do 1: no segment has a field 'lable'; did you mean label?" \
    connect 127.0.0.1:1 --layers wire --do 'expect segment lable=x'
  assert [ ! -e no ]
}

@test "a --pcap file that cannot be written is exit 1" {
  own_network
  serve s echo 127.0.0.1:0
  run -1 --separate-stderr "${inside[@]}" "$TCPKIT" connect "127.0.0.1:$port" --pcap none/no
  assert_equal "$stderr" 'tcpkit connect: cannot open none/no: No such file or directory'
  [ -e /dev/full ] || skip "needs /dev/full"
  run -1 --separate-stderr timeout 20 "${inside[@]}" "$TCPKIT" connect "127.0.0.1:$port" --pcap /dev/full
  assert_equal "$stderr" 'tcpkit connect: cannot open /dev/full: No space left on device'
  # Nothing is opened, so nothing stays open.
  run -1 --separate-stderr timeout 20 "${inside[@]}" "$TCPKIT" echo 127.0.0.1:0 --pcap /dev/full
  assert_equal "$stderr" 'tcpkit echo: cannot open /dev/full: No space left on device'
}

# without_libpcap   sets without: the prefix that runs a command as if libpcap were not installed
without_libpcap() {
  local file
  file=$(ldconfig -p | sed -n 's/.*libpcap\.so\.0\.8 .*=> //p')
  [ -n "$file" ] || skip "libpcap has another name here"
  # shellcheck disable=SC2016
  without=(unshare --mount --map-root-user sh -c 'mount --bind /dev/null "$0" && exec "$@"' "$(readlink -f "$file")")
  "${without[@]}" true 2>/dev/null || skip "needs a mount namespace"
}

@test "libpcap is loaded only if segments are captured" {
  run -0 ldd "${TCPKIT_RELEASE:-$TCPKIT}"
  refute_output --partial libpcap
  own_network
  serve s echo 127.0.0.1:0
  run -0 "${inside[@]}" env LD_DEBUG=files "$TCPKIT" connect "127.0.0.1:$port" --layers call,event --send x
  refute_output --partial libpcap
  run -0 "${inside[@]}" env LD_DEBUG=files "$TCPKIT" connect "127.0.0.1:$port" --layers wire --send x
  assert_output --partial libpcap
}

@test "without libpcap: exit 1 and one line if segments are requested; everything else works, labs as well" {
  without_libpcap
  local words
  for words in '--layers wire --trace-file no' '--pcap no'; do
    # shellcheck disable=SC2086
    run -1 --separate-stderr "${without[@]}" "$TCPKIT" connect 127.0.0.1:1 $words
    assert_equal "$output" ''
    [[ $stderr == 'tcpkit connect: cannot capture segments: libpcap is not installed ('*')' ]]
    assert [ ! -e no ]
  done
  run -4 "${without[@]}" "$TCPKIT" connect 127.0.0.1:1 --layers call,event,kernel
  # In a network of its own a lab may capture, but cannot.
  own_network
  run -0 --separate-stderr "${without[@]}" "$TCPKIT" lab lifecycle --json --trace-file lab.json
  [[ ${stderr_lines[0]} == 'tcpkit lab: cannot capture segments: libpcap is not installed ('*'); what the wire carries is inferred' ]]
  assert_equal "$(grep -c '^tcpkit lab: not checked: lifecycle:' <<<"$stderr")" $((${#stderr_lines[@]} - 1))
  assert [ ${#stderr_lines[@]} -gt 1 ]
  run -0 jq -r 'select(.layer == "wire")' lab.json
  assert_output ''
}
