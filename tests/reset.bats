#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets stderr, node24 sets node
# reset: each method at each moment as either end; compares the summary with what the peer and
# tcpdump saw.

load helpers/tcpkit
load helpers/network

inside=()

teardown() {
  stop_all
}

# The actions of one end in a matrix of methods and moments, and those of the peer meanwhile.
methods=(reset destroy destroySoon end linger)
moments=(connect send data end 50ms 5)

peer_actions() { # peer_actions MOMENT   sets actions: nothing follows the data that tcpkit waits for
  case $1 in
    data | 5) actions=(send:hello readeof) ;;
    end) actions=(send:hello fin readeof) ;;
    *) actions=(readeof) ;;
  esac
}

as_client() { # as_client NAME ARG...   reset against a peer that does the actions
  start_cmd "peer-$1" "${inside[@]}" "$SUPPORT/peer" "${actions[@]}"
  start_cmd "$1" "${inside[@]}" "$TCPKIT" reset "127.0.0.1:$(port_of "peer-$1")" --json "${@:2}"
}

as_server() { # as_server NAME ARG...   the same with the peer as the client
  start_cmd "$1" "${inside[@]}" "$TCPKIT" reset --listen 127.0.0.1:0 --json \
    --port-file "$BATS_TEST_TMPDIR/$1.port" "${@:2}"
  start_cmd "peer-$1" "${inside[@]}" "$SUPPORT/peer" --connect 127.0.0.1 "$(port_of "$1")" "${actions[@]}"
}

summary() { # summary NAME [FIELD]
  jq -r "select(.event == \"summary\") | .${2:-sent}" "$BATS_TEST_TMPDIR/$1.out"
}

ended() { # ended NAME [STATUS]   both of a pair; the trace is in order
  assert_equal "$(status_of "$1")" "${2:-0}"
  status_of "peer-$1" >/dev/null
  check_trace "$1.out"
}

# The peer reports ECONNRESET exactly when the summary reports a RST.
agree() { # agree NAME
  local saw
  saw=$(tail -n 1 "$BATS_TEST_TMPDIR/peer-$1.out")
  case $(summary "$1") in
    RST) [[ $saw == *'error read ECONNRESET' ]] ;;
    FIN) [[ $saw == 'eof '* ]] ;;
    *) false ;;
  esac || {
    printf '%s: the summary says %s, the peer %s\n' "$1" "$(summary "$1" text)" "$saw" >&2
    return 1
  }
}

expected() { # expected METHOD   prints what is sent if no data is unread
  case $1 in
    reset | linger) echo RST ;;
    *) echo FIN ;;
  esac
}

matrix() { # matrix   all pairs of a method and a moment, as both ends
  local method moment end name
  for method in "${methods[@]}"; do
    for moment in "${moments[@]}"; do
      peer_actions "$moment"
      for end in client server; do
        "as_$end" "$end-$method-$moment" --method "$method" --after "$moment" --send x
      done
    done
    for name in {client,server}-"$method"-{connect,send,data,end,50ms,5}; do
      ended "$name"
      assert_equal "$name $(summary "$name")" "$name $(expected "$method")"
      agree "$name"
    done
  done
}

@test "each method at each moment, as client and as server: the peer sees what the summary reports" {
  matrix
}

@test "tcpdump sees FIN or RST as the summary says, for each method and moment" {
  own_network tcpdump
  matrix
  captured
  local file name ports flags
  for file in "$BATS_TEST_TMPDIR"/{client,server}-*.out; do
    name=$(basename "$file" .out)
    read -ra ports < <(jq -r 'select(.event == ("connect", "connection") and .layer == "event") | "\(.localPort) \(.remotePort)"' "$file")
    flags=$(flags_from "${ports[@]}" | grep -o '[FR]' | sort -u | tr -d '\n')
    case $(summary "$name") in
      RST) assert_equal "$name $flags" "$name R" ;;
      FIN) assert_equal "$name $flags" "$name F" ;;
    esac
  done
}

@test "tcpdump sees what --unread and --linger 0 change" {
  own_network tcpdump
  actions=(send:hello readeof)
  as_client unread --method destroy --after data --unread
  ended unread
  actions=(send:hello readeof hold) # its FIN before our close() would leave nothing to reset
  as_client soon --method destroySoon --after data --unread
  assert_equal "$(status_of soon)" 0
  actions=(readeof)
  as_client linger --method destroy --linger 0
  ended linger
  captured
  local name flags
  for name in unread soon linger; do
    flags=$(flags_from "$(jq 'select(.event == "connect" and .layer == "event") | .localPort' "$BATS_TEST_TMPDIR/$name.out")" |
      grep -o '[FR]' | sed 's/F/FIN/; s/R/RST/' | paste -sd ,)
    assert_equal "$name $flags" "$name $(summary "$name")"
  done
  assert_equal "$(summary unread) $(summary soon) $(summary linger)" 'RST FIN,RST RST'
}

@test "unread data turns destroy() into a RST, and the summary says why" {
  actions=(send:hello readeof)
  for end in client server; do
    "as_$end" $end --method destroy --after data --unread
    ended $end
    agree $end
    run -0 summary $end text
    assert_output 'RST went out by destroy(): 5 received bytes were left unread in the kernel'
    run -0 jq -c 'select(.event == "destroy") | .unread' "$BATS_TEST_TMPDIR/$end.out"
    assert_output true
    run -0 events $end.out 'select(.event == "data")'
    assert_output ''
  done
}

@test "unread data after the FIN of destroySoon(): FIN, then RST" {
  actions=(send:hello hold) # a FIN of the peer's between ours and close() would end the connection
  as_client client --method destroySoon --after data --unread
  ended client
  run -0 summary client text
  assert_output 'FIN, then RST went out by destroySoon(): 5 received bytes were left unread in the kernel'
}

@test "--unread with a time: data that arrived before it was not read" {
  actions=(send:hello readeof)
  as_client client --method destroy --after 200ms --unread
  ended client
  agree client
  run -0 summary client why
  assert_output unread
  run -0 summary client text
  assert_output 'RST went out by destroy(): 5 received bytes were left unread in the kernel'
}

@test "end() continues reading to the peer's FIN, even with --unread" {
  actions=(send:hello readeof)
  as_client client --method end --after data --unread
  ended client
  agree client
  run -0 events client.out 'select(.layer == "event")'
  assert_output 'connectionAttempt
connect
ready
finish
data
end
close'
}

@test "--linger 0 makes destroy() send a RST, and no connection that ended in order" {
  actions=(readeof)
  as_client destroy --method destroy --linger 0
  ended destroy
  agree destroy
  run -0 summary destroy why
  assert_output linger
  run -0 summary destroy text
  assert_output 'RST went out by destroy(): SO_LINGER of 0 seconds makes close() abort'
  as_client end --method end --linger 0
  ended end
  agree end
}

@test "the trace of each method, at the moment of its summary" {
  local method
  for method in "${methods[@]}"; do
    actions=(readeof)
    as_client "$method" --method "$method"
    ended "$method"
  done
  calls() {
    events "$1.out" 'select(.layer == "call" and .event != "connect")'
  }
  assert_equal "$(calls reset)" resetAndDestroy
  assert_equal "$(calls destroy)" destroy
  assert_equal "$(calls destroySoon)" destroySoon
  assert_equal "$(calls end)" end
  assert_equal "$(calls linger)" $'setsockopt\ndestroy'
  run -0 events reset.out 'select(.layer == "event" or .event == "summary")'
  assert_output 'connectionAttempt
connect
ready
close
summary'
}

@test "--after send waits until all data is with the kernel" {
  actions=(unread:65536 slow:65536)
  local block
  block=$(printf '%0100000d' 0)
  while [ $# -lt 16 ]; do set -- "$@" --send "$block"; done
  as_client client --method destroy --after send --send-buffer 4k --high-water-mark 1G "$@"
  ended client
  agree client
  run -0 jq -s 'map(select(.event == "write")) | last | .flushed, .writableLength > 65536' "$BATS_TEST_TMPDIR/client.out"
  assert_output $'false\ntrue'
  run -0 tail -n 1 "$BATS_TEST_TMPDIR/peer-client.out"
  assert_output --regexp '^eof 800000 '
}

@test "--after BYTES counts all received bytes, and accepts k" {
  actions=(sendn:1000 wait:50 sendn:1048 hold)
  as_client client --after 2k
  assert_equal "$(status_of client)" 0
  run -0 jq -s 'map(select(.event == "data")) | last | .bytesRead' "$BATS_TEST_TMPDIR/client.out"
  assert_output 2048
  stop peer-client
}

@test "a time in minutes is not a number of bytes" {
  actions=(sendn:3M hold)
  as_client client --after 2m
  wait_for client.out '"bytesRead":3145728'
  stop client
  assert_equal "$(status_of client)" 143
  stop peer-client
}

@test "the connection ends before the moment: no claim, status 1; reset by the peer, 6" {
  actions=(fin readeof)
  as_client client --after data
  assert_equal "$(status_of client)" 1
  run -0 jq -c 'select(.event == "summary") | [.text, .sent]' "$BATS_TEST_TMPDIR/client.out"
  assert_output '["the connection ended before its moment had come: nothing was aborted",null]'
  run -0 cat "$BATS_TEST_TMPDIR/client.err"
  assert_output 'tcpkit reset: the connection ended before its moment had come: nothing was aborted'
  actions=(rst)
  as_client other --after data
  assert_equal "$(status_of other)" 6
}

@test "with --allow-half-open a half-open connection stays until the moment" {
  actions=(fin readeof)
  as_client client --after 200ms --allow-half-open
  ended client
  agree client
  run -0 events client.out 'select(.layer == "event")'
  assert_output 'connectionAttempt
connect
ready
end
close'
}

@test "the end that is reset exits 6, and its summary reports its own action" {
  start server reset --listen 127.0.0.1:0 --method destroy --after data --unread --json \
    --port-file "$BATS_TEST_TMPDIR/server.port"
  start client reset "127.0.0.1:$(port_of server)" --method end --send hello --json
  assert_equal "$(status_of client)" 6
  assert_equal "$(status_of server)" 0
  assert_equal "$(summary server)" RST
  assert_equal "$(summary client)" FIN
  run -0 jq -r 'select(.event == "error") | .error.code' "$BATS_TEST_TMPDIR/client.out"
  assert_output ECONNRESET
}

@test "tcpkit as the peer: connect and listen exit 6 exactly when the summary reports RST" {
  local method status
  for method in "${methods[@]}"; do
    status=0
    [ "$(expected "$method")" = FIN ] || status=6
    # The received data shows that the connection was accepted before its reset.
    start "listen-$method" listen 127.0.0.1:0 --send x --no-shutdown --port-file "$BATS_TEST_TMPDIR/listen-$method.port"
    start "client-$method" reset "127.0.0.1:$(port_of "listen-$method")" --method "$method" --after data --json
    assert_equal "$method $(status_of "listen-$method")" "$method $status"
    start "server-$method" reset --listen 127.0.0.1:0 --method "$method" --json \
      --port-file "$BATS_TEST_TMPDIR/server-$method.port"
    start "connect-$method" connect "127.0.0.1:$(port_of "server-$method")" --recv-only
    assert_equal "$method $(status_of "connect-$method")" "$method $status"
    for name in client server; do
      assert_equal "$(status_of "$name-$method")" 0
      assert_equal "$(summary "$name-$method")" "$(expected "$method")"
    done
  done
}

@test "node as the peer: ECONNRESET exactly when the summary says RST" {
  local method end name codes
  node24
  for method in "${methods[@]}"; do
    start_cmd "node-client-$method" "$node" "$BATS_TEST_DIRNAME/support/node/net.mjs" server \
      '{"host":"127.0.0.1","port":0,"clients":1}' connection:write=hello
    start "client-$method" reset "127.0.0.1:$(port_of "node-client-$method")" --method "$method" --after data --json
    start "server-$method" reset --listen 127.0.0.1:0 --method "$method" --after data --json \
      --port-file "$BATS_TEST_TMPDIR/server-$method.port"
    start_cmd "node-server-$method" "$node" "$BATS_TEST_DIRNAME/support/node/net.mjs" client \
      "{\"host\":\"127.0.0.1\",\"port\":$(port_of "server-$method")}" ready:write=hello
    for end in client server; do
      name=$end-$method
      assert_equal "$(status_of "$name")" 0
      status_of "node-$name" >/dev/null
      codes=$(jq -r 'objects | select(.event == "error") | .error.code' "$BATS_TEST_TMPDIR/node-$name.out")
      assert_equal "$name $(summary "$name") $codes" \
        "$name $(expected "$method") $([ "$(expected "$method")" = FIN ] || echo ECONNRESET)"
    done
  done
}

# OpenBSD's nc treats a failed read as the end and exits 0: its output is the same either way.
@test "nc as the peer ends; ncat and socat report ECONNRESET exactly when the summary reports RST" {
  local method name
  for method in "${methods[@]}"; do
    for name in nc ncat socat; do
      start "$name-$method" reset --listen 127.0.0.1:0 --method "$method" --after 100ms --json \
        --port-file "$BATS_TEST_TMPDIR/$name-$method.port"
    done
    start_cmd "peer-nc-$method" nc -d 127.0.0.1 "$(port_of "nc-$method")"
    start_cmd "peer-ncat-$method" ncat --recv-only 127.0.0.1 "$(port_of "ncat-$method")"
    start_cmd "peer-socat-$method" socat -d -u "TCP:127.0.0.1:$(port_of "socat-$method")" -
    for name in nc ncat socat; do
      assert_equal "$(status_of "$name-$method")" 0
      assert_equal "$name $(summary "$name-$method")" "$name $(expected "$method")"
    done
    assert_equal "$(status_of "peer-nc-$method")" 0
    for name in ncat socat; do
      status_of "peer-$name-$method" >/dev/null
      run grep -c 'reset by peer' "$BATS_TEST_TMPDIR/peer-$name-$method.err"
      assert_equal "$name $method $((output > 0))" "$name $method $([ "$(expected "$method")" = FIN ] && echo 0 || echo 1)"
    done
  done
}

@test "curl as the peer: an empty reply after a FIN, a failed read after a RST" {
  local method status
  for method in "${methods[@]}"; do
    start "$method" reset --listen 127.0.0.1:0 --method "$method" --after data --json \
      --port-file "$BATS_TEST_TMPDIR/$method.port"
    status=0
    timeout 5 curl -sS "http://127.0.0.1:$(port_of "$method")/" 2>"$BATS_TEST_TMPDIR/curl.err" || status=$?
    assert_equal "$(status_of "$method")" 0
    assert_equal "$(summary "$method")" "$(expected "$method")"
    # 52: the server closed without an answer; 56: receiving failed.
    if [ "$(expected "$method")" = RST ]; then
      assert_equal "$method $status" "$method 56"
      grep -qi 'reset by peer' "$BATS_TEST_TMPDIR/curl.err"
    else
      assert_equal "$method $status" "$method 52"
    fi
  done
}

@test "Unix sockets: methods that need a RST are refused, the others are explained" {
  local path=$BATS_TEST_TMPDIR/s method
  for method in reset linger; do
    run -2 --separate-stderr "$TCPKIT" reset "unix:$path" --method $method
    assert_equal "$stderr" 'tcpkit reset: --method: a Unix socket has no RST; write --method destroy, destroySoon or end'
    run -2 "$TCPKIT" reset --listen "unix:$path" --method $method
  done
  run -2 "$TCPKIT" reset "unix:$path"
  start server reset --listen "unix:$path" --method destroy --after data --unread --json
  wait_for server.out '"event":"listening"'
  run -6 "$TCPKIT" connect "unix:$path" --send hello --no-shutdown
  assert_equal "$(status_of server)" 0
  run -0 summary server text
  assert_output 'destroy(): a Unix socket has neither FIN nor RST; received data was left unread, so the peer gets ECONNRESET'
  start server reset --listen "unix:$path" --method end --json
  wait_for server.out '"event":"listening"'
  run -0 "$TCPKIT" connect "unix:$path" --recv-only
  assert_equal "$(status_of server)" 0
  run -0 summary server text
  assert_output 'end(): a Unix socket has neither FIN nor RST; nothing was left unread, so the peer sees an orderly end'
}

@test "the human trace contains the summary, with --quiet only the summary is printed" {
  actions=(readeof)
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 --separate-stderr "$TCPKIT" reset "127.0.0.1:$(port_of peer)"
  assert_output --regexp 'resetAndDestroy\(\) .*RST'
  assert_output --regexp 'summary +RST went out by resetAndDestroy\(\): SO_LINGER of 0 seconds makes close\(\) abort$'
  start_cmd peer "$SUPPORT/peer" readeof
  run -0 "$TCPKIT" reset "127.0.0.1:$(port_of peer)" --method destroy --quiet
  assert_output 'FIN went out by destroy(): nothing was left unread, so close() is an orderly end; what still comes is answered with RST'
}

@test "options that cannot be combined: exit 2, and nothing is opened" {
  local words
  while read -ra words; do
    run -2 --separate-stderr "$TCPKIT" reset "${words[@]}"
    assert_equal "$output" ''
    assert_equal "$(wc -l <<<"$stderr")" 1
    [[ $stderr == "tcpkit reset: "* ]]
  done <<'END'
127.0.0.1:1 --method kill
127.0.0.1:1 --after never
127.0.0.1:1 --after send
127.0.0.1:1 --after end --unread
127.0.0.1:1 --after 5 --unread
--listen 0 --after end --pause-on-connect
127.0.0.1:1 --after -3
END
  run -2 --separate-stderr "$TCPKIT" reset 127.0.0.1:1 --after never
  assert_equal "$stderr" "tcpkit reset: --after: 'never' is no moment; write connect, send, data, end, a time such as 500ms, or a number of bytes such as 64k"
}

@test "without arguments: the purpose and two examples that work as printed" {
  run -2 --separate-stderr "$TCPKIT" reset
  assert_equal "$output" ''
  [[ $stderr == 'tcpkit reset: abort with a RST, and show how end, destroySoon and destroy differ'* ]]
  mapfile -t examples < <(grep '^  tcpkit reset ' <<<"$stderr")
  assert_equal ${#examples[@]} 2
  PATH=$(dirname "$TCPKIT"):$PATH
  port=$("$SUPPORT/free_port")
  start_cmd one bash -c "${examples[0]//5000/$port}"
  wait_for one.out listening
  start_cmd two bash -c "${examples[1]//5000/$port}"
  assert_equal "$(status_of one)" 0
  assert_equal "$(status_of two)" 6
  run -0 grep -h summary "$BATS_TEST_TMPDIR/one.out" "$BATS_TEST_TMPDIR/two.out"
  assert_output --partial 'RST went out by destroy(): 5 received bytes were left unread in the kernel'
  assert_output --partial 'FIN went out by end()'
}

@test "--unread: a peer that ends or resets without a byte is noticed" {
  actions=(fin readeof)
  as_client client --after data --unread
  assert_equal "$(status_of client)" 1
  actions=(rst)
  as_client other --after data --unread
  assert_equal "$(status_of other)" 6
  start server listen "$BATS_TEST_TMPDIR/path" --send-only
  wait_for_path "$BATS_TEST_TMPDIR/path"
  start unix reset "$BATS_TEST_TMPDIR/path" --method destroy --after data --unread
  assert_equal "$(status_of unix)" 1
}

wait_for_path() { # wait_for_path PATH
  until_true "$1" test -S "$1"
}

@test "a FIN or RST that waits behind data is not reported as sent" {
  start server listen 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" --recv-buffer 4k --do 'send "x"' --do pause --do 'sleep 1m'
  local text
  text=$(head -c 60000 /dev/zero | tr '\0' x)
  run -0 "$TCPKIT" reset "127.0.0.1:$(port_of server)" --quiet --method destroySoon --unread --after 300ms --send "$text"
  assert_output 'RST went out by destroySoon(): 1 received byte was left unread in the kernel; the FIN was still behind unsent data, and is lost with it'
  stop server
  start other listen 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/other.port" --recv-buffer 4k --do pause --do 'sleep 1m'
  run -0 "$TCPKIT" reset "127.0.0.1:$(port_of other)" --quiet --method destroy --after 300ms --send "$text"
  assert_output --regexp '^FIN goes out by destroy\(\): .*; it waits behind [0-9]+ bytes for room at the peer'
}
