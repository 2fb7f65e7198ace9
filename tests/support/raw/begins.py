"""How a connection begins."""

from tcp import ACK, FIN, PSH, RST, SYN, Connection


def simultaneous_open(host, port):
    """RFC 9293, figure 8: both SYNs cross."""
    c = host.asked()
    c.send(SYN)
    c.expect(SYN | ACK)
    c.send(SYN | ACK, seq=c.next - 1)
    c.send(PSH | ACK, b"hello")
    c.close()


def reset_in_syn_rcvd(host, port):
    """Both SYNs cross, and then there is a RST."""
    c = host.asked()
    c.send(SYN)
    c.expect(SYN | ACK)
    c.send(RST)


def refused(host, port):
    c = host.asked()
    c.send(RST | ACK, seq=0)


def wrong_ack(host, port):
    """A SYN,ACK for another SYN is answered by a RST; the right one makes the connection."""
    c = host.asked()
    c.send(SYN | ACK, seq=500, ack=c.ack + 76)
    c.expect(RST)
    c.send(SYN | ACK)
    c.expect(ACK)
    c.send(PSH | ACK, b"hello")
    c.close()


def old_syn(host, port):
    """RFC 9293, figure 9: an old SYN arrives first. For a server."""
    old = host_call(host, port, first=90)
    old.send(RST, seq=91)
    c = host.connect(port, first=100)
    c.send(PSH | ACK, b"hello")
    c.take(2)
    c.send(FIN | ACK)
    c.take_fin()


def reset_before_accept(host, port):
    """A RST in SYN_RCVD; then the same client with another SYN. For a server."""
    old = host_call(host, port, first=3_000_000)
    old.send(RST)
    c = host.connect(port, first=7_000_000)
    c.send(PSH | ACK, b"hello")
    c.take(2)
    c.send(FIN | ACK)
    c.take_fin()


def host_call(host, port, first):
    """A SYN, and the SYN,ACK that answers it."""
    c = Connection(host, 40000, port, None, first=first)
    c.send(SYN)
    c.expect(SYN | ACK)
    return c
