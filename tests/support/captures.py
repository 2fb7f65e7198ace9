#!/usr/bin/env python3
"""captures.py FOLDER   writes captures of every kind that `tcpkit read` has to understand

Each NAME.pcap or NAME.pcapng has a line in FOLDER/expected: its name, and of each connection
OUTCOME:FIRST:BY:WHY as its `summary` has to say them ("-": null).
"""

import os
import struct
import sys

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ETHERNET, NULL, RAW, SLL, SLL2 = 1, 0, 101, 113, 276
MSS = b"\x02\x04\x05\xb4"
SCALE = b"\x03\x03\x07\x01"
PADDED_STAMPS = b"\x01\x01\x08\x0a"


class End:
    """One end of a connection; what it sends moves its sequence number."""

    def __init__(self, ip, port, seq):
        self.ip, self.port, self.seq, self.peer, self.window = ip, port, seq, None, 500

    def __call__(self, flags, data=b"", ack=None, seq=None, options=b"", window=None):
        number = self.seq if seq is None else seq % 2**32
        if flags & ACK:
            acked = self.peer.seq if ack is None else ack % 2**32
        else:
            acked = 0
        if seq is None and not flags & RST:
            self.seq = (self.seq + len(data) + (1 if flags & (SYN | FIN) else 0)) % 2**32
        options += b"\x00" * (-len(options) % 4)
        header = struct.pack(
            "!HHIIBBHHH", self.port, self.peer.port, number, acked, (20 + len(options)) * 4 & 0xF0,
            flags, self.window if window is None else window, 0, 0,
        )  # fmt: skip
        return self.ip, self.peer.ip, header + options + data


def ends(client_port=40000, server_port=80, v6=False, seqs=(1000, 90000)):
    hosts = ("2001:db8::1", "2001:db8::2") if v6 else ("10.0.0.1", "10.0.0.2")
    client, server = End(hosts[0], client_port, seqs[0]), End(hosts[1], server_port, seqs[1])
    client.peer, server.peer = server, client
    return client, server


def handshake(client, server):
    return [client(SYN, options=MSS + SCALE), server(SYN | ACK, options=MSS + SCALE), client(ACK)]


def closing(first, second):
    return [first(FIN | ACK), second(ACK), second(FIN | ACK), first(ACK)]


def packet(segment, ident, extension=b""):
    source, target, tcp = segment
    if ":" not in source:
        address = [bytes(map(int, host.split("."))) for host in (source, target)]
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), ident, 0x4000, 64, 6, 0) + b"".join(address) + tcp

    def number(host):
        head, tail = host.split("::")
        head = [int(word, 16) for word in head.split(":")]
        return struct.pack("!8H", *head, *[0] * (7 - len(head)), int(tail, 16))

    kind = extension[0] if extension else 6
    body = extension[1:] + tcp
    return struct.pack("!IHBB", 0x60000000, len(body), kind, 64) + number(source) + number(target) + body


def frame(link, ip, tag=b"", interface=1):
    kind = b"\x86\xdd" if ip[0] >> 4 == 6 else b"\x08\x00"
    if link == ETHERNET:
        return b"\x02" * 6 + b"\x04" * 6 + tag + kind + ip
    if link == NULL:
        return struct.pack("<I", 2 if kind == b"\x08\x00" else 24) + ip
    if link == SLL:
        return struct.pack("!HHH8s", 0, 1, 6, b"\x04" * 8) + tag + kind + ip
    if link == SLL2:
        return kind + struct.pack("!HIHBB8s", 0, interface, 1, 0, 6, b"\x04" * 8) + ip
    return ip


class Captures:
    def __init__(self, folder):
        self.folder = folder
        self.expected = open(os.path.join(folder, "expected"), "w")

    def times(self, segments, step):
        """A segment, or (pause in seconds, segment)."""
        at = 1_700_000_000_000_000_000
        for ident, segment in enumerate(segments, 1):
            pause, one = segment if isinstance(segment[0], (int, float)) else (step, segment)
            at += int(pause * 1e9)
            yield ident, at, one

    def write(self, name, segments, expected, link=ETHERNET, nano=False, snap=262144, step=0.001,
              tag=b"", extension=b"", cut=0, twice=False):  # fmt: skip
        out = struct.pack("<IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)
        for ident, at, segment in self.times(segments, step):
            ip = packet(segment, ident, extension)
            for interface in (1, 2) if twice else (1,):
                whole = frame(link, ip, tag, interface)
                kept = whole[:snap]
                part = at % 10**9 // (1 if nano else 1000)
                out += struct.pack("<IIII", at // 10**9, part, len(kept), len(whole)) + kept
        self.put(name + ".pcap", out[: len(out) - cut], expected)

    def write_ng(self, name, segments, expected, links=(ETHERNET, ETHERNET)):
        def block(kind, body):
            body += b"\x00" * (-len(body) % 4)
            size = struct.pack("<I", len(body) + 12)
            return struct.pack("<I", kind) + size + body + size

        out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        for link in links:
            nanoseconds = struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HH", 0, 0)
            out += block(1, struct.pack("<HHI", link, 0, 65535) + nanoseconds)
        for ident, at, segment in self.times(segments, 0.001):
            interface = ident % len(links)
            whole = frame(links[interface], packet(segment, ident))
            size = len(whole)
            out += block(6, struct.pack("<IIIII", interface, at >> 32, at & 0xFFFFFFFF, size, size) + whole)
        self.put(name + ".pcapng", out, expected)

    def put(self, name, out, expected):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(out)
        print(name, *expected, file=self.expected)


def write_all(to):
    ok_client, ok_server = "ok:client:FIN:-", "ok:server:FIN:-"

    def talk(c, s):
        return [c(PSH | ACK, b"question"), s(ACK), s(PSH | ACK, b"answer, longer"), c(ACK)]

    def orderly(*args, **more):
        c, s = ends(*args, **more)
        return handshake(c, s) + talk(c, s) + closing(c, s)

    to.write("orderly", orderly(), [ok_client])

    c, s = ends()
    to.write("server-first", handshake(c, s) + talk(c, s) + closing(s, c), [ok_server])

    c, s = ends()
    handshake(c, s)
    to.write("no-handshake", talk(c, s) + closing(c, s), [ok_client])

    c, s = ends()
    whole = handshake(c, s) + talk(c, s) + closing(c, s)
    to.write("syn-missing", whole[1:], [ok_client])

    c, s = ends()
    whole = handshake(c, s) + [c(PSH | ACK, b"x" * 100) for _ in range(8)] + [s(ACK)]
    whole += [s(PSH | ACK, b"y" * 100) for _ in range(4)] + [c(ACK)] + closing(c, s)
    to.write("holes", [one for n, one in enumerate(whole) if n not in (5, 6, 13)], [ok_client])

    c, s = ends()
    whole = handshake(c, s) + talk(c, s) + closing(c, s)
    del whole[7]  # the client's FIN
    to.write("fin-missing", whole, [ok_client])

    reused = orderly() + orderly(seqs=(700_000, 4_000_000)) + orderly(seqs=(2_000_000_000, 77))
    to.write("port-reuse", reused, [ok_client] * 3)

    c, s = ends()
    to.write("refused", [c(SYN), s(RST | ACK, seq=0)], ["refused:server:RST:closed_port"])

    c, s = ends()
    syn = c(SYN, options=MSS)
    to.write("silent", [syn, (1, syn), (2, syn)], ["timeout:-:-:-"])

    c, s = ends()
    to.write("abort", handshake(c, s) + talk(c, s) + [c(RST | ACK)], ["reset:client:RST:abort"])

    c, s = ends()
    whole = handshake(c, s) + talk(c, s) + [s(FIN | ACK), c(ACK), c(PSH | ACK, b"more")]
    whole += [s(RST, seq=s.seq)]
    to.write("data-after-close", whole, ["reset:server:RST:data_after_close"])

    c, s = ends()
    whole = handshake(c, s) + talk(c, s) + [(600, c(PSH | ACK, b"anybody?")), s(RST, seq=s.seq)]
    to.write("half-open", whole, ["reset:server:RST:half-open"])

    c, s = ends()
    whole = handshake(c, s) + talk(c, s)
    whole += [(60, s(ACK, seq=s.seq - 1)), (1, s(ACK, seq=s.seq - 1)), (1, s(ACK, seq=s.seq - 1))]
    whole += [(1, s(RST | ACK))]
    to.write("keepalive-dead", whole, ["reset:server:RST:keepalive"])

    c, s = ends()
    whole = handshake(c, s) + talk(c, s)
    for _ in range(3):
        whole += [(60, s(ACK, seq=s.seq - 1)), c(ACK)]
    to.write("keepalive", whole + closing(c, s), [ok_client])

    c, s = ends()
    whole = handshake(c, s)
    data = c(PSH | ACK, b"z" * 50)
    to.write("retransmission", whole + [data, (0.3, data), s(ACK)] + closing(c, s), [ok_client])

    c, s = ends()
    whole = handshake(c, s)
    sent = [c(ACK, b"%d" % n * 1000) for n in range(6)]
    lost = s.peer.seq - 5000
    whole += [sent[0], s(ACK, ack=lost)] + sent[2:6] + [s(ACK, ack=lost)] * 4
    to.write("fast-retransmission", whole + [sent[1], s(ACK)] + closing(c, s), [ok_client])

    c, s = ends()
    whole = handshake(c, s) + [c(PSH | ACK, b"w" * 400), s(ACK, window=0)]
    for _ in range(3):
        whole += [(0.5, c(ACK, seq=c.seq - 1)), s(ACK, window=0)]
    whole += [s(ACK, window=500), c(PSH | ACK, b"w" * 100), s(ACK)]
    to.write("zero-window", whole + closing(c, s), [ok_client])

    c, s = ends()
    whole = handshake(c, s) + talk(c, s)
    before = (c.seq, s.seq)
    whole += [c(FIN | ACK, ack=before[1]), s(FIN | ACK, ack=before[0])]
    to.write("simultaneous-close", whole + [c(ACK), s(ACK)], ["ok:-:FIN:-"])

    c, s = ends()
    whole = [c(SYN), s(SYN)]
    whole += [c(SYN | ACK, seq=c.seq - 1), s(SYN | ACK, seq=s.seq - 1), c(ACK), s(ACK)]
    to.write("simultaneous-open", whole + closing(c, s), [ok_client])

    c, s = ends()
    cookie = b"\x22\x0a" + b"\xab" * 8
    whole = [c(SYN, b"early data", options=MSS + cookie), s(SYN | ACK), c(ACK)]
    to.write("fast-open", whole + [s(PSH | ACK, b"reply"), c(ACK)] + closing(s, c), [ok_server])

    # Hop-by-hop options, then destination options.
    extension = b"\x00" + b"\x3c\x00\x01\x04\x00\x00\x00\x00" + b"\x06\x00\x01\x04\x00\x00\x00\x00"
    to.write("ipv6", orderly(v6=True), [ok_client], extension=extension)
    to.write("vlan", orderly(), [ok_client], tag=b"\x88\xa8\x00\x05\x81\x00\x00\x07")
    to.write("sll", orderly(), [ok_client], link=SLL)
    to.write("sll-vlan", orderly(), [ok_client], link=SLL, tag=b"\x81\x00\x00\x07")
    to.write("sll2", orderly(), [ok_client], link=SLL2)
    to.write("null", orderly(), [ok_client], link=NULL)
    to.write("raw", orderly(), [ok_client], link=RAW)
    to.write("nanoseconds", orderly(), [ok_client], nano=True, step=0.000000123)
    to.write_ng("two-interfaces", orderly(), [ok_client])
    to.write("snaplen", orderly(), [ok_client], snap=64)
    to.write("wraps", orderly(seqs=(2**32 - 3, 2**32 - 8)), [ok_client])
    to.write("many", sum((orderly(port) for port in range(40000, 40050)), []), [ok_client] * 50)

    to.expected.close()
    # These are not whole, or not for everybody.
    to.expected = open(os.devnull, "w")
    to.write("cut", orderly(), [], cut=10)
    to.write("any-twice", orderly(), [], link=SLL2, twice=True)
    to.write("unknown-link", orderly(), [], link=105)
    to.write_ng("two-links", orderly(), [], links=(ETHERNET, RAW))
    to.write("empty", [], [])


write_all(Captures(sys.argv[1]))
