#include "script/lab/actor.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/address.h"
#include "base/error.h"
#include "os/drop.h"
#include "os/udp_port.h"

namespace tcpkit::script {
namespace {

/// The kind of record that a step looks at; nullptr if it looks at none.
const record::Kind* watched(const Step& step) {
  const Pattern* pattern = pattern_of(step);
  return pattern == nullptr ? nullptr : pattern->kind;
}

bool is_anybodys(const Step& step) {
  return std::holds_alternative<Sleep>(step.action) || std::holds_alternative<Note>(step.action);
}

/// A connection to "any address" goes to loopback: said plainly.
std::string reachable(const Address& address) {
  const std::string host = address.host();
  if (host == "::") return "::1";
  return host == "0.0.0.0" ? "127.0.0.1" : host;
}

Endpoint resolve(const Opening& opening, const Address* other) {
  Endpoint endpoint = opening.endpoint;
  if (other == nullptr) return endpoint;
  if (endpoint.host.empty() && other->is_unix()) {
    const std::string path = other->host();
    endpoint.kind =
        path.starts_with('@') ? Endpoint::Kind::unix_abstract : Endpoint::Kind::unix_path;
    endpoint.path = path.starts_with('@') ? path.substr(1) : path;
    return endpoint;
  }
  const bool connecting = opening.kind == Opening::Kind::connect;
  if (endpoint.host.empty()) endpoint.host = connecting ? reachable(*other) : other->host();
  endpoint.port = other->port();
  return endpoint;
}

}  // namespace

LabActor::LabActor(uv::Loop& loop, record::Epoch epoch, const Lab& lab, std::size_t index,
                   const LabStage& stage, LabWire& wire, Hooks hooks)
    : loop_(loop),
      lab_(lab),
      index_(index),
      stage_(stage),
      wire_(wire),
      hooks_(std::move(hooks)),
      tracer_(epoch, lab.actors[index]),
      timer_(loop, [this] {
        const LabLine* line = std::exchange(waiting_, nullptr);
        if (line != nullptr) fail(*line, "there is no connection, and none came within 5s");
      }) {
  assign();
  stage_.join_trace(tracer_);
  tracer_.observe(this, {record::Layer::event, record::Layer::call, record::Layer::kernel,
                         record::Layer::wire, record::Layer::note});
}

LabActor::~LabActor() {
  tracer_.observe(nullptr, {});
  if (udp_ >= 0) ::close(udp_);
}

/// Decides for each line which connection it is about: of a client the one that it opened last; of
/// a listener the N-th one it accepts for what stands behind its N-th `expect connection`.
void LabActor::assign() {
  std::size_t current = 0;
  bool expected = false;
  const auto add_part = [this] {
    parts_.push_back(std::make_unique<Part>());
    parts_.back()->script.file = lab_.file;
    return parts_.size() - 1;
  };
  add_part();  // the listener's own
  for (const LabLine& line : lab_.lines) {
    if (line.actor != index_) continue;
    if (const auto* opening = std::get_if<Opening>(&line.action)) {
      listens_ = listens_ || opening->kind == Opening::Kind::listen;
      if (opening->kind != Opening::Kind::udp) current = add_part();
    }
    std::size_t part = current;
    if (const auto* step = std::get_if<Step>(&line.action)) {
      if (listens_ && watched(*step) == &record::kind_of<record::ev::Connection>() &&
          std::holds_alternative<Expect>(step->action) && std::exchange(expected, true)) {
        current = add_part();
      }
      if (listens_ && (looks_at_listener(*step) || is_anybodys(*step))) part = 0;
      parts_[part]->script.steps.push_back({line.line, line.text, step->action});
    }
    of_line_[line.line] = part;
  }
}

void LabActor::make_runner(Part& part, net::Socket* socket) {
  Runner::Hooks hooks{hooks_.failed, hooks_.notice, nullptr, hooks_.passed};
  part.runner = std::make_unique<Runner>(*engine_, part.script, 0, part.script.steps.size(), socket,
                                         std::move(hooks));
}

void LabActor::begin(const LabLine& line, const Address* other) {
  if (const auto* opening = std::get_if<Opening>(&line.action)) return open(line, *opening, other);
  if (!std::holds_alternative<Step>(line.action)) return act(line);
  Part& part = part_of(line);
  if (part.runner == nullptr) return wait_for_connection(line);
  part.runner->next();
}

void LabActor::open(const LabLine& line, const Opening& opening, const Address* other) {
  if (!opening.other.empty() && other == nullptr) {
    return hooks_.broken(fmt::format("{}: {}: {} does not listen", place(lab_.file, line.line),
                                     shown(line.text), opening.other));
  }
  if (engine_ == nullptr) {
    engine_ = std::make_unique<net::Engine>(loop_, tracer_, opening.read_buffer);
    stage_.watch(*engine_);
  }
  switch (opening.kind) {
    case Opening::Kind::listen:
      waiting_ = &line;
      return listen(opening, other);
    case Opening::Kind::connect:
      return connect(line, opening, *other);
    case Opening::Kind::udp:
      return bind_udp(line, *other);
  }
}

void LabActor::listen(const Opening& opening, const Address* other) {
  keep_open_ = opening.keep_open;
  make_runner(*parts_.front(), nullptr);
  listener_ = stage_.make_listener(*engine_, *this, opening);
  const Endpoint endpoint = resolve(opening, other);
  if (endpoint.is_unix()) {
    const bool abstract = endpoint.kind == Endpoint::Kind::unix_abstract;
    listener_->listen(*Address::from_path(endpoint.path, abstract));
  } else if (endpoint.host.empty()) {
    listener_->listen_any(endpoint.port);
  } else {
    const auto address = Address::from_ip(endpoint.host, endpoint.port);
    // The network of a lab has other interfaces than the one in which the lab was read.
    if (!address) {
      return hooks_.broken(fmt::format("{}: {}: {}", place(lab_.file, waiting_->line),
                                       shown(waiting_->text), why_no_address(endpoint.host)));
    }
    listener_->listen(*address);
  }
}

void LabActor::on_listening(net::Listener& /*listener*/) {
  listening_ = true;
  waiting_ = nullptr;
  hooks_.passed();
}

/// An error that some line expects is the rest of the actor's part; any other ends the lab.
void LabActor::on_error(net::Listener& /*listener*/, const Error& error) {
  const LabLine* line = std::exchange(waiting_, nullptr);
  if (line == nullptr) return hooks_.notice(error.message);
  if (failed_listening_) return hooks_.passed();
  hooks_.broken(
      fmt::format("{}: {}: {}", place(lab_.file, line->line), shown(line->text), error.message));
}

void LabActor::connect(const LabLine& line, const Opening& opening, const Address& other) {
  clients_.push_back(stage_.make_client(*engine_, *this, opening));
  net::Socket& socket = clients_.back()->socket();
  Part& part = part_of(line);
  make_runner(part, &socket);
  connections_.resize(socket.number() + 1);
  connections_[socket.number()] = of_line_.at(line.line);
  clients_.back()->connect(resolve(opening, &other));
  hooks_.passed();
}

void LabActor::bind_udp(const LabLine& line, const Address& other) {
  make_runner(*parts_.front(), nullptr);
  tracer_.emit(record::Role::none, 0, {}, record::note::Step{deed(line)});
  udp_ = os::bind_udp(other);
  if (udp_ < 0) return fail(line, fmt::format("{} ({})", errno_text(-udp_), errno_code(-udp_)));
  hooks_.passed();
}

void LabActor::on_connection(net::Listener& listener, net::Socket& socket) {
  if (!keep_open_) listener.close();
  connections_.resize(socket.number() + 1);
  const std::size_t part = ++accepted_;
  if (stopped_ || part >= parts_.size()) return;
  connections_[socket.number()] = part;
  make_runner(*parts_[part], &socket);
  early_.give(socket.number(), *parts_[part]->runner);
  wire_.follow(socket.ends(), [runner = parts_[part]->runner.get()](const record::Record& record) {
    runner->see(record);
  });
  if (waiting_ == nullptr || of_line_.at(waiting_->line) != part) return;
  waiting_ = nullptr;
  timer_.stop();
  parts_[part]->runner->next();
}

void LabActor::wait_for_connection(const LabLine& line) {
  waiting_ = &line;
  timer_.start(Expect::usual_limit);
}

/// What a listener does, and what is done to the segments of a connection.
void LabActor::act(const LabLine& line) {
  if (std::holds_alternative<CloseListener>(line.action)) {
    listener_->close();
  } else if (const auto* hold = std::get_if<Hold>(&line.action)) {
    if (hold->on) {
      tracer_.emit(record::Role::listener, 0, {}, record::note::Hold{{deed(line)}});
    } else {
      tracer_.emit(record::Role::listener, 0, {}, record::note::Accept{{deed(line)}});
    }
    listener_->hold(hold->on);
  } else if (const auto* dropping = std::get_if<Drop>(&line.action)) {
    return drop(line, dropping->on);
  }
  hooks_.passed();
}

void LabActor::drop(const LabLine& line, bool on) {
  const Part& part = part_of(line);
  net::Socket* socket = part.runner == nullptr ? nullptr : part.runner->socket();
  if (socket == nullptr || !socket->connected()) return fail(line, "there is no open connection");
  socket->emit(record::note::Lose{{deed(line)}});
  const int err = os::drop_incoming(socket->fd(), on);
  if (err != 0) return fail(line, fmt::format("{} ({})", errno_text(err), errno_code(err)));
  socket->discards(on);
  hooks_.passed();
}

/// The line without its actor.
std::string LabActor::deed(const LabLine& line) {
  return line.text.substr(line.text.find_first_not_of(" \t", line.text.find(':') + 1));
}

void LabActor::fail(const LabLine& line, const std::string& what) {
  hooks_.failed(fmt::format("{}: {}: {}", place(lab_.file, line.line), shown(line.text), what));
}

void LabActor::on_record(const record::Record& record) {
  if (record.role == record::Role::listener) {
    if (!listening_ && record::is_one_of<record::ev::Failure>(record.body)) {
      // It will never have a connection: what it expects, it expects of itself.
      Part& own = *parts_.front();
      own.script.steps.clear();
      for (const LabLine& line : lab_.lines) {
        const auto* step = std::get_if<Step>(&line.action);
        if (line.actor != index_ || step == nullptr) continue;
        failed_listening_ = failed_listening_ || watched(*step) == record::kind_of(record.body);
        own.script.steps.push_back({line.line, line.text, step->action});
        of_line_[line.line] = 0;
      }
      make_runner(own, nullptr);
    }
    if (parts_.front()->runner != nullptr) parts_.front()->runner->see(record);
    return;
  }
  if (record.conn == 0) {  // a note of the lab itself
    for (const auto& part : parts_) {
      if (part->runner != nullptr) part->runner->see(record);
    }
    return;
  }
  if (record.conn >= connections_.size()) return early_.keep(record);
  const std::size_t part = connections_[record.conn];
  if (part != 0 && parts_[part]->runner != nullptr) parts_[part]->runner->see(record);
  wire_.see(record);
}

const Address* LabActor::address() const {
  return listening_ ? &listener_->address() : nullptr;
}

void LabActor::stop() {
  stopped_ = true;
  waiting_ = nullptr;
  timer_.stop();
  if (engine_ == nullptr) return;
  for (const auto& part : parts_) {
    if (part->runner != nullptr) part->runner->stop();
  }
  for (net::Listener* listener : engine_->listeners())
    listener->close();  // `listening` may be yet to come
  for (net::Socket* socket : engine_->sockets()) {
    if (socket->connecting()) {
      socket->destroy();
      continue;
    }
    socket->end();
    socket->resume();
    socket->resume(net::Socket::Pauser::user);
  }
}

void LabActor::destroy() {
  if (engine_ == nullptr) return;
  for (net::Socket* socket : engine_->sockets())
    socket->destroy();
}

}  // namespace tcpkit::script
