"""What a peer sends that the kernel refuses."""

from tcp import ACK, FIN, PSH, RST, SYN

FAR = 10_000_000  # beyond any window


def half_open_data(host, _port):
    """RFC 9293, figure 11: the peer knows nothing of the connection, and answers data by RST."""
    c = host.accept()
    c.send(PSH | ACK, b"hello")
    data = c.any("data", lambda s: s.data)
    c.send(RST, seq=data.ack)


def half_open_syn(host, _port):
    """RFC 9293, figure 10: the peer has restarted, and sends a SYN."""
    c = host.accept()
    c.send(PSH | ACK, b"hello")
    c.take(2)
    c.send(SYN, seq=400)
    challenge = c.answer()
    c.send(RST, seq=challenge.ack)


def challenge(host, _port):
    """A RST and a SYN with other numbers than the next are refused; the connection lives."""
    c = host.accept()
    c.send(PSH | ACK, b"one")
    c.take(2)
    c.send(RST, seq=c.next + 5)
    c.answer(c.next)
    c.send(SYN, seq=c.next)
    c.send(RST, seq=c.next - 100_000)
    c.send(PSH | ACK, b"two")
    c.take(2)
    c.send(FIN | ACK)
    c.take_fin()


def out_of_window(host, _port):
    """Data and a FIN beyond the window, and data from before it."""
    c = host.accept()
    c.send(PSH | ACK, b"one")
    c.take(2)
    c.send(PSH | ACK, b"far", seq=c.next + FAR)
    c.send(FIN | ACK, seq=c.next + FAR)
    c.send(PSH | ACK, b"one", seq=c.next - 3)
    c.answer(c.next)
    c.send(PSH | ACK, b"two")
    c.take(2)
    c.send(FIN | ACK)
    c.take_fin()


def ack_of_nothing(host, _port):
    """An ACK of what was never sent."""
    c = host.accept()
    c.send(PSH | ACK, b"one")
    c.take(2)
    c.send(PSH | ACK, b"bad", seq=c.next, ack=c.ack + FAR)
    c.answer(c.next)
    c.send(PSH | ACK, b"two")
    c.take(2)
    c.send(FIN | ACK)
    c.take_fin()
