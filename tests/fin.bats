#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # the scripts in single quotes expand elsewhere
# The ends of stdin, of stdout and of both directions of a connection: which end sends its FIN when,
# what is still sent and received after it, and the exit status.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

peer() { # peer [-6] ACTION...   sets port
  start_cmd peer "$SUPPORT/peer" "$@"
  port=$(port_of peer)
}

peer_to() { # peer_to ACTION...   connects to the port
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" "$@"
}

listener() { # listener STDIN [ARG...]   traced in server.trace; sets port
  start_fed server "$1" listen 127.0.0.1:0 --port-file "$PWD/server.port" --trace=json --trace-file server.trace "${@:2}"
  port=$(port_of server)
}

client() { # client STDIN [ARG...]   connects to the port, traced in client.trace
  start_fed client "$1" connect 127.0.0.1 "$port" --trace=json --trace-file client.trace "${@:2}"
}

ends() { # ends NAME [STATUS]
  run -0 status_of "$1" 20
  assert_output "${2:-0}"
}

peer_said() { # peer_said TEXT   after its port
  run -0 status_of peer 20
  assert_output 0
  run -0 tail -n +2 peer.out
  assert_output "$1"
}

happened() { # happened NAME EVENTS   in this order, FINs only
  check_trace "$1.trace"
  run -0 jq -r 'select(.event | IN("end", "finish", "close", "error", "destroy")) | select(.role != "listener") |
    if .layer == "call" then .event + "()" else .event end' "$1.trace"
  assert_output "$(tr ' ' '\n' <<<"$2")"
}

@test "connect: the end of stdin calls end(), and reading continues" {
  peer readeof 'send:the answer' fin
  printf question >in
  client in
  ends client
  peer_said 'eof 8 question'
  run -0 cat client.out
  assert_output 'the answer'
  happened client 'end() finish end close'
}

@test "connect: an empty stdin is an end, too" {
  peer readeof 'send:the answer'
  client /dev/null
  ends client
  peer_said 'eof 0 '
  run -0 cat client.out
  assert_output 'the answer'
}

@test "connect: a closed stdin is an empty one" {
  peer readeof 'send:the answer'
  start_cmd client bash -c '"$@" <&-' - "$TCPKIT" connect 127.0.0.1 "$port"
  ends client
  peer_said 'eof 0 '
  run -0 cat client.out
  assert_output 'the answer'
}

@test "listen: a stdin that supplied nothing is not a message: our FIN follows the peer's" {
  : >empty
  local in
  for in in /dev/null empty; do
    listener "$in"
    peer_to send:one read:0 wait:50 send:two fin readeof
    ends server
    peer_said $'read 0 \neof 0 '
    run -0 cat server.out
    assert_output onetwo
    happened server 'end end() finish close'
  done
}

@test "listen: after one byte the end of stdin calls end()" {
  printf x >in
  listener in
  peer_to readeof send:later
  ends server
  peer_said 'eof 1 x'
  run -0 cat server.out
  assert_output later
  happened server 'end() finish end close'
}

@test "listen --send: that is a message, and what stdin has follows it" {
  listener /dev/null --send page
  peer_to readeof send:later
  ends server
  peer_said 'eof 4 page'
  printf x >in
  listener in --send page
  peer_to readeof
  ends server
  peer_said 'eof 5 pagex'
}

@test "--send: several, with C escapes and zero bytes, then stdin" {
  peer readeof
  printf ' end' >in
  client in --send 'a\x00\tb' --send '\u20ac\0\101' --send ''
  ends client
  peer_said 'eof 13 a\x00\x09b\xe2\x82\xac\x00A end'
  run -0 jq -r 'select(.event == "write") | .bytes' client.trace
  assert_output $'4\n5\n0\n4'
}

@test "--send replaces a terminal, and end() follows" {
  peer readeof send:answer
  run -0 "$SUPPORT/pty" screen -- "$TCPKIT" connect 127.0.0.1 "$port" --send hi
  peer_said 'eof 2 hi'
  run -0 cat -v screen
  assert_output answer
}

@test "--send-only: received data is discarded, and our acknowledged FIN ends the program" {
  peer 'send:nobody reads this' readeof hold
  printf x >in
  client in --send-only
  ends client
  run -0 cat client.out
  assert_output ''
  stop peer
  listener /dev/null --send-only
  peer_to readeof hold
  ends server
}

@test "--send-only: the peer's FIN is an end, as always" {
  peer fin readeof
  client /dev/null --send-only
  ends client
  peer_said 'eof 0 '
}

@test "--recv-only: stdin is not touched, and no FIN comes before the peer's" {
  peer wait:50 send:one fin readeof
  printf 'still here' >in
  launch client in bash -c '"$@" >client.got && cat' - "$TCPKIT" connect 127.0.0.1 "$port" --recv-only
  peer_said 'eof 0 '
  ends client
  run -0 cat client.got
  assert_output one
  run -0 cat client.out
  assert_output 'still here'
}

@test "the peer's FIN: a file is sent to its end" {
  local trace
  head -c 4M /dev/zero >in
  for trace in '' --trace; do
    peer fin readeof
    start_fed client in connect 127.0.0.1 "$port" ${trace:+"$trace"}
    ends client
    run -0 status_of peer
    run -0 tail -n 1 peer.out
    assert_output --partial 'eof 4194304 '
  done
}

@test "the peer's FIN: a pipe that has supplied a byte is sent to its end" {
  local trace
  for trace in '' --trace; do
    mkfifo feed
    peer read:5 fin readeof
    start_fed client feed connect 127.0.0.1 "$port" ${trace:+"$trace" --trace-file /dev/null}
    exec 9>feed
    printf first >&9
    wait_for client.err waiting # nothing arrived for more than a second
    printf second >&9
    exec 9>&-
    ends client
    peer_said $'read 5 first\neof 6 second'
    run -0 cat client.err
    assert_output 'tcpkit connect: the peer has finished sending; waiting for the end of stdin, up to which it is sent'
    rm feed
  done
}

@test "the peer's FIN: a pipe that supplies its first byte within a second is sent to its end" {
  mkfifo feed
  exec 9<>feed
  peer fin readeof
  client feed
  wait_for client.trace '"event":"end"'
  printf first >&9
  wait_for client.err waiting
  printf second >&9
  exec 9>&-
  ends client
  peer_said 'eof 11 firstsecond'
}

@test "the peer's FIN: a pipe that supplies nothing for a second: our FIN, a line, exit 0" {
  mkfifo feed
  exec 9<>feed
  peer fin readeof
  client feed
  ends client
  peer_said 'eof 0 '
  happened client 'end end() finish close'
  run -0 cat client.err
  assert_output 'tcpkit connect: the peer has finished sending, and stdin gave nothing within a second: closing (--allow-half-open waits for its end)'
  listener feed
  peer_to fin readeof
  ends server
  peer_said 'eof 0 '
  run -0 grep -c 'stdin gave nothing within a second' server.err
}

@test "the peer's FIN: bytes that stdin still holds are waited for" {
  launch_gated_peer fin hold readeof
  head -c 32M /dev/zero >in
  start_fed client in connect 127.0.0.1 "$port"
  wait_for client.err 'waiting for it to take the rest of stdin'
  exec 8>&-
  ends client
  run -0 tail -n 1 peer.out
  assert_output --partial 'eof 33554432 '
}

launch_gated_peer() { # launch_gated_peer ACTION...   its hold ends when descriptor 8 is closed; sets port
  rm -f gate
  mkfifo gate
  launch peer gate "$SUPPORT/peer" "$@"
  : >peer.says_port
  exec 8>gate
  port=$(port_of peer)
}

@test "the peer's FIN closes stdout, while stdin is sent" {
  mkfifo feed
  peer send:all fin readeof
  launch client feed bash -c '"$@" | { cat; echo its end >&2; }' - "$TCPKIT" connect 127.0.0.1 "$port"
  exec 9>feed
  printf x >&9
  wait_for client.err '^its end'
  printf later >&9
  exec 9>&-
  ends client
  peer_said 'eof 6 xlater'
}

@test "the peer's FIN: a socket as stdin and stdout sees the end of the answer" {
  peer send:answer fin readeof
  start_cmd both socat -t 20 EXEC:"'$TCPKIT' connect 127.0.0.1 $port" 'SYSTEM:echo question; cat >got; echo more'
  ends both
  peer_said 'eof 14 question\x0amore\x0a'
  run -0 cat got
  assert_output answer
}

# Both orders: the peer sends its FIN before or after it has received the bytes of stdin.
@test "the peer's FIN, before or after the bytes of a pipe: the same bytes, the same status" {
  local order
  for _ in $(seq "${RACES:-6}"); do
    for order in 'fin readeof' 'read:5 fin readeof' 'wait:1 fin readeof'; do
      # shellcheck disable=SC2086 # actions
      peer $order
      start_cmd client bash -c '{ printf first; printf second; } | "$@"' - "$TCPKIT" connect 127.0.0.1 "$port"
      ends client 0
      run -0 status_of peer
      run -0 bash -c 'tail -n +2 peer.out | sed "s/.* //" | tr -d "\n"'
      assert_output firstsecond
      run -0 cat client.err
      assert_output ''
    done
  done
}

@test "a peer that closes and never reads our data causes a reset, whichever side is faster" {
  local order
  for _ in $(seq "${RACES:-6}"); do
    for order in 'send:bye close' 'unread:5 send:bye close' 'send:bye wait:1 close'; do
      # shellcheck disable=SC2086 # actions
      peer $order
      start_cmd client bash -c 'printf first | "$@"' - "$TCPKIT" connect 127.0.0.1 "$port"
      ends client 6
      run -0 status_of peer
    done
  done
}

@test "--no-allow-half-open: the peer's FIN cuts a file or a pipe short, which is a failure" {
  local trace
  head -c 64M /dev/zero >in
  for trace in '' --trace; do
    peer fin readeof
    start_fed client in connect 127.0.0.1 "$port" --no-allow-half-open ${trace:+"$trace" --trace-file /dev/null}
    ends client 1
    run -0 cat client.err
    assert_output --regexp '^tcpkit connect: the peer has finished sending: stdin was cut short after [0-9]+ bytes$'
    run -0 tail -n 1 peer.out
    assert_output --partial "eof $(grep -oE '[0-9]+' client.err) "
  done
  mkfifo feed
  exec 9<>feed
  for _ in $(seq "${RACES:-6}"); do
    peer read:5 fin readeof
    printf first >&9
    client feed --no-allow-half-open
    ends client 1
    peer_said $'read 5 first\neof 0 '
    run -0 cat client.err
    assert_output 'tcpkit connect: the peer has finished sending: stdin was cut short after 5 bytes'
    happened client 'end end() finish close'
    printf first >&9
    listener feed --no-allow-half-open
    peer_to read:5 fin readeof
    ends server 1
    peer_said $'read 5 first\neof 0 '
  done
}

@test "--no-allow-half-open: a stdin that has ended is not cut short" {
  printf first >in
  peer read:5 send:answer fin readeof
  client in --no-allow-half-open
  ends client
  run -0 cat client.out
  assert_output answer
  peer read:5 send:answer fin readeof
  client in --no-allow-half-open --no-shutdown
  ends client
  peer send:bye fin readeof
  run -0 "$SUPPORT/pty" screen -- "$TCPKIT" connect 127.0.0.1 "$port" --no-allow-half-open
}

@test "--allow-half-open: even a terminal is read to its end" {
  peer send:bye fin readeof
  run -0 "$SUPPORT/pty" screen see:bye wait:50 'type:later\n\x04' -- "$TCPKIT" connect 127.0.0.1 "$port" --allow-half-open
  peer_said 'eof 6 later\x0a'
}

@test "the peer's FIN: a pipe that has ended is sent whole, without the pauses of -i" {
  peer read:2 fin readeof
  start_cmd client bash -c 'printf "a\nb\nc\n" | "$@"' - "$TCPKIT" connect 127.0.0.1 "$port" -i 1h
  ends client
  peer_said $'read 2 a\\x0a\neof 4 b\\x0ac\\x0a'
  run -0 cat client.err
  assert_output ''
}

@test "the peer's FIN: a terminal is read no further" {
  peer send:bye fin readeof
  run -0 "$SUPPORT/pty" screen -- "$TCPKIT" connect 127.0.0.1 "$port"
  peer_said 'eof 0 '
  run -0 cat -v screen
  assert_output bye
}

@test "--allow-half-open: stdout is closed, sending continues to the end of stdin" {
  mkfifo feed
  peer send:all fin readeof
  launch client feed bash -c '"$@" | { cat; echo its end >&2; }' - "$TCPKIT" connect 127.0.0.1 "$port" --allow-half-open
  exec 9>feed
  wait_for client.err '^its end'
  printf later >&9
  exec 9>&-
  ends client
  peer_said 'eof 5 later'
  run -0 cat client.out
  assert_output all
}

@test "--allow-half-open on listen, with and without a message" {
  mkfifo feed
  exec 9<>feed # for reading and writing, so that no open waits
  listener feed --allow-half-open
  peer_to send:all fin readeof
  wait_for server.trace '"event":"end"'
  printf later >&9
  exec 9>&-
  ends server
  peer_said 'eof 5 later'
  happened server 'end end() finish close'
  listener /dev/null --allow-half-open
  peer_to send:all fin readeof
  ends server
  peer_said 'eof 0 '
}

@test "--allow-half-open: a RST after the peer's FIN is noticed" {
  mkfifo feed go
  launch peer go "$SUPPORT/peer" fin hold rst
  : >peer.says_port
  exec 8>go
  port=$(port_of peer)
  start_fed client feed connect 127.0.0.1 "$port" --trace=json --trace-file client.trace --allow-half-open
  exec 9>feed
  wait_for client.trace '"event":"end"'
  exec 8>&-
  ends client 6
  exec 9>&-
  happened client 'end error close'
  run -0 jq -r 'select(.event == "error") | .error.code + " " + .error.syscall' client.trace
  assert_output 'ECONNRESET read'
  wait_for client.err 'reset'
}

@test "listen without -k refuses the second client" {
  listener /dev/null
  peer_to send:first hold
  wait_for server.trace '"event":"data"'
  run -4 "$TCPKIT" connect 127.0.0.1 "$port" </dev/null
  stop peer
  ends server
  run -0 cat server.out
  assert_output first
}

@test "listen -k: stdin's end closes nothing, stdout stays open" {
  printf hello >in
  listener in -k
  peer_to read:5 wait:50 send:one fin readeof
  peer_said $'read 5 hello\neof 0 '
  peer_to send:two fin readeof
  peer_said 'eof 0 '
  wait_for server.out onetwo
  stop server
  ends server 143
  check_trace server.trace
}

@test "listen -k: stdin waits for a client" {
  mkfifo feed
  exec 9<>feed
  start_fed server feed listen -k 127.0.0.1:0 --port-file "$PWD/server.port"
  port=$(port_of server)
  printf early >&9
  peer_to read:5 fin readeof
  peer_said $'read 5 early\neof 0 '
  printf later >&9
  peer_to read:5 fin readeof
  peer_said $'read 5 later\neof 0 '
  exec 9>&-
}

@test "listen -k: a client that has ended still gets what stdin holds" {
  head -c 8M /dev/zero >in
  listener in -k
  peer_to fin readeof
  run -0 status_of peer 20
  run -0 tail -n 1 peer.out
  assert_output --partial 'eof 8388608 '
}

@test "listen -k --send: each client receives the text" {
  listener /dev/null -k --send 'hi\n'
  peer_to read:3 fin readeof
  peer_said $'read 3 hi\\x0a\neof 0 '
  peer_to fin readeof
  peer_said 'eof 3 hi\x0a'
}

@test "listen -k --send-only: the end of stdin sends a FIN to each client, also to later ones" {
  printf once >in
  listener in -k --send-only
  peer_to send:dropped readeof hold
  wait_for peer.out '^eof 4 once'
  stop peer
  run -0 status_of peer # it has ended: the next one has the same name
  peer_to send:dropped readeof
  peer_said 'eof 0 '
  run -0 cat server.out
  assert_output ''
}

@test "listen -k --allow-half-open: a client that has ended gets stdin to its end" {
  mkfifo feed
  exec 9<>feed
  start_fed server feed listen -k 127.0.0.1:0 --port-file "$PWD/server.port" --allow-half-open
  port=$(port_of server)
  peer_to fin read:5 readeof
  printf first >&9
  wait_for peer.out '^read 5 first'
  printf second >&9
  exec 9>&-
  peer_said $'read 5 first\neof 6 second'
}

@test "--no-shutdown: stdin's end sends no FIN" {
  printf x >in
  peer read:1 wait:50 send:later fin readeof
  client in --no-shutdown
  ends client
  peer_said $'read 1 x\neof 0 '
  happened client 'end end() finish close'
  peer read:1 wait:50 send:later fin readeof
  start_fed client in connect 127.0.0.1 "$port" --no-shutdown
  ends client
  peer_said $'read 1 x\neof 0 '
}

@test "-N is accepted: it is the default" {
  peer readeof
  client /dev/null -N
  ends client
  peer_said 'eof 0 '
}

@test "-q ends the wait for the peer" {
  peer readeof hold
  printf x >in
  client in -q 100ms
  ends client
  happened client 'end() finish destroy() close'
  stop peer
  ends peer 143
  peer read:1 hold
  client in -q 0
  ends client
}

@test "-q with --no-shutdown waits without a FIN" {
  peer readeof
  printf x >in
  client in -q 100ms --no-shutdown
  ends client
  peer_said 'eof 1 x'
  happened client 'destroy() close'
}

@test "-q reports what the peer has not acknowledged: exit 5" {
  yes | head -c 12M >in
  peer hold
  client in -q 100ms --high-water-mark 100M --crlf
  ends client 5
  run -0 cat client.err
  assert_output --regexp '^tcpkit connect: -q closes the connection: the peer has not acknowledged [0-9]+ bytes$'
}

@test "-q: bytes that the kernel took are not delivered, and a line reports it" {
  head -c 2500k /dev/zero >in
  launch_gated_peer hold
  client in -q 300ms
  ends client 5
  wait_for client.err 'has not acknowledged [0-9]+ bytes$'
  exec 8>&-
}

@test "--send-only waits for a peer that reads slowly, and every byte arrives" {
  head -c 2500k /dev/zero >in
  peer slow:4096
  client in --send-only
  ends client
  run -0 status_of peer 20
  run -0 tail -n 1 peer.out
  assert_output --partial 'eof 2560000 '
  run -0 cat client.err
  assert_output ''
}

@test "--send-only: a peer that reads nothing is exit 5, with the number of bytes" {
  local more
  for more in '' '--trace --trace-file /dev/null --high-water-mark 100M'; do
    yes | head -c "${more:+1}2500k" >in
    launch_gated_peer hold
    # shellcheck disable=SC2086 # options
    start_fed client in connect 127.0.0.1 "$port" --send-only $more
    ends client 5
    run -0 cat client.err
    assert_output --regexp '^tcpkit connect: the peer acknowledged nothing for 2 s: [0-9]+ bytes are not acknowledged$'
    exec 8>&-
  done
  head -c 2500k /dev/zero >in
  listener in --send-only
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" hold
  ends server 5
}

@test "listen -k --send-only: a peer that reads nothing is reported, and the server goes on" {
  head -c 2500k /dev/zero >in
  listener in -k --send-only
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" hold
  wait_for server.err 'connection 1: the peer acknowledged nothing for 2 s: [0-9]+ bytes are not acknowledged$' 20
  stop server
  ends server 143
}

@test "-i pauses between lines" {
  printf 'a\nb\nc' >in
  peer readeof
  client in -i 100ms
  ends client
  peer_said 'eof 5 a\x0ab\x0ac'
  run -0 jq -rs '[.[] | select(.event == "write")] | length, (.[2].t - .[0].t >= 0.19)' client.trace
  assert_output $'3\ntrue'
}

@test "--pause-on-connect: sends, and reads nothing before the end" {
  printf hello >in
  listener in --pause-on-connect
  peer_to send:unread readeof
  peer_said 'eof 5 hello'
  run -0 cat server.out
  assert_output ''
  stop server
  ends server 143
  run -0 cat server.out
  assert_output unread
}

@test "stdin is a directory" {
  peer readeof
  client /
  ends client 1
  peer_said 'eof 0 '
  run -0 cat client.err
  assert_output 'tcpkit connect: cannot read stdin: illegal operation on a directory'
}

@test "named FIFOs as stdin and stdout" {
  mkfifo in out
  echo_port
  launch client /dev/null bash -c '"$@" <in >out' - "$TCPKIT" connect 127.0.0.1 "$port"
  start_cmd reader cat out
  seq 20000 >in
  ends client
  ends reader
  cmp reader.out <(seq 20000)
}

echo_port() { # echo_port   starts echo, sets port
  start echo echo 127.0.0.1:0 --port-file "$PWD/echo.port"
  port=$(port_of echo)
}

@test "shared descriptions keep their blocking mode, during the run and after it" {
  mkfifo in
  echo_port
  # Descriptors 5 and 6 are the same descriptions; 04000 is O_NONBLOCK.
  start_cmd client bash -c '
    exec 5<>in 6> >(cat >got)
    "$@" <&5 >&6 &
    echo line >&5
    until grep -q line got 2>/dev/null; do sleep 0.02; done
    grep flags /proc/self/fdinfo/5 /proc/self/fdinfo/6
    kill $!
    wait $!
    grep flags /proc/self/fdinfo/5 /proc/self/fdinfo/6' - "$TCPKIT" connect 127.0.0.1 "$port"
  ends client
  run -0 grep -c flags client.out
  assert_output 4
  run ! grep -E 'flags:.*[4-7][0-7]{3}$' client.out
}

@test "descriptions that are non-blocking already stay so, and nothing is lost" {
  echo_port
  seq 100000 >numbers
  start_cmd client bash -o pipefail -c '"$1" 1000 0 <numbers | {
      perl -MFcntl -e "fcntl(\$_, F_SETFL, fcntl(\$_, F_GETFL, 0) | O_NONBLOCK) for STDIN, STDOUT"
      "$0" connect 127.0.0.1 "$2"
      exec 5>&1
      grep flags /proc/self/fdinfo/0 /proc/self/fdinfo/5 >&2
    } | "$1" 1000 0 | cmp - numbers' "$TCPKIT" "$SUPPORT/slowpipe" "$port"
  ends client
  run -0 cat client.out
  assert_output ''
  run -0 grep -cE 'flags:.*[4-7][0-7]{3}$' client.err
  assert_output 2
}

@test "the reader of stdout leaves: a FIN after the queued data, exit 0" {
  yes | head -c 1M >in
  peer 'send:line\n' read:1M 'send:more\n' readeof
  start_cmd client bash -c '"$@" <in | head -n 1; echo "${PIPESTATUS[0]}"' - "$TCPKIT" connect 127.0.0.1 "$port" --no-shutdown
  run -0 status_of peer 20
  ends client
  run -0 cat client.out client.err
  assert_output $'line\n0'
}

@test "bytes that a resetting peer did not take are a failure" {
  local trace
  head -c 32M /dev/zero >in
  for trace in '' --trace; do
    peer read:1 rst
    start_fed client in connect 127.0.0.1 "$port" ${trace:+"$trace" --trace-file /dev/null}
    ends client 6
    run -0 grep -c 'lost after 0 bytes received' client.err
  done
}

@test "the reader of stdout leaves, and the peer does not take what was read: a failure" {
  yes | head -c 30M >in
  mkfifo gate
  start_cmd keeper bash -c 'exec sleep 600 >gate'
  launch peer gate "$SUPPORT/peer" 'send:line\n' hold send:more wait:60000
  : >peer.says_port
  port=$(port_of peer)
  start_cmd client bash -c '"$@" --json --trace-file trace <in | head -n 1; echo "${PIPESTATUS[0]}"' - "$TCPKIT" connect 127.0.0.1 "$port"
  wait_for client.out line
  wait_for trace '"flushed":false'
  stop keeper
  ends client
  assert_equal "$(cat client.out)" $'line\n1'
  wait_for client.err 'bytes of stdin were not sent'
}

@test "-q on listen: also if stdin is empty; not with -k, whose stdin's end ends nothing" {
  start server listen 127.0.0.1:0 -q 100ms --port-file server.port
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$(port_of server)" readeof
  ends server
  ends peer
  run -2 "$TCPKIT" listen -k 127.0.0.1:0 -q 1s
  assert_output 'tcpkit listen: -q is about the end of stdin, which ends nothing with -k; leave one out'
}
