#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2034,SC2317 # helpers/order reads and calls what a test sets
# shellcheck disable=SC2154 # bats sets stderr
# half-close: the four steps at both ends, either side first, compared with Node's order, and with
# other programs as the other end; the summary.

load helpers/tcpkit
load helpers/order

setup() {
  node_server=('{"host":"127.0.0.1","port":0,"clients":1,"allowHalfOpen":true}')
  node_client=('{"host":"127.0.0.1","port":PORT,"allowHalfOpen":true}')
  kit_server=(half-close --listen 127.0.0.1:0)
  kit_client=(half-close 127.0.0.1:PORT)
}

teardown() {
  stop_all
}

server() { # server ARG...   half-close as a server, traced in JSON on stdout
  start server half-close --listen 127.0.0.1:0 --json --port-file "$BATS_TEST_TMPDIR/server.port" "$@"
  port=$(port_of server)
}

client() { # client PORT ARG...
  start client half-close "127.0.0.1:$1" --json "${@:2}"
}

steps() { # steps FILE   the numbered steps
  jq -r 'select(.event == "step") | .text | select(startswith("step"))' "$(path_of "$1")"
}

summary() { # summary FILE [FILTER]   the record, or what jq's FILTER takes of it
  jq -c "select(.event == \"summary\") | ${2:-.}" "$(path_of "$1")"
}

@test "the client ends first: the events of both ends are Node's, the status is 0" {
  node_client+=('ready:end=no data yet')
  node_server+=(end:end=end)
  kit_client+=(--send 'no data yet')
  kit_server+=(--send end)
  compare
  run -0 names client-of-kit-kit
  assert_output 'client connectionAttempt
client connect
client ready
client finish
client data
client end
client close'
  run -0 names server-by-kit-kit
  assert_output 'listener listening
listener connection
server data
server end
server finish
listener close
server close'
  assert_equal "$(status_of client-of-kit-kit)" 0
  assert_equal "$(status_of server-by-kit-kit)" 0
}

@test "the server ends first: the events of both ends are Node's" {
  node_server+=(connection:end=first)
  node_client+=(end:end=second)
  kit_server+=(--first server --send first)
  kit_client+=(--first server --send second)
  compare
  run -0 names server-by-kit-kit
  assert_output 'listener listening
listener connection
server finish
server data
server end
listener close
server close'
  run -0 names client-of-kit-kit
  assert_output --partial 'client data
client end
client finish
client close'
}

@test "the steps of both ends together are those of the article" {
  server --send end
  client "$port" --send 'no data yet'
  assert_equal "$(status_of client)" 0
  assert_equal "$(status_of server)" 0
  check_trace client.out
  check_trace server.out
  run -0 steps client.out
  assert_output "step 1 of 4: the client sends its FIN, by end()
step 4 of 4: the client has the server's FIN, by the event end"
  run -0 steps server.out
  assert_output "step 2 of 4: the server has the client's FIN, by the event end
step 3 of 4: the server sends its FIN, by end()"
}

@test "the steps with the server first" {
  server --first server
  client "$port" --first server
  assert_equal "$(status_of client)" 0
  assert_equal "$(status_of server)" 0
  run -0 steps server.out
  assert_output "step 1 of 4: the server sends its FIN, by end()
step 4 of 4: the server has the client's FIN, by the event end"
  run -0 steps client.out
  assert_output "step 2 of 4: the client has the server's FIN, by the event end
step 3 of 4: the client sends its FIN, by end()"
}

@test "each step comes right behind the event it speaks of" {
  server
  client "$port"
  assert_equal "$(status_of client)" 0
  assert_equal "$(status_of server)" 0
  run -0 jq -r 'select(.event == ("finish", "end", "step") and .layer != "call") | .event' "$BATS_TEST_TMPDIR/client.out"
  assert_output 'finish
step
end
step'
}

@test "the summary: which end was first, how long, how many bytes crossed meanwhile" {
  server --delay 300ms --send 12345
  client "$port" --send x
  assert_equal "$(status_of client)" 0
  assert_equal "$(status_of server)" 0
  for end in client server; do
    run -0 summary $end.out '[.endedFirst, .orderly, .bytesMeanwhile, .halfOpenUs >= 299000]'
    assert_output '["client",true,5,true]'
    run -0 summary $end.out .text
    assert_output --regexp '^"the client ended first; half-open for [0-9]+\.[0-9]{3} ms; 5 bytes crossed meanwhile, from server to client"$'
  done
}

@test "the human trace and its summary go to stdout, with --quiet only the summary" {
  server
  run -0 --separate-stderr "$TCPKIT" half-close "127.0.0.1:$port" </dev/null
  assert_output --regexp 'step +step 1 of 4: the client sends its FIN'
  assert_output --regexp 'summary +the client ended first; half-open for .* no bytes crossed meanwhile'
  assert_equal "$stderr" ''
  server
  run -0 --separate-stderr "$TCPKIT" half-close "127.0.0.1:$port" --quiet </dev/null
  assert_output --regexp '^the client ended first; [^
]*$'
}

@test "a trace that goes elsewhere leaves the summary on stdout" {
  server
  run -0 --separate-stderr "$TCPKIT" half-close "127.0.0.1:$port" --json \
    --trace-file "$BATS_TEST_TMPDIR/trace" </dev/null
  assert_output --regexp '^the client ended first; [^
]*$'
  check_trace trace
  run -0 summary trace .endedFirst
  assert_output '"client"'
}

@test "stdin is sent before our FIN, whichever end we are" {
  head -c 300000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/input"
  server
  start_fed client input half-close "127.0.0.1:$port" --json
  assert_equal "$(status_of client)" 0
  assert_equal "$(status_of server)" 0
  run -0 jq 'select(.event == "end" and .layer == "event") | .bytesRead' "$BATS_TEST_TMPDIR/server.out"
  assert_output 300000
  start_cmd peer "$SUPPORT/peer" fin readeof
  start_fed client input half-close "127.0.0.1:$(port_of peer)" --first server --json
  assert_equal "$(status_of client)" 0
  assert_equal "$(status_of peer)" 0
  run -0 tail -n 1 "$BATS_TEST_TMPDIR/peer.out"
  assert_output --regexp '^eof 300000 x+$'
  run -0 summary client.out '[.endedFirst, .bytesMeanwhile]'
  assert_output '["server",300000]'
}

@test "a pipe as stdin: our FIN follows its end, not a pause in it" {
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 9<>"$BATS_TEST_TMPDIR/fifo"
  server
  start_fed client fifo half-close "127.0.0.1:$port" --json
  printf one >&9
  wait_for server.out '"bytesRead":3'
  printf two >&9
  wait_for server.out '"bytesRead":6'
  run -0 steps client.out
  assert_output ''
  exec 9>&-
  assert_equal "$(status_of client)" 0
  assert_equal "$(status_of server)" 0
}

@test "--send replaces stdin" {
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 9<>"$BATS_TEST_TMPDIR/fifo"
  server
  start_fed client fifo half-close "127.0.0.1:$port" --send a --send 'b\n' --json
  assert_equal "$(status_of client)" 0
  exec 9>&-
  assert_equal "$(status_of server)" 0
  run -0 jq 'select(.event == "end" and .layer == "event") | .bytesRead' "$BATS_TEST_TMPDIR/server.out"
  assert_output 3
}

@test "a terminal as stdin is not read" {
  server
  run -0 timeout 5 "$SUPPORT/pty" "$BATS_TEST_TMPDIR/screen" -- "$TCPKIT" half-close "127.0.0.1:$port" --quiet
  run -0 cat "$BATS_TEST_TMPDIR/screen"
  assert_output --partial 'the client ended first'
}

@test "a stdin that cannot be read: status 1, and the connection ends in order" {
  server
  run -1 --separate-stderr "$TCPKIT" half-close "127.0.0.1:$port" --quiet <"$BATS_TEST_TMPDIR"
  assert_equal "$stderr" 'tcpkit half-close: cannot read stdin: illegal operation on a directory'
  assert_equal "$(status_of server)" 0
}

@test "the peer ends first while our data is still on its way: nothing is sent twice" {
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 9<>"$BATS_TEST_TMPDIR/fifo"
  start_cmd peer "$SUPPORT/peer" read:3 fin readeof
  start_fed client fifo half-close "127.0.0.1:$(port_of peer)" --json
  printf one >&9
  wait_for client.out 'step 2 of 4'
  printf two >&9
  exec 9>&-
  assert_equal "$(status_of client)" 0
  assert_equal "$(status_of peer)" 0
  run -0 tail -n 1 "$BATS_TEST_TMPDIR/peer.out"
  assert_output 'eof 3 two'
  run -0 summary client.out '[.endedFirst, .orderly, .bytesMeanwhile]'
  assert_output '["server",true,3]'
}

@test "--no-allow-half-open: the peer's FIN ends us at once, --send never goes out" {
  server --no-allow-half-open --send end --delay 1h
  client "$port" --send 'no data yet'
  assert_equal "$(status_of client)" 0
  assert_equal "$(status_of server)" 0
  run -0 steps server.out
  assert_output --partial 'step 3 of 4: the server sends its FIN, by end(), at once: half-open is off'
  run -0 events server.out 'select(.layer == "event" and .role == "server")'
  assert_output 'data
end
finish
close'
  run -0 summary server.out '.text, .bytesMeanwhile'
  assert_output --regexp '--send was never sent: without half-open the peer.s FIN ends us, too"
0$'
}

@test "--no-allow-half-open: the events of both ends are Node's" {
  node_server=('{"host":"127.0.0.1","port":0,"clients":1}')
  node_client+=('ready:end=no data yet')
  kit_server+=(--no-allow-half-open --send end --delay 1s)
  kit_client+=(--send 'no data yet')
  compare
}

@test "over a Unix socket" {
  unix=yes
  node_server=("{\"path\":\"$BATS_TEST_TMPDIR/s\",\"clients\":1,\"allowHalfOpen\":true}" end:end=end)
  node_client=("{\"path\":\"$BATS_TEST_TMPDIR/s\",\"allowHalfOpen\":true}" ready:end=hello)
  kit_server=(half-close --listen "unix:$BATS_TEST_TMPDIR/s" --send end)
  kit_client=(half-close "unix:$BATS_TEST_TMPDIR/s" --send hello)
  pair kit kit
  assert_equal "$(status_of client-of-kit-kit)" 0
  assert_equal "$(status_of server-by-kit-kit)" 0
  run -0 names client-of-kit-kit
  assert_output --partial 'client finish
client data
client end
client close'
}

@test "nc -N as a client, and as a server that ends first" {
  server --send answer
  run -0 timeout 5 nc -N 127.0.0.1 "$port" <<<question
  assert_output answer
  assert_equal "$(status_of server)" 0
  run -0 summary server.out '[.endedFirst, .orderly, .bytesMeanwhile]'
  assert_output '["client",true,6]'
  port=$("$SUPPORT/free_port")
  start_cmd nc nc -lNv 127.0.0.1 "$port"
  wait_for nc.err 'Listening'
  client "$port" --first server --send late
  assert_equal "$(status_of client)" 0
  run -0 summary client.out '[.endedFirst, .orderly, .bytesMeanwhile]'
  assert_output '["server",true,4]'
  assert_equal "$(status_of nc)" 0
  run -0 cat "$BATS_TEST_TMPDIR/nc.out"
  assert_output late
}

@test "socat as either end" {
  server --send answer --delay 50ms
  run -0 timeout 5 socat -t 5 - "TCP:127.0.0.1:$port" <<<question
  assert_output answer
  assert_equal "$(status_of server)" 0
  port=$("$SUPPORT/free_port")
  start_cmd socat socat -d -d -t 5 "TCP-LISTEN:$port,bind=127.0.0.1" SYSTEM:'cat; echo end of cat'
  wait_for socat.err 'listening on'
  client "$port" --send question
  assert_equal "$(status_of client)" 0
  run -0 summary client.out '[.endedFirst, .orderly, .bytesMeanwhile]'
  assert_output '["client",true,19]'
}

@test "ncat as either end" {
  server --send answer
  run -0 timeout 5 ncat 127.0.0.1 "$port" <<<question
  assert_output answer
  assert_equal "$(status_of server)" 0
  port=$("$SUPPORT/free_port")
  start_cmd ncat ncat -lv 127.0.0.1 "$port"
  wait_for ncat.err 'Listening on'
  client "$port" --first server --send late
  assert_equal "$(status_of client)" 0
  run -0 summary client.out '[.endedFirst, .orderly, .bytesMeanwhile]'
  assert_output '["server",true,4]'
}

@test "curl: the server ends first, after a complete answer" {
  server --first server --send 'HTTP/1.0 200 OK\r\n\r\nhello\n'
  run -0 timeout 5 curl -sS "http://127.0.0.1:$port/"
  assert_output hello
  assert_equal "$(status_of server)" 0
  run -0 summary server.out '[.endedFirst, .orderly]'
  assert_output '["server",true]'
}

@test "echo answers between its data and its end" {
  start echo echo 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/echo.port"
  client "$(port_of echo)" --send hello
  assert_equal "$(status_of client)" 0
  run -0 summary client.out '[.endedFirst, .orderly, .bytesMeanwhile <= 5]'
  assert_output '["client",true,true]'
}

@test "a peer that resets instead of ending: status 6, and the summary is not orderly" {
  start_cmd peer "$SUPPORT/peer" readeof rst # not before our FIN, which the summary names first
  client "$(port_of peer)" --send hello
  assert_equal "$(status_of client)" 6
  check_trace client.out
  run -0 summary client.out '[.endedBy, .outcome, .orderly]'
  assert_output '["RST","reset",false]'
  run -0 summary client.out .text
  assert_output --partial 'the client ended first, the server never did'
}

@test "--retry: a new connection with a new number; the last failure counts and is reported once" {
  local port
  port=$("$SUPPORT/free_port")
  run -4 --separate-stderr "$TCPKIT" half-close "127.0.0.1:$port" --retry 2 --retry-delay 10ms --json </dev/null
  assert_equal "$(jq 'select(.event == "close") | .conn' <<<"$output")" $'1\n2\n3'
  assert_equal "${#stderr_lines[@]}" 1
  start client half-close "127.0.0.1:$port" --json --retry 200 --retry-delay 50ms
  wait_for client.out '"conn":1,.*"event":"close"'
  start server half-close --listen "127.0.0.1:$port" --quiet
  assert_equal "$(status_of client 20)" 0
  check_trace client.out
}

@test "nothing is listening: status 4 and no summary for people" {
  run -4 --separate-stderr "$TCPKIT" half-close "127.0.0.1:$("$SUPPORT/free_port")" --json </dev/null
  assert_equal "$(jq -r 'select(.event == "summary") | .outcome' <<<"$output")" refused
  [[ $stderr == 'tcpkit half-close: cannot connect to '*ECONNREFUSED* ]]
  run -4 --separate-stderr "$TCPKIT" half-close "127.0.0.1:$("$SUPPORT/free_port")" </dev/null
  refute_output --partial summary
}

@test "a signal while it waits for the other end: our FIN, the summary, 128 + N" {
  start_cmd peer "$SUPPORT/peer" readeof
  client "$(port_of peer)" --first server --send never
  wait_for client.out 'is to end first: waiting for its FIN'
  stop client INT
  assert_equal "$(status_of client)" 130
  check_trace client.out
  run -0 summary client.out '[.endedFirst, .orderly, .bytesMeanwhile]'
  assert_output '["client",true,0]'
  run -0 tail -n 1 "$BATS_TEST_TMPDIR/peer.out"
  assert_output 'eof 0 '
}

@test "a server for one client refuses the second; --accept-timeout is 5" {
  server --delay 1h
  start_cmd one "$SUPPORT/peer" --connect 127.0.0.1 "$port" fin hold
  wait_for server.out 'step 2 of 4'
  run -1 "$SUPPORT/peer" --connect 127.0.0.1 "$port" fin
  assert_output --partial ECONNREFUSED
  stop server
  assert_equal "$(status_of server)" 143
  run -5 "$TCPKIT" half-close --listen 127.0.0.1:0 --accept-timeout 50ms --quiet
}

@test "options that cannot be combined: exit 2, and nothing is opened" {
  local words
  while read -ra words; do
    run -2 --separate-stderr "$TCPKIT" half-close "${words[@]}"
    assert_equal "$output" ''
    assert_equal "$(wc -l <<<"$stderr")" 1
    [[ $stderr == "tcpkit half-close: "* ]]
  done <<'END'
--first both 127.0.0.1:1
--listen 0 127.0.0.1:1
127.0.0.1:1 --backlog 3
--listen 0 --local-port 3
--listen 0 --connect-timeout 3s
--listen 0 --max-connections 3
127.0.0.1:1 --allow-half-open --no-allow-half-open
127.0.0.1:1 --delay soon
127.0.0.1:1 --send \q
127.0.0.1:1 --layers kernels
--quiet
END
}

@test "without arguments: the purpose and two examples that work as printed" {
  run -2 --separate-stderr "$TCPKIT" half-close
  assert_equal "$output" ''
  [[ $stderr == 'tcpkit half-close: perform the four steps of an orderly close, either side first'* ]]
  mapfile -t examples < <(grep '^  tcpkit half-close ' <<<"$stderr")
  assert_equal ${#examples[@]} 2
  PATH=$(dirname "$TCPKIT"):$PATH
  port=$("$SUPPORT/free_port")
  start_cmd one bash -c "${examples[0]//5000/$port}"
  wait_for one.out listening
  start_cmd two bash -c "${examples[1]//5000/$port}"
  assert_equal "$(status_of two)" 0
  assert_equal "$(status_of one)" 0
  run -0 grep -h 'step [1-4] of 4' "$BATS_TEST_TMPDIR/one.out" "$BATS_TEST_TMPDIR/two.out"
  assert_equal "$(wc -l <<<"$output")" 4
}
