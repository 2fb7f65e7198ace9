#include "record/glossary.h"

#include <array>

namespace tcpkit::record {
namespace {

constexpr std::array terms{
    Term{"state", "CLOSED", "There is no connection: before it begins, and after it is over.",
         "lifecycle"},
    Term{"state", "LISTEN", "A server waits for a SYN.", "listen-address"},
    Term{"state", "SYN_SENT",
         "Our SYN is out and unanswered; it is sent again after 1, 2, 4, ... seconds.",
         "attempt-timeout"},
    Term{"state", "SYN_RCVD",
         "We answered a SYN with SYN+ACK and wait for the ACK that completes the handshake.",
         "syn-backlog"},
    Term{"state", "ESTABLISHED", "The handshake is complete: data may flow both ways.",
         "lifecycle"},
    Term{"state", "FIN_WAIT1", "Our FIN is out, and its ACK has not come yet.", "lifecycle"},
    Term{"state", "FIN_WAIT2",
         "Our FIN is acknowledged; the peer may still send, and we wait for its FIN: the "
         "connection is half-open, and stays so as long as the peer likes.",
         "half-open"},
    Term{"state", "CLOSE_WAIT",
         "The peer's FIN has come and ours is not out yet: it waits for our program. Many of these "
         "mean a program that forgets to close.",
         "half-open"},
    Term{"state", "CLOSING",
         "Both ends sent a FIN at once: the peer's has come, and the ACK of ours has not.",
         "simultaneous-close"},
    Term{"state", "LAST_ACK", "Both FINs are out; the ACK of ours is all that is missing.",
         "lifecycle"},
    Term{"state", "TIME_WAIT",
         "The end that closed first keeps the port pair for 60 s on Linux, so that late segments "
         "cannot reach a new connection, and to repeat the last ACK if that was lost.",
         "time-wait"},
    Term{"flag", "SYN", "Opens a connection and gives the first sequence number.", "lifecycle"},
    Term{"flag", "ACK",
         "The ack number is valid: all bytes before it have arrived. Set on every segment but the "
         "first SYN.",
         "lifecycle"},
    Term{"flag", "PSH", "The sender's buffer ends here: hand the data to the program.",
         "http-client"},
    Term{"flag", "FIN", "The sender has no more data. It takes one sequence number, and is ACKed.",
         "lifecycle"},
    Term{"flag", "RST",
         "The connection is over at once: data in flight and unread is lost. It is never ACKed.",
         "reset"},
    Term{"flag", "URG", "The urgent pointer is valid; hardly anything uses it (RFC 6093).", ""},
    Term{"flag", "ECE", "The sender saw a congestion mark (RFC 3168); in a SYN: it knows ECN.", ""},
    Term{"flag", "CWR", "The sender has slowed down after ECE (RFC 3168).", ""},
    Term{"label", "keep-alive",
         "A probe of SO_KEEPALIVE: no data, and a sequence number that was acknowledged before, so "
         "that the peer must answer.",
         "keepalive"},
    Term{"label", "keep-alive-ack", "The answer to a keep-alive probe.", "keepalive"},
    Term{"label", "retransmission",
         "Data, a SYN or a FIN that was sent before: its ACK did not come in time, or later data "
         "was acknowledged before it.",
         "user-timeout"},
    Term{"label", "out-of-order",
         "Data from before the latest, not seen until now: it was overtaken on its way, or was "
         "lost before it could be captured and is sent again.",
         ""},
    Term{"label", "zero-window", "The receiver's buffer is full: send nothing until it opens.",
         "backpressure"},
    Term{"label", "window-probe",
         "The sender asks whether the receiver's window is still closed: an old sequence number, "
         "or one new byte, that must be answered.",
         "backpressure"},
    Term{"label", "window-update", "The receiver's program has read: there is room again.",
         "backpressure"},
    Term{"label", "dup-ack",
         "The same ACK once more: something arrived out of order, and what is before it is "
         "missing.",
         ""},
    Term{"note", "run", "The first record of a JSON trace: what was started, how, and where.", ""},
    Term{"note", "exit", "The last record of a JSON trace: the exit status, and why it is not 0.",
         ""},
    Term{"note", "step", "One step of a script, or of what a command set out to do.", "lifecycle"},
    Term{"note", "vanish",
         "This end neither receives nor sends any more, as if the cable were cut.",
         "half-open-crash"},
    Term{"note", "drop", "What comes in for this connection is thrown away before TCP sees it.",
         "nagle"},
    Term{"note", "cut", "The network of the lab goes down: no segment arrives.", "keepalive-dead"},
    Term{"note", "heal", "The network of the lab is up again.", "keepalive-dead"},
    Term{"note", "hold", "The listener leaves its clients in the backlog.", "syn-backlog"},
    Term{"note", "accept", "The listener takes the clients of its backlog again.", "syn-backlog"},
    Term{"note", "summary",
         "How a connection went: its outcome, who ended it first and how, bytes and times.", ""},
    Term{"note", "statistics",
         "What ping has seen: tries by outcome, and how long their parts took.", ""},
    Term{"note", "spawn", "A program was started to serve a connection (--exec, --sh-exec).", ""},
    Term{
        "note", "childExit",
        "The program that served a connection has exited: its status, or the signal that ended it.",
        ""},
    Term{"note", "counters", "What a connection has received and sent so far: SIGUSR1 asks for it.",
         ""},
    Term{"note", "message", "What the program has to say; without a JSON trace a line on stderr.",
         ""},
    Term{"term", "half-open",
         "One end has sent its FIN and the other not yet: data goes on in one direction. In RFC "
         "9293 also a connection of which one end knows nothing any more, after a crash.",
         "half-open"},
    Term{
        "term", "pair",
        "The two connections of one client of a relay have the same pair number: the client's own, "
        "and the one to the target.",
        ""},
    Term{"term", "readyState",
         "How much of a connection may be used, as Node says it: opening, open, readOnly (our FIN "
         "is out), writeOnly (the peer's has come), closed.",
         "half-open"},
    Term{"port", "open", "The port answered, and there was a connection.", "lifecycle"},
    Term{"port", "refused",
         "The host answered with a RST or an ICMP message: nothing is listening, or a firewall "
         "rejects the port.",
         "refused"},
    Term{"port", "silent",
         "Nothing came back in time: a firewall drops the segments, or there is no such host.",
         "attempt-timeout"},
    Term{"error name", "AggregateError",
         "Every address of a name was tried and failed; it has the code of the first and the "
         "errors of all.",
         "happy-eyeballs"},
    Term{"error code", "ECONNREFUSED", "", "refused"},
    Term{"error code", "ECONNRESET", "", "reset"},
    Term{"error code", "EPIPE", "", "half-open-crash"},
    Term{"error code", "ETIMEDOUT", "", "keepalive-dead"},
    Term{"error code", "EADDRINUSE", "", "address-in-use"},
    Term{"error code", "EADDRNOTAVAIL", "", "listen-address"},
    Term{"error code", "ENOENT", "", "unix-socket"},
    Term{"error code", "ERR_IP_BLOCKED", "", "blocklist"},
};

}  // namespace

std::span<const Term> glossary() {
  return terms;
}

}  // namespace tcpkit::record
