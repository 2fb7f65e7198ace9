# shellcheck shell=bash
# How a run of tcpkit ended; load it after helpers/tcpkit.

one_line() { # one_line NAME REGEX   NAME.err is one line, and matches (grep -E)
  if [ "$(wc -l <"$BATS_TEST_TMPDIR/$1.err")" -ne 1 ] || ! grep -aqE -e "$2" "$BATS_TEST_TMPDIR/$1.err"; then
    echo "$1.err is not one line that matches $2" >&2
    show "$BATS_TEST_TMPDIR/$1.err"
    return 1
  fi
}

silent() { # silent NAME   nothing on stderr
  [ ! -s "$BATS_TEST_TMPDIR/$1.err" ] || {
    show "$BATS_TEST_TMPDIR/$1.err"
    return 1
  }
}

ended() { # ended NAME STATUS [SECONDS]   the program ends with that status
  local got
  got=$(status_of "$1" "${3:-10}")
  [ "$got" = "$2" ] || {
    echo "$1 ended with $got, not $2" >&2
    show "$BATS_TEST_TMPDIR/$1.err"
    return 1
  }
}

# The trace keeps the rules, and its call and event records end with those names.
last_events() { # last_events TRACE "NAME NAME..." [FILTER]   FILTER is jq's
  local got want=$2
  check_trace "$1" || return
  got=$(events "$1" "select(.layer == \"call\" or .layer == \"event\") | ${3:-.}" | tr '\n' ' ')
  [[ " $got" == *" $want " ]] || {
    echo "$1 ends with: $got" >&2
    echo "and not with: $want" >&2
    return 1
  }
}

field() { # field TRACE FILTER   prints the result of jq's filter for its records
  jq -r "$2" "$BATS_TEST_TMPDIR/$1"
}
