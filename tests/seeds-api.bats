#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2317 # helpers/order reads and calls what a test sets
# shellcheck disable=SC2154 # node24 sets node
# The examples of 004_2fa9bbccd4b1aaf0.txt, the reference of net: tcpkit and Node at either end, against
# Node alone.

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

@test "BlockList: the rules and the answers of the example" {
  local addresses=(123.123.123.123 10.0.0.3 222.111.111.222 ::ffff:7b7b:7b7b ::ffff:123.123.123.123)
  local rules=(--block 123.123.123.123 --block 10.0.0.1-10.0.0.10 --block 8592:757c:efae:4e45::/64)
  run -7 "$TCPKIT" blocklist check "${rules[@]}" "${addresses[@]}"
  local answers
  answers=$(cut -f2 <<<"$output" | paste -sd' ')
  assert_equal "$answers" 'blocked blocked allowed blocked blocked'
  run -0 "$TCPKIT" blocklist rules "${rules[@]}"
  assert_output 'Subnet: IPv6 8592:757c:efae:4e45::/64
Range: IPv4 10.0.0.1-10.0.0.10
Address: IPv4 123.123.123.123'
  local texts=$output
  node24
  run -0 "$node" -e '
    const net = require("node:net"), list = new net.BlockList();
    list.addAddress("123.123.123.123");
    list.addRange("10.0.0.1", "10.0.0.10");
    list.addSubnet("8592:757c:efae:4e45::", 64, "ipv6");
    const answers = process.argv.slice(1).map((address) => list.check(address, address.includes(":") ? "ipv6" : "ipv4"));
    console.log(answers.map((blocked) => (blocked ? "blocked" : "allowed")).join(" "));
    console.log(list.rules.join("\n"));' "${addresses[@]}"
  # Later versions of Node 24 group the rules by kind; the documents' order is the newest first.
  assert_line -n 0 "$answers"
  assert_equal "$(tail -n +2 <<<"$output" | sort)" "$(sort <<<"$texts")"
}

@test "isIP, isIPv4 and isIPv6 of the examples" {
  local inputs=(::1 127.0.0.1 127.000.000.001 127.0.0.1/24 fhqwhgads)
  run -1 "$TCPKIT" address "${inputs[@]}"
  local answers
  answers=$(cut -f2 <<<"$output" | paste -sd' ')
  assert_equal "$answers" 'IPv6 IPv4 none none none'
  node24
  run -0 "$node" -p '
    const net = require("node:net");
    process.argv.slice(1).map((input) => (net.isIPv4(input) ? "IPv4" : net.isIPv6(input) ? "IPv6" : "none")).join(" ")' \
    "${inputs[@]}"
  assert_output "$answers"
}

@test "a server on a port of the system's choice says goodbye; address() has the port" {
  node_server=('{"port":0,"clients":1}' $'connection:end=goodbye\n')
  kit_server=(listen 0 --send 'goodbye\n')
  kit_client+=(--recv-only)
  compare
  run -0 cat "$BATS_TEST_TMPDIR/client-of-kit-kit.out"
  assert_output goodbye
  run -0 jq -c 'select(.event == "listening") | [.address, .family, .port > 0]' "$(trace_of server-by-kit-kit)"
  assert_output '["::","IPv6",true]'
}

@test "EADDRINUSE: trying again until the port is free" {
  local port
  start holder echo 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/holder.port"
  port=$(port_of holder)
  # The program does not retry servers itself: a loop of the shell does what the example does.
  start_cmd again sh -c 'until "$0" listen "127.0.0.1:$1" -v; do sleep 0.05; done' "$TCPKIT" "$port"
  wait_for again.err EADDRINUSE
  if find_node; then
    start_cmd other-holder "$node" -e '
      const net = require("node:net"), server = net.createServer(), [port] = process.argv.slice(1);
      server.on("error", (e) => {
        console.log(e.code);
        if (e.code === "EADDRINUSE") setTimeout(() => { server.close(); server.listen(port, "127.0.0.2"); }, 50);
      });
      server.on("listening", () => { console.log("listening"); server.close(); });
      server.listen(port, "127.0.0.1");' "$port"
    wait_for other-holder.out '^EADDRINUSE$'
    wait_for other-holder.out '^listening$'
  fi
  stop holder
  wait_for again.err 'listening on 127\.0\.0\.1:'
  run -0 "$TCPKIT" connect "127.0.0.1:$port"
  assert_equal "$(status_of again)" 0
}

@test "a listener that is told to stop: close, as by Node's signal option" {
  node24
  start server listen 127.0.0.1:0 --json
  wait_for server.err '"event":"listening"'
  stop server
  assert_equal "$(status_of server)" 143
  check_trace server.err
  run -0 events server.err 'select(.layer == "event" and .role == "listener")'
  local ours=$output
  run -0 "$node" -e '
    const controller = new AbortController(), server = require("node:net").createServer();
    for (const name of ["listening", "error", "close"]) server.on(name, () => console.log(name));
    server.listen({ host: "127.0.0.1", port: 0, signal: controller.signal });
    server.once("listening", () => controller.abort());'
  assert_output "$ours"
  assert_output $'listening\nclose'
}

@test "onread: never more than 4 KiB at a time" {
  local s
  programs
  node_server=('{"host":"127.0.0.1","port":0,"clients":1}' "connection:end=$(printf '%010000d' 0)")
  kit_server=(listen 127.0.0.1:0 --do 'send 10000')
  for s in "${which[@]}"; do
    start_server "server-of-kit-$s" "$s"
    run -0 "$TCPKIT" connect "127.0.0.1:$(port_of "server-of-kit-$s")" --recv-only --read-buffer 4k --json --trace-file "$BATS_TEST_TMPDIR/client.trace"
    run -0 jq -n '[inputs | select(.event == "data") | .bytes] | add == 10000 and max <= 4096' "$BATS_TEST_TMPDIR/client.trace"
    assert_output true
    assert_equal "$(status_of "server-of-kit-$s")" 0
    [ "${which[0]}" = node ] || continue
    start_server "server-of-node-$s" "$s"
    run -0 "$node" -e '
      let sum = 0, most = 0;
      require("node:net").connect({
        host: "127.0.0.1", port: process.argv[1],
        onread: { buffer: Buffer.alloc(4096), callback: (n) => { sum += n; most = Math.max(most, n); } },
      }).on("close", () => console.log(sum, most <= 4096));' "$(port_of "server-of-node-$s")"
    assert_output '10000 true'
    assert_equal "$(status_of "server-of-node-$s")" 0
  done
}

@test "setTimeout: timeout, then end(), then the peer's end" {
  node_client=('{"host":"127.0.0.1","port":PORT,"timeout":300}' timeout:end)
  kit_client+=(--no-shutdown --timeout 300ms --timeout-action end)
  compare
  run -0 names client-of-kit-kit
  assert_output --partial 'client timeout
client finish
client end
client close'
  run -0 names server-by-kit-kit
  assert_output --partial 'server end
server finish'
}

# The echo server of the reference greets each client; its client ends at the first answer. How much
# data has arrived by then is random, so `data` is not compared.
echoed() { # echoed NODE_ADDRESS KIT_ADDRESS NODE_TARGET KIT_TARGET
  local s c port
  programs
  for s in "${which[@]}"; do
    for c in "${which[@]}"; do
      node_server=("{$1}" $'connection:write=hello\r\n' connection:echo)
      kit_server=(echo "${2//KIT/$s-$c}" --do 'send "hello\r\n"')
      node_server[0]=${node_server[0]//KIT/$s-$c}
      node_client=("{${3//KIT/$s-$c}}" $'ready:write=world!\r\n' data:end)
      kit_client=(connect "${4//KIT/$s-$c}" --do 'send "world!\r\n"' --do 'expect data' --do end)
      start_server "server-of-$c-$s" "$s"
      if [ -n "${unix-}" ]; then
        wait_for "$(trace_of "server-of-$c-$s")" '"event":"listening"'
        port=-2
      else
        port=$(port_of "server-of-$c-$s")
      fi
      start_client "client-of-$s-$c" "$c" "$port"
      assert_equal "$(status_of "client-of-$s-$c")" 0
      wait_for "$(trace_of "server-of-$c-$s")" '"conn":1,"event":"close"'
      normal "server-of-$c-$s" "$port" open | jq -cS 'select(.event == "data" | not) | select(.path == null)' \
        >"$BATS_TEST_TMPDIR/server-of-$c-$s.events"
      normal "client-of-$s-$c" "$port" | jq -cS 'select(.event == "data" | not) | del(.ip)' \
        >"$BATS_TEST_TMPDIR/client-of-$s-$c.events"
      same "server-of-$c-$s" "server-of-${which[0]}-${which[0]}"
      same "client-of-$s-$c" "client-of-${which[0]}-${which[0]}"
    done
  done
  run -0 jq -r 'select(.event == "end") | .bytesRead' "$BATS_TEST_TMPDIR/client-of-kit-kit.events"
  assert_output 15
  run -0 cat "$BATS_TEST_TMPDIR/client-of-kit-kit.out"
  assert_output $'hello\r\nworld!\r'
  run -0 names client-of-kit-kit
  assert_output 'client connectionAttempt
client connect
client ready
client finish
client end
client close'
  run -0 jq -r 'select(.role == "server") | .event' "$BATS_TEST_TMPDIR/server-of-kit-kit.events"
  assert_output $'end\nfinish\nclose'
}

@test "the echo server and its client" {
  echoed '"host":"127.0.0.1","port":0' 127.0.0.1:0 '"host":"127.0.0.1","port":PORT' 127.0.0.1:PORT
}

@test "the echo server and its client over a Unix socket, and nc -U" {
  local path=$BATS_TEST_TMPDIR/echo-KIT.sock unix=yes
  echoed "\"path\":\"$path\"" "unix:$path" "\"path\":\"$path\"" "unix:$path"
  command -v nc >/dev/null || skip "needs nc"
  run -0 nc -N -U "${path/KIT/kit-kit}" <<<again
  assert_output $'hello\r\nagain'
}
