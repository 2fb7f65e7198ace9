#!/usr/bin/env bats
# Faulty steps: one line that names the place, exit 2, nothing opened.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

refused() { # refused TEXT ARG...   connect with these arguments prints that one line and exits 2
  local text=$1
  shift
  run -2 timeout 20 "$TCPKIT" connect 127.0.0.1:1 --trace-file trace "$@"
  assert_output "tcpkit connect: $text"
  [ ! -e trace ]
}

script() { # script LINE...   writes the file script
  printf '%s\n' "$@" >script
}

@test "--do: the message names the step and a valid form" {
  refused "--do 2: unknown step 'sned'; did you mean send?" --do end --do 'sned "x"'
  refused '--do 1: the quote before '"'x'"' is not closed; write "TEXT"' --do 'send "x'
  refused "--do 1: '3x' is not a duration; write 250ms, 3s or 2m; write: sleep 250ms" --do 'sleep 3x'
  refused "--do 1: unknown event 'ends'; did you mean end?" --do 'expect ends'
  refused '--do 1: the step is empty; write e.g. end' --do ''
  run -2 "$TCPKIT" connect unix:/tmp/none --do 'expect state TIME_WAIT'
  assert_output 'tcpkit connect: --do 1: state: a Unix socket has no such thing; write an event, e.g. end'
  refused "--do 1: unknown state 'FIN_WAIT3'; did you mean FIN_WAIT1?" --do 'expect state FIN_WAIT3'
}

@test "--script: the message names file and line" {
  script '# half open' '' 'send "x"' 'slep 1s'
  refused "script:4: unknown step 'slep'; did you mean sleep?" --script script
  refused '--script: cannot read none: no such file or directory; name a readable file' --script none
  refused '--script: cannot read .: illegal operation on a directory; name a readable file' --script .
}

@test "a line of a megabyte and ten thousand steps give one short line" {
  { head -c 1048576 /dev/zero | tr '\0' x; echo; } >long
  run -2 timeout 20 "$TCPKIT" connect 127.0.0.1:1 --script long
  [ "${#lines[@]}" = 1 ]
  [ "${#output}" -lt 400 ]
  assert_output --partial "long:1: unknown step 'xxx"
  { yes 'expect data "x" within 1s' | head -n 10000; echo oops; } >many
  run -2 timeout 20 "$TCPKIT" connect 127.0.0.1:1 --script many
  assert_output "tcpkit connect: many:10001: unknown step 'oops'; the steps are send, end, destroy, destroySoon, reset, pause, resume, set, sleep, expect, refute, vanish, note"
}

@test "set: a name or value that is unknown, out of range, or too late is refused" {
  refused '--do 1: set nodelay: there is no such option; did you mean no-delay?' --do 'set nodelay=on'
  refused '--do 1: set no-delay: it takes on or off; write set no-delay=on' --do 'set no-delay=1'
  refused "--do 1: set ttl: --ttl: '999' is not a whole number from 1 to 255" --do 'set ttl=999'
  refused '--do 1: set local-port: it makes sense only before there is a connection; give --local-port to the command' \
    --do 'set local-port=5000'
  refused '--do 1: set read-buffer: it makes sense only before there is a connection; give --read-buffer to the command' \
    --do 'set read-buffer=1'
}

@test "a Unix socket refuses reset, vanish and options of TCP" {
  run -2 "$TCPKIT" connect unix:s --do reset
  assert_output 'tcpkit connect: --do 1: reset: a Unix socket has no such thing; write: destroy'
  run -2 "$TCPKIT" listen unix:s --do vanish
  assert_output 'tcpkit listen: --do 1: vanish: a Unix socket has no such thing; write: destroy'
  run -2 "$TCPKIT" connect unix:s --do 'set no-delay=on'
  assert_output 'tcpkit connect: --do 1: set no-delay: --no-delay: a Unix socket has no such option; leave it out'
  [ ! -e s ]
}

@test "steps replace stdin: options about stdin are refused, and so are two sources" {
  run -2 "$TCPKIT" connect 127.0.0.1:1 --do end --send x
  assert_output --partial '--send is about stdin'
  run -2 "$TCPKIT" listen 0 --do end -q 1
  assert_output --partial '-q is about stdin'
  script end
  refused '--do and --script cannot be combined; leave one out' --do end --script script
}

@test "a file to send must exist when the script is read" {
  refused '--do 1: cannot read none: no such file or directory; name a readable file' --do 'send @none'
  refused '--do 1: cannot read .: illegal operation on a directory; name a readable file' --do 'send @.'
}

@test "a client has no events of a listener" {
  refused "--do 1: listening is an event of a listener; a client's first one is connect" --do 'expect listening'
}

@test "send @FILE ends when the connection accepts no more data, even if the error is not read yet" {
  head -c 8M /dev/zero >"$BATS_TEST_TMPDIR/big"
  start server listen 127.0.0.1:0 --port-file "$BATS_TEST_TMPDIR/server.port" --do 'expect data' --do reset
  run -0 timeout 20 "$TCPKIT" connect "127.0.0.1:$(port_of server)" --do pause --do "send @$BATS_TEST_TMPDIR/big" --do resume --do 'expect error'
}
