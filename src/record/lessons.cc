#include "record/lessons.h"

#include <algorithm>
#include <array>

namespace tcpkit::record {
namespace {

constexpr std::array sentences{
    Sentence{Layer::call, "connect",
             "The program asks for a connection; names are looked up first, then each address is "
             "tried in turn.",
             "lifecycle"},
    Sentence{Layer::call, "listen",
             "The program asks the kernel to complete handshakes on this address; up to `backlog` "
             "finished ones wait to be accepted.",
             "listen-address"},
    Sentence{
        Layer::call, "write",
        "Bytes go into the kernel's send buffer at once, or wait in our queue (writableLength) "
        "until there is room.",
        "backpressure"},
    Sentence{
        Layer::call, "end",
        "We have nothing more to send: a FIN goes out behind the queued data, and reading goes "
        "on.",
        "lifecycle"},
    Sentence{Layer::call, "destroy",
             "The socket is closed now, in both directions; if received data was left unread, the "
             "kernel sends a RST instead of a FIN.",
             "reset-vs-destroy"},
    Sentence{Layer::call, "destroySoon",
             "end(), then destroy() as soon as everything is sent, without waiting for the peer.",
             "destroy-soon"},
    Sentence{Layer::call, "resetAndDestroy",
             "The connection is aborted: a RST goes out and everything still in flight is lost.",
             "reset"},
    Sentence{Layer::call, "pause",
             "We stop reading; the kernel's receive buffer fills, and then the window tells the "
             "peer to stop.",
             "backpressure"},
    Sentence{Layer::call, "resume", "We read again; the window opens and the peer may go on.",
             "backpressure"},
    Sentence{Layer::call, "close",
             "The listening socket is closed: new clients are refused, open connections go on.",
             "lifecycle"},
    Sentence{Layer::call, "setNoDelay",
             "Nagle's algorithm is off: small segments go out at once instead of waiting for an "
             "ACK.",
             "nagle"},
    Sentence{Layer::call, "setKeepAlive",
             "The kernel probes an idle connection, so that a peer that vanished is noticed.",
             "keepalive"},
    Sentence{Layer::call, "setTimeout",
             "An idle timer starts; any byte in either direction starts it again.", ""},
    Sentence{Layer::call, "setsockopt", "An option of the socket, as setsockopt(2) knows it.", ""},
    Sentence{Layer::kernel, "state",
             "A transition of TCP's state machine (RFC 9293, 3.3.2) in our kernel; the peer's has "
             "one of its own.",
             "lifecycle"},
    Sentence{Layer::kernel, "ack",
             "The peer's kernel has the bytes; whether its program has read them, no ACK tells.",
             "lifecycle"},
    Sentence{Layer::kernel, "finAcked",
             "The peer's kernel has our FIN: it knows that nothing more comes from us.",
             "lifecycle"},
    Sentence{Layer::kernel, "info",
             "What the kernel measures: round-trip time, congestion window, largest segment.",
             "lifecycle"},
    Sentence{Layer::kernel, "keepaliveProbe",
             "An empty segment with an old sequence number: a peer that is alive must answer it.",
             "keepalive"},
    Sentence{Layer::kernel, "keepaliveAck", "The peer's ACK of the probe: its kernel is alive.",
             "keepalive"},
    Sentence{Layer::kernel, "retransmit",
             "Data in flight was sent again: after a timeout, each twice as long as the last, or "
             "sooner if ACKs or a probe showed the loss.",
             "user-timeout"},
    Sentence{
        Layer::wire, "segment",
        "What went over the wire: seq counts the bytes sent before it, ack those received; SYN "
        "and FIN count as one.",
        "lifecycle"},
    Sentence{Layer::event, "lookup",
             "The resolver gave one address of the name; a numeric address needs no lookup.",
             "happy-eyeballs"},
    Sentence{Layer::event, "connectionAttempt",
             "A SYN goes to one address; the attempts are made one after another.",
             "happy-eyeballs"},
    Sentence{Layer::event, "connectionAttemptFailed",
             "This address did not work; the next one, if there is one, is tried.", "refused"},
    Sentence{Layer::event, "connectionAttemptTimeout",
             "This address did not answer in time and is given up for the next one.",
             "attempt-timeout"},
    Sentence{Layer::event, "connect",
             "The three-way handshake (SYN, SYN+ACK, ACK) is complete: both ends are in "
             "ESTABLISHED.",
             "lifecycle"},
    Sentence{Layer::event, "ready", "The socket may be used; it always comes right after connect.",
             "lifecycle"},
    Sentence{Layer::event, "listening",
             "The socket is in LISTEN: the kernel now answers a SYN by itself.", "listen-address"},
    Sentence{Layer::event, "connection",
             "accept() took a finished connection from the backlog; the handshake was over before "
             "we heard of it.",
             "lifecycle"},
    Sentence{Layer::event, "drop",
             "The client was accepted and closed at once: it sees a full handshake, then a FIN.",
             "max-connections"},
    Sentence{Layer::event, "blocked",
             "The rules forbid this client: it was accepted, since only then its address is known, "
             "and closed at once; it sees a full handshake, then a FIN.",
             "blocklist"},
    Sentence{Layer::event, "data",
             "Bytes were read; TCP is a stream, so one read need not be one write of the peer.",
             "lifecycle"},
    Sentence{Layer::event, "drain", "Our queue is empty again: it is time to write more.",
             "backpressure"},
    Sentence{Layer::event, "finish",
             "All data is with the kernel and our FIN is on its way: we send no more.",
             "lifecycle"},
    Sentence{Layer::event, "end",
             "The peer's FIN has arrived: it sends no more, but it may still receive.",
             "half-open"},
    Sentence{Layer::event, "timeout",
             "A time limit passed; what happens next is up to the program, not to TCP.", ""},
    Sentence{Layer::event, "error",
             "The connection failed; close follows, and nothing between the two.", "reset"},
    Sentence{Layer::event, "close",
             "The socket is gone; this is the last record of the connection.", "lifecycle"},
};

}  // namespace

std::span<const Sentence> all_sentences() {
  return sentences;
}

std::string_view explain(const Record& record) {
  if (std::holds_alternative<ev::ListenerClose>(record.body)) {
    return "The listener is gone, and so is every connection that it accepted.";
  }
  return explain(record.layer(), record.name());
}

std::string_view explain(Layer layer, std::string_view name) {
  const auto* it = std::find_if(sentences.begin(), sentences.end(), [&](const Sentence& s) {
    return s.layer == layer && s.name == name;
  });
  return it == sentences.end() ? std::string_view{} : it->text;
}

}  // namespace tcpkit::record
