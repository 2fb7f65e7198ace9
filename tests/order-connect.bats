#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2034,SC2317 # helpers/order reads and calls what a test sets
# The events from the lookup to the connection or its failure, against Node's: order and fields,
# error objects included. Port 1 of the loopback addresses refuses.

load helpers/tcpkit
load helpers/order

teardown() {
  stop_all
}

error() { # error FILTER   of tcpkit's `error` event
  jq -c "select(.event == \"error\") | .error | $1" "$BATS_TEST_TMPDIR/client-kit.trace"
}

@test "one address refuses" {
  node_client=('{"host":"127.0.0.1","port":1}')
  kit_client=(connect 127.0.0.1:1)
  compare_clients
  assert_equal "$(status_of client-kit)" 4
  run -0 names client-kit
  assert_output 'client connectionAttempt
client connectionAttemptFailed
client error
client close'
  run -0 jq -r 'select(.layer == "event") | .readyState' "$(trace_of client-kit)"
  assert_output 'opening
open
closed
closed'
  run -0 error .
  assert_output '{"name":"Error","code":"ECONNREFUSED","errno":-111,"syscall":"connect","address":"127.0.0.1","port":1,"message":"connect ECONNREFUSED 127.0.0.1:1"}'
}

@test "a name with one address gives a plain error" {
  node_client=('{"host":"one.test","port":1,"answers":["::1"]}')
  kit_client=(connect one.test:1 --resolve one.test:::1)
  compare_clients
  run -0 error .name
  assert_output '"Error"'
}

@test "all of several refuse: AggregateError" {
  node_client=('{"host":"all.test","port":1,"answers":["127.0.0.1","127.0.0.2","::1"]}')
  kit_client=(connect all.test:1 --resolve 'all.test:127.0.0.1,127.0.0.2,::1')
  compare_clients
  assert_equal "$(status_of client-kit)" 4
  run -0 error '[.name, .code, .message, (.errors | length), has("errno")]'
  assert_output '["AggregateError","ECONNREFUSED","",3,false]'
  run -0 error '[.errors[].address]' # families alternate
  assert_output '["127.0.0.1","::1","127.0.0.2"]'
}

@test "duplicates are looked up and tried once" {
  node_client=('{"host":"twice.test","port":1,"answers":["::1","::1","127.0.0.1","::1"]}')
  kit_client=(connect twice.test:1 --resolve 'twice.test:::1,::1,127.0.0.1,::1')
  compare_clients
  run -0 names client-kit
  assert_output 'client lookup
client lookup
client lookup
client lookup
client connectionAttempt
client connectionAttemptFailed
client connectionAttempt
client connectionAttemptFailed
client error
client close'
}

@test "duplicates of one address are one attempt, a plain error" {
  node_client=('{"host":"same.test","port":1,"answers":["127.0.0.1","127.0.0.1"]}')
  kit_client=(connect same.test:1 --resolve 'same.test:127.0.0.1,127.0.0.1')
  compare_clients
}

@test "the second address answers" {
  peer() {
    start_cmd "peer-$1" "$SUPPORT/peer" readeof
    port=$(port_of "peer-$1")
  }
  node_client=('{"host":"second.test","port":PORT,"answers":["127.0.0.2","127.0.0.1"]}' ready:end=hi)
  kit_client=(connect second.test:PORT --resolve 'second.test:127.0.0.2,127.0.0.1' --send hi)
  compare_clients
  assert_equal "$(status_of client-kit)" 0
  run -0 names client-kit
  assert_output --partial 'client connectionAttemptFailed
client connectionAttempt
client connect
client ready'
}

@test "localhost is ::1, then 127.0.0.1" {
  peer() {
    start_cmd "peer-$1" "$SUPPORT/peer" readeof
    port=$(port_of "peer-$1")
  }
  node_client=('{"host":"localhost","port":PORT,"answers":["::1","127.0.0.1"]}' ready:end=hi)
  kit_client=(connect localhost:PORT --send hi)
  compare_clients
}

@test "no auto-selection: one lookup, one attempt" {
  node_client=('{"host":"two.test","port":1,"autoSelectFamily":false,"answers":["127.0.0.1","::1"]}')
  kit_client=(connect two.test:1 --no-auto-select-family --resolve 'two.test:127.0.0.1,::1')
  compare_clients
  run -0 names client-kit
  assert_output 'client lookup
client connectionAttempt
client connectionAttemptFailed
client error
client close'
}

@test "-4, -6 and --local-address filter the answers and try all that remain (not as Node)" {
  start c connect many.test:1 -4 --json --resolve 'many.test:::1,127.0.0.1,127.0.0.2'
  assert_equal "$(status_of c)" 4
  check_trace c.err
  run -0 jq -r 'select(.event == "lookup") | .address' "$BATS_TEST_TMPDIR/c.err"
  assert_output '127.0.0.1
127.0.0.2'
  run -0 jq -rc 'select(.event == "error") | [.error.errors[].address]' "$BATS_TEST_TMPDIR/c.err"
  assert_output '["127.0.0.1","127.0.0.2"]'
  start d connect many.test:1 --local-address ::1 --json --resolve 'many.test:::1,127.0.0.1,::1'
  assert_equal "$(status_of d)" 4
  run -0 jq -rc 'select(.event == "lookup") | .address' "$BATS_TEST_TMPDIR/d.err"
  assert_output '::1
::1'
}

@test "a name without an address of the family" {
  start c connect -6 four.test:1 --json --resolve four.test:127.0.0.1
  assert_equal "$(status_of c)" 3
  check_trace c.err
  run -0 events c.err 'select(.layer == "event")'
  assert_output 'lookup
error
close'
  run -0 jq -c 'select(.event == "lookup") | [.address, .family, .error]' "$BATS_TEST_TMPDIR/c.err"
  assert_output '[null,null,{"name":"Error","code":"ENOTFOUND","errno":-3008,"syscall":"getaddrinfo","hostname":"four.test","message":"getaddrinfo ENOTFOUND four.test"}]'
}

@test "no DNS server answers: EAI_AGAIN" {
  local port
  port=$("$SUPPORT/free_port")
  start c connect name.test:1 --json --dns-server "127.0.0.1:$port"
  assert_equal "$(status_of c 60)" 3
  check_trace c.err
  run -0 jq -c 'select(.event == "error") | .error' "$BATS_TEST_TMPDIR/c.err"
  assert_output '{"name":"Error","code":"EAI_AGAIN","errno":-3001,"syscall":"getaddrinfo","hostname":"name.test","message":"getaddrinfo EAI_AGAIN name.test"}'
}

@test "an attempt times out and the next one refuses" {
  peer() {
    start_cmd "hole-$1" "$SUPPORT/blackhole"
    port=$(port_of "hole-$1")
  }
  node_client=('{"host":"hole.test","port":PORT,"autoSelectFamilyAttemptTimeout":50,"answers":["127.0.0.1","127.0.0.2"]}')
  kit_client=(connect hole.test:PORT --attempt-timeout 50ms --resolve 'hole.test:127.0.0.1,127.0.0.2')
  compare_clients
  assert_equal "$(status_of client-kit)" 5
  run -0 names client-kit
  assert_output 'client lookup
client lookup
client connectionAttempt
client connectionAttemptTimeout
client connectionAttempt
client connectionAttemptFailed
client error
client close'
  run -0 error '[.code, .errors[].code]'
  assert_output '["ETIMEDOUT","ETIMEDOUT","ECONNREFUSED"]'
}

@test "an attempt times out and the next one connects" {
  peer() {
    start_cmd "hole-$1" "$SUPPORT/blackhole"
    port=$(port_of "hole-$1")
    start "server-$1" listen "127.0.0.2:$port" -v
    wait_for "server-$1.err" 'listening on'
  }
  node_client=('{"host":"hole.test","port":PORT,"autoSelectFamilyAttemptTimeout":50,"answers":["127.0.0.1","127.0.0.2"]}' ready:end=hi)
  kit_client=(connect hole.test:PORT --attempt-timeout 50ms --resolve 'hole.test:127.0.0.1,127.0.0.2' --send hi)
  compare_clients
  assert_equal "$(status_of client-kit)" 0
}

@test "the last address has no attempt timeout; the connect limit gives it up" {
  start_cmd hole "$SUPPORT/blackhole"
  start c connect "127.0.0.1:$(port_of hole)" --attempt-timeout 10ms -w 400ms --json
  assert_equal "$(status_of c)" 5
  check_trace c.err
  run -0 events c.err 'select(.layer == "event")'
  assert_output 'connectionAttempt
timeout
connectionAttemptFailed
error
close'
  run -0 jq -rc 'select(.layer == "event") | [.event, .kind, .timeoutMs, .option, .error.code, .error.syscall, .error.errno, .hadError]' "$BATS_TEST_TMPDIR/c.err"
  assert_output '["connectionAttempt",null,null,null,null,null,null,null]
["timeout","connect",400,"--connect-timeout",null,null,null,null]
["connectionAttemptFailed",null,null,null,"ECANCELED","connect",null,null]
["error",null,null,null,"ETIMEDOUT","connect",null,null]
["close",null,null,null,null,null,null,true]'
}

@test "bind fails: no attempt, syscall bind" {
  peer() {
    start_cmd "peer-$1" "$SUPPORT/peer" hold
    port=$(port_of "peer-$1")
  }
  node_client=('{"host":"127.0.0.1","port":1,"localAddress":"127.0.0.1","localPort":PORT}')
  kit_client=(connect 127.0.0.1:1 --local-address 127.0.0.1 --local-port PORT)
  compare_clients
  assert_equal "$(status_of client-kit)" 1
  run -0 names client-kit
  assert_output 'client error
client close'
}

@test "a Unix socket: no such path" {
  local path=$BATS_TEST_TMPDIR/none
  node_client=("{\"path\":\"$path\"}")
  kit_client=(connect "unix:$path")
  compare_clients
  assert_equal "$(status_of client-kit)" 1
  run -0 names client-kit
  assert_output 'client connectionAttempt
client connectionAttemptFailed
client error
client close'
  run -0 jq -c 'select(.event == "connectionAttempt") | [.ip, .port, .family]' "$(trace_of client-kit)"
  assert_output "[\"$path\",null,null]"
}

@test "a Unix socket: nothing is listening on the path" {
  local path=$BATS_TEST_TMPDIR/dead
  start dead listen "unix:$path"
  until_true "$path" test -S "$path"
  stop dead KILL
  status_of dead
  node_client=("{\"path\":\"$path\"}")
  kit_client=(connect "unix:$path")
  compare_clients
  assert_equal "$(status_of client-kit)" 4
  run -0 error '[.code, .address, has("port"), .message]'
  assert_output "[\"ECONNREFUSED\",\"$path\",false,\"connect ECONNREFUSED $path\"]"
}

@test "a Unix socket: a missing directory is ENOENT (Node may say EACCES)" {
  start c connect "unix:$BATS_TEST_TMPDIR/no/such" --json
  assert_equal "$(status_of c)" 1
  check_trace c.err
  run -0 jq -r 'select(.event == "error") | .error.code' "$BATS_TEST_TMPDIR/c.err"
  assert_output ENOENT
}

@test "a Unix socket connects: six null address fields" {
  unix=yes
  local path=$BATS_TEST_TMPDIR/socket
  node_server=("{\"path\":\"$path\",\"clients\":1}")
  node_client=("{\"path\":\"$path\"}" ready:end=hello)
  kit_server=(listen "unix:$path")
  kit_client=(connect "unix:$path" --send hello)
  compare
  run -0 jq -c 'select(.event == "connect" and .layer == "event") | [.localAddress, .localPort, .localFamily, .remoteAddress, .remotePort, .remoteFamily]' "$(trace_of client-of-kit-kit)"
  assert_output '[null,null,null,null,null,null]'
  [ ! -e "$path" ]
}
