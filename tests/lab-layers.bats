#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031 # each test is a subshell
# Labs that expect states, ACKs and segments, and labs without a network namespace: nothing is
# captured, and nothing leaves the loopback interface.

load helpers/tcpkit
load helpers/lab

setup() { cd "$BATS_TEST_TMPDIR" || return; }

teardown() { stop_all; }

# The client sends SYN, "hello" and FIN: its data ends at 6.
conversation() { # conversation LINE...   a lab of one connection, then these lines
  lab own.lab <<'END'
server: listen
client: connect server
client: send "hello"
server: expect data "hello"
client: end
server: expect close
client: expect close
END
  printf '%s\n' "$@" >>own.lab
}

fails() { # fails WHAT LINE...   the last line of the lab fails; the regex WHAT matches the message
  local what=$1
  shift
  conversation "$@"
  run -8 --separate-stderr "$TCPKIT" lab own.lab
  # shellcheck disable=SC2154 # run sets it
  [[ $stderr =~ ^"tcpkit lab: own.lab:$(wc -l <own.lab): ${*: -1}: "$what$ ]] || fail "$stderr"
  refute_line 'A lesson'
}

@test "expect state, ack and segment: both ends see what passed, each in its own order" {
  ordinary_user
  own_namespaces
  lab own.lab <<'END'
server: listen :0 -k
client: connect 127.0.0.1:server
server: expect connection
server: expect segment SYN
server: expect segment SYN ACK
server: expect state SYN_RCVD
server: expect state ESTABLISHED
client: expect segment SYN
client: expect state SYN_SENT
client: send "hello"
client: expect ack bytesAcked=5
server: expect segment PSH ACK tcpSeq=1 len=5
client: refute segment RST for 50ms
client: end
client: expect segment FIN tcpSeq=6 within 2s
server: expect segment FIN tcpSeq=6
server: expect segment FIN tcpSeq=1
server: expect state CLOSED
client: expect state FIN_WAIT2
client: expect state TIME_WAIT
second: connect [::1]:server
server: expect connection
second: reset
server: expect segment RST
END
  local options
  for options in '' --quiet '--layers event' --json; do
    # shellcheck disable=SC2086
    run -0 --separate-stderr "${user[@]}" "$TCPKIT" lab own.lab $options
    assert_equal "$stderr" ''
  done
}

@test "a lab that does not show what it expects: exit status 8 for each kind of record" {
  user=()
  own_namespaces
  fails 'not within 0.2s; what came: .*state TIME_WAIT.*' 'client: expect state CLOSE_WAIT within 200ms'
  fails 'not within 0.2s; what came: .*state CLOSED.*' 'server: expect state TIME_WAIT within 200ms'
  fails 'not within 0.2s; what came: .*ack.*' 'client: expect ack bytesAcked=6 within 200ms'
  fails 'not within 0.2s; what came: segment .*' 'client: expect segment RST within 200ms'
  fails 'not within 0.2s; what came: segment .*' 'server: expect segment RST within 200ms'
  fails 'not within 0.2s; what came: segment .*' 'client: expect segment label=keep-alive within 200ms'
  fails 'not within 0.2s; what came: segment .*' 'server: expect segment FIN tcpSeq=6' \
    'server: expect segment PSH tcpSeq=1 within 200ms'
}

@test "refute state and segment: exit status 8 if they occur" {
  user=()
  own_namespaces
  lab own.lab <<'END'
server: listen
client: connect server --keep-alive=1
server: refute segment label=keep-alive for 10s
END
  run -8 --separate-stderr "$TCPKIT" lab own.lab --quiet
  assert_equal "$stderr" \
    'tcpkit lab: own.lab:5: server: refute segment label=keep-alive for 10s: it came: segment ACK'
  lab own.lab <<'END'
server: listen --timeout 200ms
client: connect server
client: refute state CLOSE_WAIT for 10s
END
  run -8 --separate-stderr "$TCPKIT" lab own.lab --quiet
  assert_equal "$stderr" \
    'tcpkit lab: own.lab:5: client: refute state CLOSE_WAIT for 10s: it came: state CLOSE_WAIT'
}

@test "refute ack: exit status 8 if our data is acknowledged, 0 if the cable is cut" {
  user=()
  own_namespaces
  lab own.lab <<'END'
server: listen
client: connect server
client: send "hello"
client: refute ack bytesAcked=5 for 10s
END
  run -8 --separate-stderr "$TCPKIT" lab own.lab --quiet
  assert_equal "$stderr" 'tcpkit lab: own.lab:6: client: refute ack bytesAcked=5 for 10s: it came: ack'
  lab own.lab <<'END'
server: listen
client: connect server
client: expect ready
lab: cut
client: send "hello"
client: refute ack for 300ms
client: destroy
END
  run -0 "$TCPKIT" lab own.lab --quiet
}

@test "a faulty line of this kind: exit status 2" {
  wrong 4 "unknown state 'FIN_WAIT'; did you mean FIN_WAIT1?" <<<$'server: listen\nserver: expect state FIN_WAIT'
  wrong 4 "'rst' is no flag of a segment" <<<$'server: listen\nserver: expect segment rst'
  wrong 4 "no segment has a field 'lenn'" <<<$'server: listen\nserver: refute segment lenn=1 for 1s'
  wrong 4 'segment: a Unix socket has no such thing' <<<$'server: listen unix:s\nserver: expect segment RST'
  wrong 5 'state: a Unix socket has no such thing' \
    <<<$'server: listen unix:s\nclient: connect server\nclient: expect state TIME_WAIT'
}

@test "without namespaces a line about segments is not checked, and that is reported; states are checked" {
  forbidden
  conversation 'server: expect segment RST' 'client: refute segment FIN for 10s' 'client: expect state TIME_WAIT'
  # shellcheck disable=SC2154 # forbidden sets it
  run -0 --separate-stderr "${without[@]}" "$TCPKIT" lab own.lab --quiet
  mapfile -t said <<<"$stderr"
  assert_equal "${#said[@]}" 3
  [[ ${said[0]} == 'tcpkit lab: no network of its own ('*"loopback, and what the wire carries is inferred" ]] || fail "$stderr"
  assert_equal "${said[1]}" \
    'tcpkit lab: not checked: own.lab:10: server: expect segment RST: no segments are captured'
  assert_equal "${said[2]}" \
    'tcpkit lab: not checked: own.lab:11: client: refute segment FIN for 10s: no segments are captured'
  conversation 'client: expect state CLOSE_WAIT within 200ms'
  run -8 "${without[@]}" "$TCPKIT" lab own.lab --quiet
}

@test "without namespaces every built-in lab passes on loopback, or reports that it needs to lose segments" {
  forbidden
  local labs=$BATS_TEST_DIRNAME/../src/script/lab/labs
  one() { # one NAME
    local status=0 expected=0 text='no network of its own (' unchecked
    if grep -qE '^lab: cut|^[a-z]+: (drop|vanish)' "$labs/$1.lab"; then
      expected=1 text="$1 loses segments on purpose and needs a network of its own"
    fi
    unchecked=$(grep -cE '^[a-z]+: (expect|refute) segment' "$labs/$1.lab")
    [ "$expected" = 0 ] || unchecked=0
    timeout 60 "${without[@]}" "$TCPKIT" lab "$1" --json >"$1.txt" 2>"$1.err" </dev/null || status=$?
    [ "$status" = "$expected" ] && [[ $(head -n 1 "$1.err") == "tcpkit lab: $text"* ]] &&
      [ "$(grep -c '^tcpkit lab: not checked: ' "$1.err")" = "$unchecked" ] &&
      [ "$(wc -l <"$1.err")" = $((unchecked + 1)) ] ||
      echo "$1: exit status $status: $(cat "$1.err")"
    # No segment is shown as captured.
    ! grep -q '"layer":"wire"' "$1.txt" || echo "$1: segments"
    [ "$expected" = 0 ] || [ ! -s "$1.txt" ] || echo "$1: $(cat "$1.txt")"
  }
  every_lab one
  grep -q '"inferred":true' lifecycle.txt
}

outside() { # outside LINE WHAT   stdin has the steps: that line of the lab would leave loopback, by WHAT
  lab outside.lab
  run -1 --separate-stderr "${without[@]}" "$TCPKIT" lab outside.lab
  assert_equal "$output" ''
  [[ $stderr == "tcpkit lab: outside.lab:$1: "*": $2 is outside of the loopback interface"*'write 127.0.0.1 or ::1'* ]] ||
    fail "$stderr"
  assert_equal "$(wc -l <<<"$stderr")" 1
}

@test "without namespaces a lab does not leave loopback: one line, before anything is opened" {
  forbidden
  outside 3 10.0.0.1 <<<'server: listen 10.0.0.1:0'
  outside 3 fe80::1 <<<'server: listen [fe80::1]:0'
  outside 4 192.0.2.1 <<<$'server: listen\nclient: connect 192.0.2.1:server'
  outside 4 2001:db8::1 <<<$'server: listen\nclient: connect [2001:db8::1]:server'
  outside 4 ::ffff:192.0.2.1 <<<$'server: listen\nclient: connect [::ffff:192.0.2.1]:server'
  outside 4 192.0.2.1 <<<$'server: listen\nclient: connect a.test:server --resolve a.test:127.0.0.1,192.0.2.1'
  outside 4 192.0.2.1 <<<$'server: listen\nclient: connect server --local-address 192.0.2.1'
  outside 3 'interface eth0' <<<'server: listen --interface eth0'
  outside 5 'interface eth0' <<<$'server: listen\nclient: connect server\nclient: set interface=eth0'
  outside 4 'a UDP port of all addresses' <<<$'server: listen 0\ndata: udp server'
}

@test "a lab never asks a DNS server: an answer for another port does not count" {
  wrong 4 "nobody answers for the name 'a.test'" \
    <<<$'server: listen\nclient: connect a.test:server --resolve a.test:99:127.0.0.1'
  wrong 4 "nobody answers for the name 'a.test'" \
    <<<$'server: listen 127.0.0.1:98\nclient: connect a.test:server --resolve a.test:99:127.0.0.1'
}

@test "without namespaces a listener on all addresses is bound to the loopback interface" {
  forbidden
  lab own.lab <<'END'
any: listen 0.0.0.0:0 -k
same: listen any --no-reuse-addr
same: expect error code=EADDRINUSE
both: listen 0 -k
mapped: listen [::ffff:127.0.0.1]:0
path: listen unix:own.sock
one: connect 127.0.0.2:any
one: expect connect
two: connect [::1]:both
two: expect connect
three: connect mapped
three: expect connect
four: connect path
four: expect connect
END
  "${without[@]}" "$TCPKIT" lab own.lab --json >trace 2>err
  check_trace trace
  assert_equal "$(jq -r 'select(.option == "SO_BINDTODEVICE") | "\(.actor) \(.value)"' trace | sort | xargs)" \
    'any lo both lo same lo'
}
