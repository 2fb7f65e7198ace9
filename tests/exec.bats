#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # for sh -c; variables of each test; stderr is set by run
# listen --exec and --sh-exec: a program serves each connection, and no byte of it is lost.

load helpers/tcpkit
load helpers/outcome

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() { stop_all; }

serve() { # serve ARG...   listen on 127.0.0.1; sets port
  start server listen 127.0.0.1:0 --port-file server.port "$@"
  port=$(port_of server)
}

client() { # client FILE   sends it with nc, prints what comes back
  timeout 20 nc -N 127.0.0.1 "$port" <"$1"
}

@test "--exec: what arrives is the program's stdin, its stdout goes back" {
  seq 1 100000 >data
  serve --exec 'tr 0-9 a-j'
  run -0 --separate-stderr client data
  assert_equal "$output" "$(tr 0-9 a-j <data)"
  ended server 0
  silent server
}

@test "--exec splits words as steps do, and starts no shell" {
  serve --exec 'printf "%s|" "two words" $HOME a=b ">x"'
  run -0 client /dev/null
  assert_output 'two words|$HOME|a=b|>x|'
  [ ! -e x ]
}

@test "--sh-exec runs a shell" {
  serve --sh-exec 'echo "$((6 * 7))"; cat | tr a-z A-Z'
  run -0 client <(echo abc)
  assert_output $'42\nABC'
  ended server 0
}

@test "the program knows both ends of its connection" {
  serve --sh-exec 'echo $TCPKIT_PROTO $TCPKIT_REMOTE_ADDR $TCPKIT_REMOTE_PORT $TCPKIT_LOCAL_ADDR $TCPKIT_LOCAL_PORT' --json
  run -0 client /dev/null
  remote=$(field server.err 'select(.event == "connection") | .remotePort')
  assert_output "TCP 127.0.0.1 $remote 127.0.0.1 $port"
}

@test "its exit status is that of a one-shot listen, and stands in the trace" {
  serve --sh-exec 'exit 3' --json
  run -0 client /dev/null
  ended server 3
  assert_equal "$(field server.err 'select(.event == "childExit") | "\(.status) \(.signal)"')" '3 null'
  assert_equal "$(field server.err 'select(.event == "exit") | .status')" 3
  check_trace server.err
}

@test "a program that is killed: 128+N" {
  serve --sh-exec 'kill -TERM $$' --json
  run -0 client /dev/null
  ended server 143
  assert_equal "$(field server.err 'select(.event == "childExit") | "\(.status) \(.signal)"')" 'null SIGTERM'
}

@test "-k: a program for each client at the same time, and a failed one does not end the server" {
  serve -k --sh-exec 'read -r word; echo "got $word"; exit 1'
  for i in 1 2 3; do
    mkfifo "in$i"
    start_cmd "c$i" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; echo there; read -r <in$i; echo $i >&3; cat <&3"
    wait_for "c$i.out" there
  done
  until_true 'three programs' programs_are 3
  for i in 3 1 2; do
    echo >"in$i"
    wait_for "c$i.out" "got $i"
  done
  until_true 'no program' programs_are 0
  stop server
  ended server 143
}

programs_are() { # programs_are NUMBER   that the server runs
  (($(ps --ppid "$(pid_of server)" -o pid= | wc -l) == $1))
}

@test "a program that prints 100 MB and exits: every byte arrives" {
  serve --sh-exec 'head -c 100000000 /dev/zero | tr "\0" x'
  client /dev/null >out
  assert_equal "$(stat -c %s out)" 100000000
  assert_equal "$(tr -d x <out | wc -c)" 0
  ended server 0
}

@test "a program that closes its stdin early: what it prints arrives, the rest is dropped" {
  head -c 5000000 /dev/zero >data
  serve --sh-exec 'exec <&-; sleep 0.3; echo done'
  run -0 --separate-stderr client data
  assert_output 'done'
  ended server 0
}

@test "a program that closes its stdout early still gets everything" {
  seq 1 200000 >data
  serve --sh-exec "exec cat >$BATS_TEST_TMPDIR/copy"
  run -0 client data
  ended server 0
  cmp data copy
}

@test "a grandchild that holds the program's stdout: the connection ends, and the status is reported" {
  serve --sh-exec 'sleep 60 & echo $! >grandchild; echo hello; exit 5'
  run -0 client /dev/null
  assert_output hello
  ended server 5
  kill "$(cat grandchild)"
}

@test "a client that resets: the program gets the end of its stdin, then SIGTERM, and is gone" {
  serve -k --sh-exec 'echo $$ >pid; trap "" TERM; while :; do sleep 0.1; done' --json
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" send:hello rst
  ended peer 0
  wait_for server.err childExit 20
  run -1 kill -0 "$(cat pid)"
  assert_equal "$(field server.err 'select(.event == "childExit") | .signal')" SIGKILL
}

@test "SIGTERM: the programs are asked to end, and nothing is left over" {
  serve -k --sh-exec 'echo $$ >pid; exec sleep 100'
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$port" readeof
  wait_for pid '[0-9]'
  stop server
  ended server 143
  run -1 kill -0 "$(cat pid)"
}

@test "relay --exec: SIGTERM lets a program go on for --drain, and no longer" {
  start server relay 127.0.0.1:0 --port-file server.port --drain 1m --sh-exec 'echo begun; read -r line; echo "late $line"'
  port=$(port_of server)
  mkfifo input
  start_cmd client bash -c "exec nc -N 127.0.0.1 $port <input"
  exec 7>input
  wait_for client.out begun
  kill -TERM "$(pid_of server)"
  wait_for server.err 'waiting up to'
  echo word >&7
  exec 7>&-
  ended server 143
  grep -qx 'late word' client.out
  start server relay 127.0.0.1:0 --port-file server.port --drain 100ms --sh-exec 'echo $$ >pid; exec sleep 100'
  start_cmd peer "$SUPPORT/peer" --connect 127.0.0.1 "$(port_of server)" readeof
  wait_for pid '[0-9]'
  stop server
  ended server 143
  run -1 kill -0 "$(cat pid)"
}

@test "--crlf converts what the program prints" {
  serve --crlf --exec 'printf "a\nb\n"'
  run -0 --separate-stderr bash -c "nc -N 127.0.0.1 $port </dev/null | od -An -c | tr -s ' '"
  assert_output ' a \r \n b \r \n'
}

@test "over a Unix socket" {
  start server listen "$PWD/s" --exec 'tr a-z A-Z'
  until_true 'the socket' test -S s
  run -0 nc -N -U s <<<hello
  assert_output HELLO
  ended server 0
}

@test "many connections one after another leave no descriptor and no zombie" {
  serve -k --exec 'cat'
  before=$(find "/proc/$(pid_of server)/fd" | wc -l)
  for i in $(seq 40); do
    assert_equal "$(client <(echo "$i"))" "$i"
  done
  until_true 'the descriptors to be closed' fds_are "$before"
  programs_are 0
}

fds_are() { # fds_are NUMBER
  (($(find "/proc/$(pid_of server)/fd" | wc -l) <= $1))
}

@test "refused before anything is opened: no such program, no words, with steps, on a client" {
  run -2 --separate-stderr "$TCPKIT" listen 127.0.0.1:0 --exec /no/such/program
  [[ $stderr == *"cannot run '/no/such/program': no such file"* ]]
  run -2 --separate-stderr "$TCPKIT" listen 127.0.0.1:0 --exec nosuchprogram
  run -2 --separate-stderr "$TCPKIT" listen 127.0.0.1:0 --exec ' '
  run -2 --separate-stderr "$TCPKIT" listen 127.0.0.1:0 --exec cat --sh-exec cat
  run -2 --separate-stderr "$TCPKIT" listen 127.0.0.1:0 --exec cat --do end
  run -2 --separate-stderr "$TCPKIT" listen 127.0.0.1:0 --exec cat --send-only
  run -2 --separate-stderr "$TCPKIT" connect 127.0.0.1:1 --exec cat
  [[ $stderr == *'tcpkit listen PORT --exec CMD'* ]]
}
