# The events of a trace, tcpkit's or the Node script's, so that two of them compare equal (jq -cSR
# with -n): one object per line, without times; $port is written PORT and any other port of a
# connection OTHER. The number of reads and drains is random: consecutive ones count as one.
def port: if . == null or . == 0 or . == -1 then . elif . == $port then "PORT" else "OTHER" end;
def message: if type == "string" then sub(":\($port)$"; ":PORT") else . end;
def error:
  if type != "object" then .
  else
    (if has("port") then .port |= port else . end) | .message |= message |
    # Node invents an errno for an attempt that it has abandoned itself.
    (if .syscall == "connect" and (.code | IN("ETIMEDOUT", "ECANCELED")) then del(.errno) else . end) |
    (if has("errors") then .errors |= map(error) else . end)
  end;

[inputs | fromjson | select(type == "object" and (.layer // "event") == "event") |
  del(.v, .seq, .t, .time, .layer, .option, .reason) |
  with_entries(if .key | IN("localPort", "remotePort", "port") then .value |= port else . end) |
  (if has("error") then .error |= error else . end) |
  (if .event == "data" then del(.bytes) else . end)] |
reduce .[] as $r ([]; if ($r.event | IN("data", "drain")) and .[-1].event == $r.event and .[-1].conn == $r.conn
  then .[-1] = $r else . + [$r] end) | .[]
