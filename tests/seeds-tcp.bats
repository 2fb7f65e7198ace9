#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2317 # helpers/order reads and calls what a test sets
# shellcheck disable=SC2154 # node24 sets node
# The experiments of 003_1601a8d0521b4969.txt: destroy, addresses that are listened on, SO_REUSEADDR
# and SO_REUSEPORT, keep-alive, half-open. Where that document saw macOS, Linux is what holds here;
# 127.0.0.2 stands for its second address of the machine.

load helpers/tcpkit
load helpers/order

setup() {
  node_server=('{"host":"127.0.0.1","port":0,"clients":1}')
  node_client=('{"host":"127.0.0.1","port":PORT}')
  kit_server=(listen 127.0.0.1:0)
  kit_client=(connect 127.0.0.1:PORT)
  which=(kit)
}

teardown() {
  stop_all
}

programs() { # programs   sets which: node and kit, or kit alone
  ! find_node || which=(node kit)
}

@test "a server that destroys each client at once" {
  node_server+=(connection:destroy)
  kit_server=(reset --listen 127.0.0.1:0 --method destroy)
  kit_client+=(--recv-only)
  compare
  run -0 names server-by-kit-kit
  assert_output 'listener listening
listener connection
listener close
server close'
  run -0 names client-of-kit-kit
  assert_output --partial 'client ready
client end
client finish
client close'
}

@test "listening on no address in particular: every address of the machine reaches it" {
  local host
  node_server=('{"port":0,"clients":1}')
  kit_server=(listen 0)
  for host in 127.0.0.1 127.0.0.2 ::1; do
    node_client=("{\"host\":\"$host\",\"port\":PORT}" ready:destroy)
    kit_client=(reset "$host" PORT --method destroy)
    compare
    run -0 names client-of-kit-kit
    assert_output 'client connectionAttempt
client connect
client ready
client close'
  done
  # And without a host, which is localhost.
  node_client=('{"port":PORT,"answers":["::1","127.0.0.1"]}' ready:destroy)
  kit_client=(reset PORT --method destroy)
  compare
}

@test "listening on one address: another one of the machine is refused" {
  local s at
  programs
  node_client=('{"host":"127.0.0.2","port":PORT}')
  kit_client=(connect 127.0.0.2:PORT)
  for s in "${which[@]}"; do
    start_server "server-$s" "$s"
    at=$(port_of "server-$s")
    peer() { port=$at; }
    compare_clients
    run -0 names client-kit
    assert_output 'client connectionAttempt
client connectionAttemptFailed
client error
client close'
    run -0 jq -r 'select(.event == "error") | .error.message' "$(trace_of client-kit)"
    assert_output "connect ECONNREFUSED 127.0.0.2:$at"
  done
}

# One server of each program listens as given; then one of each fails on the same port, with the same
# event as Node beside Node.
in_use() { # in_use FIRST_HOST SECOND_HOST   "" is none
  local first second port
  programs
  for first in "${which[@]}"; do
    node_server=("{\"port\":0${1:+,\"host\":\"$1\"}}")
    kit_server=(echo "${1:+$1:}0")
    start_server "first-$first" "$first"
    port=$(port_of "first-$first")
    node_server=("{\"port\":$port${2:+,\"host\":\"$2\"}}")
    kit_server=(echo "${2:+$2:}$port")
    for second in "${which[@]}"; do
      start_server "on-$first-$second" "$second"
      status_of "on-$first-$second" >/dev/null
      normal "on-$first-$second" "$port" >"$BATS_TEST_TMPDIR/on-$first-$second.events"
      run -0 names "on-$first-$second"
      assert_output 'listener error'
      same "on-$first-$second" "on-${which[0]}-${which[0]}"
    done
  done
  run -0 jq -r '.error | "\(.code) \(.message)"' "$BATS_TEST_TMPDIR/on-kit-kit.events"
  assert_output "EADDRINUSE listen EADDRINUSE: address already in use ${2:-::}:PORT"
}

@test "two servers on all addresses and one port: EADDRINUSE" {
  in_use '' ''
}

@test "all addresses and one of them, on one port: EADDRINUSE on Linux, although SO_REUSEADDR is set" {
  in_use '' 127.0.0.1
}

@test "one address and all of them, on one port: EADDRINUSE" {
  in_use 127.0.0.1 ''
}

@test "the same in C: without SO_REUSEADDR, and with it" {
  local option
  for option in --no-reuse-addr ''; do
    start any echo -4 0 ${option:+"$option"} --port-file "$BATS_TEST_TMPDIR/any.port"
    run -1 "$TCPKIT" echo "127.0.0.1:$(port_of any)" ${option:+"$option"}
    assert_output --partial EADDRINUSE
    stop any
    status_of any
  done
}

@test "a port with a connection in TIME_WAIT: SO_REUSEADDR takes it at once, without it EADDRINUSE" {
  local port
  programs
  start server listen 127.0.0.1:0 --send bye --port-file "$BATS_TEST_TMPDIR/server.port"
  port=$(port_of server)
  run -0 "$TCPKIT" connect "127.0.0.1:$port" --recv-only # the server ends first
  assert_output bye
  assert_equal "$(status_of server)" 0
  run -1 "$TCPKIT" echo "127.0.0.1:$port" --no-reuse-addr
  assert_output --partial EADDRINUSE
  node_server=("{\"host\":\"127.0.0.1\",\"port\":$port}")
  kit_server=(echo "127.0.0.1:$port")
  for server in "${which[@]}"; do
    start_server "again-$server" "$server"
    assert_equal "$(port_of "again-$server")" "$port"
    stop "again-$server"
    status_of "again-$server"
  done
}

@test "two servers on one port, an address each: each gets the clients of its own" {
  local first second port host
  programs
  for first in "${which[@]}"; do
    for second in "${which[@]}"; do
      node_server=('{"host":"127.0.0.2","port":0,"clients":1}')
      kit_server=(listen 127.0.0.2:0)
      start_server "two-$second-$first" "$first"
      port=$(port_of "two-$second-$first")
      node_server=("{\"host\":\"127.0.0.1\",\"port\":$port,\"clients\":1}")
      kit_server=(listen "127.0.0.1:$port")
      start_server "one-$first-$second" "$second"
      assert_equal "$(port_of "one-$first-$second")" "$port"
      for host in 127.0.0.1 127.0.0.2; do
        run -0 "$TCPKIT" connect "$host:$port" --local-address "$host" </dev/null
      done
      for name in "two-$second-$first" "one-$first-$second"; do
        assert_equal "$(status_of "$name")" 0
        host=127.0.0.1
        [[ $name != two-* ]] || host=127.0.0.2
        run -0 jq -r 'objects | select(.event == "connection") | .remoteAddress' "$(trace_of "$name")"
        assert_output "$host"
      done
    done
  done
}

@test "SO_REUSEPORT: two programs share an address and a port, and its clients" {
  local i port
  start kit listen -k 127.0.0.1:0 --reuse-port --send-only --send kit --port-file "$BATS_TEST_TMPDIR/kit.port"
  port=$(port_of kit)
  if find_node; then
    node_server=("{\"host\":\"127.0.0.1\",\"port\":$port,\"reusePort\":true}" connection:end=other)
    start_server other-node node
  else
    start other-node listen -k "127.0.0.1:$port" --reuse-port --send-only --send other --port-file "$BATS_TEST_TMPDIR/other-node.port"
  fi
  assert_equal "$(port_of other-node)" "$port"
  for ((i = 0; i < 40; ++i)); do # by chance they all go to one of them once in 2^39
    timeout 10 "$TCPKIT" connect "127.0.0.1:$port" --recv-only
    echo
  done >"$BATS_TEST_TMPDIR/answers"
  assert_equal "$(sort -u "$BATS_TEST_TMPDIR/answers" | paste -sd' ')" 'kit other'
}

@test "a TCP server and a UDP socket of Node on one port" {
  node24
  start server echo 0 --port-file "$BATS_TEST_TMPDIR/server.port"
  local port
  port=$(port_of server)
  start_cmd udp "$node" -e '
    const socket = require("dgram").createSocket("udp4");
    socket.on("message", (text) => { console.log(String(text)); socket.close(); });
    socket.bind(Number(process.argv[1]), () => {
      console.log(socket.address().port);
      const sender = require("dgram").createSocket("udp4");
      sender.send("datagram", socket.address().port, "127.0.0.1", () => sender.close());
    });' "$port"
  assert_equal "$(status_of udp)" 0
  run -0 cat "$BATS_TEST_TMPDIR/udp.out"
  assert_output "$port"$'\n'datagram
  run -0 "$TCPKIT" connect "127.0.0.1:$port" --send stream
  assert_output stream
}

@test "setKeepAlive(true, 10 s) on each accepted socket: the kernel has what Node's has" {
  local s
  programs
  node_server=('{"host":"127.0.0.1","port":0,"keepAlive":true,"keepAliveInitialDelay":10000}')
  kit_server=(echo 127.0.0.1:0 --do 'set keep-alive=10')
  start_cmd peer "$SUPPORT/peer" hold
  for s in "${which[@]}"; do
    start_server "server-$s" "$s"
    start "client-$s" connect "127.0.0.1:$(port_of "server-$s")" --recv-only
    wait_for "$(trace_of "server-$s")" '"event":"(setKeepAlive|connection)".*(idleMs|conn)"'
    [ "$s" = node ] || wait_for server-kit.trace '"event":"setKeepAlive"'
    run "$SUPPORT/sockopt" "$(pid_of "server-$s")" connected
    [ "$status" -ne 77 ] || skip "$output"
    assert_success
    assert_equal "$(grep '^keep' <<<"$output" | paste -sd' ')" 'keepalive=1 keepidle=10 keepintvl=1 keepcnt=10'
  done
}

@test "half-open: the answer comes after the client's FIN, and then the server's" {
  node_server=('{"host":"127.0.0.1","port":0,"clients":1,"allowHalfOpen":true}' end:endLater=end)
  node_client+=('ready:end=no data yet')
  kit_server=(half-close --listen 127.0.0.1:0 --delay 1ms --send end)
  kit_client+=(--send 'no data yet')
  compare
  run -0 cat "$BATS_TEST_TMPDIR/client-of-kit-kit.out"
  assert_output end
  run -0 names client-of-kit-kit
  assert_output 'client connectionAttempt
client connect
client ready
client finish
client data
client end
client close'
}

@test "not half-open: the client's FIN ends the server, and a later end() is nothing" {
  node_server+=(close:end=end)
  node_client+=('ready:end=no data yet')
  kit_server+=(--do 'expect close' --do 'send "end"' --do end)
  kit_client+=(--send 'no data yet')
  compare
  run -0 names server-by-kit-kit
  assert_output 'listener listening
listener connection
server data
server end
server finish
listener close
server close'
  run -0 cat "$BATS_TEST_TMPDIR/client-of-kit-kit.out"
  assert_output ''
}
