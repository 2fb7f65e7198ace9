#!/usr/bin/env bats
# Block and allow lists on servers and clients: tcpkit-blocklist(1).
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a subshell; run and node24 set variables

load helpers/tcpkit

teardown() { stop_all; }

serve() { # serve COMMAND OPTION...   a traced server on a free port of 127.0.0.1; sets port
  start s "$@" --port-file "$BATS_TEST_TMPDIR/s.port" --trace=json --trace-file "$BATS_TEST_TMPDIR/trace"
  port=$(port_of s)
}

listeners() { # listeners   the event names of the listener, in order
  events trace 'select(.role == "listener" and .layer == "event")'
}

blocked() { # blocked FILTER   of the `blocked` events, a line each
  jq -c "select(.event == \"blocked\") | $1" "$BATS_TEST_TMPDIR/trace"
}

blocked_are() { # blocked_are COUNT
  [ "$(grep -c '"blocked"' "$BATS_TEST_TMPDIR/trace")" -eq "$1" ]
}

peer() { # peer ACTION...   connects to the server and prints what it saw
  "$SUPPORT/peer" --connect 127.0.0.1 "$port" "$@"
}

@test "a blocked client sees a full handshake, then a FIN; there is no connection" {
  serve echo 127.0.0.1:0 --block 10.0.0.0/8 --block 127.0.0.0/8
  run -0 peer readeof
  assert_line "eof 0 "
  wait_for trace '"blocked"'
  stop s
  [ "$(status_of s)" -eq 143 ]
  check_trace trace
  assert_equal "$(listeners)" "$(printf '%s\n' listening blocked close)"
  assert_equal "$(blocked '[.role, .rule, .list, .option, .localAddress, .localPort, .remoteAddress, .remoteFamily]')" \
    "[\"listener\",\"Subnet: IPv4 127.0.0.0/8\",\"block\",\"--block\",\"127.0.0.1\",$port,\"127.0.0.1\",\"IPv4\"]"
}

@test "curl and nc as blocked clients" {
  serve listen -k 127.0.0.1:0 --block 127.0.0.1
  run -0 timeout 20 nc 127.0.0.1 "$port" </dev/null
  assert_output ""
  # 52: no answer came; 56: the request arrived before the accept, so the close sent a RST.
  run curl -s --max-time 20 "http://127.0.0.1:$port/"
  [ "$status" -eq 52 ] || [ "$status" -eq 56 ]
  until_true "two blocked clients" blocked_are 2
  stop s
  [ "$(status_of s)" -eq 143 ]
  check_trace trace
  assert_equal "$(listeners)" "$(printf '%s\n' listening blocked blocked close)"
}

@test "node as a blocked client, and Node's own server in its place: the same events" {
  node24
  cat >"$BATS_TEST_TMPDIR/client.js" <<'END'
const socket = require('node:net').connect(+process.argv[2], '127.0.0.1');
for (const name of ['connect', 'ready', 'data', 'end', 'finish', 'error', 'close'])
  socket.on(name, (value) => console.log(name, value ?? ''));
END
  cat >"$BATS_TEST_TMPDIR/server.js" <<'END'
const net = require('node:net');
const blockList = new net.BlockList();
blockList.addAddress('127.0.0.1');
const server = net.createServer({ blockList }, () => console.log('connection'));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
END
  serve listen -k 127.0.0.1:0 --block 127.0.0.1
  run -0 timeout 20 "$node" "$BATS_TEST_TMPDIR/client.js" "$port"
  ours=$output
  start_cmd n "$node" "$BATS_TEST_TMPDIR/server.js"
  run -0 timeout 20 "$node" "$BATS_TEST_TMPDIR/client.js" "$(port_of n)"
  assert_equal "$ours" "$output"
  assert_equal "$ours" "$(printf '%s\n' 'connect ' 'ready ' 'end ' 'finish ' 'close false')"
  assert_equal "$(blocked .rule)" '"Address: IPv4 127.0.0.1"'
}

@test "an IPv4 rule holds on a dual-stack listener" {
  serve listen -k 0 --block 127.0.0.1
  run -0 peer readeof
  assert_line "eof 0 "
  wait_for trace '"blocked"'
  run -0 blocked '[.remoteAddress, .remoteFamily]'
  [ "$output" = '["::ffff:127.0.0.1","IPv6"]' ] || [ "$output" = '["127.0.0.1","IPv4"]' ]
}

@test "an allow list rejects all others, and a block wins" {
  printf '# us\n127.0.0.0/24\n' >"$BATS_TEST_TMPDIR/allowed"
  serve echo 127.0.0.1:0 --allowlist "$BATS_TEST_TMPDIR/allowed" --allow 127.0.1.0/24 --block 127.0.0.9
  for client in 127.0.0.1 127.0.1.1; do
    run -0 timeout 20 nc -N -s "$client" 127.0.0.1 "$port" <<<hello
    assert_output hello
  done
  for client in 127.0.0.9 127.0.2.1; do
    run -0 timeout 20 nc -s "$client" 127.0.0.1 "$port" </dev/null
    assert_output ""
  done
  until_true "two blocked clients" blocked_are 2
  stop s
  [ "$(status_of s)" -eq 143 ]
  check_trace trace
  assert_equal "$(blocked '[.rule, .list, .option]')" '["Address: IPv4 127.0.0.9","block","--block"]
[null,"allow","--allowlist"]'
  # The two admitted clients are the connections 1 and 2.
  assert_equal "$(jq -c 'select(.event == "connection") | .conn' "$BATS_TEST_TMPDIR/trace")" "$(printf '1\n2')"
}

@test "an empty allow list rejects nobody, and a line reports it" {
  : >"$BATS_TEST_TMPDIR/allowed"
  serve echo 127.0.0.1:0 --allowlist "$BATS_TEST_TMPDIR/allowed"
  run -0 timeout 20 nc -N 127.0.0.1 "$port" <<<hello
  assert_output hello
  grep -q 'the allow list is empty' "$BATS_TEST_TMPDIR/s.err"
}

@test "--max-connections is checked first" {
  serve echo 127.0.0.1:0 --max-connections 0 --block 127.0.0.1
  run -0 peer readeof
  wait_for trace '"drop"'
  stop s
  [ "$(status_of s)" -eq 143 ]
  check_trace trace
  assert_equal "$(listeners)" "$(printf '%s\n' listening drop close)"
  assert_equal "$(jq -r 'select(.event == "drop") | .reason' "$BATS_TEST_TMPDIR/trace")" maxConnections
}

@test "a blocked client does not count as the one client of listen" {
  serve listen 127.0.0.1:0 --block 127.0.0.2
  run -0 timeout 20 nc -s 127.0.0.2 127.0.0.1 "$port" </dev/null
  run -0 timeout 20 nc -N -s 127.0.0.1 127.0.0.1 "$port" <<<hello
  [ "$(status_of s)" -eq 0 ]
  assert_equal "$(<"$BATS_TEST_TMPDIR/s.out")" hello
  check_trace trace
  assert_equal "$(listeners)" "$(printf '%s\n' listening blocked connection close)"
}

@test "a blocked client does not end the wait for the first one" {
  serve listen 127.0.0.1:0 --block 127.0.0.0/8 --accept-timeout 1s
  run -0 timeout 20 nc 127.0.0.1 "$port" </dev/null
  [ "$(status_of s 20)" -eq 5 ]
  assert_equal "$(listeners)" "$(printf '%s\n' listening blocked timeout close)"
}

@test "a client that reset before the accept is dropped if there are rules" {
  serve echo 127.0.0.1:0 --block 10.0.0.1
  stop s STOP
  run -0 peer rst
  stop s CONT
  wait_for trace '"drop"'
  stop s
  [ "$(status_of s)" -eq 143 ]
  check_trace trace
  assert_equal "$(listeners)" "$(printf '%s\n' listening drop close)"
  assert_equal "$(jq -c 'select(.event == "drop") | [.reason, .option, .remoteAddress, .remotePort, .remoteFamily]' "$BATS_TEST_TMPDIR/trace")" \
    '["unknownPeer","--block",null,null,null]'
}

@test "SIGHUP reads the files again; a bad file is reported and the old rules remain" {
  rules=$BATS_TEST_TMPDIR/rules
  echo 10.0.0.1 >"$rules"
  serve echo 127.0.0.1:0 --blocklist "$rules"
  run -0 timeout 20 nc -N 127.0.0.1 "$port" <<<one
  assert_output one

  printf '127.0.0.1\n10.0.0.1\n' >"$rules"
  stop s HUP
  wait_for s.err 'read the rules again: 2 block, 0 allow'
  run -0 timeout 20 nc 127.0.0.1 "$port" </dev/null
  assert_output ""
  assert_equal "$(blocked '[.rule, .option]')" '["Address: IPv4 127.0.0.1","--blocklist"]'

  printf '10.0.0.1\nnonsense\n' >"$rules"
  stop s HUP
  wait_for s.err "the old rules stay: .*rules:2: 'nonsense'"
  run -0 timeout 20 nc 127.0.0.1 "$port" </dev/null
  assert_output ""

  rm "$rules"
  stop s HUP
  wait_for s.err 'the old rules stay: .*no such file'
  run -0 timeout 20 nc 127.0.0.1 "$port" </dev/null
  assert_output ""

  : >"$rules"
  stop s HUP
  wait_for s.err 'read the rules again: 0 block'
  run -0 timeout 20 nc -N 127.0.0.1 "$port" <<<two
  assert_output two
  stop s
  [ "$(status_of s)" -eq 143 ]
  check_trace trace
}

@test "SIGHUP does not wait for a pipe that was read before" {
  mkfifo "$BATS_TEST_TMPDIR/rules"
  start s echo 127.0.0.1:0 --blocklist "$BATS_TEST_TMPDIR/rules" --port-file "$BATS_TEST_TMPDIR/s.port"
  timeout 20 tee "$BATS_TEST_TMPDIR/rules" <<<127.0.0.1 >/dev/null
  port=$(port_of s)
  stop s HUP
  wait_for s.err 'the old rules stay: .*no regular file'
  run -0 timeout 20 nc 127.0.0.1 "$port" </dev/null
  assert_output ""
}

@test "SIGHUP without a file of rules still ends the server" {
  serve echo 127.0.0.1:0 --block 10.0.0.1
  stop s HUP
  [ "$(status_of s)" -eq 129 ]
}

@test "SIGHUP reloads the rules under nohup as well" {
  echo 10.0.0.1 >"$BATS_TEST_TMPDIR/rules"
  start_cmd s env --ignore-signal=HUP "$TCPKIT" echo 127.0.0.1:0 --allowlist "$BATS_TEST_TMPDIR/rules" --port-file "$BATS_TEST_TMPDIR/s.port"
  port_of s
  stop s HUP
  wait_for s.err 'read the rules again: 0 block, 1 allow'
}

@test "rules on a Unix socket are refused" {
  echo 10.0.0.1 >"$BATS_TEST_TMPDIR/rules"
  for rule in '--block 10.0.0.1' "--blocklist $BATS_TEST_TMPDIR/rules" '--allow 10.0.0.1' "--allowlist $BATS_TEST_TMPDIR/rules"; do
    for command in listen echo 'blocklist serve'; do
      # shellcheck disable=SC2086 # words
      run -2 --separate-stderr "$TCPKIT" $command "$BATS_TEST_TMPDIR/socket" $rule
      [[ $stderr == *"${rule%% *}"* ]]
      [ ! -e "$BATS_TEST_TMPDIR/socket" ]
    done
  done
  run -2 --separate-stderr "$TCPKIT" connect "$BATS_TEST_TMPDIR/socket" --block 10.0.0.1
  [[ $stderr == *--block* ]]
  run -2 --separate-stderr "$TCPKIT" connect 127.0.0.1:9 --allow 10.0.0.1
  [[ $stderr == *"unknown option --allow"* ]]
}

@test "a bad rule or file is found before anything is opened" {
  echo nonsense >"$BATS_TEST_TMPDIR/rules"
  for command in 'listen 127.0.0.1:0' 'echo 127.0.0.1:0' 'blocklist serve 127.0.0.1:0' 'connect 127.0.0.1:9'; do
    # shellcheck disable=SC2086 # words
    run -2 --separate-stderr "$TCPKIT" $command --blocklist "$BATS_TEST_TMPDIR/rules" --trace-file "$BATS_TEST_TMPDIR/trace"
    [[ $stderr == *"rules:1: 'nonsense'"* ]]
    assert_equal "${#stderr_lines[@]}" 1
    # shellcheck disable=SC2086 # words
    run -2 --separate-stderr "$TCPKIT" $command --block 1.2.3.4/33
    [[ $stderr == *"--block: '1.2.3.4/33'"* ]]
  done
  [ ! -e "$BATS_TEST_TMPDIR/trace" ]
}

@test "connect: a blocked target is exit 7, and nothing is sent" {
  serve echo 127.0.0.1:0
  run -7 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" --block 127.0.0.0/8 --send hi \
    --trace=json --trace-file "$BATS_TEST_TMPDIR/client" </dev/null
  assert_equal "$output" ""
  [[ $stderr == *ERR_IP_BLOCKED* ]]
  check_trace client
  assert_equal "$(events client 'select(.layer == "event")')" \
    "$(printf '%s\n' connectionAttempt connectionAttemptFailed error close)"
  assert_equal "$(jq -c 'select(.event == "error") | .error | [.name, .code, .message, .errno]' "$BATS_TEST_TMPDIR/client")" \
    '["Error","ERR_IP_BLOCKED","IP(127.0.0.1) is blocked by net.BlockList",null]'
  stop s
  [ "$(status_of s)" -eq 143 ]
  assert_equal "$(listeners)" "$(printf '%s\n' listening close)"
}

@test "connect: the next address of a name is tried" {
  serve echo 127.0.0.1:0
  run -0 --separate-stderr "$TCPKIT" connect "two.test:$port" --resolve two.test:127.0.0.2,127.0.0.1 --block 127.0.0.2 \
    --trace=json --trace-file "$BATS_TEST_TMPDIR/client" < <(echo hello)
  assert_output hello
  check_trace client
  assert_equal "$(jq -r 'select(.layer == "event" and (.event | startswith("connectionAttempt"))) | [.event, .ip, .error.code // "-"] | join(" ")' "$BATS_TEST_TMPDIR/client")" \
    "$(printf '%s\n' 'connectionAttempt 127.0.0.2 -' 'connectionAttemptFailed 127.0.0.2 ERR_IP_BLOCKED' 'connectionAttempt 127.0.0.1 -')"
}

@test "connect: if all addresses are blocked, the error is one AggregateError" {
  echo 127.0.0.0/8 >"$BATS_TEST_TMPDIR/rules"
  run -7 --separate-stderr "$TCPKIT" connect two.test:9 --resolve two.test:127.0.0.2,127.0.0.1 \
    --blocklist "$BATS_TEST_TMPDIR/rules" --trace=json --trace-file "$BATS_TEST_TMPDIR/client" </dev/null
  [[ $stderr == *"127.0.0.2 blocked, 127.0.0.1 blocked"* ]]
  check_trace client
  assert_equal "$(events client 'select(.layer == "event" and .event != "lookup")')" \
    "$(printf '%s\n' connectionAttempt connectionAttemptFailed connectionAttempt connectionAttemptFailed error close)"
  assert_equal "$(jq -c 'select(.event == "error") | .error | [.name, .code, [.errors[].code]]' "$BATS_TEST_TMPDIR/client")" \
    '["AggregateError","ERR_IP_BLOCKED",["ERR_IP_BLOCKED","ERR_IP_BLOCKED"]]'
}

@test "steps can wait for a blocked client, and cannot change the rules" {
  serve listen -k 127.0.0.1:0 --block 127.0.0.1 --do 'expect blocked option=--block within 20s' \
    --do 'refute connection for 1ms' --do 'note "done"'
  run -0 timeout 20 nc 127.0.0.1 "$port" </dev/null
  wait_for trace '"done"'
  for step in 'set block=10.0.0.1' 'set blocklist=/dev/null'; do
    run -2 --separate-stderr "$TCPKIT" connect "127.0.0.1:$port" --do "$step"
    [[ $stderr == *"only before there is a connection"* ]]
  done
}

@test "serve traces on stdout by default, counts bytes and discards them" {
  start s blocklist serve 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/s.port" --block 127.0.0.2
  port=$(port_of s)
  run -0 timeout 20 nc -N 127.0.0.1 "$port" <<<hello
  assert_output ""
  run -0 timeout 20 nc -s 127.0.0.2 127.0.0.1 "$port" </dev/null
  wait_for s.out 'listener +blocked +127\.0\.0\.2:[0-9]+ +Address: IPv4 127\.0\.0\.2 \(--block\)'
  wait_for s.out "server 1 +end +the peer's FIN, after 6 bytes"
  stop s
  [ "$(status_of s)" -eq 143 ]
  grep -q '1 let in, 6 bytes received; 1 blocked' "$BATS_TEST_TMPDIR/s.err"
}

@test "serve --quiet keeps stdout empty, --trace=json makes it JSON" {
  start s blocklist serve 127.0.0.1:0 --quiet --port-file "$BATS_TEST_TMPDIR/s.port"
  port=$(port_of s)
  run -0 timeout 20 nc -N 127.0.0.1 "$port" <<<hello
  stop s
  [ "$(status_of s)" -eq 143 ]
  [ ! -s "$BATS_TEST_TMPDIR/s.out" ]
  start j blocklist serve 127.0.0.1:0 --json --port-file "$BATS_TEST_TMPDIR/j.port"
  run -0 timeout 20 nc -N 127.0.0.1 "$(port_of j)" <<<hello
  stop j
  [ "$(status_of j)" -eq 143 ]
  check_trace j.out
}

@test "serve sends nothing to its clients: it accepts no steps" {
  local option
  for option in --do --script; do
    run -2 --separate-stderr "$TCPKIT" blocklist serve 127.0.0.1:0 "$option" end
    assert_output ""
    [[ $stderr == *"unknown option $option"* ]]
  done
}

@test "without arguments: the purpose and two examples that work as printed" {
  run -2 --separate-stderr "$TCPKIT" blocklist
  assert_output ""
  local examples port
  mapfile -t examples < <(sed -n 's/^  tcpkit //p' <<<"$stderr")
  assert_equal "${#examples[@]}" 2
  eval "run -7 --separate-stderr \"\$TCPKIT\" ${examples[0]}"
  assert_output $'10.1.2.3\tblocked\tSubnet: IPv4 10.0.0.0/8\n192.0.2.1\tallowed\t-'
  eval "start s ${examples[1]/5000/0 --port-file \"\$BATS_TEST_TMPDIR/s.port\"}"
  port=$(port_of s)
  run -0 timeout 20 nc 127.0.0.1 "$port" </dev/null
  assert_output ""
  wait_for s.out 'blocked +127\.0\.0\.1:[0-9]+ +Address: IPv4 127\.0\.0\.1 \(--block\)'
}
