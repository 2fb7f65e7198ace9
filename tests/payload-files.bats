#!/usr/bin/env bats
# shellcheck disable=SC2154 # stderr is set by run
# --hexdump, --record and --rate.

load helpers/tcpkit
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() { stop_all; }

@test "--record: both directions as they passed; --hexdump: 16 bytes a line" {
  start_cmd peer "$SUPPORT/peer" send:0123456789abcdefXY readeof
  printf 'hi\x1b\n' >input
  start_fed client input connect "127.0.0.1:$(port_of peer)" --record all --hexdump dump
  ended client 0
  run -0 grep '^<' dump
  assert_line --index 0 '< 1 00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|'
  assert_line --index 1 '< 1 00000010  58 59                                             |XY|'
  run -0 grep '^>' dump
  assert_output '> 1 00000000  68 69 1b 0a                                       |hi..|'
  assert_equal "$(wc -c <all)" 22
}

@test "--record of a large transfer is the transfer" {
  head -c 3000000 /dev/urandom >data
  start_fed server data listen 127.0.0.1:0 --port-file server.port --record sent
  start client connect "127.0.0.1:$(port_of server)" --record received
  ended client 0
  ended server 0
  cmp data sent
  cmp data received
  cmp data client.out
}

@test "a file that cannot be opened or written" {
  run -1 --separate-stderr "$TCPKIT" connect 127.0.0.1:1 --hexdump /no/such/folder/x
  start_cmd peer "$SUPPORT/peer" send:hello readeof
  start client connect "127.0.0.1:$(port_of peer)" --record /dev/full
  ended client 1
  one_line client 'cannot write /dev/full'
  run -2 "$TCPKIT" connect 127.0.0.1:1 --hexdump x --record x
}

@test "--rate: stdin goes out no faster" {
  head -c 60000 /dev/zero >data
  start_cmd peer "$SUPPORT/peer" readeof
  begin=$(date +%s%N)
  start_fed client data connect "127.0.0.1:$(port_of peer)" --rate 60k
  ended client 0
  (($(date +%s%N) - begin >= 700000000))
  wait_for peer.out 'eof 60000'
  run -2 "$TCPKIT" connect 127.0.0.1:1 --rate 0
}
