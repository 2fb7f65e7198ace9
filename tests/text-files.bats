#!/usr/bin/env bats
# shellcheck disable=SC2154 # variables of the helpers
# Text files as editors write them: a byte order mark, CRLF, no newline at the end, invisible
# characters.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

# each_form FILE COMMAND...   runs the command for the file in each form; every output has to equal
# the first one.
each_form() {
  local expected edit
  cp "$1" plain
  expected=$("${@:2}")
  for edit in '1s/^/\xef\xbb\xbf/' 's/$/\r/' '1s/^/\xef\xbb\xbf/; s/$/\r/'; do
    sed "$edit" plain >"$1"
    run -0 "${@:2}"
    assert_output "$expected"
    head -c -1 "$1" >"$1.cut" && mv "$1.cut" "$1"
    run -0 "${@:2}"
    assert_output "$expected"
  done
}

@test "block lists with a byte order mark, CRLF, and no last newline" {
  printf '10.0.0.1\n# a comment\n10.1.0.0/16\n' >list
  each_form list "$TCPKIT" blocklist rules --blocklist list
  printf '10.0.0.1\n' >list
  each_form list "$TCPKIT" blocklist rules --blocklist list
}

@test "addresses for blocklist check with a byte order mark, CRLF, and no last newline" {
  printf '10.0.0.2\n10.0.0.3\n' >addresses
  check() { "$TCPKIT" blocklist check --block 10.0.0.1 <addresses; }
  each_form addresses check
}

@test "scripts with a byte order mark, CRLF, and no last newline" {
  printf 'note "hi"\n# a comment\nsend "x"\nexpect data "x"\n' >steps
  start server echo 127.0.0.1:0 --port-file server.port
  each_form steps "$TCPKIT" connect "127.0.0.1:$(port_of server)" --script steps
}

@test "labs with a byte order mark, CRLF, and no last newline" {
  printf '%s\n' 'title: T' 'lesson: L' 'server: listen' 'client: connect server' 'server: expect connection' \
    'client: end' 'server: expect end' >own.lab
  form() { "$TCPKIT" lab own.lab | sed -E 's/[0-9]+\.[0-9]+//g; s/[0-9]{4,5}/PORT/g' | tr -s ' ' | head -n 3; }
  each_form own.lab form
}

@test "invisible characters are escaped in the message about them" {
  refused() { # refused TEXT ARG...
    run -2 --separate-stderr "$TCPKIT" "${@:2}"
    assert_equal "${#stderr_lines[@]}" 1
    assert_regex "$stderr" "$1"
  }
  refused "'localhost\\\\u00a0' " connect $'localhost\u00a0:80'
  refused "'80\\\\u200b' is not a port" connect $'localhost:80\u200b'
  refused "'\\\\u202e80'" connect $'localhost:\u202e80'
  refused "'\\\\u00a03s'" connect h:1 -w $'\u00a03s'
  refused "'\\\\u3000end'" connect h:1 --do $'\u3000end'
  printf '10.0.0.1\u00a0\n' >list
  refused "list:1: '10.0.0.1\\\\u00a0' is no rule" blocklist rules --blocklist list
  printf 'end\u00a0\n' >steps
  refused "steps:1: unknown step 'end\\\\u00a0'" connect h:1 --script steps
}
