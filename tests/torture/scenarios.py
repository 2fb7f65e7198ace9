"""The scenarios of tests/torture/run: the runs of tcpkit, and their peers."""

import dataclasses
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

# The sanitizers make system calls of their own, and LeakSanitizer cannot be traced: the optimised
# program if there is one.
TCPKIT = os.environ.get("TCPKIT_RELEASE") or os.environ.get(
    "TCPKIT", str(pathlib.Path(__file__).resolve().parents[2] / "build/dev/tcpkit"))
PATTERN = bytes(range(256)) * 4096  # 1 MiB


def payload(size, start=0):
    return PATTERN[start:start + size]


@dataclasses.dataclass
class Outcome:
    """How a run ended. `lost` is a sentence, empty if every byte arrived."""

    status: int = 0
    hung: bool = False
    stderr: str = ""
    lost: str = ""


class Peer(threading.Thread):
    """One connection from the other side: sends, closes its direction, and reads to the end."""

    def __init__(self, sends=b"", reads_first=False, address=None, path=None):
        super().__init__(daemon=True)
        self.sends, self.reads_first, self.address = sends, reads_first, address
        self.received, self.error, self.limit = b"", None, 10.0
        self.listener, self.stopped = None, False
        if address is None:
            family = socket.AF_UNIX if path else socket.AF_INET
            self.listener = socket.socket(family)
            self.listener.bind(str(path) if path else ("127.0.0.1", 0))
            self.listener.listen()
            self.port = None if path else self.listener.getsockname()[1]

    def run(self):
        connection = None
        try:
            if self.listener:
                connection = self.accept()
            else:
                connection = socket.create_connection(self.address, timeout=self.limit)
            connection.settimeout(self.limit)
            if self.reads_first:
                self.read(connection)
                self.send(connection)
            else:
                sender = threading.Thread(target=self.send, args=[connection], daemon=True)
                sender.start()
                self.read(connection)
                sender.join(self.limit)
        except OSError as error:
            self.error = self.error or error
        finally:
            if connection:
                connection.close()
            if self.listener:
                self.listener.close()

    def accept(self):
        end = time.monotonic() + self.limit
        self.listener.settimeout(0.05)
        while True:
            try:
                return self.listener.accept()[0]
            except TimeoutError:
                if self.stopped or time.monotonic() > end:
                    raise

    def send(self, connection):
        try:
            connection.sendall(self.sends)
            connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.error = self.error or error

    def read(self, connection):
        while block := connection.recv(65536):
            self.received += block

    def stop(self):
        """No client comes any more; one that has come is served."""
        self.stopped = True


class Run:
    """tcpkit in a folder of its own, with files or pipes as its stdin and stdout."""

    def __init__(self, prefix, folder, limit):
        self.prefix, self.folder, self.limit = prefix, folder, limit
        self.output, self.feeder, self.reader, self.process = b"", None, None, None
        self.outcome = Outcome()

    def start(self, *arguments, stdin=None, stdin_file=None, stdout_file=False):
        source = subprocess.PIPE if stdin is not None else subprocess.DEVNULL
        if stdin_file is not None:
            (self.folder / "stdin").write_bytes(stdin_file)
            source = open(self.folder / "stdin", "rb")
        target = open(self.folder / "stdout", "wb") if stdout_file else subprocess.PIPE
        self.stdout_file = stdout_file
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LISTEN_")}
        with open(self.folder / "stderr", "wb") as errors:
            self.process = subprocess.Popen(
                [*self.prefix, TCPKIT, *map(str, arguments)], stdin=source, stdout=target,
                stderr=errors, cwd=self.folder, env=environment)
        if stdin_file is not None:
            source.close()
        if stdout_file:
            target.close()
        else:
            self.reader = threading.Thread(target=self.read, daemon=True)
            self.reader.start()
        if stdin is not None:
            self.feeder = threading.Thread(target=self.feed, args=[stdin], daemon=True)
            self.feeder.start()

    def feed(self, data):
        try:
            with self.process.stdin as pipe:
                pipe.write(data)
        except OSError:
            pass  # it has ended: the received data is compared

    def read(self):
        self.output = self.process.stdout.read()

    def port(self):
        """The port of a server, or None if it ended."""
        end = time.monotonic() + self.limit
        file = self.folder / "port"
        while time.monotonic() < end and self.process.poll() is None:
            if file.exists():
                return int(file.read_text())
            time.sleep(0.01)
        return int(file.read_text()) if file.exists() else None

    def stop(self):
        try:
            self.process.send_signal(signal.SIGTERM)
        except ProcessLookupError:
            pass

    def finish(self, *peers):
        """Waits for the end of the program, then of its peers."""
        try:
            self.outcome.status = self.process.wait(self.limit)
        except subprocess.TimeoutExpired:
            self.outcome.hung = True
            self.process.kill()
            self.process.wait()
        for peer in peers:
            peer.stop()
            peer.join(self.limit)
        if self.feeder:
            self.feeder.join(self.limit)
        if self.reader:
            self.reader.join(self.limit)
            self.process.stdout.close()
        if self.stdout_file:
            self.output = (self.folder / "stdout").read_bytes()
        self.outcome.stderr = (self.folder / "stderr").read_text(errors="replace")
        return self.outcome

    def expect(self, what, got, wanted):
        if got != wanted and not self.outcome.lost:
            self.outcome.lost = f"{what}: {len(got)} of {len(wanted)} bytes arrived"


def client(run, peer, *arguments, received=None, **streams):
    """connect: stdin to the peer, and the peer's data to stdout."""
    peer.limit = run.limit
    peer.start()
    target = f"127.0.0.1:{peer.port}" if peer.port else run.folder / "socket"
    run.start("connect", target, *arguments, **streams)
    outcome = run.finish(peer)
    sent = received if received is not None else streams.get("stdin") or streams.get("stdin_file")
    run.expect("to the peer", peer.received, sent or b"")
    run.expect("to stdout", run.output, peer.sends)
    return outcome


def pipe_to_socket(run):
    return client(run, Peer(), stdin=payload(300000))


def file_to_socket(run):
    return client(run, Peer(), stdin_file=payload(300000))


def socket_to_file(run):
    return client(run, Peer(payload(300000)), stdout_file=True)


def socket_to_pipe(run):
    return client(run, Peer(payload(300000)))


def traced_answer(run):
    return client(run, Peer(payload(200000), reads_first=True), "--trace=json", "--trace-file",
                  "trace", "--layers", "call,event,kernel", stdin=payload(100000, 7),
                  stdout_file=True)


def half_open(run):
    return client(run, Peer(payload(100000), reads_first=True), "--allow-half-open",
                  stdin=payload(100000, 7))


def send_option(run):
    return client(run, Peer(payload(5000), reads_first=True), "--send", "hello",
                  received=b"hello")


def unix_socket(run):
    return client(run, Peer(payload(100000), reads_first=True, path=run.folder / "socket"),
                  stdin=payload(100000, 7))


def steps(run):
    size = 100000
    pattern = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    return client(run, Peer(payload(50000), reads_first=True), "--allow-half-open",
                  "--do", f"send {size}", "--do", "end", "--do", "expect end within 10s",
                  received=pattern)


def backpressure(run):
    return client(run, Peer(payload(1 << 20), reads_first=True), "--high-water-mark", "16k",
                  "--send-buffer", "16k", "--recv-buffer", "16k", "--trace", "--trace-file",
                  "trace", stdin=payload(1 << 20))


def name(run):
    peer = Peer(payload(1000), reads_first=True)
    peer.limit = run.limit
    peer.start()
    run.start("connect", f"localhost:{peer.port}", stdin=payload(1000))
    outcome = run.finish(peer)
    run.expect("to the peer", peer.received, payload(1000))
    run.expect("to stdout", run.output, peer.sends)
    return outcome


def half_close(run):
    peer = Peer(payload(20000), reads_first=True)
    peer.limit = run.limit
    peer.start()
    run.start("half-close", f"127.0.0.1:{peer.port}", "--send", "hello")
    outcome = run.finish(peer)
    run.expect("to the peer", peer.received, b"hello")
    return outcome


def reset(run):
    peer = Peer(reads_first=True)
    peer.limit = run.limit
    peer.start()
    run.start("reset", f"127.0.0.1:{peer.port}", "--trace=json", "--trace-file", "trace")
    outcome = run.finish(peer)
    if not isinstance(peer.error, ConnectionResetError):
        outcome.lost = "no RST reached the peer"
    return outcome


def served(run, peers, wanted, *arguments, ends=False, **streams):
    """A server; its clients are `peers`, and each should receive `wanted`."""
    run.start(*arguments[:1], "127.0.0.1:0", "--port-file", "port", *arguments[1:], **streams)
    port = run.port()
    for peer in peers if port else []:
        peer.limit = run.limit
        peer.address = ("127.0.0.1", port)
        peer.start()
    for peer in peers if port else []:
        peer.join(run.limit)
    if not ends:
        run.stop()
    outcome = run.finish(*(peers if port else []))
    for peer in peers:
        if not peer.error:  # otherwise the peer has noticed
            run.expect("to a client", peer.received, wanted)
    return outcome


def listen_once(run):
    peer = Peer(payload(100000), address=("", 0))
    outcome = served(run, [peer], payload(100000, 7), "listen", "--allow-half-open", ends=True,
                     stdin=payload(100000, 7), stdout_file=True)
    run.expect("to stdout", run.output, peer.sends)
    return outcome


def listen_many(run):
    peers = [Peer(payload(50000), address=("", 0)) for _ in range(3)]
    outcome = served(run, peers, b"", "listen", "-k", stdout_file=True)
    # The clients' bytes are mixed: their number is compared.
    run.expect("to stdout", bytes(len(run.output)), bytes(sum(len(p.sends) for p in peers)))
    return outcome


def echo(run):
    peers = [Peer(payload(200000), address=("", 0)) for _ in range(2)]
    return served(run, peers, payload(200000), "echo", "--trace-file", "trace")


SCENARIOS = {
    function.__name__.replace("_", "-"): function
    for function in (pipe_to_socket, file_to_socket, socket_to_file, socket_to_pipe, traced_answer,
                     half_open, send_option, unix_socket, steps, backpressure, name, half_close,
                     reset, listen_once, listen_many, echo)
}


def run(name, prefix, folder, limit):
    """Runs a scenario with `prefix` before the program's path."""
    return SCENARIOS[name](Run(prefix, folder, limit))
