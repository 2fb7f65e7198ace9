#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts in single quotes expand elsewhere
# Where the trace goes, and what happens if it cannot be written there.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

reading() { # reading COMMAND...   tcpkit's stdout and stderr kept apart: out, err
  "$TCPKIT" "$@" </dev/null >out 2>err
}

@test "connect and listen trace to stderr, echo to stdout; without an option none does" {
  start s listen 127.0.0.1:0 --trace --port-file s.port
  start c connect "127.0.0.1:$(port_of s)" --trace --send hello
  assert_equal "$(status_of c)" 0
  assert_equal "$(status_of s)" 0
  run -0 cat s.out
  assert_output hello
  run -0 cat s.err
  assert_output --partial 'listening'
  [ ! -s c.out ]
  run -0 cat c.err
  assert_output --partial 'connectionAttempt'
  start e echo 127.0.0.1:0 --trace --port-file e.port
  run -0 reading connect "127.0.0.1:$(port_of e)" --send hello
  assert_equal "$(cat out)" hello
  [ ! -s err ]
  wait_for e.out 'server 1 .*close'
  [ ! -s e.err ]
}

@test "each option of the trace implies the trace; --quiet turns it off" {
  local option
  for option in --trace --trace=human --trace=json --json --layers=event --time=none --data=hex --explain --trace-file=fd:2; do
    run -4 reading connect 127.0.0.1:1 "$option"
    run -0 grep -c connectionAttemptFailed err
    assert_equal "$option $output" "$option 1"
    run -4 reading connect 127.0.0.1:1 "$option" --quiet
    run -0 wc -l <err
    assert_equal "$option $output" "$option 1"
  done
  run -4 reading connect 127.0.0.1:1 --color always
  run -0 wc -l <err
  assert_output 1
}

@test "--trace-file FILE, - and fd:N" {
  run -4 reading connect 127.0.0.1:1 --json --trace-file trace
  check_trace trace
  [ ! -s out ]
  run -4 reading connect 127.0.0.1:1 --json --trace-file -
  check_trace out
  run -0 wc -l <err
  assert_output 1
  "$TCPKIT" connect 127.0.0.1:1 --json --trace-file fd:7 7>seven </dev/null >out 2>err || true
  check_trace seven
  [ ! -s out ]
  start e echo 127.0.0.1:0 --json --trace-file fd:2 --port-file e.port
  port_of e
  stop e
  assert_equal "$(status_of e)" 143
  check_trace e.err
  [ ! -s e.out ]
}

@test "--trace-file - with a payload on stdout loses none of it" {
  start s listen 127.0.0.1:0 --send payload --port-file s.port
  run -0 reading connect "127.0.0.1:$(port_of s)" --recv-only --trace-file -
  run -0 grep -c payload out
  assert_output 1
  run -0 grep -c connectionAttempt out
  assert_output 1
}

@test "an old trace is replaced; one that cannot be opened ends the program before anything" {
  printf 'old\n' >trace
  run -4 reading connect 127.0.0.1:1 --json --trace-file trace
  check_trace trace
  start_cmd peer "$SUPPORT/peer" hold
  run -1 reading connect "127.0.0.1:$(port_of peer)" --trace-file no/such/file
  run -0 cat err
  assert_output 'tcpkit connect: cannot open no/such/file: No such file or directory'
  run -1 reading listen 127.0.0.1:0 --trace-file fd:77
  run -0 wc -l <err
  assert_output 1
  run -0 cat err
  assert_output --partial 'fd:77'
}

@test "a word after fd: that is not a number is a usage error" {
  run -2 reading connect 127.0.0.1:1 --trace-file fd:seven
  run -0 cat err
  assert_output --partial 'fd:seven'
  assert_equal "${#lines[@]}" 1
  run -2 reading connect 127.0.0.1:1 --trace-file fd:
}

@test "EPIPE on the trace stops the trace, not the program" {
  mkfifo trace
  start_cmd reader head -n 2 trace
  start_cmd peer "$SUPPORT/peer" send:one read:3 send:two readeof
  mkfifo in
  exec 9<>in
  start_fed c in connect "127.0.0.1:$(port_of peer)" --json --trace-file trace
  wait_for c.out one
  assert_equal "$(status_of reader)" 0 # the trace has no reader any more
  printf abc >&9
  wait_for c.out onetwo
  printf def >&9
  exec 9>&-
  assert_equal "$(status_of c)" 0
  [ ! -s c.err ]
  run -0 tail -n 1 peer.out
  assert_output 'eof 3 def'
}

@test "EPIPE on the trace that stderr carries" {
  mkfifo trace
  start_cmd reader head -n 1 trace
  start_cmd peer "$SUPPORT/peer" send:one readeof
  start_cmd c bash -c 'exec "$0" connect "127.0.0.1:$1" --trace --send hello 2>trace' "$TCPKIT" "$(port_of peer)"
  assert_equal "$(status_of c)" 0
  run -0 cat c.out
  assert_output one
  run -0 tail -n 1 peer.out
  assert_output 'eof 5 hello'
}

@test "/dev/stderr is stderr: output is appended, and messages are records among the others" {
  echo before >both
  run -4 bash -c '"$TCPKIT" connect 127.0.0.1:1 --json --trace-file /dev/stderr 2>>both'
  assert_equal "$(head -n 1 both)" before
  run -0 jq -r .event <(tail -n +2 both)
  assert_output $'run\nconnect\nconnectionAttempt\nconnectionAttemptFailed\nerror\nclose\nsummary\nmessage\nexit'
  echo before >both
  run -2 bash -c '"$TCPKIT" connect 127.0.0.1:1 --json --trace-file /dev/fd/2 --bad 2>>both'
  run -0 jq -r .event <(tail -n +2 both)
  assert_output $'run\nmessage\nexit'
  echo before >both
  run -4 bash -c '"$TCPKIT" connect 127.0.0.1:1 --json --trace-file /dev/stdout 2>err >>both'
  assert_equal "$(head -n 1 both)" before
  run -0 jq -r .event <(tail -n +2 both)
  assert_output $'run\nconnect\nconnectionAttempt\nconnectionAttemptFailed\nerror\nclose\nsummary\nexit'
}

@test "a full disk under the trace: one line, exit 1, the connection ended in order" {
  start s listen 127.0.0.1:0 --json --port-file s.port
  run -1 "$TCPKIT" connect "127.0.0.1:$(port_of s)" --json --trace-file /dev/full --recv-only
  assert_output 'tcpkit connect: cannot write the trace: no space left on device'
  run -1 bash -c '"$TCPKIT" echo 127.0.0.1:0 --json >/dev/full'
  assert_output 'tcpkit echo: cannot write the trace: no space left on device'
  run -1 bash -c '"$TCPKIT" connect 127.0.0.1:1 --json 2>/dev/full'
  assert_output ''
}

@test "records reach the file before the loop sleeps" {
  start s echo 127.0.0.1:0 --json --trace-file trace
  wait_for trace '"event":"listening"'
  stop s STOP
  check_trace trace open
  stop s CONT
}

@test "a burst of records costs one system call" {
  command -v strace >/dev/null || skip 'needs strace'
  # LeakSanitizer does not work under ptrace.
  ASAN_OPTIONS=detect_leaks=0 run -4 strace -f -e trace=write -o calls "$TCPKIT" connect 127.0.0.1:1 --json --trace-file trace
  run -0 grep -c '"seq\\":' calls
  assert [ "$output" -lt "$(wc -l <trace)" ]
}
