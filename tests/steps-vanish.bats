#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts in single quotes expand elsewhere
# vanish: an end that neither receives nor sends, with and without CAP_NET_ADMIN.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

# Sets inside: the prefix that runs a command in a network of its own, with CAP_NET_ADMIN.
own_network() {
  unshare --user --map-root-user --net true 2>/dev/null || skip "needs unprivileged user namespaces"
  cat >inside <<'EOF'
ip link set lo up
"$TCPKIT" listen 127.0.0.1:0 --port-file port --trace=json --trace-file server.trace "${server[@]}" >server.out 2>server.err &
pid=$!
trap 'kill "$pid" 2>/dev/null; wait "$pid"; echo "server $?"' EXIT
until [ -s port ]; do sleep 0.02; done
EOF
}

inside() { # inside SCRIPT   behind the server's start, with the array server in SERVER
  printf '%s\n' "$1" >>inside
  run timeout 60 unshare --user --map-root-user --net bash -c 'server=('"$SERVER"'); . ./inside'
}

@test "with CAP_NET_ADMIN: no FIN, no RST, no data, not even at exit" {
  own_network
  SERVER="--do 'expect data' --do vanish --do 'send \"never\"'"
  inside '"$TCPKIT" connect "127.0.0.1:$(<port)" --trace=json --trace-file client.trace --do "send \"x\"" --do "sleep 100ms" \
    --do "send \"y\"" --do "refute data for 200ms" --do "refute end for 1ms" --do "refute error for 1ms" \
    --do "note \"stop\"" --do "refute end for 500ms" --do "refute error for 1ms" --do destroy &
client=$!
until grep -q stop client.trace; do sleep 0.02; done
kill "$pid"
wait "$pid"; echo "server ended $?"
wait "$client"; echo "client $?"'
  assert_line 'server ended 143'
  assert_line 'client 0'
  run -0 cat server.err
  refute_output --partial FIN
  run -0 jq -c 'select(.event == "close" and .role == "server") | [.hadError, .bytesRead, .bytesWritten, .unsent]' server.trace
  assert_output '[false,1,5,5]'
  check_trace server.trace
}

@test "a peer that vanished: the other end's user timeout finds out, with ETIMEDOUT" {
  own_network
  SERVER="--do 'expect data' --do vanish"
  inside '"$TCPKIT" connect "127.0.0.1:$(<port)" --user-timeout 300ms --do "send \"x\"" --do "sleep 100ms" --do "send \"y\"" \
    --do "expect error code=ETIMEDOUT within 30s"; echo "client $?"'
  assert_line 'client 0'
}

@test "without CAP_NET_ADMIN: later sends fail, and a line reports that the kernel now sends a FIN" {
  local drop=()
  if [ "$(id -u)" = 0 ]; then
    drop=(setpriv --bounding-set=-net_admin --inh-caps=-net_admin)
    "${drop[@]}" true || skip "needs setpriv"
  fi
  start_cmd server "$SUPPORT/peer" readeof
  run timeout 30 "${drop[@]}" "$TCPKIT" connect "127.0.0.1:$(port_of server)" --do 'expect ready' --do vanish --do 'send "x"'
  [[ $output != *"lets nobody drop"* ]] || skip "the kernel takes no filter without privilege"
  [ "$status" = 8 ]
  assert_line 'tcpkit connect: --do 3: send "x": this end has vanished and, without CAP_NET_ADMIN, sends nothing any more'
  assert_line --partial 'vanish: without CAP_NET_ADMIN the kernel now sends a FIN'
  [ "$(status_of server)" = 0 ]
  run -0 tail -n 1 server.out
  assert_output 'eof 0 '
}

@test "vanish before the connection exists takes effect once it does" {
  start_cmd server "$SUPPORT/peer" send:x hold
  start client connect "127.0.0.1:$(port_of server)" --trace=json --do vanish --do 'refute data for 200ms' --do 'note "passed"'
  wait_for client.err passed
  stop client
  [ "$(status_of client)" = 143 ]
  run -0 grep '^{' client.err
  refute_output --partial '"event":"data"'
}
