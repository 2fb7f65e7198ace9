# Helper of the Bats tests. A test file has `load helpers/tcpkit` at its top and defines
# `teardown() { stop_all; }`. Environment: TCPKIT, the program; SUPPORT, the folder of the built
# tests/support programs; TCPKIT_NODE; CI makes every limit four times as long.
# Every started program has its files in $BATS_TEST_TMPDIR: NAME.out, NAME.err, NAME.pid, NAME.status.

bats_require_minimum_version 1.8.0
bats_load_library bats-support
bats_load_library bats-assert

marker=TCPKIT_TEST_DIR # in the environment of every started program: finds those that are left

start() { # start NAME ARG...   tcpkit in the background, stdin /dev/null
  launch "$1" /dev/null "$TCPKIT" "${@:2}"
}

start_fed() { # start_fed NAME FILE ARG...   tcpkit with its stdin from a file or FIFO
  launch "$1" "$(path_of "$2")" "$TCPKIT" "${@:3}"
}

start_cmd() { # start_cmd NAME COMMAND...   any program, as start
  launch "$1" /dev/null "${@:2}"
  : >"$BATS_TEST_TMPDIR/$1.says_port"
}

# A keeper of our own waits for the program and records its status, so that $(status_of NAME) and
# `run` (subshells, which cannot wait for our children) get it as well. Signals that a background job
# ignores are restored, as on a terminal.
launch() { # launch NAME STDIN COMMAND...
  local base=$BATS_TEST_TMPDIR/$1 in=$2 fd
  shift 2
  rm -f "$base".{pid,status,port,says_port,out,err}
  (
    trap - DEBUG ERR
    set +eET
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      [ "$fd" -gt 2 ] && eval "exec $fd>&-"
    done
    exec </dev/null >/dev/null 2>&1
    # The redirections are made in the child, so a FIFO blocks nothing else.
    env --default-signal=INT,QUIT,PIPE "$marker=$BATS_TEST_TMPDIR" "$@" <"$in" >"$base.out" 2>"$base.err" &
    echo "$!" >"$base.pid.new"
    mv "$base.pid.new" "$base.pid"
    wait "$!"
    echo "$?" >"$base.status.new"
    mv "$base.status.new" "$base.status"
  ) &
  until_true "$base.pid" test -s "$base.pid"
}

path_of() { # path_of FILE   in the test's folder unless it is a path
  case $1 in
    */*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$BATS_TEST_TMPDIR/$1" ;;
  esac
}

until_true() { # until_true WHAT COMMAND...   polls every 20 ms, fails after LIMIT (5) seconds
  local what=$1 slow=${CI:+4} end
  end=$((${EPOCHREALTIME/[.,]/} + ${LIMIT:-5} * ${slow:-1} * 1000000))
  shift
  until "$@"; do
    if ((${EPOCHREALTIME/[.,]/} > end)); then
      printf 'waited in vain for %s\n' "$what" >&2
      return 1
    fi
    sleep 0.02 # the poll's interval
  done
}

show() { # show FILE...   prints it on stderr, escaped
  local file
  for file; do
    [ -e "$file" ] || continue
    printf -- '-- %s\n' "${file##*/}" >&2
    tail -n 100 "$file" | cat -v >&2
  done
}

wait_for() { # wait_for FILE REGEX [SECONDS]   until a line of the file matches (grep -E)
  local file
  file=$(path_of "$1")
  LIMIT=${3:-5} until_true "/$2/ in $1" grep -aqsE -e "$2" "$file" || {
    show "$file"
    return 1
  }
}

port_of() { # port_of NAME   from its NAME.port, else (start_cmd) its first line on stdout
  local base=$BATS_TEST_TMPDIR/$1
  until_true "the port of $1" has_port "$base" || {
    show "$base.out" "$base.err"
    return 1
  }
  has_port "$base" && printf '%s\n' "$port"
}

has_port() { # has_port BASE   sets port
  local source=$1.port
  [ -s "$source" ] || { [ -e "$1.says_port" ] && source=$1.out; } || return 1
  IFS= read -r port <"$source" 2>/dev/null && [[ $port =~ ^[0-9]+$ ]]
}

pid_of() { # pid_of NAME
  cat "$BATS_TEST_TMPDIR/$1.pid"
}

stop() { # stop NAME [SIGNAL]   sends it (TERM) if it still runs; status_of waits for the end
  local status=$BATS_TEST_TMPDIR/$1.status
  [ -e "$status" ] || kill -s "${2:-TERM}" "$(pid_of "$1")" 2>/dev/null ||
    until_true "the end of $1" test -e "$status"
}

status_of() { # status_of NAME [SECONDS]   waits for its end and prints the exit status
  local base=$BATS_TEST_TMPDIR/$1
  LIMIT=${2:-5} until_true "the end of $1" test -e "$base.status" || {
    show "$base.out" "$base.err"
    return 1
  }
  cat "$base.status"
}

# Ends all programs that still run; fails if one survives, or if a sanitizer found something.
stop_all() { # stop_all   for teardown
  local file name pid failed=0 names=()
  for file in "$BATS_TEST_TMPDIR"/*.pid; do
    [ -e "$file" ] || continue
    name=${file##*/}
    names+=("${name%.pid}")
    stop "${name%.pid}" TERM 2>/dev/null || true
    stop "${name%.pid}" CONT 2>/dev/null || true
  done
  for name in ${names[@]+"${names[@]}"}; do
    LIMIT=3 until_true "the end of $name" test -e "$BATS_TEST_TMPDIR/$name.status" 2>/dev/null ||
      stop "$name" KILL
    status_of "$name" >/dev/null || failed=1
  done
  LIMIT=1 until_true "the end of what they started" nothing_left || {
    failed=1
    for pid in $(started); do
      printf 'left behind: %s %s\n' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline")" >&2
      kill -KILL "$pid" 2>/dev/null || true
    done
  }
  keep_traces
  for file in "$BATS_TEST_TMPDIR"/*.err; do
    [ -e "$file" ] || continue
    if grep -aqE 'ERROR: (Address|Leak)Sanitizer|: runtime error: ' "$file"; then
      show "$file"
      failed=1
    fi
  done
  return "$failed"
}

# Copies every complete JSON trace to TCPKIT_TRACES if that is set: all-traces.bats draws them.
keep_traces() { # keep_traces
  local file start kept="${BATS_TEST_FILENAME##*/}-$BATS_TEST_NUMBER-"
  [ -n "${TCPKIT_TRACES-}" ] || return 0
  mkdir -p "$TCPKIT_TRACES"
  rm -f "$TCPKIT_TRACES/$kept"*
  for file in "$BATS_TEST_TMPDIR"/*; do
    [ -f "$file" ] || continue
    IFS= read -r -N 7 start <"$file" || continue
    [ "$start" != '{"v":1,' ] || [ "$(tail -c 2 "$file" | tr -d '\0')" != '}' ] ||
      cp -- "$file" "$TCPKIT_TRACES/$kept${file##*/}"
  done
}

started() { # started   prints the running programs that this test started, their children included
  grep -lzsxF -e "$marker=$BATS_TEST_TMPDIR" /proc/[0-9]*/environ | cut -d/ -f3
}

nothing_left() { # nothing_left
  [ -z "$(started)" ]
}

# Leaves out run, summary and exit, which frame every trace, unless FILTER names them.
events() { # events FILE [FILTER]   the event names of a JSON trace, one a line; FILTER is jq's
  local framing='select(.event | IN("run", "summary", "exit") | not)'
  [[ ${2-} =~ \"(run|summary|exit)\" ]] && framing=.
  jq -r "$framing | ${2:-.} | .event" "$(path_of "$1")"
}

check_trace() { # check_trace FILE [open]   the rules of tcpkit-trace(5); open: some close may be missing
  local file problems
  file=$(path_of "$1")
  problems=$(
    set +e
    [ -s "$file" ] || echo "the trace is empty"
    [ -z "$(tail -c 1 "$file" | tr -d '\n')" ] || echo "the last line has no end"
    iconv -f UTF-8 -t UTF-8 "$file" >/dev/null 2>&1 || echo "invalid UTF-8"
    LC_ALL=C grep -naP '[\x00-\x1f\x7f]|\xc2[\x80-\x9f]' "$file" | cut -d: -f1 | sed 's/^/a raw control character in line /'
    jq -nrR --argjson open "$([ "${2-}" = open ] && echo true || echo false)" \
      -f "$(dirname "${BASH_SOURCE[0]}")/check_trace.jq" "$file" 2>&1
  )
  [ -z "$problems" ] || {
    printf '%s: %s\n' "$1" "$problems" >&2
    show "$file"
    return 1
  }
}

node24() { # node24   sets node to the path of Node 24, or skips the test
  node=${TCPKIT_NODE:-$(command -v node || true)}
  if [ -z "$node" ] || [[ $("$node" --version) != v24.* ]]; then
    skip "needs Node 24: set TCPKIT_NODE to its path"
  fi
}
