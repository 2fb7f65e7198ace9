"""The segments of one connection, with what other checks need of them."""

from bisect import bisect_left, bisect_right

LATER = float("inf")


class Direction:
    """The segments of one end. Numbers are relative, that of the SYN is 0, and they do not wrap."""

    def __init__(self):
        self.segments = []  # (line, record, number)
        self.high = 0  # after the last byte, SYN or FIN
        self.syn = LATER  # when its first SYN passed that was not lost
        self.syn_ack = LATER
        self.fin = LATER  # when its first FIN passed that was not lost
        self.fin_sent = LATER  # lost or not
        self.fin_number = None  # the number after it
        self.resets = []  # (t, number, line)
        self.resent = []  # (t, bytes) of segments labelled as retransmission
        self.acked = []  # rising, with the times at which they passed
        self.acked_at = []
        self.highs = []  # `high`, as it rose, with the times
        self.highs_at = []
        self.spans = []  # (first number, number after the last)
        self.ahead = []  # (line, number): its ACKs of bytes that the other end had not sent
        self.edge = None  # the number after the last byte that it has offered to receive

    def acked_by(self, number):
        """When this end's ACK of everything before `number` passed; LATER if none did."""
        at = bisect_left(self.acked, number)
        return self.acked_at[at] if at < len(self.acked) else LATER

    def sent_by(self, t):
        """The number after everything that this end had sent by then."""
        at = bisect_right(self.highs_at, t)
        return self.highs[at - 1] if at else 0

    def was_before(self, number, line):
        """Whether this end, after that line, had not sent that much: an ACK of it was refused."""
        control = {"SYN", "FIN", "RST"}
        return any(
            at > line and sent < number - 1 and not r["len"] and not control & set(r["flags"])
            for at, r, sent in self.segments
        )

    def holes(self, number):
        """Whether something before `number` was never seen."""
        behind = 0
        for first, last in sorted(self.spans):
            if first > behind:
                break
            behind = max(behind, last)
        return behind < number


class Flow:
    """Both directions."""

    def __init__(self, ends):
        self.ends = ends
        self.sides = {end: Direction() for end in ends}
        self.began = LATER
        self.first_line = 0
        self.whole = False  # nothing is missing
        self.hole = None  # what is missing, in words
        self.renumbered = False  # a SYN has restarted the numbers, and the connection went on

    def add(self, line, record, source):
        side = self.sides[source]
        other = self.other(source)
        t, flags, lost = record["t"], record["flags"], record.get("lost", False)
        if self.began == LATER:
            self.began, self.first_line = t, line
        if "SYN" in flags and "ACK" not in flags and side.high > 1:
            self.renumbered = True
        number = unwrap(record["tcpSeq"], side.high)
        space = record["len"] + ("SYN" in flags) + ("FIN" in flags)
        if other.edge is not None and number > other.edge:
            return  # beyond the window: refused
        side.segments.append((line, record, number))
        if "RST" in flags:
            if not lost:
                side.resets.append((t, number, line))
        elif space:
            side.spans.append((number, number + space))
            if number + space > side.high:
                side.high = number + space
                side.highs.append(side.high)
                side.highs_at.append(t)
        if "SYN" in flags and not lost:
            if "ACK" in flags:
                side.syn_ack = min(side.syn_ack, t)
            side.syn = min(side.syn, t)
        if "FIN" in flags:
            side.fin_number = number + space
            side.fin_sent = min(side.fin_sent, t)
            if not lost:
                side.fin = min(side.fin, t)
        # The SYN,ACK of a simultaneous open repeats our SYN, and the kernel does not count it.
        crossed = {"SYN", "ACK"} <= set(flags) and side.syn_ack == t and side.syn < t
        if record.get("label") == "retransmission" and not crossed:
            side.resent.append((t, record["len"]))
        if record["tcpAck"] is not None and "RST" not in flags:
            acked = unwrap(record["tcpAck"], other.high)
            if acked > other.high:
                side.ahead.append((line, acked))
            else:
                side.edge = max(acked + record["win"], side.edge or 0)
                if not lost and (not side.acked or acked > side.acked[-1]):
                    side.acked.append(acked)
                    side.acked_at.append(t)

    def finish(self, kept_all):
        for end, side in self.sides.items():
            other = self.other(end)
            for line, acked in other.ahead:
                if not self.hole and not side.was_before(acked, line):
                    self.hole = f"line {line} acknowledges what no segment carried"
            most = max(other.acked or [0])
            if not self.hole and side.holes(most):
                self.hole = "bytes that were acknowledged are in no segment"
        self.whole = kept_all and self.hole is None and not self.renumbered

    def gave_up(self, end, t):
        """Whether this end sent its FIN repeatedly, or its last one long ago."""
        fins = [r["t"] for _, r, _ in self.sides[end].segments if "FIN" in r["flags"]]
        return len(fins) > 2 or (fins and t - fins[-1] > 2)

    def other(self, end):
        return next((d for e, d in self.sides.items() if e != end), self.sides[end])


def unwrap(number, near):
    """The number that is `number` modulo 2^32 and closest to `near`."""
    return near + (number - near + 2**31) % 2**32 - 2**31
