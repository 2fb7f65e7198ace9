#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2016,SC2034,SC2317 # helpers/order reads and calls what a test sets
# Idle limits and full queues, against Node's: when `timeout` and `drain` come.

load helpers/tcpkit
load helpers/order

setup() {
  node_client=('{"host":"127.0.0.1","port":PORT}')
  kit_client=(connect 127.0.0.1:PORT)
}

teardown() {
  stop_all
}

@test "the idle limit fires once for each idle period and closes nothing" {
  peer() { # each wait is several limits long
    start_cmd "peer-$1" "$SUPPORT/peer" wait:1500 send:x wait:1500 fin readeof
    port=$(port_of "peer-$1")
  }
  node_client=('{"host":"127.0.0.1","port":PORT,"timeout":400}')
  kit_client+=(--recv-only --timeout 400ms --timeout-action none)
  compare_clients
  assert_equal "$(status_of client-kit)" 0
  run -0 names client-kit
  assert_output 'client connectionAttempt
client connect
client ready
client timeout
client data
client timeout
client end
client finish
client close'
  run -0 jq -c 'select(.event == "timeout") | [.timeoutMs, .kind, .option]' "$(trace_of client-kit)"
  assert_output '[400,"idle","--timeout"]
[400,"idle","--timeout"]'
}

@test "a peer that answers nothing: end, and destroy after a second idle period" {
  start_cmd peer "$SUPPORT/peer" hold
  start c connect "127.0.0.1:$(port_of peer)" --recv-only --timeout 100ms --json
  assert_equal "$(status_of c)" 5
  check_trace c.err
  run -0 jq -r 'select(.role == "client") | "\(.layer) \(.event)"' "$BATS_TEST_TMPDIR/c.err"
  assert_output --partial 'event timeout
call end
event finish
event timeout
call destroy
event close'
}

@test "drain: where the peer does not read, then does" {
  local gate=$BATS_TEST_TMPDIR/gate most=$((16 << 20))
  peer() {
    rm -f "$gate"
    mkfifo "$gate"
    exec 8<>"$gate"
    launch "peer-$1" "$gate" "$SUPPORT/peer" hold readeof
    : >"$BATS_TEST_TMPDIR/peer-$1.says_port"
    port=$(port_of "peer-$1")
  }
  during() {
    wait_for "$(trace_of "$1")" '"event":"ready"'
    exec 8>&-
  }
  head -c "$most" /dev/zero >"$BATS_TEST_TMPDIR/zeros"
  client_stdin=zeros
  node_client+=("ready:fill=$most" "drain:fill=$most")
  compare_clients
  run -0 names client-kit
  assert_output 'client connectionAttempt
client connect
client ready
client drain
client finish
client end
client close'
  # Nothing is written from the write that filled the queue to the drain.
  run -0 jq -nr '[inputs | select(.event == "write" or .event == "drain")] | . as $r |
    range(length) | select(($r[.].writableLength // 0) >= 65536 and $r[. + 1].event != "drain")' \
    "$(trace_of client-kit)"
  assert_output ''
  # And no drain without one.
  run -0 jq -nr '[inputs | select(.event == "write" or .event == "drain")] | . as $r |
    range(length) | select($r[.].event == "drain" and ($r[. - 1].writableLength // 0) < 65536)' \
    "$(trace_of client-kit)"
  assert_output ''
}

@test "no drain where the kernel takes all at once" {
  peer() {
    start_cmd "peer-$1" "$SUPPORT/peer" readeof
    port=$(port_of "peer-$1")
  }
  node_client+=(ready:end=hello)
  kit_client+=(--send hello)
  compare_clients
  run -0 jq -c 'select(.event == "write") | [.bytes, .flushed, .writableLength]' "$(trace_of client-kit)"
  assert_output '[5,true,0]'
}
