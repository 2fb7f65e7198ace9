"""How a connection ends."""

from tcp import ACK, FIN, PSH, RST


def fin_with_data(host, _port):
    """Data and FIN in one segment, which is sent three times."""
    c = host.accept()
    c.take(2)
    c.send(FIN | PSH | ACK, b"last")
    c.answer(c.next)
    for _ in range(2):
        c.send(FIN | PSH | ACK, b"last", seq=c.next - 5)
        c.answer(c.next)
    c.take(3)
    c.take_fin()


def fin_before_data(host, _port):
    """The FIN overtakes the data before it."""
    c = host.accept()
    c.take(2)
    c.send(FIN | ACK, seq=c.next + 4)
    c.answer(c.next)
    c.send(PSH | ACK, b"last")
    c.next += 1
    c.answer(c.next)
    c.take_fin()


def lost_fin(host, _port):
    """The kernel's FIN is answered only when it was sent again."""
    c = host.accept()
    c.send(PSH | ACK, b"hello")
    c.expect(FIN)
    c.expect(FIN)
    c.close()


def simultaneous_close(host, _port):
    """RFC 9293, figure 13."""
    c = host.accept()
    c.send(PSH | ACK, b"hello")
    c.await_fin()
    c.send(FIN | ACK, ack=c.fin)
    c.answer(c.next)
    c.send(ACK, ack=c.fin + 1)


def data_in_fin_wait2(host, _port):
    """Data after the kernel's FIN, then a FIN."""
    c = host.accept()
    c.take_fin()
    for text in (b"one", b"two"):
        c.send(PSH | ACK, text)
        c.answer(c.next)
    c.send(FIN | ACK)
    c.answer(c.next)


def data_after_close(host, _port):
    """Nobody reads any more: the kernel answers data by RST."""
    c = host.accept()
    c.send(PSH | ACK, b"hello")
    c.take_fin()
    c.send(PSH | ACK, b"late")
    c.expect(RST)


def reset_with_data(host, _port):
    """Data, and a RST right after it."""
    c = host.accept()
    c.take(2)
    c.send(PSH | ACK, b"last")
    c.send(RST | ACK)


def fin_then_reset(host, _port):
    c = host.accept()
    c.take(2)
    c.send(FIN | PSH | ACK, b"last")
    c.send(RST | ACK)


def reset_in_fin_wait1(host, _port):
    c = host.accept()
    c.send(PSH | ACK, b"hello")
    c.expect(FIN)
    c.send(RST)


def reset_in_fin_wait2(host, _port):
    c = host.accept()
    c.send(PSH | ACK, b"hello")
    c.take_fin()
    c.send(RST)


def reset_in_last_ack(host, _port):
    """The kernel's FIN, after the peer's, is answered by RST."""
    c = host.accept()
    c.take(2)
    c.send(FIN | ACK)
    c.expect(FIN)
    c.send(RST)


def partial_ack_then_reset(host, _port):
    c = host.accept()
    c.any("data", lambda s: s.data)
    c.send(ACK, ack=c.ack + 3)
    c.send(RST | ACK)
