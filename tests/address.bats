#!/usr/bin/env bats
# shellcheck disable=SC2154 # run sets stderr, node24 sets node
# `address`: the rules of isIP, and the parts of an address.

load helpers/tcpkit

teardown() {
  stop_all
}

@test "addresses are recognized and printed in canonical form" {
  run -0 "$TCPKIT" address 127.0.0.1 ::1 '[::1]' 127.0.0.1:80 '[2001:DB8:0:0::1]:443' ::ffff:1.2.3.4 fe80::1%eth0
  assert_output '127.0.0.1	IPv4	127.0.0.1	-
::1	IPv6	::1	-
[::1]	IPv6	::1	-
127.0.0.1:80	IPv4	127.0.0.1	80
[2001:DB8:0:0::1]:443	IPv6	2001:db8::1	443
::ffff:1.2.3.4	IPv6	::ffff:1.2.3.4	-
fe80::1%eth0	IPv6	fe80::1%eth0	-'
}

@test "an input that is not an address: exit 1, the others are answered" {
  run -1 "$TCPKIT" address 127.000.000.001 127.0.0.1/24 fhqwhgads 1.2.3 256.1.1.1 ::1::2 localhost:80 1.2.3.4
  assert_output '127.000.000.001	none	-	-
127.0.0.1/24	none	-	-
fhqwhgads	none	-	-
1.2.3	none	-	-
256.1.1.1	none	-	-
::1::2	none	-	-
localhost:80	none	-	-
1.2.3.4	IPv4	1.2.3.4	-'
}

@test "hostile input is escaped" {
  run -1 "$TCPKIT" address $'\e[31mred\n' ''
  assert_output '\x1b[31mred\x0a	none	-	-
	none	-	-'
}

@test "isIP agrees with Node" {
  node24
  local inputs=(1.2.3.4 01.2.3.4 1.2.3.4.5 ::1 ::1%lo ::1% 1::2::3 ::ffff:1.2.3.4 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7 g::1 '' ' 1.2.3.4' ::1.2.3.256)
  local input
  for input in "${inputs[@]}"; do
    run "$TCPKIT" address "$input"
    assert_equal "${output#*$'\t'}" "$(
      "$node" -p 'const f = require("net").isIP(process.argv[1]); f ? "IPv" + f + process.argv[2] : "none\t-\t-"' "$input" \
        "${output#*$'\t'IPv?}"
    )"
  done
}
