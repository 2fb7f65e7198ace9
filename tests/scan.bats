#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # scripts for bash -c; run sets stderr
# scan: which ports answer, refuse or stay silent; and connect --probe, which looks at one port.

load helpers/tcpkit
load helpers/network
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

refuses() { # refuses REGEX ARG...   exit 2 and one line that matches
  run -2 --separate-stderr timeout 10 "$TCPKIT" "${@:2}" </dev/null
  assert_equal "$output" ''
  assert_equal "${#stderr_lines[@]}" 1
  assert_regex "$stderr" "$1"
}

# Starts a server for many clients on 127.0.0.1 and sets port.
serve() { # serve NAME [ADDRESS]
  start "$1" listen "${2:-127.0.0.1}:0" -k --port-file "$1.port"
  port=$(port_of "$1")
}

@test "open and refused ports, in ascending order, each once" {
  serve one && first=$port
  serve two
  closed=$("$SUPPORT/free_port")
  run -0 --separate-stderr "$TCPKIT" scan 127.0.0.1 "$port,$first,$closed,$port"
  assert_equal "$stderr" ''
  assert_output "$(printf '127.0.0.1\t%s\n' "$first"$'\topen' "$port"$'\topen' "$closed"$'\trefused' | sort -t $'\t' -k 2n)"
}

@test "exit status: 4 if all ports refuse, 5 if one of them is silent" {
  closed=$("$SUPPORT/free_port")
  run -4 "$TCPKIT" scan 127.0.0.1 "$closed"
  assert_output "127.0.0.1"$'\t'"$closed"$'\trefused'
  start_cmd hole "$SUPPORT/blackhole"
  port=$(port_of hole)
  run -5 "$TCPKIT" scan 127.0.0.1 "$closed,$port" -w 100ms
  assert_line "127.0.0.1"$'\t'"$port"$'\tsilent'
}

@test "firewalls: silent, rejected, unreachable, with and without a trace" {
  own_network
  firewall 'tcp dport 1 drop' \
    'tcp dport 2 reject with tcp reset' \
    'tcp dport 3 reject with icmpx type port-unreachable' \
    'tcp dport 4 reject with icmpx type host-unreachable' \
    'tcp dport 5 reject with icmpx type no-route' \
    'meta nfproto ipv6 tcp dport 6 reject with icmpv6 type admin-prohibited'
  enter_network
  # Over IPv6, Linux gives an ICMP error to a connecting socket only after its second SYN, after 1 s.
  for address in 127.0.0.2 ::1; do
    last=refused
    [ "$address" = 127.0.0.2 ] || last=EACCES
    printf "$address\t%s\n" $'1\tsilent' $'2\trefused' $'3\trefused' $'4\tEHOSTUNREACH' $'5\tENETUNREACH' "6"$'\t'"$last" >expected
    run -5 "$TCPKIT" scan "$address" 1-6 -w 1500ms
    assert_output "$(<expected)"
    run -5 "$TCPKIT" scan "$address" 1-6 -w 1500ms --json --trace-file own.trace
    assert_output "$(<expected)"
    check_trace own.trace
    run -0 jq -r 'select(.event == "summary") | [.remotePort, .outcome] | join(" ")' own.trace
    assert_line '1 timeout'
    assert_line '2 refused'
    assert_line '4 error'
  done
}

@test "a silent port does not delay the others, and has its own time" {
  own_network
  firewall 'tcp dport 1-40 drop'
  enter_network
  # Four at a time, 100 ms each.
  start=${EPOCHREALTIME/./}
  run -5 "$TCPKIT" scan 127.0.0.1 1-50 -w 100ms --concurrency 4
  assert_equal "$(grep -c 'silent$' <<<"$output")" 40
  assert_equal "$(grep -c 'refused$' <<<"$output")" 10
  assert [ $((${EPOCHREALTIME/./} - start)) -ge 1000000 ]
}

@test "real servers: nginx and ncat" {
  command -v nginx >/dev/null && command -v ncat >/dev/null || skip "needs nginx and ncat"
  web=$("$SUPPORT/free_port")
  printf '%s\n' 'daemon off; error_log stderr; pid nginx.pid; events {}' \
    "http { access_log off; server { listen 127.0.0.1:$web; } }" >nginx.conf
  start_cmd nginx nginx -p "$PWD" -c "$PWD/nginx.conf"
  cat=$("$SUPPORT/free_port")
  start_cmd ncat ncat -lk 127.0.0.1 "$cat"
  until_true 'both servers' bash -c '"$0" scan 127.0.0.1 "$1,$2" | grep -c "open$" | grep -qx 2' "$TCPKIT" "$web" "$cat"
}

@test "the same open ports as nc finds" {
  command -v nc >/dev/null || skip "needs nc"
  own_network
  # nc reports a socket that connected to itself as an open port.
  "${inside[@]}" sysctl -qw net.ipv4.ip_local_port_range='64000 65000' || skip "the network's settings cannot be written"
  enter_network
  start one listen 127.0.0.1:0 -k --port-file one.port
  start two echo 127.0.0.1:0 --port-file two.port
  start_cmd three "${inside[@]}" nc -lk 127.0.0.1 5555
  start_cmd four "${inside[@]}" nc -lk 127.0.0.1 33333
  port_of one
  port_of two
  until_true 'both servers of nc' bash -c '"$0" scan 127.0.0.1 5555,33333 | grep -c "open$" | grep -qx 2' "$TCPKIT"
  for _ in {1..3}; do
    first=$((1024 + RANDOM % 30000))
    expected=$("${inside[@]}" nc -zvn 127.0.0.1 "$first-$((first + 30000))" 2>&1 | awk '/succeeded/ { print $4 }' | sort -n)
    found=$("$TCPKIT" scan 127.0.0.1 "$first-$((first + 30000))" | awk '$3 == "open" { print $2 }')
    assert_equal "$found" "$expected"
  done
}

@test "a name: a port is open if it is open on one of the addresses" {
  serve server
  closed=$("$SUPPORT/free_port")
  run -0 --separate-stderr "$TCPKIT" scan -v x.test "$port,$closed" --resolve x.test:127.0.0.2,127.0.0.1
  assert_line "x.test"$'\t'"$port"$'\topen'
  assert_line "x.test"$'\t'"$closed"$'\trefused'
  assert_equal "$stderr" $'tcpkit scan: x.test is 127.0.0.2, then 127.0.0.1\ntcpkit scan: 1 open, 1 refused'
  run -0 "$TCPKIT" scan localhost "$port"
  run -4 "$TCPKIT" scan -6 localhost "$port"
  run -3 --separate-stderr "$TCPKIT" scan x.invalid 1 --dns-server "127.0.0.1:$("$SUPPORT/free_port")"
  assert_regex "$stderr" '^tcpkit scan: cannot look up x.invalid: '
}

@test "a connection to itself is refused, and leaves the port free" {
  port=$("$SUPPORT/free_port")
  run -4 "$TCPKIT" scan 127.0.0.1 "$port" -s 127.0.0.1 -p "$port"
  assert_output "127.0.0.1"$'\t'"$port"$'\trefused'
  run -4 "$TCPKIT" scan 127.0.0.1 "$port" -p "$port" --json
  assert_regex "$output" 'the socket connected to itself'
  start server listen "127.0.0.1:$port" --no-reuse-addr --port-file server.port
  assert_equal "$(port_of server)" "$port"
}

@test "an open port is closed with a RST: no TIME_WAIT" {
  own_network
  enter_network
  start server listen 127.0.0.1:0 -k --port-file server.port
  port=$(port_of server)
  for _ in {1..20}; do "$TCPKIT" scan 127.0.0.1 "$port" >/dev/null; done
  run -0 "${inside[@]}" ss -Htan state time-wait
  assert_output ''
}

@test "all 65535 ports with 16 descriptors, and with one port in flight" {
  own_network
  enter_network
  start server listen 127.0.0.1:0 -k --port-file server.port
  port=$(port_of server)
  run -0 bash -c 'ulimit -n 16; "$0" scan 127.0.0.1 1-65535' "$TCPKIT"
  assert_equal "${#lines[@]}" 65535
  assert_equal "$(grep -v 'refused$' <<<"$output")" "127.0.0.1"$'\t'"$port"$'\topen'
  # With a trace as well.
  run -4 bash -c 'ulimit -n 16; "$0" scan 127.0.0.1 1-300 --json' "$TCPKIT"
  assert_equal "$(jq -r 'select(.event == "summary") | .outcome' <<<"$output" | sort | uniq -c | xargs)" '300 refused'
}

@test "no free local port: the scan waits for one" {
  own_network
  "${inside[@]}" sysctl -qw net.ipv4.ip_local_port_range='20000 20002' || skip "the network's settings cannot be written"
  enter_network
  start server listen 127.0.0.1:5000 -k --port-file server.port
  port_of server
  run -0 "$TCPKIT" scan 127.0.0.1 4990-5010
  assert_equal "$(grep -c 'refused$' <<<"$output")" 20
  assert_line $'127.0.0.1\t5000\topen'
}

@test "--rate bounds the attempts per second" {
  closed=$("$SUPPORT/free_port")
  [ "$closed" -lt 65500 ] || closed=65500
  start=${EPOCHREALTIME/./}
  run "$TCPKIT" scan 127.0.0.1 "$closed-$((closed + 10))" --rate 20
  assert_equal "${#lines[@]}" 11
  took=$((${EPOCHREALTIME/./} - start))
  assert [ "$took" -ge 490000 ]
}

@test "Ctrl-C: what is known is printed in order, exit 130" {
  own_network
  firewall 'tcp dport 3 drop'
  enter_network
  start scan scan 127.0.0.1 1-5 -w 1m
  wait_for scan.out '^127.0.0.1.2.refused$'
  kill -INT "$(started | tail -n 1)"
  run -0 status_of scan
  assert_output 130
  assert_equal "$(cut -f2 scan.out | xargs)" '1 2 4 5'
  one_line scan '^tcpkit scan: ended by SIGINT; before that: 4 of 5 ports scanned, 0 open$'
}

@test "--deadline: exit 5, and what is known is printed" {
  start_cmd hole "$SUPPORT/blackhole"
  port=$(port_of hole)
  closed=$("$SUPPORT/free_port")
  run -5 --separate-stderr "$TCPKIT" scan 127.0.0.1 "$closed,$port" -w 1m --deadline 200ms
  assert_output "127.0.0.1"$'\t'"$closed"$'\trefused'
  assert_regex "$stderr" '^tcpkit scan: the deadline of 0.2s has passed; before that: 1 of 2 ports scanned, 0 open$'
}

@test "--json: each port is a connection" {
  serve server
  closed=$("$SUPPORT/free_port")
  run -0 "$TCPKIT" scan 127.0.0.1 "$port,$closed" --json
  printf '%s\n' "$output" >own.trace
  check_trace own.trace
  run -0 jq -r 'select(.event == "summary") | [.remotePort, .outcome, .endedBy] | join(" ")' own.trace
  assert_line "$port ok RST"
  assert_line "$closed refused "
  run -4 "$TCPKIT" scan 127.0.0.1 "$closed" --json
  assert_equal "$(jq -r 'select(.event == "exit") | "\(.status) \(.reason)"' <<<"$output")" '4 no port is open: 0 open, 1 refused'
}

@test "--trace goes to stderr, --block is exit 7, --interface must exist" {
  closed=$("$SUPPORT/free_port")
  run -4 --separate-stderr "$TCPKIT" scan 127.0.0.1 "$closed" --trace
  assert_output "127.0.0.1"$'\t'"$closed"$'\trefused'
  assert_regex "$stderr" 'connectionAttemptFailed  127.0.0.1:'
  run -7 --separate-stderr "$TCPKIT" scan 127.0.0.1 "$closed" --block 127.0.0.0/8
  assert_output ''
  assert_equal "${#stderr_lines[@]}" 1
  run -1 --separate-stderr "$TCPKIT" scan 127.0.0.1 "$closed" --interface nosuch0
  assert_output ''
  assert_equal "${#stderr_lines[@]}" 1
  run -1 --separate-stderr "$TCPKIT" scan 127.0.0.1 "$closed" -s 192.0.2.77
  assert_output ''
  assert_equal "${#stderr_lines[@]}" 1
}

@test "a closed, a full and an abandoned stdout" {
  own_network
  enter_network
  closed=$("$SUPPORT/free_port")
  run -1 --separate-stderr bash -c '"$0" scan 127.0.0.1 "$1" >&-' "$TCPKIT" "$closed"
  assert_equal "$stderr" 'tcpkit scan: cannot write stdout: bad file descriptor'
  run -1 --separate-stderr bash -c '"$0" scan 127.0.0.1 "$1-65535" >/dev/full' "$TCPKIT" "$closed"
  assert_equal "$stderr" 'tcpkit scan: cannot write stdout: no space left on device'
  run -0 --separate-stderr bash -c 'set -o pipefail; "$0" scan 127.0.0.1 1-65535 | head -n 1 >/dev/null' "$TCPKIT"
  assert_equal "$stderr" ''
}

@test "progress on a terminal, which is gone at the end" {
  start_cmd hole "$SUPPORT/blackhole"
  port=$(port_of hole)
  run -5 "$SUPPORT/pty" screen -- env TERM=xterm bash -c 'exec "$0" scan 127.0.0.1 "$1" -w 1s >lines' "$TCPKIT" "$port"
  run -0 cat screen
  assert_regex "$output" $'\r0 of 1 port scanned, 0 open\e\\[K'
  assert_regex "$output" $'\r\e\\[K$'
  assert_equal "$(<lines)" "127.0.0.1"$'\t'"$port"$'\tsilent'
}

@test "invalid ports and hosts: one line, exit 2" {
  refuses "^tcpkit scan: port '0' is for listening only; write 1 to 65535$" scan h 0
  refuses "^tcpkit scan: '65536' is over the highest port; write 1 to 65535$" scan h 65536
  refuses "'80-' is not a range of ports; write FIRST-LAST, e.g. 8000-8100$" scan h 80-
  refuses "'-80' is not a range of ports" scan h -- -80
  refuses "'-' is not a range of ports" scan h -- -
  refuses "'1-2-3' is not a range of ports" scan h 1-2-3
  refuses "in '80,,81', a port is missing next to a comma; write e.g. 22,80,8000-8100$" scan h 80,,81
  refuses "in ',', a port is missing" scan h ,
  refuses "'80-70' runs backwards; write 70-80$" scan h 80-70
  refuses "in '80, 81', ' 81' is not a port" scan h '80, 81'
  refuses "'８０' is not a port" scan h ８０
  refuses "'\\\\x1b\[31m' is not a port" scan h $'\e[31m'
  refuses "'' is not a list of ports" scan h ''
  refuses "'nosuch' is not a port" scan h nosuch
  refuses '99999999999999999999.* is over the highest port' scan h 1-99999999999999999999
  refuses 'the ports are missing; e.g. tcpkit scan localhost' scan h
  refuses 'the ports are missing; write: tcpkit scan h 80$' scan h:80
  refuses "unexpected argument '81'; separate ports with commas: 80,81$" scan h 80 81
  refuses "'::1:::' is not a host" scan ::1::: 80
  refuses "is not a host" scan unix:/tmp/s 80
  refuses "'nosuch0' in 'fe80::1%nosuch0' is no network interface" scan fe80::1%nosuch0 80
  refuses "127.0.0.1 is an IPv4 address, and IPv6 was asked for" scan -6 127.0.0.1 80
  refuses "-n: 'h' is a name" scan -n h 80
  refuses '--resolve: port 80 is one of several; write h:ADDR$' scan h 80,81 --resolve h:80:127.0.0.1
  refuses 'unknown option --retry' scan h 80 --retry 3
  refuses 'unknown option --no-delay' scan h 80 --no-delay
  refuses "^tcpkit scan: --rate: '0' is not" scan h 80 --rate 0
  refuses "^tcpkit scan: --concurrency: '0' is not" scan h 80 --concurrency 0
  refuses "in '1,2,3.*\.\.\.', 'x' is not a port" scan h "$(seq -s, 1 20000),x"
}

@test "service names, and a list as long as an argument may be" {
  run -4 "$TCPKIT" scan ::1 tcpmux,2-3
  assert_output $'::1\t1\trefused\n::1\t2\trefused\n::1\t3\trefused'
  run -4 "$TCPKIT" scan '[::1]' 1
  long=$(for _ in {1..40000}; do printf '1,'; done)
  run -4 "$TCPKIT" scan ::1 "${long}2"
  assert_output $'::1\t1\trefused\n::1\t2\trefused'
}

@test "connect --probe: the exit status alone, or with -v one line" {
  serve server
  closed=$("$SUPPORT/free_port")
  echo input >input
  exec 7<input
  run -0 --separate-stderr "$TCPKIT" connect -z 127.0.0.1 "$port" <&7
  assert_equal "$output$stderr" ''
  assert_equal "$(cat <&7)" input # it was left alone
  run -4 --separate-stderr "$TCPKIT" connect --probe "127.0.0.1:$closed"
  assert_equal "$output$stderr" ''
  run -0 --separate-stderr "$TCPKIT" connect -vz 127.0.0.1 "$port"
  assert_equal "$output$stderr" "tcpkit connect: 127.0.0.1:$port is open"
  run -4 --separate-stderr "$TCPKIT" connect -zv 127.0.0.1 "$closed"
  assert_regex "$output$stderr" "^tcpkit connect: cannot connect to 127.0.0.1:$closed: refused \(ECONNREFUSED\)"
  start_cmd hole "$SUPPORT/blackhole"
  run -5 --separate-stderr "$TCPKIT" connect -z "127.0.0.1:$(port_of hole)" -w 100ms
  assert_equal "$output$stderr" ''
  run -4 "$TCPKIT" connect -z "127.0.0.1:$closed" --trace=json --trace-file own.trace
  check_trace own.trace
  assert_equal "$(jq -r 'select(.event == "exit") | .status' own.trace)" 4
}

@test "connect --probe waits for a server with --retry, and takes Unix sockets" {
  start server listen ./s -k --port-file server.port
  until_true s test -s server.port
  run -0 "$TCPKIT" connect -z ./s
  run -1 "$TCPKIT" connect -z ./none
  closed=$("$SUPPORT/free_port")
  start probe connect -z "127.0.0.1:$closed" --retry 1000 --retry-delay 20ms
  start late listen "127.0.0.1:$closed" -k
  run -0 status_of probe
  assert_output 0
}

@test "connect --probe cannot be combined with what it does not do" {
  refuses '^tcpkit connect: --send: --probe sends and receives nothing; leave it out$' connect -z h:1 --send x
  refuses '^tcpkit connect: --recv-only: ' connect -z h:1 --recv-only
  refuses '^tcpkit connect: --do: --probe ends the connection at once; leave it out$' connect -z h:1 --do end
}
