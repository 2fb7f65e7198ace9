// Any method of Socket may be called inside any record of any connection: steps do that.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "dns/resolver.h"
#include "flow/echo.h"
#include "net/dialer.h"
#include "net/listener.h"
#include "net/socket.h"
#include "uv/timer.h"

namespace tcpkit::net {
namespace {

using std::chrono::milliseconds;
using Act = std::function<void(Socket&)>;

/// Sends more than the kernel takes at once, and ends when all of it has come back.
class Client : public SocketHandler {
 public:
  explicit Client(bool ends) : ends_(ends) {}
  void on_connect(Socket& socket) override { socket.write(std::string(size, 'x')); }
  void on_data(Socket& socket, std::string_view /*bytes*/) override {
    if (ends_ && socket.bytes_read() == size) socket.end();
  }
  void on_close(Socket& /*socket*/, bool /*had_error*/) override { closed(); }
  std::function<void()> closed;

 private:
  static constexpr std::size_t size = std::size_t{6} << 20;
  bool ends_;
};

class EchoServer : public ListenerHandler {
 public:
  SocketHandler& on_accept(Listener& /*listener*/, const record::Ends& /*ends*/) override {
    return echo_;
  }

 private:
  flow::Echo echo_{flow::Hooks()};
};

/// One client and one server in one loop; `act` is called inside the first record of that role and
/// name. The name has two addresses, of which the first refuses.
class World : public trace::Observer {
 public:
  World(record::Role role, std::string event, Act act)
      : role_(role),
        event_(std::move(event)),
        act_(std::move(act)),
        tracer_(record::Epoch::now()),
        engine_(loop_, tracer_, 65536),
        client_(event_ != "timeout"),
        later_(loop_, [this] { resume_all(); }),
        limit_(loop_, [this] {
          timed_out = true;
          for (Socket* s : engine_.sockets())
            s->destroy();
          for (Listener* l : engine_.listeners())
            l->close();
        }) {
    tracer_.observe(this, {record::Layer::event});
  }
  ~World() override { tracer_.observe(nullptr, {}); }

  void run() {
    limit_.unref();
    limit_.start(std::chrono::seconds(20));
    Socket::Options options;
    options.timeout = event_ == "timeout" ? milliseconds(100) : milliseconds(0);
    options.timeout_action = Socket::TimeoutAction::end;
    // The client alone is timed: the server's FIN would make it busy.
    Listener listener(engine_, server_, {}, {});
    listener.listen(*Address::from_ip("127.0.0.1", 0));
    const std::uint16_t port = listener.address().port();
    const auto resolver = dns::make_local_answers(
        loop_,
        {{"two.test", {}, {*Address::from_ip("127.0.0.2", 0), *Address::from_ip("127.0.0.1", 0)}}},
        port, dns::make_system_resolver(loop_));
    Socket& socket = Socket::create_client(engine_, client_, options);
    client_.closed = [&] { listener.close(); };
    Dialer dialer(socket, *resolver, {}, {});
    dialer.connect({Endpoint::Kind::tcp, "two.test", port, {}});
    loop_.run();
  }

  void on_record(const record::Record& record) override {
    const std::string name(record.name());
    if (record.role != record::Role::listener) names[record.conn].push_back(name);
    if (acted || record.role != role_ || name != event_) return;
    acted = true;
    for (Socket* s : engine_.sockets()) {
      if (s->number() == record.conn) act_(*s);
    }
    later_.start(milliseconds(20));
  }

  bool acted = false;
  bool timed_out = false;
  std::map<unsigned, std::vector<std::string>> names;  ///< by connection
  [[nodiscard]] bool empty() const { return engine_.sockets().empty(); }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& [conn, list] : names) {
      for (const std::string& name : list)
        all += std::to_string(conn) + name + " ";
    }
    return all;
  }

 private:
  void resume_all() {
    for (Socket* s : engine_.sockets()) {
      s->resume(Socket::Pauser::user);
      // Nobody else ends what lost its consumer.
      if (event_ != "timeout") s->end();
    }
  }

  record::Role role_;
  std::string event_;
  Act act_;
  uv::Loop loop_;
  trace::Tracer tracer_;
  Engine engine_;
  Client client_;
  EchoServer server_;
  uv::Timer later_;
  uv::Timer limit_;
};

struct Named {
  const char* name;
  Act act;
};

const std::vector<Named>& actions() {
  static const std::vector<Named> all{
      {"write", [](Socket& s) { s.write("y"); }},
      {"end", [](Socket& s) { s.end(); }},
      {"destroy", [](Socket& s) { s.destroy(); }},
      {"destroySoon", [](Socket& s) { s.destroy_soon(); }},
      {"reset", [](Socket& s) { s.reset_and_destroy(); }},
      {"pause", [](Socket& s) { s.pause(Socket::Pauser::user); }},
      {"end, write",
       [](Socket& s) {
         s.end();
         s.write("y");
       }},
      {"change",
       [](Socket& s) {
         OptionChange change;
         change.set.set("TCP_NODELAY", 1);
         change.high_water_mark = 1;
         s.change(change);
       }},
  };
  return all;
}

void check(record::Role role, const std::vector<std::string>& events) {
  for (const std::string& event : events) {
    for (const Named& action : actions()) {
      SCOPED_TRACE(std::string(action.name) + " inside " + std::string(to_string(role)) + " " +
                   event);
      World world(role, event, action.act);
      world.run();
      EXPECT_TRUE(world.acted);
      EXPECT_FALSE(world.timed_out) << world.text();
      EXPECT_TRUE(world.empty());
      for (const auto& [conn, names] : world.names) {
        EXPECT_EQ(std::count(names.begin(), names.end(), "close"), 1);
        EXPECT_EQ(names.back(), "close");
        const auto error = std::find(names.begin(), names.end(), "error");
        if (error == names.end()) continue;
        EXPECT_EQ(names.end() - error, 2);  // right before `close`
      }
    }
  }
}

TEST(Reentrancy, OfAClientThatConnects) {
  check(record::Role::client, {"lookup", "connectionAttempt", "connectionAttemptFailed"});
}

TEST(Reentrancy, OfAClient) {
  check(record::Role::client, {"connect", "ready", "data", "drain", "finish", "end", "close"});
}

TEST(Reentrancy, OfAServer) {
  check(record::Role::server, {"data", "end", "finish", "close"});
}

TEST(Reentrancy, OfATimeout) {
  check(record::Role::client, {"timeout"});
}

/// A listener's own record closes the listener.
TEST(Reentrancy, OfAListener) {
  for (const std::string name : {"listening", "connection"}) {
    SCOPED_TRACE(name);
    uv::Loop loop;
    trace::Tracer tracer(record::Epoch::now());
    Engine engine(loop, tracer, 65536);
    struct Closer : trace::Observer {
      void on_record(const record::Record& record) override {
        names.emplace_back(record.name());
        if (record.role == record::Role::listener && record.name() == name) {
          for (Listener* l : engine->listeners())
            l->close();
        }
      }
      std::string name;
      Engine* engine = nullptr;
      std::vector<std::string> names;
    } closer;
    closer.name = name;
    closer.engine = &engine;
    tracer.observe(&closer, {record::Layer::event});
    EchoServer server;
    ListenOptions options;
    options.accept_timeout = std::chrono::seconds(20);
    Listener listener(engine, server, options, {});
    listener.listen(*Address::from_ip("127.0.0.1", 0));
    Client client(true);
    client.closed = [] {};
    Socket& socket = Socket::create_client(engine, client, {});
    const auto resolver = dns::make_system_resolver(loop);
    Dialer dialer(socket, *resolver, {}, {});
    dialer.connect({Endpoint::Kind::tcp, "127.0.0.1", listener.address().port(), {}});
    loop.run();
    EXPECT_EQ(std::count(closer.names.begin(), closer.names.end(), "close"),
              name == "connection" ? 3 : 2);
    EXPECT_TRUE(engine.listeners().empty());
    tracer.observe(nullptr, {});
  }
}

}  // namespace
}  // namespace tcpkit::net
