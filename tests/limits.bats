#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # the scripts in single quotes expand elsewhere
# Many connections, one after another and at once, and more than there are descriptors for.

load helpers/tcpkit

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export LONG=60 # seconds, for something that takes one second on an idle machine
}

teardown() {
  stop_all
}

# Opens COUNT connections to PORT, prints `open`, and waits for a line on the FIFO go. Then it sends a
# line on each connection, reads it back and closes the connection; at the end it prints `done`.
crowd='
port=$1 count=$2
ulimit -S -n "$(ulimit -H -n)"
for ((n = 0; n < count; n++)); do exec {fd[n]}<>"/dev/tcp/127.0.0.1/$port" || exit 1; done
echo open
read -r _ <go
for ((n = 0; n < count; n++)); do
  echo "line $n" >&"${fd[n]}"
  read -r back <&"${fd[n]}"
  [ "$back" = "line $n" ] || { echo "$n: $back"; exit 1; }
  exec {fd[n]}>&-
done
echo done'

few_descriptors() { # few_descriptors NAME COUNT ARG...   sets port
  [ -n "${TCPKIT_RELEASE-}" ] || skip "needs TCPKIT_RELEASE: sanitizers need descriptors of their own"
  launch "$1" /dev/null bash -c 'ulimit -n "$0"; exec "$@"' "$2" "$TCPKIT_RELEASE" "${@:3}" --port-file "$PWD/$1.port"
  port=$(port_of "$1")
}

descriptors() { # descriptors NAME
  local open
  open=(/proc/"$(pid_of "$1")"/fd/*)
  echo "${#open[@]}"
}

has_descriptors() { # has_descriptors NAME COUNT
  [ "$(descriptors "$1")" -eq "$2" ]
}

resident() { # resident NAME   KiB
  sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(pid_of "$1")/status"
}

cpu_ticks() { # cpu_ticks NAME   prints the processor time that it has used, in 1/100 s
  local stat
  read -r stat <"/proc/$(pid_of "$1")/stat"
  stat=${stat##*) }
  # shellcheck disable=SC2086 # words
  set -- $stat
  echo $((${12} + ${13}))
}

ends() { # ends NAME [STATUS]
  run -0 status_of "$1" "$LONG"
  assert_output "${2:-0}"
}

@test "echo without descriptors: clients wait, one line reports it, nothing spins" {
  few_descriptors echo 24 echo 127.0.0.1:0
  mkfifo go
  start_cmd crowd bash -c "$crowd" - "$port" 60
  wait_for crowd.out '^open' "$LONG"
  wait_for echo.err 'cannot accept: too many open files' "$LONG"
  local before
  before=$(cpu_ticks echo)
  sleep 1 # the time over which the processor's use is measured
  (($(cpu_ticks echo) - before < 50))
  echo >go
  ends crowd
  run -0 tail -n 1 crowd.out
  assert_output 'done'
  run -0 grep -c 'cannot accept' echo.err
  assert_output 1
  stop echo
  ends echo 143
}

@test "listen -k without descriptors: a waiting client is served when another one leaves" {
  few_descriptors server 16 listen -k 127.0.0.1:0 --send 'hello\n'
  local n fd held=()
  for ((n = 0; n < 30; n++)); do
    exec {fd}<>"/dev/tcp/127.0.0.1/$port"
    held+=("$fd")
  done
  wait_for server.err 'cannot accept: too many open files' "$LONG"
  # Each is greeted once the one before it has left.
  for fd in "${held[@]}"; do
    run -0 timeout "$LONG" head -n 1 <&"$fd"
    assert_output hello
    echo here >&"$fd"
    exec {fd}>&-
  done
  LIMIT=$LONG until_true "what they sent" has_lines server.out 30
  run -0 grep -c 'cannot accept' server.err
  assert_output 1
}

has_lines() { # has_lines FILE COUNT
  [ "$(wc -l <"$1")" -eq "$2" ]
}

@test "echo: a thousand connections at once" {
  (($(ulimit -H -n) > 2100)) || skip "needs 2100 descriptors"
  start echo echo 127.0.0.1:0 --port-file "$PWD/echo.port"
  port=$(port_of echo)
  local before
  before=$(descriptors echo)
  mkfifo go
  start_cmd crowd bash -c "$crowd" - "$port" 1000
  wait_for crowd.out '^open' "$LONG"
  LIMIT=$LONG until_true "1000 connections" has_descriptors echo $((before + 1000))
  echo >go
  ends crowd
  run -0 tail -n 1 crowd.out
  assert_output 'done'
  LIMIT=$LONG until_true "their end" has_descriptors echo "$before"
  stop echo
  ends echo 143
}

# COUNT connections, one after another.
short='
for ((n = 0; n < $2; n++)); do
  exec 9<>"/dev/tcp/127.0.0.1/$1" || exit 1
  echo "line $n" >&9
  read -r back <&9
  [ "$back" = "line $n" ] || exit 2
  exec 9>&-
done'

@test "echo: two thousand short connections leak neither descriptors nor memory" {
  TCPKIT=${TCPKIT_RELEASE:-$TCPKIT}
  start echo echo 127.0.0.1:0 --port-file "$PWD/echo.port"
  port=$(port_of echo)
  local descriptors memory
  start_cmd first bash -c "$short" - "$port" 200
  ends first
  descriptors=$(descriptors echo)
  memory=$(resident echo)
  start_cmd rest bash -c "$short" - "$port" 1800
  ends rest
  LIMIT=$LONG until_true "as many descriptors as before" has_descriptors echo "$descriptors"
  # Sanitizers keep freed memory for a while.
  [ -z "${TCPKIT_RELEASE-}" ] || (($(resident echo) - memory < 1024))
  stop echo
  ends echo 143
}

@test "listen -k: two thousand clients that reset or leave do not leak anything" {
  TCPKIT=${TCPKIT_RELEASE:-$TCPKIT}
  start server listen -k 127.0.0.1:0 --port-file "$PWD/server.port" --send hello --trace=json --trace-file server.trace
  port=$(port_of server)
  local before
  before=$(descriptors server)
  # Closing with an unread greeting sends a RST.
  start_cmd crowd bash -c 'for ((n = 0; n < 2000; n++)); do
    exec 9<>"/dev/tcp/127.0.0.1/$1" || exit 1
    ((n % 2)) || read -rN 5 _ <&9
    exec 9>&-
  done' - "$port"
  ends crowd
  LIMIT=$LONG until_true "2000 connections" closed_in server.trace 2000
  LIMIT=$LONG until_true "as many descriptors as before" has_descriptors server "$before"
  stop server
  ends server 143
  check_trace server.trace
}

closed_in() { # closed_in TRACE COUNT
  [ "$(grep -c '"role":"server".*"event":"close"' "$1")" -eq "$2" ]
}

@test "--backlog is passed to the kernel" {
  start server listen 127.0.0.1:0 --port-file "$PWD/server.port" --backlog 7
  start other listen -k 127.0.0.1:0 --port-file "$PWD/other.port"
  run -0 ss -Hltn "sport = :$(port_of server)"
  assert_output --regexp '^LISTEN +0 +7 '
  run -0 ss -Hltn "sport = :$(port_of other)"
  assert_output --regexp '^LISTEN +0 +511 '
}

@test "a stopped server: clients that fit into the backlog are served when it resumes" {
  start echo echo 127.0.0.1:0 --port-file "$PWD/echo.port" --backlog 64
  port=$(port_of echo)
  stop echo STOP
  mkfifo go
  start_cmd crowd bash -c "$crowd" - "$port" 60
  wait_for crowd.out '^open' "$LONG"
  stop echo CONT
  echo >go
  ends crowd
  run -0 tail -n 1 crowd.out
  assert_output 'done'
}
