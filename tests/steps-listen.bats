#!/usr/bin/env bats
# shellcheck disable=SC2154 # node24 sets node
# Steps of servers: those that run once, those that run for each connection, and the exit status.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

serve() { # serve COMMAND [ARG]...   the server named server, on a free port of 127.0.0.1
  start server "$1" 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" --trace=json --trace-file server.trace "${@:2}"
}

client() { # client NAME ACTION...   tests/support/peer, connected to the server
  start_cmd "$1" "$SUPPORT/peer" --connect 127.0.0.1 "$(port_of server)" "${@:2}"
}

@test "a one-shot listener's own steps run once from the start, the rest on the connection" {
  serve listen --do 'note "here"' --do 'expect listening family=IPv4' --do 'expect connection connections=1' \
    --do 'send "hello"' --do 'expect data "bye"' --do end --do 'expect close hadError=false'
  wait_for server.trace '"text":"here"'
  client client read:5 send:bye readeof
  [ "$(status_of server)" = 0 ]
  [ "$(status_of client)" = 0 ]
  run -0 cat server.out
  assert_output bye
  run -0 jq -rc 'select(.event == "message") | [.role, .conn, .text]' server.trace
  assert_output '["listener",null,"here"]'
  check_trace server.trace
}

@test "the server side of the half-open experiment, against Node's client" {
  node24
  serve listen --allow-half-open --do 'expect end' --do 'refute finish for 50ms' --do 'send "end"' --do end
  cat >client.mjs <<EOF
import net from 'node:net'
const socket = net.connect({ port: $(port_of server), host: '127.0.0.1', allowHalfOpen: true })
for (const name of ['connect', 'ready', 'end', 'finish', 'close', 'error'])
  socket.on(name, (x) => console.log(name, x ?? ''))
socket.on('data', (data) => console.log('data', data.toString()))
socket.end('no data yet')
EOF
  run -0 "$node" client.mjs
  assert_output $'connect \nready \nfinish \ndata end\nend \nclose false'
  [ "$(status_of server)" = 0 ]
  run -0 cat server.out
  assert_output 'no data yet'
}

@test "reset, as Node's client sees it" {
  node24
  serve listen --do 'expect data' --do reset
  cat >client.mjs <<EOF
import net from 'node:net'
const socket = net.connect($(port_of server), '127.0.0.1', () => socket.write('x'))
for (const name of ['end', 'finish', 'close', 'error']) socket.on(name, (x) => console.log(name, x?.code ?? x))
socket.resume()
EOF
  run -0 "$node" client.mjs
  assert_output $'error ECONNRESET\nclose true'
  [ "$(status_of server)" = 0 ]
}

@test "no client in time: the listener's own expect fails" {
  serve listen --do 'expect connection within 50ms' --do 'send "x"'
  [ "$(status_of server)" = 8 ]
  run -0 cat server.err
  assert_output 'tcpkit listen: --do 1: expect connection within 50ms: not within 50ms; what came: listening'
  run -0 events server.trace 'select(.layer == "event")'
  assert_output $'listening\nclose'
}

@test "an address in use fails steps that wait for listening" {
  serve listen --do 'expect listening'
  run -8 "$TCPKIT" listen "127.0.0.1:$(port_of server)" --do 'expect listening within 1h'
  assert_output --partial '--do 1: expect listening within 1h: it can no longer come; what came: error EADDRINUSE'
  run -1 "$TCPKIT" listen "127.0.0.1:$(port_of server)" --do 'send "x"'
}

@test "a listener that takes no more clients fails steps that wait for one" {
  serve listen --do 'expect connection' --do 'expect connection within 1h' --do 'send "x"'
  client client readeof
  [ "$(status_of server)" = 8 ]
  run -0 cat server.err
  assert_output --partial '--do 2: expect connection within 1h: it can no longer come'
  [ "$(status_of client)" = 0 ]
}

@test "listen -k: each connection runs its own copy, and the server goes on" {
  serve listen -k --do 'expect listening' --do 'send "hi\n"' --do 'expect data "x" within 20s' --do 'send "bye"'
  client one read:3 wait:300 send:x readeof
  client two read:3 send:x readeof
  wait_for two.out '^read 3'
  [ "$(status_of two)" = 0 ]
  run -0 tail -n 1 two.out
  assert_output 'eof 3 bye'
  client three read:3 send:x readeof
  [ "$(status_of three)" = 0 ]
  [ "$(status_of one)" = 0 ]
  stop server
  [ "$(status_of server)" = 143 ]
  check_trace server.trace
}

@test "a server for many goes on after a failed step, reports it at once, and exits 8 when stopped" {
  serve listen -k --do 'expect data "good" within 20s' --do 'send "yes"'
  client bad send:bad fin readeof
  [ "$(status_of bad)" = 0 ]
  wait_for server.err '^tcpkit listen: --do 1: expect data "good" within 20s: it can no longer come; what came: data \(3 bytes\) "bad", end$'
  client good send:good fin readeof
  [ "$(status_of good)" = 0 ]
  run -0 tail -n 1 good.out
  assert_output 'eof 3 yes'
  client worse send:bad fin readeof
  [ "$(status_of worse)" = 0 ]
  stop server
  [ "$(status_of server)" = 8 ]
  [ "$(grep -c 'can no longer come' server.err)" = 2 ]
}

@test "echo goes on beside the steps, and their end closes nothing" {
  serve echo --do 'send "hello\n"' --do 'expect data "x"' --do 'send "seen\n"'
  client client read:6 send:x read:6 send:more fin readeof
  [ "$(status_of client)" = 0 ]
  run -0 tail -n 3 client.out
  assert_output $'read 6 hello\\x0a\nread 6 seen\\x0ax\neof 4 more'
  stop server
  [ "$(status_of server)" = 143 ]
}

@test "echo: a failed step closes nothing either, and a signal leaves its 8" {
  serve echo --do 'expect data "y" within 50ms'
  client client send:x read:1 wait:200 send:z read:1 fin readeof
  [ "$(status_of client)" = 0 ]
  run -0 tail -n 1 client.out
  assert_output 'eof 0 '
  stop server
  [ "$(status_of server)" = 8 ]
}

@test "echo: a pause of the steps holds until they resume" {
  serve echo --do pause --do 'refute data for 150ms' --do resume --do 'expect data'
  client client send:x read:1 fin readeof
  [ "$(status_of client)" = 0 ]
  run -0 events server.trace 'select(.role == "server") | select(.event == "pause" or .event == "resume" or .event == "data")'
  assert_output $'pause\nresume\ndata'
  stop server
  [ "$(status_of server)" = 143 ]
}

@test "--pause-on-connect leaves it to a step to read" {
  serve listen --pause-on-connect --do 'refute data for 100ms' --do resume --do 'expect data "x"'
  client client send:x fin readeof
  [ "$(status_of server)" = 0 ]
}

@test "drop is the listener's record, and the connection's steps wait for the listener's" {
  serve listen -k --max-connections 1 --do 'expect drop reason=maxConnections within 20s' --do 'send "hi"'
  client first readeof
  wait_for server.trace '"event":"connection"'
  client second readeof
  [ "$(status_of second)" = 0 ]
  [ "$(status_of first)" = 0 ]
  run -0 tail -n 1 first.out
  assert_output 'eof 2 hi'
  stop server
}

@test "a client's events never come on a server" {
  serve listen --do 'expect connect within 1h'
  client client readeof
  [ "$(status_of server)" = 8 ]
  run -0 cat server.err
  assert_output --partial '--do 1: expect connect within 1h: it can no longer come'
}

@test "several connections share stdin, block by block" {
  printf abc >input
  start_fed server input listen -k 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" --do 'send @-'
  client one readeof
  [ "$(status_of one)" = 0 ]
  run -0 tail -n 1 one.out
  assert_output 'eof 3 abc'
  client two readeof
  [ "$(status_of two)" = 0 ]
  run -0 tail -n 1 two.out
  assert_output 'eof 0 '
  stop server
}

@test "a hundred clients at once run their copies" {
  serve echo --do 'send "hi"' --do 'expect data "x" within 50s' --do 'send "y"'
  local port
  port=$(port_of server)
  for ((i = 0; i < 100; ++i)); do
    start_cmd "c$i" "$SUPPORT/peer" --connect 127.0.0.1 "$port" read:2 send:x read:2 fin readeof
  done
  for ((i = 0; i < 100; ++i)); do
    [ "$(status_of "c$i" 20)" = 0 ]
  done
  stop server
  [ "$(status_of server)" = 143 ]
  check_trace server.trace
}
