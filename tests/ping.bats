#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154 # variables of each test; stderr and output are set by run
# ping: tries, outcomes and times, against servers that answer, refuse, reset and stall.

load helpers/tcpkit
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() { stop_all; }

echo_server() { # sets port
  start server echo 127.0.0.1:0 --port-file server.port
  port=$(port_of server)
}

# The value of a time by the definition of the manual. Python is no part of tcpkit.
spread() { # spread FIELD   prints min, median, p95, p99 and max of the summaries in out.json
  python3 - "$1" <<'END'
import json, math, statistics, sys
values = sorted(v for line in open("out.json") if (r := json.loads(line))["event"] == "summary"
                if (v := r[sys.argv[1]]) is not None)
rank = lambda p: values[math.ceil(p / 100 * len(values)) - 1]
print(*(f"{v:.3f}" for v in (values[0], math.floor(statistics.median(values) * 1000 + 1e-6) / 1000,
                             rank(95), rank(99), values[-1])))
END
}

@test "a line for each try, then the statistics" {
  echo_server
  run -0 --separate-stderr "$TCPKIT" ping "127.0.0.1:$port" --count 3 --interval 50ms
  assert_equal "$stderr" ''
  assert_line --index 0 --regexp "^seq=1 127.0.0.1:$port connect=[0-9.]+ ms ok\$"
  assert_line --index 2 --regexp '^seq=3 '
  assert_line --index 3 '3 tries, 3 ok'
  assert_line --index 4 --regexp '^ms +min +median +p95 +p99 +max$'
  assert_line --regexp '^total '
}

@test "--send times the first answer, --expect the one with the text" {
  echo_server
  run -0 "$TCPKIT" ping "localhost:$port" --count 1 --send 'hello world' --expect 'o w' -4
  assert_line --index 0 --regexp 'lookup=[0-9.]+ connect=[0-9.]+ first-byte=[0-9.]+ ms ok$'
  run -0 "$TCPKIT" ping "127.0.0.1:$port" --count 1 --send x
  assert_line --index 0 --regexp 'first-byte=[0-9.]+ ms ok$'
}

@test "an answer without the text, and a peer that ends without one, have failed: 8" {
  start_cmd peer "$SUPPORT/peer" send:no fin readeof
  run -8 "$TCPKIT" ping "127.0.0.1:$(port_of peer)" --count 1 --expect yes
  assert_line --index 0 --partial 'unexpected: the answer ended without the text of --expect'
  start_cmd mute "$SUPPORT/peer" fin readeof
  run -8 "$TCPKIT" ping "127.0.0.1:$(port_of mute)" --count 1 --send hello
  assert_line --index 0 --partial 'unexpected: the peer ended without an answer'
}

@test "the status of the first failure: refused 4, reset 6, no answer 5, no address 3" {
  run -4 "$TCPKIT" ping "127.0.0.1:$("$SUPPORT/free_port")" --count 2 --interval 1ms
  assert_line --partial '2 tries, 2 refused'
  start_cmd peer "$SUPPORT/peer" read:1 rst
  run -6 "$TCPKIT" ping "127.0.0.1:$(port_of peer)" --count 1 --send x --expect y
  assert_line --partial 'reset ECONNRESET'
  start_cmd silent "$SUPPORT/peer" hold
  run -5 "$TCPKIT" ping "127.0.0.1:$(port_of silent)" --count 1 --send x --timeout 100ms
  assert_line --index 0 --regexp 'timeout'
  run -3 "$TCPKIT" ping no-such.invalid:80 --count 1 --resolver system -w 20s
  assert_line --partial 'lookup'
}

@test "--json: the summaries, and the statistics are those computed from them" {
  echo_server
  "$TCPKIT" ping "localhost:$port" -4 --count 101 --interval 0 --concurrency 10 --send hi --expect hi --json >out.json
  assert_equal "$(jq -r .event out.json | sort | uniq -c | awk '{ print $2 $1 }' | paste -sd ,)" statistics1,summary101
  for time in lookup connect firstByte total; do
    assert_equal "$time $(jq -r 'select(.event == "statistics") |
      [.'$time'MinMs, .'$time'MedianMs, .'$time'P95Ms, .'$time'P99Ms, .'$time'MaxMs] | map(tostring) | join(" ")' out.json |
      awk '{ printf "%.3f %.3f %.3f %.3f %.3f", $1, $2, $3, $4, $5 }')" "$time $(spread ${time}Ms)"
  done
}

@test "1000 tries, 50 at a time, against a server that resets, refuses and stalls: counted to the unit" {
  # Of 100 connections 5 are reset, 1 stalls; every 20th try goes to a closed port by its own.
  cat >server.py <<'END'
import os, socket, struct, sys
s = socket.create_server(("127.0.0.1", 0), backlog=200)
print(s.getsockname()[1], flush=True)
held, stalled, n = [], [], 0
while True:
    c, _ = s.accept()
    n += 1
    if n % 20 == 0:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.close()
    elif n % 100 == 50:
        stalled.append(c)
    else:
        c.sendall(b"ok")
        c.shutdown(socket.SHUT_WR)
        held.append(c)
        if len(held) > 200:
            held.pop(0).close()
END
  start_cmd server python3 server.py
  port=$(port_of server)
  run -6 "$TCPKIT" ping "127.0.0.1:$port" --count 1000 --interval 0 --concurrency 50 --expect ok --timeout 2s --json
  printf '%s\n' "$output" >out.json
  assert_equal "$(jq -r 'select(.event == "statistics") | "\(.tries) \(.okCount) \(.resetCount) \(.timeoutCount)"' out.json)" \
    '1000 940 50 10'
}

@test "steps: an experiment again and again" {
  echo_server
  run -0 "$TCPKIT" ping "127.0.0.1:$port" --count 5 --interval 0 --do 'send "a"' --do 'expect data "a"'
  assert_line '5 tries, 5 ok'
  run -8 "$TCPKIT" ping "127.0.0.1:$port" --count 2 --interval 50ms --do 'send "a"' --do 'expect data "b" within 100ms'
  assert_line --index 0 --partial 'unexpected: --do 2'
  assert_line '2 tries, 2 unexpected'
}

@test "--save-failures: a trace of each failed try, and of no other" {
  echo_server
  run -5 "$TCPKIT" ping "127.0.0.1:$port" --count 3 --interval 1ms --send 1 --expect 2 --timeout 100ms --save-failures fails
  run -5 "$TCPKIT" ping "127.0.0.1:$port" --count 2 --interval 1ms --send 1 --expect 2 --timeout 100ms --save-failures fails
  assert_equal "$(jq -r .event fails/2.json | head -n 3 | paste -sd ,)" setTimeout,connect,connectionAttempt
  assert_equal "$(jq -r 'select(.event == "summary") | .outcome' fails/1.json)" timeout
  run -0 "$TCPKIT" ping "127.0.0.1:$port" --count 2 --interval 1ms --send 1 --save-failures none
  assert_equal "$(ls none)" ''
}

@test "--retry: a try that succeeds in the end is one try, and a failed one has its last trace" {
  closed=$("$SUPPORT/free_port")
  run -4 "$TCPKIT" ping "127.0.0.1:$closed" --count 1 --retry 2 --retry-delay 1ms --save-failures fails
  assert_line '1 try, 1 refused'
  assert_equal "$(jq -r .conn fails/1.json | sort -u)" 3
  start ping ping "127.0.0.1:$closed" --count 1 --retry 1000 --retry-delay 10ms
  start server echo "127.0.0.1:$closed"
  ended ping 0
  grep -qx '1 try, 1 ok' ping.out
}

@test "--save-failures: a folder that cannot be made is an error, status 1" {
  run -1 --separate-stderr "$TCPKIT" ping 127.0.0.1:1 --count 1 --save-failures /no/such/folder
  assert_output ''
  assert_equal "${#stderr_lines[@]}" 1
}

@test "Ctrl-C: the statistics so far, 130" {
  echo_server
  start ping ping "127.0.0.1:$port" --interval 60ms
  wait_for ping.out '^seq=2 '
  stop ping INT
  ended ping 130
  grep -qE '^[0-9]+ tries, [0-9]+ ok$' ping.out
}

@test "10,000 tries run in constant memory" {
  echo_server
  # The sanitizers keep freed memory for a while.
  local program=${TCPKIT_RELEASE:-$TCPKIT}
  "$SUPPORT/peak" few "$program" ping "127.0.0.1:$port" --interval 0 --concurrency 20 --count 500
  "$SUPPORT/peak" many "$program" ping "127.0.0.1:$port" --interval 0 --concurrency 20 --count 10000
  (($(<many) < $(<few) + 8000))
}

@test "refused: 0 tries, an empty text, --expect with steps, no target" {
  run -2 "$TCPKIT" ping 127.0.0.1:1 --count 0
  run -2 "$TCPKIT" ping 127.0.0.1:1 --expect ''
  run -2 "$TCPKIT" ping 127.0.0.1:1 --expect x --do end
  run -2 "$TCPKIT" ping 127.0.0.1:1 --concurrency 0
  run -2 "$TCPKIT" ping
}

@test "a closed and a full stdout" {
  echo_server
  run -1 bash -c "'$TCPKIT' ping 127.0.0.1:$port --count 2 --interval 1ms >/dev/full"
  run -0 bash -c "'$TCPKIT' ping 127.0.0.1:$port --count 3 --interval 60ms | head -n 1"
}
