#!/usr/bin/env bats
# shellcheck disable=SC2154 # node24 sets node
# Steps of a client: the effect of each, the moment when it takes effect, and the exit status.

load helpers/tcpkit
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

serve() { # serve NAME COMMAND [ARG]...   a tcpkit server on a free port of 127.0.0.1
  start "$1" "$2" 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/$1.port" --trace=json --trace-file "$1.trace" "${@:3}"
}

connect() { # connect NAME ARG...   to that server; the trace is in client.trace
  "$TCPKIT" connect "127.0.0.1:$(port_of "$1")" --trace=json --trace-file client.trace "${@:2}" </dev/null
}

client_events() { # client_events   of layer event, but the attempts
  events client.trace 'select(.layer == "event" and (.event | startswith("connectionAttempt") | not))'
}

@test "the half-open experiment of the seeds, against Node's server" {
  node24
  cat >server.mjs <<'EOF'
import net from 'node:net'
const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('data', (data) => console.log('data', data.toString()))
  socket.on('end', () => { console.log('end'); socket.end('end') })
  socket.on('close', () => { console.log('close'); server.close() })
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
EOF
  start_cmd server "$node" server.mjs
  run -0 --separate-stderr connect server --allow-half-open --do 'send "no data yet"' --do end \
    --do 'expect data "end" within 5s' --do 'expect end'
  assert_output end
  [ "$(status_of server)" = 0 ]
  run -0 tail -n +2 server.out
  assert_output $'data no data yet\nend\nclose'
  run -0 client_events
  assert_output $'connect\nready\nfinish\ndata\nend\nclose'
  check_trace client.trace
}

@test "an event that occurred before its expect satisfies it, and a series asserts an order" {
  serve server echo
  run -0 connect server --do 'expect connect' --do 'send "a"' --do 'sleep 50ms' --do 'expect ready' \
    --do 'expect data "a"' --do end --do 'expect finish' --do 'expect end' --do 'expect close hadError=false'
  run -8 connect server --do 'expect ready' --do 'expect connect'
  assert_output --partial '--do 2: expect connect: it can no longer come; what came: nothing'
}

@test "a text is found across data events and only after the previous match" {
  start_cmd server "$SUPPORT/peer" send:hel wait:30 'send:lo wor' wait:30 send:ld readeof
  run -0 connect server --do 'expect data "hello"' --do 'expect data "o"' --do 'expect data "ld"'
  start_cmd other "$SUPPORT/peer" send:abc readeof
  run -8 connect other --do 'expect data "b"' --do 'expect data "a" within 150ms'
  assert_output --partial '--do 2: expect data "a" within 150ms: not within 150ms; what came: data (3 bytes) "c"'
}

@test "an expect of an event that can no longer occur fails at once, with what came instead" {
  start_cmd server "$SUPPORT/peer" send:no fin readeof
  run -8 timeout 20 "$TCPKIT" connect "127.0.0.1:$(port_of server)" --allow-half-open \
    --do 'expect connect' --do 'expect data "yes" within 1h'
  assert_output --partial '--do 2: expect data "yes" within 1h: it can no longer come; what came: ready, data (2 bytes) "no", end'
}

@test "a failed expect and refute show the bytes that came: escaped, the first 60 characters" {
  start_cmd server "$SUPPORT/peer" 'send:say "hi"\n\e[2J' fin readeof
  run -8 connect server --allow-half-open --do 'expect data "ho"'
  assert_output --partial 'what came: connectionAttempt 127.0.0.1, connect, ready, data (13 bytes) "say \"hi\"\x0a\x1b[2J"'
  # Events that an earlier expect matched are not listed as what came instead.
  start_cmd server "$SUPPORT/peer" send:220-one-two fin readeof
  run -8 connect server --allow-half-open --do 'expect data "220-"' --do 'expect data "three"'
  assert_output --partial 'what came: data (11 bytes) "one-two"'
  start_cmd server "$SUPPORT/peer" "send:$(printf 'ä%.0s' {1..50})" wait:30 "send:$(printf 'ö%.0s' {1..50})" fin readeof
  run -8 connect server --allow-half-open --do 'expect data "x"'
  assert_output --partial " \"$(printf 'ä%.0s' {1..50})$(printf 'ö%.0s' {1..10})\"..."
  start_cmd server "$SUPPORT/peer" send:no readeof
  run -8 connect server --do 'refute data for 10s'
  assert_output --partial 'it came: data (2 bytes) "no"'
}

@test "every record of the kernel layer can be expected" {
  serve server echo
  run -0 connect server --do 'send "x"' --do 'expect ack' --do end --do 'expect finAcked' --do 'expect info' \
    --do 'refute retransmit for 50ms'
  run -0 connect server --do 'set keep-alive=1s' --do 'expect keepaliveProbe within 20s' --do 'expect keepaliveAck'
  run -2 "$TCPKIT" connect unix:x --do 'expect finAcked'
  assert_output --partial 'a Unix socket has no such thing'
  run -2 "$TCPKIT" connect h:1 --do 'expect finacked'
  assert_output --partial 'did you mean finAcked?'
}

@test "set timeout and timeout-action work during a connection, as Node's setTimeout; 0 turns it off" {
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 connect peer --do 'expect connect' --do 'set timeout=100ms' --do 'expect timeout kind=idle' --do 'expect finish'
  run -0 jq -r 'select(.event == "setTimeout" or .event == "timeout") | .event + " \(.timeoutMs)"' client.trace
  assert_output $'setTimeout 100\ntimeout 100'
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 connect peer --do 'set timeout-action=none' --do 'set timeout=100ms' --do 'expect timeout' --do 'refute finish for 300ms'
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 connect peer --timeout 200ms --do 'set timeout=0' --do 'refute timeout for 500ms'
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 connect peer --do 'set timeout-action=reset' --do 'set timeout=50ms' --do 'expect close'
  run -0 jq -r 'select(.event == "resetAndDestroy") | .event' client.trace
  assert_output resetAndDestroy
  # On an accepted connection, before it is read from.
  start server listen 127.0.0.1:0 --port-file server.port --trace=json --trace-file server.trace --do 'set timeout=100ms' --do 'expect timeout'
  start client connect "127.0.0.1:$(port_of server)" --recv-only
  ended server 0
  assert_equal "$(jq -r 'select(.event == "setTimeout") | .timeoutMs' server.trace)" 100
  run -2 "$TCPKIT" connect h:1 --do 'set timeout=never'
  assert_output --partial '--do 1: set timeout: '
  run -2 "$TCPKIT" connect h:1 --do 'set timeout-action=maybe'
  assert_output --partial '--do 1: set timeout-action: '
  run -2 "$TCPKIT" connect unix:x --do 'set timeout-action=reset'
  assert_output --partial 'a Unix socket has no RST'
  run -2 "$TCPKIT" connect h:1 --do 'set deadline=3s'
  assert_output --partial 'it makes sense only before there is a connection'
}

@test "a refused connection: error code; the steps determine the status, however the connection ends" {
  local port
  port=$("$SUPPORT/free_port")
  run -0 "$TCPKIT" connect "127.0.0.1:$port" --do 'expect error code=ECONNREFUSED syscall=connect' --do 'expect close hadError=true'
  run -8 "$TCPKIT" connect "127.0.0.1:$port" --do 'expect connect'
  assert_output --partial 'what came: connectionAttempt 127.0.0.1, connectionAttemptFailed 127.0.0.1 ECONNREFUSED, error ECONNREFUSED'
  run -8 "$TCPKIT" connect "127.0.0.1:$port" --do 'expect error code=ETIMEDOUT'
}

@test "refute fails if the event occurs, and passes when its time is over" {
  serve server echo
  run -0 connect server --do 'send "a"' --do 'refute end for 50ms' --do 'refute data "aa" for 50ms'
  run -8 connect server --do 'refute error for 1ms' --do 'send "a"' --do 'refute data "a" for 20s'
  assert_output --partial '--do 3: refute data "a" for 20s: it came: data (1 byte)'
}

@test "steps run inside the event: before ready, before the next attempt, before the automatic end" {
  serve server echo
  run -0 connect server --do 'expect connect' --do end
  run -0 events client.trace 'select(.event == "connect" or .event == "ready" or .event == "end") | select(.role == "client")'
  assert_output $'connect\nconnect\nend\nready\nend'
  start_cmd peer "$SUPPORT/peer" fin readeof
  run -0 connect peer --do 'expect end' --do 'send "last"'
  [ "$(status_of peer)" = 0 ]
  run -0 tail -n 1 peer.out
  assert_output 'eof 4 last'
}

@test "destroy abandons the attempt, inside each event of connecting, and a line reports it" {
  serve server echo
  local port
  port=$(port_of server)
  for event in lookup connectionAttempt; do
    run -0 "$TCPKIT" connect "host.test:$port" --resolve host.test:127.0.0.1 --trace=json --trace-file client.trace \
      --do "expect $event" --do destroy --do 'expect close hadError=false'
    assert_output --partial '--do 2: destroy: there is no connection yet; the attempt is abandoned'
    check_trace client.trace
    run -0 events client.trace 'select(.event == "connect" and .layer == "event")'
    assert_output ''
  done
  run -0 "$TCPKIT" connect "127.0.0.1:$port" --trace=json --trace-file client.trace --do destroy
  assert_output --partial '--do 1: destroy: there is no connection yet'
  run -0 client_events
  assert_output close
}

@test "send, end, reset and set before the connection take effect when it is there" {
  serve server echo
  run -0 connect server --do 'set no-delay=on' --do 'send "early"' --do 'expect data "early"'
  run -0 jq -r 'select(.layer == "call" and .event != "connect") | [.event, .noDelay // .bytes // ""] | join(" ")' client.trace
  assert_output $'write 5\nsetNoDelay true\nend '
  run -0 connect server --do reset
  run -0 client_events
  assert_output $'connect\nready\nclose'
}

@test "the four ways to close, as the peer sees them" {
  for step in end destroySoon destroy; do
    start_cmd peer "$SUPPORT/peer" readeof
    run -0 connect peer --do 'expect ready' --do 'send "x"' --do "$step"
    [ "$(status_of peer)" = 0 ]
    run -0 tail -n 1 peer.out
    assert_output 'eof 1 x'
  done
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 connect peer --do 'expect ready' --do reset
  [ "$(status_of peer)" = 1 ]
  run -0 tail -n 1 peer.out
  assert_output 'after 0 bytes: error read ECONNRESET'
}

@test "end twice is harmless, send after end is an error, a step on a closed connection a note" {
  serve server echo
  run -0 connect server --allow-half-open --do end --do end --do 'expect close'
  run -0 connect server --allow-half-open --do 'expect ready' --do end --do 'send "x"' \
    --do 'expect error code=ERR_STREAM_WRITE_AFTER_END' --do 'expect close hadError=true'
  run -0 connect server --do 'expect ready' --do destroy --do 'expect close' --do 'send "x"' --do reset --do vanish
  run -0 jq -r 'select(.event == "message") | .text' client.trace
  assert_output $'--do 4: send "x": the connection is closed\n--do 5: reset: the connection is closed\n--do 6: vanish: the connection is closed'
  check_trace client.trace
}

@test "pause holds back data, end and errors until resume" {
  start_cmd peer "$SUPPORT/peer" send:x fin hold
  run -0 connect peer --allow-half-open --do pause --do 'expect ready' --do 'refute data for 100ms' --do resume \
    --do 'expect data "x"' --do 'expect end'
  check_trace client.trace
}

@test "--no-shutdown: the end of the steps sends no FIN" {
  start_cmd peer "$SUPPORT/peer" read:1 wait:100 send:y close
  run -0 connect peer --no-shutdown --do 'send "x"'
  run -0 client_events
  assert_output $'connect\nready\ndata\nend\nfinish\nclose'
}

@test "a size, a file and stdin arrive completely" {
  seq 1 200000 >numbers
  serve server listen --recv-only
  "$TCPKIT" connect "127.0.0.1:$(port_of server)" --do 'send 100k' --do 'send @numbers' --do 'send @-' --do 'send "end"' <numbers
  [ "$(status_of server 20)" = 0 ]
  { for ((i = 0; i < 6400; ++i)); do printf 0123456789abcdef; done; cat numbers numbers; printf end; } | cmp - server.out
}

@test "send 64M is one write, and a slow peer takes all of it" {
  serve server listen --recv-only
  run -0 connect server --do 'expect ready' --do 'send 64M'
  run -0 jq -r 'select(.event == "write") | .bytes' client.trace
  assert_output 67108864
  [ "$(status_of server 20)" = 0 ]
  [ "$(wc -c <server.out)" = 67108864 ]
}

@test "set changes the options of a connection, and a refused one fails its step" {
  serve server echo
  run -0 connect server --do 'expect ready' --do 'set keep-alive=7s' --do 'set keep-alive-count=3' --do 'set keep-alive=off' \
    --do 'set no-delay=on' --do 'set no-delay=off' --do 'set tos=0x10' --do 'set user-timeout=2s' --do 'set high-water-mark=1'
  run -0 jq -rc 'select(.layer == "call" and (.event | startswith("set"))) | del(.v, .seq, .t, .time, .layer, .role, .conn)' client.trace
  assert_output '{"event":"setKeepAlive","enable":true,"idleMs":7000,"intervalMs":1000,"count":10}
{"event":"setsockopt","option":"TCP_KEEPCNT","value":"3"}
{"event":"setKeepAlive","enable":false,"idleMs":null,"intervalMs":null,"count":null}
{"event":"setNoDelay","noDelay":true}
{"event":"setNoDelay","noDelay":false}
{"event":"setsockopt","option":"IP_TOS","value":"16"}
{"event":"setsockopt","option":"TCP_USER_TIMEOUT","value":"2000"}'
  run -8 connect server --do 'set congestion=none-such'
  assert_output --partial '--do 1: set congestion=none-such: TCP_CONGESTION: no such file or directory (ENOENT)'
}

@test "set allow-half-open changes what follows the peer's FIN" {
  start_cmd peer "$SUPPORT/peer" fin readeof
  run -0 connect peer --do 'set allow-half-open=on' --do 'expect end' --do 'refute finish for 50ms' --do 'send "late"'
  [ "$(status_of peer)" = 0 ]
  run -0 tail -n 1 peer.out
  assert_output 'eof 4 late'
}

@test "a note is a line of the trace; a script file may hold comments" {
  serve server echo
  printf '%s\r\n' '# a comment' '' '  note "half # \x41"  # more' 'expect ready' 'expect data' >script
  run -8 timeout 20 "$TCPKIT" connect "127.0.0.1:$(port_of server)" --trace=json --trace-file client.trace --script script --timeout 100ms
  assert_output --partial 'script:5: expect data: it can no longer come; what came: timeout (idle), finish, end'
  run -0 jq -rc 'select(.layer == "note" and .text == "half # A") | [.role, .conn, .event]' client.trace
  assert_output '["client",1,"message"]'
}

@test "--retry: each try runs the steps, and a repeated try fails none" {
  local port
  port=$("$SUPPORT/free_port")
  start client connect "127.0.0.1:$port" --retry 100 --retry-delay 50ms --do 'expect connect' --do 'send "x"' --do end --do 'expect close'
  start server listen "127.0.0.1:$port"
  [ "$(status_of client 10)" = 0 ]
  [ "$(status_of server)" = 0 ]
  run -0 cat server.out
  assert_output x
  run -8 "$TCPKIT" connect "127.0.0.1:$port" --retry 1 --retry-delay 1ms --do 'expect connect'
  [ "$(grep -c 'expect connect' <<<"$output")" = 1 ]
}

@test "steps expect calls, notes and every record of the kernel, with their fields" {
  serve server echo
  local address
  address=127.0.0.1:$(port_of server)
  run -0 "$TCPKIT" connect "$address" --no-delay --do 'expect call:setNoDelay noDelay=true' --do 'send "hello"' \
    --do 'expect call:write bytes=5 flushed=true' --do 'expect ack bytesAcked=5' --do end \
    --do 'expect call:end' --do 'expect info retransmits=0' --do 'expect note:summary outcome=ok bytesWritten=5 endedFirst=client'
  run -0 "$TCPKIT" connect "$address" --do 'note "here"' --do 'expect note:message text=here' --do 'expect kernel:state to=ESTABLISHED'
  run -8 --separate-stderr "$TCPKIT" connect "$address" --do 'send "x"' --do 'expect call:write bytes=2 within 20ms'
  assert_equal "$stderr" 'tcpkit connect: --do 2: expect call:write bytes=2 within 20ms: not within 20ms; what came: connect, write (1 byte)'
}

@test "steps run on a Unix socket as well" {
  start server echo unix:s
  until_true "the socket" test -S s
  run -0 "$TCPKIT" connect unix:s --do 'expect connectionAttempt ip=s port=null' --do 'send "x"' --do 'expect data "x"' --do destroySoon --do 'expect close'
}

@test "a JSON trace on stderr has the failure as a record" {
  serve server echo
  run -8 --separate-stderr "$TCPKIT" connect "127.0.0.1:$(port_of server)" --json --do 'expect end within 20ms'
  jq -es 'any(.event == "message" and (.text // "" | startswith("--do 1: expect end within 20ms: not within 20ms; what came: ")))' <<<"$stderr"
}

@test "a signal ends the steps: 128 + N" {
  serve server echo
  start client connect "127.0.0.1:$(port_of server)" --trace=json --do 'expect data within 1h'
  wait_for client.err '"ready"'
  stop client
  [ "$(status_of client)" = 143 ]
}
