# For the .bats files of the labs: runs them as different users, with namespaces and without.

# ordinary_user   sets user: the prefix that runs a command without any capability
ordinary_user() {
  user=()
  [ "$(id -u)" = 0 ] || return 0
  command -v setpriv >/dev/null || skip "needs setpriv to stop being root"
  user=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)
  "${user[@]}" "$TCPKIT" --version >/dev/null 2>&1 || skip "nobody but root can run $TCPKIT"
}

# own_namespaces   skips the test if namespaces cannot be made
own_namespaces() {
  "${user[@]}" unshare --user --net true 2>/dev/null ||
    skip "needs a network namespace: unprivileged user namespaces"
}

# forbidden   sets without: the prefix that runs a command that cannot make namespaces
forbidden() {
  without=(unshare --user --map-root-user sh -c
    'echo 0 >/proc/sys/user/max_user_namespaces && echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"' -)
  "${without[@]}" true 2>/dev/null || skip "needs a user namespace to forbid others in"
  run ! "${without[@]}" unshare --net true
  run ! "${without[@]}" unshare --user --net true
}

# every_lab FUNCTION   runs the function for each built-in lab, some at once; fails with its output
every_lab() {
  local name failed
  failed=$(for name in $("$TCPKIT" lab list | cut -d ' ' -f 1); do
    "$1" "$name" &
    while [ "$(jobs -rp | wc -l)" -ge 4 ]; do wait -n; done
  done 3>&-
  wait)
  assert_equal "$failed" ''
}

lab() { # lab FILE   writes a lab with the steps from stdin
  { printf 'title: A title\nlesson: A lesson\n' && cat; } >"$1"
}

wrong() { # wrong LINE TEXT...   stdin has the steps, which begin in the third line
  lab wrong.lab
  run -2 --separate-stderr "$TCPKIT" lab wrong.lab
  assert_equal "$output" ''
  # shellcheck disable=SC2154 # run sets it
  [[ $stderr == "tcpkit lab: wrong.lab:$1: "*"$2"* ]] || fail "$stderr"
  assert_equal "$(wc -l <<<"$stderr")" 1
}
