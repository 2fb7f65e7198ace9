"""Compares acknowledgements, retransmissions and TCP_INFO with the calls and the segments."""

from flow import LATER

# TCP_INFO is read a little before or after a segment passes.
NEAR = 0.002


def check(end, report):
    acked = 0
    fin = None
    resent = 0
    counted = None
    whole = end.flow is not None and end.flow.whole
    ours = end.flow.sides[end.local] if whole else None
    theirs = end.flow.other(end.local) if whole else None
    for line, record in end.kernel:
        name, t = record["event"], record["t"]
        number = record.get("bytesAcked")
        if name in ("ack", "info") and number is not None:
            if number < acked:
                report(line, end, f"bytesAcked goes back from {acked} to {number}")
            acked = max(acked, number)
            check_written(end, line, number, report)
            if whole:
                check_acked(end, line, record, number, theirs, report)
        if name == "finAcked":
            if fin is not None:
                report(line, end, "finAcked twice")
            fin = line
            if whole:
                time = theirs.acked_by(ours.fin_number) if ours.fin_number else LATER
                if time > t:
                    report(line, end, "finAcked, but no ACK of the FIN went by" + later(time, t))
            check_fin_acked(end, line, acked, report)
        if name == "info" and whole:
            check_retransmits(end, line, record, ours, report)
        if name == "retransmit":
            resent += record.get("segments", 1)
        if name == "info":
            counted = check_counts(end, line, record, counted, resent, report)
        if name == "retransmit" and whole and not any(at <= t + NEAR for at, _ in ours.resent):
            report(line, end, "retransmit, but no segment was sent again")


def check_counts(end, line, record, first, resent, report):
    """Between the first info and a later one: what the retransmit records say. The first count."""
    if first is None:
        return record["retransmits"] - resent
    grown = record["retransmits"] - first
    if resent != grown:
        report(line, end, f"info counts {grown} retransmits more, retransmit records {resent}")
    return first


def later(time, t):
    return "" if time == LATER else f" until {(time - t) * 1e6:.0f} us later"


def check_written(end, line, number, report):
    """Never more than the kernel was given: the bytes that write() took until then."""
    if end.inherited or not end.calls:
        return
    written = end.written_before(line)
    if number > written:
        report(line, end, f"bytesAcked is {number}, but only {written} bytes were written")


def check_acked(end, line, record, number, theirs, report):
    time = theirs.acked_by(number + 1) if number else 0
    if time > record["t"]:
        report(line, end, f"bytesAcked is {number}, but no such ACK went by" + later(time, record["t"]))


def check_fin_acked(end, line, acked, report):
    """The FIN follows all data."""
    finish = end.event("finish")
    if finish is None or end.inherited:
        return
    close = end.event("close")
    unsent = close[1].get("unsent", 0) if close else 0
    whole = finish[1]["bytesWritten"] - unsent
    if any(r["event"] == "ack" for _, r in end.kernel) and acked < whole:
        report(line, end, f"finAcked, but of {whole} bytes only {acked} were acknowledged")


def check_retransmits(end, line, record, ours, report):
    """A segment that is split later is captured as one, so the kernel may count more."""
    mss = max(1, record.get("mss") or 1)
    before = [size for at, size in ours.resent if at < record["t"] - NEAR]
    about = [size for at, size in ours.resent if at < record["t"] + NEAR]
    most = sum(max(1, -(-size // mss)) for size in about)
    count = record["retransmits"]
    if not len(before) <= count <= most:
        seen = len(before) if count < len(before) else most
        report(line, end, f"info has {count} retransmits, but {seen} went by")
