#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2034,SC2317 # helpers/order reads and calls what a test sets
# The experiments of 001_0fd00fa35b895d42.txt, the life of a socket (most of them also stand in
# 000_90d1d3ccb7d5d906.txt): tcpkit and Node at either end, against Node alone.

load helpers/tcpkit
load helpers/order
load helpers/network

inside=()

setup() {
  node_server=('{"host":"::1","port":0,"clients":1}')
  node_client=('{"host":"localhost","port":PORT,"answers":["::1","127.0.0.1"]}')
  kit_server=(listen localhost:0)
  kit_client=(connect localhost:PORT)
}

teardown() {
  stop_all
}

states() { # states FILE EVENT   the readyState at that event
  jq -r --arg event "$2" 'select(.event == $event) | .readyState' "$BATS_TEST_TMPDIR/$1.events"
}

@test "lookup comes once for each answer, and never for an address" {
  peer() {
    start_cmd "peer-$1" "$SUPPORT/peer" readeof
    port=$(port_of "peer-$1")
  }
  node_client=('{"host":"example.test","port":PORT,"answers":["127.0.0.1","127.0.0.2"]}' ready:end)
  kit_client=(connect example.test:PORT --resolve 'example.test:127.0.0.1,127.0.0.2')
  compare_clients
  run -0 jq -c 'select(.event == "lookup") | [.error, .address, .family, .host]' "$(trace_of client-kit)"
  assert_output '[null,"127.0.0.1","IPv4","example.test"]
[null,"127.0.0.2","IPv4","example.test"]'
  node_client=('{"host":"127.0.0.1","port":PORT}' ready:end)
  kit_client=(connect 127.0.0.1:PORT)
  compare_clients
  run -0 names client-kit
  assert_output 'client connectionAttempt
client connect
client ready
client finish
client end
client close'
}

@test "localhost: the first address connects; an accepted socket has no lookup and no connect" {
  node_client+=(ready:end)
  compare
  run -0 names client-of-kit-kit
  assert_output 'client lookup
client lookup
client connectionAttempt
client connect
client ready
client finish
client end
client close'
  run -0 jq -r 'select(.event == "connectionAttempt") | .ip' "$(trace_of client-of-kit-kit)"
  assert_output ::1
  run -0 names server-by-kit-kit
  assert_output 'listener listening
listener connection
server end
server finish
listener close
server close'
}

@test "nobody listens at the port: both addresses are tried, then one AggregateError" {
  node_client=('{"host":"localhost","port":1,"answers":["::1","127.0.0.1"]}')
  kit_client=(connect localhost:1)
  compare_clients
  assert_equal "$(status_of client-kit)" 4
  run -0 jq -c 'select(.layer == "event") | [.event, .ip, .error.name, .error.code]' "$(trace_of client-kit)"
  assert_output --partial '["connectionAttempt","::1",null,null]
["connectionAttemptFailed","::1","Error","ECONNREFUSED"]
["connectionAttempt","127.0.0.1",null,null]
["connectionAttemptFailed","127.0.0.1","Error","ECONNREFUSED"]
["error",null,"AggregateError","ECONNREFUSED"]'
}

@test "no answer: the first address times out after 10 ms, the last when the kernel gives up" {
  own_network
  # No host has these addresses on lo; the kernel sends a SYN again once, not six times.
  "${inside[@]}" sh -c 'ip route add 192.0.2.0/24 dev lo && echo 1 >/proc/sys/net/ipv4/tcp_syn_retries'
  enter_network
  node_client=('{"host":"example.test","port":81,"autoSelectFamilyAttemptTimeout":10,"answers":["192.0.2.1","192.0.2.2"]}')
  kit_client=(connect example.test:81 --attempt-timeout 10ms --resolve 'example.test:192.0.2.1,192.0.2.2')
  compare_clients
  assert_equal "$(status_of client-kit)" 5
  run -0 jq -c 'select(.layer == "event") | [.event, .ip, .error.name, .error.code]' "$(trace_of client-kit)"
  assert_output --partial '["connectionAttempt","192.0.2.1",null,null]
["connectionAttemptTimeout","192.0.2.1",null,null]
["connectionAttempt","192.0.2.2",null,null]
["connectionAttemptFailed","192.0.2.2","Error","ETIMEDOUT"]
["error",null,"AggregateError","ETIMEDOUT"]'
}

@test "bytesWritten and bytesRead of two writes, the second from a timer" {
  node_server+=(connection:write=123 connection:endLater=456)
  kit_server+=(--do 'send "123"' --do 'sleep 1ms' --do 'send "456"')
  kit_client+=(--recv-only)
  compare
  run -0 jq -c 'select(.event == "write") | .bytes' "$(trace_of server-by-kit-kit)"
  assert_output '3
3'
  run -0 jq -c 'select(.event == "finish" or .event == "end") | .bytesWritten // .bytesRead' \
    "$(trace_of server-by-kit-kit)"
  assert_line 6
  run -0 jq -c 'select(.layer == "event" and .event == "data") | .bytesRead' "$(trace_of client-of-kit-kit)"
  assert_line 6
}

@test "the client ends first: whose readable and whose writable side has ended at each step" {
  node_server=('{"host":"::1","port":0,"clients":1,"allowHalfOpen":true}' end:end)
  node_client=('{"host":"localhost","port":PORT,"answers":["::1","127.0.0.1"],"allowHalfOpen":true}' ready:end)
  kit_server=(half-close --listen localhost:0)
  kit_client=(half-close localhost:PORT)
  compare
  assert_equal "$(states client-of-kit-kit finish)" readOnly # step 1: our writable side has ended
  assert_equal "$(states server-by-kit-kit end)" writeOnly   # step 2: our readable side has ended
  assert_equal "$(states server-by-kit-kit finish)" closed   # step 3
  assert_equal "$(states client-of-kit-kit end)" closed      # step 4
}

@test "the server ends first: whose readable and whose writable side has ended at each step" {
  node_server+=(connection:end)
  node_client=('{"host":"localhost","port":PORT,"answers":["::1","127.0.0.1"],"allowHalfOpen":true}' end:end)
  kit_server=(half-close --listen localhost:0 --first server)
  kit_client=(half-close localhost:PORT --first server)
  compare
  assert_equal "$(states server-by-kit-kit finish)" readOnly
  assert_equal "$(states client-of-kit-kit end)" writeOnly
  assert_equal "$(states client-of-kit-kit finish)" closed
  assert_equal "$(states server-by-kit-kit end)" closed
}

# The events after `data` at the end that calls METHOD, and those at the other end.
expect_method() { # expect_method METHOD CALLER OTHER
  local own other
  own=$(names "$2" | sed -n '/ data$/,$p' | grep -v '^listener' | cut -d' ' -f2 | paste -sd' ')
  other=$(names "$3" | grep -E ' (data|end|finish|error|close)$' | grep -v '^listener' | cut -d' ' -f2 | paste -sd' ')
  case $1 in
    end) assert_equal "$own; $other" 'data finish end close; end finish close' ;;
    destroySoon) assert_equal "$own; $other" 'data finish close; end finish close' ;;
    destroy) assert_equal "$own; $other" 'data close; end finish close' ;;
    reset) assert_equal "$own; $other" 'data close; error close' ;;
  esac
}

@test "end, destroySoon, destroy and resetAndDestroy of a client" {
  node_server+=(connection:write=hello)
  kit_server+=(--send hello --no-shutdown)
  local method
  for method in end destroySoon destroy reset; do
    node_client[1]=data:${method/reset/resetAndDestroy}
    kit_client=(reset localhost:PORT --method "$method" --after data)
    compare
    expect_method "$method" client-of-kit-kit server-by-kit-kit
  done
}

@test "end, destroySoon, destroy and resetAndDestroy of a server" {
  node_client+=(ready:write=hello)
  kit_client+=(--send hello --no-shutdown)
  local method
  for method in end destroySoon destroy reset; do
    node_server[1]=data:${method/reset/resetAndDestroy}
    kit_server=(reset --listen localhost:0 --method "$method" --after data)
    compare
    expect_method "$method" server-by-kit-kit client-of-kit-kit
  done
}

@test "end() leaves us readable, destroy() does not" {
  kit_server=(listen localhost:0)
  kit_client=(reset localhost:PORT --method end)
  pair kit kit
  assert_equal "$(states client-of-kit-kit finish)" readOnly
  kit_client=(reset localhost:PORT --method destroy)
  pair kit kit
  assert_equal "$(names client-of-kit-kit | tail -n 2)" $'client ready\nclient close'
  assert_equal "$(states client-of-kit-kit close)" closed
}
