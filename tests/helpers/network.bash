# A network for one test, for the .bats files that capture packets or make a peer vanish: a network
# namespace with a loopback interface. It needs root or unprivileged user namespaces.

# own_network [tcpdump]   starts the namespace under the name `network` and, if named, tcpdump in it,
# whose lines are network.out. Sets inside: the prefix that runs a command in it. Skips the test if
# namespaces are not permitted.
own_network() {
  local as=(unshare --net) enter=(nsenter --net) command=(sleep infinity)
  if [ "${1-}" = tcpdump ]; then
    command -v tcpdump >/dev/null || skip "needs tcpdump"
    command=(tcpdump --immediate-mode -l -nn -i lo tcp)
  fi
  if ! unshare --net true 2>/dev/null; then
    # tcpdump would drop root, which is not possible there; a peer that vanishes needs root.
    as=(unshare --user --map-root-user --net)
    [ "${1-}" != tcpdump ] || as=(unshare --user --map-current-user --net --keep-caps)
    enter=(nsenter --user --net --preserve-credentials)
    "${as[@]}" true 2>/dev/null ||
      skip "needs a network namespace: root, or unprivileged user namespaces"
  fi
  # shellcheck disable=SC2016 # the shell inside expands it
  start_cmd network "${as[@]}" sh -c 'ip link set lo up && echo up >&2 && exec "$@"' - "${command[@]}"
  wait_for network.err '^up$'
  [ "${1-}" != tcpdump ] || wait_for network.err '^listening on'
  inside=("${enter[@]}" --target "$(pid_of network)" --)
}

# captured   waits until tcpdump has printed everything that was sent before this call
captured() {
  "${inside[@]}" bash -c ': >/dev/tcp/127.0.0.1/1' 2>/dev/null || true
  wait_for network.out ' > 127\.0\.0\.1\.1: Flags \[S\]'
}

# flags_from PORT [TO]   prints the TCP flags of the captured segments from that port, one per line: S,
# S., ., P., F., R, R. With many connections, give TO as well: a port is soon used again.
flags_from() {
  sed -nE "s/^.* IP 127\.0\.0\.1\.$1 > 127\.0\.0\.1\.${2:-[0-9]+}: Flags \[([^]]*)\].*/\1/p" "$BATS_TEST_TMPDIR/network.out"
}

# enter_network   from now on tcpkit and node run in the network
enter_network() {
  local program
  { declare -F find_node >/dev/null && find_node; } || node=false
  for program in "$TCPKIT" "$node"; do
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "${inside[*]}" "$program" >"$BATS_TEST_TMPDIR/in-${program##*/}"
    chmod +x "$BATS_TEST_TMPDIR/in-${program##*/}"
  done
  TCPKIT=$BATS_TEST_TMPDIR/in-${TCPKIT##*/}
  # shellcheck disable=SC2034 # node24 reads it
  [ "$node" = false ] || TCPKIT_NODE=$BATS_TEST_TMPDIR/in-${node##*/}
}

# firewall RULE...   nftables rules for packets from this machine into that network, one per argument.
# ICMP errors are not rate-limited there.
firewall() {
  command -v nft >/dev/null || skip "needs nft"
  "${inside[@]}" nft -f - <<<"table inet test {
    chain out {
      type filter hook output priority 0;
$(printf '      %s\n' "$@")
    }
  }" || skip "needs a kernel with nftables"
  "${inside[@]}" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
}
