#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets stderr
# explain: every word that a trace can show has a meaning.

load helpers/tcpkit

@test "a word with several meanings has them all; case does not matter; a line has 80 columns" {
  run -0 "$TCPKIT" explain END
  assert_line 'call end()'
  assert_line 'event end'
  assert_line '    See it: tcpkit lab half-open'
  run -0 "$TCPKIT" explain 'end()'
  assert_line 'call end()'
  refute_line 'event end'
  run -0 "$TCPKIT" explain time_wait rst ECONNRESET zero-window no-delay
  assert_line 'state TIME_WAIT'
  assert_line 'flag RST'
  assert_line 'error code ECONNRESET'
  assert_line 'label zero-window'
  assert_line 'option --no-delay'
  [ "$(wc -L <<<"$output")" -le 80 ]
}

@test "an unknown word: status 1, with the nearest words, after the others" {
  run -1 --separate-stderr "$TCPKIT" explain TIME_WAIT fin_wait $'x\e[31m'
  assert_line 'state TIME_WAIT'
  assert_line -n 0 'state TIME_WAIT'
  assert_regex "$stderr" "'fin_wait' is no event, state, flag, option or error code; the nearest: FIN_WAIT1, FIN_WAIT2"
  refute_regex "$stderr" $'\e'
  run -1 "$TCPKIT" explain no_delay
  assert_output --partial 'the nearest: --no-delay'
  run -0 "$TCPKIT" explain summary counters AggregateError half-open ENODEV
  assert_line 'note summary'
  run -2 "$TCPKIT" explain
  run -2 "$TCPKIT" explain --no-delay
}

@test "every event, call, state and error code that the manual names is explained" {
  local word
  # Lists the items in the sections of tcpkit-trace(5) that describe records.
  sed -n '/^\.Sh CALLS/,/^\.Sh NOTES/s/^\.It Ic //p' "${BATS_TEST_DIRNAME}/../man/tcpkit-trace.5" >words
  [ "$(wc -l <words)" -gt 30 ]
  while read -r word _; do
    run -0 "$TCPKIT" explain "$word"
  done <words
}

@test "every error code that the program can print is explained" {
  local codes
  # The codes that the sources name, and those that a system call may return.
  codes=$(grep -rhoE '"E[A-Z]+(_[A-Z_]+)?"' "${BATS_TEST_DIRNAME}"/../{src,cmd} | tr -d '"' | sort -u)
  [ "$(wc -w <<<"$codes")" -gt 25 ]
  codes+=" $(python3 -c 'import errno; print(*errno.errorcode.values())' | sed 's/EDEADLOCK/EDEADLK/')" # one number, two names
  # shellcheck disable=SC2086 # a list of words
  run --separate-stderr "$TCPKIT" explain $codes
  assert_equal "$stderr" ''
  assert_equal "$status" 0
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}
