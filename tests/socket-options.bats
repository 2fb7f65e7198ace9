#!/usr/bin/env bats
# shellcheck disable=SC2154 # run sets stderr, node24 sets node
# Socket options, read back from the kernel's side of the running program's sockets.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
  stop_all
}

# The options of the connected socket of a client, or the listening one of a server.
kernel_has() { # kernel_has NAME listening|connected WANT...   WANT is NAME=VALUE
  local name=$1 which=$2 want
  shift 2
  run "$SUPPORT/sockopt" "$(cat "$name.pid")" "$which"
  [ "$status" -ne 77 ] || skip "$output"
  assert_success
  for want in "$@"; do assert_line "$want"; done
}

client() { # client ARG...   connected to an echo server, and staying
  start server echo 127.0.0.1:0 --port-file server.port
  start client connect "127.0.0.1:$(port_of server)" --no-shutdown "$@" --trace=json --trace-file client.trace
  wait_for client.trace '"event":"ready"'
}

@test "--keep-alive=IDLE sets interval 1 s and count 10, as Node; the others are the system's" {
  client --keep-alive=7 --no-delay
  kernel_has client connected keepalive=1 keepidle=7 keepintvl=1 keepcnt=10 nodelay=1
  assert_equal "$(jq -c 'select(.event == "setKeepAlive") | [.idleMs, .intervalMs, .count]' client.trace)" '[7000,1000,10]'
  assert_equal "$(jq -c 'select(.event == "setNoDelay") | .noDelay' client.trace)" true
}

@test "--keep-alive alone leaves the three values" {
  client --keep-alive
  kernel_has client connected keepalive=1 "keepidle=$(cat /proc/sys/net/ipv4/tcp_keepalive_time)" nodelay=0
}

@test "interval, count, user timeout, tos, ttl, linger, congestion" {
  client --keep-alive=9s --keep-alive-interval 4s --keep-alive-count 6 --user-timeout 2500ms --tos 0x10 --ttl 33 \
    --linger 3 --congestion reno
  kernel_has client connected keepidle=9 keepintvl=4 keepcnt=6 user_timeout=2500 tos=16 ttl=33 linger=3 congestion=reno
}

@test "buffers: the kernel doubles the given value" {
  client --send-buffer 8k --recv-buffer 16k
  kernel_has client connected sndbuf=16384 rcvbuf=32768
}

@test "accepted sockets have the server's options" {
  start server echo 127.0.0.1:0 --port-file server.port --ttl 44 --no-delay --keep-alive=5
  start client connect "127.0.0.1:$(port_of server)" --no-shutdown --trace=json --trace-file client.trace
  wait_for client.trace '"event":"ready"'
  kernel_has server connected ttl=44 nodelay=1 keepidle=5
}

@test "a value that the kernel refuses is an error, never ignored" {
  run -1 "$TCPKIT" connect 127.0.0.1:1 --congestion nosuch </dev/null
  assert_output --partial 'TCP_CONGESTION): no such file or directory (ENOENT): this kernel has no such congestion control'
  run -1 "$TCPKIT" connect 127.0.0.1:1 --interface nosuch0 </dev/null
  assert_output --partial 'SO_BINDTODEVICE): no such device (ENODEV): no interface has this name'
  run -1 "$TCPKIT" echo 127.0.0.1:0 --congestion nosuch
}

@test "--linger 0: closing sends RST" {
  start_cmd server "$SUPPORT/peer" readeof
  run -0 timeout 10 "$TCPKIT" connect "127.0.0.1:$(port_of server)" --linger 0 --timeout 200ms --timeout-action destroy --no-shutdown </dev/null || true
  assert_equal "$(status_of server)" 1
  wait_for server.out 'ECONNRESET'
}

@test "--local-address and --local-port set our own end" {
  start server echo 127.0.0.1:0 --port-file server.port
  local ours
  ours=$("$SUPPORT/free_port")
  run -0 --separate-stderr timeout 10 "$TCPKIT" connect "127.0.0.1:$(port_of server)" -s 127.0.0.3 -p "$ours" --json --send x </dev/null
  assert_equal "$(jq -r 'select(.layer == "event" and .event == "connect") | "\(.localAddress):\(.localPort)"' <<<"$stderr")" "127.0.0.3:$ours"
}
