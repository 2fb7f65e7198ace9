#!/usr/bin/env bats
# shellcheck disable=SC2154 # set by the helpers
# The advice that tcpkit prints when a connection fails applies to the call that failed.

load helpers/tcpkit
load helpers/network
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

says() { # says STATUS REGEX ARG...   tcpkit connect ends with that status and message
  start client connect "${@:3}"
  ended client "$1" 20
  one_line client "^tcpkit connect: cannot connect to .*: $2$"
}

@test "advice: no local port is free" {
  own_network
  "${inside[@]}" sysctl -qw net.ipv4.ip_local_port_range='50000 50001'
  enter_network
  start server listen 127.0.0.1:5000 -k --port-file server.port
  port_of server
  start one connect 127.0.0.1:5000 --recv-only -v
  wait_for one.err '^tcpkit connect: connected'
  start two connect 127.0.0.1:5000 --recv-only -v
  wait_for two.err '^tcpkit connect: connected'
  says 1 'address not available \(EADDRNOTAVAIL\): no local port is free for that address; .*' 127.0.0.1:5000
}

@test "advice: a second connection between the same two ports" {
  own_network
  enter_network
  start server listen 127.0.0.1:5000 -k --port-file server.port
  port_of server
  start first connect -p 50000 127.0.0.1:5000 --recv-only -v
  wait_for first.err '^tcpkit connect: connected'
  says 1 'address not available \(EADDRNOTAVAIL\): a connection between the same two addresses and ports .*' -p 50000 127.0.0.1:5000
  # The port can be used at the same time for another address.
  start other listen 127.0.0.2:5000 --port-file other.port
  port_of other
  start second connect -p 50000 127.0.0.2:5000 --send x
  ended second 0
}

@test "advice: a source port that is in use" {
  start server listen 127.0.0.1:0 --port-file server.port
  port=$(port_of server)
  says 1 "address in use \(EADDRINUSE\): another socket holds this address; choose another port, or find it with .ss -tanp." \
    -p "$port" 127.0.0.1:1
  grep -qF "(bind 0.0.0.0:$port)" client.err
}

@test "advice: a machine without IPv6" {
  own_network
  "${inside[@]}" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
  enter_network
  says 1 '.*\(EADDRNOTAVAIL\): this machine has no address from which it can reach that one; .*' '[::1]:5000'
}

@test "advice: a link-local address without its interface" {
  own_network
  enter_network
  says 1 'invalid argument \(EINVAL\): a link-local address needs its interface behind it, .*' '[fe80::1]:5000'
}

@test "advice: from the routing table" {
  own_network
  "${inside[@]}" sh -c 'ip route add unreachable 192.0.2.0/24; ip route add prohibit 198.51.100.0/24
    ip route add blackhole 203.0.113.0/24; ip -6 route add prohibit 2001:db8::/64'
  enter_network
  says 1 'host unreachable \(EHOSTUNREACH\): the routing table of this machine declares it unreachable; .*' 192.0.2.1:5000
  says 1 'no permission \(EACCES\): the routing table of this machine prohibits it; .*' 198.51.100.1:5000
  says 1 'no permission \(EACCES\): the routing table of this machine prohibits it; .*' '[2001:db8::1]:5000'
  says 1 'invalid argument \(EINVAL\): the routing table of this machine discards what goes there; .*' 203.0.113.1:5000
  says 1 'network unreachable \(ENETUNREACH\): no route to that network from here' 100.64.0.1:5000
  says 1 'network unreachable \(ENETUNREACH\): it is a broadcast or multicast address, .*' 127.255.255.255:5000
  says 1 'network unreachable \(ENETUNREACH\): it is a broadcast or multicast address, .*' 224.0.0.1:5000
  says 1 'network unreachable \(ENETUNREACH\): it is a broadcast or multicast address, .*' '[ff02::1]:5000'
}

# Two ends of a cable, one of them without an address: ARP and neighbour discovery get no answer.
@test "advice: no such host on the local network, a missing router" {
  own_network
  "${inside[@]}" sh -c 'ip link add left type veth peer name right && ip link set left up && ip link set right up &&
    ip addr add 192.0.2.1/24 dev left && ip -6 addr add 2001:db8::1/64 dev left nodad &&
    ip route add 198.51.100.0/24 via 192.0.2.254' || skip "needs a kernel with veth"
  "${inside[@]}" sysctl -qw net.ipv4.neigh.left.retrans_time_ms=50 net.ipv6.neigh.left.retrans_time_ms=50
  enter_network
  says 1 'host unreachable \(EHOSTUNREACH\): no answer to ARP or neighbour discovery: no host on the network .*' 192.0.2.7:5000
  says 1 'host unreachable \(EHOSTUNREACH\): no answer to ARP or neighbour discovery: no host on the network .*' '[2001:db8::7]:5000'
  says 1 'host unreachable \(EHOSTUNREACH\): the router to that network does not answer .*' 198.51.100.1:5000
}

@test "advice: a firewall that answers with ICMP" {
  own_network
  firewall 'tcp dport 1 reject with icmpx type port-unreachable' \
    'tcp dport 2 reject with icmpx type host-unreachable' 'tcp dport 3 reject with icmpx type no-route'
  enter_network
  says 4 'refused \(ECONNREFUSED\): a firewall, here or on the way, rejects it; .*' 127.0.0.1:1
  says 4 'refused \(ECONNREFUSED\): a firewall, here or on the way, rejects it; .*' '[::1]:1'
  says 1 'host unreachable \(EHOSTUNREACH\): a firewall on this machine rejects it' 127.0.0.1:2
  says 1 'network unreachable \(ENETUNREACH\): a firewall on this machine rejects it' '[::1]:3'
}

@test "advice: Unix sockets" {
  launch full /dev/null python3 -c 'import socket, time
for name, kind in (("full", socket.SOCK_STREAM), ("datagrams", socket.SOCK_DGRAM)):
    s = socket.socket(socket.AF_UNIX, kind); s.bind(name)
    if name == "full":
        keep = s; s.listen(0)
        a = socket.socket(socket.AF_UNIX); a.connect(name)
print("up", flush=True); time.sleep(300)'
  wait_for full.out '^up$'
  says 1 'no room \(EAGAIN\): the server accepts nobody: its queue of waiting clients is full; try again later' ./full
  says 1 'wrong kind of socket \(EPROTOTYPE\): the socket there is no stream socket' ./datagrams
  : >file
  says 4 'refused \(ECONNREFUSED\): what is there is no socket; check the path' ./file
  start server listen unix:@tcpkit-$$ --port-file server.port
  until_true "the server" test -s server.port
  start second listen unix:@tcpkit-$$
  ended second 1
  one_line second '\(EADDRINUSE\): another socket has this name; choose another one, or find it with .ss -xlp.$'
}

@test "advice: a limit that expires during the lookup concerns the name" {
  launch silent /dev/null python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True)
while True: s.recv(2000)'
  wait_for silent.out '^[0-9]+$'
  says 5 'timed out \(ETIMEDOUT\): the name was not looked up in time; a DNS server is slow or silent' \
    -w 300ms --dns-server "127.0.0.1:$(cat silent.out)" name.example:5000
}

@test "--deadline names the last failure, of this try or of the one before" {
  start_cmd hole "$SUPPORT/blackhole"
  hole=$(port_of hole)
  start client connect --deadline 500ms "name.test:$hole" --resolve name.test:127.0.0.2,127.0.0.1
  ended client 5
  one_line client "^tcpkit connect: the deadline of 0.5s has passed; before that: cannot connect to name.test:$hole: refused \(ECONNREFUSED\): "
  port=$("$SUPPORT/free_port")
  for command in connect half-close; do
    start client "$command" --deadline 500ms --retry 9 --retry-delay 1h "127.0.0.1:$port"
    ended client 5
    grep -qE "^tcpkit $command: the deadline of 0.5s has passed; before that: cannot connect to 127.0.0.1:$port: refused \(ECONNREFUSED\): " client.err
  done
}
