"""Compares Node's events with each other, with the calls and with the segments."""

from flow import LATER

CLOSES = ("destroy", "destroySoon", "resetAndDestroy")


def check(end, report):
    check_counts(end, report)
    if end.flow is None or not end.flow.whole:
        return
    ours, theirs = end.flow.sides[end.local], end.flow.other(end.local)
    for line, record in end.events:
        name, t = record["event"], record["t"]
        if name == "connect" and not end.fast_open and max(theirs.syn, theirs.acked_by(1)) > t:
            report(line, end, "`connect` before the peer had answered our SYN")
        if name == "data" and record["bytesRead"] + 1 > theirs.sent_by(t):
            report(line, end, f"bytesRead is {record['bytesRead']}, more than the peer had sent")
        if name == "end":
            check_end(end, line, record, theirs, report)
        if name == "error":
            check_error(end, line, record, theirs, report)
        if name == "finish":
            check_finish(end, line, record, ours, report)
        if name == "close":
            check_close(end, line, record, ours, theirs, report)


def check_counts(end, report):
    """A total in one record is the sum of the parts in others."""
    read = 0
    for line, record in end.events:
        if record["event"] == "data":
            read += record["bytes"]
        if "bytesRead" in record and record["bytesRead"] != read:
            report(line, end, f"bytesRead is {record['bytesRead']}, but the data events have {read}")
            read = record["bytesRead"]
    for line, record in end.events:
        if "bytesWritten" in record and end.calls:
            written = end.written_before(line)
            if record["bytesWritten"] > written:
                report(line, end, f"bytesWritten is {record['bytesWritten']} of {written}")


def check_end(end, line, record, theirs, report):
    if theirs.fin > record["t"]:
        report(line, end, "`end`, but the peer's FIN had not gone by")
    elif theirs.fin_number is not None and record["bytesRead"] + 2 != theirs.fin_number:
        count = theirs.fin_number - 2
        report(line, end, f"`end` after {record['bytesRead']} bytes, but the peer's FIN has {count} before it")


def check_error(end, line, record, theirs, report):
    error = record["error"]
    reset = any(t <= record["t"] for t, _, _ in theirs.resets)
    if error.get("code") == "ECONNRESET" and not reset:
        report(line, end, "ECONNRESET, but the peer had sent no RST")
    if error.get("code") == "ECONNREFUSED" and theirs.acked_by(1) < record["t"] and not reset:
        report(line, end, "ECONNREFUSED, but the peer had answered")


def check_finish(end, line, record, ours, report):
    """Its FIN follows all written bytes, if they were sent and none were discarded."""
    close = end.event("close")
    if ours.fin_number is None or (close and close[1].get("unsent")):
        return
    if end.inherited:
        return
    if record["bytesWritten"] + 2 != ours.fin_number:
        count = ours.fin_number - 2
        report(line, end, f"`finish` after {record['bytesWritten']} bytes, but our FIN has {count} before it")


def check_close(end, line, record, ours, theirs, report):
    """A reset is never reported as an orderly end."""
    if record["hadError"] or not theirs.resets:
        return
    t = theirs.resets[0][0]
    call = end.called(*CLOSES)
    if t > record["t"] or (call is not None and call[1]["t"] <= t):
        return
    ended, finished = end.event("end"), end.event("finish")
    both = max(ended[1]["t"], min(finished[1]["t"], ours.fin_sent)) if ended and finished else LATER
    if both > t and acceptable(end, theirs):
        report(line, end, "closed in good order, though a RST had come before")


def acceptable(end, theirs):
    """Whether the first RST has the number that this end waits for (RFC 9293, 3.5.3)."""
    t, number, _ = theirs.resets[0]
    return number == theirs.sent_by(t)
