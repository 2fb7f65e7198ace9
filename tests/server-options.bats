#!/usr/bin/env bats
# Options of the servers, and inherited sockets.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

serve() { # serve NAME ARG...   a server with a JSON trace and a port file
  start "$1" "${@:2}" --trace=json --trace-file "$1.trace" --port-file "$1.port"
  port=$(port_of "$1")
}

address() { # address NAME   prints the address that it listens on
  jq -r 'select(.event == "listening") | "\(.address) \(.family)"' "$1.trace"
}

greet() { # greet ARG...   a client that says hello to an echo server
  run -0 timeout 10 "$TCPKIT" connect "$@" --send hello </dev/null
  assert_output hello
}

@test "the default address takes both families; -4, -6 and --ipv6-only one" {
  serve both echo 0
  assert_equal "$(address both)" ':: IPv6'
  greet 127.0.0.1 "$port"
  greet ::1 "$port"
  assert_equal "$(jq -r 'select(.event == "connection") | .remoteAddress' both.trace | paste -sd' ')" '::ffff:127.0.0.1 ::1'
  serve four echo -4 0
  assert_equal "$(address four)" '0.0.0.0 IPv4'
  for option in -6 --ipv6-only; do
    serve six echo 0 "$option"
    assert_equal "$(address six)" ':: IPv6'
    greet ::1 "$port"
    run -4 "$TCPKIT" connect "127.0.0.1:$port" </dev/null
    stop six
    status_of six
  done
}

@test "without IPv6 the default is 0.0.0.0" {
  start_cmd server "$SUPPORT/inherit" noipv6 9 "$TCPKIT" echo 0 --trace=json --trace-file server.trace --port-file server.port
  wait_for server.trace '"event":"listening"'
  assert_equal "$(address server)" '0.0.0.0 IPv4'
}

@test "a name means its first address, reported with -v" {
  start server echo localhost:0 -v --trace=json --trace-file server.trace
  wait_for server.trace '"event":"listening"'
  assert_equal "$(address server)" '::1 IPv6'
  run -0 cat server.err
  assert_line 'tcpkit echo: localhost is ::1'
  assert_line --regexp 'listening on \[::1\]:[0-9]+'
}

@test "a port that the system chose is reported" {
  start server echo 127.0.0.1:0
  wait_for server.err '^tcpkit echo: listening on 127\.0\.0\.1:[1-9][0-9]*$'
}

@test "--max-connections drops the rest, 0 all" {
  serve server echo 127.0.0.1:0 --max-connections 1
  start_cmd first "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:x hold
  wait_for server.trace '"event":"connection"'
  run -0 timeout 10 "$TCPKIT" connect "127.0.0.1:$port" --recv-only
  wait_for server.trace '"event":"drop"'
  run -0 jq -c 'select(.event == "drop") | [.role, .reason, .option, .conn, .localPort == '"$port"', .remoteFamily]' server.trace
  assert_output '["listener","maxConnections","--max-connections",null,true,"IPv4"]'
  serve none listen -k 127.0.0.1:0 --max-connections 0
  run -0 timeout 10 "$TCPKIT" connect "127.0.0.1:$port" --recv-only
  wait_for none.trace '"event":"drop"'
  refute [ "$(events none.trace 'select(.event == "connection")')" ]
}

@test "one client only, unless -k" {
  serve one listen 127.0.0.1:0
  start_cmd first "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:x hold
  wait_for one.trace '"event":"connection"'
  run -4 "$TCPKIT" connect "127.0.0.1:$port" </dev/null
}

@test "--reuse-port shares a port; without it the port is in use" {
  serve one echo 127.0.0.1:0 --reuse-port
  local shared=$port
  serve two echo "127.0.0.1:$shared" --reuse-port
  assert_equal "$port" "$shared"
  run -1 "$TCPKIT" echo "127.0.0.1:$shared"
  assert_output --regexp '^tcpkit echo: cannot listen on 127.0.0.1:[0-9]+: address in use \(EADDRINUSE\)'
}

@test "a wildcard and a specific address on one port do not go together" {
  serve any echo -4 0
  run -1 "$TCPKIT" echo "127.0.0.1:$port"
  assert_output --partial EADDRINUSE
}

@test "the port file contains the port or the path, or is an error" {
  serve server echo 127.0.0.1:0
  assert_equal "$(cat server.port)" "$(jq -r 'select(.event == "listening") | .port' server.trace)"
  start path echo ./s --port-file path.port
  wait_for path.port .
  assert_equal "$(cat path.port)" ./s
  run -1 "$TCPKIT" echo 127.0.0.1:0 --port-file nowhere/port
  assert_output --regexp '^tcpkit echo: cannot write nowhere/port: '
}

@test "a port file that is a FIFO, a device or a link stays one" {
  mkfifo pipe
  : >target
  ln -s target link
  exec {reader}<>pipe
  start fifo listen 127.0.0.1:0 --port-file pipe
  local answer
  read -r -t 10 answer <&"$reader"
  exec {reader}<&-
  assert_regex "$answer" '^[0-9]+$'
  [ -p pipe ]
  start linked listen 127.0.0.1:0 --port-file link
  wait_for target .
  [ -L link ]
  start null listen 127.0.0.1:0 --port-file /dev/null -v
  wait_for null.err listening
  [ -c /dev/null ]
  printf 'kept ' >out
  "$TCPKIT" listen 127.0.0.1:0 --port-file /dev/stdout --accept-timeout 50ms >>out 2>/dev/null || true
  assert_regex "$(cat out)" '^kept [0-9]+$'
  mkfifo unread
  run -1 "$TCPKIT" listen 127.0.0.1:0 --port-file unread
  assert_output 'tcpkit listen: cannot write unread: no such device or address'
}

@test "--fd: stdin, stdout and stderr are refused" {
  local fd
  for fd in 0 1 2; do
    run -2 "$TCPKIT" connect --fd "$fd"
    assert_output 'tcpkit connect: --fd: 0 to 2 are stdin, stdout and stderr; write 3 or more'
    run -2 "$TCPKIT" listen --fd "$fd"
  done
}

@test "--fd takes a listening socket, or a connected one" {
  start_cmd server "$SUPPORT/inherit" listen 7 "$TCPKIT" echo --fd 7 --trace=json --trace-file server.trace
  wait_for server.trace '"event":"listening"'
  local inherited
  inherited=$(jq -r 'select(.event == "listening") | .port' server.trace)
  greet "127.0.0.1:$inherited"
  run -0 timeout 10 "$SUPPORT/inherit" "connect:$inherited" 5 "$TCPKIT" connect --fd 5 --send again </dev/null
  assert_output again
}

@test "LISTEN_FDS with LISTEN_PID gives descriptor 3" {
  LISTEN_FDS=1 LISTEN_PID=self start_cmd server "$SUPPORT/inherit" listen 3 "$TCPKIT" echo --trace=json --trace-file server.trace
  wait_for server.trace '"event":"listening"'
  greet "127.0.0.1:$(jq -r 'select(.event == "listening") | .port' server.trace)"
  run -2 env LISTEN_FDS=1 LISTEN_PID=1 "$SUPPORT/inherit" listen 3 "$TCPKIT" echo
}

@test "descriptors of another kind are refused" {
  for kind in bound udp file closed; do
    run -2 "$SUPPORT/inherit" "$kind" 7 "$TCPKIT" echo --fd 7
    assert_output --partial '--fd: descriptor 7 is not'
  done
  run -2 "$SUPPORT/inherit" listen 7 "$TCPKIT" connect --fd 7
  run -2 "$SUPPORT/inherit" listen 7 "$TCPKIT" echo --fd 7 --backlog 3
}

@test "--pause-on-connect reads nothing" {
  serve server listen 127.0.0.1:0 --pause-on-connect --deadline 1s
  start_cmd client "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:x hold
  assert_equal "$(status_of server)" 5
  refute [ "$(events server.trace 'select(.event == "data")')" ]
  assert_equal "$(jq -c 'select(.event == "destroy") | .unread' server.trace)" true
  check_trace server.trace
}

@test "a UDP socket may have the same port" {
  serve server echo 127.0.0.1:0
  start_cmd udp socat -u "UDP4-RECV:$port,bind=127.0.0.1" -
  greet "127.0.0.1:$port"
}
