# Comparison with Node, for the order-*.bats files. A test defines each end, then calls compare,
# compare_clients or compare_servers:
#   node_client, node_server   arguments of support/node/net.mjs, without client and server
#   kit_client, kit_server     arguments of tcpkit; --trace-file and --port-file are added
# In the arguments of a client PORT is the server's port. unix=yes: a Unix socket, which has none.
#   during END...              a function that runs while both ends (their names) do; those of
#                              tcpkit's are ...-kit
#   client_stdin, server_stdin of tcpkit's; `fifo` is a new FIFO that descriptor 9 writes to

during() { # during SERVER CLIENT   a test defines its own if it needs one
  :
}

# Without Node 24, the checks of tcpkit alone still run.
find_node() { # find_node   sets node; false if there is none
  node=$(node24 && printf '%s\n' "$node")
  [ -n "$node" ] || {
    echo "# $BATS_TEST_DESCRIPTION: not compared, needs Node 24 (TCPKIT_NODE)" >&3
    return 1
  }
}

net_mjs() { # net_mjs NAME client|server OPTIONS ACTION...
  start_cmd "$1" "$node" "$BATS_TEST_DIRNAME/support/node/net.mjs" "${@:2}"
}

start_server() { # start_server NAME node|kit
  if [ "$2" = node ]; then
    net_mjs "$1" server "${node_server[@]}"
  else
    start_fed "$1" "${server_stdin:-/dev/null}" "${kit_server[@]}" --json \
      --trace-file "$BATS_TEST_TMPDIR/$1.trace" --port-file "$BATS_TEST_TMPDIR/$1.port"
  fi
}

start_client() { # start_client NAME node|kit PORT
  if [ "$2" = node ]; then
    net_mjs "$1" client "${node_client[@]//PORT/$3}"
  else
    start_fed "$1" "${client_stdin:-/dev/null}" "${kit_client[@]//PORT/$3}" --json \
      --trace-file "$BATS_TEST_TMPDIR/$1.trace"
  fi
}

trace_of() { # trace_of NAME   the path of its events, whichever program it is
  local base=$BATS_TEST_TMPDIR/$1
  if [[ $1 == *node ]]; then echo "$base.out"; else echo "$base.trace"; fi
}

normal() { # normal NAME PORT   its events without values that differ each time
  local file
  file=$(trace_of "$1")
  if [[ $1 != *node ]]; then check_trace "$file" "${3-}" || return; fi
  jq -cSRn --argjson port "$2" -f "$BATS_TEST_DIRNAME/helpers/order.jq" "$file"
}

# pair SERVER CLIENT   runs one of each to its end; events in server-SERVER-CLIENT and client-...
pair() {
  local s=server-by-$2-$1 c=client-of-$1-$2 port
  rm -f "$BATS_TEST_TMPDIR/fifo"
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 9<>"$BATS_TEST_TMPDIR/fifo" # so that no open of it waits
  start_server "$s" "$1"
  if [ -n "${unix-}" ]; then
    wait_for "$(trace_of "$s")" '"event":"listening"'
    port=-2
  else
    port=$(port_of "$s")
  fi
  start_client "$c" "$2" "$port"
  during "$s" "$c"
  exec 9>&- # the end of that stdin
  status_of "$c" >/dev/null
  status_of "$s" >/dev/null
  normal "$s" "$port" >"$BATS_TEST_TMPDIR/$s.events"
  normal "$c" "$port" >"$BATS_TEST_TMPDIR/$c.events"
}

same() { # same FILE EXPECTED...   compares the events with Node's
  local expected
  for expected in "${@:2}"; do
    diff -u --label "$expected" --label "$1" "$BATS_TEST_TMPDIR/$expected.events" \
      "$BATS_TEST_TMPDIR/$1.events" >&2 || return
  done
}

# Each end with each program at the other end: always the same events as Node with Node.
compare() {
  local other
  if ! find_node; then
    pair kit kit
    return
  fi
  pair node node
  pair node kit
  pair kit node
  pair kit kit
  for other in node kit; do
    same "server-by-$other-kit" server-by-node-node
    same "client-of-$other-kit" client-of-node-node
  done
  same server-by-kit-node server-by-node-node
  same client-of-kit-node client-of-node-node
}

names() { # names FILE   the event names, as "role name"
  jq -r '"\(.role) \(.event)"' "$BATS_TEST_TMPDIR/$1.events"
}

# Compares one end alone with Node's; `peer WHICH` starts the other end each time. WHICH (node, kit)
# distinguishes the two in the names of the started programs. If the end is a client, peer sets port;
# if it is a server, peer reads port.
compare_clients() { # compare_clients
  alone client
}

compare_servers() { # compare_servers
  alone server
}

alone() { # alone client|server
  local end=$1 which port=1 programs='node kit'
  find_node || programs=kit
  for which in $programs; do
    rm -f "$BATS_TEST_TMPDIR/fifo"
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    exec 9<>"$BATS_TEST_TMPDIR/fifo"
    if [ "$end" = client ]; then
      peer "$which"
      start_client "client-$which" "$which" "$port"
    else
      start_server "server-$which" "$which"
      port=$(port_of "server-$which")
      peer "$which"
    fi
    during "$end-$which"
    exec 9>&-
    status_of "$end-$which" 10 >/dev/null
    normal "$end-$which" "$port" >"$BATS_TEST_TMPDIR/$end-$which.events"
  done
  [ "$programs" = kit ] || same "$end-kit" "$end-node"
}

peer() { # a test defines its own if it needs one
  :
}
