#!/usr/bin/env bats
# shellcheck disable=SC2016 # the scripts in single quotes expand elsewhere
# The human trace: its lines, times, colours and lessons; nothing in it acts on a terminal.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

refused() { # refused ARG...   the trace of a refused connect, in err
  "$TCPKIT" connect 127.0.0.1:1 "$@" </dev/null >out 2>err
}

# Everything that could act on a terminal: C0 but newline, DEL, C1 as bytes and as UTF-8,
# bidirectional marks and separators, invisible characters.
no_terminal_controls() { # no_terminal_controls FILE
  run -0 iconv -f UTF-8 -t UTF-8 "$1"
  run -1 env LC_ALL=C grep -naP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf' "$1"
}

hostile='\e[2J\e]0;title\x07\x9b31m\xc2\x9b31m\r\n\x08\x7f\xe2\x80\xae\xe2\x80\x8f\xe2\x81\xa6\xef\xbb\xbf\xe2\x80\xa8\x00\xff\xc3'

@test "a line for each record: subject, name, details" {
  start s listen 127.0.0.1:0 --trace --time none --port-file s.port
  local port
  port=$(port_of s)
  start c connect "localhost:$port" --trace --time none --send hello
  assert_equal "$(status_of c)" 0
  assert_equal "$(status_of s)" 0
  run -0 sed -E "s/:$port/:PORT/g; s/127\.0\.0\.1:[0-9]+/127.0.0.1:OTHER/g" c.err
  assert_output 'client 1    connect()   localhost:PORT
client 1    lookup      localhost -> ::1 (IPv6)
client 1    lookup      localhost -> 127.0.0.1 (IPv4)
client 1    connectionAttempt  [::1]:PORT
client 1    connectionAttemptFailed  [::1]:PORT  ECONNREFUSED: nothing is listening there, or a firewall rejects it; check the port and the address
client 1    connectionAttempt  127.0.0.1:PORT
client 1    connect     127.0.0.1:OTHER -> 127.0.0.1:PORT
client 1    ready
client 1    write()     5 bytes
client 1    end()       our FIN follows the queued data
client 1    finish      our FIN, after 5 bytes
client 1    end         the peer'"'"'s FIN, after 0 bytes
client 1    close       received 0, sent 5'
  run -0 sed -E "s/:$port/:PORT/g; s/127\.0\.0\.1:[0-9]+/127.0.0.1:OTHER/g" s.err
  assert_line 'listener    listening   127.0.0.1:PORT'
  assert_line 'listener    connection  127.0.0.1:OTHER -> 127.0.0.1:PORT, 1 open (server 1)'
  assert_line 'server 1    data        5 bytes'
}

@test "an IPv4 peer of a dual-stack listener is printed plainly" {
  start s echo 0 --trace --port-file s.port
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send x
  wait_for s.out 'connection  127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:[0-9]+, 1 open'
  run ! grep ::ffff s.out
}

@test "times: since the start, since the previous record, of the day, none" {
  run -4 refused --trace
  run ! grep -vE '^ +[0-9]+\.[0-9]{3} ms  client 1    |^tcpkit connect: ' err
  run -0 awk '/client 1/ { if ($1 < last) bad = 1; last = $1 } END { exit bad }' err
  run -4 refused --time delta
  run ! grep -vE '^ +\+[0-9]+\.[0-9]{3} ms  client 1    |^tcpkit connect: ' err
  local before after
  before=$(date +%T.%6N)
  run -4 refused --time wall
  after=$(date +%T.%6N)
  run ! grep -vE '^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}  client 1    |^tcpkit connect: ' err
  if [[ ! $before > $after ]]; then # not at midnight
    run -0 awk -v before="$before" -v after="$after" '/client 1/ && ($1 < before || $1 > after) { exit 1 }' err
  fi
  run -4 refused --time none
  run ! grep -vE '^client 1    |^tcpkit connect: ' err
  run -4 refused --time relative
  run -0 grep -cE '^ +[0-9]+\.[0-9]{3} ms' err
}

@test "the deltas add up to the relative time" {
  start_cmd hole "$SUPPORT/blackhole"
  start c connect "127.0.0.1:$(port_of hole)" -w 300ms --time delta
  assert_equal "$(status_of c)" 5
  run -0 awk '/client 1/ { sum += $1 } END { exit !(sum >= 299) }' c.err
}

@test "--data text shows the payload escaped, --data hex in hex, none by default" {
  start s listen 127.0.0.1:0 --data text --time none --port-file s.port
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send 'a"é\x00\x1b\x9b' --data hex --time none
  assert_output --partial 'write()     7 bytes  6122c3a9001b9b'
  assert_equal "$(status_of s)" 0
  run -0 grep ' data ' s.err
  assert_output 'server 1    data        7 bytes  "a"é\x00\x1b\x9b"'
  run -4 refused --trace
  run ! grep '"' err
}

@test "an error message explains the error and what to check next" {
  run -4 refused --trace
  run -0 grep -E 'error +ECONNREFUSED: nothing is listening there, or a firewall rejects it; check' err
  start_cmd peer "$SUPPORT/peer" read:1 rst
  start c connect "127.0.0.1:$(port_of peer)" --send xy --no-shutdown --trace
  assert_equal "$(status_of c)" 6
  run -0 grep -E 'error +ECONNRESET: the peer aborted' c.err
}

@test "a payload full of escapes leaves the terminal alone: human and JSON" {
  local view kind
  for kind in human json; do
    for view in text hex none; do
      start_cmd "peer-$kind-$view" "$SUPPORT/peer" "send:$hostile" fin readeof
      start "c-$kind-$view" connect "127.0.0.1:$(port_of "peer-$kind-$view")" "--trace=$kind" --data "$view" --send "$hostile"
      assert_equal "$(status_of "c-$kind-$view")" 0
      run -0 grep -q data "c-$kind-$view.err"
      no_terminal_controls "c-$kind-$view.err"
    done
  done
  run -0 grep ' data ' c-human-text.err
  assert_output --partial '\x1b[2J\x1b]0;title\x07\x9b31m\u009b31m\x0d\x0a\x08\x7f\u202e\u200f\u2066\ufeff\u2028\x00\xff\xc3"'
}

@test "on a terminal: only our own colours and line ends act on it" {
  start_cmd peer "$SUPPORT/peer" "send:$hostile" fin readeof
  local port
  port=$(port_of peer)
  TERM=xterm run -0 "$SUPPORT/pty" screen -- bash -c '"$0" connect "127.0.0.1:$1" --data text >/dev/null' "$TCPKIT" "$port"
  run -0 grep -c $'\e\[' screen # coloured
  sed -E 's/\x1b\[[0-9;]*m//g; s/\r$//' screen >plain
  no_terminal_controls plain
}

@test "a hostile host name is escaped in the diagnostic" {
  "$TCPKIT" connect "$(printf 'a\xe2\x80\xaeb\e[2J\x9b:1')" 2>err || assert_equal $? 2
  no_terminal_controls err
  run -0 grep -cF "'a\u202eb\x1b[2J\x9b'" err
}

coloured() { # coloured COMMAND...   whether its trace on a terminal, with these settings, has colour
  "$SUPPORT/pty" screen -- "$@"
  grep -q $'\e' screen
}

@test "colour only on a terminal, unless NO_COLOR or TERM=dumb" {
  local c=("$TCPKIT" connect 127.0.0.1:1 --trace)
  run -0 coloured env -u NO_COLOR TERM=xterm "${c[@]}"
  run -1 coloured env NO_COLOR=1 TERM=xterm "${c[@]}"
  run -0 coloured env NO_COLOR= TERM=xterm "${c[@]}" # empty counts as not set
  run -1 coloured env -u NO_COLOR TERM=dumb "${c[@]}"
  run -1 coloured env -u NO_COLOR TERM=xterm "${c[@]}" --color never
  run -0 coloured env NO_COLOR=1 TERM=dumb "${c[@]}" --color always
  run -1 coloured env -u NO_COLOR TERM=xterm bash -c '"$@" 2>file' - "${c[@]}"
  run -1 grep -q $'\e' file
  TERM=xterm run -4 refused --trace
  run -1 grep -q $'\e' err
  run -4 refused --trace --color always
  run -0 grep -q $'\e' err
  run -4 refused --json --color always
  run -1 grep -q $'\e' err
}

@test "colours change no text" {
  run -4 refused --time none --color never
  mv err plain
  run -4 refused --time none --color always
  sed -E 's/\x1b\[[0-9;]*m//g' err | cmp - plain
}

@test "--explain: a sentence under each new kind of record, once" {
  run -4 "$TCPKIT" connect two.test:1 --resolve two.test:127.0.0.1,127.0.0.2 --explain --time none
  assert_output --regexp 'client 1    connect\(\)   two\.test:1
            The program asks for a connection'
  run -0 bash -c 'printf "%s\n" "$1" | grep -c "The resolver gave"' - "$output"
  assert_output 1
}

@test "--layers of the human trace" {
  run -4 refused --layers call
  run -0 grep -c 'client 1' err
  assert_output 1
  run -4 refused --layers event
  run ! grep -F '()' err
}
