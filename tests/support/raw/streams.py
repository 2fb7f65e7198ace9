"""Windows, probes and holes of a connection that is open."""

import time

from tcp import ACK, FIN, PSH, RST


def zero_window(host, _port):
    """A window that closes, stays closed for two probes, and opens."""
    c = host.accept(window=1000)
    c.window = 0
    c.take(1000)
    for _ in range(2):
        c.any("a probe", lambda s: s.seq == c.ack - 1 and not s.data)
        c.send(ACK)
    c.window = 60000
    c.send(ACK)
    c.take(9000)
    c.close()


def window_shrinks(host, _port):
    """The right edge of the window moves to the left (RFC 9293, 3.8.6)."""
    c = host.accept(window=8000)
    first = c.any("data", lambda s: s.data and s.seq == c.ack)
    c.any("more", lambda s: s.seq == c.ack + 2 * len(first.data))
    c.ack += len(first.data)
    c.send(ACK, window=500)
    c.send(ACK, window=0)
    c.any("a probe or what was sent before", lambda s: True)
    c.window = 60000
    c.send(ACK)
    c.take(20000 - len(first.data))
    c.close()


def keep_alive_answered(host, _port):
    """Two probes of the kernel are answered."""
    c = host.accept()
    c.send(PSH | ACK, b"hello")
    for _ in range(2):
        c.any("a probe", lambda s: s.seq == c.ack - 1 and not s.data)
        c.send(ACK)
    c.close()


def keep_alive_unanswered(host, _port):
    c = host.accept()
    c.send(PSH | ACK, b"hello")
    for _ in range(2):
        c.any("a probe", lambda s: s.seq == c.ack - 1 and not s.data)
    c.expect(RST)


def keep_alive_of_the_peer(host, _port):
    """Probes of the peer, without data and with one byte."""
    c = host.accept()
    c.send(PSH | ACK, b"hello")
    c.take(2)
    for data in (b"", b"", b"o"):
        # The kernel answers such segments twice a second at most.
        time.sleep(0.6)
        c.send(ACK, data, seq=c.next - 1)
        c.answer(c.next)
    c.send(FIN | ACK)
    c.take_fin()


def hole(host, _port):
    """Data that overtakes other data, without SACK and timestamps."""
    overtake(host.accept())


def hole_with_sack(host, _port):
    """Likewise, with both."""
    overtake(host.accept(stamps=True, sack=True))


def overtake(c):
    c.take(2)
    c.send(PSH | ACK, b"world", seq=c.next + 5)
    gap = c.answer(c.next)
    if gap.sack() != c.sack:
        raise AssertionError("SACK blocks")
    c.send(PSH | ACK, b"hello", late=2)
    c.next += 5
    c.answer(c.next)
    c.close()


def fast_retransmission(host, _port):
    """The first segment is lost, and three ACKs ask for it."""
    lose_first(host.accept())


def fast_retransmission_with_sack(host, _port):
    lose_first(host.accept(stamps=True, sack=True))


def lose_first(c):
    first = c.any("data", lambda s: s.data)
    behind = first.end
    for _ in range(4):  # the first of them counts as an update of the window
        more = c.any("more data", lambda s: s.data and s.seq == behind)
        block = struct_sack(first.end, more.end) if c.sack else b""
        behind = more.end
        c.send(ACK, options=block)
    c.any("the first again", lambda s: s.seq == first.seq)
    c.ack = behind
    c.send(ACK)
    c.take(10000 - (behind - first.seq) % 2**32)
    c.close()


def struct_sack(first, end):
    return b"\x01\x01\x05\x0a" + first.to_bytes(4, "big") + end.to_bytes(4, "big")
