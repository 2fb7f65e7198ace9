#!/usr/bin/env bats
# The completions, asked in the shells that they are for.

load helpers/tcpkit

setup() {
  completions=$BATS_TEST_DIRNAME/../completions
  export HOME=$BATS_TEST_TMPDIR TERM=vt100 INPUTRC=/dev/null
  mkdir "$BATS_TEST_TMPDIR/files"
  touch "$BATS_TEST_TMPDIR/files/a trace"
}

teardown() { stop_all; }

# What tcpkit would be called with, one line of it for each that was typed.
show_arguments='tcpkit() { printf "[%s]" got "$@"; echo; }'

# The prompt is put together only when it is printed: the echo of what is typed is not it.
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
    'tcpkit con\t--col\tnev\t' '[got][connect][--color=never]' \
    'tcpkit lis\t--trace=j\t' '[got][listen][--trace=json]' \
    'tcpkit echo --layers call,ev\t' '[got][echo][--layers][call,event]' \
    'tcpkit echo --layers=note,c\t' '[got][echo][--layers=note,call]' \
    'tcpkit echo --port-file files/\t' '[got][echo][--port-file][files/a trace]' \
    'tcpkit comp\tf\t' '[got][completion][fish]' \
    'tcpkit lab simul\t--js\t' '[got][lab][simultaneous-close][--json]' \
    'tcpkit explain TIME_\t' '[got][explain][TIME_WAIT]' \
    'tcpkit help ad\t' '[got][help][address]'
}

@test "fish completes commands, options, words, lists and files" {
  command -v fish >/dev/null || skip "needs fish"
  cd "$BATS_TEST_TMPDIR" || return
  ask() { fish --no-config -c "source '$completions/tcpkit.fish'; complete -C '$1'" | cut -f1; }
  assert_equal "$(ask 'tcpkit con')" connect
  assert_equal "$(ask 'tcpkit connect --colo')" --color
  assert_equal "$(ask 'tcpkit connect --color nev')" never
  assert_equal "$(ask 'tcpkit listen --trace=j')" --trace=json
  assert_equal "$(ask 'tcpkit listen --trace ')" ''
  assert_equal "$(ask 'tcpkit echo --layers call,ev')" call,event
  assert_equal "$(ask 'tcpkit echo --layers=note,c')" --layers=note,call
  assert_equal "$(ask 'tcpkit echo --port-file files/')" 'files/a trace'
  assert_equal "$(ask 'tcpkit echo --backlog ')" ''
  assert_equal "$(ask 'tcpkit completion f')" fish
  assert_equal "$(ask 'tcpkit lab simul')" simultaneous-close
  assert_equal "$(ask 'tcpkit explain TIME_')" TIME_WAIT
  assert_equal "$(ask 'tcpkit help ad')" address
}

@test "tcpkit completion takes one of three shells" {
  local shell
  for shell in bash zsh fish; do
    run -0 --separate-stderr "$TCPKIT" completion "$shell"
    assert_output --partial "written by: tcpkit completion $shell"
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
