#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2317 # helpers/order reads and calls what a test sets
# shellcheck disable=SC2154 # node24 sets node
# The experiments of 000_90d1d3ccb7d5d906.txt and 002_8832d1f40aacedd2.txt: HTTP by hand, keep-alive of
# a server, block list, maxConnections. tcpkit and Node at either end, against Node alone.

load helpers/tcpkit
load helpers/order
load helpers/network

inside=()

setup() {
  node_server=('{"host":"127.0.0.1","port":0,"clients":1}')
  node_client=('{"host":"127.0.0.1","port":PORT}')
  kit_server=(listen 127.0.0.1:0)
  kit_client=(connect 127.0.0.1:PORT)
}

teardown() {
  stop_all
}

# Files with the same events; they are read in the order in which they must exist.
all_same() { # all_same EXPECTED FILE...
  local file
  for file in "${@:2}"; do same "$file" "$1"; done
}

programs() { # programs   sets which: node and kit, or kit alone
  which=(kit)
  ! find_node || which=(node kit)
}

@test "an HTTP client by hand: the chunks of Node's server, which closes when nothing more is asked" {
  node24
  peer() {
    start_cmd "peer-$1" "$node" -e '
      const server = require("http").createServer((request, response) => {
        response.writeHead(200, {"Content-Type": "text/html"});
        response.write("<!doctype html>".padEnd(513, "."));
        response.end();
      });
      server.keepAliveTimeout = 200;
      server.listen(0, "127.0.0.1", () => console.log(server.address().port));'
    port=$(port_of "peer-$1")
  }
  node_client+=($'ready:write=GET / HTTP/1.1\r\nHost: example.com\r\n\r\n')
  kit_client+=(--no-shutdown --send 'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n')
  compare_clients
  run -0 names client-kit
  assert_output 'client connectionAttempt
client connect
client ready
client data
client end
client finish
client close'
  run -0 tr -d '\r' <"$BATS_TEST_TMPDIR/client-kit.out"
  assert_line 'HTTP/1.1 200 OK'
  assert_line 'Transfer-Encoding: chunked'
  assert_line 201 # the chunk's length in hex, as in the document
  assert_line 0
}

http_server() { # http_server REQUESTS   answers each in both programs, and ends when the client does
  local n answer='HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
  node_server=('{"host":"127.0.0.1","port":0,"clients":1,"allowHalfOpen":true}' "data:write=$(printf %b "$answer")" end:end)
  kit_server=(listen 127.0.0.1:0 --allow-half-open)
  for ((n = 0; n < $1; ++n)); do
    kit_server+=(--do 'expect data "\r\n\r\n"' --do "send \"$answer\"")
  done
  kit_server+=(--do 'expect end')
}

served_events() {
  run -0 names server-kit
  assert_output 'listener listening
listener connection
server data
server end
server finish
listener close
server close'
}

@test "an HTTP server by hand: curl asks it twice on one connection" {
  command -v curl >/dev/null || skip "needs curl"
  http_server 2
  peer() {
    start_cmd "peer-$1" curl -sv --max-time 20 "http://127.0.0.1:$port/a" "http://127.0.0.1:$port/b"
    assert_equal "$(status_of "peer-$1" 20)" 0
    run -0 cat "$BATS_TEST_TMPDIR/peer-$1.out"
    assert_output okok
    wait_for "peer-$1.err" 'Connection #0 to host 127.0.0.1 left intact'
  }
  compare_servers
  served_events
}

@test "an HTTP server by hand: fetch() asks it" {
  node24
  http_server 1
  peer() {
    start_cmd "peer-$1" "$node" -e \
      'fetch(process.argv[1]).then((r) => r.text()).then((text) => { console.log(text); process.exit(); })' \
      "http://127.0.0.1:$port/"
    assert_equal "$(status_of "peer-$1" 20)" 0
    run -0 cat "$BATS_TEST_TMPDIR/peer-$1.out"
    assert_output ok
  }
  compare_servers
  served_events
}

@test "keep-alive of a server: an idle client is probed each idle time, and no event tells" {
  local end port probes
  own_network tcpdump
  enter_network
  node_server=('{"host":"127.0.0.1","port":0,"clients":1,"keepAlive":true,"keepAliveInitialDelay":1000,"timeout":3000}' timeout:end)
  kit_server+=(--keep-alive=1 --timeout 3s)
  kit_client+=(--recv-only)
  compare
  run -0 names server-by-kit-kit
  assert_output 'listener listening
listener connection
server timeout
server finish
server end
listener close
server close'
  captured
  for end in "$BATS_TEST_TMPDIR"/server-by-*.{out,trace}; do
    port=$(jq -r 'objects | select(.event == "listening") | .port' "$end")
    [ -n "$port" ] || continue
    # Bare ACKs of the server: a probe each, and one for the client's FIN.
    probes=$(($(flags_from "$port" | grep -cx '\.') - 1))
    ((probes >= 2)) || {
      echo "${end##*/}: $probes probes" >&2
      return 1
    }
  done
}

# A client that was closed at once and stays half-open: its events until `end`.
stays_half_open() { # stays_half_open NAME PORT
  wait_for "$(trace_of "$1")" '"conn":1,"event":"end"'
  normal "$1" "$2" open >"$BATS_TEST_TMPDIR/$1.events"
  # Nothing keeps Node alive after that: it ends without `finish` and `close`.
  [[ $1 == *node ]] || [ ! -e "$BATS_TEST_TMPDIR/$1.status" ]
  assert_equal "$(jq -r .event "$BATS_TEST_TMPDIR/$1.events" | grep -v lookup | paste -sd' ')" \
    'connectionAttempt connect ready end'
  assert_equal "$(jq -r 'select(.event == "end") | .readyState' "$BATS_TEST_TMPDIR/$1.events")" writeOnly
}

half_open_clients() {
  node_client=('{"host":"localhost","port":PORT,"family":4,"allowHalfOpen":true,"answers":["127.0.0.1"]}')
  kit_client=(connect -4 localhost:PORT --allow-half-open)
  client_stdin=fifo
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 9<>"$BATS_TEST_TMPDIR/fifo" # has nothing and does not end
}

@test "a blocked client: connected, then the FIN; half-open it stays; no connection at the server" {
  local s c which
  programs
  half_open_clients
  node_server=('{"port":0,"block":["127.0.0.1"]}')
  kit_server=(blocklist serve 0 --block 127.0.0.1)
  for s in "${which[@]}"; do
    start_server "server-$s" "$s"
    port=$(port_of "server-$s")
    for c in "${which[@]}"; do
      start_client "client-of-$s-$c" "$c" "$port"
      stays_half_open "client-of-$s-$c" "$port"
    done
    normal "server-$s" "$port" open | jq -cS 'select(.event != "blocked")' >"$BATS_TEST_TMPDIR/server-$s.events"
    assert_equal "$(names "server-$s")" 'listener listening'
  done
  wait_for server-kit.trace '"event":"blocked"'
  assert_equal "$(jq -r 'select(.event == "blocked") | .rule' "$(trace_of server-kit)" | sort -u)" 'Address: IPv4 127.0.0.1'
  [ "${which[0]}" = node ] || return 0
  same server-kit server-node
  all_same client-of-node-node client-of-{node-kit,kit-node,kit-kit}
}

@test "a client beyond maxConnections: connected, then the FIN; half-open it stays; drop at the server" {
  local s c which
  programs
  half_open_clients
  node_server=('{"port":0,"maxConnections":1}')
  kit_server=(listen -k 0 --max-connections 1)
  for s in "${which[@]}"; do
    for c in "${which[@]}"; do
      start_server "server-of-$c-$s" "$s"
      port=$(port_of "server-of-$c-$s")
      start_client "first-of-$s-$c" "$c" "$port"
      wait_for "$(trace_of "server-of-$c-$s")" '"event":"connection"'
      wait_for "$(trace_of "first-of-$s-$c")" '"event":"ready"'
      start_client "second-of-$s-$c" "$c" "$port"
      stays_half_open "second-of-$s-$c" "$port"
      wait_for "$(trace_of "server-of-$c-$s")" '"event":"drop"'
      normal "first-of-$s-$c" "$port" open >"$BATS_TEST_TMPDIR/first-of-$s-$c.events"
      normal "server-of-$c-$s" "$port" open >"$BATS_TEST_TMPDIR/server-of-$c-$s.events"
      assert_equal "$(names "first-of-$s-$c" | tail -n 2)" $'client connect\nclient ready'
      assert_equal "$(names "server-of-$c-$s")" $'listener listening\nlistener connection\nlistener drop'
    done
  done
  run -0 jq -c 'select(.event == "drop") | [.localAddress, .localFamily, .remoteAddress, .remoteFamily]' \
    "$(trace_of server-of-kit-kit)"
  assert_output '["::ffff:127.0.0.1","IPv6","::ffff:127.0.0.1","IPv6"]'
  [ "${which[0]}" = node ] || return 0
  all_same server-of-node-node server-of-{kit-node,node-kit,kit-kit}
  all_same second-of-node-node second-of-{node-kit,kit-node,kit-kit}
}
