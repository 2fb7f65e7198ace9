#!/usr/bin/env bats
# Connections with a peer that acts at random, and over a path that loses, duplicates and reorders
# packets: no layer of the trace contradicts another, and tshark reads the --pcap file as we do.
# From the environment: TCPKIT_CONNECTIONS (60; 1000 in a full run), TCPKIT_SEED (random; printed).

# shellcheck disable=SC2016,SC2154 # the shell inside expands it, and what helpers set
load helpers/tcpkit
load helpers/network

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  seed=${TCPKIT_SEED:-$RANDOM}
  count=${TCPKIT_CONNECTIONS:-60}
  echo "# TCPKIT_SEED=$seed" >&3
}
teardown() { stop_all; }

serve() { # serve ADDRESS   echo, in the network, with all layers; sets port
  start_cmd s "${inside[@]}" "$TCPKIT" echo "$1" --port-file "$BATS_TEST_TMPDIR/s.port" \
    --layers call,event,kernel,wire,note --json --pcap s.pcap
  port=$(port_of s)
}

judge() { # judge   the server's trace, once it has ended
  stop s
  assert_equal "$(status_of s 20)" 143
  run -0 "$BATS_TEST_DIRNAME/check/contradictions" s.out
  assert_output ''
  command -v tshark >/dev/null || skip "needs tshark for the rest"
  run -0 --separate-stderr "$BATS_TEST_DIRNAME/check/against_tshark" s.out s.pcap
  assert_output ''
}

# Another network, and a path to it from ours.
path() { # path CHANCE...   sets there: the prefix that runs a command at the far end
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  [ -c /dev/net/tun ] || skip "needs /dev/net/tun"
  start_cmd far unshare --net sleep infinity
  until_true "another network" far_is_apart
  there=(nsenter --net --target "$(pid_of far)" --)
  start_cmd box "${inside[@]}" "$BATS_TEST_DIRNAME/support/middlebox" "$(pid_of far)" seed="$seed" "$@"
  wait_for box.out '^up$'
}

far_is_apart() { # far_is_apart   unshare(1) has made it
  [ "$(readlink "/proc/$(pid_of far)/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

@test "a random peer: no contradiction, and the segments are those that tshark reads" {
  own_network
  serve 127.0.0.1:0
  run -0 timeout 240 "${inside[@]}" "$BATS_TEST_DIRNAME/support/random_peer" 127.0.0.1 "$port" "$count" "$seed"
  assert_output ''
  judge
}

@test "a random peer over loss, duplication, reordering and delay: no contradiction" {
  own_network
  path loss=0.05 duplicate=0.03 reorder=0.05 delay=5
  serve 10.9.0.1:0
  # Which end gives up on this path does not matter here.
  timeout 240 "${there[@]}" "$BATS_TEST_DIRNAME/support/random_peer" 10.9.0.1 "$port" "$((count / 3))" "$seed" 20
  judge
  # The kernel's counts agree with the wire.
  run -0 jq -s 'map(select(.label == "retransmission")) | length > 0' s.out
  assert_output true
}

@test "a random peer over IPv6 and such a path: no contradiction" {
  own_network
  path loss=0.05 duplicate=0.03 reorder=0.05 delay=5
  serve '[fd09::1]:0'
  timeout 240 "${there[@]}" "$BATS_TEST_DIRNAME/support/random_peer" fd09::1 "$port" "$((count / 3))" "$seed" 20
  judge
  run -0 jq -s 'map(select(.src? // "" | startswith("[fd09::2]:"))) | length > 0' s.out
  assert_output true
}

@test "a random peer over a path that only doubles, and over one that only overtakes" {
  local chance
  for chance in duplicate=0.2 reorder=0.3; do
    own_network
    path "$chance"
    serve 10.9.0.1:0
    timeout 240 "${there[@]}" "$BATS_TEST_DIRNAME/support/random_peer" 10.9.0.1 "$port" "$((count / 3))" "$seed" 20
    judge
    stop box
    stop far
    stop network
    status_of network >/dev/null
    rm -f s.pcap
  done
}
