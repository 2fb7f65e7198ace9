#include "base/endpoint.h"

#include <gtest/gtest.h>

#include "base/address.h"

namespace tcpkit {
namespace {

using namespace std::string_literals;
using Kind = Endpoint::Kind;

struct TcpCase {
  std::string word;
  std::string host;
  std::uint16_t port;
  std::string text;
};

/// 253 bytes, in labels of at most 63.
std::string longest_host() {
  const std::string label(62, 'x');
  return label + "." + label + "." + label + "." + label + ".x";
}

TEST(Endpoint, ParsesTcp) {
  const TcpCase cases[] = {
      {"localhost:80", "localhost", 80, "localhost:80"},
      {"my_host.example:65535", "my_host.example", 65535, "my_host.example:65535"},
      {"127.0.0.1:080", "127.0.0.1", 80, "127.0.0.1:80"},
      {"localhost:http", "localhost", 80, "localhost:80"},
      {"[::1]:80", "::1", 80, "[::1]:80"},
      {"[fe80::1%eth0]:80", "fe80::1%eth0", 80, "[fe80::1%eth0]:80"},
      {"[::ffff:1.2.3.4]:https", "::ffff:1.2.3.4", 443, "[::ffff:1.2.3.4]:443"},
      {":80", "", 80, ":80"},
      {"80", "", 80, ":80"},
      {"080", "", 80, ":80"},
      {"http", "", 80, ":80"},
      {longest_host() + ":1", longest_host(), 1, longest_host() + ":1"},
      {"caf\xc3\xa9:80", "caf\xc3\xa9", 80, "caf\xc3\xa9:80"},
      {"tcp:80", "tcp", 80, "tcp:80"},
  };
  for (const auto& c : cases) {
    std::string why;
    const auto endpoint = parse_endpoint(c.word, Purpose::connecting, why);
    ASSERT_TRUE(endpoint) << why;
    EXPECT_EQ(endpoint->kind, Kind::tcp);
    EXPECT_EQ(endpoint->host, c.host);
    EXPECT_EQ(endpoint->port, c.port);
    EXPECT_EQ(endpoint->to_string(), c.text);
    EXPECT_FALSE(endpoint->is_unix());
  }
}

struct UnixCase {
  std::string word;
  Kind kind;
  std::string path;
  std::string text;
};

TEST(Endpoint, ParsesUnix) {
  const std::string longest(Address::max_path, 'x');
  const UnixCase cases[] = {
      {"/run/x.sock", Kind::unix_path, "/run/x.sock", "/run/x.sock"},
      {"./x:80", Kind::unix_path, "./x:80", "./x:80"},
      {"unix:/run/x.sock", Kind::unix_path, "/run/x.sock", "/run/x.sock"},
      {"unix:x.sock", Kind::unix_path, "x.sock", "unix:x.sock"},
      {"unix:80", Kind::unix_path, "80", "unix:80"},
      {"unix:@x", Kind::unix_abstract, "x", "@x"},
      {"unix:@a/b", Kind::unix_abstract, "a/b", "@a/b"},
      {"@a/b", Kind::unix_path, "@a/b", "@a/b"},
      {"unix:" + longest, Kind::unix_path, longest, "unix:" + longest},
      {"unix:@" + longest, Kind::unix_abstract, longest, "@" + longest},
  };
  for (const auto& c : cases) {
    std::string why;
    const auto endpoint = parse_endpoint(c.word, Purpose::connecting, why);
    ASSERT_TRUE(endpoint) << why;
    EXPECT_EQ(endpoint->kind, c.kind);
    EXPECT_EQ(endpoint->path, c.path);
    EXPECT_EQ(endpoint->to_string(), c.text);
    EXPECT_TRUE(endpoint->is_unix());
  }
}

struct BadCase {
  std::string word;
  std::string why;
};

TEST(Endpoint, SaysWhyNot) {
  const std::string brackets = "' has more than one colon, and IPv6 needs brackets; write ";
  const std::string alone = "' is neither a port nor a service, and a host needs a port; write ";
  const std::string not_port = "' is not a port; write 1 to 65535 or a service such as http";
  const std::string not_host = "', which no host name has; write a name such as localhost";
  const std::string not_ipv6 =
      "' holds no IPv6 address in brackets; write [IPV6]:PORT, such as [::1]:80";
  const std::string too_long(Address::max_path + 1, 'x');
  // As messages have what is long.
  const auto cut = [](const std::string& text) { return text.substr(0, 80) + "..."; };
  const std::string long_host(254, 'x');
  const BadCase cases[] = {
      {"", "'' is not an address; write HOST:PORT, PORT or unix:PATH"},
      {"::1", "'::1" + brackets + "[::1]:PORT"},
      {"::1:80", "'::1:80" + brackets + "[::1:80]:PORT or [::1]:80"},
      {"1:2:3:4:5:6:7:8:80", "'1:2:3:4:5:6:7:8:80" + brackets + "[1:2:3:4:5:6:7:8]:80"},
      {"::1:http", "'::1:http" + brackets + "[::1]:http"},
      {"::1:65536", "'::1:65536" + brackets + "HOST:PORT or [IPV6]:PORT"},
      {"a:b:c", "'a:b:c" + brackets + "HOST:PORT or [IPV6]:PORT"},
      {"a:80:\x1b[2J", "'a:80:\\x1b[2J" + brackets + "HOST:PORT or [IPV6]:PORT"},
      {"localhost", "'localhost" + alone + "localhost:PORT"},
      {"127.0.0.1", "'127.0.0.1" + alone + "127.0.0.1:PORT"},
      {"0x50", "'0x50" + alone + "0x50:PORT"},
      {"+80", "'+80' has '+" + not_host},
      {"-1", "'-1' begins with '-'; write a name such as localhost"},
      {"@x", "'@x' has no port; write unix:@x for the abstract Unix socket, or HOST:PORT"},
      {"[::1]", "'[::1]' has no port; write [::1]:PORT"},
      {"[::1", "'[::1' has no port; write [::1]:PORT"},
      {"[::1]80", "'[::1]80' has no port; write [::1]:PORT"},
      {"[::1]:", "'[::1]:' has no port; write [::1]:PORT"},
      {"localhost:", "'localhost:' has no port; write localhost:PORT"},
      {":", "':' has no port; write :PORT"},
      {"[", "'[" + not_ipv6},
      {"[]:80", "'[]:80" + not_ipv6},
      {"[127.0.0.1]:80", "'[127.0.0.1]:80" + not_ipv6},
      {"[localhost]:80", "'[localhost]:80" + not_ipv6},
      {"[[::1]]:80", "'[[::1]]:80" + not_ipv6},
      {"h:0x50", "in 'h:0x50', '0x50" + not_port},
      {"h:+80", "in 'h:+80', '+80" + not_port},
      {"h:-1", "in 'h:-1', '-1" + not_port},
      {"h:8 0", "in 'h:8 0', '8 0" + not_port},
      {"h:80\0"s, "in 'h:80\\x00', '80\\x00" + not_port},
      {"h:http\0x"s, "in 'h:http\\x00x', 'http\\x00x" + not_port},
      {"h:65536", "in 'h:65536', '65536' is over the highest port; write 1 to 65535"},
      {"h:0", "in 'h:0', port '0' is for listening only; write 1 to 65535"},
      {"65536", "'65536' is over the highest port; write 1 to 65535"},
      {"0", "port '0' is for listening only; write 1 to 65535"},
      {"8 0", "'8 0' has ' " + not_host},
      {"a b:80", "'a b' has ' " + not_host},
      {"a\n:80", "'a\\x0a' has '\\x0a" + not_host},
      {"a\0:80"s, "'a\\x00' has '\\x00" + not_host},
      {"a\x7f:80", "'a\\x7f' has '\\x7f" + not_host},
      {"user@host:80", "'user@host' has '@" + not_host},
      {"*:5", "'*' has '*" + not_host},
      {"a..b:80", "'a..b' has an empty label; write a name such as www.example.com"},
      {"\xff:80", "'\\xff' is not UTF-8 text; write a name such as b\u00fccher.example"},
      {"a]:80", "'a]' has ']" + not_host},
      {long_host + ":80",
       "'" + cut(long_host) + "' is 254 bytes long; write a host name of at most 253"},
      {"unix:", "'unix:' names no Unix socket; write unix:PATH or unix:@NAME"},
      {"unix:@", "'unix:@' names no Unix socket; write unix:PATH or unix:@NAME"},
      {"/a\0b"s, "'/a\\x00b' holds a NUL; write unix:PATH without one"},
      {"unix:" + too_long, "'" + cut("unix:" + too_long) +
                               "' is a Unix socket path of 108 bytes; write one of at most 107"},
      {"unix:@" + too_long, "'" + cut("unix:@" + too_long) +
                                "' is a Unix socket path of 108 bytes; write one of at most 107"},
      {"/" + too_long, "'" + cut("/" + too_long) +
                           "' is a Unix socket path of 109 bytes; write one of at most 107"},
  };
  for (const auto& c : cases) {
    std::string why;
    EXPECT_FALSE(parse_endpoint(c.word, Purpose::connecting, why)) << c.word;
    EXPECT_EQ(why, c.why);
  }
}

TEST(Endpoint, PortZeroIsForListening) {
  std::string why;
  for (const std::string word : {"0", ":0", "localhost:0", "[::1]:00"}) {
    const auto endpoint = parse_endpoint(word, Purpose::listening, why);
    ASSERT_TRUE(endpoint) << why;
    EXPECT_EQ(endpoint->port, 0);
    EXPECT_FALSE(parse_endpoint(word, Purpose::connecting, why)) << word;
  }
}

TEST(Endpoint, ParsesTwoWords) {
  const TcpCase cases[] = {
      {"localhost", "localhost", 80, "localhost:80"},
      {"127.0.0.1", "127.0.0.1", 80, "127.0.0.1:80"},
      {"::1", "::1", 80, "[::1]:80"},
      {"[::1]", "::1", 80, "[::1]:80"},
      {"fe80::1%eth0", "fe80::1%eth0", 80, "[fe80::1%eth0]:80"},
  };
  for (const auto& c : cases) {
    std::string why;
    const auto endpoint = parse_endpoint(c.word, "http", Purpose::connecting, why);
    ASSERT_TRUE(endpoint) << why;
    EXPECT_EQ(endpoint->host, c.host);
    EXPECT_EQ(endpoint->port, c.port);
    EXPECT_EQ(endpoint->to_string(), c.text);
  }
}

TEST(Endpoint, SaysWhyNotOfTwoWords) {
  const std::string not_host = "' is not a host; write HOST PORT, such as localhost 80";
  const BadCase cases[] = {
      {"", "'" + not_host},
      {"localhost:80", "'localhost:80" + not_host},
      {"1::2::3", "'1::2::3" + not_host},
      {"unix:x", "'unix:x" + not_host},
      {"[::1]:80", "'[::1]:80" + not_host},
      {"[localhost]", "'[localhost]' holds no IPv6 address; write [IPV6] PORT, such as [::1] 80"},
      {"[]", "'[]' holds no IPv6 address; write [IPV6] PORT, such as [::1] 80"},
      {"[", "'[' has '[', which no host name has; write a name such as localhost"},
      {"/run/x", "'/run/x' has '/', which no host name has; write a name such as localhost"},
  };
  for (const auto& c : cases) {
    std::string why;
    EXPECT_FALSE(parse_endpoint(c.word, "80", Purpose::connecting, why)) << c.word;
    EXPECT_EQ(why, c.why);
  }
  std::string why;
  EXPECT_FALSE(parse_endpoint("localhost", "", Purpose::connecting, why));
  EXPECT_EQ(why, "'' is not a port; write 1 to 65535 or a service such as http");
}

TEST(Port, ParsesDigitsAndServices) {
  std::string why;
  EXPECT_EQ(parse_port("1", Purpose::connecting, why), 1);
  EXPECT_EQ(parse_port("0000000000000000000080", Purpose::connecting, why), 80);
  EXPECT_EQ(parse_port("65535", Purpose::connecting, why), 65535);
  EXPECT_EQ(parse_port("0", Purpose::listening, why), 0);
  EXPECT_EQ(parse_port("ssh", Purpose::connecting, why), 22);
  for (const std::string text : {"", "-1", "+80", "0x50", "8 0", " 80", "80 ", "8e1", "no-such"}) {
    EXPECT_FALSE(parse_port(text, Purpose::listening, why)) << text;
  }
  for (const std::string text : {"65536", "99999999999999999999"}) {
    EXPECT_FALSE(parse_port(text, Purpose::listening, why)) << text;
  }
}

}  // namespace
}  // namespace tcpkit
