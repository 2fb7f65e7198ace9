#!/usr/bin/env bats
# tcpkit lab: every built-in lab as an ordinary user, labs from files, and their faults.
# shellcheck disable=SC2016 # the shells inside expand it

load helpers/tcpkit
load helpers/network
load helpers/lab

# What a lab's "see" line begins with: an RFC, Node's documentation, a manual page or a command.
reference='(RFC [0-9]+|https://nodejs\.org/api/net\.html|[a-z0-9-]+\([1-8]\)|tcpkit [a-z]+ )'

setup() { cd "$BATS_TEST_TMPDIR" || return; }

teardown() { stop_all; }

@test "list: a name and a title per line, and every name is a lab" {
  run -0 --separate-stderr "$TCPKIT" lab list
  # shellcheck disable=SC2154 # run sets it
  assert_equal "$stderr" ''
  local line names=()
  for line in "${lines[@]}"; do
    [[ $line =~ ^([a-z0-9-]+)\ +[^\ ] ]] || fail "$line"
    names+=("${BASH_REMATCH[1]}")
  done
  local name
  for name in lifecycle server-closes-first refused attempt-timeout happy-eyeballs half-open \
    no-half-open half-open-crash reset reset-vs-destroy destroy-soon keepalive keepalive-dead \
    user-timeout blocklist max-connections listen-address address-in-use reuse-port tcp-and-udp \
    backpressure nagle unix-socket http-client http-server time-wait simultaneous-close syn-backlog; do
    [[ " ${names[*]} " == *" $name "* ]] || fail "no lab $name"
  done
  run -0 --separate-stderr "$TCPKIT" lab list --json
  assert_equal "$(jq -r .name <<<"$output" | xargs)" "${names[*]}"
  assert_equal "$(jq -c 'select((keys_unsorted != ["name", "title", "question"]) or ([.[] | strings | select(. != "")] | length) != 3)' <<<"$output")" ''
}

@test "every built-in lab passes as an ordinary user, in a network of its own, and prints its references" {
  ordinary_user
  own_namespaces
  one() { # one NAME
    local status=0
    timeout 60 "${user[@]}" "$TCPKIT" lab "$1" >"$1.txt" 2>"$1.err" </dev/null || status=$?
    [ "$status" = 0 ] && [ ! -s "$1.err" ] && grep -qE "^See $reference" "$1.txt" ||
      echo "$1: exit status $status: $(cat "$1.err")"
  }
  every_lab one
}

@test "a lab's JSON: every record has its actor, and each actor's records keep the rules" {
  local name
  for name in lifecycle max-connections refused unix-socket; do
    "$TCPKIT" lab "$name" --json >"$name.json" 2>"$name.err"
    assert_equal "$(cat "$name.err")" ''
    check_trace "$name.json"
    assert_equal "$(jq -c 'select(has("actor") | not)' "$name.json")" ''
  done
  assert_equal "$(jq -r .actor lifecycle.json | sort -u | xargs)" 'client lab server'
  assert_equal "$(jq -r 'select(.layer == "event" and .actor == "client") | .event' lifecycle.json | xargs)" \
    'connectionAttempt connect ready data finish end close'
  assert_equal "$(jq -r 'select(.event == "state" and .actor == "client") | .to' lifecycle.json | tail -n 1)" \
    TIME_WAIT
}

@test "a Unix socket's relative path is in a folder of the lab's own, which is removed afterwards" {
  "$TCPKIT" lab unix-socket --json >trace
  local path
  path=$(jq -r 'select(.event == "listening") | .path' trace)
  [[ $path == /tmp/tcpkit-lab-??????/lab.sock ]]
  [ ! -e "${path%/*}" ]
}

@test "a lab from a file; --quiet and --trace-file" {
  lab own.lab <<'END'
# one end says something
server: listen
client: connect server --no-delay
client: send "hi"
client: note "this one is for people"
server: expect data "hi"
lab: sleep 10ms
client: end
server: expect end
END
  run -0 --separate-stderr "$TCPKIT" lab own.lab
  assert_equal "${lines[0]}" 'A title'
  assert_line --regexp ' client +note? *.*this one is for people|this one is for people'
  assert_line 'A lesson'
  assert_equal "$stderr" ''
  run -0 --separate-stderr "$TCPKIT" lab own.lab --quiet
  assert_output $'A title\n\nA lesson'
  run -0 --separate-stderr "$TCPKIT" lab own.lab --json --trace-file trace
  assert_output $'A title\n\nA lesson'
  check_trace trace
}

@test "the lines of one actor wait for those of another" {
  lab order.lab <<'END'
server: listen --allow-half-open
client: connect server
client: send "one"
server: expect data "one"
lab: sleep 50ms
client: send "two"
server: expect data "two"
server: send "three"
client: expect data "three"
END
  "$TCPKIT" lab order.lab --json >trace
  assert_equal "$(jq -r 'select(.event == "write" or .event == "data") | "\(.actor) \(.event)"' trace | xargs)" \
    'client write server data client write server data server write client data'
}

@test "an expectation that fails: its place, what came instead, exit status 8, no lesson" {
  lab fails.lab <<'END'
server: listen
client: connect server
client: send "hi"
server: expect data "ho" within 100ms
client: end
END
  run -8 --separate-stderr "$TCPKIT" lab fails.lab
  assert_equal "$stderr" \
    'tcpkit lab: fails.lab:6: server: expect data "ho" within 100ms: not within 0.1s; what came: data (2 bytes) "hi"'
  refute_line 'A lesson'
}

@test "vanish, drop, cut, heal, hold and accept write records with their actor" {
  own_namespaces
  lab deeds.lab <<'END'
server: listen --keep-open
server: hold
first: connect server
server: accept
first: expect connect
first: drop on
first: drop off
lab: cut
lab: heal
first: vanish
END
  run -0 "$TCPKIT" lab deeds.lab --json
  run -0 jq -rc 'select(.layer == "note" and (.event | IN("vanish", "drop", "cut", "heal", "hold", "accept")))
    | [.actor, .role, .conn, .event, .text]' <<<"$output"
  assert_output '["server","listener",null,"hold","hold"]
["server","listener",null,"accept","accept"]
["first","client",1,"drop","drop on"]
["first","client",1,"drop","drop off"]
["lab",null,null,"cut","cut"]
["lab",null,null,"heal","heal"]
["first","client",1,"vanish","vanish"]'
}

@test "the segments that a dropping end throws away are lost, and no others" {
  own_namespaces
  lab lost.lab <<'END'
server: listen
client: connect server
client: expect connect
client: drop on
server: send "hi"
client: refute data for 100ms
client: drop off
client: expect data "hi" within 10s
client: vanish
server: send "ho"
server: sleep 100ms
server: reset
END
  run -0 "$TCPKIT" lab lost.lab --json --trace-file lost.json
  run -0 jq -rs '[.[] | select(.layer == "wire" and .len > 0)]
    | [.[] | select(.tcpSeq == 1) | .lost // false] as $first | [.[] | select(.tcpSeq == 3) | .lost // false] as $second
    | [$first[0], $first[-1], ($second | length > 0 and all)] | @csv' lost.json
  assert_output 'true,false,true'
  run -0 "$BATS_TEST_DIRNAME/check/contradictions" lost.json
  assert_output ''
}

@test "a listener that fails and is not expected to: exit status 1" {
  lab fails.lab <<'END'
first: listen
second: listen first
END
  run -1 --separate-stderr "$TCPKIT" lab fails.lab
  [[ $stderr == 'tcpkit lab: fails.lab:4: second: listen first: listen EADDRINUSE'* ]]
}

@test "a faulty lab: FILE:LINE and a valid form, exit status 2, nothing opened" {
  wrong 3 "'bogus' is not ACTOR: STEP" <<<'bogus'
  wrong 3 'its first line is client: listen' <<<'client: end'
  wrong 4 'did you mean expect?' <<<$'server: listen\nserver: expext end'
  wrong 4 'there is no clint; did you mean client?' <<<$'client: listen\nclint: end'
  wrong 4 'is not OTHER or HOST:OTHER' <<<$'server: listen\nclient: connect sever'
  wrong 4 'did you mean --no-delay?' <<<$'server: listen\nclient: connect server --no-dely'
  wrong 4 'add --resolve example.com:127.0.0.1' <<<$'server: listen\nclient: connect example.com:server'
  wrong 4 'there is no such thing in a lab' <<<$'server: listen\nclient: connect server --retry 3'
  wrong 4 'a Unix socket has no such thing' <<<$'server: listen unix:s\nserver: reset'
  wrong 4 'a Unix socket has no such option' <<<$'server: listen unix:s\nclient: connect server --no-delay'
  wrong 4 'server has begun already' <<<$'server: listen\nserver: listen'
  wrong 4 'drop takes on or off' <<<$'server: listen\nserver: drop'
  wrong 5 'set colour' <<<$'server: listen\nclient: connect server\nclient: set colour=red'
  wrong 4 'of the lab there are cut, heal' <<<$'server: listen\nlab: end'
  wrong 4 'the title comes before the first step' <<<$'server: listen\ntitle: late'
  wrong 4 'cannot read absent' <<<$'server: listen\nserver: send @absent'
  wrong 3 'a name; a lab listens on an address' <<<'server: listen localhost:0'
  wrong 2 'nobody acts' </dev/null
  echo 'server: listen' >wrong.lab
  run -2 --separate-stderr "$TCPKIT" lab wrong.lab
  [[ $stderr == *'the title is missing'* ]]
}

@test "no such lab or file" {
  run -2 --separate-stderr "$TCPKIT" lab lifecycel
  assert_equal "$stderr" "tcpkit lab: there is no lab 'lifecycel'; did you mean lifecycle?"
  run -2 --separate-stderr "$TCPKIT" lab ./absent
  [[ $stderr == 'tcpkit lab: cannot read ./absent: '* ]]
  run -2 --separate-stderr "$TCPKIT" lab reset half-open
  [[ $stderr == *"unexpected argument 'half-open'"* ]]
}

@test "a lab does not reach outside: no port of this machine is taken" {
  user=()
  own_namespaces
  lab port.lab <<'END'
server: listen 127.0.0.1:0
lab: sleep 30s
END
  start lab lab "$PWD/port.lab" --json
  wait_for lab.out '"event":"listening"'
  local port
  port=$(jq -r 'select(.event == "listening") | .port' lab.out)
  run -4 "$TCPKIT" connect "127.0.0.1:$port"
  stop lab INT
  assert_equal "$(status_of lab)" 130
}

@test "two labs at once do not interfere" {
  lab port.lab <<'END'
server: listen 127.0.0.1:5000
client: connect server
client: expect connect
lab: sleep 300ms
END
  own_network # or a reason to skip
  start one lab "$PWD/port.lab"
  start two lab "$PWD/port.lab"
  assert_equal "$(status_of one)" 0
  assert_equal "$(status_of two)" 0
}

@test "every verb and every word of the head is in tcpkit-lab(5)" {
  local word words
  mapfile -t words < <(sed -nE 's/.*verb == "([a-z]+)".*verb == "([a-z]+)".*/\1\n\2/p; s/.*verb == "([a-z]+)".*/\1/p; s/.*Key\{"([a-z]+)".*/\1/p' \
    "$BATS_TEST_DIRNAME/../src/script/lab/parse.cc" | sort -u)
  [ ${#words[@]} -gt 9 ]
  for word in "${words[@]}"; do
    grep -qE "^\.It (.*, )?Ic $word( |$)" "$BATS_TEST_DIRNAME/../man/tcpkit-lab.5" || fail "no $word"
  done
}

@test "every lab points to an RFC, a manual page, Node's documentation or another command" {
  "$TCPKIT" lab list | cut -d ' ' -f 1 >names
  local name
  while read -r name; do
    grep -qE "^see: $reference" "$BATS_TEST_DIRNAME/../src/script/lab/labs/$name.lab" || fail "$name"
  done <names
}

@test "a lab whose trace, picture or lesson cannot be written is exit 1" {
  [ -e /dev/full ] || skip "needs /dev/full"
  local words
  for words in '--trace-file /dev/full' '--json --trace-file /dev/full' '--diagram svg --trace-file /dev/full'; do
    # shellcheck disable=SC2086
    run -1 --separate-stderr timeout 30 "$TCPKIT" lab refused $words
    assert_equal "$stderr" 'tcpkit lab: cannot write the trace: no space left on device'
    refute_output --partial 'See RFC'
  done
  run -1 --separate-stderr timeout 30 bash -c '"$TCPKIT" lab refused --quiet >/dev/full'
  assert_equal "$stderr" 'tcpkit lab: cannot write stdout: no space left on device'
}

@test "a lab that runs out of descriptors ends, wherever that happens" {
  local n
  for n in {9..18}; do
    run --separate-stderr timeout 30 bash -c 'ulimit -n "$1" && exec "$TCPKIT" lab refused --trace-file /dev/null' - "$n"
    [ "$status" != 124 ] || fail "with $n descriptors it waits"
    # libuv aborts if there are not enough descriptors for its own pipes.
    [ "$status" = 0 ] || [ "$status" = 134 ] || assert [ -n "$stderr" ]
  done
}
