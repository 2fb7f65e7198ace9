#include "stdio/lines.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace tcpkit::stdio {
namespace {

/// All that Lines gives of `input`, which comes through a pipe, `step` bytes at a time. Each answer
/// must end with a newline, except the last.
std::string read_all(const std::string& input, std::size_t step) {
  int fds[2];
  EXPECT_EQ(::pipe(fds), 0);
  std::thread writer([&] {
    for (std::size_t at = 0; at < input.size(); at += step)
      EXPECT_GT(::write(fds[1], input.data() + at, std::min(step, input.size() - at)), 0);
    ::close(fds[1]);
  });
  Lines lines(fds[0]);
  std::string all;
  std::string_view some;
  ssize_t n = 0;
  while ((n = lines.next(some)) > 0) {
    EXPECT_TRUE(all.empty() || all.back() == '\n');
    EXPECT_EQ(static_cast<std::size_t>(n), some.size());
    all += some;
  }
  EXPECT_EQ(n, 0);
  EXPECT_EQ(lines.next(some), 0);
  writer.join();
  ::close(fds[0]);
  return all;
}

TEST(Lines, SkipsAByteOrderMark) {
  for (const std::size_t step : {1, 2, 3, 100}) {
    EXPECT_EQ(read_all("\xef\xbb\xbf"
                       "a\nb",
                       step),
              "a\nb");
    EXPECT_EQ(read_all("\xef\xbb\xbf\n", step), "\n");
    EXPECT_EQ(read_all("\xef\xbb\xbf", step), "");
    EXPECT_EQ(read_all("a\n\xef\xbb\xbf", step), "a\n\xef\xbb\xbf");
  }
}

TEST(Lines, GivesWholeLines) {
  std::string input;
  for (int i = 0; i < 30000; ++i)
    input += std::string(static_cast<std::size_t>(i % 40), 'x') + "\n";
  for (const std::size_t step : {997U, 65536U}) {
    EXPECT_EQ(read_all(input, step), input);
    EXPECT_EQ(read_all(input + "no end", step), input + "no end");
  }
  EXPECT_EQ(read_all("", 1), "");
  EXPECT_EQ(read_all("\n\na\n\nb", 1), "\n\na\n\nb");
}

TEST(Lines, CutsWhatIsTooLong) {
  const std::string longest(Lines::longest, 'x');
  const std::string endless(1000000, 'x');
  for (const std::size_t step : {4096U, 65536U}) {
    EXPECT_TRUE(read_all("a\n" + longest + "\nb\n", step) == "a\n" + longest + "\nb\n");
    EXPECT_TRUE(read_all("a\n" + endless + "\nb", step) == "a\n" + longest + "\nb");
    EXPECT_TRUE(read_all(endless, step) == longest + "\n");
  }
}

TEST(Lines, TellsErrors) {
  Lines lines(-1);
  std::string_view some;
  EXPECT_EQ(lines.next(some), -EBADF);
}

}  // namespace
}  // namespace tcpkit::stdio
