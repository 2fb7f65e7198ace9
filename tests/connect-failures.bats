#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2034,SC2154 # scripts for bash -c, descriptors held, stderr by Bats
# Each way a connection can fail: the exit status, the one line on stderr, and the end of the trace.

load helpers/tcpkit
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

traced() { # traced NAME ARG...   tcpkit with its trace in NAME.trace
  rm -f "$1.trace"
  start "$1" "${@:2}" --trace=json --trace-file "$1.trace"
}

# The same with a stdin that supplies nothing and does not end.
held() { # held NAME ARG...
  rm -f "$1.trace"
  [ -p open ] || mkfifo open
  exec {hold}<>open
  start_fed "$1" open "${@:2}" --trace=json --trace-file "$1.trace"
}

error_of() { # error_of NAME   code, syscall and address of the connection's error
  field "$1.trace" 'select(.event == "error") | .error | [.code, .syscall, .address, .port | select(. != null)] | join(" ")'
}

@test "refused" {
  port=$("$SUPPORT/free_port")
  traced client connect "127.0.0.1:$port"
  ended client 4
  one_line client "^tcpkit connect: cannot connect to 127.0.0.1:$port: refused \(ECONNREFUSED\): nothing is listening there, or a firewall rejects it; check the port and the address$"
  last_events client.trace 'connect connectionAttempt connectionAttemptFailed error close'
  assert_equal "$(error_of client)" "ECONNREFUSED connect 127.0.0.1 $port"
  assert_equal "$(field client.trace 'select(.event == "close") | .hadError')" true
}

@test "refused by all addresses of a name" {
  port=$("$SUPPORT/free_port")
  traced client connect "localhost:$port"
  ended client 4
  one_line client "^tcpkit connect: cannot connect to localhost:$port: ::1 refused, 127.0.0.1 refused$"
  last_events client.trace 'connectionAttemptFailed connectionAttempt connectionAttemptFailed error close'
  assert_equal "$(field client.trace 'select(.event == "error") | .error | [.name, .code, .message, (.errors | length)] | join("|")')" \
    'AggregateError|ECONNREFUSED||2'
}

@test "several failures: the first attempt determines the exit status" {
  start_cmd hole "$SUPPORT/blackhole"
  port=$(port_of hole)
  traced late connect --attempt-timeout 50ms "name.test:$port" --resolve name.test:127.0.0.1,127.0.0.2
  ended late 5
  one_line late 'cannot connect to name.test:[0-9]+: 127.0.0.1 timed out, 127.0.0.2 refused$'
  last_events late.trace 'connectionAttemptTimeout connectionAttempt connectionAttemptFailed error close'
  assert_equal "$(field late.trace 'select(.event == "error") | .error | [.code, .errors[].code] | join(" ")')" \
    'ETIMEDOUT ETIMEDOUT ECONNREFUSED'
  traced first connect -w 5 "name.test:$port" --resolve name.test:127.0.0.2,127.0.0.3
  ended first 4
}

@test "an address that does not answer is abandoned for the next one" {
  start_cmd hole "$SUPPORT/blackhole"
  port=$(port_of hole)
  start server listen "127.0.0.2:$port"
  until_true "the server" grep -qi ":$(printf %04X "$port") 00000000:0000 0A" /proc/net/tcp
  traced client connect --attempt-timeout 100ms "name.test:$port" --resolve name.test:127.0.0.1,127.0.0.2
  ended client 0
  silent client
  check_trace client.trace
  assert_equal "$(events client.trace 'select(.event | test("ttempt|connect$|ready"))' | tr '\n' ' ')" \
    'connect connectionAttempt connectionAttemptTimeout connectionAttempt connect ready '
  assert_equal "$(field client.trace 'select(.event == "connect" and .layer == "event") | .remoteAddress')" 127.0.0.2
}

@test "no answer: --connect-timeout" {
  start_cmd hole "$SUPPORT/blackhole"
  port=$(port_of hole)
  traced client connect -w 200ms "127.0.0.1:$port"
  ended client 5
  one_line client "^tcpkit connect: cannot connect to 127.0.0.1:$port: timed out \(ETIMEDOUT\): no answer; .+"
  last_events client.trace 'connect connectionAttempt timeout connectionAttemptFailed error close'
  assert_equal "$(field client.trace 'select(.event == "timeout") | [.kind, .timeoutMs, .option] | join(" ")')" \
    'connect 200 --connect-timeout'
  assert_equal "$(field client.trace 'select(.event == "connectionAttemptFailed") | .error.code')" ECANCELED
  assert_equal "$(error_of client)" "ETIMEDOUT connect 127.0.0.1 $port"
}

@test "the attempt timeout does not apply to the last address; --connect-timeout does" {
  start_cmd hole "$SUPPORT/blackhole" -6
  port=$(port_of hole)
  traced client connect -w 500ms --attempt-timeout 20ms "name.test:$port" --resolve name.test:127.0.0.1,::1
  ended client 5
  last_events client.trace \
    'lookup lookup connectionAttempt connectionAttemptFailed connectionAttempt timeout connectionAttemptFailed error close'
}

@test "no answer: the kernel gives up after --user-timeout" {
  start_cmd hole "$SUPPORT/blackhole"
  port=$(port_of hole)
  traced client connect --user-timeout 500ms "127.0.0.1:$port"
  ended client 5 15
  one_line client "^tcpkit connect: cannot connect to 127.0.0.1:$port: timed out \(ETIMEDOUT\): no answer; .+"
  last_events client.trace 'connectionAttempt connectionAttemptFailed error close'
  assert_equal "$(field client.trace 'select(.event == "error") | .error.errno')" -110
}

@test "a reset before any data" {
  start_cmd server "$SUPPORT/peer" read:1 rst
  held client connect --send x "127.0.0.1:$(port_of server)"
  ended client 6
  one_line client '^tcpkit connect: connection to 127.0.0.1:[0-9]+ lost after 0 bytes received, 1 sent: reset \(ECONNRESET\): .+'
  last_events client.trace 'ready write error close'
  assert_equal "$(error_of client)" 'ECONNRESET read'
}

@test "a reset before the connection was accepted is a failure" {
  start_cmd server "$SUPPORT/peer" rstaccept
  traced client connect "127.0.0.1:$(port_of server)" --allow-half-open
  ended client 6
  last_events client.trace 'error close'
}

@test "a reset after unread data: the data, then the error" {
  for stdout in file pipe; do
    start_cmd server "$SUPPORT/peer" read:1 sendn:100000 rst
    case $stdout in
      file) held client connect --send x "127.0.0.1:$(port_of server)" ;;
      pipe)
        start_cmd client bash -o pipefail -c '"$0" "$@" <open | cat' "$TCPKIT" connect --send x "127.0.0.1:$(port_of server)" \
          --trace=json --trace-file client.trace
        ;;
    esac
    ended client 6
    # Bytes that the kernel had taken before the RST arrive; it may drop those that were on their way.
    assert_equal "$(stat -c %s client.out)" "$(field client.trace 'select(.event == "close") | .bytesRead')"
    one_line client "lost after $(stat -c %s client.out) bytes received, 1 sent: reset \(ECONNRESET\): "
    last_events client.trace 'error close'
    refute [ "$(events client.trace 'select(.event == "end")')" ]
  done
}

@test "a reset after acknowledged data: every byte is delivered" {
  start_cmd server "$SUPPORT/peer" read:1 sendn:1000 acked rst
  held client connect --send x "127.0.0.1:$(port_of server)"
  ended client 6
  assert_equal "$(stat -c %s client.out)" 1000
  last_events client.trace 'connect ready write data error close'
  # Without a trace the bytes may stay in the kernel on their way from the socket to stdout.
  start_cmd server "$SUPPORT/peer" read:1 sendn:1000 acked rst
  start_cmd client bash -o pipefail -c '"$0" "$@" <open | cat' "$TCPKIT" connect --send x "127.0.0.1:$(port_of server)"
  ended client 6
  assert_equal "$(stat -c %s client.out)" 1000
  one_line client 'lost after 1000 bytes received, 1 sent: reset \(ECONNRESET\): '
}

@test "a peer that sends and resets before we read: a connection, its data, then the error" {
  for _ in {1..8}; do
    start_cmd server "$SUPPORT/peer" send:x acked rst
    start_cmd client "$TCPKIT" connect --recv-only "127.0.0.1:$(port_of server)" --trace=json
    ended client 6
    assert_equal "$(cat client.out)" x
    last_events client.err 'connect ready data error close'
  done
}

@test "a reset after the peer's FIN: end, then the error" {
  start_cmd server "$SUPPORT/peer" read:1 send:bye fin acked wait:100 rst
  held client connect --send x --allow-half-open "127.0.0.1:$(port_of server)"
  ended client 6
  assert_equal "$(cat client.out)" bye
  last_events client.trace 'write data end error close'
  assert_equal "$(error_of client)" 'ECONNRESET read'
}

@test "a reset while stdout is slow: what had arrived is delivered" {
  start_cmd server "$SUPPORT/peer" read:1 sendn:1000 acked wait:100 rst
  mkfifo open
  exec {hold}<>open
  start_cmd client bash -o pipefail -c '"$0" "$@" <open | "$SUPPORT/slowpipe" 100 20' "$TCPKIT" connect --send x "127.0.0.1:$(port_of server)" \
    --trace=json --trace-file client.trace
  ended client 6
  assert_equal "$(stat -c %s client.out)" 1000
  last_events client.trace 'error close'
}

@test "a reset while we send: exit 6, and a line reports how many bytes passed" {
  start_cmd server "$SUPPORT/peer" read:1000 rst
  start_cmd client bash -o pipefail -c 'head -c 50M /dev/zero | "$0" "$@"' "$TCPKIT" connect "127.0.0.1:$(port_of server)" \
    --trace=json --trace-file client.trace
  run status_of client
  grep -qE 'lost after 0 bytes received, [0-9]+ sent: reset \((ECONNRESET|EPIPE)\): ' client.err
  last_events client.trace 'error close'
}

@test "a name that is not found" {
  traced client connect name.test:5000 -6 --resolve name.test:127.0.0.1
  ended client 3
  one_line client '^tcpkit connect: cannot look up name.test: not found \(ENOTFOUND\): no such name, or it has no address of this family$'
  last_events client.trace 'connect lookup error close'
}

@test "address in use: listen" {
  start server listen 127.0.0.1:0 --port-file server.port
  port=$(port_of server)
  traced second listen "127.0.0.1:$port"
  ended second 1
  one_line second "^tcpkit listen: cannot listen on 127.0.0.1:$port: address in use \(EADDRINUSE\): .* choose another port"
  last_events second.trace 'listen error'
  assert_equal "$(field second.trace 'select(.event == "error") | .error | [.code, .syscall, .message] | join("|")')" \
    "EADDRINUSE|listen|listen EADDRINUSE: address already in use 127.0.0.1:$port"
}

@test "address in use: a Unix path, which stays" {
  start server listen unix:path --trace=json --trace-file server.trace
  wait_for server.trace '"listening"'
  for command in listen echo; do
    traced second "$command" unix:path
    ended second 1
    one_line second "^tcpkit $command: cannot listen on .*path: address in use \(EADDRINUSE\): "
    assert [ -S path ]
  done
}

@test "address in use: --local-port" {
  start server listen 127.0.0.1:0 --port-file server.port
  port=$(port_of server)
  traced client connect -s 127.0.0.1 -p "$port" "127.0.0.1:$port"
  ended client 1
  one_line client "cannot connect to 127.0.0.1:$port \(bind 127.0.0.1:$port\): address in use \(EADDRINUSE\): "
  last_events client.trace 'connect error close'
  assert_equal "$(error_of client)" "EADDRINUSE bind 127.0.0.1 $port"
}

@test "address in use: --local-port, of one family only" {
  start_cmd six "$SUPPORT/peer" -6 hold
  taken=$(port_of six)
  start server listen 127.0.0.1:0 --port-file server.port
  traced client connect -p "$taken" "localhost:$(port_of server)"
  ended client 0
  check_trace client.trace
  assert_equal "$(events client.trace | head -n 5 | tr '\n' ' ')" 'connect lookup lookup connectionAttempt connect '
  assert_equal "$(field client.trace 'select(.event == "connect" and .layer == "event") | .localPort')" "$taken"
  port=$("$SUPPORT/free_port")
  start_cmd another "$SUPPORT/peer" -6 hold # the first one's port may be in TIME_WAIT now
  traced none connect -p "$(port_of another)" "name.test:$port" --resolve name.test:::1,127.0.0.1
  ended none 1
  one_line none "cannot connect to name.test:$port: bind \[::]:[0-9]+ address in use, 127.0.0.1 refused$"
  last_events none.trace 'connect lookup lookup connectionAttempt connectionAttemptFailed error close'
  assert_equal "$(field none.trace 'select(.event == "error") | .error | [.name, .code, .errors[].syscall] | join(" ")')" \
    'AggregateError EADDRINUSE bind connect'
}

@test "an address that is not local" {
  traced client connect -s 192.0.2.1 127.0.0.1:5000
  ended client 1
  one_line client '\(bind 192.0.2.1\): address not available \(EADDRNOTAVAIL\): no interface of this machine has this address$'
  traced server listen 192.0.2.1:5000
  ended server 1
  one_line server '^tcpkit listen: cannot listen on 192.0.2.1:5000: address not available \(EADDRNOTAVAIL\): '
}

# A user without privileges, in a namespace where ports below 1024 are reserved.
unprivileged() { # unprivileged NAME ARG...
  unshare -rn true 2>/dev/null || skip "needs user and network namespaces"
  [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
  start_cmd "$1" setpriv --reuid 65534 --regid 65534 --clear-groups "$TCPKIT" "${@:2}"
}

@test "no permission for a port below 1024" {
  [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 1 ] || skip "here all ports are for everybody"
  [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
  setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$TCPKIT" || skip "nobody cannot run $TCPKIT"
  chmod 777 .
  unprivileged server listen 127.0.0.1:1 --trace=json
  ended server 1
  last_events server.err 'listen error'
  assert_equal "$(field server.err 'select(.event == "error") | .error | .code + " " + .syscall')" 'EACCES listen'
  unprivileged plain listen 127.0.0.1:1
  ended plain 1
  one_line plain '^tcpkit listen: cannot listen on 127.0.0.1:1: no permission \(EACCES\): permission denied; ports below 1024 may need a privilege$'
}

@test "no permission for a Unix path" {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
  setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$TCPKIT" || skip "nobody cannot run $TCPKIT"
  mkdir closed
  chmod 700 closed
  unprivileged server listen "$PWD/closed/path"
  ended server 1
  one_line server '^tcpkit listen: cannot listen on .*/closed/path: no permission \(EACCES\): '
  unprivileged client connect "$PWD/closed/path"
  ended client 1
  one_line client '^tcpkit connect: cannot connect to .*/closed/path: no permission \(EACCES\): '
}

@test "unreachable network" {
  unshare -rn true 2>/dev/null || skip "needs user and network namespaces"
  start_cmd client unshare -rn "$TCPKIT" connect 127.0.0.1:5000 --trace=json --trace-file client.trace # lo is down
  ended client 1
  one_line client '^tcpkit connect: cannot connect to 127.0.0.1:5000: network unreachable \(ENETUNREACH\): no route to that network from here$'
  last_events client.trace 'connect connectionAttempt connectionAttemptFailed error close'
  assert_equal "$(error_of client)" 'ENETUNREACH connect 127.0.0.1 5000'
}

@test "unreachable host" {
  unshare -rn true 2>/dev/null || skip "needs user and network namespaces"
  # shellcheck disable=SC2016
  start_cmd client unshare -rn bash -c 'ip link set lo up; ip route add unreachable 192.0.2.0/24; "$0" "$@"' \
    "$TCPKIT" connect 192.0.2.1:5000 --trace=json --trace-file client.trace
  ended client 1
  one_line client '^tcpkit connect: cannot connect to 192.0.2.1:5000: host unreachable \(EHOSTUNREACH\): .+'
  last_events client.trace 'connect connectionAttempt connectionAttemptFailed error close'
}

@test "a missing Unix path, a missing folder, a path on which nothing is listening" {
  for path in ./none ./none/none; do
    traced client connect "$path"
    ended client 1
    one_line client "^tcpkit connect: cannot connect to .*none: no such path \(ENOENT\): .+"
    last_events client.trace 'connect connectionAttempt connectionAttemptFailed error close'
    assert_equal "$(error_of client)" "ENOENT connect $path"
  done
  traced server listen ./none/none
  ended server 1
  one_line server '^tcpkit listen: cannot listen on .*none/none: no such path \(ENOENT\): '
  : >file
  traced client connect ./file
  ended client 4
  one_line client 'cannot connect to .*file: refused \(ECONNREFUSED\): '
}

@test "--retry: a new connection with a new number once the server is up" {
  port=$("$SUPPORT/free_port")
  mkfifo pipe
  start_fed client pipe connect --retry 200 --retry-delay 50ms "127.0.0.1:$port" --trace=json --trace-file client.trace
  exec {feed}>pipe
  wait_for client.trace '"conn":2,.*"event":"close"'
  start server listen "127.0.0.1:$port" -k --send hello
  wait_for client.out '^hello' # while nothing is typed
  echo first >&"$feed"
  wait_for server.out '^first$'
  echo second >&"$feed"
  wait_for server.out '^second$'
  exec {feed}>&-
  ended client 0
  silent client
  check_trace client.trace
  last=$(field client.trace 'select(.event == "ready") | .conn')
  assert [ "$last" -ge 3 ]
  assert_equal "$(field client.trace 'select(.event == "close") | .conn')" "$(seq "$last")"
  assert_equal "$(field client.trace 'select(.conn == 2 and .layer != "note") | .event' | tr '\n' ' ')" \
    'connect connectionAttempt connectionAttemptFailed error close '
}

@test "--retry: the last failure counts and is reported once" {
  traced client connect --retry 2 --retry-delay 10ms "127.0.0.1:$("$SUPPORT/free_port")"
  ended client 4
  one_line client 'refused \(ECONNREFUSED\)'
  check_trace client.trace
  assert_equal "$(field client.trace 'select(.event == "close") | .conn')" $'1\n2\n3'
}

@test "--retry: input typed before the connection is not lost" {
  port=$("$SUPPORT/free_port")
  seq 100000 >numbers
  for stdin in numbers pipe; do
    rm -f pipe
    mkfifo pipe
    start_fed client "$stdin" connect --retry 200 --retry-delay 50ms "127.0.0.1:$port" --trace=json --trace-file client.trace
    [ "$stdin" = numbers ] || start_cmd feed cp numbers pipe
    wait_for client.trace '"conn":2,.*"event":"close"'
    start server listen "127.0.0.1:$port"
    ended client 0
    ended server 0
    cmp numbers server.out
  done
}

@test "--retry: a lost connection and a usage error are not tried again; Ctrl-C ends the wait" {
  start_cmd server "$SUPPORT/peer" read:1 send:x acked rst
  held lost connect --retry 5 --retry-delay 10ms --send x "127.0.0.1:$(port_of server)"
  ended lost 6
  assert_equal "$(field lost.trace 'select(.event == "close") | .conn')" 1
  traced waiting connect --retry 5 --retry-delay 1h "127.0.0.1:$("$SUPPORT/free_port")"
  wait_for waiting.trace '"event":"close"'
  stop waiting INT
  ended waiting 130
  one_line waiting '^tcpkit connect: ended by SIGINT; before that: cannot connect to 127\.0\.0\.1:[0-9]+: refused \(ECONNREFUSED\): '
  start between half-close --retry 5 --retry-delay 1h --json --trace-file between.trace "127.0.0.1:$("$SUPPORT/free_port")"
  wait_for between.trace '"event":"close"'
  stop between INT
  ended between 130
  one_line between '^tcpkit half-close: ended by SIGINT; before that: cannot connect to 127\.0\.0\.1:[0-9]+: refused '
  run -2 --separate-stderr "$TCPKIT" connect --retry-delay 1 127.0.0.1:1
  assert_regex "$stderr" '^tcpkit connect: --retry-delay '
}

@test "--attempt-timeout: 0 is an error, small values count as 10 ms, large ones cause a warning" {
  run -2 --separate-stderr "$TCPKIT" connect --attempt-timeout 0 127.0.0.1:1
  assert_equal "${#stderr_lines[@]}" 1
  assert_regex "$stderr" '^tcpkit connect: --attempt-timeout: 0 would give every address up'
  start_cmd hole "$SUPPORT/blackhole"
  port=$(port_of hole)
  traced little connect --attempt-timeout 1ms "name.test:$port" --resolve name.test:127.0.0.1,127.0.0.2
  ended little 5
  check_trace little.trace
  run -0 jq -s '[.[] | select(.event | test("^connectionAttempt(Timeout)?$")) | .t] | .[1] - .[0] >= 0.009' little.trace
  assert_output true
  for plenty in 10.001s 250; do
    traced much connect --attempt-timeout "$plenty" "127.0.0.1:$("$SUPPORT/free_port")"
    ended much 4
    grep -qE '^tcpkit connect: --attempt-timeout is .*; write [0-9]+ms if you meant milliseconds$' much.err
    assert_equal "$(wc -l <much.err)" 2
  done
  traced ten connect --attempt-timeout 10s "127.0.0.1:$("$SUPPORT/free_port")"
  ended ten 4
  one_line ten refused
}
