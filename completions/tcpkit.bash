# shellcheck shell=bash
# Completion of tcpkit for bash, written by: tcpkit completion bash
_tcpkit() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local name=$prev before='' options='' argument='' argument_files='' words='' files='' list='' value=''
  COMPREPLY=()
  # Readline makes a word of "=", unless COMP_WORDBREAKS was changed. NAME= asks for a value that
  # was given with it.
  if [[ $cur == = ]]; then
    name=$prev= cur=''
  elif [[ $prev == = ]] && ((COMP_CWORD > 2)); then
    name=${COMP_WORDS[COMP_CWORD - 2]}=
  elif [[ $cur == --*=* ]]; then
    name=${cur%%=*}= before=${cur%%=*}= cur=${cur#*=}
  fi
  local commands='connect listen echo half-close reset keepalive blocklist lab diagram explain address completion'
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$commands help --help --version" -- "$cur")
    return
  fi
  case ${COMP_WORDS[1]} in
    help) argument=$commands ;;
    connect)
      options='--trace --trace= --json --trace-file --layers --time --data --color --pcap --explain --diagram -v --verbose --quiet -4 -6 --no-delay --keep-alive --keep-alive= --keep-alive-interval --keep-alive-count --user-timeout --allow-half-open --high-water-mark --read-buffer --send-buffer --recv-buffer --tos --ttl --linger --congestion --interface --block --blocklist -s --local-address -p --local-port --attempt-timeout --no-auto-select-family -n --resolver --dns-server --resolve --retry --retry-delay --fast-open --fd --send -C --crlf --send-only --recv-only -i -q --no-shutdown -N --timeout --timeout-action --deadline -w --connect-timeout --do --script -h --help'
      case $name in
        --trace=) value=1 words='human json' ;;
        --trace-file | --trace-file=) value=1 files=1 ;;
        --layers | --layers=) value=1 words='call event kernel note wire' list=1 ;;
        --time | --time=) value=1 words='relative delta wall none' ;;
        --data | --data=) value=1 words='none text hex' ;;
        --color | --color=) value=1 words='auto always never' ;;
        --pcap | --pcap=) value=1 files=1 ;;
        --diagram | --diagram=) value=1 words='ladder mermaid svg' ;;
        --blocklist | --blocklist=) value=1 files=1 ;;
        --resolver | --resolver=) value=1 words='c-ares system' ;;
        --timeout-action | --timeout-action=) value=1 words='end destroy reset none' ;;
        --script | --script=) value=1 files=1 ;;
        --keep-alive= | --keep-alive-interval | --keep-alive-interval= | --keep-alive-count | --keep-alive-count= | --user-timeout | --user-timeout= | --high-water-mark | --high-water-mark= | --read-buffer | --read-buffer= | --send-buffer | --send-buffer= | --recv-buffer | --recv-buffer= | --tos | --tos= | --ttl | --ttl= | --linger | --linger= | --congestion | --congestion= | --interface | --interface= | --block | --block= | -s | --local-address | --local-address= | -p | --local-port | --local-port= | --attempt-timeout | --attempt-timeout= | --dns-server | --dns-server= | --resolve | --resolve= | --retry | --retry= | --retry-delay | --retry-delay= | --fd | --fd= | --send | --send= | -i | -q | --timeout | --timeout= | --deadline | --deadline= | -w | --connect-timeout | --connect-timeout= | --do | --do=) value=1 ;;
      esac
      ;;
    listen)
      options='--trace --trace= --json --trace-file --layers --time --data --color --pcap --explain --diagram -v --verbose --quiet -4 -6 --no-delay --keep-alive --keep-alive= --keep-alive-interval --keep-alive-count --user-timeout --allow-half-open --high-water-mark --read-buffer --send-buffer --recv-buffer --tos --ttl --linger --congestion --interface --block --blocklist -k --keep-open --backlog --max-connections --ipv6-only --reuse-port --no-reuse-addr --pause-on-connect --unix-mode --unix-unlink --port-file --allow --allowlist --accept-timeout --fd --timeout --timeout-action --deadline --do --script --send -C --crlf --send-only --recv-only -i -q --no-shutdown -N -h --help'
      case $name in
        --trace=) value=1 words='human json' ;;
        --trace-file | --trace-file=) value=1 files=1 ;;
        --layers | --layers=) value=1 words='call event kernel note wire' list=1 ;;
        --time | --time=) value=1 words='relative delta wall none' ;;
        --data | --data=) value=1 words='none text hex' ;;
        --color | --color=) value=1 words='auto always never' ;;
        --pcap | --pcap=) value=1 files=1 ;;
        --diagram | --diagram=) value=1 words='ladder mermaid svg' ;;
        --blocklist | --blocklist=) value=1 files=1 ;;
        --port-file | --port-file=) value=1 files=1 ;;
        --allowlist | --allowlist=) value=1 files=1 ;;
        --timeout-action | --timeout-action=) value=1 words='end destroy reset none' ;;
        --script | --script=) value=1 files=1 ;;
        --keep-alive= | --keep-alive-interval | --keep-alive-interval= | --keep-alive-count | --keep-alive-count= | --user-timeout | --user-timeout= | --high-water-mark | --high-water-mark= | --read-buffer | --read-buffer= | --send-buffer | --send-buffer= | --recv-buffer | --recv-buffer= | --tos | --tos= | --ttl | --ttl= | --linger | --linger= | --congestion | --congestion= | --interface | --interface= | --block | --block= | --backlog | --backlog= | --max-connections | --max-connections= | --unix-mode | --unix-mode= | --allow | --allow= | --accept-timeout | --accept-timeout= | --fd | --fd= | --timeout | --timeout= | --deadline | --deadline= | --do | --do= | --send | --send= | -i | -q) value=1 ;;
      esac
      ;;
    echo)
      options='--trace --trace= --json --trace-file --layers --time --data --color --pcap --explain --diagram -v --verbose --quiet -4 -6 --no-delay --keep-alive --keep-alive= --keep-alive-interval --keep-alive-count --user-timeout --allow-half-open --high-water-mark --read-buffer --send-buffer --recv-buffer --tos --ttl --linger --congestion --interface --block --blocklist --backlog --max-connections --ipv6-only --reuse-port --no-reuse-addr --pause-on-connect --unix-mode --unix-unlink --port-file --allow --allowlist --accept-timeout --fd --timeout --timeout-action --deadline --do --script -h --help'
      case $name in
        --trace=) value=1 words='human json' ;;
        --trace-file | --trace-file=) value=1 files=1 ;;
        --layers | --layers=) value=1 words='call event kernel note wire' list=1 ;;
        --time | --time=) value=1 words='relative delta wall none' ;;
        --data | --data=) value=1 words='none text hex' ;;
        --color | --color=) value=1 words='auto always never' ;;
        --pcap | --pcap=) value=1 files=1 ;;
        --diagram | --diagram=) value=1 words='ladder mermaid svg' ;;
        --blocklist | --blocklist=) value=1 files=1 ;;
        --port-file | --port-file=) value=1 files=1 ;;
        --allowlist | --allowlist=) value=1 files=1 ;;
        --timeout-action | --timeout-action=) value=1 words='end destroy reset none' ;;
        --script | --script=) value=1 files=1 ;;
        --keep-alive= | --keep-alive-interval | --keep-alive-interval= | --keep-alive-count | --keep-alive-count= | --user-timeout | --user-timeout= | --high-water-mark | --high-water-mark= | --read-buffer | --read-buffer= | --send-buffer | --send-buffer= | --recv-buffer | --recv-buffer= | --tos | --tos= | --ttl | --ttl= | --linger | --linger= | --congestion | --congestion= | --interface | --interface= | --block | --block= | --backlog | --backlog= | --max-connections | --max-connections= | --unix-mode | --unix-mode= | --allow | --allow= | --accept-timeout | --accept-timeout= | --fd | --fd= | --timeout | --timeout= | --deadline | --deadline= | --do | --do=) value=1 ;;
      esac
      ;;
    half-close)
      options='--first --send --delay --no-allow-half-open --trace --trace= --json --trace-file --layers --time --data --color --pcap --explain --diagram -v --verbose --quiet -4 -6 --no-delay --keep-alive --keep-alive= --keep-alive-interval --keep-alive-count --user-timeout --allow-half-open --high-water-mark --read-buffer --send-buffer --recv-buffer --tos --ttl --linger --congestion --interface --block --blocklist -s --local-address -p --local-port --attempt-timeout --no-auto-select-family -n --resolver --dns-server --resolve --retry --retry-delay --fast-open --backlog --max-connections --ipv6-only --reuse-port --no-reuse-addr --pause-on-connect --unix-mode --unix-unlink --port-file --allow --allowlist --accept-timeout --listen --timeout --timeout-action --deadline -w --connect-timeout -h --help'
      case $name in
        --first | --first=) value=1 words='client server' ;;
        --trace=) value=1 words='human json' ;;
        --trace-file | --trace-file=) value=1 files=1 ;;
        --layers | --layers=) value=1 words='call event kernel note wire' list=1 ;;
        --time | --time=) value=1 words='relative delta wall none' ;;
        --data | --data=) value=1 words='none text hex' ;;
        --color | --color=) value=1 words='auto always never' ;;
        --pcap | --pcap=) value=1 files=1 ;;
        --diagram | --diagram=) value=1 words='ladder mermaid svg' ;;
        --blocklist | --blocklist=) value=1 files=1 ;;
        --resolver | --resolver=) value=1 words='c-ares system' ;;
        --port-file | --port-file=) value=1 files=1 ;;
        --allowlist | --allowlist=) value=1 files=1 ;;
        --timeout-action | --timeout-action=) value=1 words='end destroy reset none' ;;
        --send | --send= | --delay | --delay= | --keep-alive= | --keep-alive-interval | --keep-alive-interval= | --keep-alive-count | --keep-alive-count= | --user-timeout | --user-timeout= | --high-water-mark | --high-water-mark= | --read-buffer | --read-buffer= | --send-buffer | --send-buffer= | --recv-buffer | --recv-buffer= | --tos | --tos= | --ttl | --ttl= | --linger | --linger= | --congestion | --congestion= | --interface | --interface= | --block | --block= | -s | --local-address | --local-address= | -p | --local-port | --local-port= | --attempt-timeout | --attempt-timeout= | --dns-server | --dns-server= | --resolve | --resolve= | --retry | --retry= | --retry-delay | --retry-delay= | --backlog | --backlog= | --max-connections | --max-connections= | --unix-mode | --unix-mode= | --allow | --allow= | --accept-timeout | --accept-timeout= | --listen | --listen= | --timeout | --timeout= | --deadline | --deadline= | -w | --connect-timeout | --connect-timeout=) value=1 ;;
      esac
      ;;
    reset)
      options='--method --after --send --unread --trace --trace= --json --trace-file --layers --time --data --color --pcap --explain --diagram -v --verbose --quiet -4 -6 --no-delay --keep-alive --keep-alive= --keep-alive-interval --keep-alive-count --user-timeout --allow-half-open --high-water-mark --read-buffer --send-buffer --recv-buffer --tos --ttl --linger --congestion --interface --block --blocklist -s --local-address -p --local-port --attempt-timeout --no-auto-select-family -n --resolver --dns-server --resolve --retry --retry-delay --fast-open --backlog --max-connections --ipv6-only --reuse-port --no-reuse-addr --pause-on-connect --unix-mode --unix-unlink --port-file --allow --allowlist --accept-timeout --listen --timeout --timeout-action --deadline -w --connect-timeout -h --help'
      case $name in
        --method | --method=) value=1 words='reset destroy destroySoon end linger' ;;
        --after | --after=) value=1 words='connect send data end' ;;
        --trace=) value=1 words='human json' ;;
        --trace-file | --trace-file=) value=1 files=1 ;;
        --layers | --layers=) value=1 words='call event kernel note wire' list=1 ;;
        --time | --time=) value=1 words='relative delta wall none' ;;
        --data | --data=) value=1 words='none text hex' ;;
        --color | --color=) value=1 words='auto always never' ;;
        --pcap | --pcap=) value=1 files=1 ;;
        --diagram | --diagram=) value=1 words='ladder mermaid svg' ;;
        --blocklist | --blocklist=) value=1 files=1 ;;
        --resolver | --resolver=) value=1 words='c-ares system' ;;
        --port-file | --port-file=) value=1 files=1 ;;
        --allowlist | --allowlist=) value=1 files=1 ;;
        --timeout-action | --timeout-action=) value=1 words='end destroy reset none' ;;
        --send | --send= | --keep-alive= | --keep-alive-interval | --keep-alive-interval= | --keep-alive-count | --keep-alive-count= | --user-timeout | --user-timeout= | --high-water-mark | --high-water-mark= | --read-buffer | --read-buffer= | --send-buffer | --send-buffer= | --recv-buffer | --recv-buffer= | --tos | --tos= | --ttl | --ttl= | --linger | --linger= | --congestion | --congestion= | --interface | --interface= | --block | --block= | -s | --local-address | --local-address= | -p | --local-port | --local-port= | --attempt-timeout | --attempt-timeout= | --dns-server | --dns-server= | --resolve | --resolve= | --retry | --retry= | --retry-delay | --retry-delay= | --backlog | --backlog= | --max-connections | --max-connections= | --unix-mode | --unix-mode= | --allow | --allow= | --accept-timeout | --accept-timeout= | --listen | --listen= | --timeout | --timeout= | --deadline | --deadline= | -w | --connect-timeout | --connect-timeout=) value=1 ;;
      esac
      ;;
    keepalive)
      options='--idle --interval --count --for --send --trace --trace= --json --trace-file --layers --time --data --color --pcap --explain --diagram -v --verbose --quiet -4 -6 --no-delay --keep-alive --keep-alive= --keep-alive-interval --keep-alive-count --user-timeout --allow-half-open --high-water-mark --read-buffer --send-buffer --recv-buffer --tos --ttl --linger --congestion --interface --block --blocklist -s --local-address -p --local-port --attempt-timeout --no-auto-select-family -n --resolver --dns-server --resolve --retry --retry-delay --fast-open --backlog --max-connections --ipv6-only --reuse-port --no-reuse-addr --pause-on-connect --unix-mode --unix-unlink --port-file --allow --allowlist --accept-timeout --listen --timeout --timeout-action --deadline -w --connect-timeout -h --help'
      case $name in
        --trace=) value=1 words='human json' ;;
        --trace-file | --trace-file=) value=1 files=1 ;;
        --layers | --layers=) value=1 words='call event kernel note wire' list=1 ;;
        --time | --time=) value=1 words='relative delta wall none' ;;
        --data | --data=) value=1 words='none text hex' ;;
        --color | --color=) value=1 words='auto always never' ;;
        --pcap | --pcap=) value=1 files=1 ;;
        --diagram | --diagram=) value=1 words='ladder mermaid svg' ;;
        --blocklist | --blocklist=) value=1 files=1 ;;
        --resolver | --resolver=) value=1 words='c-ares system' ;;
        --port-file | --port-file=) value=1 files=1 ;;
        --allowlist | --allowlist=) value=1 files=1 ;;
        --timeout-action | --timeout-action=) value=1 words='end destroy reset none' ;;
        --idle | --idle= | --interval | --interval= | --count | --count= | --for | --for= | --send | --send= | --keep-alive= | --keep-alive-interval | --keep-alive-interval= | --keep-alive-count | --keep-alive-count= | --user-timeout | --user-timeout= | --high-water-mark | --high-water-mark= | --read-buffer | --read-buffer= | --send-buffer | --send-buffer= | --recv-buffer | --recv-buffer= | --tos | --tos= | --ttl | --ttl= | --linger | --linger= | --congestion | --congestion= | --interface | --interface= | --block | --block= | -s | --local-address | --local-address= | -p | --local-port | --local-port= | --attempt-timeout | --attempt-timeout= | --dns-server | --dns-server= | --resolve | --resolve= | --retry | --retry= | --retry-delay | --retry-delay= | --backlog | --backlog= | --max-connections | --max-connections= | --unix-mode | --unix-mode= | --allow | --allow= | --accept-timeout | --accept-timeout= | --listen | --listen= | --timeout | --timeout= | --deadline | --deadline= | -w | --connect-timeout | --connect-timeout=) value=1 ;;
      esac
      ;;
    blocklist)
      options='--trace --trace= --json --trace-file --layers --time --data --color --pcap --explain --diagram -v --verbose --quiet -4 -6 --no-delay --keep-alive --keep-alive= --keep-alive-interval --keep-alive-count --user-timeout --allow-half-open --high-water-mark --read-buffer --send-buffer --recv-buffer --tos --ttl --linger --congestion --interface --block --blocklist --backlog --max-connections --ipv6-only --reuse-port --no-reuse-addr --pause-on-connect --unix-mode --unix-unlink --port-file --allow --allowlist --accept-timeout --fd --timeout --timeout-action --deadline -h --help'
      argument='check rules serve'
      case $name in
        --trace=) value=1 words='human json' ;;
        --trace-file | --trace-file=) value=1 files=1 ;;
        --layers | --layers=) value=1 words='call event kernel note wire' list=1 ;;
        --time | --time=) value=1 words='relative delta wall none' ;;
        --data | --data=) value=1 words='none text hex' ;;
        --color | --color=) value=1 words='auto always never' ;;
        --pcap | --pcap=) value=1 files=1 ;;
        --diagram | --diagram=) value=1 words='ladder mermaid svg' ;;
        --blocklist | --blocklist=) value=1 files=1 ;;
        --port-file | --port-file=) value=1 files=1 ;;
        --allowlist | --allowlist=) value=1 files=1 ;;
        --timeout-action | --timeout-action=) value=1 words='end destroy reset none' ;;
        --keep-alive= | --keep-alive-interval | --keep-alive-interval= | --keep-alive-count | --keep-alive-count= | --user-timeout | --user-timeout= | --high-water-mark | --high-water-mark= | --read-buffer | --read-buffer= | --send-buffer | --send-buffer= | --recv-buffer | --recv-buffer= | --tos | --tos= | --ttl | --ttl= | --linger | --linger= | --congestion | --congestion= | --interface | --interface= | --block | --block= | --backlog | --backlog= | --max-connections | --max-connections= | --unix-mode | --unix-mode= | --allow | --allow= | --accept-timeout | --accept-timeout= | --fd | --fd= | --timeout | --timeout= | --deadline | --deadline=) value=1 ;;
      esac
      ;;
    lab)
      options='--trace --trace= --json --trace-file --layers --time --data --color --pcap --explain --diagram -v --verbose --quiet -h --help'
      argument='list lifecycle server-closes-first refused attempt-timeout happy-eyeballs half-open no-half-open half-open-crash reset reset-vs-destroy destroy-soon keepalive keepalive-dead user-timeout blocklist max-connections listen-address address-in-use reuse-port tcp-and-udp backpressure nagle unix-socket http-client http-server time-wait simultaneous-close syn-backlog'
      argument_files=1
      case $name in
        --trace=) value=1 words='human json' ;;
        --trace-file | --trace-file=) value=1 files=1 ;;
        --layers | --layers=) value=1 words='call event kernel note wire' list=1 ;;
        --time | --time=) value=1 words='relative delta wall none' ;;
        --data | --data=) value=1 words='none text hex' ;;
        --color | --color=) value=1 words='auto always never' ;;
        --pcap | --pcap=) value=1 files=1 ;;
        --diagram | --diagram=) value=1 words='ladder mermaid svg' ;;
      esac
      ;;
    diagram)
      options='--diagram --summary --time --color -h --help'
      argument_files=1
      case $name in
        --diagram | --diagram=) value=1 words='ladder mermaid svg' ;;
        --time | --time=) value=1 words='relative delta wall none' ;;
        --color | --color=) value=1 words='auto always never' ;;
      esac
      ;;
    explain)
      options='-h --help'
      argument='ACK AggregateError CLOSED CLOSE_WAIT CLOSING CWR EACCES EADDRINUSE EADDRNOTAVAIL EAI_AGAIN ECANCELED ECE ECONNREFUSED ECONNRESET EHOSTUNREACH EMFILE ENETUNREACH ENODEV ENOENT ENOTFOUND EPERM EPIPE ERR_IP_BLOCKED ERR_STREAM_WRITE_AFTER_END ESTABLISHED ETIMEDOUT FIN FIN_WAIT1 FIN_WAIT2 LAST_ACK LISTEN PSH RST SYN SYN_RCVD SYN_SENT TIME_WAIT URG ack blocked close connect connection connectionAttempt connectionAttemptFailed connectionAttemptTimeout counters data destroy destroySoon drain drop dup-ack end error finAcked finish half-open info keep-alive keep-alive-ack keepaliveAck keepaliveProbe listen listening lookup message pause ready readyState resetAndDestroy resume retransmission retransmit segment setKeepAlive setNoDelay setTimeout setsockopt state step summary timeout window-update write zero-window'
      ;;
    address)
      options='-h --help'
      ;;
    completion)
      options='-h --help'
      argument='bash zsh fish'
      ;;
  esac
  if [[ -z $value ]]; then
    if [[ $name == --*= ]]; then return; fi
    if [[ $cur == -* ]]; then
      words=$options
    elif ((COMP_CWORD == 2)); then
      words=$argument files=$argument_files
    fi
  fi
  if [[ $list && $cur == *,* ]]; then
    before+=${cur%,*}, cur=${cur##*,}
  fi
  if [[ $files ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -P "$before" -f -- "$cur")
  fi
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -P "$before" -W "$words" -- "$cur")
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -F _tcpkit tcpkit
