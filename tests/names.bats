#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2054,SC2154 # scripts for bash -c, commas in values, variables of the helpers
# The rule for host names and how they are looked up: machines without IPv6, the files of /etc,
# zones, international names.

load helpers/tcpkit
load helpers/outcome
load helpers/dns
load helpers/network

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

refuses() { # refuses REGEX ARG...   exit 2 and one line that matches
  run -2 --separate-stderr "$TCPKIT" "${@:2}"
  assert_equal "$output" ''
  assert_equal "${#stderr_lines[@]}" 1
  assert_regex "$stderr" "$1"
}

# A network without IPv6: ::1 does not exist, as in most containers.
without_ipv6() {
  own_network
  "${inside[@]}" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6' 2>/dev/null ||
    skip "the network's settings cannot be written"
  enter_network
}

@test "without IPv6, listen localhost binds 127.0.0.1" {
  without_ipv6
  start server listen -v localhost:0 --port-file server.port
  port_of server
  wait_for server.err '^tcpkit listen: localhost is 127\.0\.0\.1$'
}

@test "without IPv6, localhost is 127.0.0.1 first, and a refused connection is exit 4" {
  without_ipv6
  run -4 --separate-stderr "$TCPKIT" connect localhost:1 --trace=json --trace-file refused.trace
  run -0 jq -r 'select(.event == "lookup") | .address' refused.trace
  assert_output $'127.0.0.1\n::1'
  run -4 "$TCPKIT" connect 1
}

# Runs the command in a network and mount namespace in which the files of the test's folder replace
# those in /etc. Its output is inside.out, its trace own.trace.
in_namespace() { # in_namespace COMMAND...
  unshare -rnm true 2>/dev/null || skip "needs user and network namespaces"
  start_cmd inside unshare -rnm bash -c 'ip link set lo up || exit 99
    for file in hosts resolv.conf nsswitch.conf services; do
      [ ! -e "$file" ] || mount --bind "$file" "/etc/$file" || exit 98
    done
    "$@"' bash "$@"
}

# Runs connect NAME in such a namespace, next to a DNS server on port 53 that knows one.test.
connect_beside_dns() { # connect_beside_dns ARG...
  command -v dnsmasq >/dev/null || skip "needs dnsmasq"
  in_namespace bash -c 'dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --port=53 --pid-file= \
      --host-record=one,127.0.0.6 --log-queries --log-facility=- 2>dns.err &
    until grep -qs "started, version" dns.err; do sleep 0.02; done
    "$@" --trace=json --trace-file own.trace; status=$?
    kill $!; wait $!
    exit $status' bash "$TCPKIT" connect "$@"
}

@test "search . in resolv.conf: a name of one label is looked up" {
  printf 'nameserver 127.0.0.1\nsearch .\n' >resolv.conf
  echo 'hosts: files dns' >nsswitch.conf
  for resolver in c-ares system; do
    connect_beside_dns -4 one:5000 --resolver "$resolver"
    run -0 status_of inside 30
    assert_output 4
    run -0 jq -r 'select(.event == "lookup") | .address' own.trace
    assert_output 127.0.0.6
  done
}

# Prints how long a lookup takes without an answer, in whole seconds; the test sets resolv.conf.
seconds_in_vain() { # seconds_in_vain [VARIABLE=VALUE]
  command -v socat >/dev/null || skip "needs socat"
  in_namespace bash -c 'socat -u UDP4-RECV:53,bind=127.0.0.1 CREATE:asked & peer=$!
    until grep -q " 0100007F:0035 " /proc/net/udp; do sleep 0.02; done
    env "$@"; echo $?
    kill $peer; wait $peer' bash "$@" "$TCPKIT" connect any.test:5000 --trace=json --trace-file own.trace
  run -0 status_of inside 60
  assert_equal "$(cat inside.out)" 3
  jq -s '.[-1].t - .[0].t | floor' own.trace
}

@test "options timeout: and attempts: of resolv.conf and RES_OPTIONS determine how long a lookup takes" {
  echo 'hosts: dns' >nsswitch.conf
  printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >resolv.conf
  run -0 seconds_in_vain
  assert_regex "$output" '^[12]$'
  printf 'nameserver 127.0.0.1\noptions ndots:1 timeout:5\n' >resolv.conf
  run -0 seconds_in_vain RES_OPTIONS='timeout:1 attempts:1'
  assert_regex "$output" '^[12]$'
  printf 'nameserver 127.0.0.1\noptions timeout:3 attempts:1\n' >resolv.conf
  run -0 seconds_in_vain
  assert_regex "$output" '^[345]$'
}

@test "nsswitch hosts: files: an unknown name is ENOTFOUND, unless a server is named" {
  printf '127.0.0.1 localhost\n127.0.0.5 own.test\n' >hosts
  echo 'nameserver 127.0.0.1' >resolv.conf
  echo 'hosts: files' >nsswitch.conf
  in_namespace "$TCPKIT" connect own.test:5000
  run -0 status_of inside
  assert_output 4
  in_namespace "$TCPKIT" connect other.test:5000
  run -0 status_of inside
  assert_output 3
  one_line inside '^tcpkit connect: cannot look up other.test: not found \(ENOTFOUND\)'
  connect_beside_dns -4 one:5000 --dns-server 127.0.0.1
  run -0 status_of inside 30
  assert_output 4
}

@test "a zone that is not an interface is an error that names it, never a lookup" {
  local not="'nosuch' in 'fe80::1%nosuch' is no network interface of this machine; write one that .ip link. lists$"
  refuses "^tcpkit connect: $not" connect '[fe80::1%nosuch]:80'
  refuses "^tcpkit connect: $not" connect fe80::1%nosuch 80
  refuses "^tcpkit listen: $not" listen '[fe80::1%nosuch]:0'
  refuses "^tcpkit connect: --local-address: $not" connect h:1 -s fe80::1%nosuch
  refuses "^tcpkit connect: --dns-server: $not" connect h:1 --dns-server fe80::1%nosuch
  refuses "^tcpkit connect: --dns-server: $not" connect h:1 --dns-server '[fe80::1%nosuch]:53'
  refuses "^tcpkit connect: --dns-server: $not" connect h:1 --dns-server '[fe80::1%nosuch]'
  for answer in fe80::1%nosuch '[fe80::1%nosuch]' 1:fe80::1%nosuch '1:[fe80::1%nosuch]' '127.0.0.1,[fe80::1%nosuch]'; do
    refuses "^tcpkit connect: --resolve: $not" connect h:1 --resolve "h:$answer"
  done
  refuses "^tcpkit connect: '9999' in 'fe80::1%9999' is no network interface" connect '[fe80::1%9999]:80'
  printf '%s\n' 'title: T' 'lesson: L' 'server: listen [fe80::1%nosuch]:0' >zone.lab
  refuses "$not" lab zone.lab
  run -0 "$TCPKIT" address '[fe80::1%nosuch]:80' # address does not check the zone
}

@test "an international name is looked up in its xn-- form, and printed as it was typed" {
  start_dns dns --host-record=xn--bcher-kva.test,127.0.0.5
  port=$("$SUPPORT/free_port")
  for name in bücher.test BÜCHER.test bücher.test. $'bu\xcc\x88cher.test' bücher。test; do
    run -4 --separate-stderr "$TCPKIT" connect -4 "$name:$port" --dns-server "$dns" --trace=json --trace-file own.trace
    run -0 jq -r 'select(.event == "lookup") | .host + " " + .address' own.trace
    assert_output "$name 127.0.0.5"
  done
  assert_equal "$(asked dns | sort -u)" 'A xn--bcher-kva.test'
  run -3 --separate-stderr "$TCPKIT" connect nicht-bücher.test:1 --dns-server "127.0.0.1:$("$SUPPORT/free_port")" \
    --trace=json --trace-file own.trace
  assert_regex "$stderr" '^tcpkit connect: cannot look up nicht-bücher.test: '
  run -0 jq -r 'select(.event == "error") | .error.hostname' own.trace
  assert_output nicht-bücher.test
  run -4 "$TCPKIT" connect "bücher.test:$port" --resolve xn--bcher-kva.test:127.0.0.1
  run -4 "$TCPKIT" connect "xn--bcher-kva.test:$port" --resolve bücher.test:127.0.0.1
}

@test "one rule defines a host name, in one word, in two, and in --resolve" {
  host() { # host HOST REGEX   every option and argument refuses it with that message
    local why="'[^']*' $2"
    refuses "^tcpkit connect: $why" connect "$1:80"
    refuses "^tcpkit connect: $why" connect "$1" 80
    refuses "^tcpkit listen: $why" listen "$1:80"
    refuses "^tcpkit connect: --resolve: $why" connect h:1 --resolve "$1:127.0.0.1"
  }
  host user@host "has '@', which no host name has; write a name such as localhost$"
  host a..b 'has an empty label; write a name such as www.example.com$'
  host .a 'has an empty label'
  host 'a b' "has ' ', which no host name has"
  host 'a,b' "has ',', which no host name has"
  host "$(printf 'a%.0s' {1..64}).test" 'has a label of 64 bytes; write labels of at most 63$'
  host "$(printf 'ü%.0s' {1..64}).test" 'is too long in its xn-- form; write labels of at most 63 bytes'
  host ☃.test 'is not an international name \(.+\); write a name such as bücher.example$'
  host $'a\u200fb' 'is not an international name \(.+\); write a name such as bücher.example$'
  host $'\xff' 'is not UTF-8 text; write a name such as bücher.example$'
  refuses "^tcpkit connect: '\*' has '\*', which no host name has" connect '*:5'
  port=$("$SUPPORT/free_port")
  for good in my_host my-host- a.b-c.d_e xn--bcher-kva 127.1 a.; do
    run -4 "$TCPKIT" connect "$good:$port" --resolve "$good:127.0.0.1"
  done
}

@test "--resolve '*:PORT:ADDR' applies to every host that is not named; '+' is refused" {
  port=$("$SUPPORT/free_port")
  fixed() { # fixed EXPECTED RESOLVE...
    local args=() r
    for r in "${@:2}"; do args+=(--resolve "$r"); done
    run -4 --separate-stderr "$TCPKIT" connect "any.test:$port" "${args[@]}" --trace=json --trace-file own.trace
    run -0 jq -r 'select(.event == "lookup") | .address' own.trace
    assert_output "$1"
  }
  fixed 127.0.0.2 "*:$port:127.0.0.2"
  fixed 127.0.0.2 '*:127.0.0.2'
  fixed 127.0.0.3 any.test:127.0.0.3 "*:$port:127.0.0.2"
  fixed 127.0.0.4 '*:1:127.0.0.2' '*:127.0.0.4'
  refuses "^tcpkit connect: --resolve: '\+h:1:127.0.0.1' has curl's '\+', an answer that expires; leave it out: h:1:127.0.0.1$" \
    connect h:1 --resolve +h:1:127.0.0.1
}

@test "without /etc/services no advice names a service" {
  : >services
  in_namespace "$TCPKIT" connect host:http
  run -0 status_of inside
  assert_output 2
  one_line inside "^tcpkit connect: in 'host:http', 'http' is not a port; write 1 to 65535 \(without /etc/services no names of services are known\)$"
  refuses "'nosuch' is not a port; write 1 to 65535 or a service such as http$" connect host:nosuch
}
