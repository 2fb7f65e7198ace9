#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # bash -c; variables of each test; descriptors held
# System calls that fail: every loss is reported, and nothing crashes. strace(1) makes the calls fail.

load helpers/tcpkit
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # LeakSanitizer cannot be traced
}

teardown() {
  stop_all
}

# failing SYSCALL:error=ERRNO[:when=N]   sets faulty: the program with that call failing
failing() {
  strace -qq -o /dev/null -e inject=getpid:error=EPERM true 2>/dev/null ||
    skip "needs strace, and leave to trace"
  faulty=(strace -D -f -qq -o strace.log -e "trace=${1%%:*}" -e "inject=$1" "$TCPKIT")
}

fed() { # fed NAME FILE ARG...   the faulty program
  launch "$1" "$(path_of "$2")" "${faulty[@]}" "${@:3}"
}

for_errno='EPERM ENOSYS EINVAL EOPNOTSUPP ENOMEM EACCES'

@test "splice is forbidden: bytes are copied from the socket to a pipe and a file" {
  head -c 300000 /dev/urandom >data
  for errno in $for_errno; do
    for stdout in pipe file; do
      failing "splice:error=$errno"
      start_fed sender data listen 127.0.0.1:0 --port-file sender.port
      port=$(port_of sender)
      if [ "$stdout" = pipe ]; then
        start_cmd client bash -c '"$@" | cat' - "${faulty[@]}" connect "127.0.0.1:$port"
      else
        fed client /dev/null connect "127.0.0.1:$port"
      fi
      ended client 0
      ended sender 0
      silent client
      cmp data client.out
    done
  done
}

@test "a file that is cut short while it is sent: what it had arrives, and nothing hangs" {
  head -c 30000000 /dev/zero >data
  start receiver listen 127.0.0.1:0 --port-file receiver.port
  port=$(port_of receiver)
  kill -STOP "$(pid_of receiver)"
  start_fed client data connect "127.0.0.1:$port"
  until_true 'the client to send' file_offset_is_positive client
  truncate -s 1000 data
  kill -CONT "$(pid_of receiver)"
  ended client 0
  ended receiver 0
  (($(stat -c %s receiver.out) >= 1000 && $(stat -c %s receiver.out) < 30000000))
}

file_offset_is_positive() {
  [[ $(awk '/^pos:/ { print $2 }' "/proc/$(pid_of "$1")/fdinfo/0") -gt 0 ]]
}

@test "reading a pipe without waiting is forbidden: poll(2) is asked instead" {
  head -c 300000 /dev/urandom >data
  for errno in $for_errno; do
    failing "preadv2:error=$errno"
    start receiver listen 127.0.0.1:0 --port-file receiver.port
    port=$(port_of receiver)
    start_cmd client bash -c 'cat data | "$@"' - "${faulty[@]}" connect "127.0.0.1:$port"
    ended client 0
    ended receiver 0
    silent client
    cmp data receiver.out
  done
}

@test "a file that may not grow (RLIMIT_FSIZE) is an error with a message" {
  for file in stdout trace; do
    start_cmd peer "$SUPPORT/peer" sendn:100k readeof
    arguments=()
    [ "$file" = stdout ] || arguments=(--trace=json --trace-file trace --data text --read-buffer 1k)
    start_cmd client bash -c 'ulimit -f 8; exec "$0" "$@" >out' "$TCPKIT" connect "127.0.0.1:$(port_of peer)" "${arguments[@]}"
    ended client 1
    one_line client 'cannot write .*: file too large$'
    stop peer
  done
}

@test "a watch that the kernel refuses (fs.epoll.max_user_watches) is an error with a message" {
  for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
    for errno in ENOSPC ENOMEM; do
      failing "epoll_ctl:error=$errno:when=$n+"
      start_cmd peer "$SUPPORT/peer" readeof
      start_cmd client bash -c 'cat /dev/null | "$@"' - "${faulty[@]}" connect "127.0.0.1:$(port_of peer)"
      status=$(status_of client)
      stop peer
      [ "$status" != 0 ] || continue
      assert_equal "$status" 1
      one_line client '([nN]o space left on device|[nN]ot enough memory|[cC]annot allocate memory)'
    done
  done
}

@test "a watch that the kernel refuses temporarily (EAGAIN) is an error with a message as well" {
  failing "epoll_ctl:error=EAGAIN:when=1"
  start_cmd peer "$SUPPORT/peer" readeof
  start_cmd client bash -c 'cat /dev/null | "$@"' - "${faulty[@]}" connect "127.0.0.1:$(port_of peer)"
  ended client 1
  one_line client '^tcpkit connect: cannot read stdin: i/o error$'
  stop peer
}

@test "a trace that cannot be written, whichever record it is: exit status 1 and a line" {
  start server listen -k 127.0.0.1:0 --port-file server.port --recv-only
  port=$(port_of server)
  for n in $(seq 99); do
    failing "write:error=ENOSPC:when=$n"
    : >client.trace
    launch client /dev/null "${faulty[0]}" -P "$PWD/client.trace" "${faulty[@]:1}" connect "127.0.0.1:$port" \
      --trace=json --trace-file client.trace --layers call,event,kernel
    [ "$(status_of client)" != 0 ] || break # it made fewer calls
    ended client 1
    one_line client '^tcpkit connect: cannot write the trace: no space left on device$'
  done
  assert [ "$n" -gt 1 ]
  silent client
}

@test "a signal that comes after the last record does not change the exit status" {
  strace -qq -o /dev/null -e inject=getpid:error=EPERM true 2>/dev/null || skip "needs strace, and leave to trace"
  start_cmd peer "$SUPPORT/peer" readeof
  # Ends slowly enough for a signal to arrive in between.
  launch client /dev/null strace -D -qq -o strace.log -e trace=close -e inject=close:delay_exit=30000 \
    "$TCPKIT" connect "127.0.0.1:$(port_of peer)" --trace=json --trace-file client.trace
  wait_for client.trace '"event":"exit","status":0' 20
  stop client
  ended client 0
}

@test "a client whose address the kernel does not report is still served" {
  for errno in ENOBUFS EIO; do
    rm -f server.port
    failing "getpeername:error=$errno:when=1"
    launch server /dev/null "${faulty[@]}" listen 127.0.0.1:0 --port-file server.port
    start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$(port_of server)" send:hello fin readeof
    ended server 0
    ended peer 0
    assert_equal "$(cat server.out)" hello
  done
}

@test "reset: a kernel that refuses SO_LINGER sends a FIN, and the program and its trace report that" {
  failing "setsockopt:error=EPERM"
  for method in reset linger; do
    start_cmd peer "$SUPPORT/peer" readeof
    launch client /dev/null "${faulty[@]}" reset "127.0.0.1:$(port_of peer)" --method "$method" --trace=json --trace-file client.trace
    ended client 1
    ended peer 0
    one_line client 'SO_LINGER.*operation not permitted \(EPERM\)'
    check_trace client.trace
    assert_equal "$(field client.trace 'select(.event == "summary") | .endedBy, .sent')" $'FIN\nFIN'
    [ "$method" = linger ] ||
      assert_equal "$(field client.trace 'select(.event == "resetAndDestroy") | .reset')" false
    run -0 "$TCPKIT" diagram client.trace
    refute_output --regexp '(╌|─) RST (╌|─)'
  done
}

@test "a step reset that the kernel refuses has failed" {
  failing "setsockopt:error=EPERM"
  start_cmd peer "$SUPPORT/peer" readeof
  launch client /dev/null "${faulty[@]}" connect "127.0.0.1:$(port_of peer)" --do 'expect ready' --do reset
  ended client 8
  ended peer 0
  grep -q 'reset: the kernel refused SO_LINGER, so that a FIN went out instead of a RST$' client.err
}

@test "a server whose listener the kernel refuses to watch ends with a message" {
  failing "epoll_ctl:error=ENOSPC:when=1"
  launch server /dev/null "${faulty[@]}" echo 127.0.0.1:0
  ended server 1
  assert [ "$(wc -l <server.err)" -eq 1 ]
}

@test "if libuv cannot start, a line reports it" {
  TCPKIT=${TCPKIT_RELEASE:-$TCPKIT} # UBSan asks pipe2(2) whether memory can be read
  failing "pipe2:error=EMFILE:when=1"
  launch server /dev/null "${faulty[@]}" echo 127.0.0.1:0
  ended server 1
  one_line server 'cannot go on: Too many open files$'
}

@test "a write that fails on a live connection is reported at once" {
  for paused in no yes; do
    failing "sendto:error=ENOBUFS:when=1"
    start_cmd peer "$SUPPORT/peer" send:hello readeof
    steps=(--do 'expect data "hello"')
    [ "$paused" = no ] || steps+=(--do pause)
    launch client /dev/null "${faulty[@]}" connect "127.0.0.1:$(port_of peer)" --trace=json --trace-file client.trace \
      "${steps[@]}" --do 'send "x"' --do 'expect error code=ENOBUFS within 3s' --do 'expect close hadError=true'
    ended client 0
    check_trace client.trace
    stop peer
  done
}

@test "a write that fails while reading is paused is reported at once" {
  start_cmd peer "$SUPPORT/peer" send:late wait:100 rst
  start client connect "127.0.0.1:$(port_of peer)" --trace=json --trace-file client.trace \
    --do pause --do 'sleep 500ms' --do 'send "x"' --do 'expect error within 3s' --do 'expect close hadError=true'
  ended client 0
  check_trace client.trace
  assert_equal "$(events client.trace 'select(.event == "resume")')" ''
}

@test "a FIN that the kernel does not send is an error" {
  failing "shutdown:error=EIO"
  start_cmd peer "$SUPPORT/peer" readeof
  fed client /dev/null connect "127.0.0.1:$(port_of peer)"
  ended client 1
  one_line client 'EIO'
}

@test "send after end: refused bytes are not counted as written, as in Node" {
  start_cmd peer "$SUPPORT/peer" readeof
  start client connect "127.0.0.1:$(port_of peer)" --trace=json --trace-file client.trace \
    --do 'send "abc"' --do end --do 'send "defg"' --do 'expect error code=ERR_STREAM_WRITE_AFTER_END'
  ended client 0
  assert_equal "$(field client.trace 'select(.event == "close") | .bytesWritten')" 3
}

@test "reset discards queued bytes: close and a line report them, and the steps have passed" {
  start_cmd peer "$SUPPORT/peer" hold
  start client connect "127.0.0.1:$(port_of peer)" --trace=json --trace-file client.trace --do 'send 32M' --do reset
  ended client 0
  unsent=$(field client.trace 'select(.event == "close") | .unsent')
  assert [ "$unsent" -gt 0 ]
  one_line client "^tcpkit connect: connection 1 ended before its last $unsent bytes were sent$"
}

@test "reset discards bytes of stdin: exit status 1, although the steps have passed" {
  start_cmd peer "$SUPPORT/peer" hold
  echo text >text
  start_fed client text connect "127.0.0.1:$(port_of peer)" --high-water-mark 64M --do 'send 32M' --do 'send @-' --do reset
  ended client 1
  one_line client 'bytes were sent; bytes of stdin are lost$'
}

@test "steps that do not touch stdin print nothing about it" {
  echo text >text
  for step in reset destroy end; do
    start_cmd peer "$SUPPORT/peer" readeof
    start_cmd client bash -c 'cat text | "$@"' - "$TCPKIT" connect "127.0.0.1:$(port_of peer)" --do 'send "x"' --do "$step"
    ended client 0
    run grep stdin client.err
    assert_output ''
    stop peer
  done
}

@test "a server for many prints a line a second about failed clients, and the number of the others" {
  for command in echo 'listen -k'; do
    rm -f server.port
    # shellcheck disable=SC2086 # a command and its option
    start server $command 127.0.0.1:0 --port-file server.port --trace=json --trace-file server.trace
    port=$(port_of server)
    for _ in $(seq 40); do
      "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:x rst >peer.out
    done
    until_true "40 errors" eval '[ "$(grep -c "\"event\":\"error\"" server.trace)" -eq 40 ]'
    stop server
    ended server 143
    said=$(grep -c ' lost after ' server.err)
    others=$(sed -nE 's/.*\(([0-9]+) more clients? failed since the last line\)$/\1/p' server.err | paste -sd+ | bc)
    assert_equal "$((said + ${others:-0}))" 40
    assert [ "$said" -lt 30 ]
  done
}

@test "a client that was reset before it was accepted does not use up a one-shot server" {
  for command in listen half-close; do
    rm -f server.port
    arguments=(127.0.0.1:0 --port-file server.port)
    [ "$command" = listen ] || arguments=(--listen "${arguments[@]}" --quiet)
    start server "$command" "${arguments[@]}" --accept-timeout 20s
    port=$(port_of server)
    kill -s STOP "$(pid_of server)"
    "$SUPPORT/peer" --connect 127.0.0.1 "$port" rst >peer.out
    kill -s CONT "$(pid_of server)"
    wait_for server.err 'a client reset its connection before it was accepted; still listening$'
    start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:hello fin readeof
    ended server 0
    ended peer 0
  done
}

@test "a background job of an interactive shell is not stopped when the user types" {
  start_cmd peer "$SUPPORT/peer" readeof
  port=$(port_of peer)
  # The prompt is P and a number, which typed text does not contain.
  export PS1='P$((6*7))> '
  "$SUPPORT/pty" screen 'see:P42> ' "type:$TCPKIT connect 127.0.0.1:$port -v &\n" 'see:connected to' \
    'type:echo $((40000+2))\n' see:40002 wait:300 'type:jobs -l | tr a-z A-Z\n' see:RUNNING \
    'type:fg\n' wait:300 'type:hello\n' 'type:\x04' 'see:P42> ' 'type:exit\n' -- bash --norc --noprofile -i
  ended peer 0
  grep -q '^eof 6 .*hello' peer.out
}

@test "readyState after end() while connecting is the same as in Node" {
  node24
  free=$("$SUPPORT/free_port")
  for target in refused there; do
    port=$free
    if [ "$target" = there ]; then
      start server listen -k 127.0.0.1:0 --port-file server.port
      port=$(port_of server)
    fi
    "$node" "${BATS_TEST_DIRNAME}/support/node/net.mjs" client "{\"port\":$port,\"host\":\"127.0.0.1\"}" connectionAttempt:end >node.out 2>node.err || true
    start client connect "127.0.0.1:$port" --trace=json --trace-file client.trace --do end
    status_of client >ignored
    assert_equal "$(jq -r 'select(.readyState and .event != "data") | "\(.event) \(.readyState)"' client.trace)" \
      "$(jq -r 'select(.readyState and .event != "data") | "\(.event) \(.readyState)"' node.out)"
  done
}
