#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # programs of jq and shells in single quotes; what helpers set
# relay carries bytes, FINs and resets from one end to the other, in both directions, whatever the
# ends do and whatever fails. Its trace has both connections of a client under one pair number.
# TCPKIT_CLIENTS (60) is the number of clients of the random test, TCPKIT_SEED its seed.

load helpers/tcpkit
load helpers/outcome
load helpers/network
load helpers/dns

setup_file() {
  export MANY=$BATS_FILE_TMPDIR/many
  head -c 9999991 /dev/urandom >"$MANY" # a prime: no two boundaries of blocks fall together
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export LONG=60 # seconds, for something that takes one second on an idle machine
}

teardown() {
  stop_all
}

relay() { # relay TARGET ARG...   with a JSON trace in r.trace; sets port
  start r relay 127.0.0.1:0 "$@" --json --trace-file r.trace --port-file r.port
  port=$(port_of r)
}

quick_relay() { # quick_relay TARGET ARG...   without a trace, so that streams stay in the kernel; sets port
  start r relay 127.0.0.1:0 "$@" --port-file r.port
  port=$(port_of r)
}

target() { # target ACTION...   a scripted server; sets there
  start_cmd target "$SUPPORT/peer" "$@"
  there=127.0.0.1:$(port_of target)
}

client() { # client ACTION...   a scripted client of the relay
  start_cmd client "$SUPPORT/peer" --connect 127.0.0.1 "$port" "$@"
}

over() { # over   ends the relay, whose trace keeps the rules
  stop r
  ended r 143
  [ ! -e r.trace ] || check_trace r.trace
}

closed() { # closed N   so many connections of the relay have closed
  LIMIT=20 until_true "$1 connections of the relay to close" has_closed "$1" || {
    show r.trace
    return 1
  }
}

has_closed() {
  [ "$(grep -cE '"role":"(client|server)".*"event":"close"' r.trace)" -ge "$1" ]
}

numbers() { # numbers NAME   what its peer program printed, without the port
  tail -n +2 "$1.out"
}


# Two ends of a stream, and what arrives

for_both_ways() { # for_both_ways [ARG...]   MANY goes in both directions at once, through a relay with ARG...
  start_fed server "$MANY" listen 127.0.0.1:0 --port-file server.port
  quick_relay "127.0.0.1:$(port_of server)" "$@"
  start_fed sender "$MANY" connect "127.0.0.1:$port"
  ended sender 0 "$LONG"
  ended server 0 "$LONG"
  cmp server.out "$MANY"
  cmp sender.out "$MANY"
  over
}

@test "the client's FIN goes to the target, and the answer still comes back" {
  target readeof send:answer fin
  relay "$there"
  client send:question fin readeof
  ended client 0
  ended target 0
  assert_equal "$(numbers target)" 'eof 8 question'
  assert_equal "$(numbers client)" 'eof 6 answer'
  closed 2
  over
  silent_but_signal
}

silent_but_signal() {
  one_line r 'ended by SIGTERM'
}

@test "the target's FIN goes to the client, whose data still arrive" {
  target send:hello fin readeof
  relay "$there"
  client readeof send:late fin
  ended client 0
  ended target 0
  assert_equal "$(numbers client)" 'eof 5 hello'
  assert_equal "$(numbers target)" 'eof 4 late'
  closed 2
  over
}

@test "nc and socat half-close through it" {
  start_cmd target socat -u TCP-LISTEN:0,bind=127.0.0.1 STDOUT
  until_true "socat to listen" socat_port
  quick_relay "127.0.0.1:$there"
  start_cmd client bash -c 'printf "from nc" | nc -N 127.0.0.1 "$1"' - "$port"
  ended client 0
  ended target 0
  assert_equal "$(cat target.out)" 'from nc'
  over
}

socat_port() {
  there=$(ss -Htlnp | sed -nE "s/.*127\.0\.0\.1:([0-9]+) .*pid=$(pid_of target),.*/\1/p")
  [ -n "$there" ]
}

@test "curl gets a file from nginx through it" {
  mkdir www
  cp "$MANY" www/file
  start_nginx 127.0.0.1 "$PWD/www"
  quick_relay "127.0.0.1:$web_port"
  run -0 curl -sS -o got --max-time 60 "http://127.0.0.1:$port/file"
  cmp got "$MANY"
  over
}

@test "a client of Node sees end, finish and close as if it had the target itself" {
  node24
  start server echo 127.0.0.1:0 --port-file server.port
  relay "127.0.0.1:$(port_of server)"
  run -0 timeout 20 "$node" -e '
    const socket = require("net").connect({port: +process.argv[1], host: "127.0.0.1"});
    for (const name of ["connect", "end", "finish", "error", "close"])
      socket.on(name, () => console.log(name));
    socket.on("data", (bytes) => console.log(String(bytes)));
    socket.end("through");' "$port"
  assert_output $'connect\nfinish\nthrough\nend\nclose'
  closed 2
  over
}

@test "data, then a reset by the client: the target gets the data, then the reset" {
  target read:300000 readeof
  relay "$there"
  client sendn:300000 acked rst
  ended client 0
  ended target 1
  assert_line_of target 'read 300000 0123456789abcdef'
  wait_for target.out 'error read ECONNRESET'
  closed 2
  run -0 jq -r 'select(.event == "error") | "\(.role) \(.error.code)"' r.trace
  assert_output 'server ECONNRESET'
  run -0 jq -r 'select(.event == "resetAndDestroy") | "\(.role) \(.reset != false)"' r.trace
  assert_output 'client true'
  over
}

assert_line_of() { # assert_line_of NAME START
  run -0 cat "$1.out"
  assert_output --partial "$2"
}

@test "data, then a reset by the target: the client gets the data, then the reset" {
  target sendn:300000 acked rst
  relay "$there"
  client read:300000 readeof
  ended target 0
  ended client 1
  assert_line_of client 'read 300000 0123456789abcdef'
  wait_for client.out 'error read ECONNRESET'
  closed 2
  run -0 jq -r 'select(.event == "resetAndDestroy") | "\(.role) \(.reset != false)"' r.trace
  assert_output 'server true'
  over
  run -0 cat r.err
  assert_line --index 0 --regexp "^tcpkit relay: connection to $there lost after 300000 bytes received, 0 sent: reset"
}

@test "a spliced stream, then a reset, in either direction" {
  target read:9000000 readeof
  quick_relay "$there"
  client sendn:9000000 acked rst
  ended client 0 "$LONG"
  ended target 1 "$LONG"
  assert_line_of target 'read 9000000 '
  over
  target sendn:9000000 acked rst
  quick_relay "$there"
  client read:9000000 readeof
  ended target 0 "$LONG"
  ended client 1 "$LONG"
  assert_line_of client 'read 9000000 '
  over
}

@test "a reset after both FINs but one: the half-open end is reset" {
  target readeof send:x acked rst
  relay "$there"
  client fin read:1 readeof
  ended target 0
  ended client 1
  assert_line_of client 'read 1 x'
  closed 2
  over
}

# Targets that cannot be reached

unreached() { # unreached REGEX   the client is reset, and one line says why
  client readeof
  ended client 1 20
  wait_for client.out 'error read ECONNRESET'
  wait_for r.err "^tcpkit relay: $1"
}

@test "a refused target: the client is reset, and stderr names the target" {
  free=$("$SUPPORT/free_port")
  relay "127.0.0.1:$free"
  unreached "cannot connect to 127\.0\.0\.1:$free: refused \(ECONNREFUSED\)"
  closed 2
  over
  run -0 jq -r 'select(.event == "close" and .conn) | "\(.role) \(.pair) \(.hadError)"' r.trace
  assert_line 'client 1 true'
  assert_line 'server 1 false'
}

@test "an unreachable target" {
  own_network
  enter_network
  relay 192.0.2.1:80
  start_cmd client "${inside[@]}" "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof
  ended client 1
  wait_for r.err '^tcpkit relay: cannot connect to 192\.0\.2\.1:80: .*\(ENETUNREACH\)'
  closed 2
}

@test "a target that does not answer: --connect-timeout" {
  mkfifo stdin
  exec {held}<>stdin
  launch hole stdin "$SUPPORT/blackhole"
  : >hole.says_port
  relay "127.0.0.1:$(LIMIT=20 port_of hole)" -w 200ms
  unreached 'cannot connect to 127\.0\.0\.1:[0-9]+: .*\(ETIMEDOUT\)'
  closed 2
  over
  exec {held}>&-
}

@test "an idle limit ends a try, and its client" {
  mkfifo stdin
  exec {held}<>stdin
  launch hole stdin "$SUPPORT/blackhole"
  : >hole.says_port
  relay "127.0.0.1:$(LIMIT=20 port_of hole)" --timeout 100ms --timeout-action destroy
  client readeof
  ended client 1
  closed 2
  over
  exec {held}>&-
}

@test "a name that is not found" {
  relay nowhere.invalid:80
  unreached 'cannot look up nowhere\.invalid: '
  closed 2
  over
}

@test "--retry: what the client sent meanwhile arrives once the target is there" {
  free=$("$SUPPORT/free_port")
  relay "127.0.0.1:$free" --retry 100 --retry-delay 50ms
  client send:early fin readeof
  wait_for r.trace '"event":"connectionAttemptFailed"'
  start target listen "127.0.0.1:$free" --send answer
  ended client 0
  ended target 0
  assert_equal "$(cat target.out)" early
  assert_line_of client 'eof 6 answer'
  closed 3
  over
  # Every try has the number of its client.
  run -0 jq -sr '[.[] | select(.conn) | .pair] | unique | @csv' r.trace
  assert_output 1
}

@test "--retry gives up with one line, and SIGTERM does not wait for a try" {
  free=$("$SUPPORT/free_port")
  relay "127.0.0.1:$free" --retry 1 --retry-delay 20ms
  unreached 'cannot connect to '
  closed 3
  over
  assert_equal "$(grep -c 'cannot connect' r.err)" 1
  relay "127.0.0.1:$free" --retry 1000 --retry-delay 60s
  client readeof
  wait_for r.trace '"event":"connectionAttemptFailed"'
  stop r
  ended r 143 5
  ended client 1
}

@test "a client that is reset while the target is being connected" {
  mkfifo stdin
  exec {held}<>stdin
  launch hole stdin "$SUPPORT/blackhole"
  : >hole.says_port
  relay "127.0.0.1:$(LIMIT=20 port_of hole)" -w 500ms
  client send:x rst
  ended client 0
  closed 2
  start_cmd second "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof
  ended second 1
  closed 4
  over
  exec {held}>&-
}

# Slow ends and large streams

@test "a stream in both directions at once arrives, traced or not" {
  for_both_ways
  for_both_ways --high-water-mark 1000 --read-buffer 700
  for_both_ways --json --trace-file r.trace
}

@test "streams of several connections stay in the kernel" {
  strace -qq -o /dev/null true 2>/dev/null || skip "needs strace, and leave to trace"
  start_fed server "$MANY" listen -k 127.0.0.1:0 --port-file server.port --send-only
  start_cmd r strace -D -f -qq -o strace.log -e trace=splice "$TCPKIT" relay 127.0.0.1:0 "127.0.0.1:$(port_of server)" --port-file "$PWD/r.port"
  port=$(port_of r)
  run -0 timeout 60 bash -c '"$1" connect "127.0.0.1:$2" </dev/null | cmp - "$3"' - "$TCPKIT" "$port" "$MANY"
  (($(grep -c 'splice(.* = [1-9]' strace.log) > 10))
  stop r
}

@test "a slow client: the target waits, and the relay keeps little" {
  [ -z "${ASAN_OPTIONS-}" ] || skip "sanitizers need more memory"
  local args
  for args in '' '--json --trace-file r.trace'; do
    target sendn:60000000 fin readeof
    # shellcheck disable=SC2086
    start_cmd r "$SUPPORT/peak" r.kib "$TCPKIT" relay 127.0.0.1:0 "$there" --port-file "$PWD/r.port" $args
    port=$(port_of r)
    client slow:400000 fin
    ended client 0 "$LONG"
    ended target 0 "$LONG"
    assert_line_of client 'eof 60000000 '
    stop r
    ended r 143
    (($(cat r.kib) <= 20 * 1024)) || fail "$(cat r.kib) KiB"
    [ -z "$args" ] || assert_equal "$(jq -s '[.[] | .writableLength // 0] | max > 200000' r.trace)" false
    rm r.port
  done
}

@test "an end that stalls in the middle of a spliced stream: it goes on" {
  for _ in {1..12}; do cat "$MANY"; done >large
  start server listen 127.0.0.1:0 --port-file server.port --recv-buffer 64k
  quick_relay "127.0.0.1:$(port_of server)"
  kill -STOP "$(pid_of server)"
  start_fed client large connect "127.0.0.1:$port"
  stall server
  ended client 0 "$LONG"
  ended server 0 "$LONG"
  cmp server.out large
  over
  start_fed server large listen 127.0.0.1:0 --port-file server.port
  quick_relay "127.0.0.1:$(port_of server)"
  start client connect "127.0.0.1:$port" --recv-buffer 64k
  kill -STOP "$(pid_of client)"
  stall client
  ended client 0 "$LONG"
  ended server 0 "$LONG"
  cmp client.out large
  over
}

stall() { # stall NAME   it is stopped; lets it go on for a moment, twice, and then for good
  local before i
  for i in 1 2 3; do
    before=-1
    until_true "the relay to be still" relay_is_still
    kill -CONT "$(pid_of "$1")"
    [ "$i" = 3 ] || kill -STOP "$(pid_of "$1")"
  done
}

relay_is_still() { # relay_is_still   two looks at its system calls' bytes have the same result
  local now
  now=$(awk '/^(rchar|wchar|syscr)/ { sum += $2 } END { print sum }' "/proc/$(pid_of r)/io")$(ss -Htn "( sport = :$port )" | cksum)
  [ "$now" = "$before" ] || {
    before=$now
    return 1
  }
}

@test "Unix sockets and TCP, in either direction" {
  start server echo unix:server.sock --port-file server.port
  wait_for server.port .
  quick_relay unix:server.sock --no-delay
  start front relay unix:front.sock "127.0.0.1:$port" --port-file front.port --no-delay
  wait_for front.port .
  run -0 timeout 60 bash -c '"$1" connect unix:front.sock <"$2" | cmp - "$2"' - "$TCPKIT" "$MANY"
  over
}

@test "a Unix end has no reset: a FIN on one side, and what an abort is there" {
  start server listen unix:s.sock --port-file server.port
  wait_for server.port .
  relay unix:s.sock
  client send:x acked rst
  ended client 0
  ended server 0
  assert_equal "$(cat server.out)" x
  closed 2
  over
}

# The program ends

held_pair() { # held_pair ARG...   a relay with one open connection through it
  target send:x hold
  relay "$there" "$@"
  client read:1 readeof
  wait_for client.out '^read 1'
}

@test "SIGTERM: no new client, and a connection may finish within --drain" {
  target send:x read:3 readeof send:end fin
  relay "$there" --drain 20s
  mkfifo words
  start_cmd client bash -c 'exec 3<>words; { head -c 4 <&3; } | nc -N 127.0.0.1 "$1"' - "$port"
  wait_for client.out x
  stop r
  wait_for r.err 'waiting up to 20s for 2 connections to close'
  run -4 timeout 5 "$TCPKIT" connect "127.0.0.1:$port" </dev/null
  printf last >words
  ended client 0
  ended target 0
  ended r 143
  assert_equal "$(cat client.out)" xend
  check_trace r.trace
  refute [ "$(events r.trace 'select(.event == "resetAndDestroy" or .event == "error")')" ]
}

@test "SIGTERM: a connection that does not end is closed after --drain" {
  held_pair --drain 100ms
  stop r
  ended r 143 5
  check_trace r.trace
  assert_equal "$(grep -c '"event":"destroy"' r.trace)" 2
}

@test "a second signal ends it at once" {
  held_pair --drain 60s
  stop r
  wait_for r.err waiting
  stop r
  ended r 143 5
}

@test "--deadline ends every connection, with status 5" {
  held_pair --deadline 1s
  ended r 5
  check_trace r.trace
}

@test "--timeout ends an idle pair" {
  held_pair --timeout 200ms --timeout-action reset
  ended client 1
  closed 2
  over
  assert_equal "$(jq -s '[.[] | select(.event == "timeout" and .kind == "idle")] | length > 0' r.trace)" true
}

# Rules and limits

@test "--max-connections, --block and --allow are about clients" {
  target send:x hold
  relay "$there" --max-connections 1 --drain 100ms
  client read:1 hold
  wait_for client.out '^read 1'
  run -0 timeout 10 "$TCPKIT" connect "127.0.0.1:$port" --recv-only
  wait_for r.trace '"event":"drop"'
  run -0 jq -c 'select(.event == "drop") | [.role, .pair]' r.trace
  assert_output '["listener",null]'
  over
  start server echo 127.0.0.1:0 --port-file server.port
  relay "127.0.0.1:$(port_of server)" --block 127.0.0.2
  run -0 timeout 10 "$TCPKIT" connect "127.0.0.1:$port" --send hello </dev/null
  assert_output hello
  run -0 timeout 10 "$TCPKIT" connect -s 127.0.0.2 "127.0.0.1:$port" --recv-only
  assert_output ''
  over
  relay "127.0.0.1:$(port_of server)" --allow 127.0.0.2
  run -0 timeout 10 "$TCPKIT" connect -s 127.0.0.2 "127.0.0.1:$port" --send hello </dev/null
  assert_output hello
  over
}

@test "options of an end that cannot have them are refused" {
  refused() { # refused TEXT ARG...
    run -2 "$TCPKIT" relay "${@:2}"
    assert_output "tcpkit relay: $1"
  }
  refused "'-' stands for stdin and stdout, and cannot be both ends" - -
  refused "--port-file: it is for clients, and '-' takes their place; leave it out" - :1 --port-file f
  refused "--drain: it is for clients, and '-' takes their place; leave it out" - :1 --drain 1s
  refused "--retry: it is for a connection to a target, and '-' takes its place; leave it out" 0 - --retry 1
  refused "--connect-timeout: it is for a connection to a target, and '-' takes its place; leave it out" 0 - -w 1s
  refused "--max-connections: it needs many clients, and '-' serves one; leave it out" 0 - --max-connections 2
  refused "--local-address: a Unix socket has no such option; leave it out" 0 unix:x -s 127.0.0.1
  refused "--ipv6-only: a Unix socket has no such option; leave it out" unix:x :1 --ipv6-only
  refused "--no-delay: a Unix socket has no such option; leave it out" unix:x unix:y --no-delay
  refused "--block: the rules are about TCP clients; leave it out" unix:x :1 --block ::1
  refused "--timeout-action reset: a Unix socket has no RST; write destroy" 0 unix:x --timeout 1s --timeout-action reset
}

@test "without descriptors clients wait or are reset, and others go on" {
  start server echo 127.0.0.1:0 --port-file server.port
  start_cmd r bash -c 'ulimit -n 28; exec "$@"' - "$TCPKIT" relay 127.0.0.1:0 "127.0.0.1:$(port_of server)" --port-file "$PWD/r.port" --drain 100ms
  port=$(port_of r)
  client send:x read:1 hold
  wait_for client.out '^read 1'
  start_cmd crowd bash -c 'for i in {1..30}; do exec {fd}<>/dev/tcp/127.0.0.1/"$1" || :; done; sleep infinity' - "$port"
  wait_for r.err 'cannot (accept|connect).*EMFILE'
  kill -0 "$(pid_of r)"
  stop crowd
  until_true "a client to be served again" served
  over
}

served() {
  [ "$(timeout 5 "$TCPKIT" connect "127.0.0.1:$port" --send hello </dev/null 2>/dev/null)" = hello ]
}

@test "splice and pipes that fail: the bytes are copied" {
  strace -qq -o /dev/null -e inject=getpid:error=EPERM true 2>/dev/null ||
    skip "needs strace, and leave to trace"
  export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # LeakSanitizer cannot be traced
  # Not the sanitizers' program: UBSan itself makes pipes.
  local fault program=${TCPKIT_RELEASE:-$TCPKIT}
  for fault in splice:error={EPERM,ENOSYS,EINVAL,ENOMEM} splice:error={EINVAL,ENOMEM,EAGAIN,EINTR}:when={2,3,4}+5 \
    splice:error=EINVAL:when=2+ splice:error=EINVAL:when=4+ pipe2:error={EMFILE,ENFILE}:when=3+; do
    start_fed server "$MANY" listen 127.0.0.1:0 --port-file server.port
    start_cmd r strace -D -f -qq -o strace.log -e "trace=${fault%%:*}" -e "inject=$fault" \
      "$program" relay 127.0.0.1:0 "127.0.0.1:$(port_of server)" --port-file "$PWD/r.port"
    port=$(port_of r)
    start_fed sender "$MANY" connect "127.0.0.1:$port"
    ended sender 0 "$LONG" || fail "$fault"
    ended server 0 "$LONG"
    cmp server.out "$MANY" || fail "$fault"
    cmp sender.out "$MANY" || fail "$fault"
    stop r
    ended r 143
    rm r.port server.port
  done
}

# stdin and stdout

@test "- for the clients: stdin and stdout with the target" {
  start_fed server "$MANY" listen 127.0.0.1:0 --port-file server.port
  start_fed r "$MANY" relay - "127.0.0.1:$(port_of server)"
  ended r 0 "$LONG"
  ended server 0 "$LONG"
  cmp r.out "$MANY"
  cmp server.out "$MANY"
  silent r
}

@test "- for the target: the first client with stdin and stdout" {
  start_fed r "$MANY" relay 127.0.0.1:0 - --port-file r.port
  start_fed sender "$MANY" connect "127.0.0.1:$(port_of r)"
  ended sender 0 "$LONG"
  ended r 0 "$LONG"
  cmp r.out "$MANY"
  cmp sender.out "$MANY"
  silent r
}

@test "with - the exit status is that of the connection" {
  run -4 "$TCPKIT" relay - "127.0.0.1:$("$SUPPORT/free_port")" </dev/null
  assert_output --regexp '^tcpkit relay: cannot connect to .* refused \(ECONNREFUSED\)'
  target send:x acked rst
  run -6 --separate-stderr timeout 10 "$TCPKIT" relay - "$there" < <(sleep 10)
  assert_output x
  start r relay 127.0.0.1:0 - --port-file r.port --timeout 100ms
  port=$(port_of r)
  client hold
  ended r 5
  one_line r 'no data in either direction for 0\.1s'
  start r relay - 127.0.0.1:1 --retry 100 --retry-delay 60s
  stop r
  ended r 143
}

# The trace

@test "both connections of a client have one pair number, in every layer" {
  own_network
  enter_network
  start server echo 127.0.0.1:0 --port-file server.port
  start r relay 127.0.0.1:0 "127.0.0.1:$(port_of server)" --json --trace-file r.trace --port-file r.port \
    --layers call,event,kernel,wire,note
  port=$(port_of r)
  for word in one two; do
    run -0 timeout 10 "$TCPKIT" connect "127.0.0.1:$port" --send "$word" </dev/null
    assert_output "$word"
  done
  closed 4
  over
  # Each layer, summary included, and each connection in it.
  run -0 jq -sr '[.[] | select(.conn) | "\(.layer) \(if .event == "summary" then .event else "" end) \(.pair) \(.role) \(.conn)"] |
    unique | map(select(test(" listener ") | not)) | .[]' r.trace
  for layer in 'call ' 'event ' 'kernel ' 'note summary' 'wire '; do
    for rest in '1 server 1' '1 client 2' '2 server 3' '2 client 4'; do assert_line "$layer $rest"; done
  done
  assert_equal "${#lines[@]}" 20
  run -0 "$BATS_TEST_DIRNAME/check/contradictions" r.trace
  assert_output ''
  for form in ladder mermaid svg; do
    run -0 "$TCPKIT" diagram --diagram "$form" r.trace
  done
  run -0 "$TCPKIT" diagram --summary r.trace
}

@test "for people, the pair stands beside the connection" {
  start server echo 127.0.0.1:0 --port-file server.port
  start r relay 127.0.0.1:0 "127.0.0.1:$(port_of server)" --trace --port-file r.port
  run -0 timeout 10 "$TCPKIT" connect "127.0.0.1:$(port_of r)" --send x </dev/null
  wait_for r.out 'client 2 pair 1 +close'
  wait_for r.out 'server 1 pair 1 +close'
  start s relay 127.0.0.1:0 "127.0.0.1:$(port_of server)" --summary --port-file s.port
  run -0 timeout 10 "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send x </dev/null
  wait_for s.out '^client 2 pair 1: '
  wait_for s.out '^server 1 pair 1: '
}

# All at random

@test "random ends, stalls and resets: what was sent and not refused arrives, and nothing is left" {
  command -v python3 >/dev/null || skip "needs python3"
  local seed=${TCPKIT_SEED:-$RANDOM} args
  echo "# TCPKIT_SEED=$seed" >&3
  for args in '' "--json --trace-file $PWD/r.trace" '--high-water-mark 3000 --read-buffer 1000'; do
    # shellcheck disable=SC2086
    run -0 --separate-stderr timeout 100 "$BATS_TEST_DIRNAME/support/relay_stress" "${TCPKIT_CLIENTS:-60}" "$seed" 2 "$TCPKIT" relay $args
    assert_output ''
  done
  check_trace r.trace
  run -0 "$BATS_TEST_DIRNAME/check/contradictions" r.trace
  assert_output ''
}
