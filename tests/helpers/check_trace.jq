# Prints the violations of the rules of tcpkit-trace(5) in a JSON trace, read line by line (jq -nrR),
# and nothing if there are none. $open: connections may lack their close.

def block: ["localAddress", "localPort", "localFamily", "remoteAddress", "remotePort", "remoteFamily"];

def fields:
  { lookup: ["host", "error"],
    connectionAttempt: ["ip", "port", "family"],
    connectionAttemptFailed: ["ip", "port", "family", "error"],
    connectionAttemptTimeout: ["ip", "port", "family"],
    connect: block,
    connection: (block + ["connections", "conn"]),
    drop: (block + ["reason"]),
    blocked: (block + ["rule", "list", "option"]),
    data: ["bytes", "bytesRead"],
    finish: ["bytesWritten"],
    end: ["bytesRead"],
    timeout: ["timeoutMs", "kind", "option"],
    error: ["error"] };

def states: ["opening", "open", "readOnly", "writeOnly", "closed"];
def socket: .role == "client" or .role == "server";
def one_of($list): . as $value | $list | index([$value]) != null;
def is_count: type == "number" and . == floor and . >= 0;

# An error object; null if a lookup or an attempt has none.
def error_problems:
  if type != "object" then "error is no object"
  else
    (select([.name, .code, .message] | all(type == "string") | not) | "error lacks name, code or message"),
    (select(.name == "AggregateError" and (.errors | type) != "array") | "AggregateError without errors"),
    (.errors // [] | .[] | error_problems)
  end;

def record_problems:
  . as $r |
  (select(.v != 1) | "v is not 1"),
  (select(has("family") and (.family | one_of(["IPv4", "IPv6", null]) | not)) | "family is \(.family)"),
  (select((.t | type) != "number" or .t < 0) | "t is no time"),
  (select((.time | type) != "string" or
    (.time | test("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z$") | not)) | "time is not RFC 3339 with microseconds"),
  (select(.layer | one_of(["call", "event", "kernel", "wire", "note"]) | not) | "unknown layer"),
  (select((.event | type) != "string" or .event == "") | "no event"),
  (select(has("role") and (.role | one_of(["client", "listener", "server"]) | not)) | "unknown role"),
  (select((.layer | one_of(["call", "event"])) and (has("role") | not)) | "no role"),
  (select(socket and ((.conn | is_count and . > 0) | not)) | "no conn"),
  (select(.role == "listener" and .event != "connection" and has("conn")) | "conn on the listener"),
  (select(has("conn") and (has("role") | not)) | "conn without a role"),
  (if .layer == "event" and socket
    then select(.readyState | one_of(states) | not) | "no readyState"
    else select(has("readyState")) | "readyState where none belongs" end),
  (select(.layer == "event") |
    ((fields[.event] // [])[] | select(. as $f | $r | has($f) | not) | "no \(.)"),
    (select(.event == "lookup" and .error == null and ((has("address") and has("family")) | not)) | "no address or family"),
    (select(.event == "listening" and (has("path") or (has("address") and has("port") and has("family")) | not)) | "no address"),
    (select(.event == "timeout" and (.kind | one_of(["idle", "connect", "accept", "deadline"]) | not)) | "unknown kind"),
    (select(.event == "close" and socket and
      (((.hadError | type) == "boolean" and (.bytesRead | is_count) and (.bytesWritten | is_count)) | not)) |
      "no hadError, bytesRead or bytesWritten"),
    (select(.event == "error" or (.event == "connectionAttemptFailed")) | .error | error_problems),
    (select(.event == "lookup" and .error != null) | .error | error_problems)),
  (select(.layer == "call" and .event == "write" and ((has("bytes") and has("flushed") and has("writableLength")) | not)) |
    "no bytes, flushed or writableLength");

# The call and event records of one connection, in order. The listener's `connection` is not its own.
def connection_problems:
  . as $all |
  ([.[] | select(.layer == "event")]) as $events |
  ([$events[] | select(.event == "close")] | length) as $closes |
  (select(([.[].role] | unique | length) != 1) | "more than one role"),
  (select($closes > 1 or ($closes == 0 and ($open | not))) | "\($closes) close"),
  (select($closes == 1 and ($all[-1].event != "close" or $all[-1].layer != "event")) | "\($all[-1].event) after close"),
  (select($closes == 1) | ([$events[] | select(.event == "error")] | length) as $errors |
    ([$events[] | select(.event == "close")][0].hadError) as $had |
    select($had != ($errors > 0)) | "hadError is \($had) after \($errors) error"),
  (range(0; length - 1) as $i | select($all[$i].layer == "event" and $all[$i].event == "error" and
    ($all[$i + 1].layer != "event" or $all[$i + 1].event != "close")) | "\($all[$i + 1].event) between error and close");

[inputs | . as $line | try (fromjson | if type == "object" then . else error("no") end) catch null] as $records |
if $records | any(. == null) then
  $records | to_entries[] | select(.value == null) | "line \(.key + 1) is no JSON object"
else
  ($records | to_entries[] | .key as $line | .value | record_problems | "line \($line + 1): \(.)"),
  ($records | to_entries[] | select(.value.seq != .key + 1) | "line \(.key + 1): seq is \(.value.seq)"),
  (range(1; $records | length) | select($records[.].t < $records[. - 1].t) | "line \(. + 1): t goes back"),
  # Each actor of a lab counts its own connections.
  ($records | group_by(.actor)[] |
    ([.[] | select(has("conn") and (.layer | one_of(["call", "event"]))) | .conn] |
      reduce .[] as $c ([]; if index([$c]) then . else . + [$c] end) |
      select(. != [range(1; length + 1)]) | "connections are numbered \(.)"),
    ([.[] | select(socket and (.layer == "call" or .layer == "event"))] | group_by(.conn)[] |
      .[0].conn as $conn | connection_problems | "connection \($conn): \(.)"),
    ([.[] | select(.role == "listener" and .layer == "event" and .event == "close")] | select(length > 1) | "\(length) close of the listener"))
end
