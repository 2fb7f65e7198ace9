#!/usr/bin/env bats
# The completions, tested in their own shells.

load helpers/tcpkit

setup() {
  completions=$BATS_TEST_DIRNAME/../completions
  export HOME=$BATS_TEST_TMPDIR TERM=vt100 INPUTRC=/dev/null
  mkdir "$BATS_TEST_TMPDIR/files" "$BATS_TEST_TMPDIR/odd"
  touch "$BATS_TEST_TMPDIR/files/a trace" "$BATS_TEST_TMPDIR/odd/b:c=d'e"
  # The shells ask the program of this name.
  mkdir "$BATS_TEST_TMPDIR/bin"
  ln -s "$TCPKIT" "$BATS_TEST_TMPDIR/bin/tcpkit"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

teardown() { stop_all; }

# The arguments that tcpkit would be called with, one line for each typed line.
show_arguments='tcpkit() { printf "[%s]" got "$@"; echo; }'

# The prompt is assembled only when it is printed, so the echo of typed text does not match it.
typed() { # typed SHELL... -- LINE [ANSWER] ...   types into a terminal, waits for each answer
  local shell=() actions=("see:ready1>")
  while [ "$1" != -- ]; do
    shell+=("$1")
    shift
  done
  shift
  while [ $# -gt 0 ]; do
    actions+=("type:$1\\r" "see:$2")
    shift 2
  done
  timeout 60 "$SUPPORT/pty" screen "${actions[@]}" 'type:exit\r' -- "${shell[@]}" || {
    show screen
    return 1
  }
}

@test "bash completes commands, options, words, lists and files on TAB" {
  cd "$BATS_TEST_TMPDIR" || return
  cat >rc <<END
source "$completions/tcpkit.bash"
$show_arguments
PS1='ready\$((1))> '
END
  typed bash --noprofile --rcfile rc -i -- \
    'tcpkit con\t--col\tnev\t' '[got][connect][--color][never]' \
    'tcpkit lis\t--trace=j\t' '[got][listen][--trace=json]' \
    'tcpkit echo --layers call,ev\t' '[got][echo][--layers][call,event]' \
    'tcpkit echo --layers=note,c\t' '[got][echo][--layers=note,call]' \
    'tcpkit echo --port-file files/\t' '[got][echo][--port-file][files/a trace]' \
    'tcpkit comp\tf\t' '[got][completion][fish]' \
    'tcpkit lab simul\t--js\t' '[got][lab][simultaneous-close][--json]' \
    'tcpkit explain TIME_\t' '[got][explain][TIME_WAIT]' \
    'tcpkit help ad\t' '[got][help][address]'
  typed bash --noprofile --rcfile rc -i -- \
    "tcpkit connect --do 'exp\tdata wit\t2s'" '[got][connect][--do][expect data within 2s]' \
    'tcpkit connect --do "set no-d\tof\t' '[got][connect][--do][set no-delay=off]' \
    'tcpkit connect --do sle\t2s' '[got][connect][--do][sleep 2s]' \
    'tcpkit listen --do=destroyS\t' '[got][listen][--do=destroySoon]' \
    "tcpkit listen --do='send @fil\ta\t" '[got][listen][--do=send @files/a trace]' \
    "tcpkit connect --do 'expect state to=TI\t" '[got][connect][--do][expect state to=TIME_WAIT]' \
    'tcpkit connect --interface=l\t' '[got][connect][--interface=lo]' \
    'tcpkit echo --port-file=files/a\t' '[got][echo][--port-file=files/a trace]' \
    'tcpkit diagram odd/b\t' "[got][diagram][odd/b:c=d'e]" \
    'tcpkit diagram ~/fil\ta\t' "[got][diagram][$HOME/files/a trace]" \
    'tcpkit lab ~/fil\ta\t' "[got][lab][$HOME/files/a trace]" \
    'tcpkit listen unix:odd/b\t' "[got][listen][unix:odd/b:c=d'e]" \
    'tcpkit connect -vn host --lay\tw\t' '[got][connect][-vn][host][--layers][wire]' \
    'tcpkit connect "a b" --lay\tw\t' '[got][connect][a b][--layers][wire]' \
    'tcpkit connect -- --lay\t' '[got][connect][--][--lay]' \
    'tcpkit half-close x 2>files/a\t; cat files/a*' '[got][half-close][x]' \
    'true | tcpkit lab half-open-c\t' '[got][lab][half-open-crash]' \
    'bin/tcpkit completion fi\t | head -n 1' 'Completion of tcpkit for fish'
  # The same if readline does not split at these.
  # shellcheck disable=SC2016
  echo 'COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:@]}' >>rc
  typed bash --noprofile --rcfile rc -i -- \
    'tcpkit listen --trace=j\t' '[got][listen][--trace=json]' \
    'tcpkit echo --port-file=files/a\t' '[got][echo][--port-file=files/a trace]' \
    'tcpkit listen unix:odd/b\t' "[got][listen][unix:odd/b:c=d'e]"
  # A second TAB lists the candidates, with their meaning.
  typed bash --noprofile --rcfile rc -i -- \
    'tcpkit lab time\t' '[got][lab][time-wait]' \
    'tcpkit lab reset\t\t' '(destroy(): FIN or RST?)' \
    'tcpkit connect --do "des\tS\t' '[got][connect][--do][destroySoon]'
}

@test "zsh completes commands, options, words, lists and files on TAB" {
  command -v zsh >/dev/null || skip "needs zsh"
  cd "$BATS_TEST_TMPDIR" || return
  cat >.zshrc <<END
fpath=("$completions" \$fpath)
autoload -U compinit
compinit -u -D
$show_arguments
setopt prompt_subst
PS1='ready\$((1))> '
END
  typed env ZDOTDIR="$BATS_TEST_TMPDIR" zsh -d -i -- \
    'tcpkit con\t--col\tnev\t' '[got][connect][--color][never]' \
    'tcpkit lis\t--trace=j\t' '[got][listen][--trace=json]' \
    'tcpkit echo --layers call,ev\t' '[got][echo][--layers][call,event]' \
    'tcpkit echo --layers=note,c\t' '[got][echo][--layers=note,call]' \
    'tcpkit echo --port-file files/\t' '[got][echo][--port-file][files/a trace]' \
    'tcpkit comp\tf\t' '[got][completion][fish]' \
    'tcpkit lab simul\t--js\t' '[got][lab][simultaneous-close][--json]' \
    'tcpkit explain TIME_\t' '[got][explain][TIME_WAIT]' \
    'tcpkit help ad\t' '[got][help][address]'
  typed env ZDOTDIR="$BATS_TEST_TMPDIR" zsh -d -i -- \
    "tcpkit connect --do 'exp\tdata wit\t2s'" '[got][connect][--do][expect data within 2s]' \
    'tcpkit connect --do "set no-d\tof\t' '[got][connect][--do][set no-delay=off]' \
    'tcpkit connect --do sle\t2s' '[got][connect][--do][sleep 2s]' \
    'tcpkit listen --do=destroyS\t' '[got][listen][--do=destroySoon]' \
    "tcpkit listen --do='send @fil\ta\t" '[got][listen][--do=send @files/a trace]' \
    "tcpkit connect --do 'expect state to=TI\t" '[got][connect][--do][expect state to=TIME_WAIT]' \
    'tcpkit connect --interface=l\t' '[got][connect][--interface=lo]' \
    'tcpkit echo --port-file=files/a\t' '[got][echo][--port-file=files/a trace]' \
    'tcpkit diagram odd/b\t' "[got][diagram][odd/b:c=d'e]" \
    'tcpkit diagram ~/fil\ta\t' "[got][diagram][$HOME/files/a trace]" \
    'tcpkit lab ~/fil\ta\t' "[got][lab][$HOME/files/a trace]" \
    'tcpkit listen unix:odd/b\t' "[got][listen][unix:odd/b:c=d'e]" \
    'tcpkit connect -vn host --lay\tw\t' '[got][connect][-vn][host][--layers][wire]' \
    'tcpkit connect "a b" --lay\tw\t' '[got][connect][a b][--layers][wire]' \
    'tcpkit connect -- --lay\t' '[got][connect][--][--lay]' \
    'true | tcpkit lab half-open-c\t' '[got][lab][half-open-crash]' \
    'bin/tcpkit completion fi\t | head -n 1' 'Completion of tcpkit for fish' \
    'tcpkit lab time\t' '[got][lab][time-wait]' \
    'tcpkit lab reset\t' '-- destroy(): FIN or RST?'
}

@test "fish completes commands, options, words, lists and files" {
  command -v fish >/dev/null || skip "needs fish"
  cd "$BATS_TEST_TMPDIR" || return
  ask() { fish --no-config -c "source '$completions/tcpkit.fish'; complete -C \$argv[1]" -- "$1"; }
  assert_equal "$(ask 'tcpkit con' | cut -f1)" connect
  assert_equal "$(ask 'tcpkit connect --colo' | cut -f1)" --color
  assert_equal "$(ask 'tcpkit connect --color nev' | cut -f1)" never
  assert_equal "$(ask 'tcpkit listen --trace=j' | cut -f1)" --trace=json
  assert_equal "$(ask 'tcpkit listen --trace ' | cut -f1)" ''
  assert_equal "$(ask 'tcpkit echo --layers call,ev' | cut -f1)" call,event
  assert_equal "$(ask 'tcpkit echo --layers=note,c' | cut -f1)" --layers=note,call
  assert_equal "$(ask 'tcpkit echo --port-file files/' | cut -f1)" 'files/a trace'
  assert_equal "$(ask 'tcpkit echo --backlog ' | cut -f1)" ''
  assert_equal "$(ask 'tcpkit completion f' | cut -f1)" fish
  assert_equal "$(ask 'tcpkit lab simul' | cut -f1)" simultaneous-close
  assert_equal "$(ask 'tcpkit explain TIME_' | cut -f1)" TIME_WAIT
  assert_equal "$(ask 'tcpkit help ad' | cut -f1)" address
  local within
  within=$(printf 'expect data within \tHow long, e.g. 2s')
  assert_equal "$(ask "tcpkit connect --do 'expect data wit")" "$within"
  assert_equal "$(ask "tcpkit connect --do 'exp" | cut -f1)" "$(tcpkit complete -- connect --do exp | cut -f1)"
  assert_equal "$(ask 'tcpkit connect --do "set no-delay=of')" 'set no-delay=off'
  assert_equal "$(ask 'tcpkit listen --do=destroyS' | cut -f1)" '--do=destroySoon'
  assert_equal "$(ask 'tcpkit listen --do=expect\ dr' | cut -f1 | sort)" "$(printf '%s\n' '--do=expect drain' '--do=expect drop')"
  assert_equal "$(ask "tcpkit listen --do='send @files/a")" '--do=send @files/a trace'
  assert_equal "$(ask 'tcpkit connect --interface=l' | cut -f1)" '--interface=lo'
  assert_equal "$(ask 'tcpkit echo --port-file=files/a')" '--port-file=files/a trace'
  # shellcheck disable=SC2088
  assert_equal "$(ask 'tcpkit lab ~/fil' | tail -n 1)" '~/files/'
  assert_equal "$(ask 'tcpkit diagram odd/b')" "odd/b:c=d'e"
  assert_equal "$(ask 'tcpkit listen unix:odd/b')" "unix:odd/b:c=d'e"
  assert_equal "$(ask 'tcpkit connect -vn host --lay' | cut -f1)" --layers
  assert_equal "$(ask 'tcpkit connect "a b" --layers w')" wire
  assert_equal "$(ask 'tcpkit connect -- --lay')" ''
  assert_equal "$(ask 'tcpkit lab time')" "$(printf 'time-wait\tTIME_WAIT, and why servers set SO_REUSEADDR')"
}

@test "tcpkit complete recognizes each word, and prints nothing if it cannot" {
  ask() { "$TCPKIT" complete -- "$@" | cut -f1; }
  lines() { printf '%s\n' "$@"; }
  # Every option before the word counts: one that takes a value, a cluster, an end of the options.
  assert_equal "$(ask connect -vs 127.0.0.1 --color n)" never
  assert_equal "$(ask connect -vs --color)" ''
  assert_equal "$(ask connect -vs127.0.0.1 --color=n)" --color=never
  assert_equal "$(ask connect --send --color --color n)" never
  assert_equal "$(ask lab --color never half-open-c | tail -n 1)" half-open-crash
  assert_equal "$(ask lab -- half-open-c | tail -n 1)" half-open-crash
  assert_equal "$(ask lab half-open half-open-)" ''
  assert_equal "$(ask explain TIME_WAIT TIME_)" TIME_WAIT
  assert_equal "$(ask completion bash '')" ''
  assert_equal "$(ask connect -v4 | grep -c '^-v4.$')" "$(ask connect -v4 | tail -n +2 | wc -l)"
  # Addresses, numbers and texts are not completed.
  assert_equal "$(ask connect '')$(ask connect --ttl '')$(ask connect --send=)$(ask address 1)" ''
  assert_equal "$(ask connect --color=never=)$(ask connect --no-such=)$(ask connect -%)" ''
  assert_equal "$(ask no-such-command -)$(ask complete -)$("$TCPKIT" complete --)" ''
  # Lists have each word once.
  assert_equal "$(ask connect --layers call,event,)" "$(lines call,event,{kernel,note,wire})"
  # Steps.
  assert_equal "$(ask connect --do de)" "$(lines destroy destroySoon)"
  assert_equal "$(ask connect --do 'expect listen')" ''
  assert_equal "$(ask listen --do 'expect listen')" 'expect listening'
  assert_equal "$(ask connect --do 'refute clo')" 'refute close '
  assert_equal "$(ask connect --do 'expect segment SYN AC')" 'expect segment SYN ACK'
  assert_equal "$(ask connect --do 'expect error co')" 'expect error code='
  assert_equal "$(ask connect --do 'expect data "ab c" wi')" 'expect data "ab c" within '
  assert_equal "$(ask connect --do 'expect data "wi')$(ask connect --do 'expect data within ')" ''
  assert_equal "$(ask connect --do 'set keep-alive=o')" "$(lines 'set keep-alive='{on,off})"
  assert_equal "$(ask connect --do 'set inter')" 'set interface='
  assert_equal "$(ask connect --do 'set block')$(ask connect --do 'set read-b')" ''
  # A file name follows this text, only if a file is meant.
  local files=$':files\t'
  assert_equal "$("$TCPKIT" complete -- connect --trace-file=a)" "$files--trace-file="
  assert_equal "$("$TCPKIT" complete -- connect --do 'send @a')" "${files}send @"
  assert_equal "$("$TCPKIT" complete -- connect --script '')" "$files"
  assert_equal "$("$TCPKIT" complete -- listen unix:/)" "${files}unix:"
  assert_equal "$("$TCPKIT" complete -- listen unix:@)" ''
  assert_equal "$("$TCPKIT" complete -- lab half-open-c)" "$files
half-open-crash	$("$TCPKIT" lab list | sed -n 's/^half-open-crash *//p')"
  # A candidate is one line.
  assert_equal "$(ask connect $'--do=expect\nda')$(ask connect $'--color\t')" ''
  run -2 "$TCPKIT" complete
  assert_output "tcpkit complete: the words of the command line go after --; e.g. tcpkit complete -- lab ''"
}

@test "tcpkit complete offers the interfaces and algorithms of the network it runs in, without a socket" {
  [ "$(id -u)" = 0 ] || skip "needs root, for a network namespace"
  strace -o /dev/null true || skip "needs strace, and permission to trace"
  # shellcheck disable=SC2016
  ASAN_OPTIONS=detect_leaks=0 run -0 unshare --net sh -c '
    ip link set lo name tk-one || exit
    strace -f -qq -e trace=network -o "$2" "$1" complete -- echo --interface= || exit
    "$1" complete -- connect --do "set interface=tk" || exit
    "$1" complete -- connect --congestion= | cut -f1' - "$TCPKIT" "$BATS_TEST_TMPDIR/calls"
  assert_line --partial '--interface=tk-one'
  assert_line --partial 'set interface=tk-one'
  refute_line --regexp '=(lo|eth0)'
  local algorithm
  for algorithm in $(</proc/sys/net/ipv4/tcp_available_congestion_control); do
    assert_line -- "--congestion=$algorithm"
  done
  assert_equal "$(cat "$BATS_TEST_TMPDIR/calls")" ''
}

@test "tcpkit completion accepts three shells" {
  local shell
  for shell in bash zsh fish; do
    run -0 --separate-stderr "$TCPKIT" completion "$shell"
    assert_output --partial "Completion of tcpkit for $shell"
    # shellcheck disable=SC2154
    assert_equal "$stderr" ''
  done
  run -2 --separate-stderr "$TCPKIT" completion csh
  assert_equal "$output" ''
  assert_equal "$stderr" "tcpkit completion: 'csh' is not one of bash, zsh, fish; e.g. tcpkit completion bash"
  run -2 "$TCPKIT" completion bash zsh
  assert_output "tcpkit completion: unexpected argument 'zsh'; completion takes one shell"
  # shellcheck disable=SC2016
  run -1 bash -c '"$TCPKIT" completion bash >/dev/full'
  assert_output 'tcpkit completion: cannot write stdout: no space left on device'
}
