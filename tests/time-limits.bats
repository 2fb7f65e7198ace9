#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034 # jq and bash -c; port is set anew in each test; descriptors held
# The four time limits: which one expires, the order of the events, the exit status.

load helpers/tcpkit
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  mkfifo open
  exec {hold}<>open
}

teardown() {
  stop_all
}

# Runs with a stdin that supplies nothing and does not end; the trace is NAME.trace.
held() { # held NAME ARG...
  rm -f "$1.trace"
  start_fed "$1" open "${@:2}" --trace=json --trace-file "$1.trace"
}

server_of() { # server_of NAME COMMAND ARG...   held, on a port of its own
  held "$1" "$2" 127.0.0.1:0 --port-file "$1.port" "${@:3}"
  port=$(port_of "$1")
}

timeouts() { # timeouts NAME   kind, ms and option of each
  field "$1.trace" 'select(.event == "timeout") | [.kind, .timeoutMs, .option] | join(" ")'
}

has_timeouts() { # has_timeouts NAME COUNT
  [ "$(timeouts "$1" | wc -l)" -eq "$2" ]
}

@test "connect: over the lookup and all attempts" {
  start_cmd hole "$SUPPORT/blackhole"
  port=$(port_of hole)
  held client connect -w 300ms "name.test:$port" --resolve name.test:127.0.0.2,127.0.0.1
  ended client 5
  one_line client "^tcpkit connect: cannot connect to name.test:$port: 127.0.0.2 refused, 127.0.0.1 timed out$"
  last_events client.trace 'connect lookup lookup connectionAttempt connectionAttemptFailed connectionAttempt timeout connectionAttemptFailed error close'
  assert_equal "$(timeouts client)" 'connect 300 --connect-timeout'
  assert_equal "$(field client.trace 'select(.event == "connectionAttemptFailed") | .error.code')" $'ECONNREFUSED\nECANCELED'
  assert_equal "$(field client.trace 'select(.event == "error") | .error | [.name, .code, .syscall, .errno, .errors[].code] | join(" ")')" \
    'AggregateError ETIMEDOUT connect  ECONNREFUSED ETIMEDOUT'
}

@test "connect: the limit does not apply to an established connection" {
  server_of server echo
  held client connect -w 100ms "127.0.0.1:$port" --timeout 400ms
  ended client 5
  assert_equal "$(timeouts client)" 'idle 400 --timeout'
}

@test "connect: the limit starts again with every try of --retry" {
  start_cmd hole "$SUPPORT/blackhole"
  held client connect -w 100ms --retry 2 --retry-delay 10ms "127.0.0.1:$(port_of hole)"
  ended client 5
  one_line client 'timed out'
  assert_equal "$(timeouts client | uniq -c | sed 's/^ *//')" '3 connect 100 --connect-timeout'
}

@test "idle, end: FIN; the peer's answer closes" {
  start_cmd peer "$SUPPORT/peer" readeof send:late fin
  held client connect --timeout 200ms "127.0.0.1:$(port_of peer)"
  ended client 5
  one_line client '^tcpkit connect: no data in either direction for 0.2s$'
  assert_equal "$(cat client.out)" late
  last_events client.trace 'connect ready timeout end finish data end close'
  assert_equal "$(timeouts client)" 'idle 200 --timeout'
  assert_equal "$(field client.trace 'select(.event == "close") | .hadError')" false
}

@test "idle, end: destroy after a second idle period" {
  start_cmd peer "$SUPPORT/peer" readeof hold
  held client connect --timeout 200ms --timeout-action end "127.0.0.1:$(port_of peer)"
  ended client 5
  one_line client 'no data in either direction for 0.2s$'
  last_events client.trace 'connect ready timeout end finish timeout destroy close'
  wait_for peer.out '^eof 0'
}

@test "idle, end: no more of stdin is sent" {
  start_cmd peer "$SUPPORT/peer" readeof hold
  held client connect --timeout 300ms "127.0.0.1:$(port_of peer)"
  wait_for client.trace '"event":"finish"'
  echo late >open
  ended client 5
  check_trace client.trace
  assert_equal "$(field client.trace 'select(.event == "close") | .bytesWritten')" 0
  run -0 cat peer.out
  assert_line 'eof 0 '
}

@test "idle, destroy" {
  start_cmd peer "$SUPPORT/peer" readeof
  held client connect --timeout 200ms --timeout-action destroy "127.0.0.1:$(port_of peer)"
  ended client 5
  one_line client 'no data in either direction for 0.2s$'
  last_events client.trace 'connect ready timeout destroy close'
  ended peer 0
}

@test "idle, reset: the peer sees a RST" {
  start_cmd peer "$SUPPORT/peer" readeof
  held client connect --timeout 200ms --timeout-action reset "127.0.0.1:$(port_of peer)"
  ended client 5
  last_events client.trace 'connect ready timeout resetAndDestroy close'
  assert_equal "$(field client.trace 'select(.event == "close") | .hadError')" false
  ended peer 1
  wait_for peer.out 'error read ECONNRESET'
}

@test "idle, none: reported once per idle period, nothing follows, exit 0" {
  start_cmd peer "$SUPPORT/peer" read:1 send:y readeof
  held client connect --timeout 200ms --timeout-action none "127.0.0.1:$(port_of peer)"
  wait_for client.trace '"event":"timeout"'
  printf x >open
  wait_for client.trace '"event":"data"'
  until_true "a second timeout" has_timeouts client 2
  stop peer
  wait_for client.trace '"event":"end"'
  exec {hold}>&-
  ended client 0
  silent client # the timeout is not reported
  check_trace client.trace
  assert_equal "$(events client.trace | tr '\n' ' ')" 'setTimeout connect connectionAttempt connect ready timeout write data timeout end end finish close '
}

@test "idle: traffic restarts the period" {
  start_cmd peer "$SUPPORT/peer" read:5 hold
  held client connect --timeout 600ms --timeout-action destroy "127.0.0.1:$(port_of peer)"
  wait_for client.trace '"event":"ready"'
  for i in 1 2 3 4 5; do
    printf x >open
    sleep 0.2 # the pauses that must not count as one
  done
  ended client 5
  check_trace client.trace
  run -0 jq -s '([.[] | select(.event == "write") | .t] | last) as $last | (.[] | select(.event == "timeout") | .t) - $last >= 0.59' client.trace
  assert_output true
}

@test "idle on listen, each action" {
  for action in end destroy reset none; do
    server_of server listen --timeout 200ms --timeout-action "$action" --recv-only
    start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof wait:100
    case $action in
      end)
        ended server 5
        last_events server.trace 'timeout end finish end close' 'select(.role == "server")'
        ;;
      destroy)
        ended server 5
        last_events server.trace 'timeout destroy close' 'select(.role == "server")'
        ;;
      reset)
        ended server 5
        last_events server.trace 'timeout resetAndDestroy close' 'select(.role == "server")'
        wait_for peer.out 'ECONNRESET'
        ;;
      none)
        wait_for server.trace '"event":"timeout"'
        stop peer
        ended server 0
        last_events server.trace 'timeout end end finish close' 'select(.role == "server")'
        silent server
        continue
        ;;
    esac
    one_line server '^tcpkit listen: no data in either direction for 0.2s$'
    assert_equal "$(timeouts server | sort -u)" 'idle 200 --timeout'
    assert_equal "$(field server.trace 'select(.event == "timeout") | .role' | sort -u)" server
  done
}

@test "idle on listen -k and echo: one connection's end, not the server's" {
  for command in 'listen -k' echo; do
    # shellcheck disable=SC2086 # a command and its option
    server_of server $command --timeout 300ms --timeout-action destroy
    start_cmd one "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof
    start_cmd two "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof
    ended one 0
    ended two 0
    assert_equal "$(field server.trace 'select(.event == "timeout") | .conn' | sort)" $'1\n2'
    stop server
    ended server 143
    last_events server.trace 'timeout destroy close' 'select(.conn == 1 and .role == "server")'
    last_events server.trace 'timeout destroy close' 'select(.conn == 2 and .role == "server")'
  done
}

@test "accept: a listener without its first client" {
  for command in listen 'listen -k' echo; do
    # shellcheck disable=SC2086 # a command and its option
    server_of server $command --accept-timeout 200ms
    ended server 5
    one_line server "^tcpkit ${command%% *}: no client within 0.2s$"
    last_events server.trace 'listen listening timeout close close'
    assert_equal "$(timeouts server)" 'accept 200 --accept-timeout'
    assert_equal "$(field server.trace 'select(.event == "timeout") | .role')" listener
    run -1 "$SUPPORT/peer" --connect 127.0.0.1 "$port" # nothing is listening any more
    assert_output 'error connect ECONNREFUSED'
  done
}

@test "accept: the first client ends it for good" {
  server_of server listen -k --accept-timeout 1s
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof
  wait_for server.trace '"event":"connection"'
  stop peer
  wait_for server.trace '"role":"server".*"event":"close"'
  sleep 1.2 # the limit, over
  stop server
  ended server 143
  assert_equal "$(timeouts server)" ''
}

@test "accept: a Unix path is removed afterwards" {
  held server listen ./path --accept-timeout 100ms
  ended server 5
  refute [ -e path ]
}

@test "deadline: while connecting" {
  start_cmd hole "$SUPPORT/blackhole"
  held client connect --deadline 300ms "127.0.0.1:$(port_of hole)"
  ended client 5
  one_line client '^tcpkit connect: the deadline of 0.3s has passed$'
  last_events client.trace 'connect connectionAttempt timeout destroy connectionAttemptFailed close'
  assert_equal "$(timeouts client)" 'deadline 300 --deadline'
  assert_equal "$(field client.trace 'select(.event == "connectionAttemptFailed") | .error.code')" ECANCELED
}

@test "deadline: while connected, and between two tries" {
  start_cmd peer "$SUPPORT/peer" readeof
  held client connect --deadline 600ms "127.0.0.1:$(port_of peer)"
  ended client 5
  one_line client 'the deadline of 0.6s has passed$'
  last_events client.trace 'ready timeout destroy close'
  assert_equal "$(timeouts client)" 'deadline 600 --deadline'
  held waiting connect --deadline 400ms --retry 9 --retry-delay 1h "127.0.0.1:$("$SUPPORT/free_port")"
  ended waiting 5
  one_line waiting 'the deadline of 0.4s has passed; before that: cannot connect to 127.0.0.1:[0-9]+: refused .*'
  last_events waiting.trace 'error close'
}

@test "deadline: unread bytes are lost, and destroy reports it" {
  start_cmd peer "$SUPPORT/peer" sendn:64M readeof
  mkfifo stuck
  exec {reader}<>stuck # takes a pipe's worth and no more
  start_cmd client bash -c '"$0" "$@" <open >stuck' "$TCPKIT" connect --deadline 1s "127.0.0.1:$(port_of peer)" \
    --trace=json --trace-file client.trace
  ended client 5
  one_line client 'the deadline of 1s has passed$'
  last_events client.trace 'pause timeout destroy close'
  assert_equal "$(field client.trace 'select(.event == "destroy") | .unread')" true
}

@test "deadline: servers, with everything that is open" {
  for command in listen 'listen -k' echo; do
    # shellcheck disable=SC2086 # a command and its option
    server_of waiting $command --deadline 400ms
    ended waiting 5
    one_line waiting "^tcpkit ${command%% *}: the deadline of 0.4s has passed$"
    last_events waiting.trace 'listen listening timeout close close'
    assert_equal "$(timeouts waiting)" 'deadline 400 --deadline'
  done
  for command in 'listen -k' echo; do
    # shellcheck disable=SC2086
    server_of server $command --deadline 2s
    start_cmd one "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof
    start_cmd two "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof
    ended server 5
    ended one 0
    ended two 0
    check_trace server.trace
    assert_equal "$(field server.trace 'select(.event == "timeout") | .role' | sort | tr '\n' ' ')" 'listener server server '
    for conn in 1 2; do
      last_events server.trace 'timeout destroy close' "select(.conn == $conn and .role == \"server\")"
    done
    assert_equal "$(field server.trace 'select(.event == "close" and .layer == "event") | .role' | sort | tr '\n' ' ')" \
      'listener server server '
  done
}

@test "deadline: one-shot listen with its client" {
  server_of server listen --deadline 1s
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof
  ended server 5
  ended peer 0
  one_line server 'the deadline of 1s has passed$'
  last_events server.trace 'timeout destroy close' 'select(.role == "server")'
}

@test "deadline: counts from the start and does not affect a run that ends in time" {
  server_of server echo
  echo text >text
  start_fed client text connect --deadline 30s "127.0.0.1:$port" --trace=json --trace-file client.trace
  ended client 0
  assert_equal "$(cat client.out)" text
  assert_equal "$(timeouts client)" ''
}

@test "the human trace names the option" {
  start_cmd peer "$SUPPORT/peer" readeof
  start_fed client open connect --trace --timeout 100ms --timeout-action destroy "127.0.0.1:$(port_of peer)"
  ended client 5
  grep -qE 'client 1 +timeout  .*--timeout' client.err
  start server listen 127.0.0.1:0 --accept-timeout 50ms --trace
  ended server 5
  grep -qE 'listener +timeout  .*--accept-timeout' server.err
}

@test "idle, reset while connecting: there is nothing to reset, the attempt ends" {
  start_cmd hole "$SUPPORT/blackhole"
  held client connect "127.0.0.1:$(port_of hole)" --timeout 200ms --timeout-action reset
  ended client 5
  last_events client.trace 'timeout destroy connectionAttemptFailed close'
}
