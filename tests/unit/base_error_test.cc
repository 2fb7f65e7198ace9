#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tcpkit {
namespace {

constexpr int no_such_errno = 9999;

TEST(Error, CodeIsTheSymbol) {
  EXPECT_EQ(errno_code(ECONNREFUSED), "ECONNREFUSED");
  EXPECT_EQ(errno_code(EADDRINUSE), "EADDRINUSE");
  EXPECT_EQ(errno_code(no_such_errno), "E9999");
}

TEST(Error, TextIsPlainLowerCase) {
  EXPECT_EQ(errno_text(EADDRINUSE), "address already in use");
  EXPECT_EQ(errno_text(EREMOTEIO), "remote i/o error");
  EXPECT_EQ(errno_text(no_such_errno), "unknown system error 9999");
}

TEST(Error, SystemErrorHasTheFieldsOfNode) {
  const Error error = system_error(ECONNREFUSED, "connect", "127.0.0.1", 80);
  EXPECT_EQ(error.name, "Error");
  EXPECT_EQ(error.code, "ECONNREFUSED");
  EXPECT_EQ(error.errno_value, -ECONNREFUSED);
  EXPECT_EQ(error.syscall, "connect");
  EXPECT_EQ(error.address, "127.0.0.1");
  EXPECT_EQ(error.port, 80);
  EXPECT_EQ(error.hostname, "");
  EXPECT_EQ(error.message, "connect ECONNREFUSED 127.0.0.1:80");
  EXPECT_TRUE(error.errors.empty());
}

struct MessageCase {
  std::string address;
  std::optional<int> port;
  std::string message;
};

TEST(Error, MessageEndsInWhatWasGiven) {
  const MessageCase cases[] = {
      {"", {}, "read ECONNRESET"},
      {"", 80, "read ECONNRESET"},
      {"::1", 80, "read ECONNRESET ::1:80"},
      {"::1", 0, "read ECONNRESET ::1"},
      {"/run/x.sock", {}, "read ECONNRESET /run/x.sock"},
      {"/run/x.sock", -1, "read ECONNRESET /run/x.sock"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(system_error(ECONNRESET, "read", c.address, c.port).message, c.message);
  }
}

TEST(Error, PortZeroIsNone) {
  EXPECT_FALSE(system_error(EADDRINUSE, "listen", "::", 0).port);
  EXPECT_EQ(system_error(EADDRINUSE, "listen", "/run/x.sock", -1).port, -1);
}

TEST(Error, WithTextSaysItInWords) {
  EXPECT_EQ(system_error_with_text(EADDRINUSE, "listen", "127.0.0.1", 5000).message,
            "listen EADDRINUSE: address already in use 127.0.0.1:5000");
  EXPECT_EQ(system_error_with_text(EINVAL, "setsockopt").message,
            "setsockopt EINVAL: invalid argument");
}

}  // namespace
}  // namespace tcpkit
