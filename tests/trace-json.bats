#!/usr/bin/env bats
# shellcheck disable=SC2016 # what stands in single quotes is jq's
# The JSON trace: the fields of every record, the layers, the payload, and where it goes.

# shellcheck disable=SC2154 # run --separate-stderr sets stderr and its lines
load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

serve() { # serve NAME ARG...   a traced listen on 127.0.0.1, its trace in NAME.err
  start "$1" listen 127.0.0.1:0 --json --port-file "$1.port" "${@:2}"
}

pick() { # pick FILE FILTER PROGRAM   prints the jq program's result for each such record, compact
  jq -c "select($2) | $3" "$1"
}

# Bytes 0 to 255 in order; no UTF-8.
all_bytes() {
  local i
  for ((i = 0; i < 256; ++i)); do printf '%b' "\\x$(printf %02x "$i")"; done
}

@test "every field of every record of a client and a server" {
  local port address='"localAddress","localFamily","localPort","remoteAddress","remoteFamily","remotePort"'
  serve s --send yes
  port=$(port_of s)
  start c connect "127.0.0.1:$port" --send hello --json
  assert_equal "$(status_of c)" 0
  assert_equal "$(status_of s)" 0
  check_trace c.err
  check_trace s.err
  run -0 pick c.err '.layer != "note"' '[.layer, .role, .event] + (keys - ["v","seq","t","time","layer","role","conn","event","readyState"])'
  assert_line '["call","client","connect","host","port"]'
  assert_line '["event","client","connectionAttempt","family","ip","port"]'
  assert_line "[\"event\",\"client\",\"connect\",$address]"
  assert_line '["event","client","ready"]'
  assert_line '["call","client","write","bytes","flushed","writableLength"]'
  assert_line '["call","client","end"]'
  assert_line '["event","client","finish","bytesWritten"]'
  assert_line '["event","client","data","bytes","bytesRead"]'
  assert_line '["event","client","end","bytesRead"]'
  assert_line '["event","client","close","bytesRead","bytesWritten","hadError"]'
  assert_equal "${#lines[@]}" 10
  run -0 pick s.err '.layer != "note"' '[.layer, .role, .event] + (keys - ["v","seq","t","time","layer","role","conn","event","readyState"])'
  assert_line '["call","listener","listen","backlog","host","port"]'
  assert_line '["event","listener","listening","address","family","port"]'
  assert_line "[\"event\",\"listener\",\"connection\",\"connections\",$address]"
  assert_line '["call","listener","close"]'
  assert_line '["event","listener","close"]'
  assert_line '["event","server","data","bytes","bytesRead"]'
  assert_line '["event","server","close","bytesRead","bytesWritten","hadError"]'
}

@test "the values of a connection agree at both ends" {
  local port
  serve s --send yes
  port=$(port_of s)
  start c connect "127.0.0.1:$port" --send hello --json
  assert_equal "$(status_of c)" 0
  assert_equal "$(status_of s)" 0
  run -0 pick s.err '.event == "listening"' '[.address, .port, .family]'
  assert_output "[\"127.0.0.1\",$port,\"IPv4\"]"
  run -0 pick c.err '.event == "connect" and .layer == "event"' '[.remoteAddress, .remotePort, .remoteFamily, .localAddress, .localFamily]'
  assert_output "[\"127.0.0.1\",$port,\"IPv4\",\"127.0.0.1\",\"IPv4\"]"
  assert_equal "$(pick c.err '.event == "connect" and .layer == "event"' '[.localPort, .remotePort]')" \
    "$(pick s.err '.event == "connection"' '[.remotePort, .localPort]')"
  run -0 pick c.err '.event == "close"' '[.hadError, .bytesRead, .bytesWritten]'
  assert_output '[false,3,5]'
  run -0 pick s.err '.event == "close" and .role == "server"' '[.hadError, .bytesRead, .bytesWritten, .conn]'
  assert_output '[false,5,3,1]'
}

@test "a record begins with v, seq, t, time and layer; the listener has no readyState" {
  start s listen 127.0.0.1:0 --json --accept-timeout 50ms
  assert_equal "$(status_of s)" 5
  check_trace s.err
  run -0 sed -n 2p s.err
  assert_output --regexp '^\{"v":1,"seq":2,"t":[0-9]+\.[0-9]{6},"time":"20[0-9-]{8}T[0-9:]{8}\.[0-9]{6}Z","layer":"call","role":"listener","event":"listen","host":"127\.0\.0\.1","port":0,"backlog":511\}$'
}

@test "time is the time of day of t" {
  local before after
  before=$(date -u +%FT%T.%6NZ)
  start c connect 127.0.0.1:1 --json
  assert_equal "$(status_of c)" 4
  after=$(date -u +%FT%T.%6NZ)
  run -0 jq -rs --arg before "$before" --arg after "$after" \
    'all(.[]; .time >= $before and .time <= $after) and (.[-1].t < 60)' c.err
  assert_output true
}

@test "echo traces to stdout: the listener and its connections" {
  start s echo 127.0.0.1:0 --json --port-file s.port
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send hello
  assert_output hello
  wait_for s.out '"role":"server","conn":1,"event":"close"'
  stop s
  assert_equal "$(status_of s)" 143
  check_trace s.out
  run -0 pick s.out '.layer != "note"' '[.role, .layer, .event]'
  assert_output '["listener","call","listen"]
["listener","event","listening"]
["listener","event","connection"]
["server","event","data"]
["server","call","write"]
["server","event","end"]
["server","call","end"]
["server","event","finish"]
["server","event","close"]
["listener","call","close"]
["listener","event","close"]'
  run -0 cat s.err
  assert_output 'tcpkit echo: ended by SIGTERM'
}

@test "options of the socket are calls with their values" {
  local port
  serve s --recv-only
  port=$(port_of s)
  start c connect "127.0.0.1:$port" --json --no-delay --keep-alive=5s --timeout 30s --ttl 9 --send x
  assert_equal "$(status_of c)" 0
  check_trace c.err
  run -0 pick c.err '.event == "setNoDelay"' '[.layer, .noDelay]'
  assert_output '["call",true]'
  run -0 pick c.err '.event == "setKeepAlive"' '[.layer, .enable, .idleMs, .intervalMs, .count]'
  assert_output '["call",true,5000,1000,10]'
  run -0 pick c.err '.event == "setTimeout"' '[.layer, .timeoutMs]'
  assert_output '["call",30000]'
  run -0 pick c.err '.event == "setsockopt"' '[.layer, .option, .value]'
  assert_output '["call","IP_TTL","9"]'
}

@test "keep-alive with the system's values: null, not absent" {
  serve s --recv-only --keep-alive
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send x
  assert_equal "$(status_of s)" 0
  check_trace s.err
  run -0 pick s.err '.event == "setKeepAlive"' '[.idleMs, .intervalMs, .count, has("idleMs")]'
  assert_output '[null,null,null,true]'
}

@test "a Unix socket: path instead of address and port" {
  start s listen "unix:$BATS_TEST_TMPDIR/socket" --json
  wait_for s.err '"event":"listening"'
  start c connect "unix:$BATS_TEST_TMPDIR/socket" --json --send x
  assert_equal "$(status_of c)" 0
  assert_equal "$(status_of s)" 0
  check_trace c.err
  check_trace s.err
  run -0 pick s.err '.event | IN("listen", "listening")' '[.path, has("address"), has("port"), has("host")]'
  assert_output "[\"$BATS_TEST_TMPDIR/socket\",false,false,false]
[\"$BATS_TEST_TMPDIR/socket\",false,false,false]"
  run -0 pick c.err '.layer == "call" and .event == "connect"' '[.path, has("host"), has("port")]'
  assert_output "[\"$BATS_TEST_TMPDIR/socket\",false,false]"
  run -0 pick s.err '.event == "connection"' '[.localAddress, .localPort, .localFamily, .remoteAddress, .remotePort, .remoteFamily]'
  assert_output '[null,null,null,null,null,null]'
}

@test "an abstract Unix socket is @NAME" {
  start s listen "unix:@tcpkit-test-$$" --json
  wait_for s.err '"event":"listening"'
  run -0 pick s.err '.event == "listening"' .path
  assert_output "\"@tcpkit-test-$$\""
}

@test "--layers selects; diagnostics remain" {
  start c connect 127.0.0.1:1 --json --layers call
  assert_equal "$(status_of c)" 4
  run -0 pick c.err true '[.layer, .event]'
  assert_output '["note","run"]
["call","connect"]
["note","summary"]
["note","message"]
["note","exit"]'
  start d connect 127.0.0.1:1 --json --layers event
  assert_equal "$(status_of d)" 4
  check_trace d.err
  run -0 jq -r .layer d.err
  assert_output 'note
event
event
event
event
note
note
note'
  start e connect 127.0.0.1:1 --json --layers note
  assert_equal "$(status_of e)" 4
  run -0 jq -r '"\(.seq) \(.layer)"' e.err
  assert_output '1 note
2 note
3 note
4 note'
}

@test "--layers refuses an unknown one before anything is opened" {
  start c connect 127.0.0.1:1 --layers call,packet --trace-file made
  assert_equal "$(status_of c)" 2
  run -0 cat c.err
  assert_output --partial "'packet'"
  assert_equal "${#lines[@]}" 1
  [ ! -e made ]
}

@test "--data text: UTF-8 as text, other bytes as base64; nothing lost" {
  all_bytes >bytes
  printf 'grün "\\ \001\177\u0085\u202e\U1f600' >utf8
  for payload in bytes utf8; do
    serve "s-$payload" --data text
    start_fed "c-$payload" "$payload" connect "127.0.0.1:$(port_of "s-$payload")" --json --data text
    assert_equal "$(status_of "c-$payload")" 0
    assert_equal "$(status_of "s-$payload")" 0
    check_trace "c-$payload.err"
    check_trace "s-$payload.err"
  done
  run -0 pick s-bytes.err '.event == "data"' '[has("base64"), has("text"), has("hex")]'
  assert_output '[true,false,false]'
  jq -rj 'select(.event == "data") | .base64' s-bytes.err | base64 -d | cmp - bytes
  jq -rj 'select(.event == "write") | .base64' c-bytes.err | base64 -d | cmp - bytes
  run -0 pick s-utf8.err '.event == "data"' '[has("base64"), has("text"), has("hex")]'
  assert_output '[false,true,false]'
  jq -rj 'select(.event == "data") | .text' s-utf8.err | cmp - utf8
  jq -rj 'select(.event == "write") | .text' c-utf8.err | cmp - utf8
}

@test "--data hex: every byte; --data none: none" {
  all_bytes >bytes
  serve s --data hex
  start_fed c bytes connect "127.0.0.1:$(port_of s)" --json --data none
  assert_equal "$(status_of c)" 0
  assert_equal "$(status_of s)" 0
  check_trace s.err
  run -0 jq -rj 'select(.event == "data") | .hex' s.err
  assert_output "$(od -An -v -tx1 bytes | tr -d ' \n')"
  run -0 pick s.err '.event == "data"' '[has("base64"), has("text"), .bytes]'
  assert_output '[false,false,256]'
  run -0 pick c.err '.event == "write"' '[has("hex"), has("base64"), has("text"), .bytes]'
  assert_output '[false,false,false,256]'
}

@test "a chunk that ends inside a character is base64, and the bytes add up" {
  printf 'aé' >odd
  serve s --data text --read-buffer 2
  start_fed c odd connect "127.0.0.1:$(port_of s)"
  assert_equal "$(status_of s)" 0
  check_trace s.err
  run -0 pick s.err '.event == "data"' '[.text, .base64, .bytes, .bytesRead]'
  assert_output '[null,"YcM=",2,2]
[null,"qQ==",1,3]'
}

@test "a name with control characters stays inside its string" {
  start c connect $'bad\e[2J\xff\xc2\x9bname:1' --json
  assert_equal "$(status_of c)" 2
  run ! grep -qP '[\x00-\x08\x0b-\x1f]' c.err
  run -0 iconv -f UTF-8 -t UTF-8 c.err
  run -0 jq -r .event c.err
  assert_output $'run\nmessage\nexit'
}

@test "diagnostics are message records: refused" {
  start c connect 127.0.0.1:1 --trace=json
  assert_equal "$(status_of c)" 4
  check_trace c.err
  run -0 pick c.err '.event == "message"' '[.event, .text, has("role"), has("conn")]'
  assert_output --regexp '^\["message","cannot connect to 127\.0\.0\.1:1: refused \(ECONNREFUSED\).*",false,false\]$'
}

@test "diagnostics are message records: name not found, several refused" {
  start c connect -6 four.test:1 --resolve four.test:127.0.0.1 --json
  assert_equal "$(status_of c)" 3
  check_trace c.err
  run -0 pick c.err '.event == "message"' .text
  assert_output --partial 'cannot look up four.test'
  start d connect two.test:1 --resolve two.test:127.0.0.1,127.0.0.2 --json
  assert_equal "$(status_of d)" 4
  check_trace d.err
  run -0 pick d.err '.event == "message"' .text
  assert_output '"cannot connect to two.test:1: 127.0.0.1 refused, 127.0.0.2 refused"'
}

@test "diagnostics are message records: lost, with the bytes that had arrived" {
  start_cmd peer "$SUPPORT/peer" send:abc read:2 rst
  mkfifo in
  exec 9<>in
  start_fed c in connect "127.0.0.1:$(port_of peer)" --json
  wait_for c.err '"event":"data"'
  printf go >&9
  assert_equal "$(status_of c)" 6
  exec 9>&-
  check_trace c.err
  run -0 pick c.err '.event == "message"' .text
  assert_output --partial 'lost after 3 bytes received, 2 sent'
}

@test "diagnostics are message records: -v, a signal, an idle limit, a deadline" {
  serve s -v
  start c connect "127.0.0.1:$(port_of s)" --recv-only -v --json --deadline 300ms
  assert_equal "$(status_of c)" 5
  assert_equal "$(status_of s)" 0
  check_trace c.err
  check_trace s.err
  run -0 pick c.err '.event == "message"' .text
  assert_line --partial 'connected to'
  assert_line --partial 'deadline'
  run -0 pick s.err '.event == "message"' .text
  assert_line --partial 'listening on'
  assert_line --partial 'connection from'
  serve t
  wait_for t.err '"event":"listening"'
  stop t INT
  assert_equal "$(status_of t)" 130
  check_trace t.err
  run -0 pick t.err '.event == "message"' .text
  assert_output '"ended by SIGINT"'
}

@test "diagnostics are message records: usage errors, wherever --json stands" {
  local words
  for words in "connect --json 1.2.3.4" "connect nohost --json" "listen --trace=json 127.0.0.1:x" \
    "connect --json --no-such-option" "connect --json 127.0.0.1:1 --timeout soon" \
    "listen --json ::1:80" "connect --json" "connect 127.0.0.1:1 --send-only --recv-only --json" \
    "connect 127.0.0.1:1 --json --trace-file fd:2 --layers x" "connect 127.0.0.1:1 --trace=human --trace=json --bad"; do
    # shellcheck disable=SC2086
    start c $words
    assert_equal "$words: $(status_of c)" "$words: 2"
    run -0 jq -rse '.[1] | select(.v == 1 and .seq == 2 and .layer == "note" and .event == "message") | .text' c.err
    assert_equal "$words: ${#lines[@]}" "$words: 1"
    check_trace c.err
  done
}

@test "if the trace goes elsewhere, diagnostics are plain" {
  start c connect 127.0.0.1:1 --json --trace-file trace
  assert_equal "$(status_of c)" 4
  check_trace trace
  run -0 cat c.err
  assert_output --regexp '^tcpkit connect: cannot connect to 127\.0\.0\.1:1: .*'
  assert_equal "${#lines[@]}" 1
  start d connect 127.0.0.1:1 --json --quiet
  assert_equal "$(status_of d)" 4
  run -0 cat d.err
  assert_output --regexp '^tcpkit connect: '
}

@test "address in use, as JSON" {
  start_cmd peer "$SUPPORT/peer" hold
  start s listen "127.0.0.1:$(port_of peer)" --json
  assert_equal "$(status_of s)" 1
  check_trace s.err
  run -0 pick s.err '.event != "run" and .event != "exit"' '[.layer, .role, .event]'
  assert_output '["call","listener","listen"]
["event","listener","error"]
["note",null,"message"]'
}

@test "SIGUSR1: a counters record of each connection" {
  start s echo 127.0.0.1:0 --json --port-file s.port
  mkfifo in
  exec 9<>in
  printf abc >&9
  start_fed c in connect "127.0.0.1:$(port_of s)"
  wait_for s.out '"event":"write"'
  stop_with_usr1 s
  wait_for s.out '"event":"counters"'
  exec 9>&-
  assert_equal "$(status_of c)" 0
  wait_for s.out '"conn":1,"event":"close"'
  stop s
  assert_equal "$(status_of s)" 143
  check_trace s.out
  run -0 pick s.out '.event == "counters"' '[.layer, .role, .conn, .bytesRead, .bytesWritten, .writableLength]'
  assert_output '["note","server",1,3,3,0]'
}

stop_with_usr1() {
  kill -s USR1 "$(pid_of "$1")"
}

@test "--explain: a note under the first record of each kind" {
  start c connect two.test:1 --resolve two.test:127.0.0.1,127.0.0.2 --json --explain
  assert_equal "$(status_of c)" 4
  check_trace c.err
  run -0 jq -rn '[inputs] | . as $r | range(length) | select($r[.].event == "explain") |
    "\($r[.].layer) \($r[.].word) \($r[. - 1].event) \($r[.].text | length > 20)"' c.err
  assert_output 'note connect connect true
note lookup lookup true
note connectionAttempt connectionAttempt true
note connectionAttemptFailed connectionAttemptFailed true
note error error true
note close close true'
}

@test "bytes that close could not send are counted" {
  start_cmd peer "$SUPPORT/peer" hold
  head -c 16M /dev/zero >zeros
  start_fed c zeros connect "127.0.0.1:$(port_of peer)" --json --deadline 700ms
  assert_equal "$(status_of c)" 5
  check_trace c.err
  run -0 jq -n '[inputs] | (map(select(.event == "write" and .layer == "call")) | map(.bytes) | add) as $accepted |
    .[] | select(.event == "close") | .bytesWritten == $accepted and .unsent > 0 and .unsent < $accepted' c.err
  assert_output true
}

@test "the first record is run, the last one exit, whatever ends the run" {
  first_and_last() { # first_and_last FILE STATUS REASON
    check_trace "$1"
    assert_equal "$(jq -sc '[.[0].event, .[-1].event, .[-1].status, .[-1].reason] +
      (map(select(.event == "run" or .event == "exit")) | [length])' "$1")" "[\"run\",\"exit\",$2,$3,2]"
  }
  run -0 "$TCPKIT" address 127.0.0.1:1
  serve s --send yes
  start c connect "127.0.0.1:$(port_of s)" --json
  assert_equal "$(status_of c)" 0
  first_and_last c.err 0 null
  assert_equal "$(status_of s)" 0
  run -0 pick s.err '.event == "run"' '[.command, .pid, (.version | type), (.host | length > 0)]'
  assert_output "[\"listen\",$(pid_of s),\"string\",true]"
  start c connect 127.0.0.1:1 --json
  assert_equal "$(status_of c)" 4
  first_and_last c.err 4 "$(pick c.err '.event == "message"' .text)"
  start c connect --json --bad
  assert_equal "$(status_of c)" 2
  first_and_last c.err 2 "$(pick c.err '.event == "message"' .text)"
  serve t
  wait_for t.err '"event":"listening"'
  stop t INT
  assert_equal "$(status_of t)" 130
  first_and_last t.err 130 '"ended by SIGINT"'
  start u connect 127.0.0.1:1 --trace=json --trace-file trace --do 'expect connect'
  assert_equal "$(status_of u)" 8
  assert_equal "$(jq -r 'select(.event == "exit") | .status' trace)" 8
}

@test "run has the words as typed, without secrets" {
  start c connect 127.0.0.1:1 --send=secret --send secret -4 --json --tag a=b
  assert_equal "$(status_of c)" 4
  run -0 pick c.err '.event == "run"' .arguments
  assert_output '["127.0.0.1:1","--send","--send","-4","--json","--tag","a=b"]'
  start c connect 127.0.0.1:1 --do 'send "secret"' --json
  assert_equal "$(status_of c)" 0 # the step passed
  run -0 pick c.err '.event == "run"' .arguments
  assert_output '["127.0.0.1:1","--do","--json"]'
}

@test "--tag labels all records, --trace-append keeps what the file holds" {
  run -4 "$TCPKIT" connect 127.0.0.1:1 --json --trace-file log --tag run=1 --tag 'host=a "b"' --tag run=2
  run -0 jq -sc 'map(.tags) | unique' log
  assert_output '[{"run":"2","host":"a \"b\""}]'
  local count
  count=$(wc -l <log)
  run -4 "$TCPKIT" connect 127.0.0.1:1 --json --trace-file log --trace-append
  assert_equal "$(wc -l <log)" "$((2 * count))"
  assert_equal "$(jq -sc 'map(select(.event == "run" or .event == "exit").event)' log)" '["run","exit","run","exit"]'
  run -2 "$TCPKIT" connect 127.0.0.1:1 --tag a=b
  assert_output 'tcpkit connect: --tag labels JSON records; add --json or --summary=json'
  run -2 "$TCPKIT" connect 127.0.0.1:1 --json --tag =b
  assert_output --partial 'is not KEY=VALUE'
  run -2 "$TCPKIT" connect 127.0.0.1:1 --json --trace-append
  assert_output --partial 'add --trace-file FILE'
}

@test "one summary of each connection, after its close, whatever the layers" {
  serve s --send yes
  start c connect "127.0.0.1:$(port_of s)" --send hello --json --layers kernel
  assert_equal "$(status_of c)" 0
  assert_equal "$(status_of s)" 0
  run -0 pick c.err '.event == "summary"' '[.role, .conn, .outcome, .code, .attempts, .attemptsFailed, .bytesRead, .bytesWritten, .unsent, .unacknowledged]'
  assert_output '["client",1,"ok",null,1,0,3,5,0,0]'
  run -0 pick c.err '.event == "summary"' '[.lookupMs, .connectMs <= .firstByteMs, .firstByteMs <= .totalMs, .rttUs > 0, .retransmits]'
  assert_output '[null,true,true,true,0]'
  assert_equal "$(pick c.err '.event == "summary"' '[.localAddress, .localPort, .remoteAddress, .remotePort]')" \
    "$(pick s.err '.event == "summary"' '[.remoteAddress, .remotePort, .localAddress, .localPort]')"
  assert_equal "$(jq -sc 'map(select(.role == "server").event) | index("summary") - index("close")' s.err)" 1
  start d connect two.test:1 --resolve two.test:127.0.0.1,127.0.0.2 --json
  assert_equal "$(status_of d)" 4
  run -0 pick d.err '.event == "summary"' '[.outcome, .code, .attempts, .attemptsFailed, .remoteAddress, .remotePort, .endedFirst, .endedBy, .connectMs, .lookupMs >= 0]'
  assert_output '["refused","ECONNREFUSED",2,2,"127.0.0.2",1,null,null,null,true]'
  start e connect none.test:1 -6 --resolve none.test:127.0.0.1 --json
  assert_equal "$(status_of e)" 3
  run -0 pick e.err '.event == "summary"' '[.outcome, .code, .attempts]'
  assert_output '["lookup","ENOTFOUND",0]'
}

@test "a summary alone: for programs, and for people" {
  serve s --send yes
  run -0 --separate-stderr "$TCPKIT" connect "127.0.0.1:$(port_of s)" --summary=json --tag n=1 </dev/null
  run -0 jq -c '[.seq, .event, .tags.n]' <<<"$stderr"
  assert_output '[1,"summary","1"]'
  assert_equal "$(status_of s)" 0
  run -4 --separate-stderr "$TCPKIT" connect 127.0.0.1:1 --summary </dev/null
  assert_equal "${stderr_lines[0]%%; *}" 'client 1: 127.0.0.1:1: refused (ECONNREFUSED)'
  run -2 "$TCPKIT" connect 127.0.0.1:1 --summary=json --trace
  assert_output --partial 'need two places'
}

@test "a reset is reported, whichever end was closing: endedFirst and endedBy" {
  # Each peer resets at once; our FIN, which came too late, was never the first.
  local i
  for i in 1 2 3 4 5 6; do
    start_cmd "peer-$i" "$SUPPORT/peer" rst
    start "c-$i" connect "127.0.0.1:$(port_of "peer-$i")" --send x --json
  done
  for i in 1 2 3 4 5 6; do
    status_of "c-$i" >/dev/null
    run -0 pick "c-$i.err" '.event == "summary"' '[.endedBy, .outcome, .endedFirst == "client"]'
    assert_output '["RST","reset",false]'
  done
  # Both ends of a reset report the same.
  start r listen 127.0.0.1:0 --send x --no-shutdown --json --port-file r.port
  start q reset "127.0.0.1:$(port_of r)" --after data --json
  assert_equal "$(status_of r)" 6
  assert_equal "$(status_of q)" 0
  run -0 pick r.err '.event == "summary"' '[.outcome, .endedFirst, .endedBy, .why]'
  assert_output '["reset","client","RST",null]'
  run -0 pick q.out '.event == "summary"' '[.outcome, .endedFirst, .endedBy, .why, .sent]'
  assert_output '["ok","client","RST","reset","RST"]'
}

@test "why an end closed: unread data, SO_LINGER, a time limit, the end of the program" {
  why() { # why FILE   of its summary
    jq -c 'select(.event == "summary") | [.endedFirst, .endedBy, .why]' "$1"
  }
  start_cmd unread "$SUPPORT/peer" send:abc hold
  run -0 "$TCPKIT" reset "127.0.0.1:$(port_of unread)" --method destroy --unread --after data --json
  assert_equal "$(why <(echo "$output"))" '["client","RST","unread"]'
  start_cmd linger "$SUPPORT/peer" hold
  run -0 "$TCPKIT" reset "127.0.0.1:$(port_of linger)" --method linger --json
  assert_equal "$(why <(echo "$output"))" '["client","RST","linger"]'
  start_cmd idle "$SUPPORT/peer" hold
  start c connect "127.0.0.1:$(port_of idle)" --recv-only --timeout 50ms --timeout-action destroy --json
  assert_equal "$(status_of c)" 5
  assert_equal "$(why c.err)" '["client","FIN","idle"]'
  start_cmd limited "$SUPPORT/peer" hold
  start c connect "127.0.0.1:$(port_of limited)" --recv-only --deadline 200ms --json
  assert_equal "$(status_of c)" 5
  run -0 pick c.err '.event == "summary"' '[.outcome, .why]'
  assert_output '["timeout","deadline"]'
  serve s --recv-only
  start d connect "127.0.0.1:$(port_of s)" --recv-only --json
  wait_for d.err '"event":"ready"'
  stop d
  assert_equal "$(status_of d)" 143
  assert_equal "$(why d.err)" '["client","FIN","exit"]'
  status_of s >/dev/null
  assert_equal "$(why s.err)" '["client","FIN",null]'
}
