#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # the scripts in single quotes expand elsewhere
# Bytes pass unharmed and in little memory: from and to a file, a pipe, a socket and /dev/null, in
# both directions, through the program (trace, line ends) or inside the kernel, to one client or
# fifty, however slow the reader is. SIZE, e.g. 1G, sets the size of the large transfers, which use
# the optimised program if TCPKIT_RELEASE is its path.

load helpers/tcpkit

setup_file() {
  export BIG=$BATS_FILE_TMPDIR/big MANY=$BATS_FILE_TMPDIR/many SOME=$BATS_FILE_TMPDIR/some
  head -c 9999991 /dev/urandom >"$MANY" # a prime: no two boundaries of blocks fall together
  while cat "$MANY"; do :; done 2>/dev/null |
    head -c "${SIZE:-$([ -n "${TCPKIT_RELEASE-}" ] && echo 1G || echo 64M)}" >"$BIG"
  head -c 999983 "$MANY" >"$SOME"
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export LONG=100 # seconds, for something that takes one second on an idle machine
}

teardown() {
  stop_all
}

fast() { # fast   uses the optimised program, if there is one
  TCPKIT=${TCPKIT_RELEASE:-$TCPKIT}
}

# Starts `tcpkit ARG...`, its stdout through FILTER (a shell command) or, without one, compared with FILE.
checked() { # checked NAME STDIN FILE ARG...
  launch "$1" "$2" bash -o pipefail -c 'file=$1; shift; "$@" | '"${FILTER-}"'cmp - "$file"' - "$3" "$TCPKIT" "${@:4}"
}

server() { # server STDIN FILE [ARG...]   listens; the received data is compared with FILE. Sets port
  checked server "$1" "$2" listen 127.0.0.1:0 --port-file "$PWD/server.port" "${@:3}"
  port=$(port_of server)
}

echo_server() { # echo_server   sets port
  start echo echo 127.0.0.1:0 --port-file "$PWD/echo.port"
  port=$(port_of echo)
}

ends_well() { # ends_well NAME...   each ends with status 0 and, if it compares, without output
  local name
  for name; do
    run -0 status_of "$name" "$LONG"
    assert_output 0
    run -0 head -c 1000 "$name.out"
    assert_output ''
  done
}

small_enough() { # small_enough NAME...   at most 20 MiB were ever resident
  local name
  for name; do
    run -0 cat "$name.peak"
    ((output <= 20 * 1024)) || fail "$name: $output KiB"
  done
}

measured() { # measured NAME   makes TCPKIT a script that writes NAME.peak; only without sanitizers
  [ -n "${TCPKIT_RELEASE-}" ] || skip "needs TCPKIT_RELEASE: sanitizers take memory of their own"
  printf '#!/bin/bash\nexec "%s" "%s" "%s" "$@"\n' "$SUPPORT/peak" "$PWD/$1.peak" "$TCPKIT_RELEASE" >"$1.sh"
  chmod +x "$1.sh"
  TCPKIT=$PWD/$1.sh
}

@test "much: a file through connect to listen, to a pipe" {
  fast
  server /dev/null "$BIG"
  start_fed client "$BIG" connect 127.0.0.1 "$port"
  ends_well client server
}

@test "much: a pipe through connect to listen, to a file" {
  fast
  start server listen 127.0.0.1:0 --port-file "$PWD/server.port"
  port=$(port_of server)
  start_cmd client bash -o pipefail -c 'cat "$BIG" | "$@"' - "$TCPKIT" connect 127.0.0.1 "$port"
  ends_well client
  run -0 status_of server "$LONG"
  assert_output 0
  cmp "$BIG" server.out
  rm server.out
}

@test "much: a file through listen to connect, read as /dev/stdin" {
  fast
  launch server "$BIG" bash -o pipefail -c 'cat /dev/stdin | "$@"' - \
    "$TCPKIT" listen 127.0.0.1:0 --port-file "$PWD/server.port"
  port=$(port_of server)
  # An empty stdin would be a FIN, and a pipe need not be sent to its end after that.
  checked client /dev/null "$BIG" connect 127.0.0.1 "$port" --recv-only
  ends_well client server
}

@test "much: both directions at once" {
  fast
  server "$BIG" "$BIG"
  checked client "$BIG" "$BIG" connect 127.0.0.1 "$port"
  ends_well client server
}

@test "much: through echo and back" {
  fast
  echo_server
  checked client "$BIG" "$BIG" connect 127.0.0.1 "$port"
  ends_well client
}

@test "much: traced, which inspects every byte" {
  fast
  server /dev/null "$BIG" --trace=json --trace-file server.trace
  start_fed client "$BIG" connect 127.0.0.1 "$port" --trace --trace-file client.trace
  ends_well client server
  check_trace server.trace
  local bytes
  bytes=$(stat -c %s "$BIG")
  run -0 jq -r 'select(.event == "close" and .role == "server") | .bytesRead' server.trace
  assert_output "$bytes"
}

@test "much: over a Unix socket, both directions" {
  fast
  checked server "$BIG" "$BIG" listen unix:s --port-file "$PWD/server.port"
  LIMIT=$LONG until_true "the path" test -s server.port
  checked client "$BIG" "$BIG" connect unix:s
  ends_well client server
}

@test "much: to /dev/null, with the right count" {
  fast
  launch server /dev/null bash -c '"$@" >/dev/null' - "$TCPKIT" listen 127.0.0.1:0 --port-file "$PWD/server.port"
  port=$(port_of server)
  start_fed client "$BIG" connect 127.0.0.1 "$port" --trace=json --trace-file client.trace
  ends_well client server
  check_trace client.trace
  run -0 jq -r 'select(.event == "finish") | .bytesWritten' client.trace
  assert_output "$(stat -c %s "$BIG")"
}

@test "stdin and stdout are one socket" {
  echo_server
  start_cmd client bash -o pipefail -c 'socat -t 60 - "EXEC:$0 connect 127.0.0.1 $1" <"$SOME" | cmp - "$SOME"' \
    "$TCPKIT" "$port"
  ends_well client
}

@test "stdin is read from its position, stdout is appended to" {
  printf 'kept\n' >log
  launch server /dev/null bash -c '"$@" >>log' - "$TCPKIT" listen 127.0.0.1:0 --port-file "$PWD/server.port"
  port=$(port_of server)
  launch client "$SOME" bash -c 'head -c 5 >&2; "$@"' - "$TCPKIT" connect 127.0.0.1 "$port"
  ends_well client server
  cmp -n 5 client.err "$SOME"
  cmp <(tail -c +6 "$SOME") <(tail -c +6 log)
  run -0 head -c 5 log
  assert_output kept
}

@test "a file as stdout is written where it was" {
  launch server /dev/null bash -c '{ echo before; "$@"; echo after; } >log' - \
    "$TCPKIT" listen 127.0.0.1:0 --port-file "$PWD/server.port"
  port=$(port_of server)
  start_fed client "$SOME" connect 127.0.0.1 "$port"
  ends_well client server
  cmp log <(echo before; cat "$SOME"; echo after)
}

@test "a slow stdout loses nothing, on either end, traced or not" {
  local trace
  head -c 100k "$SOME" >little
  export SUPPORT_LIMIT=0 FILTER="$SUPPORT/slowpipe 100 1 | "
  for trace in '' --trace; do
    server little little ${trace:+"$trace"}
    checked client little little connect 127.0.0.1 "$port" ${trace:+"$trace"}
    ends_well client server
  done
}

@test "a stdout that nobody reads for a while loses nothing" {
  local trace
  mkfifo gate
  for trace in '' --trace; do
    FILTER='{ read -r _ <gate; cat; } | ' server /dev/null "$MANY" --recv-buffer 64k ${trace:+"$trace"}
    start_fed client "$MANY" connect 127.0.0.1 "$port" --send-buffer 64k --trace=json --trace-file client.trace
    wait_for client.trace '"flushed":false' "$LONG" # the peer takes no more
    printf 'go\n' >gate
    ends_well client server
    check_trace client.trace
  done
}

@test "payload in the trace is the payload" {
  server /dev/null "$SOME" --trace=json --data hex --trace-file server.trace
  start_fed client "$SOME" connect 127.0.0.1 "$port" --trace=json --data text --trace-file client.trace
  ends_well client server
  check_trace server.trace
  check_trace client.trace
  jq -r 'select(.event == "data") | .hex' server.trace | tr -d ' \n' >seen
  cmp seen <(od -An -v -tx1 "$SOME" | tr -d ' \n')
  jq -r 'select(.event == "write") | .base64 // (.text | @base64)' client.trace | while read -r block; do
    base64 -d <<<"$block"
  done | cmp - "$SOME"
}

@test "--crlf changes lone LFs only, also across reads" {
  # Lines of all lengths, every other one already with a CR; many a read ends in a CR.
  awk 'BEGIN { for (i = 1; i < 3000; i++) printf "%*s\n", i % 97, i % 2 ? "\r" : "" }' >lines
  sed 's/\r*$/\r/' lines >wanted
  server /dev/null wanted
  start_fed client lines connect 127.0.0.1 "$port" --crlf
  ends_well client server
  server /dev/null wanted
  start_cmd client bash -o pipefail -c '"$0" 7 0 <lines | "${@}"' "$SUPPORT/slowpipe" \
    "$TCPKIT" connect 127.0.0.1 "$port" -C
  ends_well client server
}

@test "little: nothing, one byte, half a line, a zero byte" {
  local text
  for text in '' a 'half a line' '\0' '\n'; do
    printf '%b' "$text" >little
    server /dev/null little
    start_fed client little connect 127.0.0.1 "$port"
    ends_well client server
    server /dev/null little --trace
    start_cmd client bash -o pipefail -c 'cat little | "$@"' - "$TCPKIT" connect 127.0.0.1 "$port" --trace
    ends_well client server
  done
}

@test "many tiny writes by the program that feeds stdin" {
  seq 5000 >numbers
  server /dev/null numbers
  start_cmd client bash -o pipefail -c '"$0" 5 0 <numbers | "$@"' "$SUPPORT/slowpipe" \
    "$TCPKIT" connect 127.0.0.1 "$port"
  ends_well client server
}

@test "buffers of one byte" {
  seq 1000 >numbers
  server numbers numbers --read-buffer 1 --high-water-mark 1 --trace
  checked client numbers numbers connect 127.0.0.1 "$port" --read-buffer 1 --high-water-mark 1 \
    --trace=json --trace-file client.trace
  ends_well client server
  check_trace client.trace
}

# Fifty clients: listen -k sends FILE to all of them; client N sends its letter (N modulo 26) 20011
# times.
fifty_clients() { # fifty_clients FILE [ARG...]   sets port
  local n bytes=20011 file=$1 size
  size=$(stat -c %s "$file")
  shift
  mkfifo feed
  start_fed server feed listen -k -v 127.0.0.1:0 --port-file "$PWD/server.port" "$@"
  exec 9>feed
  port=$(port_of server)
  for ((n = 0; n < 50; n++)); do
    head -c $bytes /dev/zero | tr '\0' "\\$(printf %o $((97 + n % 26)))" >"letters$((n % 26))"
    # Without --no-shutdown its FIN would mean that it wants no more data.
    start_fed "client$n" "letters$((n % 26))" connect 127.0.0.1 "$port" --no-shutdown
  done
  LIMIT=$LONG until_true "all clients" has_lines server.err 50 'connection from'
  cat "$file" >&9
  for ((n = 0; n < 50; n++)); do
    LIMIT=$LONG until_true "all of client$n" has_size "client$n.out" "$size"
  done
  LIMIT=$LONG until_true "all that clients sent" has_size server.out $((50 * bytes))
  exec 9>&-
  stop server
  run -0 status_of server "$LONG"
  assert_output 143
  for ((n = 0; n < 50; n++)); do
    run -0 status_of "client$n" "$LONG"
    assert_output 0
    cmp "$file" "client$n.out"
  done
  for ((n = 0; n < 26; n++)); do
    run -0 bash -c 'tr -dc "$1" <server.out | wc -c' - "\\$(printf %o $((97 + n)))"
    assert_output $((n < 24 ? 2 * bytes : bytes))
  done
}

has_lines() { # has_lines FILE COUNT TEXT
  [ "$(grep -c -e "$3" "$1")" -ge "$2" ]
}

has_size() { # has_size FILE BYTES
  [ "$(stat -c %s "$1")" -ge "$2" ]
}

@test "listen -k: fifty clients each get a copy of stdin and are all heard" {
  head -c 2M "$MANY" >copy
  fifty_clients copy
}

@test "listen -k: the copies wait for the slowest" {
  mkfifo feed
  exec 9<>feed
  start_fed server feed listen -k -v 127.0.0.1:0 --port-file "$PWD/server.port" --send-only
  port=$(port_of server)
  FILTER="$SUPPORT/slowpipe 8k 1 | " checked slow /dev/null "$MANY" connect 127.0.0.1 "$port" --recv-only
  checked quick /dev/null "$MANY" connect 127.0.0.1 "$port" --recv-only
  LIMIT=$LONG until_true "all clients" has_lines server.err 2 'connection from'
  cat "$MANY" >&9
  exec 9>&-
  ends_well slow quick
}

@test "memory: a slow stdout on either end" {
  local trace
  head -c 96M "$BIG" >middle
  export SUPPORT_LIMIT=0 FILTER="$SUPPORT/slowpipe 64k 1 | "
  for trace in '' --trace; do
    measured server
    server middle middle ${trace:+"$trace"}
    measured client
    checked client middle middle connect 127.0.0.1 "$port" ${trace:+"$trace"}
    ends_well client server
    small_enough client server
  done
}

@test "memory: much, as fast as it goes" {
  measured server
  server "$BIG" "$BIG"
  measured client
  checked client "$BIG" "$BIG" connect 127.0.0.1 "$port"
  ends_well client server
  small_enough client server
}

@test "memory: echo, whose client sends and reads slowly" {
  head -c 96M "$BIG" >middle
  measured echo
  echo_server
  measured client
  SUPPORT_LIMIT=0 FILTER="$SUPPORT/slowpipe 64k 1 | " checked client middle middle connect 127.0.0.1 "$port"
  ends_well client
  stop echo
  run -0 status_of echo "$LONG"
  assert_output 143
  small_enough client echo
}

@test "memory: listen -k with fifty clients" {
  head -c 8M "$BIG" >copy
  measured server
  fifty_clients copy
  small_enough server
}
