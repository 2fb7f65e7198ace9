"""A host of its own behind a TUN device that plays TCP by hand, segment by segment.

The kernel's end is 10.8.0.1 or fd08::1, the host 10.8.0.2 or fd08::2: it owns every port, and
answers nothing but what a caller sends. Needs CAP_NET_ADMIN over the network namespace.
"""

import fcntl
import ipaddress
import os
import select
import struct
import subprocess
import time

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
LIMIT = 20  # seconds; nothing takes that long unless something is wrong
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 1, 0x1000
TCP = 6
NAMES = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (ACK, "ACK"), (URG, "URG"))


def words(flags):
    return " ".join(name for flag, name in NAMES if flags & flag) or "no flag"


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Segment:
    """One that the kernel sent. `end`: the number after its last byte, SYN or FIN."""

    def __init__(self, source, packet):
        self.source = source
        ports = struct.unpack("!HHIIBBH", packet[:16])
        self.from_port, self.to_port, self.seq, self.ack, offset, self.flags, self.window = ports
        head = (offset >> 4) * 4
        self.options, self.data = packet[20:head], packet[head:]
        control = bool(self.flags & SYN) + bool(self.flags & FIN)
        self.end = (self.seq + len(self.data) + control) % 2**32

    def stamp(self):
        """TSval, if it has one."""
        at = 0
        while at < len(self.options) and self.options[at] != 0:
            if self.options[at] == 1:
                at += 1
                continue
            if self.options[at] == 8:
                return struct.unpack("!I", self.options[at + 2 : at + 6])[0]
            at += max(2, self.options[at + 1])
        return None

    def sack(self):
        """Whether it has SACK blocks."""
        return b"\x05\x0a" in self.options or b"\x05\x12" in self.options


class Host:
    def __init__(self, version=4):
        own, kernel, bits = ("10.8.0.2", "10.8.0.1", 24) if version == 4 else ("fd08::2", "fd08::1", 64)
        self.own = ipaddress.ip_address(own).packed
        self.kernel = ipaddress.ip_address(kernel).packed
        self.sent = 0
        self.tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH", b"raw", IFF_TUN | IFF_NO_PI))
        nodad = ["nodad"] if version == 6 else []
        for command in (
            ["addr", "add", f"{kernel}/{bits}", "dev", "raw", *nodad],
            ["link", "set", "raw", "up"],
        ):
            subprocess.run(["ip", *command], check=True)

    def send(self, from_port, to_port, seq, ack, flags, data, window, options):
        options += b"\0" * (-len(options) % 4)
        head = struct.pack("!HHII", from_port, to_port, seq % 2**32, ack % 2**32)
        head += struct.pack("!BBHHH", (20 + len(options)) // 4 << 4, flags, window, 0, 0)
        segment = head + options + data
        sum_ = checksum(self.own + self.kernel + struct.pack("!II", len(segment), TCP) + segment)
        segment = segment[:16] + struct.pack("!H", sum_) + segment[18:]
        os.write(self.tun, self.header(len(segment)) + segment)

    def header(self, size):
        if len(self.own) == 16:
            return struct.pack("!IHBB", 6 << 28, size, TCP, 64) + self.own + self.kernel
        self.sent += 1
        first = struct.pack("!BBHHHBB", 0x45, 0, 20 + size, self.sent, 0, 64, TCP)
        sum_ = checksum(first + b"\0\0" + self.own + self.kernel)
        return first + struct.pack("!H", sum_) + self.own + self.kernel

    def receive(self, limit):
        """The next segment; None if none comes within so many seconds."""
        end = time.monotonic() + limit
        while select.select([self.tun], [], [], max(0, end - time.monotonic()))[0]:
            packet = os.read(self.tun, 65536)
            if packet[0] >> 4 == 4 and packet[9] == TCP:
                size = struct.unpack("!H", packet[2:4])[0]
                return Segment(packet[12:16], packet[(packet[0] & 15) * 4 : size])
            if packet[0] >> 4 == 6 and packet[6] == TCP:
                return Segment(packet[8:24], packet[40:])
        return None

    def asked(self, **how):
        """Waits for a SYN: the connection that it asks for, to which nothing was answered."""
        while (segment := self.receive(LIMIT)) is not None:
            if segment.flags & SYN and not segment.flags & ACK:
                return Connection(self, segment.to_port, segment.from_port, segment, **how)
        raise TimeoutError("no SYN came")

    def accept(self, **how):
        connection = self.asked(**how)
        connection.send(SYN | ACK)
        connection.expect(ACK)
        return connection

    def connect(self, port, own_port=40000, **how):
        connection = Connection(self, own_port, port, None, **how)
        connection.send(SYN)
        connection.expect(SYN | ACK)
        connection.send(ACK)
        return connection


class Connection:
    """`next`: the number of what we send next; `ack`: of what we expect next."""

    def __init__(self, host, own_port, port, syn, first=1000, window=65535, stamps=False, sack=False):
        self.host, self.own_port, self.port = host, own_port, port
        self.next, self.ack, self.window = first, 0, window
        self.stamps, self.sack, self.clock, self.echo = stamps, sack, 100, 0
        self.fin = None  # the number of the kernel's FIN
        if syn is not None:
            self.note(syn)

    def note(self, segment):
        stamp = segment.stamp()
        if stamp is not None:
            self.echo = stamp
        if segment.flags & SYN:
            self.ack = segment.end
        if segment.flags & FIN:
            self.fin = (segment.end - 1) % 2**32

    def send(self, flags, data=b"", seq=None, ack=None, window=None, options=b"", late=0):
        """A segment; without `seq` it is the next, and what it carries counts as sent. `late`: by
        its timestamp it was sent before so many others."""
        if flags & SYN:
            options += b"\x02\x04\x05\xb4" + (b"\x04\x02" if self.sack else b"")
        if self.stamps and not flags & RST:
            self.clock += 1
            options += b"\x01\x01\x08\x0a" + struct.pack("!II", self.clock - late, self.echo)
        self.host.send(
            self.own_port, self.port, self.next if seq is None else seq,
            (self.ack if ack is None else ack) if flags & ACK else 0,
            flags, data, self.window if window is None else window, options,
        )  # fmt: skip
        if seq is None:
            self.next += len(data) + bool(flags & SYN) + bool(flags & FIN)

    def any(self, what, condition, limit=LIMIT):
        """Waits for a segment for which it holds."""
        end = time.monotonic() + limit
        while (segment := self.host.receive(max(0, end - time.monotonic()))) is not None:
            if (segment.from_port, segment.to_port) != (self.port, self.own_port):
                continue
            self.note(segment)
            if condition(segment):
                return segment
        raise TimeoutError(f"{what} did not come")

    def expect(self, flags):
        """Waits for a segment with all these flags."""
        return self.any(words(flags), lambda s: s.flags & flags == flags)

    def answer(self, number=None):
        """Waits for a segment without data or control flag; `number`: that acknowledges this."""
        return self.any(
            "an ACK",
            lambda s: s.flags == ACK and not s.data and number in (None, s.ack),
        )

    def take(self, count):
        """Receives so many bytes in order, and acknowledges each segment."""
        got = b""
        while len(got) < count:
            segment = self.any(f"byte {len(got)} of {count}", lambda s: s.data and s.seq == self.ack)
            got += segment.data
            self.ack = (self.ack + len(segment.data)) % 2**32
            self.send(ACK)
        return got

    def take_fin(self):
        """Waits for the FIN that is due next, and acknowledges it."""
        self.await_fin()
        self.ack = (self.fin + 1) % 2**32
        self.send(ACK)

    def await_fin(self):
        if self.fin is None:
            self.expect(FIN)

    def close(self):
        """Our FIN after the kernel's, and its ACK."""
        self.take_fin()
        self.send(FIN | ACK)
        self.answer(self.next)
