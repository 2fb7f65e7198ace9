#!/usr/bin/env bats
# Checks every JSON trace of the other tests: it matches its schema, its layers agree, and each form
# of diagram can be drawn. helpers/tcpkit.bash keeps the traces in TCPKIT_TRACES; ctest sets that
# variable and runs this file after all others.

# shellcheck disable=SC2154 # run --separate-stderr sets stderr and its lines
load helpers/tcpkit

setup_file() {
  export count=0 pictures=$BATS_FILE_TMPDIR
  [ ! -d "${TCPKIT_TRACES-}" ] || count=$(find "$TCPKIT_TRACES" -type f | wc -l)
  [ "$count" -gt 0 ] || skip "no traces: set TCPKIT_TRACES and run other tests before"
  echo "# $count traces" >&3
}

teardown() { stop_all; }

# Uses the release build if there is one: it starts twenty times as fast as the sanitizers' build.
draw() { # draw FORM   every trace, into a file of its name in $pictures/FORM
  mkdir "$pictures/$1"
  # shellcheck disable=SC2016 # the shell inside expands it
  find "$TCPKIT_TRACES" -type f -printf '%P\n' | xargs -P 2 -n 50 bash -c '
    for file in "${@:2}"; do
      "${TCPKIT_RELEASE:-$TCPKIT}" diagram "$TCPKIT_TRACES/$file" --diagram "$1" >"$0/$1/$file" || echo "$file"
    done' "$pictures" "$1"
}

@test "no layer contradicts another" {
  # diagram.bats reads traces that are written by hand.
  # shellcheck disable=SC2016 # the shell inside expands it
  run -0 bash -c 'find "$TCPKIT_TRACES" -type f ! -name "diagram.bats-*" -print0 | xargs -0 -P 2 -n 100 "$1"' - "$BATS_TEST_DIRNAME/check/contradictions"
  assert_output ''
}

@test "ladders of at most 80 columns" {
  run -0 draw ladder
  assert_output ''
  assert_equal "$(cd "$pictures/ladder" && LC_ALL=C.UTF-8 wc -L ./* | awk '$1 > 80 && $2 != "total"')" ''
}

@test "SVG that is well-formed" {
  command -v xmllint >/dev/null || skip "needs xmllint"
  run -0 draw svg
  assert_output ''
  cd "$pictures/svg" || return
  run -0 xmllint --noout ./*
  assert_output ''
}

@test "Mermaid that the official parser accepts" {
  local module
  module=$("$BATS_TEST_DIRNAME/mermaid" 2>"$BATS_TEST_TMPDIR/why") ||
    skip "needs npm and the mermaid package: $(tail -n 1 "$BATS_TEST_TMPDIR/why")"
  run -0 draw mermaid
  assert_output ''
  cd "$pictures/mermaid" || return
  # Mermaid itself renders no more than 50000 characters, and its parser is slow with them.
  find . -type f -size -50000c -print0 | xargs -0 node "$BATS_TEST_DIRNAME/support/node/mermaid.mjs" "$module" >"$BATS_TEST_TMPDIR/parsed"
  echo "# $(wc -l <"$BATS_TEST_TMPDIR/parsed") parsed" >&3
  [ "$(wc -l <"$BATS_TEST_TMPDIR/parsed")" = "$(find . -type f -size -50000c | wc -l)" ]
}

schema=$BATS_TEST_DIRNAME/../man/tcpkit-trace.schema.json

# The python3 that has fastjsonschema: another one may come first on PATH.
validate() { # validate FILE...
  /usr/bin/python3 -c 'import fastjsonschema' 2>/dev/null || skip "needs python3-fastjsonschema"
  /usr/bin/python3 "$BATS_TEST_DIRNAME/support/validate_traces.py" "$schema" "$@"
}

@test "each line matches the schema" {
  cd "$TCPKIT_TRACES" || return
  run --separate-stderr validate ./*
  echo "# $stderr" >&3
  assert_output ''
  assert_success
}

@test "the schema gives each field one type and allows no other field" {
  # Every property of a record refers to the one definition of its field, except the two names of the
  # record. No field has several types, unless one of them is null.
  # shellcheck disable=SC2016
  run -0 jq -r '
    (.definitions.records | to_entries[] | .key as $record | .value |
      (select(.additionalProperties != false) | "\($record): takes any field"),
      (.properties | to_entries[] | select(.key != "layer" and .key != "event") |
        select(.value != {"$ref": "#/definitions/fields/\(.key)"} and . != {key: "role", value: {const: "listener"}}) | "\($record): \(.key)")),
    (.definitions.fields | to_entries[] |
      ((.value.type // (.value.enum | map(type))? // .value.anyOf // [(.value.const | type)]) |
        if type == "array" then . else [.] end | map(tostring | select(. != "null" and . != "{\"type\":\"null\"}")) | unique) as $types |
      select($types | length != 1) | "\(.key): \($types)")' "$schema"
  assert_output ''
}

@test "the schema refuses a bad line" {
  local bad line=$BATS_TEST_TMPDIR/line.json
  "$TCPKIT" connect 127.0.0.1:1 --json 2>"$BATS_TEST_TMPDIR/good.json" || true
  run -0 --separate-stderr validate "$BATS_TEST_TMPDIR/good.json"
  for bad in '.seq = "1"' 'del(.time)' '.family = 4' '.unheard = 1' '.role = "both"' '.layer = "other"' \
    'del(.readyState)' '.port = "1"'; do
    jq -c "if .event == \"connectionAttempt\" then $bad else . end" "$BATS_TEST_TMPDIR/good.json" >"$line"
    run -1 --separate-stderr validate "$line"
    assert_output --partial 'line.json:3: '
  done
}
