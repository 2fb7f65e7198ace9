#!/usr/bin/env bats
# Diagrams: of a saved trace (tcpkit diagram) and of a run (--diagram).
# shellcheck disable=SC2001,SC2016,SC2030,SC2031,SC2154

load helpers/tcpkit

setup() { cd "$BATS_TEST_TMPDIR" || return; }

teardown() { stop_all; }

# A client's trace in c.json, the server's in s.json.
trace_both() { # trace_both [ARG...]   of connect
  start s echo 127.0.0.1:0 --json --trace-file s.json --port-file s.port
  "$TCPKIT" connect "127.0.0.1:$(port_of s)" --json --trace-file c.json "$@" </dev/null >payload
  stop s
  assert_equal "$(status_of s)" 143
}

narrow() { # narrow [FILE]   no line is over 80 columns, as wc counts them
  local widest
  widest=$(LC_ALL=C.UTF-8 wc -L <"${1:-/dev/stdin}")
  [ "$widest" -le 80 ] || fail "$widest columns"
}

arrows() { # arrows FILE   prints the texts on the arrows of a ladder, prefixed with > or <, one per line
  sed -nE 's/.*[│|][─╌ -]*[─╌-] ([^─╌│|]*[^ ]) [─╌-][─╌ -]*(▶|>)[│|].*/> \1/p
    s/.*[│|](◀|<)[─╌ -]*[─╌-] ([^─╌│|]*[^ ]) [─╌-][─╌ -]*[│|].*/< \2/p' "$1" | sed -E 's/( -)+ *$//'
}

@test "a ladder of connect to a real peer: calls and events at their end, dashed arrows" {
  trace_both --send hello
  run -0 --separate-stderr "$TCPKIT" diagram c.json
  echo "$output" >ladder
  narrow ladder
  assert_regex "${lines[0]}" '^client 1 · 127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:[0-9]+$'
  assert_equal "$(arrows ladder)" $'> SYN\n< SYN,ACK\n> ACK\n> 5 bytes\n> FIN\n< 5 bytes\n< FIN'
  assert_regex "$output" 'end\(\) +│╌+ FIN ╌+▶│'
  assert_regex "$output" 'end +│◀╌+ FIN ╌+│'
  assert_output --partial 'dashed: inferred'
  refute_output --partial 'solid'
  assert_equal "$stderr" ''
}

@test "the same from stdin, without a word or with -, and from the run itself" {
  trace_both --send hello
  run -0 "$TCPKIT" diagram c.json --time none
  local ladder=$output
  run -0 bash -c '"$TCPKIT" diagram --time none <c.json'
  assert_output "$ladder"
  run -0 bash -c 'cat c.json | "$TCPKIT" diagram - --time none'
  assert_output "$ladder"

  start s echo 127.0.0.1:0 --port-file s.port
  run -0 bash -c '"$TCPKIT" connect "127.0.0.1:$0" --send hello --diagram ladder --time none </dev/null 2>&1 >payload' "$(port_of s)"
  assert_equal "$(cat payload)" hello
  assert_equal "$(sed 's/:[0-9]*/:/g' <<<"$output")" "$(sed 's/:[0-9]*/:/g' <<<"$ladder")"
}

# Draws a run while it goes on and saves its trace, and then draws that: the same bytes. Around them
# are the payload and what a lab prints.
same_live_and_saved() { # same_live_and_saved FORM DATA COMMAND [ARG...]
  "$TCPKIT" "${@:3}" --data "$2" --json --trace-file live.json --diagram "$1" >live 2>&1 </dev/null || true
  run -0 "$TCPKIT" diagram live.json --diagram "$1"
  [ -n "$output" ] || fail "$*: nothing is drawn"
  [[ $(cat live) == *"$output"* ]] || fail "$*:"$'\n'"$(diff live <(echo "$output"))"
}

@test "a run and its saved trace give the same diagram, byte for byte" {
  local form data lab
  start server echo 127.0.0.1:0 --port-file server.port
  for form in ladder mermaid svg; do
    for data in none text hex; do
      same_live_and_saved "$form" "$data" connect "127.0.0.1:$(port_of server)" --send $'h\xc3\xa9llo\n\x1b[31m'
      same_live_and_saved "$form" "$data" connect "127.0.0.1:$(port_of server)" --send $'\xff\xfe' --linger 0
    done
    same_live_and_saved "$form" none half-close "127.0.0.1:$(port_of server)" --send hello
    same_live_and_saved "$form" none reset "127.0.0.1:$(port_of server)"
    same_live_and_saved "$form" none connect no-such-host.invalid:1
    same_live_and_saved "$form" text lab lifecycle
  done
  for lab in reset-vs-destroy happy-eyeballs blocklist max-connections unix-socket http-server; do
    same_live_and_saved ladder text lab "$lab"
  done
}

@test "both ends of two programs in one file: one ladder, each segment once, in order" {
  trace_both --send hello
  cat s.json c.json >both.json
  run -0 "$TCPKIT" diagram both.json
  echo "$output" >ladder
  narrow ladder
  assert_regex "${lines[0]}" '^client 1 and server 1 · 127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:[0-9]+$'
  assert_equal "$(grep -c '·' ladder)" 1
  assert_equal "$(arrows ladder | sort)" "$(printf '%s\n' '> SYN' '< SYN,ACK' '> ACK' '> 5 bytes' '> FIN' '< 5 bytes' '< FIN' | sort)"
  # Text that does not fit continues in the next line: nothing is cut.
  assert_regex "$output" '│ listening'$'\n'' +│ +│ 127\.0\.0\.1:[0-9]+'$'\n'
  assert_regex "$output" 'connectionAttempt'' +│'
  refute_output --partial '…'
  assert_regex "$output" '│ close'
}

@test "a half-close: the diagram contains the notes, and the trace is not printed" {
  start s half-close --listen 127.0.0.1:0 --send world --diagram ladder --port-file s.port
  run -0 "$TCPKIT" half-close "127.0.0.1:$(port_of s)" --send hello --diagram ladder
  echo "$output" >ladder
  assert_equal "$(status_of s)" 0
  narrow ladder
  narrow s.out
  assert_equal "$(arrows ladder)" $'> SYN\n< SYN,ACK\n> ACK\n> 5 bytes\n> FIN\n< 5 bytes\n< FIN'
  assert_output --partial '── step 1 of 4: the client sends its FIN'
  assert_output --partial 'the client ended first'
  refute_output --partial 'our FIN follows'
  assert_equal "$(arrows s.out | grep -c FIN)" 2
  run -0 cat s.out
  assert_line --regexp '^server 1 · '
  assert_line --regexp '│ listening '
}

@test "a reset is an arrow of its own, in both directions" {
  # The received data shows that the connection was accepted before its reset.
  start s listen 127.0.0.1:0 --send x --no-shutdown --diagram ladder --port-file s.port
  run -0 "$TCPKIT" reset "127.0.0.1:$(port_of s)" --send hello --after data --diagram ladder
  echo "$output" >ladder
  assert_equal "$(arrows ladder | tail -n 1)" '> RST'
  assert_equal "$(status_of s)" 6
  assert_equal "$(arrows s.err | tail -n 1)" '> RST'
  grep -qE 'ECONNRESET' s.err
}

@test "a refused connection" {
  run -4 bash -c '"$TCPKIT" connect 127.0.0.1:1 --diagram ladder 2>&1'
  echo "$output" >ladder
  assert_equal "$(arrows ladder)" $'> SYN\n< RST'
  assert_regex "$output" 'client 1 · 127\.0\.0\.1:1'
}

@test "ASCII if the locale is not UTF-8" {
  trace_both --send hello
  LC_ALL=C run -0 "$TCPKIT" diagram c.json
  echo "$output" >ladder
  run -1 env LC_ALL=C grep -P '[^\x00-\x7f]' ladder
  narrow ladder
  assert_equal "$(arrows ladder | head -n 2)" $'> SYN\n< SYN,ACK'
  assert_equal "$(head -n 1 ladder | cut -c 1-20)" 'client 1, 127.0.0.1:'
}

@test "colour only if requested" {
  trace_both
  run -0 "$TCPKIT" diagram c.json --color always
  assert_output --partial $'\e[36mconnect()'
  run -0 "$TCPKIT" diagram c.json
  refute_output --partial $'\e'
}

@test "times: since the start, since the row before, of the day, none" {
  trace_both
  run -0 "$TCPKIT" diagram c.json --time delta
  assert_output --regexp '\+[0-9]+\.[0-9]{3}  connect\(\)'
  TZ=UTC run -0 "$TCPKIT" diagram c.json --time wall
  assert_output --partial "$(jq -r 'select(.seq == 2) | .time[11:26]' c.json)  connect()"
  run -0 "$TCPKIT" diagram c.json --time none
  assert_line --regexp '^connect\(\)'
}

@test "captured segments are solid arrows, and no others are inferred" {
  cat >wire.json <<'END'
{"v":1,"seq":1,"t":0.001,"layer":"call","role":"client","conn":1,"event":"connect","host":"10.0.0.2","port":80}
{"v":1,"seq":2,"t":0.002,"layer":"event","role":"client","conn":1,"event":"connectionAttempt","ip":"10.0.0.2","port":80,"family":"IPv4","readyState":"opening"}
{"v":1,"seq":3,"t":0.003,"layer":"wire","role":"client","conn":1,"event":"segment","src":"10.0.0.1:4000","dst":"10.0.0.2:80","flags":["SYN"],"tcpSeq":0,"tcpAck":0,"len":0,"win":64240,"options":["mss 1460"],"label":null}
{"v":1,"seq":4,"t":0.004,"layer":"wire","role":"client","conn":1,"event":"segment","src":"10.0.0.2:80","dst":"10.0.0.1:4000","flags":["SYN","ACK"],"tcpSeq":0,"tcpAck":1,"len":0,"win":64240}
{"v":1,"seq":5,"t":0.005,"layer":"event","role":"client","conn":1,"event":"connect","localAddress":"10.0.0.1","localPort":4000,"remoteAddress":"10.0.0.2","remotePort":80,"readyState":"open"}
{"v":1,"seq":6,"t":0.005,"layer":"kernel","role":"client","conn":1,"event":"state","from":"SYN_SENT","to":"ESTABLISHED"}
{"v":1,"seq":7,"t":0.006,"layer":"wire","role":"client","conn":1,"event":"segment","src":"10.0.0.2:80","dst":"10.0.0.1:4000","flags":["RST"],"tcpSeq":1,"len":0,"label":"made up"}
{"v":1,"seq":8,"t":0.007,"layer":"kernel","role":"client","conn":1,"event":"state","from":"ESTABLISHED","to":"CLOSED","inferred":true}
END
  run -0 "$TCPKIT" diagram wire.json
  echo "$output" >ladder
  assert_equal "$(arrows ladder)" $'> SYN seq 0\n< SYN,ACK seq 0 ack 1\n< RST seq 1 (made up)'
  assert_output --partial 'solid: a captured segment'
  refute_output --partial 'dashed'
  assert_output --partial '[ESTABLISHED] │'
  assert_output --partial '[~CLOSED] │'
  assert_output --partial '~     a state that was inferred'
}

@test "several connections: one ladder after another, the listener in its own" {
  start s echo 127.0.0.1:0 --diagram ladder --port-file s.port
  "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send a </dev/null
  "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send b </dev/null
  stop s INT
  assert_equal "$(status_of s)" 130
  assert_equal "$(grep -E '^(listener|server [0-9] ·)' s.out | sed 's/ ·.*//')" $'listener\nserver 1\nserver 2'
  assert_equal "$(grep -c 'listening' s.out)" 1
  narrow s.out
}

@test "--diagram after Ctrl-C: drawn after the last close" {
  start_cmd peer "$SUPPORT/peer" hold
  start s echo 127.0.0.1:0 --diagram ladder --port-file s.port
  mkfifo in
  exec 9<>in
  start_fed c in connect "127.0.0.1:$(port_of s)" --send hello --diagram ladder
  wait_for c.out hello
  stop s INT
  assert_equal "$(status_of s)" 130
  assert_equal "$(arrows s.out)" $'> SYN\n< SYN,ACK\n> ACK\n> 5 bytes\n< 5 bytes\n< FIN\n> FIN'
  run -0 grep -c '│ close$' s.out # the connection's and the listener's
  assert_output 2
  exec 9>&-
  status_of c
}

@test "--diagram replaces the trace; an explicit trace is printed as well" {
  start s echo 127.0.0.1:0 --port-file s.port
  "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send a --diagram svg --trace-file a.svg </dev/null 2>err
  [ ! -s err ]
  assert_equal "$(head -c 4 a.svg)" '<svg'
  "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send a --diagram ladder --json --trace-file a.json </dev/null 2>err
  check_trace a.json
  assert_equal "$(arrows err | head -n 1)" '> SYN'
  "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send a --diagram ladder --trace </dev/null 2>err
  run -0 grep -nE 'our FIN follows|^client 1 · ' err
  assert_line --index 0 --partial 'our FIN follows'
  assert_line --index 1 --partial 'client 1'
  "$TCPKIT" connect "127.0.0.1:$(port_of s)" --send a --diagram ladder --quiet </dev/null 2>err
  [ ! -s err ]
  run -2 "$TCPKIT" connect 127.0.0.1:1 --diagram ladder --json
  assert_equal "$(jq -r .event <<<"$output")" $'run\nmessage\nexit'
  run -2 "$TCPKIT" connect 127.0.0.1:1 --diagram ladder --explain
  assert_output --partial 'add --trace'
  run -2 "$TCPKIT" connect 127.0.0.1:1 --diagram picture
  assert_output --partial "'picture' is not one of ladder, mermaid, svg"
}

@test "payload is shown if the trace has it, and never acts on the terminal" {
  trace_both --send '\e[31mred;#"<b>%%\n' --data text
  run -0 "$TCPKIT" diagram c.json
  refute_output --partial $'\e'
  assert_output --partial 'write() 17 bytes "\x1b[31mr'
}

@test "Unix domain sockets have no segments" {
  start s echo unix:sock --json --trace-file s.json
  until_true sock test -S sock
  "$TCPKIT" connect unix:sock --send hello --json --trace-file c.json </dev/null
  stop s
  status_of s
  cat c.json s.json >both.json
  run -0 "$TCPKIT" diagram both.json
  echo "$output" >ladder
  # Each program reports when it noticed something; with two programs, that determines the order.
  assert_equal "$(arrows ladder | sort)" $'< 5 bytes\n< end\n> 5 bytes\n> connect\n> end'
  assert_line --regexp '^client 1 and server 1 · sock$'
}

@test "destroy() with --linger 0 is a RST" {
  start s echo 127.0.0.1:0 --port-file s.port
  run -0 --separate-stderr "$TCPKIT" reset "127.0.0.1:$(port_of s)" --method linger --json
  printf '%s\n' "$output" >linger.json
  run -0 jq -c 'select(.event == "destroy") | [.unread, .reset]' linger.json
  assert_output '[false,true]'
  run -0 "$TCPKIT" diagram linger.json
  assert_line --regexp 'destroy\(\) SO_LINGER 0 .* RST '
  run -0 "$TCPKIT" diagram --summary linger.json
  assert_line --regexp '^client 1 .* ok +client +RST '
}

@test "--summary: a line per connection" {
  trace_both --send hello
  cat c.json s.json >both.json
  run -0 "$TCPKIT" diagram --summary both.json
  assert_equal "${#lines[@]}" 3
  assert_regex "${lines[0]}" '^connection +duration/ms +sent +received +rtt/ms +retransmits +outcome +ended first +by +addresses$'
  assert_regex "${lines[1]}" '^client 1 +[0-9.]+ +5 +5 +[0-9.]+ +0 +ok +client +FIN +127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:[0-9]+$'
  assert_regex "${lines[2]}" '^server 1 +[0-9.]+ +5 +5 +[0-9.]+ +0 +ok +client +FIN +127\.0\.0\.1:[0-9]+ -> '
  run -2 "$TCPKIT" diagram --summary --diagram svg both.json
  assert_output 'tcpkit diagram: --summary draws nothing; leave out --diagram'
}

@test "--summary: a note about a connection without events does not make a line" {
  printf '%s\n' '{"v":1,"t":0.1,"layer":"note","role":"client","conn":1,"event":"step","text":"x"}' \
    '{"v":1,"t":0.2,"layer":"event","role":"client","conn":2,"event":"ready","readyState":"open"}' >notes.json
  run -0 "$TCPKIT" diagram --summary notes.json
  assert_equal "${#lines[@]}" 2
  assert_line --index 1 --regexp '^client 2 '
}

@test "--summary of a trace without summaries reports the same end" {
  start s listen 127.0.0.1:0 --send x --no-shutdown --json --trace-file s.json --port-file s.port
  "$TCPKIT" reset "127.0.0.1:$(port_of s)" --after data --json >r.json
  status_of s
  mv s.json l.json
  trace_both --send hello
  local file without
  for file in r l s c; do
    jq -c 'select(.event != "summary")' $file.json >bare.json
    run -0 "$TCPKIT" diagram --summary --json $file.json
    run -0 jq -c '[.role, .conn, .event, .outcome, .code, .endedFirst, .endedBy, .bytesRead, .bytesWritten]' <<<"$output"
    without=$(jq -c "$(printf '%s' '[.role, .conn, .event, .outcome, .code, .endedFirst, .endedBy, .bytesRead, .bytesWritten]')" \
      < <("$TCPKIT" diagram --summary --json bare.json))
    assert_equal "$file $without" "$file $output"
  done
  # The values of the trace are passed on unchanged.
  run -0 jq -c 'select(.event == "summary") | del(.seq, .t, .time)' c.json
  assert_equal "$("$TCPKIT" diagram --summary --json c.json | jq -c 'del(.seq, .t, .time)')" "$output"
  run -2 "$TCPKIT" diagram --json c.json
  assert_output 'tcpkit diagram: --json is for summaries; add --summary'
}

@test "--summary reports a reset, whichever end was closing" {
  # Our end() came after the RST had arrived: the FIN is reported, but which end was first is unknown.
  cat >reset.json <<'END'
{"v":1,"seq":1,"t":0.1,"layer":"call","role":"client","conn":1,"event":"connect","host":"127.0.0.1","port":1}
{"v":1,"seq":2,"t":0.2,"layer":"event","role":"client","conn":1,"event":"connect","localAddress":"127.0.0.1","localPort":4000,"localFamily":"IPv4","remoteAddress":"127.0.0.1","remotePort":1,"remoteFamily":"IPv4","readyState":"open"}
{"v":1,"seq":3,"t":0.3,"layer":"event","role":"client","conn":1,"event":"finish","bytesWritten":0,"readyState":"readOnly"}
{"v":1,"seq":4,"t":0.4,"layer":"event","role":"client","conn":1,"event":"error","error":{"name":"Error","code":"ECONNRESET","errno":-104,"syscall":"read","message":"read ECONNRESET"},"readyState":"closed"}
{"v":1,"seq":5,"t":0.5,"layer":"event","role":"client","conn":1,"event":"close","hadError":true,"bytesRead":0,"bytesWritten":0,"readyState":"closed"}
END
  run -0 "$TCPKIT" diagram --summary reset.json
  assert_line --regexp '^client 1 .* reset +- +RST '
  # With the segments it is known.
  { sed -n 1,3p reset.json; echo '{"v":1,"seq":4,"t":0.35,"layer":"wire","role":"client","conn":1,"event":"segment","src":"127.0.0.1:1","dst":"127.0.0.1:4000","flags":["RST","ACK"],"tcpSeq":1,"tcpAck":1,"len":0,"win":0,"options":[]}'; sed -n 4,5p reset.json; } >wire.json
  run -0 "$TCPKIT" diagram --summary wire.json
  assert_line --regexp '^client 1 .* reset +server +RST '
}

@test "--summary distinguishes FIN, RST, timeout and error, and uses the kernel's figures" {
  start s listen 127.0.0.1:0 --send x --no-shutdown --json --trace-file s.json --port-file s.port
  "$TCPKIT" reset "127.0.0.1:$(port_of s)" --json --after data >r.json
  status_of s
  "$TCPKIT" connect 127.0.0.1:1 --json --trace-file f.json || true
  start_cmd peer "$SUPPORT/peer" hold
  "$TCPKIT" connect "127.0.0.1:$(port_of peer)" --timeout 0.2 --timeout-action destroy --recv-only --json --trace-file t.json || true
  cat >k.json <<'END'
{"v":1,"seq":1,"t":0.1,"layer":"call","role":"client","conn":1,"event":"connect","host":"h","port":1}
{"v":1,"seq":2,"t":0.2,"layer":"kernel","role":"client","conn":1,"event":"ack","bytesAcked":5,"rttUs":1500}
{"v":1,"seq":3,"t":0.3,"layer":"kernel","role":"client","conn":1,"event":"retransmit","count":1,"segments":1}
END
  cat k.json r.json s.json f.json t.json >all.json
  run -0 "$TCPKIT" diagram --summary all.json
  assert_line --regexp '^client 1 .* ok +client +RST '
  assert_line --regexp '^server 1 .* reset +client +RST '
  assert_line --regexp '^client 1 .* refused +- +- +127\.0\.0\.1:1$'
  assert_line --regexp '^client 1 .* timeout +client +FIN '
  assert_line --regexp '^client 1 +200\.000 +0 +0 +1\.500 +1 +open +- +- +h:1$'
}

bad() { # bad TEXT EXPECTED   printf TEXT as input causes that one line and exit status 2
  # shellcheck disable=SC2059
  printf "$1" >bad.json
  local form
  for form in '--diagram ladder' --summary; do
    # shellcheck disable=SC2086
    run -2 --separate-stderr "$TCPKIT" diagram bad.json $form
    assert_equal "$output" ''
    assert_equal "$stderr" "tcpkit diagram: bad.json:$2"
  done
}

@test "input that is not a trace: one line with the number of the line, exit 2" {
  local good='{"v":1,"seq":1,"t":0,"layer":"call","role":"client","conn":1,"event":"end"}'
  bad '' '1: the trace is empty'
  bad 'hello\n' '1: not JSON at byte 1'
  bad '{"v":1,"seq"' '1: the trace ends in the midst of this record'
  bad "$good\n{\"v\":1,\"seq\"\n$good\n" '2: not JSON at byte 14'
  bad "$good\n{\"v\":1,\"seq\n$good\n" '2: not JSON at byte 12'
  bad '\n\n' '1: the trace is empty'
  bad "$good $good" '1: not JSON at byte 77'
  bad '[1]' "1: a JSON array; give its records one after another, e.g. with jq -c '.[]'"
  bad '7' '1: not a JSON object'
  bad '{}' "1: no 'v': not a record of tcpkit"
  bad '{"v":2}' "1: 'v' is 2; this tcpkit reads version 1"
  bad '{"v":"1"}' "1: 'v' is of the wrong type"
  bad '{"v":1,"t":0,"event":"end"}' "1: no 'layer'"
  bad '{"v":1,"t":0,"layer":"call"}' "1: no 'event'"
  bad '{"v":1,"t":0,"layer":["call"],"event":"end"}' "1: 'layer' is of the wrong type"
  bad '{"v":1,"t":-1,"layer":"call","event":"end"}' "1: 't' is out of range"
  bad '{"v":1,"t":0,"layer":"call","event":"end","port":"80"}' "1: 'port' is of the wrong type"
  bad '{"v":1,"t":0,"layer":"call","event":"end","error":"x"}' "1: 'error' is of the wrong type"
  bad '{"v":1,"t":0,"layer":"call","event":"end","conn":-1}' "1: 'conn' is out of range"
  bad '{"v":1,"t":0,"time":"now","layer":"call","event":"end"}' "1: 'time' is no time of the form 2026-02-01T08:00:00.000412Z"
  bad '{"v":1,"t":0,"layer":"call","event":"\\377"}' '1: not JSON at byte 39'
}

@test "blank lines, CRLF, a byte order mark and jq's layout change nothing" {
  start server echo 127.0.0.1:0 --port-file server.port
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of server)" --send hi --json --trace-file good.json
  local form
  for form in '--diagram ladder' --summary; do
    # shellcheck disable=SC2086
    "$TCPKIT" diagram good.json $form >expected
    for edit in 's/$/\n/' 's/$/\r/' '1s/^/\xef\xbb\xbf/' '$s/\n$//'; do
      sed "$edit" good.json >edited.json
      # shellcheck disable=SC2086
      run -0 "$TCPKIT" diagram edited.json $form
      assert_output "$(cat expected)"
    done
    for layout in . '--tab .' '--indent 7 .' '-S .'; do
      # shellcheck disable=SC2086
      jq $layout good.json >edited.json
      # shellcheck disable=SC2086
      run -0 "$TCPKIT" diagram edited.json $form
      assert_output "$(cat expected)"
    done
  done
}

@test "a trace that ends in the middle of its last record: everything before it is drawn, exit 1" {
  start server echo 127.0.0.1:0 --port-file server.port
  run -0 "$TCPKIT" connect "127.0.0.1:$(port_of server)" --send hi --json --trace-file good.json
  local form count
  count=$(wc -l <good.json)
  for form in '--diagram ladder' --summary; do
    # shellcheck disable=SC2086
    "$TCPKIT" diagram $form >expected < <(sed '$d' good.json)
    head -c -9 good.json >cut.json
    # shellcheck disable=SC2086
    run -1 --separate-stderr "$TCPKIT" diagram cut.json $form
    assert_output "$(cat expected)"
    assert_equal "$stderr" "tcpkit diagram: cut.json:$count: the trace ends in the midst of this record"
    jq . good.json | head -n -2 >cut.json
    # shellcheck disable=SC2086
    run -1 --separate-stderr "$TCPKIT" diagram cut.json $form
    assert_output "$(cat expected)"
    assert_regex "$stderr" '^tcpkit diagram: cut.json:[0-9]+: the trace ends in the midst of this record$'
  done
}

@test "hostile nesting, lines and bytes: one line, exit 2, no crash" {
  # shellcheck disable=SC2183
  printf '{"v":1,"x":%0100000d\n' 0 | tr 0 '[' >deep.json
  run -2 "$TCPKIT" diagram deep.json
  assert_output 'tcpkit diagram: deep.json:1: nested too deeply'
  run -2 bash -c '(printf "{\"v\":\""; head -c 20000000 /dev/zero | tr "\0" a) | "$TCPKIT" diagram'
  assert_output 'tcpkit diagram: stdin:1: the record is over 16777216 bytes'
  run -2 bash -c 'head -c 100000 /dev/urandom | "$TCPKIT" diagram -'
  assert_equal "${#lines[@]}" 1
  run -1 "$TCPKIT" diagram no/such
  assert_output 'tcpkit diagram: cannot open no/such: No such file or directory'
  run -1 "$TCPKIT" diagram .
  assert_output 'tcpkit diagram: cannot read .: illegal operation on a directory'
}

@test "records of a later tcpkit are skipped or drawn by their name" {
  printf '%s\n' '{"v":1,"t":0,"layer":"dream","event":"x"}' \
    '{"v":1,"t":0,"layer":"event","role":"client","conn":1,"event":"yawn","port":null,"z":{"a":[{}]}}' \
    '{"v":1,"t":0,"layer":"kernel","role":"client","conn":1,"event":"sigh"}' >new.json
  run -0 "$TCPKIT" diagram new.json
  assert_output --partial yawn
  assert_output --partial sigh
  refute_output --partial dream
}

# A trace with everything that is hostile to a picture.
hostile() {
  cat >hostile.json <<'END'
{"v":1,"seq":1,"t":0,"layer":"call","role":"client","actor":"wrap: a;#35;\"<b>&\n%%{init}%%","conn":1,"event":"connect","host":"</text><script>;\n\u001b]0;x\u0007","port":80}
{"v":1,"seq":2,"t":0.1,"layer":"event","role":"client","actor":"wrap: a;#35;\"<b>&\n%%{init}%%","conn":1,"event":"connect","localAddress":"1;2","localPort":1,"remoteAddress":"`$$x$$`","remotePort":2}
{"v":1,"seq":3,"t":0.2,"layer":"call","role":"client","actor":"wrap: a;#35;\"<b>&\n%%{init}%%","conn":1,"event":"write","bytes":9,"text":"end\nNote left of C1: x\n-->>S1: y;\\n#\u202e\u0000日本語é"}
{"v":1,"seq":4,"t":0.3,"layer":"event","role":"client","actor":"wrap: a;#35;\"<b>&\n%%{init}%%","conn":1,"event":"wrap: end","hex":"00"}
{"v":1,"seq":5,"t":0.4,"layer":"note","event":"message","text":"]]><!-- \u0001 -->\nparticipant X\r;end;# & ' \" 日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語"}
{"v":1,"seq":6,"t":0.5,"layer":"wire","role":"client","actor":"wrap: a;#35;\"<b>&\n%%{init}%%","conn":1,"event":"segment","src":"1;2","dst":"x","flags":[";","<x>","#"],"label":"-->>S1: ;"}
{"v":1,"seq":7,"t":0.6,"layer":"kernel","role":"server","actor":"box","conn":1,"event":"state","to":"a]:;{}|~"}
END
}

@test "if a ladder has no room for a segment's text, the label remains" {
  cat >tight.json <<'END'
{"v":1,"seq":1,"t":0.1,"layer":"event","role":"client","conn":1,"event":"connectionAttemptTimeout","readyState":"opening","ip":"127.0.0.1","port":5000}
{"v":1,"t":0.2,"layer":"wire","event":"segment","role":"client","conn":1,"src":"127.0.0.1:1","dst":"127.0.0.1:5000","flags":["PSH","ACK"],"tcpSeq":4294967295,"tcpAck":4294967295,"len":65535,"win":1,"label":"retransmission"}
{"v":1,"t":0.3,"layer":"wire","event":"segment","role":"client","conn":1,"src":"127.0.0.1:5000","dst":"127.0.0.1:1","flags":["ACK"],"tcpSeq":4294967290,"tcpAck":4294967295,"len":0,"win":0,"label":"zero-window"}
END
  run -0 "$TCPKIT" diagram tight.json
  echo "$output" >ladder
  narrow ladder
  assert_line --partial '… (retransmission) '
  assert_line --partial ' ACK ack 4294967295 (zero-window) '
  assert_line --partial 'connectionAttemptTimeout '
}

@test "SVG: the longest text of a segment is complete and fits between the lifelines" {
  cat >long.json <<'END'
{"v":1,"t":1.5,"layer":"wire","event":"segment","role":"client","conn":1,"src":"127.0.0.1:1","dst":"127.0.0.1:2","flags":["PSH","ACK"],"tcpSeq":4294967295,"tcpAck":4294967295,"len":65535,"win":1,"label":"retransmission"}
END
  "$TCPKIT" diagram long.json --diagram svg >long.svg
  text=$(sed -n 's/.*>\(PSH,ACK .*\)<.*/\1/p' long.svg)
  assert_equal "$text" 'PSH,ACK seq 4294967295 ack 4294967295 len 65535 (retransmission)'
  # A letter is 7.3 pixels wide.
  run -0 awk -v need=$((${#text} * 73 / 10)) -F 'x1="' '/class="life"/ { x[++n] = $2 + 0 } END { exit x[2] - x[1] < need }' long.svg
}

@test "a hostile trace: 80 columns, no control character, XML that is well-formed" {
  hostile
  local locale
  for locale in C.UTF-8 C; do
    LC_ALL=$locale "$TCPKIT" diagram hostile.json >ladder
    narrow ladder
    run -1 env LC_ALL=C grep -anP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' ladder
  done
  "$TCPKIT" diagram hostile.json --diagram svg >hostile.svg
  run -1 env LC_ALL=C grep -anP '[\x00-\x09\x0b-\x1f\x7f]' hostile.svg
  run -1 grep -i '<script' hostile.svg
  command -v xmllint >/dev/null || skip "needs xmllint"
  run -0 xmllint --noout hostile.svg
  assert_output ''
}

# A few traces of each kind, in *.json.
make_traces() {
  trace_both --send 'a;b#c"<d>\n' --data text
  cat c.json s.json >both.json
  start r listen 127.0.0.1:0 --send x --no-shutdown --json --trace-file r.json --port-file r.port
  "$TCPKIT" reset "127.0.0.1:$(port_of r)" --after data --json >reset.json
  status_of r
  start h half-close --listen 127.0.0.1:0 --json --send x --port-file h.port
  "$TCPKIT" half-close "127.0.0.1:$(port_of h)" --json >half.json
  status_of h
  cp h.out listen-half.json
  "$TCPKIT" connect 127.0.0.1:1 --json --trace-file refused.json || true
  "$TCPKIT" connect no.such.invalid:1 --json --trace-file lookup.json || true
  "$TCPKIT" connect unix:/no/such --json --trace-file unix.json || true
  hostile
}

@test "SVG of every trace is well-formed, self-contained, with both colour schemes" {
  command -v xmllint >/dev/null || skip "needs xmllint"
  make_traces
  local file
  for file in *.json; do
    "$TCPKIT" diagram "$file" --diagram svg >"$file.svg" || fail "$file"
    xmllint --noout "$file.svg" || fail "$file"
    grep -q 'prefers-color-scheme:dark' "$file.svg"
    grep -qE '<svg [^>]*viewBox="0 0 [0-9]+ [0-9]+"' "$file.svg"
    grep -q '<title>' "$file.svg"
    [ "$(grep -cE '(href|src)=|url\([^#]' "$file.svg")" = 0 ]
  done
  assert_equal "$(xmllint --xpath 'count(//*[contains(@class, "inferred")])' c.json.svg)" 8
}

@test "the official parser accepts the Mermaid of every trace" {
  make_traces
  local module file
  module=$("$BATS_TEST_DIRNAME/mermaid" 2>why) || skip "needs npm and the mermaid package: $(tail -n 1 why)"
  for file in *.json; do
    "$TCPKIT" diagram "$file" --diagram mermaid >"$file.mmd" || fail "$file"
    assert_equal "$(head -n 1 "$file.mmd")" sequenceDiagram
  done
  run -0 node "$BATS_TEST_DIRNAME/support/node/mermaid.mjs" "$module" --participants ./*.mmd
  assert_output --partial "hostile.json.mmd: 4 participants"
  run -1 node "$BATS_TEST_DIRNAME/support/node/mermaid.mjs" "$module" hostile.json
}

@test "a million records are summarized in bounded memory" {
  # The sanitizers' build takes long, and its memory use proves nothing.
  local count=100000
  [ -z "${TCPKIT_RELEASE-}" ] || count=1000000
  awk -v "count=$count" 'BEGIN {
    for (c = 1; n < count; c++) {
      at = "\"role\":\"server\",\"conn\":" c ","
      line("\"layer\":\"event\",\"role\":\"listener\",\"conn\":" c ",\"event\":\"connection\",\"localAddress\":\"127.0.0.1\",\"localPort\":5000,\"localFamily\":\"IPv4\",\"remoteAddress\":\"127.0.0.1\",\"remotePort\":" 10000 + c % 50000 ",\"remoteFamily\":\"IPv4\",\"connections\":1")
      for (i = 1; i <= 40; i++) {
        line("\"layer\":\"event\"," at "\"event\":\"data\",\"bytes\":5,\"bytesRead\":" 5 * i ",\"readyState\":\"open\"")
        line("\"layer\":\"call\"," at "\"event\":\"write\",\"bytes\":5,\"flushed\":true,\"writableLength\":0")
      }
      line("\"layer\":\"event\"," at "\"event\":\"end\",\"bytesRead\":200,\"readyState\":\"writeOnly\"")
      line("\"layer\":\"event\"," at "\"event\":\"close\",\"hadError\":false,\"bytesRead\":200,\"bytesWritten\":200,\"readyState\":\"closed\"")
    }
  }
  function line(text) {
    n++
    printf "{\"v\":1,\"seq\":%d,\"t\":%.6f,\"time\":\"2026-11-21T05:%02d:%02d.%06dZ\",%s}\n", n, n / 1e5, n / 6e6, n / 1e5 % 60, n % 1e5 * 10, text
  }' >million.json
  local program=${TCPKIT_RELEASE:-$TCPKIT} started=$EPOCHREALTIME
  run -0 "$SUPPORT/peak" kib "$program" diagram --summary million.json
  echo "# $(((${EPOCHREALTIME/[.,]/} - ${started/[.,]/}) / 1000)) ms, $(cat kib) KiB" >&3
  assert_equal "${#lines[@]}" "$((1 + ($(wc -l <million.json) / 83)))"
  assert_line --regexp '^server 1 .* 200 +200 +- +- +ok +client +FIN '
  [ -z "${TCPKIT_RELEASE-}" ] || [ "$(cat kib)" -lt $((200 * 1024)) ]
  rm million.json # all-traces.bats need not draw it
}

@test "if each of many records belongs to another connection, each takes 200 bytes" {
  awk 'BEGIN {
    for (n = 0; n < 100000; n++)
      printf "{\"v\":1,\"seq\":1,\"t\":0,\"time\":\"2026-11-%02dT%02d:%02d:%02dZ\",\"layer\":\"event\",\"role\":\"client\",\"conn\":%d,\"event\":\"connect\",\"localAddress\":\"127.0.0.1\",\"localPort\":%d,\"remoteAddress\":\"127.0.0.1\",\"remotePort\":5000}\n", 1 + n / 86400, n / 3600 % 24, n / 60 % 60, n % 60, n + 1, 10000 + n % 50000
  }' >many.json
  # The output is not kept in memory, whatever its length.
  "$SUPPORT/peak" kib "${TCPKIT_RELEASE:-$TCPKIT}" diagram --summary many.json >lines
  rm many.json
  assert_equal "$(wc -l <lines)" 100001
  assert_regex "$(tail -n 1 lines)" '^client 100000 .* open +- +- +127\.0\.0\.1:59999 -> 127\.0\.0\.1:5000$'
  echo "# $(cat kib) KiB" >&3
  [ -z "${TCPKIT_RELEASE-}" ] || [ "$(cat kib)" -lt $((30 * 1024)) ]
}
