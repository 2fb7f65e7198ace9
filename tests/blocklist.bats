#!/usr/bin/env bats
# blocklist check and blocklist rules: tcpkit-blocklist(1).
# shellcheck disable=SC2154 # run and node24 set variables

load helpers/tcpkit

teardown() { stop_all; }

@test "without arguments: the purpose and two examples that work" {
  run -2 --separate-stderr "$TCPKIT" blocklist
  assert_output ""
  [ "$(grep -c '^  tcpkit blocklist ' <<<"$stderr")" -eq 2 ]
  run -7 "$TCPKIT" blocklist check --block 10.0.0.0/8 10.1.2.3 192.0.2.1
}

@test "check answers arguments, in their order, as they were written" {
  run -7 --separate-stderr "$TCPKIT" blocklist check --block 10.0.0.0/8 --block ::1 10.1.2.3 192.0.2.1 0::1 ::FFFF:10.0.0.1
  assert_equal "$stderr" ""
  assert_equal "$output" "$(printf '%s\t%s\t%s\n' \
    10.1.2.3 blocked 'Subnet: IPv4 10.0.0.0/8' \
    192.0.2.1 allowed - \
    0::1 blocked 'Address: IPv6 ::1' \
    ::FFFF:10.0.0.1 blocked 'Subnet: IPv4 10.0.0.0/8')"
}

@test "check exits 0 if no address is blocked" {
  run -0 "$TCPKIT" blocklist check --block 10.0.0.0/8 192.0.2.1 ::1
  assert_equal "$output" "$(printf '192.0.2.1\tallowed\t-\n::1\tallowed\t-')"
}

@test "check reads stdin, CRLF and a last line without newline included" {
  run -7 "$TCPKIT" blocklist check --block 10.0.0.1 < <(printf '10.0.0.1\r\n ::1\t\n10.0.0.2')
  assert_equal "$output" "$(printf '10.0.0.1\tblocked\tAddress: IPv4 10.0.0.1\n::1\tallowed\t-\n10.0.0.2\tallowed\t-')"
}

@test "check answers a line before the next one arrives" {
  mkfifo "$BATS_TEST_TMPDIR/in"
  start_fed check in blocklist check --block 10.0.0.1
  exec 4>"$BATS_TEST_TMPDIR/in"
  echo 10.0.0.1 >&4
  wait_for check.out '^10\.0\.0\.1.blocked'
  echo 10.0.0.2 >&4
  wait_for check.out '^10\.0\.0\.2.allowed'
  exec 4>&-
  [ "$(status_of check)" -eq 7 ]
}

@test "check reports lines that are not addresses, and answers the others" {
  for bad in example.com 1.2.3 010.0.0.1 1.2.3.4/32 '[::1]' 10.0.0.1:80 ''; do
    run -2 --separate-stderr "$TCPKIT" blocklist check --block 10.0.0.1 < <(printf '10.0.0.1\n%s\n10.0.0.2\n' "$bad")
    assert_equal "$output" "$(printf '10.0.0.1\tblocked\tAddress: IPv4 10.0.0.1\n10.0.0.2\tallowed\t-')"
    assert_equal "${#stderr_lines[@]}" 1
    [[ $stderr == *"line 2: '$bad'"* ]]
  done
  run -2 --separate-stderr "$TCPKIT" blocklist check 10.0.0.1 $'a\e[2Jb' 10.0.0.2
  [[ $stderr == *"argument 2: 'a\\x1b[2Jb'"* ]]
  assert_equal "${#lines[@]}" 2
}

@test "check: a line of a megabyte is one bad line, and the next ones are answered" {
  run -2 --separate-stderr "$TCPKIT" blocklist check < <(
    head -c 1000000 /dev/zero | tr '\0' 1
    printf '\n10.0.0.1\n'
  )
  assert_output "$(printf '10.0.0.1\tallowed\t-')"
  assert_equal "${#stderr_lines[@]}" 1
  [[ $stderr == *"line 1: "* ]]
}

@test "rules keep the order given, with --block and --blocklist mixed" {
  echo 10.1.0.0/16 >"$BATS_TEST_TMPDIR/one"
  echo 10.0.0.0/8 >"$BATS_TEST_TMPDIR/two"
  run -7 "$TCPKIT" blocklist check --block 10.2.0.0/16 --blocklist "$BATS_TEST_TMPDIR/one" \
    10.1.2.3 10.2.2.3 10.3.2.3 --block 10.1.2.3 --blocklist "$BATS_TEST_TMPDIR/two"
  assert_equal "$output" "$(printf '%s\tblocked\tSubnet: IPv4 %s\n' \
    10.1.2.3 10.1.0.0/16 10.2.2.3 10.2.0.0/16 10.3.2.3 10.0.0.0/8)"
  run -7 "$TCPKIT" blocklist check --block 10.1.2.3 --blocklist "$BATS_TEST_TMPDIR/one" 10.1.2.3
  assert_output "$(printf '10.1.2.3\tblocked\tAddress: IPv4 10.1.2.3')"
}

@test "rules prints Node's form, newest first, duplicates and host bits kept" {
  printf '# comment\n\n1.2.3.4\r\n10.0.0.1-10.0.0.10 # why\n\t2001:DB8::/32 \n1.2.3.4\n10.1.2.3/8\n::ffff:1.2.3.4' >"$BATS_TEST_TMPDIR/rules"
  run -0 --separate-stderr "$TCPKIT" blocklist rules --blocklist "$BATS_TEST_TMPDIR/rules" --block fe80::1%eth0
  assert_equal "$stderr" ""
  assert_output - <<'END'
Address: IPv6 fe80::1
Address: IPv6 ::ffff:1.2.3.4
Subnet: IPv4 10.1.2.3/8
Address: IPv4 1.2.3.4
Subnet: IPv6 2001:db8::/32
Range: IPv4 10.0.0.1-10.0.0.10
Address: IPv4 1.2.3.4
END
  run -0 "$TCPKIT" blocklist rules
  assert_output ""
}

@test "a bad line names its file and its number, and loads nothing" {
  for bad in example.com 1.2.3 1.2.3.4/33 ::/129 1.2.3.9-1.2.3.1 1.2.3.4-::1 '1.2.3.4 5.6.7.8'; do
    printf '1.2.3.4\n# comment\n%s\n5.6.7.8\n' "$bad" >"$BATS_TEST_TMPDIR/rules"
    for job in 'check 1.2.3.4' rules 'serve 0'; do
      # shellcheck disable=SC2086 # words
      run -2 --separate-stderr "$TCPKIT" blocklist $job --blocklist "$BATS_TEST_TMPDIR/rules"
      assert_equal "$output" ""
      assert_equal "${#stderr_lines[@]}" 1
      [[ $stderr == *"$BATS_TEST_TMPDIR/rules:3: '$bad'"* ]]
    done
    run -2 --separate-stderr "$TCPKIT" blocklist rules --block "$bad"
    [[ $stderr == *"--block: '$bad'"* ]]
  done
}

@test "a file that cannot be read, and an endless one, are refused" {
  run -2 --separate-stderr "$TCPKIT" blocklist rules --blocklist "$BATS_TEST_TMPDIR/none"
  [[ $stderr == *"$BATS_TEST_TMPDIR/none: no such file"* ]]
  run -2 --separate-stderr "$TCPKIT" blocklist rules --blocklist "$BATS_TEST_TMPDIR"
  run -2 --separate-stderr timeout 20 "$TCPKIT" blocklist rules --blocklist /dev/zero
  [[ $stderr == *"/dev/zero:1: "* ]]
  assert_equal "${#stderr_lines[@]}" 1
}

@test "options without a meaning here are refused" {
  run -2 --separate-stderr "$TCPKIT" blocklist chek 1.2.3.4
  [[ $stderr == *"did you mean check?"* ]]
  run -2 --separate-stderr "$TCPKIT" blocklist --block 1.2.3.4
  run -2 --separate-stderr "$TCPKIT" blocklist rules 1.2.3.4
  for option in --trace --allow=1.2.3.4 --json -v --max-connections=1; do
    run -2 --separate-stderr "$TCPKIT" blocklist check "$option" 1.2.3.4
    assert_equal "$output" ""
    [[ $stderr == *"${option%%=*}"* ]]
  done
}

@test "errors of stdout and stdin" {
  to_full() { "$TCPKIT" blocklist check 1.2.3.4 >/dev/full; }
  run -1 --separate-stderr to_full
  [[ $stderr == *"cannot write stdout"* ]]
  run -1 --separate-stderr "$TCPKIT" blocklist check </
  [[ $stderr == *"cannot read stdin"* ]]
  # A reader that leaves ends the program quietly.
  endless() { yes 1.2.3.4 2>/dev/null | {
    "$TCPKIT" blocklist check --block 1.2.3.4
    echo "$?" >&2
  } | head -n 1; }
  run -0 --separate-stderr endless
  assert_equal "$stderr" 0
}

@test "many rules and many addresses" {
  seq 0 99999 | awk '{ printf "10.%d.%d.%d\n", $1 / 65536, $1 / 256 % 256, $1 % 256 }' >"$BATS_TEST_TMPDIR/addresses"
  awk 'NR % 2' "$BATS_TEST_TMPDIR/addresses" | shuf >"$BATS_TEST_TMPDIR/rules"
  start_fed check addresses blocklist check --blocklist "$BATS_TEST_TMPDIR/rules"
  [ "$(status_of check 30)" -eq 7 ]
  awk 'NR % 2 { print $1 "\tblocked\tAddress: IPv4 " $1; next } { print $1 "\tallowed\t-" }' "$BATS_TEST_TMPDIR/addresses" |
    cmp - "$BATS_TEST_TMPDIR/check.out"
}

@test "Node's BlockList gives the same answers and the same text" {
  node24
  for seed in 1 2 3 4 5 6 7 8 9 10; do
    "$node" "$BATS_TEST_DIRNAME/support/node/blocklist.mjs" "$seed" "$BATS_TEST_TMPDIR"
    run -7 "$TCPKIT" blocklist check --blocklist "$BATS_TEST_TMPDIR/rules" <"$BATS_TEST_TMPDIR/addresses"
    assert_equal "$output" "$(cat "$BATS_TEST_TMPDIR/answers")"
    run -0 "$TCPKIT" blocklist rules --blocklist "$BATS_TEST_TMPDIR/rules"
    # Later versions of Node 24 group the rules by kind and keep each once: compare the texts then.
    if [ "$(wc -l <<<"$output")" = "$(wc -l <"$BATS_TEST_TMPDIR/texts")" ] &&
      [ "$(head -n 1 <<<"$output")" = "$(head -n 1 "$BATS_TEST_TMPDIR/texts")" ]; then
      assert_equal "$output" "$(cat "$BATS_TEST_TMPDIR/texts")"
    else
      assert_equal "$(comm -13 <(sort -u <<<"$output") <(sort -u "$BATS_TEST_TMPDIR/texts"))" ""
    fi
  done
}
