"""Rules for every record: its number, its time, its connection."""

# According to tcpkit-trace(5), segments of a client that waits to be accepted are held back for
# 0.5 s; if it waits longer, they are reported later.
MOST_HELD = 0.4


def check(run, report):
    before = None
    roles = {}
    for line, record in run.records:
        if before is not None:
            if record["seq"] != before["seq"] + 1:
                report(line, "trace", f"seq is {record['seq']} behind {before['seq']}")
            if record["t"] < before["t"] and not told_late(run, record):
                report(line, "trace", f"t goes back from {before['t']} to {record['t']}")
        before = record
        role, conn = record.get("role"), record.get("conn")
        if conn is None or role == "listener":
            continue
        # In labs each actor counts its own connections.
        first = roles.setdefault((record.get("actor"), conn), role)
        if role != first and not run.of_capture:
            report(line, f"connection {conn}", f"is a {first} and a {role}")
    if {"call", "event"} & run.layers:
        for key in run.flows:
            if key not in run.ends:
                line = run.flows[key][0].first_line
                report(line, f"{key[1]} {key[2]}", "segments of a connection that nothing else has")
    for flows in run.flows.values():
        for flow in flows:
            check_flow(flow, report)


def told_late(run, record):
    key = (record.get("actor"), record.get("role"), record.get("conn"))
    end = run.ends.get(key)
    if record["layer"] != "wire" or end is None or end.opened is None:
        return False
    return any(end.opened - flow.began > MOST_HELD for flow in run.flows[key])


def check_flow(flow, report):
    """A SYN has number 0, and nothing is sent beyond a FIN."""
    for end, side in flow.sides.items():
        for line, record, number in side.segments:
            if "SYN" in record["flags"] and record["tcpSeq"] != 0:
                report(line, f"segment from {end}", f"a SYN has tcpSeq {record['tcpSeq']}")
            beyond = side.fin_number is not None and number + record["len"] > side.fin_number
            if record["len"] and beyond and flow.whole:
                report(line, f"segment from {end}", "data behind the FIN of the same end")


def check_complete(end, report):
    if end.flow is not None and end.flow.hole and not end.flow.renumbered:
        report(end.flow.first_line, end, f"the capture has a hole: {end.flow.hole}")
