#!/usr/bin/env bats
# shellcheck disable=SC2154 # set by the helpers
# Whether a connection was made at all: ICMP errors, an immediate reset, a connection to itself.

load helpers/tcpkit
load helpers/network
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

attempts() { # attempts TRACE   the outcome of each attempt
  field "$1" 'select(.layer == "event" and (.event | test("^connect(ionAttempt(Failed|Timeout))?$"))) |
    [.ip // .remoteAddress, .error.code // .event] | join(" ")'
}

@test "an ICMP error is a failed attempt with the kernel's code, never a connection" {
  own_network
  firewall \
    'tcp dport 1 reject with icmpx type port-unreachable' \
    'tcp dport 2 reject with icmpx type host-unreachable' \
    'tcp dport 3 reject with icmpx type no-route' \
    'meta nfproto ipv4 tcp dport 4 reject with icmp type prot-unreachable' \
    'meta nfproto ipv4 tcp dport 5 reject with icmp type admin-prohibited' \
    'meta nfproto ipv6 tcp dport 5 reject with icmpv6 type admin-prohibited' \
    'tcp dport 6 reject with tcp reset'
  enter_network
  while read -r address port code status; do
    traced client connect "$address" "$port" --layers call,event,kernel
    ended client "$status"
    one_line client "^tcpkit connect: cannot connect to .*:$port: .* \($code\)"
    last_events client.trace 'connect connectionAttempt connectionAttemptFailed error close'
    assert_equal "$(attempts client.trace)" "$address $code"
    assert_equal "$(field client.trace 'select(.event == "error") | .error.syscall')" connect
    refute grep -q ESTABLISHED client.trace
  done <<<'127.0.0.2 1 ECONNREFUSED 4
127.0.0.2 2 EHOSTUNREACH 1
127.0.0.2 3 ENETUNREACH 1
127.0.0.2 4 ENOPROTOOPT 1
127.0.0.2 5 EHOSTUNREACH 1
127.0.0.2 6 ECONNREFUSED 4
::1 1 ECONNREFUSED 4
::1 2 EHOSTUNREACH 1
::1 3 ENETUNREACH 1
::1 5 EACCES 1
::1 6 ECONNREFUSED 4'
}

@test "after an ICMP error the next address is tried, and --retry tries again" {
  own_network
  firewall 'ip daddr 127.0.0.2 reject' 'ip6 daddr ::1 meta l4proto tcp reject with icmpv6 type no-route'
  enter_network
  start server listen 127.0.0.1:0 -k --port-file server.port
  port=$(port_of server)
  traced client connect "x.test:$port" --resolve x.test:127.0.0.2,::1,127.0.0.1 --attempt-timeout 5s
  ended client 0
  silent client
  check_trace client.trace
  assert_equal "$(attempts client.trace)" $'127.0.0.2 ECONNREFUSED\n::1 ENETUNREACH\n127.0.0.1 connect'
  traced client connect "127.0.0.2:$port" --retry 2 --retry-delay 10ms
  ended client 4
  check_trace client.trace
  assert_equal "$(attempts client.trace)" $'127.0.0.2 ECONNREFUSED\n127.0.0.2 ECONNREFUSED\n127.0.0.2 ECONNREFUSED'
}

# The RST may be there before connect(2) returns, or long after.
@test "a server that accepts and resets at once: connect, then the error, and no further try" {
  for when in rst rstaccept; do
    for _ in {1..15}; do
      start_cmd server "$SUPPORT/peer" "$when"
      traced client connect --recv-only --retry 3 --retry-delay 10ms "127.0.0.1:$(port_of server)"
      ended client 6
      one_line client '^tcpkit connect: connection to 127.0.0.1:[0-9]+ lost after 0 bytes received, 0 sent: reset \(ECONNRESET\): '
      last_events client.trace 'connect connectionAttempt connect ready error close'
      assert_equal "$(field client.trace 'select(.event == "error") | .error | .code + " " + .syscall')" 'ECONNRESET read'
    done
  done
}

@test "a connection to itself is refused, and the port is free at once" {
  port=$("$SUPPORT/free_port")
  for _ in 1 2; do
    traced client connect -s 127.0.0.1 -p "$port" --retry 1 --retry-delay 10ms --send x "127.0.0.1:$port"
    ended client 4
    assert [ ! -s client.out ]
    one_line client "^tcpkit connect: cannot connect to 127.0.0.1:$port: refused \(ECONNREFUSED\): nothing is listening there: the socket had connected to itself$"
    last_events client.trace 'connect connectionAttempt connectionAttemptFailed error close connect connectionAttempt connectionAttemptFailed error close'
    assert_equal "$(field client.trace 'select(.conn == 2 and .layer != "call") | [.event, .text // empty] | join(": ")' | head -n 3)" \
      "connectionAttempt
connectionAttemptFailed
message: the socket connected to itself: 127.0.0.1:$port was its own address, too, and nothing is listening there"
  done
  start server listen "127.0.0.1:$port" --no-reuse-addr --port-file server.port
  assert_equal "$(port_of server)" "$port"
}

@test "a connection to itself: the next address is tried" {
  start server listen 127.0.0.2:0 --send hello --port-file server.port
  port=$(port_of server)
  traced client connect -s 127.0.0.1 -p "$port" "x.test:$port" --resolve x.test:127.0.0.1,127.0.0.2
  ended client 0
  assert_equal "$(cat client.out)" hello
  check_trace client.trace
  assert_equal "$(attempts client.trace)" $'127.0.0.1 ECONNREFUSED\n127.0.0.2 connect'
}

@test "--local-port: the port can be used again while the connection before is in TIME_WAIT" {
  port=$("$SUPPORT/free_port")
  for _ in 1 2 3; do
    start_cmd server "$SUPPORT/peer" readeof
    traced client connect -p "$port" --send x "127.0.0.1:$(port_of server)"
    ended client 0
    silent client
    assert_equal "$(field client.trace 'select(.layer == "event" and .event == "connect") | .localPort')" "$port"
    assert [ "$(ss -Htan state time-wait "sport = :$port" | wc -l)" -ge 1 ]
    stop server
  done
}
