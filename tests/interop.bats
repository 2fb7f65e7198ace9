#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # the scripts in single quotes expand elsewhere
# nc, ncat, socat, node, curl and nginx as peers of connect, listen and echo, over IPv4, IPv6 and Unix
# sockets: the same bytes in both directions, the exit statuses, no hang.

load helpers/tcpkit

setup_file() {
  export UP=$BATS_FILE_TMPDIR/up DOWN=$BATS_FILE_TMPDIR/down
  head -c 3000017 /dev/urandom >"$UP"
  head -c 2000003 /dev/urandom >"$DOWN"
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_all
}

ends() { # ends NAME...
  local name
  for name; do
    run -0 status_of "$name" 30
    assert_output 0
  done
}

needs() { # needs PROGRAM
  command -v "$1" >/dev/null || skip "needs $1"
}

# The peer connects to listen, which sends DOWN and gets UP, and to echo, which sends UP back.
# COMMAND contains HOST and PORT; without PORT the address is the path HOST.
served() { # served HOST COMMAND...
  local host=$1 to=$1 command=("${@:2}")
  case $host in
    unix:*) ;;
    *:*) to="[$host]:0" ;;
    *) to=$host:0 ;;
  esac
  start_fed server "$DOWN" listen "$to" --port-file "$PWD/server.port"
  call server "$UP"
  ends server client
  cmp "$UP" server.out
  cmp "$DOWN" client.out
  start echo echo "$to" --port-file "$PWD/echo.port"
  call echo "$UP"
  ends client
  cmp "$UP" client.out
  stop echo
  run -0 status_of echo
  assert_output 143
}

call() { # call SERVER FILE   runs COMMAND against it
  LIMIT=20 until_true "the port of $1" test -s "$1.port"
  local at words=()
  at=$(cat "$1.port")
  words=("${command[@]//PORT/$at}")
  launch client "$2" "${words[@]//HOST/${host#unix:}}"
}

# The peer listens and sends DOWN; connect sends UP.
exchanged() { # exchanged TARGET COMMAND...   PORT in both is a free one
  local free
  free=$("$SUPPORT/free_port")
  rm -f s
  local words=("${@:2}")
  launch server "$DOWN" "${words[@]//PORT/$free}"
  start_fed client "$UP" connect "${1//PORT/$free}" --retry 200 --retry-delay 50ms ${flag:+"$flag"}
  ends client server
  cmp "$UP" server.out
  cmp "$DOWN" client.out
}

@test "nc: connects over IPv4, IPv6, and to a Unix socket" {
  needs nc
  served 127.0.0.1 nc -N 127.0.0.1 PORT
  served ::1 nc -N ::1 PORT
  served unix:s nc -N -U HOST
}

@test "ncat: connects over IPv4, IPv6, and to a Unix socket" {
  needs ncat
  served 127.0.0.1 ncat 127.0.0.1 PORT
  served ::1 ncat ::1 PORT
  served unix:s ncat -U HOST
}

@test "socat: connects over IPv4, IPv6, to a Unix socket and an abstract one" {
  needs socat
  served 127.0.0.1 socat -t 30 - TCP4:127.0.0.1:PORT
  served ::1 socat -t 30 - 'TCP6:[::1]:PORT'
  served unix:s socat -t 30 - UNIX-CONNECT:HOST
  served "unix:@tcpkit-test-$$" socat -t 30 - "ABSTRACT-CONNECT:tcpkit-test-$$"
}

@test "nc: listens on IPv4, IPv6, and a Unix socket" {
  needs nc
  local flag=--no-shutdown # nc -l leaves at our FIN, whatever it still has to send
  exchanged 127.0.0.1:PORT nc -l -N 127.0.0.1 PORT
  exchanged '[::1]:PORT' nc -l -N ::1 PORT
  exchanged unix:s nc -l -N -U s
}

@test "ncat: listens on IPv4, IPv6, and a Unix socket" {
  needs ncat
  exchanged 127.0.0.1:PORT ncat -l 127.0.0.1 PORT
  exchanged '[::1]:PORT' ncat -l ::1 PORT
  exchanged unix:s ncat -l -U s
}

@test "socat: listens on IPv4, IPv6, a Unix socket and an abstract one" {
  needs socat
  exchanged 127.0.0.1:PORT socat -t 30 - TCP4-LISTEN:PORT,bind=127.0.0.1
  exchanged '[::1]:PORT' socat -t 30 - 'TCP6-LISTEN:PORT,bind=[::1]'
  exchanged unix:s socat -t 30 - UNIX-LISTEN:s
  exchanged "unix:@tcpkit-test-$$" socat -t 30 - "ABSTRACT-LISTEN:tcpkit-test-$$"
}

@test "socat: its echo returns what connect sent" {
  needs socat
  local free
  free=$("$SUPPORT/free_port")
  start_cmd server socat -t 30 "TCP4-LISTEN:$free,bind=127.0.0.1" EXEC:cat
  start_fed client "$UP" connect "127.0.0.1:$free" --retry 100 --retry-delay 50ms
  ends client server
  cmp "$UP" client.out
}

# Reads its stdin to the end, writes received data to stdout, and ends when its connection does.
node_script='
const net = require("net");
const [how, host, port] = process.argv.slice(1);
const at = host.includes("/") ? {path: host} : {host, port: Number(port)};
const pump = (socket) => { process.stdin.pipe(socket); socket.pipe(process.stdout); };
if (how === "connect") pump(net.connect({...at, allowHalfOpen: true}));
else net.createServer({allowHalfOpen: true}, function (socket) { this.close(); pump(socket); }).listen(at);'

@test "node: connects and listens, over IPv4, IPv6 and a Unix socket" {
  local node=${TCPKIT_NODE:-$(command -v node || true)}
  [ -n "$node" ] || skip "needs node"
  served 127.0.0.1 "$node" -e "$node_script" connect 127.0.0.1 PORT
  served ::1 "$node" -e "$node_script" connect ::1 PORT
  served "unix:$PWD/s" "$node" -e "$node_script" connect HOST
  exchanged 127.0.0.1:PORT "$node" -e "$node_script" listen 127.0.0.1 PORT
  exchanged '[::1]:PORT' "$node" -e "$node_script" listen ::1 PORT
  exchanged "unix:$PWD/s" "$node" -e "$node_script" listen "$PWD/s"
}

response() { # response BYTES   an HTTP/1.0 response with that much of DOWN
  printf 'HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n'
  head -c "$1" "$DOWN"
}

@test "curl: fetches a page that listen serves from its stdin" {
  needs curl
  response 2000003 >page
  local at
  for at in 127.0.0.1:0 '[::1]:0' unix:s; do
    start_fed server page listen "$at" --port-file "$PWD/server.port"
    LIMIT=20 until_true "the port" test -s server.port
    case $at in
      unix:*) start_cmd client curl -sS --max-time 60 --unix-socket s http://localhost/ ;;
      *) start_cmd client curl -sS --max-time 60 "http://${at%:0}:$(cat server.port)/" ;;
    esac
    ends client server
    cmp "$DOWN" client.out
    run -0 head -n 1 server.out
    assert_output $'GET / HTTP/1.1\r'
    rm server.port
  done
}

@test "curl: fetches a page out of a pipe, and one of --send" {
  needs curl
  start_cmd server bash -o pipefail -c 'printf "HTTP/1.0 200 OK\r\n\r\nout of a pipe" | "$@"' - \
    "$TCPKIT" listen 127.0.0.1:0 --port-file "$PWD/server.port"
  start_cmd client curl -sS --max-time 60 "http://127.0.0.1:$(port_of server)/"
  ends client server
  run -0 cat client.out
  assert_output 'out of a pipe'
  start server listen 127.0.0.1:0 --port-file "$PWD/server.port" --send 'HTTP/1.0 200 OK\r\n\r\nof --send'
  start_cmd client curl -sS --max-time 60 "http://127.0.0.1:$(port_of server)/"
  ends client server
  run -0 cat client.out
  assert_output 'of --send'
}

@test "curl: many fetch the same page of listen -k --send" {
  needs curl
  local n
  start server listen -k 127.0.0.1:0 --port-file "$PWD/server.port" --send-only \
    --send 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello'
  port=$(port_of server)
  for n in 1 2 3 4 5 6 7 8; do
    start_cmd "client$n" curl -sS --max-time 60 "http://127.0.0.1:$port/$n"
  done
  for n in 1 2 3 4 5 6 7 8; do
    ends "client$n"
    run -0 cat "client$n.out"
    assert_output hello
  done
}

@test "curl: posts to listen, in both directions at once" {
  needs curl
  response 2000003 >page
  start_fed server page listen 127.0.0.1:0 --port-file "$PWD/server.port" --recv-buffer 64k
  start_cmd client curl -sS --max-time 60 --http1.0 -H Expect: --data-binary "@$DOWN" -o /dev/null -w '%{http_code}' \
    "http://127.0.0.1:$(port_of server)/"
  run -0 status_of client 60
  run -0 cat client.out
  assert_output 200
  run -0 status_of server 60
}

@test "nginx: connect fetches what curl fetches" {
  needs nginx
  needs curl
  local free
  free=$("$SUPPORT/free_port")
  mkdir root logs
  cp "$DOWN" root/page
  chmod -R a+rX "$BATS_TEST_TMPDIR" root
  cat >nginx.conf <<CONF
daemon off; master_process off; worker_processes 1; pid $PWD/nginx.pid_file; error_log $PWD/nginx.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path $PWD/logs; proxy_temp_path $PWD/logs; fastcgi_temp_path $PWD/logs;
  uwsgi_temp_path $PWD/logs; scgi_temp_path $PWD/logs;
  server { listen 127.0.0.1:$free; listen [::1]:$free; listen unix:$PWD/s; root $PWD/root; }
}
CONF
  start_cmd nginx nginx -p "$PWD" -c "$PWD/nginx.conf"
  LIMIT=20 until_true "nginx" curl -sf -o curl.out "http://127.0.0.1:$free/page"
  printf 'GET /page HTTP/1.0\r\nHost: localhost\r\n\r\n' >request
  local at
  # nginx abandons a long answer when the client's FIN arrives.
  for at in "127.0.0.1:$free" "[::1]:$free" "unix:$PWD/s"; do
    start_fed client request connect "$at" --no-shutdown
    ends client
    # A line with only a CR ends the head.
    cmp <(sed '1,/^\r$/d' client.out) curl.out
  done
  printf 'GET /page HTTP/1.0\nHost: localhost\n\n' >request
  start_fed client request connect "localhost:$free" --no-shutdown --crlf --trace=json --trace-file client.trace
  ends client
  cmp <(sed '1,/^\r$/d' client.out) curl.out
  check_trace client.trace
  stop nginx
  run -0 status_of nginx
}
