"""Checks the kernel's states against the transitions of RFC 9293, calls, events and segments."""

from flow import LATER

# Figure 5 of RFC 9293 and the additions of its section 3.10.7; a reset, an abort or a timeout leads to
# CLOSED from everywhere.
LEGAL = {
    "CLOSED": {"LISTEN", "SYN_SENT"},
    "LISTEN": {"SYN_RCVD", "SYN_SENT"},
    "SYN_SENT": {"SYN_RCVD", "ESTABLISHED"},
    "SYN_RCVD": {"ESTABLISHED", "FIN_WAIT1", "CLOSE_WAIT", "LISTEN"},
    "ESTABLISHED": {"FIN_WAIT1", "CLOSE_WAIT"},
    "FIN_WAIT1": {"FIN_WAIT2", "CLOSING", "TIME_WAIT"},
    "FIN_WAIT2": {"TIME_WAIT"},
    "CLOSE_WAIT": {"LAST_ACK"},
    "CLOSING": {"TIME_WAIT"},
    "LAST_ACK": set(),
    "TIME_WAIT": set(),
}
CLOSES = ("end", "destroy", "destroySoon", "resetAndDestroy")
PASSIVE = {"CLOSE_WAIT", "LAST_ACK"}
FIN_CAME = {"CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT"}
FIN_SENT = {"FIN_WAIT1", "FIN_WAIT2", "CLOSING", "LAST_ACK", "TIME_WAIT"}
FIN_ACKED = {"FIN_WAIT2", "TIME_WAIT"}


def check(end, report):
    check_chain(end, report)
    for line, state in end.states:
        if state.get("to") in FIN_SENT:
            check_call(end, line, state, report)
    if end.flow is not None and end.flow.whole:
        check_segments(end, report)
    check_end(end, report)


def check_chain(end, report):
    before = None
    for line, state in end.states:
        from_, to = state.get("from"), state.get("to")
        if before is None:
            # Both ends of a capture may have opened the connection.
            first = {"client": "CLOSED", "server": "LISTEN"}.get(end.role) if to != "SYN_SENT" else "CLOSED"
            if from_ not in (first, None) and (end.role == "server" or end.called("connect")):
                report(line, end, f"its first state is {from_}")
        elif from_ != before:
            report(line, end, f"{from_} -> {to}, though it was in {before}")
        known = from_ in LEGAL and to in LEGAL
        if known and to != "CLOSED" and to not in LEGAL[from_]:
            report(line, end, f"{from_} -> {to} is no transition of RFC 9293")
        if from_ == to == "CLOSED":
            report(line, end, "CLOSED -> CLOSED")
        before = to


def check_call(end, line, state, report):
    """Our own FIN needs a reason: a call or an event must have caused it."""
    call = end.called(*CLOSES)
    if end.calls and (call is None or call[0] > line):
        report(line, end, f"{state['to']}, and nothing had ended or destroyed it")


def check_segments(end, report):
    ours, theirs = end.flow.sides[end.local], end.flow.other(end.local)
    opening = end.made_at or 0
    passed = set()
    for line, state in end.states:
        to, t = state.get("to"), state["t"]

        def needs(time, what, line=line, to=to, t=t):
            if time > t:
                when = "at no time" if time == LATER else f"{(time - t) * 1e6:.0f} us later"
                report(line, end, f"{to}, but {what} went by {when}")

        if to == "ESTABLISHED":
            if end.role == "client":
                needs(theirs.syn, "the peer's SYN")
            needs(theirs.acked_by(1), "the ACK of our SYN")
        elif to == "SYN_RCVD":
            needs(theirs.syn, "the peer's SYN")
        if to in FIN_CAME:
            needs(theirs.fin, "the peer's FIN")
        if to in FIN_ACKED:
            number = ours.fin_number
            needs(theirs.acked_by(number) if number else LATER, "the ACK of our FIN")
        if to in PASSIVE and ours.fin_sent < theirs.fin:
            report(line, end, f"{to}, but its own FIN went by first")
        if to == "TIME_WAIT":
            check_first(end, line, ours, theirs, report)
        if to == "CLOSED" and line > opening:
            check_closed(end, line, state, ours, theirs, report)
        passed.add(to)


def check_first(end, line, ours, theirs, report):
    """The end that closed first is in TIME_WAIT: not one that acknowledged the peer's FIN before."""
    call = end.called(*CLOSES)
    acked = ours.acked_by(theirs.fin_number) if theirs.fin_number else LATER
    if call is not None and acked < call[1]["t"]:
        report(line, end, "TIME_WAIT, but it had acknowledged the peer's FIN before it ended itself")


def check_closed(end, line, state, ours, theirs, report):
    reset = [r for side in (ours, theirs) for r in side.resets if r[0] <= state["t"]]
    both = (
        ours.fin_number
        and theirs.fin_number
        and max(theirs.acked_by(ours.fin_number), ours.acked_by(theirs.fin_number)) <= state["t"]
    )
    from_ = state.get("from")
    if both and not reset and from_ not in ("LAST_ACK", "TIME_WAIT", None):
        report(line, end, f"{from_} -> CLOSED, but both FINs were acknowledged and there was no RST")
    acked = theirs.acked_by(ours.fin_number) if ours.fin_number else LATER
    if from_ == "LAST_ACK" and not theirs.resets and not ours.resets and acked > state["t"]:
        # It ends by the ACK of the FIN, by a RST, or after a long time without an answer.
        error = end.event("error")
        if error is None and not end.flow.gave_up(end.local, state["t"]):
            report(line, end, "LAST_ACK -> CLOSED, but neither an ACK of the FIN nor a RST went by")


def check_end(end, report):
    """Events against states: every reported event must have been possible."""
    if not end.states:
        return
    passed = {s.get("to") for _, s in end.states}
    vague = end.fast_open or any(s.get("to") is None or s.get("unknown") for _, s in end.states)
    established = next((l for l, s in end.states if s.get("to") == "ESTABLISHED"), None)
    if end.made_at and end.local and end.remote and end.called("connect"):
        if established is None and "SYN_RCVD" not in passed and not vague:
            report(end.made_at, end, "a connection, but it was never ESTABLISHED")
        elif established is not None and established > end.made_at and not vague:
            report(established, end, "ESTABLISHED only behind `connect`")
    event = end.event("end")
    if event and not FIN_CAME & passed and not vague:
        report(event[0], end, "`end`, but in no state had the peer's FIN come")


def check_both(run, report):
    """Two ends of one connection that are both in the trace: one of them closed first, or both."""
    pairs = {}
    for end in run.ends.values():
        if end.flow is not None and end.states:
            pairs.setdefault(id(end.flow), []).append(end)
    for ends in pairs.values():
        passive = [e for e in ends if PASSIVE & {s.get("to") for _, s in e.states}]
        if len(passive) == 2:
            line = max(s[0] for e in passive for s in e.states)
            report(line, passive[0], "it and its peer have both waited for the other's FIN")
        waiting = [e for e in ends if "TIME_WAIT" in {s.get("to") for _, s in e.states}]
        if passive and waiting and passive[0] is waiting[0]:
            report(waiting[0].states[-1][0], waiting[0], "CLOSE_WAIT and TIME_WAIT of one end")
