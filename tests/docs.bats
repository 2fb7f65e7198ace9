#!/usr/bin/env bats
# Compares --help, the manual and the completion: each has the same commands, options, values and
# words of values, and no others.

load helpers/tcpkit

setup() {
  top=$BATS_TEST_DIRNAME/..
  cd "$BATS_TEST_TMPDIR" || return
  mapfile -t all < <("$TCPKIT" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
  [ ${#all[@]} -gt 3 ]
}

teardown() { stop_all; }

# One line for each option, as in "-w, --connect-timeout DURATION".
from_help() { # from_help COMMAND
  "$TCPKIT" "$1" --help | sed -nE 's/^ {2}( {4})?(-[^ ].*)/\2/p' | sed -E 's/ {2,}.*//' | sort
}

from_manual() { # from_manual COMMAND
  page "tcpkit-$1.1" | sed -n '/^OPTIONS/,/^EXIT STATUS/p' | sed -nE 's/^ {5}(-[^ ].*)/\1/p' |
    sed -E 's/ {2,}.*//; s/ \| /|/g' | sort
}

page() { # page NAME   as text, its lines long enough for any option
  mandoc -T ascii -O width=300 "$top/man/$1" | col -bx
}

# Prints the names of each such line, a name and "=" if the value is optional, and each word that the
# value may be: "--trace", "--trace=", "--trace human", "--trace json".
names_and_words() { # reads the lines
  sed -E 's/\[,\.\.\.\]$//' | awk '{
    optional = match($0, /\[=.*\]$/)
    value = optional ? substr($0, RSTART + 2, RLENGTH - 3) : ""
    if (optional) $0 = substr($0, 1, RSTART - 1)
    count = split($0, part, /,? /)
    if (!optional && part[count] !~ /^-/) value = part[count--]
    for (i = 1; i <= count; i++) {
      print part[i]
      if (optional) print part[i] "="
      words = split(value, word, "|")
      for (w = 1; w <= words; w++) if (word[w] ~ /^[a-z]/) print part[i] " " word[w]
    }
  }' | sort -u
}

same() { # same WHAT EXPECTED FOUND
  diff <(echo "$2") <(echo "$3") >&2 || {
    echo "$1 differs: < is what --help has" >&2
    return 1
  }
}

@test "the generated parts of the manual match the program's output" {
  cp -R "$top/man" .
  "$top/packaging/document" .
  diff -r "$top/man" man
}

@test "every command has its page, its place in tcpkit(1) and a purpose with two examples" {
  command -v mandoc >/dev/null || skip "needs mandoc"
  local pages
  pages=$(find "$top/man" -name 'tcpkit-*.1' -printf '%f\n' | sed 's/^tcpkit-//; s/\.1$//' | sort)
  assert_equal "$pages" "$(printf '%s\n' "${all[@]}" | sort)"
  page tcpkit.1 >tcpkit.txt
  for command in "${all[@]}"; do
    grep -qE "^ {5}$command( |$)" tcpkit.txt
    grep -qF "tcpkit-$command(1)" tcpkit.txt
    run -2 --separate-stderr "$TCPKIT" "$command" </dev/null
    # shellcheck disable=SC2154
    assert_equal "$(grep -c '^  .*tcpkit ' <<<"$stderr")" 2
  done
  run -0 "$TCPKIT" --help
  local status
  for status in 0 1 2 3 4 5 6 7 8 128+N; do
    assert_output --partial "$status "
    sed -n '/^EXIT STATUS/,/^[A-DF-Z]/p' tcpkit.txt | grep -qE "^ {5}${status/+/\\+} "
  done
}

@test "the options in --help and in the manual are the same" {
  command -v mandoc >/dev/null || skip "needs mandoc"
  for command in "${all[@]}"; do
    same "tcpkit-$command(1)" "$(from_help "$command")" "$(from_manual "$command")"
  done
}

@test "the options and words in --help and in the completion are the same" {
  asked() { "$TCPKIT" complete -- "$@" | cut -f1; }
  found() {
    local name words arguments
    arguments=$(asked "$1" '')
    for name in $(asked "$1" -); do
      case $name in
        :files) continue ;;
        *=) asked "$1" "$name" | tr '=' ' ' ;;
        *)
          words=$(asked "$1" "$name" '')
          # After a flag there are the arguments.
          if [ "$words" != "$arguments" ]; then sed -n "/^[a-z]/s/^/$name /p" <<<"$words"; fi
          ;;
      esac
      printf '%s\n' "$name"
    done | sort -u
  }
  # Candidates that are not declared as words: steps, interfaces and algorithms.
  others() { grep -vE '^--(do|interface|congestion) '; }
  for command in "${all[@]}"; do
    same "tcpkit complete, $command" "$(from_help "$command" | names_and_words)" \
      "$(found "$command" | others)"
  done
  same "tcpkit complete" "$(printf '%s\n' "${all[@]}" help --help --version | sort)" "$(asked '' | sort)"
}

@test "tcpkit completion prints the files of completions" {
  local shell file
  for shell in bash:tcpkit.bash zsh:_tcpkit fish:tcpkit.fish; do
    file=$top/completions/${shell#*:}
    "$TCPKIT" completion "${shell%:*}" | cmp - "$file"
  done
}

@test "every record and every field of the trace is in tcpkit-trace(5)" {
  # Lists LAYER NAME FIELD... of each record struct in src/record/{call,event,kernel,wire,note}.h.
  awk '
    /^struct / { record = ""; fields = "" }
    /Layer layer = Layer::/ { layer = $0; sub(/.*Layer::/, "", layer); sub(/;.*/, "", layer) }
    /string_view name = "/ { record = $0; sub(/.*name = "/, "", record); sub(/".*/, "", record) }
    /visit\("/ { field = $0; sub(/.*visit\("/, "", field); sub(/".*/, "", field); fields = fields " " field }
    FILENAME ~ /statistics/ { if (/visit\("/) { sub(/.*visit\("/, ""); sub(/".*/, ""); tally = tally " " $0 } next }
    /Tally::fields/ { fields = fields tally }
    / : Deed \{/ { fields = " text" }
    /Connect::fields/ { fields = fields " host port path" }
    /ConnectionAttempt::fields/ { fields = fields " ip port family" }
    /SocketNames::fields/ { fields = fields " localAddress localPort localFamily remoteAddress remotePort remoteFamily" }
    /^};/ { if (record != "") print layer, record fields; record = "" }
  ' "$top"/src/record/{statistics,call,event,kernel,wire,note}.h >records
  [ "$(wc -l <records)" -gt 30 ]
  # Lists the same from the manual page: it has a section for each layer and an item for each record.
  awk '
    /^\.Sh / { layer = $2 == "CALLS" ? "call" : $2 == "EVENTS" ? "event" : $2 == "NOTES" ? "note" : tolower($2) }
    /^\.It Ic / { record = $3; words = words "\n" layer " " record }
    /^\.Sh / { record = "" }
    /^\.Va / && record != "" { for (i = 2; i <= NF; i++) if ($i ~ /^[a-z]/) words = words " " $i }
    END { print words }
  ' "$top/man/tcpkit-trace.5" >page
  local layer record fields line field
  while read -r layer record fields; do
    line=$(grep -E "^$layer $record( |$)" page) || fail "no $layer $record in tcpkit-trace(5)"
    for field in $fields; do
      [[ " $line " == *" $field "* ]] || fail "no field $field of $layer $record in tcpkit-trace(5)"
    done
  done <records
  while read -r layer record fields; do
    [ -n "$layer" ] || continue
    grep -qE "^$layer $record( |$)" records || fail "there is no $layer $record"
    for field in $fields; do
      grep -E "^$layer $record( |$)" records | grep -qwF "$field" ||
        fail "$layer $record has no field $field"
    done
  done <page
}

@test "every field and value that a JSON trace can have at the top is in tcpkit-trace(5)" {
  local word
  for word in v seq t time layer role conn event readyState; do
    grep -qE "^\.It Va $word$" "$top/man/tcpkit-trace.5"
  done
  for word in $(grep -oE '"[a-zA-Z]+"' "$top/src/record/record.cc" | tr -d '"' | sort -u); do
    case $word in
      *) grep -qE "^\.(Li|It Cm).*\<$word\>" "$top/man/tcpkit-trace.5" || fail "no $word" ;;
    esac
  done
}

@test "every field of a summary is in tcpkit-trace(5)" {
  local word words=()
  mapfile -t words < <(grep -oE '(visit|extra)\("[a-zA-Z]+"' "$top"/src/record/outcome.h | cut -d'"' -f2)
  [ ${#words[@]} -gt 25 ]
  for word in "${words[@]}"; do
    grep -qE "^\.It Va (.* )?$word( |$)" "$top/man/tcpkit-trace.5" || fail "no figure $word"
  done
}

@test "every step, and every option that set takes, is in tcpkit-steps(5)" {
  local verb verbs=() option options=()
  mapfile -t verbs < <(grep -oE 'Verb\{"[a-zA-Z]+"' "$top/src/script/parse.cc" | cut -d'"' -f2)
  [ ${#verbs[@]} -gt 10 ]
  for verb in "${verbs[@]}"; do
    grep -qE "^\.It (.*, )?Ic $verb( |$)" "$top/man/tcpkit-steps.5" || fail "no step $verb"
  done
  mapfile -t options < <("$TCPKIT" connect --help | sed -n '/^Socket:/,/^$/s/^      --\([a-z-]*\).*/\1/p')
  [ ${#options[@]} -gt 10 ]
  for option in "${options[@]}"; do
    case $option in
      read-buffer | block | blocklist) continue ;; # not on an open connection
    esac
    sed -n '/^\.It Ic set/,/^\.It Ic sleep/p' "$top/man/tcpkit-steps.5" |
      grep -qE "^\.Li (.* )?${option//-/\\\\-}( |$)" || fail "set $option is not there"
  done
}
