#!/usr/bin/env bats
# shellcheck disable=SC2016 # backquotes of the table
# The table in seeds.md stays right: the tests that it names exist, and its commands are valid.

load helpers/tcpkit

setup() {
  table=$BATS_TEST_DIRNAME/seeds.md
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() { stop_all; }

rows() { # rows   the experiments: "what is shown", "command" and "held by", a line each, tabs between
  grep -E '^\| 00' "$table" | awk -F ' *[|] *' 'NF == 7 { print $4 "\t" $5 "\t" $6 }'
}

commands() { # commands   each tcpkit command of the table, one a line
  rows | cut -f2 | grep -oE '`tcpkit [^`]*`' | tr -d '`'
}

@test "every test that the table names exists" {
  local line file name missing=0 count=0
  while IFS= read -r line; do
    file=${line%%'`'*}
    name=${line#*'`: '}
    count=$((count + 1))
    grep -qFx "@test \"$name\" {" "$BATS_TEST_DIRNAME/$file" || {
      echo "no such test: $file: $name" >&2
      missing=1
    }
  done < <(rows | cut -f3 | sed 's/<br>/\n/g' | sed 's/^`//')
  [ "$missing" = 0 ]
  [ "$count" -ge "$(rows | wc -l)" ]
}

@test "every row has a command and a test, and every test of seeds-*.bats is in the table" {
  [ "$(rows | wc -l)" -gt 40 ]
  [ "$(grep -cE '^\| 00' "$table")" = "$(($(rows | wc -l) + $(sed -n '/does not run/,$p' "$table" | grep -cE '^\| 00')))" ]
  [ -z "$(rows | awk -F '\t' '$2 !~ /`tcpkit [a-z]/ || $3 !~ /`[a-z-]+\.bats`: ./')" ]
  local file name
  for file in "$BATS_TEST_DIRNAME"/seeds-*.bats; do
    while IFS= read -r name; do
      grep -qF "\`${file##*/}\`: $name" "$table" || {
        echo "not in the table: ${file##*/}: $name" >&2
        return 1
      }
    done < <(sed -n 's/^@test "\(.*\)" {$/\1/p' "$file")
  done
}

# A trace that cannot be written ends the program after all arguments were read and before anything
# is opened: the exit status is 1, while a mistake in an argument is 2.
@test "every command of the table is one, and its options are in --help" {
  local line word words
  [ "$(commands | wc -l)" -gt 60 ]
  while IFS= read -r line; do
    eval "words=(${line#tcpkit })"
    case $line in
      'tcpkit address '* | 'tcpkit blocklist check '* | 'tcpkit blocklist rules '*)
        run "$TCPKIT" "${words[@]}" </dev/null
        [[ $status != 2 && -n $output ]] || fail "$line: $status $output"
        continue
        ;;
    esac
    run -1 "$TCPKIT" "${words[@]}" --trace-file nowhere/trace </dev/null
    [[ $output == *'cannot open nowhere/trace'* ]] || fail "$line: $output"
    run -0 "$TCPKIT" "${words[0]}" --help
    for word in "${words[@]}"; do
      [[ $word == -* ]] || continue
      grep -qE -e "^ .*${word%%=*}([ =,[]|\$)" <<<"$output" || fail "$line: no $word in --help"
    done
  done < <(commands)
}
