"""Reads a JSON trace: the ends that it reports, and the segments of each end."""

import json
from bisect import bisect_left

from flow import Flow


class NoTrace(Exception):
    """The file has a line that is not a record."""


class End:
    """The records of one end of one connection as (line, record), by layer."""

    def __init__(self, actor, role, conn):
        self.actor, self.role, self.conn = actor, role, conn
        self.calls, self.events, self.states, self.kernel = [], [], [], []
        self.local = self.remote = None  # "ip:port" of the connection that was made
        self.opened = None  # when: t
        self.made_at = None  # the line that reports it
        self.flow = None  # its segments, if they were captured
        self.written = [0]  # by all calls of write so far
        self.written_at = [0]  # the lines of these

    @property
    def who(self):
        name = f"{self.role} {self.conn}"
        return f"{self.actor}: {name}" if self.actor else name

    @property
    def inherited(self):
        """Whether the connection existed before we got it: its history is unknown."""
        begun = self.states[0][1]["from"] if self.states else "CLOSED"
        return self.role == "client" and (begun is None or not self.called("connect"))

    @property
    def fast_open(self):
        """With TCP Fast Open the connection exists before the SYN, which is sent with the data."""
        return any(c.get("option") == "TCP_FASTOPEN_CONNECT" for _, c in self.calls)

    def call(self, line, record):
        self.calls.append((line, record))
        if record["event"] == "write":
            self.written.append(self.written[-1] + record["bytes"])
            self.written_at.append(line)

    def written_before(self, line):
        return self.written[bisect_left(self.written_at, line) - 1]

    def called(self, *names):
        """The first call of one of these names, as (line, record); else None."""
        return next((c for c in self.calls if c[1]["event"] in names), None)

    def event(self, *names):
        """The first event of one of these names, as (line, record); else None."""
        return next((e for e in self.events if e[1]["event"] in names), None)


class Run:
    """One run of the program."""

    def __init__(self):
        self.records = []  # (line, record)
        self.ends = {}  # by (actor, role, conn)
        self.flows = {}  # by (actor, role, conn), of each a list: a client has several attempts
        self.layers = set()
        self.kept_all = True  # no note reports that segments are missing
        self.of_capture = False  # of `read`: both ends of a connection have its number

    def reporter(self, found):
        def report(line, who, text):
            found.append((line, who.who if isinstance(who, End) else who, text))

        return report

    def add(self, line, record):
        self.records.append((line, record))
        layer, role, conn = record.get("layer"), record.get("role"), record.get("conn")
        self.layers.add(layer)
        if layer == "note":
            self.of_capture |= record.get("event") == "run" and record.get("command") == "read"
            self.kept_all &= "too fast to be captured" not in str(record.get("text"))
            return
        if conn is None:
            return
        if role == "listener":
            # `connection` has the number of the connection that it made.
            if record.get("event") == "connection":
                self.made(self.end(record, "server"), line, record)
            return
        if layer == "wire":
            self.segment(line, record)
            return
        end = self.end(record, role)
        if layer == "call":
            end.call(line, record)
        elif layer == "event":
            end.events.append((line, record))
            if record["event"] == "connect":
                self.made(end, line, record)
        elif layer == "kernel":
            (end.states if record["event"] == "state" else end.kernel).append((line, record))

    def end(self, record, role):
        key = (record.get("actor"), role, record["conn"])
        if key not in self.ends:
            self.ends[key] = End(*key)
        return self.ends[key]

    @staticmethod
    def made(end, line, record):
        end.opened, end.made_at = record["t"], line
        end.local = host_port(record.get("localAddress"), record.get("localPort"))
        end.remote = host_port(record.get("remoteAddress"), record.get("remotePort"))

    def segment(self, line, record):
        flows = self.flows.setdefault((record.get("actor"), record.get("role"), record["conn"]), [])
        ends = frozenset((normal(record["src"]), normal(record["dst"])))
        flow = next((f for f in flows if f.ends == ends), None)
        if flow is None:
            flow = Flow(ends)
            flows.append(flow)
        flow.add(line, record, normal(record["src"]))

    def finish(self):
        """Gives each end its segments. If both ends are the program's, only the client gets them."""
        by_ends = {}
        for flows in self.flows.values():
            for flow in flows:
                flow.finish(self.kept_all)
                by_ends.setdefault(flow.ends, []).append(flow)
        for key, end in self.ends.items():
            if not end.local or not end.remote:
                continue
            ends = frozenset((end.local, end.remote))
            own = [f for f in self.flows.get(key, []) if f.ends == ends]
            others = [f for f in by_ends.get(ends, []) if f.began <= end.opened]
            end.flow = (own or others[-1:] or [None])[0]


def normal(text):
    """HOST:PORT as "ip:port": without brackets and zone, mapped addresses as IPv4."""
    host, _, port = text.rpartition(":")
    return host_port(host.strip("[]"), port)


def host_port(host, port):
    if host is None or port is None:
        return None
    host = host.partition("%")[0]
    if host.startswith("::ffff:") and "." in host:
        host = host[len("::ffff:") :]
    return f"{host}:{port}"


def read(lines):
    """The runs of a file: one, or several if they were appended."""
    run = None
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            if record["seq"] == 1 or run is None:
                done, run = run, Run()
                if done is not None:
                    done.finish()
                    yield done
            record["t"] + 0  # a number
            run.add(number, record)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NoTrace(f"line {number} is no record of a trace") from None
    if run is None:
        raise NoTrace("it is empty")
    run.finish()
    yield run
