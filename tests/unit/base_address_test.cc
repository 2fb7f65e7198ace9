#include "base/address.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>

namespace tcpkit {
namespace {

using namespace std::string_view_literals;

struct IpCase {
  std::string_view text;
  int family;
};

TEST(IsIp, FollowsNode) {
  const IpCase cases[] = {
      {"127.0.0.1", 4},
      {"0.0.0.0", 4},
      {"255.255.255.255", 4},
      {"256.0.0.1", 0},
      {"01.2.3.4", 0},
      {"00.0.0.0", 0},
      {"1.2.3", 0},
      {"127.1", 0},
      {"1.2.3.4.5", 0},
      {"1.2.3.", 0},
      {"1..3.4", 0},
      {"1.2.3.4/24", 0},
      {"1.2.3.4:80", 0},
      {"1.2.3.4%eth0", 0},
      {" 1.2.3.4", 0},
      {"1.2.3.4\n", 0},
      {"1.2.3.4\0"sv, 0},
      {"0x7f.0.0.1", 0},
      {"+1.2.3.4", 0},
      {"", 0},
      {"localhost", 0},
      {"::", 6},
      {"::1", 6},
      {"1::", 6},
      {"1:2:3:4:5:6:7:8", 6},
      {"1:2:3:4:5:6:7::", 6},
      {"::2:3:4:5:6:7:8", 6},
      {"ABCD::abcd", 6},
      {"1:2:3:4:5:6:7", 0},
      {"1:2:3:4:5:6:7:8:9", 0},
      {"1:2:3:4:5:6:7:8::", 0},
      {"1:2:3:4::5:6:7:8", 0},
      {"1::2::3", 0},
      {":::", 0},
      {":", 0},
      {":1", 0},
      {"1:", 0},
      {":1::2", 0},
      {"12345::", 0},
      {"00001::", 0},
      {"g::", 0},
      {"::ffff:1.2.3.4", 6},
      {"::1.2.3.4", 6},
      {"1:2:3:4:5:6:1.2.3.4", 6},
      {"1:2:3:4:5::1.2.3.4", 6},
      {"1:2:3:4:5:6::1.2.3.4", 0},
      {"1:2:3:4:5:6:7:1.2.3.4", 0},
      {"::ffff:01.2.3.4", 0},
      {"::ffff:1.2.3", 0},
      {"::ffff:1.2.3.4.5", 0},
      {"::1.2.3.4:1", 0},
      {"fe80::1%eth0", 6},
      {"fe80::1%1", 6},
      {"fe80::1%a-b.c:d", 6},
      {"::1%eth0%eth1", 0},
      {"::1%eth_0", 0},
      {"::1%", 0},
      {"::1% ", 0},
      {"::1%\0"sv, 0},
      {"%eth0", 0},
      {"[::1]", 0},
      {"::1/128", 0},
      {" ::1", 0},
      {"::1\0"sv, 0},
      {"\xff", 0},
  };
  for (const auto& c : cases)
    EXPECT_EQ(is_ip(c.text), c.family) << c.text;
}

struct AddressCase {
  std::string_view ip;
  std::string_view host;
  std::string_view text;
  std::string_view plain;
  int family;
};

TEST(Address, OfAnIp) {
  const AddressCase cases[] = {
      {"127.0.0.1", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:80", 4},
      {"::", "::", "[::]:80", "[::]:80", 6},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", "[2001:db8::1]:80", "[2001:db8::1]:80", 6},
      {"::ffff:1.2.3.4", "::ffff:1.2.3.4", "[::ffff:1.2.3.4]:80", "1.2.3.4:80", 6},
      {"::ffff:102:304", "::ffff:1.2.3.4", "[::ffff:1.2.3.4]:80", "1.2.3.4:80", 6},
      {"fe80::1%lo", "fe80::1%lo", "[fe80::1%lo]:80", "[fe80::1%lo]:80", 6},
      {"fe80::1%1", "fe80::1%lo", "[fe80::1%lo]:80", "[fe80::1%lo]:80", 6},
  };
  for (const auto& c : cases) {
    const auto address = Address::from_ip(c.ip, 80);
    ASSERT_TRUE(address) << c.ip;
    EXPECT_EQ(address->host(), c.host);
    EXPECT_EQ(address->to_string(), c.text);
    EXPECT_EQ(address->to_plain_string(), c.plain);
    EXPECT_EQ(address->family(), c.family);
    EXPECT_EQ(address->family_name(), c.family == 4 ? "IPv4" : "IPv6");
    EXPECT_EQ(address->port(), 80);
    EXPECT_EQ(address->size(), c.family == 4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    EXPECT_FALSE(address->is_unix());
    EXPECT_EQ(Address::from_sockaddr(address->get(), address->size()), *address);
  }
}

TEST(Address, RefusesWhatIsNoIp) {
  const std::string_view cases[] = {"",           "localhost",
                                    "127.1",      "[::1]",
                                    "1.2.3.4:80", "fe80::1%no-such-if",
                                    "fe80::1%0",  "fe80::1%4294967296",
                                    "fe80::1%1x", "fe80::1%an-interface-name-far-too-long"};
  for (const auto ip : cases)
    EXPECT_FALSE(Address::from_ip(ip, 80)) << ip;
}

TEST(Address, WithPort) {
  EXPECT_EQ(Address::from_ip("127.0.0.1", 0)->with_port(65535).to_string(), "127.0.0.1:65535");
  EXPECT_EQ(Address::from_ip("::1", 80)->with_port(0).to_string(), "[::1]:0");
  EXPECT_EQ(Address::from_path("/a", false)->with_port(80).to_string(), "/a");
}

TEST(Address, OfAPath) {
  const std::string longest(Address::max_path, 'x');
  for (const std::string& path : {std::string("/run/x.sock"), std::string("a"), longest}) {
    const auto address = Address::from_path(path, false);
    ASSERT_TRUE(address) << path;
    EXPECT_TRUE(address->is_unix());
    EXPECT_EQ(address->family(), 0);
    EXPECT_EQ(address->family_name(), "");
    EXPECT_EQ(address->port(), 0);
    EXPECT_EQ(address->host(), path);
    EXPECT_EQ(address->to_string(), path);
    EXPECT_EQ(address->to_plain_string(), path);
    EXPECT_EQ(address->size(), offsetof(sockaddr_un, sun_path) + path.size() + 1);
  }
}

TEST(Address, OfAnAbstractName) {
  const std::string longest(Address::max_path, 'x');
  for (const std::string& name : {std::string("x"), std::string("a\0b", 3), longest}) {
    const auto address = Address::from_path(name, true);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->to_string(), "@" + name);
    EXPECT_EQ(address->size(), offsetof(sockaddr_un, sun_path) + name.size() + 1);
  }
}

TEST(Address, RefusesPathsItCannotHold) {
  const std::string too_long(Address::max_path + 1, 'x');
  EXPECT_FALSE(Address::from_path("", false));
  EXPECT_FALSE(Address::from_path("", true));
  EXPECT_FALSE(Address::from_path(too_long, false));
  EXPECT_FALSE(Address::from_path(too_long, true));
  EXPECT_FALSE(Address::from_path("a\0b"sv, false));
}

TEST(Address, OfTheKernel) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  const auto* kernel = reinterpret_cast<const sockaddr*>(&storage);
  const auto unnamed = Address::from_sockaddr(kernel, sizeof(sa_family_t));
  EXPECT_TRUE(unnamed.is_unix());
  EXPECT_EQ(unnamed.to_string(), "");

  // unix(7): a path of 108 bytes has no room for a NUL, and the length may count one all the same.
  sockaddr_un full{};
  full.sun_family = AF_UNIX;
  std::memset(full.sun_path, 'x', sizeof(full.sun_path));
  std::memcpy(&storage, &full, sizeof(full));
  EXPECT_EQ(Address::from_sockaddr(kernel, sizeof(full) + 1).host(),
            std::string(sizeof(full.sun_path), 'x'));

  EXPECT_EQ(Address::from_sockaddr(kernel, 0).to_string(), "");
}

TEST(Address, EqualInFamilyHostScopeAndPort) {
  const auto ip = [](std::string_view text, std::uint16_t port) {
    return Address::from_ip(text, port).value();
  };
  EXPECT_EQ(ip("::1", 80), ip("0:0::0:1", 80));
  EXPECT_NE(ip("::1", 80), ip("::1", 81));
  EXPECT_NE(ip("::1", 80), ip("::2", 80));
  EXPECT_NE(ip("1.2.3.4", 80), ip("::ffff:1.2.3.4", 80));
  EXPECT_NE(ip("fe80::1", 80), ip("fe80::1%lo", 80));

  sockaddr_in6 flow{};
  flow.sin6_family = AF_INET6;
  flow.sin6_flowinfo = 1;
  const auto with_flow =
      Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&flow), sizeof(flow));
  EXPECT_EQ(with_flow, ip("::", 0));

  const auto path = Address::from_path("@x", false);
  EXPECT_NE(path, Address::from_path("x", true));
  // Without its NUL, as some peers bind it.
  EXPECT_EQ(path, Address::from_sockaddr(path->get(), path->size() - 1));
}

}  // namespace
}  // namespace tcpkit
