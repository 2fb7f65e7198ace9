#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2034,SC2317 # helpers/order reads and calls what a test sets
# The events of an orderly close at both ends, against Node's: order, fields, readyState.

load helpers/tcpkit
load helpers/order

setup() {
  node_server=('{"host":"127.0.0.1","port":0,"clients":1}')
  node_client=('{"host":"127.0.0.1","port":PORT}')
  kit_server=(listen 127.0.0.1:0)
  kit_client=(connect 127.0.0.1:PORT)
}

teardown() {
  stop_all
}

@test "the client ends first" {
  node_client+=(ready:end=hello)
  kit_client+=(--send hello)
  compare
  run -0 names client-of-kit-kit
  assert_output 'client connectionAttempt
client connect
client ready
client finish
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
}

@test "the server ends first" {
  node_server+=(connection:end=hello)
  kit_server+=(--send hello)
  kit_client+=(--recv-only)
  compare
  run -0 names client-of-kit-kit
  assert_output --partial 'client data
client end
client finish
client close'
  run -0 names server-by-kit-kit
  assert_output --partial 'server finish
server end
listener close
server close'
}

@test "both end at once" {
  node_server+=(connection:end=hello)
  node_client+=(ready:end=hello)
  kit_server+=(--send hello)
  kit_client+=(--send hello)
  compare
  run -0 names client-of-kit-kit
  assert_output --partial 'client finish
client data
client end
client close'
}

@test "nothing is sent at all" {
  node_client+=(ready:end)
  compare
}

@test "a half-open server answers after the client's end" {
  node_server=('{"host":"127.0.0.1","port":0,"clients":1,"allowHalfOpen":true}' end:end=late)
  node_client+=(ready:end=hello)
  kit_server+=(--allow-half-open)
  kit_client+=(--send hello)
  server_stdin=fifo
  during() {
    [[ $1 == *kit ]] || return 0
    wait_for "$1.trace" '"event":"end"'
    printf late >&9
  }
  compare
  run -0 names client-of-kit-kit
  assert_output --partial 'client finish
client data
client end
client close'
  run -0 jq -r 'select(.layer == "event" and .event == "end") | .readyState' "$(trace_of server-by-kit-kit)"
  assert_output writeOnly
}

@test "a half-open client answers after the server's end" {
  node_server+=(connection:end=hello)
  node_client=('{"host":"127.0.0.1","port":PORT,"allowHalfOpen":true}' end:end=late)
  kit_server+=(--send hello)
  kit_client+=(--allow-half-open)
  client_stdin=fifo
  during() {
    [[ $2 == *kit ]] || return 0
    wait_for "$2.trace" '"event":"end"'
    printf late >&9
  }
  compare
  run -0 names server-by-kit-kit
  assert_output --partial 'server finish
server data
server end
listener close
server close'
}

@test "destroy() of an idle connection is an orderly end for the peer" {
  node_server=('{"host":"127.0.0.1","port":0,"clients":1,"timeout":400}' timeout:destroy)
  kit_server+=(--timeout 400ms --timeout-action destroy)
  kit_client+=(--recv-only)
  compare
  run -0 names server-by-kit-kit
  assert_output --partial 'server timeout
listener close
server close'
  run -0 names client-of-kit-kit
  assert_output --partial 'client end
client finish
client close'
  assert_equal "$(status_of server-by-kit-kit)" 5
}

@test "end() at the idle limit: finish, end, close" {
  node_client=('{"host":"127.0.0.1","port":PORT,"timeout":400}' timeout:end)
  kit_client+=(--recv-only --timeout 400ms)
  compare
  run -0 names client-of-kit-kit
  assert_output --partial 'client timeout
client finish
client end
client close'
}

@test "a burst of two writes and an end arrives before the end" {
  node_client+=(ready:write=one ready:end=two)
  kit_client+=(--send one --send two)
  compare
}

@test "an IPv4 client of a dual-stack listener is ::ffff:127.0.0.1, IPv6" {
  node_server=('{"port":0,"clients":1}')
  node_client+=(ready:end)
  kit_server=(listen 0)
  compare
  run -0 jq -r 'select(.event == "connection") | .remoteAddress, .remoteFamily, .localAddress' \
    "$(trace_of server-by-kit-kit)"
  assert_output '::ffff:127.0.0.1
IPv6
::ffff:127.0.0.1'
}

@test "over IPv6" {
  node_server=('{"host":"::1","port":0,"clients":1}')
  node_client=('{"host":"::1","port":PORT}' ready:end=hello)
  kit_server=(listen '[::1]:0')
  kit_client=(connect '[::1]:PORT' --send hello)
  compare
}
