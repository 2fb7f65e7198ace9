#!/usr/bin/env bats
# shellcheck disable=SC2154 # run sets stderr, node24 sets node
# The command line: a fault is one line that names it, exit 2, and nothing is opened.

load helpers/tcpkit

teardown() {
  stop_all
}

refused_words() { # refused_words PATTERN ARG...   exit 2, one line on stderr that matches, no more
  local pattern=$1
  shift
  run -2 --separate-stderr timeout 10 "$TCPKIT" "$@" </dev/null
  assert_output ''
  # shellcheck disable=SC2154
  assert_equal "${#stderr_lines[@]}" 1
  assert_regex "$stderr" "$pattern"
  refute_regex "$stderr" $'[\x01-\x08\x0b-\x1f\x7f]'
}

@test "tcpkit alone prints four examples" {
  run -2 --separate-stderr "$TCPKIT"
  assert_output ''
  assert_equal "$(grep -cE '^  .*tcpkit (echo|connect|listen) ' <<<"$stderr")" 4
}

@test "a command alone prints its purpose and two examples" {
  for command in connect listen echo address; do
    run -2 --separate-stderr "$TCPKIT" "$command"
    assert_output ''
    assert_regex "${stderr_lines[0]}" "^tcpkit $command: "
    assert_equal "$(grep -cE "^  .*tcpkit $command " <<<"$stderr")" 2
  done
}

@test "--help goes to stdout, within 80 columns, and describes every option" {
  for command in connect listen echo half-close reset keepalive blocklist relay scan ping read lab diagram explain address completion; do
    run -0 --separate-stderr "$TCPKIT" "$command" --help
    # shellcheck disable=SC2154
    assert_equal "$stderr" ''
    # shellcheck disable=SC2016 # $ is of the patterns
    run -0 awk 'length > 80 && !examples { print "too wide: " $0 } /^Examples:/ { examples = 1 } /^  +-.*[^ ]$/ && !/  [A-Za-z]/ { next_line = 1 }' <<<"$output"
    assert_output ''
    run -0 "$TCPKIT" help "$command"
    assert_line --partial "usage: tcpkit $command"
  done
  run -0 "$TCPKIT" --help
  assert_line --partial 'usage: tcpkit COMMAND'
  [ "$(wc -L <<<"$output")" -le 80 ]
  run -0 "$TCPKIT" --version
  assert_output --regexp '^tcpkit [0-9.]+$'
}

@test "options that do not exist here, and the nearest one" {
  refused_words 'unknown option --tiemout; did you mean --timeout\?' connect h:1 --tiemout 3
  refused_words 'unknown option --send' echo 0 --send x
  refused_words 'unknown option --retry' listen 0 --retry 3
  refused_words 'unknown option -k' connect h:1 -k
  refused_words "unknown command 'conect'; did you mean connect\?" conect h:1
  refused_words 'unknown option --\\x1b\[31m' connect h:1 $'--\e[31m'
}

@test "nc's options are answered with the line to type" {
  refused_words 'write: tcpkit connect host 80' host 80
  refused_words 'write: tcpkit connect host:80' host:80
  refused_words 'write: tcpkit listen 5000' -l 5000
  refused_words 'write: tcpkit listen 5000' -lp 5000
  refused_words 'write: tcpkit listen 5000' listen -p 5000
  refused_words 'write: tcpkit listen 5000' listen -l 5000
  refused_words 'to connect, write: tcpkit connect -w 3 host 80' -w 3 host 80
  refused_words 'to connect, write: tcpkit connect unix:s' -U s
  refused_words 'to listen, write: tcpkit listen unix:s' -lU s
  refused_words '^tcpkit: tcpkit speaks TCP only; for UDP write: nc -u host 80$' -u host 80
  refused_words 'for UDP write: nc -u host 80$' connect -u host 80
  refused_words 'for UDP write: nc -u -l 5000$' -lu 5000
  refused_words 'for UDP write: nc -u -l 5000$' listen -u 5000
  refused_words '^tcpkit: to see which ports answer, write: tcpkit scan host 22$' -zv host 22
  refused_words 'write: tcpkit scan host 20-25$' -w 3 -zv host 20-25
  refused_words 'write: tcpkit scan HOST PORTS$' -z
  refused_words 'to see whether a port answers, write: tcpkit scan host 22$' scan -zv host 22
  refused_words 'to see whether a port answers, write: tcpkit scan host 22$' half-close -z host 22
  refused_words 'write: tcpkit listen 5000 --exec CMD$' -l 5000 -e /bin/sh
  refused_words 'or socat TCP:host:80 EXEC:CMD$' connect host 80 --sh-exec cat
  refused_words 'write: nc -X connect -x PROXY:PORT HOST PORT$' connect -x p:3128 host 80
  refused_words 'write: openssl s_client -connect host:443$' --ssl host 443
  refused_words 'write: openssl s_client -connect \[::1\]:443$' connect --ssl ::1 443
  refused_words 'write: ncat --ssl -l 5000$' listen --ssl 5000
  refused_words 'write: tcpkit connect unix:/run/s$' connect -U /run/s
  refused_words "'20-25' is a range of ports; write one port \(tcpkit scan HOST 20-25 tries them all\)" connect host 20-25
  refused_words "'20-25' is a range of ports; .*tcpkit scan HOST 20-25" connect -zv host 20-25
  refused_words "'20-25' is a range of ports" connect host:20-25
  refused_words "^tcpkit: unknown command 'host'; to try these ports, write: tcpkit scan host 20-25$" host 20-25
  refused_words 'write: tcpkit scan host 22,80$' host 22,80
  refused_words "'5000' is a port, not a host" connect 5000 3
}

@test "URLs and socat's words are answered with the line to type, and are not Unix paths" {
  cd "$BATS_TEST_TMPDIR"
  refused_words "^tcpkit connect: 'http://example.com/' is a URL; write example.com:80$" connect http://example.com/
  refused_words "to connect, it is tcpkit connect: 'http://example.com/' is a URL; write example.com:80$" http://example.com/
  refused_words 'write \[::1\]:8080$' connect 'HTTP://user:word@[::1]:8080/a?b#c'
  refused_words 'write example.com:443; for TLS use openssl s_client -connect example.com:443$' connect https://example.com
  refused_words 'write 127.0.0.1:5$' connect tcp://127.0.0.1:5
  refused_words 'write example.com:PORT$' connect redis://example.com
  refused_words 'write HOST:PORT$' connect tcp://
  refused_words 'write unix:/run/s$' connect unix:///run/s
  refused_words "'127.0.0.1:5/' has a '/' after the port; write 127.0.0.1:5, or unix:127.0.0.1:5/ for" connect 127.0.0.1:5/
  refused_words 'write localhost:5000, or' connect localhost:5000/path
  refused_words 'write \[::1\]:80, or' listen '[::1]:80/'
  refused_words "'TCP:host:80' is socat's; write host:80$" connect TCP:host:80
  refused_words "to connect, it is tcpkit connect: 'TCP:host:80' is socat's; write host:80$" - TCP:host:80
  refused_words 'write \[::1\]:80$' connect 'tcp6:[::1]:80,nodelay'
  refused_words "'TCP-LISTEN:5000' is socat's; write tcpkit listen 5000$" listen TCP-LISTEN:5000
  refused_words 'write tcpkit listen -k -4 5000$' TCP4-LISTEN:5000,reuseaddr,fork
  refused_words 'write tcpkit connect unix:/run/s$' connect UNIX-CONNECT:/run/s
  refused_words 'openssl s_client -connect host:443$' connect OPENSSL:host:443,verify=0
  assert_equal "$(ls -A -I 'separate-stderr-*')" ''
  # A word that begins like a path is a path.
  run -1 --separate-stderr "$TCPKIT" connect ./tcp://x
  assert_regex "$stderr" 'ENOENT'
}

@test "every option with a value refuses an invalid one" {
  local command option
  for command in connect listen echo; do
    local address=127.0.0.1:1 opened=(--trace-file "$BATS_TEST_TMPDIR/trace")
    [ "$command" = connect ] || { address=127.0.0.1:0 && opened+=(--port-file "$BATS_TEST_TMPDIR/port"); }
    # Every name in the help that takes a value; texts, files and names of devices may be anything.
    while read -r option; do
      refused_words "^tcpkit $command: (--[a-z0-9-]+: |$option: |.*$option)" "$command" "$address" \
        "$option" $'\e[31mnonsense' "${opened[@]}"
      refused_words "$option needs a value" "$command" "$address" "$option"
    done < <("$TCPKIT" "$command" --help | grep -oE '^ +(-[a-z], +)?(--[a-z0-9-]+|-[a-z]) [A-Za-z\[|]+' |
      grep -vE ' (TEXT|FILE|CMD|INTERFACE|ALGORITHM)$' | grep -v -- --port-file | awk '{ print $(NF - 1) }')
  done
  assert [ ! -e "$BATS_TEST_TMPDIR/port" ]
  assert [ ! -e "$BATS_TEST_TMPDIR/trace" ]
}

@test "invalid addresses" {
  refused_words "'::1:80' .*\[::1\]:80" connect ::1:80
  refused_words "'a:b:c'" connect a:b:c
  refused_words "localhost:PORT" connect localhost
  refused_words "PORT" connect '[::1]'
  refused_words "port" connect localhost:
  refused_words "'0'" connect 127.0.0.1:0
  refused_words "65536" connect 127.0.0.1:65536
  refused_words "0x50" connect 127.0.0.1:0x50
  refused_words "1.2.3.4" connect '[1.2.3.4]:80'
  refused_words "unix:" connect unix:
  refused_words "108" listen "/$(printf 'x%.0s' {1..107})"
  refused_words "unexpected argument 'c'" connect a 80 c
  refused_words "is an IPv6 address" connect -4 '[::1]:80'
  refused_words "is an IPv4 address" connect -6 127.0.0.1:80
  refused_words "is an IPv6 address" listen -4 '[::1]:0'
  refused_words "''" connect ''
}

@test "both forms of two words, and options anywhere" {
  for words in '::1 1' '[::1] 1' '127.0.0.1 1' 'localhost 1 -4' '-4 localhost 1' '-- 127.0.0.1 1'; do
    # shellcheck disable=SC2086
    run -4 "$TCPKIT" connect $words </dev/null
  done
}

@test "the last value wins, short options combine, = and a word are the same" {
  run -4 "$TCPKIT" connect -4vn -w5 -w=6 --timeout 1 --timeout=2s 127.0.0.1:1
  run -4 "$TCPKIT" connect 127.0.0.1:1 --timeout 3 --connect-timeout 1m
}

@test "an optional value comes with = only" {
  refused_words 'its value follows .=.; write --trace=json' connect 127.0.0.1 1 --trace json
  refused_words 'write --trace=json' connect --trace json 127.0.0.1:1
  refused_words 'write --keep-alive=3' listen 5000 --keep-alive 3
  refused_words 'write --keep-alive=5' connect 127.0.0.1 1 --keep-alive 5
  refused_words "'xml' is not one of human, json" connect 127.0.0.1:1 --trace=xml
  refused_words '--no-delay takes no value' connect 127.0.0.1:1 --no-delay=maybe
}

@test "options that cannot be combined" {
  refused_words '-4 and -6' connect h:1 -4 -6
  refused_words '--send-only and --recv-only' connect h:1 --send-only --recv-only
  refused_words '--send and --recv-only' connect h:1 --send x --recv-only
  refused_words '--crlf and --recv-only' connect h:1 -C --recv-only
  refused_words '-q and --recv-only' listen 0 -q 1 --recv-only
  refused_words '--no-shutdown and -N' connect h:1 --no-shutdown -N
  refused_words '--keep-alive-count means nothing without --keep-alive' connect h:1 --keep-alive-count 3
  refused_words 'whole seconds' connect h:1 --keep-alive=500ms
  refused_words '--attempt-timeout: 0' connect h:1 --attempt-timeout 0
  refused_words '--max-connections needs a server for many; add -k' listen 0 --max-connections 1
  refused_words '-n: .*is a name' connect -n localhost:1
  refused_words '--fd' listen 0 --fd 5
}

@test "C escapes of --send" {
  start_cmd server "$SUPPORT/peer" readeof
  run -0 timeout 10 "$TCPKIT" connect "127.0.0.1:$(port_of server)" --json --data hex </dev/null \
    --send '\a\b\e\f\n\r\t\v\0\\\"\x7f\101\7\u00e9' --send '[a,b]' --send -x --send ''
  assert_equal "$(jq -r 'select(.event == "write") | .hex' <<<"$output" | paste -sd' ')" \
    '07081b0c0a0d090b005c227f4107c3a9 5b612c625d 2d78 '
  refused_words '--send: .*\\q' connect h:1 --send '\q'
  refused_words '--send: .*\\x4' connect h:1 --send '\x4'
}

@test "random words never crash, hang, or exit outside 0 to 8" {
  local words=(connect listen echo address -4 -6 -k -v -w -p -s -n --trace --json --data text --send x -- '' -
    127.0.0.1:1 '[::1]:1' unix:/nonexistent/s :1 1 --timeout 1ms --deadline --fd 7 --resolve a:1 --tos 0x10
    --retry --layers "call," $'\xff' '%s%n' --keep-alive= '=' --help --linger --max-connections)
  RANDOM=42
  for _ in {1..300}; do
    local line=(connect)
    for ((n = RANDOM % 6; n > 0; n--)); do line+=("${words[RANDOM % ${#words[@]}]}"); done
    run timeout 20 "$TCPKIT" "${line[@]}" --deadline 300ms </dev/null
    [ "$status" -le 8 ] || fail "exit $status: ${line[*]@Q}: $output"
  done
}
