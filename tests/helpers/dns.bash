# shellcheck shell=bash disable=SC2034
# A DNS server and a web server on loopback, for tests of names; load it after helpers/tcpkit.
# Both end with stop_all.

start_dns() { # start_dns NAME ARG...   dnsmasq; sets dns to its IP:PORT; what it is asked: NAME.err
  local name=$1 try
  command -v dnsmasq >/dev/null || skip "needs dnsmasq"
  shift
  for try in 1 2 3 4 5; do # another program may take the port between the check and the bind
    port=$("$SUPPORT/free_port")
    start_cmd "$name" dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces \
      --listen-address=127.0.0.1 --port="$port" --pid-file= --log-queries --log-facility=- "$@"
    if until_true "dnsmasq, try $try" dns_is_up "$name" && [ ! -e "$name.status" ]; then
      dns=127.0.0.1:$port
      return
    fi
  done
  show "$name.err"
  return 1
}

dns_is_up() { # dns_is_up NAME   it answers, or has ended
  [ -e "$BATS_TEST_TMPDIR/$1.status" ] || grep -qs 'started, version' "$BATS_TEST_TMPDIR/$1.err"
}

asked() { # asked NAME   the questions it got, "A name", sorted
  sed -nE 's/.*query\[(A|AAAA)\] ([^ ]*) from .*/\1 \2/p' "$BATS_TEST_TMPDIR/$1.err" | sort
}

start_nginx() { # start_nginx IP FOLDER   serves it; sets web_port
  local try dir=$BATS_TEST_TMPDIR/nginx
  command -v nginx >/dev/null || skip "needs nginx"
  mkdir -p "$dir"
  for try in 1 2 3 4 5; do
    web_port=$("$SUPPORT/free_port")
    {
      printf 'daemon off;\nmaster_process off;\npid %s/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n' "$dir"
      for part in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/%s;\n' "$part" "$dir" "$part"; done
      printf 'server { listen %s:%s; root %s; }\n}\n' "$1" "$web_port" "$2"
    } >"$dir/conf"
    start_cmd nginx nginx -e stderr -p "$dir" -c "$dir/conf"
    until_true "nginx, try $try" web_is_up "$1" && [ ! -e "$BATS_TEST_TMPDIR/nginx.status" ] && return
  done
  show "$BATS_TEST_TMPDIR/nginx.err"
  return 1
}

web_is_up() { # web_is_up IP   it answers, or has ended
  [ -e "$BATS_TEST_TMPDIR/nginx.status" ] || curl -s -o /dev/null "http://$1:$web_port/"
}

# The addresses of a trace's lookups in the order in which they must be tried: duplicates dropped,
# families alternating, the first one's first.
attempts_due() { # attempts_due TRACE
  jq -rs '
    [.[] | select(.event == "lookup") | {address, family}] as $all |
    (reduce $all[] as $a ([]; if index([$a]) then . else . + [$a] end)) as $once |
    [$once[] | select(.family == $all[0].family)] as $first |
    [$once[] | select(.family != $all[0].family)] as $second |
    range([($first | length), ($second | length)] | max) |
    ($first[.], $second[.]) | select(. != null) | .address' "$BATS_TEST_TMPDIR/$1"
}
