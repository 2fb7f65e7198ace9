#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "net/socket_options.h"

namespace tcpkit::net {
namespace {

using Stage = SocketOption::Stage;

/// A TCP socket of one family; closed with this object.
class Tcp {
 public:
  explicit Tcp(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Tcp() { ::close(fd_); }
  Tcp(const Tcp&) = delete;
  Tcp& operator=(const Tcp&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] int get(int level, int option) const {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(fd_, level, option, &value, &size);
    return value;
  }

 private:
  int fd_;
};

/// Empty, or why not.
std::string read(SocketOptions& options, std::string_view name, const std::string& text) {
  std::string why;
  options.read(*find_option(name), text, why);
  return why;
}

std::string change(SocketOptions& options, std::string_view name, const std::string& text) {
  std::string why;
  options.read_change(*find_option(name), text, why);
  return why;
}

TEST(SocketOptions, EveryRowHasItsOwnNameAndSymbol) {
  std::set<std::string_view> names;
  std::set<std::string_view> symbols;
  for (const SocketOption& option : socket_options()) {
    EXPECT_TRUE(symbols.insert(option.set.symbol).second) << option.set.symbol;
    if (option.name.empty()) continue;
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_EQ(find_option(option.name), &option);
  }
  for (const SocketOption& option : socket_options()) {
    EXPECT_TRUE(option.needs.empty() || names.contains(option.needs)) << option.needs;
    EXPECT_TRUE(option.optional.empty() || symbols.contains(option.optional)) << option.optional;
  }
}

TEST(SocketOptions, ValuesOutOfRangeAreRefusedWithTheRange) {
  SocketOptions options;
  EXPECT_EQ(read(options, "ttl", "0"), "'0' is not a whole number from 1 to 255");
  EXPECT_EQ(read(options, "tos", "0x100"),
            "'0x100' is not a byte; write 0 to 255, or 0x00 to 0xff");
  EXPECT_EQ(read(options, "send-buffer", "2G"), "'2G' is out of range: 1 to 1073741824 bytes");
  EXPECT_EQ(read(options, "keep-alive-interval", "0"),
            "0s is not possible: the kernel counts whole seconds, 1 to 32767; e.g. 3s");
  EXPECT_EQ(read(options, "interface", ""), "the value is empty");
  EXPECT_TRUE(options.entries().empty());
}

TEST(SocketOptions, AnIdleTimeBringsTheDefaultsOfNode) {
  SocketOptions options;
  EXPECT_EQ(read(options, "keep-alive", "7s"), "");
  EXPECT_EQ(read(options, "keep-alive-count", "3"), "");
  const auto record = keep_alive_record(options);
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->enable);
  EXPECT_EQ(record->idle, 7);
  EXPECT_EQ(record->interval, 1);
  EXPECT_EQ(record->count, 3);
}

TEST(SocketOptions, ThePlainSwitchLeavesTheSystemsValues) {
  SocketOptions options;
  EXPECT_EQ(change(options, "keep-alive", "off"), "");
  const auto record = keep_alive_record(options);
  ASSERT_TRUE(record);
  EXPECT_FALSE(record->enable);
  EXPECT_FALSE(record->idle);
  EXPECT_EQ(change(options, "no-delay", "1"), "it takes on or off; write set no-delay=on");
}

TEST(SocketOptions, AStageSetsItsOptionsInTheOrderOfTheTable) {
  SocketOptions options;
  EXPECT_EQ(read(options, "user-timeout", "2s"), "");
  EXPECT_EQ(read(options, "ttl", "9"), "");
  EXPECT_EQ(read(options, "linger", "3"), "");
  EXPECT_EQ(change(options, "no-delay", "on"), "");
  const Tcp tcp(AF_INET);
  std::string reported;
  const OptionReport report = [&](std::string_view option, const std::string& value) {
    reported += std::string(option) + "=" + value + " ";
  };
  EXPECT_FALSE(apply_options(tcp.fd(), 4, options, Stage::early, report));
  EXPECT_EQ(reported, "SO_LINGER=3 IP_TTL=9 TCP_USER_TIMEOUT=2000 ");
  EXPECT_EQ(tcp.get(IPPROTO_IP, IP_TTL), 9);
  EXPECT_EQ(tcp.get(IPPROTO_TCP, TCP_USER_TIMEOUT), 2000);
  EXPECT_EQ(tcp.get(IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_FALSE(apply_options(tcp.fd(), 4, options, Stage::connected, report));
  EXPECT_NE(tcp.get(IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_EQ(reported, "SO_LINGER=3 IP_TTL=9 TCP_USER_TIMEOUT=2000 ");  // setNoDelay shows it
}

TEST(SocketOptions, AFailureNamesTheOptionAndStopsThere) {
  SocketOptions options;
  EXPECT_EQ(read(options, "congestion", "none-such"), "");
  const Tcp tcp(AF_INET);
  const auto failed = apply_options(tcp.fd(), 4, options, Stage::early, {});
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->option, "TCP_CONGESTION");
  EXPECT_EQ(failed->err, ENOENT);
}

}  // namespace
}  // namespace tcpkit::net
