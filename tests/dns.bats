#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2054,SC2154,SC2258 # quotes for jq and bash -c, commas in values, variables of the helpers
# Names: the questions that each server gets, the order of the answers and of the attempts, and each
# way a lookup can fail. The servers are on loopback; nothing leaves the machine.

load helpers/tcpkit
load helpers/outcome
load helpers/dns

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

several=(
  --host-record=example.com,127.0.0.2 --host-record=example.com,127.0.0.3
  --host-record=example.com,127.0.0.4 --host-record=example.com,::1
)

# Connects to a port on which nothing is listening, to show which addresses were found and tried.
try() { # try NAME ARG...   trace in NAME.trace; the exit status in $status
  rm -f "$1.trace"
  start "$1" connect --trace=json --trace-file "$1.trace" "${@:2}"
  status=$(status_of "$1" 30)
  check_trace "$1.trace"
}

lookups() { # lookups NAME   one a line: the address, or the error's code
  jq -r 'select(.event == "lookup") | .address // .error.code' "$1.trace"
}

attempts() { # attempts NAME
  jq -r 'select(.event == "connectionAttempt") | .ip' "$1.trace"
}

not_found() { # not_found NAME HOST CODE   how a failed lookup looks
  assert_equal "$status" 3
  assert_equal "$(events "$1.trace")" $'connect\nlookup\nerror\nclose'
  assert_equal "$(jq -r 'select(.error) | .error | [.code, .syscall, .hostname, .message] | join(" ")' "$1.trace" | uniq)" \
    "$3 getaddrinfo $2 getaddrinfo $3 $2"
  one_line "$1" "^tcpkit connect: cannot look up $2: .*\($3\): .+"
}

@test "a page comes through byte for byte as curl gets it, after the refused addresses" {
  mkdir www
  printf '<p>a page</p>\r\n\0\377\033[2J' >www/index.html
  head -c 300000 /dev/urandom >>www/index.html
  start_nginx 127.0.0.3 "$BATS_TEST_TMPDIR/www"
  start_dns dns "${several[@]}"
  printf 'GET / HTTP/1.0\r\nHost: example.com:%s\r\nUser-Agent: curl\r\nAccept: */*\r\n\r\n' "$web_port" >request
  start_fed page request connect "example.com:$web_port" --dns-server "$dns" --trace=json
  run -0 status_of page
  assert_output 0
  curl -s -i --raw --http1.0 -A curl --noproxy '*' --connect-to "::127.0.0.3:$web_port" "http://example.com:$web_port/" >curl.out
  sed -i -E 's/^Date: .* GMT\r$/Date: now\r/' page.out curl.out # the second may differ
  cmp page.out curl.out
  tail -c "$(stat -c %s www/index.html)" page.out | cmp - www/index.html

  check_trace page.err
  run -0 jq -r 'select(.event == "lookup") | .address' page.err
  assert_equal "$(sort <<<"$output")" $'127.0.0.2\n127.0.0.3\n127.0.0.4\n::1'
  assert_equal "${lines[0]}" ::1
  assert_equal "$(jq -rs '[.[] | select(.event | startswith("connectionAttempt"))] | [range(0; length)] | length' page.err)" \
    "$(jq -rs '[.[] | select(.event == "connectionAttempt")] | length * 2 - 1' page.err)"
  # Every address before nginx's, in order, was tried and refused, one after another.
  attempts_due page.err | sed '/^127.0.0.3$/q' >due
  jq -r 'select(.event == "connectionAttempt") | .ip' page.err | cmp - due
  jq -r 'select(.event == "connectionAttemptFailed") | .ip + " " + .error.code' page.err |
    cmp - <(sed '$d; s/$/ ECONNREFUSED/' due)
  assert_equal "$(events page.err 'select(.event == "lookup" | not)' | head -1)" connect
  run -0 jq -rs 'map(select(.layer != "note") | .event) | [index("connectionAttempt") > (length - 1 - (reverse | index("lookup"))), .[-1]] | join(" ")' page.err
  assert_output 'true close'
  run -0 events page.err 'select(.event | startswith("connectionAttempt") or . == "lookup" or . == "data" or . == "write" | not)'
  assert_output $'connect\nconnect\nready\nend\nfinish\nend\nclose'
}

@test "all answers are looked up before the first attempt, then families alternate" {
  start_dns dns "${several[@]}" --host-record=example.com,::ffff:127.0.0.9
  try all "example.com:$("$SUPPORT/free_port")" --dns-server "$dns"
  assert_equal "$status" 4
  assert_equal "$(lookups all | wc -l)" 5
  assert_equal "$(attempts all)" "$(attempts_due all.trace)"
  assert_equal "$(attempts all | sort)" "$(lookups all | sort)"
  run -0 jq -r 'select(.event == "error") | .error | .name, .code, (.errors | map(.address) | join("\n"))' all.trace
  assert_output "AggregateError
ECONNREFUSED
$(attempts_due all.trace)"
  assert_equal "$(asked dns)" $'A example.com\nAAAA example.com'
  one_line all 'cannot connect to example.com:[0-9]+: (.* refused, ){4}.* refused$'
}

@test "a single answer gives a plain error" {
  start_dns dns --host-record=four.test,127.0.0.5
  try one "four.test:$("$SUPPORT/free_port")" --dns-server "$dns"
  assert_equal "$status" 4
  assert_equal "$(events one.trace)" $'connect\nlookup\nconnectionAttempt\nconnectionAttemptFailed\nerror\nclose'
  assert_equal "$(jq -r 'select(.event == "error") | .error.name + " " + .error.code' one.trace)" 'Error ECONNREFUSED'
}

@test "-4 and -6 filter the answers, --no-auto-select-family takes the first" {
  start_dns dns "${several[@]}"
  port=$("$SUPPORT/free_port")
  try four -4 "example.com:$port" --dns-server "$dns"
  assert_equal "$(lookups four | sort)" $'127.0.0.2\n127.0.0.3\n127.0.0.4'
  assert_equal "$(attempts four)" "$(lookups four)"
  try six -6 "example.com:$port" --dns-server "$dns"
  assert_equal "$(lookups six)" ::1
  assert_equal "$(asked dns)" $'A example.com\nAAAA example.com'
  try single --no-auto-select-family "example.com:$port" --dns-server "$dns"
  assert_equal "$(events single.trace)" $'connect\nlookup\nconnectionAttempt\nconnectionAttemptFailed\nerror\nclose'
  assert_equal "$(attempts single)" ::1
}

@test "--local-address filters the answers and is where the connection comes from" {
  start_dns dns "${several[@]}"
  start server listen 127.0.0.3:0 --port-file server.port
  port=$(port_of server)
  try client --local-address 127.0.0.7 "example.com:$port" --dns-server "$dns"
  assert_equal "$status" 0
  assert_equal "$(lookups client | sort)" $'127.0.0.2\n127.0.0.3\n127.0.0.4'
  assert_equal "$(jq -r 'select(.event == "connect" and .layer == "event") | .localAddress + " " + .remoteAddress' client.trace)" \
    '127.0.0.7 127.0.0.3'
}

@test "no such name" {
  start_dns dns --host-record=other.test,127.0.0.1 --address=/nowhere.test/
  try gone nowhere.test:1 --dns-server "$dns"
  not_found gone nowhere.test ENOTFOUND
}

@test "a name without an address of the asked family" {
  start_dns dns --host-record=four.test,127.0.0.5 --local=/test/ --host-record=six.test,::1
  try six -6 four.test:1 --dns-server "$dns"
  not_found six four.test ENOTFOUND
  try four -4 six.test:1 --dns-server "$dns"
  not_found four six.test ENOTFOUND
  try local -s 127.0.0.1 six.test:1 --dns-server "$dns"
  not_found local six.test ENOTFOUND
}

@test "a server that refuses to answer" {
  start_dns dns # knows no name and no other server: REFUSED
  try refused any.test:1 --dns-server "$dns"
  not_found refused any.test EAI_AGAIN
}

@test "a server that answers SERVFAIL" {
  start_cmd broken "$SUPPORT/bare_dns" 2
  try servfail any.test:1 --dns-server "127.0.0.1:$(port_of broken)"
  not_found servfail any.test EAI_AGAIN
}

@test "a server that answers NXDOMAIN" {
  start_cmd nothing "$SUPPORT/bare_dns" 3
  try nxdomain any.test:1 --dns-server "127.0.0.1:$(port_of nothing)"
  not_found nxdomain any.test ENOTFOUND
}

@test "nothing is listening on the DNS server's port" {
  try nobody any.test:1 --dns-server "127.0.0.1:$("$SUPPORT/free_port")"
  not_found nobody any.test EAI_AGAIN
}

@test "a server that never answers" {
  start_cmd silent "$SUPPORT/bare_dns"
  try silent_client any.test:1 --dns-server "127.0.0.1:$(port_of silent)"
  not_found silent_client any.test EAI_AGAIN
  grep -q '^asked$' silent.out
}

@test "the next server is asked if the first does not answer" {
  start_dns dns --host-record=four.test,127.0.0.5
  try second "four.test:$("$SUPPORT/free_port")" --dns-server "127.0.0.1:$("$SUPPORT/free_port")" --dns-server "$dns"
  assert_equal "$status" 4
  assert_equal "$(lookups second)" 127.0.0.5
}

@test "one family answered, the other failed: the answer counts" {
  start_cmd broken "$SUPPORT/bare_dns" 2
  start_dns dns --host-record=half.test,127.0.0.5 --server="/half.test/127.0.0.1#$(port_of broken)"
  try half "half.test:$("$SUPPORT/free_port")" --dns-server "$dns"
  grep -q '^asked$' broken.out
  assert_equal "$status" 4
  assert_equal "$(lookups half)" 127.0.0.5
}

@test "one family answered, the other never: the answer counts" {
  start_cmd silent "$SUPPORT/bare_dns"
  start_dns dns --host-record=half.test,127.0.0.5 --server="/half.test/127.0.0.1#$(port_of silent)"
  try half "half.test:$("$SUPPORT/free_port")" --dns-server "$dns"
  grep -q '^asked$' silent.out
  assert_equal "$status" 4
  assert_equal "$(lookups half)" 127.0.0.5
}

@test "a CNAME is followed" {
  start_dns dns --cname=alias.test,middle.test --cname=middle.test,real.test --host-record=real.test,127.0.0.6
  try alias "alias.test:$("$SUPPORT/free_port")" --dns-server "$dns"
  assert_equal "$status" 4
  assert_equal "$(lookups alias)" 127.0.0.6
  assert_equal "$(jq -r 'select(.event == "lookup") | .host' alias.trace)" alias.test
}

@test "upper case and the root's dot are the same name" {
  start_dns dns "${several[@]}"
  try upper -6 "EXAMPLE.com:$("$SUPPORT/free_port")" --dns-server "$dns"
  assert_equal "$(lookups upper)" ::1
  assert_equal "$(jq -r 'select(.event == "lookup") | .host' upper.trace)" EXAMPLE.com
  try dotted -6 "example.com.:$("$SUPPORT/free_port")" --dns-server "$dns"
  assert_equal "$(lookups dotted)" ::1
}

@test "names that no server can know: no server is asked" {
  start_dns dns --address=/#/127.0.0.1
  label=$(printf 'a%.0s' {1..62})
  long=$label.$label.$label.$label.ab # 254 bytes
  assert_equal "${#long}" 254
  run -2 --separate-stderr "$TCPKIT" connect "$long:1" --dns-server "$dns"
  assert_regex "$stderr" "^tcpkit connect: 'a{62}.*' is 254 bytes long; write a host name of at most 253$"
  run -2 "$TCPKIT" connect "${label}aa.test:1" --dns-server "$dns" # 64 bytes, one too many
  run -2 "$TCPKIT" connect "a..test:1" --dns-server "$dns"
  assert_equal "$(asked dns)" ''
}

@test "the longest possible name is looked up" {
  start_dns dns --address=/#/127.0.0.8
  label=$(printf 'a%.0s' {1..62})
  longest=$label.$label.$label.$label.a
  assert_equal "${#longest}" 253
  try longest -4 "$longest:$("$SUPPORT/free_port")" --dns-server "$dns"
  assert_equal "$status" 4
  assert_equal "$(lookups longest)" 127.0.0.8
}

@test "localhost and what is under it are never asked of the server" {
  start_dns dns --address=/#/127.0.0.9
  port=$("$SUPPORT/free_port")
  for name in localhost LOCALHOST localhost. some.localhost a.b.LocalHost.; do
    try local "$name:$port" --dns-server "$dns"
    assert_equal "$status" 4
    assert_equal "$(lookups local)" $'::1\n127.0.0.1'
    assert_equal "$(attempts local)" $'::1\n127.0.0.1'
  done
  try four -4 "some.localhost:$port" --dns-server "$dns"
  assert_equal "$(lookups four)" 127.0.0.1
  assert_equal "$(asked dns)" ''
  try close -4 "notlocalhost:$port" --dns-server "$dns"
  assert_equal "$(lookups close)" 127.0.0.9
}

@test "numeric addresses have no lookup; 127.1 is a name with a known answer" {
  start_dns dns --address=/#/127.0.0.9
  port=$("$SUPPORT/free_port")
  for ip in 127.0.0.1 '[::1]' '[::ffff:127.0.0.1]'; do
    try literal "$ip:$port" --dns-server "$dns"
    assert_equal "$(events literal.trace)" $'connect\nconnectionAttempt\nconnectionAttemptFailed\nerror\nclose'
  done
  try short "127.1:$port" --dns-server "$dns"
  assert_equal "$(jq -r 'select(.event == "lookup") | .host + " " + .address' short.trace)" '127.1 127.0.0.1'
  assert_equal "$(asked dns)" ''
}

@test "-n refuses names" {
  run -2 --separate-stderr "$TCPKIT" connect -n localhost:5000
  assert_regex "$stderr" "^tcpkit connect: -n: 'localhost' is a name; write .*127.0.0.1"
  try number -n "127.0.0.1:$("$SUPPORT/free_port")"
  assert_equal "$status" 4
}

@test "--resolve answers first, for its host and port only" {
  start_dns dns --address=/#/127.0.0.9
  port=$("$SUPPORT/free_port")
  fixed() { # fixed EXPECTED HOST RESOLVE...
    local args=() r
    for r in "${@:3}"; do args+=(--resolve "$r"); done
    try fixed "$2:$port" "${args[@]}" --dns-server "$dns" -v
    assert_equal "$status" 4
    assert_equal "$(lookups fixed | tr '\n' ' ')" "$1 "
  }
  fixed 127.0.0.2 name.test name.test:127.0.0.2
  fixed 127.0.0.2 NAME.test name.TEST:127.0.0.2
  fixed '127.0.0.3 ::1 127.0.0.2' name.test 'name.test:127.0.0.3,::1,127.0.0.2'
  fixed '::1 127.0.0.2' name.test 'name.test:[::1],127.0.0.2'
  fixed ::1 name.test name.test:::1
  fixed 127.0.0.2 name.test "name.test:$port:127.0.0.2"
  fixed '::1 127.0.0.2' name.test "name.test:$port:[::1],127.0.0.2"
  fixed ::1 name.test "name.test:$port:::1"
  fixed 127.0.0.3 name.test name.test:127.0.0.2 name.test:127.0.0.3 # the last one wins
  fixed 127.0.0.2 localhost localhost:127.0.0.2
  assert_equal "$(asked dns)" ''
  fixed 127.0.0.9 name.test name.test:1:127.0.0.2 # another port
  fixed 127.0.0.9 name.test other.test:127.0.0.2
  assert_equal "$(asked dns | sort -u)" $'A name.test\nAAAA name.test'
}

@test "--resolve: duplicates are looked up and tried once" {
  try twice "name.test:$("$SUPPORT/free_port")" --resolve name.test:127.0.0.2,127.0.0.2,::1,127.0.0.2
  assert_equal "$(lookups twice | tr '\n' ' ')" '127.0.0.2 127.0.0.2 ::1 127.0.0.2 '
  assert_equal "$(attempts twice | tr '\n' ' ')" '127.0.0.2 ::1 '
}

@test "--resolve and -6: no address of that family is a failed lookup" {
  try none -6 name.test:1 --resolve name.test:127.0.0.2
  not_found none name.test ENOTFOUND
}

@test "bad --resolve and --dns-server values are usage errors" {
  for bad in name name: :127.0.0.1 name:1.2.3 name:127.0.0.1, name:,127.0.0.1 name:70000:127.0.0.1 name:80: \
    name:80:1::2 name:80:host; do
    run -2 --separate-stderr "$TCPKIT" connect name:1 --resolve "$bad"
    assert_output ''
    assert_equal "${#stderr_lines[@]}" 1
    assert_regex "$stderr" '^tcpkit connect: --resolve: '
  done
  for bad in '' localhost 127.0.0.1:0 127.0.0.1:70000 ::1:53: 1.2.3; do
    run -2 --separate-stderr "$TCPKIT" connect name:1 --dns-server "$bad"
    assert_equal "${#stderr_lines[@]}" 1
    assert_regex "$stderr" '^tcpkit connect: --dns-server: '
  done
}

# Runs a command in a network and mount namespace of our own, in which a test can replace /etc.
in_namespace() { # in_namespace COMMAND...
  unshare -rnm true 2>/dev/null || skip "needs user and network namespaces"
  # shellcheck disable=SC2016
  start_cmd inside unshare -rnm bash -c 'ip link set lo up || exit 99
    for file in hosts resolv.conf nsswitch.conf; do
      [ ! -e "$file" ] || mount --bind "$file" "/etc/$file" || exit 98
    done
    "$@"' bash "$@"
}

@test "names of /etc/hosts, by both resolvers, without a server" {
  printf '127.0.0.1 localhost\n127.0.0.5 own.test alias.test\n::1 own.test\n' >hosts
  echo 'nameserver 127.0.0.1' >resolv.conf
  echo 'hosts: files dns' >nsswitch.conf
  for resolver in c-ares system; do
    in_namespace "$TCPKIT" connect own.test:5000 --resolver "$resolver" --trace=json --trace-file own.trace
    run -0 status_of inside
    assert_output 4
    check_trace own.trace
    assert_equal "$(lookups own | sort)" $'127.0.0.5\n::1'
    in_namespace "$TCPKIT" connect -4 alias.test:5000 --resolver "$resolver" --trace=json --trace-file own.trace
    run -0 status_of inside
    assert_output 4
    assert_equal "$(lookups own)" 127.0.0.5
  done
}

@test "--resolver system asks the servers of resolv.conf; failures look the same" {
  echo '127.0.0.1 localhost' >hosts
  echo 'nameserver 127.0.0.1' >resolv.conf
  echo 'options timeout:1 attempts:1' >>resolv.conf
  echo 'hosts: files dns' >nsswitch.conf
  in_namespace bash -c 'dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --port=53 --pid-file= \
      --host-record=sys.test,127.0.0.6 --address=/gone.test/ --log-facility=- 2>dns.err &
    until grep -qs "started, version" dns.err; do sleep 0.02; done
    for name in sys gone other; do
      '"'$TCPKIT'"' connect $name.test:5000 --resolver system --trace=json --trace-file $name.trace 2>$name.err
      echo $?
    done
    kill $!; wait $!'
  run -0 status_of inside 20
  run -0 cat inside.out
  assert_output $'4\n3\n3'
  assert_equal "$(lookups sys)" 127.0.0.6
  status=3
  not_found gone gone.test ENOTFOUND
  not_found other other.test EAI_AGAIN
}

@test "--resolver system: localhost is answered by us" {
  try local "localhost:$("$SUPPORT/free_port")" --resolver system
  assert_equal "$(lookups local)" $'::1\n127.0.0.1'
  run -2 --separate-stderr "$TCPKIT" connect a.test:1 --resolver system --dns-server 127.0.0.1
  assert_regex "$stderr" '^tcpkit connect: --dns-server and --resolver system cannot be combined'
}

# A lookup without an answer is abandoned at once: the program ends long before c-ares would.
abandon() { # abandon NAME ARG...   starts a client whose question has reached the silent server
  start_cmd silent "$SUPPORT/bare_dns"
  start "$1" connect any.test:5000 --dns-server "127.0.0.1:$(port_of silent)" --trace=json --trace-file "$1.trace" "${@:2}"
}

took_less() { # took_less NAME SECONDS   between the first and the last record
  run -0 jq -s --argjson most "$2" '.[-1].t - .[0].t < $most' "$1.trace"
  assert_output true
}

@test "Ctrl-C abandons a lookup" {
  abandon client
  wait_for silent.out asked
  stop client INT
  run -0 status_of client
  assert_output 130
  check_trace client.trace
  run -0 events client.trace 'select(.layer != "note")'
  assert_output $'connect\ndestroy\nclose'
  one_line client 'ended by SIGINT$'
}

@test "--connect-timeout abandons a lookup" {
  abandon client -w 0.3
  run -0 status_of client
  assert_output 5
  check_trace client.trace
  assert_equal "$(events client.trace)" $'connect\ntimeout\nerror\nclose'
  assert_equal "$(jq -r 'select(.event == "timeout") | .kind + " " + .option' client.trace)" 'connect --connect-timeout'
  took_less client 4
  one_line client 'timed out'
}

@test "--deadline abandons a lookup" {
  abandon client --deadline 0.3
  run -0 status_of client
  assert_output 5
  check_trace client.trace
  assert_equal "$(events client.trace)" $'connect\ntimeout\ndestroy\nclose'
  took_less client 4
  one_line client 'the deadline of 0.3s has passed'
}

@test "a lookup by getaddrinfo is abandoned as promptly" {
  echo 'nameserver 127.0.0.1' >resolv.conf
  echo 'options timeout:30 attempts:3' >>resolv.conf
  echo 'hosts: dns' >nsswitch.conf
  command -v socat >/dev/null || skip "needs socat"
  in_namespace bash -c 'socat -u UDP4-RECV:53,bind=127.0.0.1 CREATE:asked & peer=$!
    until grep -q " 0100007F:0035 " /proc/net/udp; do sleep 0.02; done
    '"'$TCPKIT'"' connect any.test:5000 --resolver system -w 0.3 --trace=json --trace-file system.trace 2>system.err
    echo $?
    kill $peer; wait $peer'
  run -0 status_of inside 10
  run -0 cat inside.out
  assert_output 5
  test -s asked
  check_trace system.trace
  assert_equal "$(events system.trace)" $'connect\ntimeout\nerror\nclose'
}

@test "listen NAME binds the name's first address and reports it" {
  start server listen -v localhost:0 --port-file server.port
  port_of server
  wait_for server.err '^tcpkit listen: localhost is ::1$'
  start four listen -4 -v localhost:0 --port-file four.port
  port_of four
  wait_for four.err '^tcpkit listen: localhost is 127.0.0.1$'
}

@test "listen NAME: not found, and abandoned while no server answers" {
  echo 'nameserver 127.0.0.1' >resolv.conf
  echo 'hosts: dns' >nsswitch.conf
  in_namespace "$TCPKIT" listen any.test:5000
  run -0 status_of inside 30
  assert_output 3
  one_line inside '^tcpkit listen: cannot look up any.test: .*\(EAI_AGAIN\): .*'
  in_namespace "$TCPKIT" listen any.test:5000 --trace=json --trace-file "$PWD/failed.trace"
  run -0 status_of inside 30
  assert_output 3
  check_trace failed.trace
  assert_equal "$(events failed.trace | paste -sd ' ')" 'listen error'
  assert_equal "$(jq -r 'select(.event == "error") | .error | .code, .syscall, .hostname' failed.trace | paste -sd ' ')" 'EAI_AGAIN getaddrinfo any.test'
  command -v socat >/dev/null || skip "needs socat"
  in_namespace bash -c 'socat -u UDP4-RECV:53,bind=127.0.0.1 CREATE:asked & peer=$!
    until grep -q " 0100007F:0035 " /proc/net/udp; do sleep 0.02; done
    '"'$TCPKIT'"' listen any.test:5000 --deadline 0.3 --trace=json --trace-file listen.trace 2>listen.err
    echo $?
    kill $peer; wait $peer'
  run -0 status_of inside 10
  run -0 cat inside.out
  assert_output 5
  check_trace listen.trace
  run -0 jq -s '.[-1].t < 3' listen.trace
  assert_output true
}
