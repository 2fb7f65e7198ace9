#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts in single quotes expand elsewhere
# The helpers of the tests and the programs in tests/support; a script replaces tcpkit.

load helpers/tcpkit

setup() {
  TCPKIT=$BATS_TEST_TMPDIR/stand-in
  printf '%s\n' '#!/bin/bash' 'eval "$1"' >"$TCPKIT"
  chmod +x "$TCPKIT"
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

# A trace of one connection that breaks no rule; each argument is a jq program that changes it.
trace() { # trace [JQ]   writes the file trace
  local common='"v":1,"time":"2026-02-01T08:00:00.000412Z"'
  local self='"layer":"event","role":"client","conn":1'
  printf '%s\n' \
    "{$common,\"t\":0.1,\"layer\":\"call\",\"role\":\"client\",\"conn\":1,\"event\":\"connect\"}" \
    "{$common,\"t\":0.2,$self,\"event\":\"connectionAttempt\",\"ip\":\"::1\",\"port\":1,\"family\":\"IPv6\",\"readyState\":\"opening\"}" \
    "{$common,\"t\":0.2,$self,\"event\":\"error\",\"error\":{\"name\":\"Error\",\"code\":\"E\",\"message\":\"m\"},\"readyState\":\"closed\"}" \
    "{$common,\"t\":0.3,$self,\"event\":\"close\",\"hadError\":true,\"bytesRead\":0,\"bytesWritten\":0,\"readyState\":\"closed\"}" |
    jq -sc "to_entries | map(.value + {seq: (.key + 1)}) | ${1:-.} | .[]" >trace
}

refuse_trace() { # refuse_trace JQ TEXT   check_trace rejects the changed trace, with that text
  trace "$1"
  run check_trace trace
  assert_failure
  assert_output --partial "$2"
}

@test "start separates stdout, stderr and the status, and holds no descriptor" {
  start a 'echo out; echo err >&2; ls /proc/self/fd; exit 3'
  run -0 status_of a
  assert_output 3
  run -0 cat a.out
  assert_output $'out\n0\n1\n2\n3' # 3 is the folder that ls reads
  run -0 cat a.err
  assert_output err
}

@test "start restores the signals that a background job ignores" {
  start a 'echo ready; exec tail -f /dev/null'
  wait_for a.out '^ready$'
  stop a INT
  run -0 status_of a
  assert_output 130
}

@test "start_fed reads a FIFO without waiting for a writer" {
  mkfifo pipe
  start_fed a pipe 'cat'
  printf 'through\n' >pipe
  run -0 status_of a
  assert_output 0
  run -0 cat a.out
  assert_output through
}

@test "port_of reads the port file of start, and stdout only of start_cmd" {
  start a 'echo 1; echo 4711 >a.port; exec tail -f /dev/null'
  run -0 port_of a
  assert_output 4711
  start_cmd b bash -c 'echo 815; exec tail -f /dev/null'
  run -0 port_of b
  assert_output 815
}

@test "wait_for fails with the file's content, escaped" {
  printf 'here\x1b\n' >file
  wait_for file '^here'
  run wait_for file '^there' 1
  assert_failure
  assert_output --partial '/^there/ in file'
  assert_output --partial 'here^['
}

@test "stop_all ends running programs and reports those that survive it" {
  start a 'exec tail -f /dev/null'
  start b 'trap "" TERM; while :; do read -rt 1 <> <(:); done'
  start c 'exec tail -f /dev/null'
  stop c STOP
  run -0 stop_all
  start d 'setsid tail -f /dev/null & sleep 0.01' # long enough for the child to be there
  run -0 status_of d
  run stop_all
  assert_failure
  assert_output --partial 'left behind'
  assert_output --partial 'tail -f /dev/null'
}

@test "stop_all reports a sanitizer's finding" {
  start a 'echo "==1==ERROR: AddressSanitizer: heap-use-after-free" >&2'
  run -0 status_of a
  run stop_all
  assert_failure
  rm a.err
}

@test "events lists the names, filtered" {
  trace
  run -0 events trace
  assert_output $'connect\nconnectionAttempt\nerror\nclose'
  run -0 events trace 'select(.layer == "call")'
  assert_output connect
}

@test "check_trace accepts a trace that keeps the rules" {
  trace
  check_trace trace
  trace '.[:2]'
  check_trace trace open
  trace '[.[0] | del(.role, .conn) + {layer: "note", event: "message", text: "x"}]'
  check_trace trace
}

@test "check_trace finds each broken rule" {
  refuse_trace '.[:0]' 'empty'
  refuse_trace '.[0].v = 2' 'line 1: v is not 1'
  refuse_trace '.[1].seq = 3' 'line 2: seq is 3'
  refuse_trace '.[1].family = 4' 'line 2: family is 4'
  refuse_trace '.[1].t = 0.05' 'line 2: t goes back'
  refuse_trace '.[1].time = "2026-02-01T08:00:00.000Z"' 'line 2: time'
  refuse_trace '.[1].layer = "other"' 'line 2: unknown layer'
  refuse_trace '.[1].role = "other"' 'line 2: unknown role'
  refuse_trace 'del(.[1].role)' 'line 2: no role'
  refuse_trace 'del(.[1].conn)' 'line 2: no conn'
  refuse_trace 'del(.[1].readyState)' 'line 2: no readyState'
  refuse_trace '.[0].readyState = "open"' 'line 1: readyState where none belongs'
  refuse_trace '.[0].role = "listener"' 'line 1: conn on the listener'
  refuse_trace 'map(.conn = 2)' 'connections are numbered [2]'
  refuse_trace 'del(.[1].port)' 'line 2: no port'
  refuse_trace '.[2].error = "E"' 'line 3: error is no object'
  refuse_trace '.[3].hadError = false' 'connection 1: hadError is false after 1 error'
  refuse_trace '.[:3]' 'connection 1: 0 close'
  refuse_trace '. + [.[3] + {seq: 5}]' 'connection 1: 2 close'
  refuse_trace '[.[0, 1, 3, 2]] | .[2].t = 0.2 | .[2].seq = 3 | .[3].seq = 4' 'connection 1: error after close'
  refuse_trace '[.[0, 2, 1, 3]] | .[1].seq = 2 | .[2].seq = 3' 'connection 1: connectionAttempt between error and close'
}

@test "check_trace checks the bytes of the lines" {
  trace
  printf '{"x":"\x7f"}\n' >>trace
  run check_trace trace
  assert_failure
  assert_output --partial 'a raw control character in line 5'
  printf '{"x":"\xff"}\n' >trace
  run check_trace trace
  assert_failure
  assert_output --partial 'invalid UTF-8'
  printf '{"v":1}{"v":1}\nnothing' >trace
  run check_trace trace
  assert_failure
  assert_output --partial 'the last line has no end'
  assert_output --partial 'line 1 is no JSON object'
  assert_output --partial 'line 2 is no JSON object'
}

@test "support: a peer sends, reads, and prints what arrived, escaped" {
  start_cmd server "$SUPPORT/peer" 'send:a\x00b' read:3 fin readeof
  start_cmd client "$SUPPORT/peer" --connect 127.0.0.1 "$(port_of server)" read:3 'send:\e[2J' readeof
  run -0 status_of server
  assert_output 0
  run -0 tail -n +2 client.out
  assert_output $'read 3 a\\x00b\neof 0 '
  run -0 tail -n +2 server.out
  assert_output $'read 3 \\x1b[2\neof 1 J'
}

@test "support: a peer's RST follows the data that it sent" {
  start_cmd server "$SUPPORT/peer" -6 sendn:20 acked rst
  start_cmd client "$SUPPORT/peer" --connect ::1 "$(port_of server)" unread:20 read:20 readeof
  run -0 status_of client
  assert_output 1
  run -0 tail -n +2 client.out
  assert_output $'read 20 0123456789abcdef0123\nafter 0 bytes: error read ECONNRESET'
}

@test "support: a connect to the blackhole gets no answer, over IPv4 and IPv6" {
  start_cmd four "$SUPPORT/blackhole"
  start_cmd six "$SUPPORT/blackhole" -6
  start_cmd client4 env SUPPORT_LIMIT=1 "$SUPPORT/peer" --connect 127.0.0.1 "$(port_of four)"
  start_cmd client6 env SUPPORT_LIMIT=1 "$SUPPORT/peer" --connect ::1 "$(port_of six)"
  run -0 status_of client4
  assert_output 142 # SIGALRM
  run -0 status_of client6
  assert_output 142
  run -0 cat client4.out client6.out
  assert_output ''
}

@test "support: pty types for the command, Ctrl-C too, and has its exit status" {
  run -7 "$SUPPORT/pty" screen see:ready 'type:\x03' -- bash -c 'trap "exit 7" INT; test -t 0 && echo ready; read -r'
  run -0 "$SUPPORT/pty" screen 'type:typed\n' see:got -- bash -c 'read -r x; echo "got $x"'
  run -0 cat -v screen
  assert_output $'typed^M\ngot typed^M'
}

@test "support: slowpipe passes on every byte" {
  seq 1000 >numbers
  "$SUPPORT/slowpipe" 100 1 <numbers >copy
  cmp numbers copy
}
