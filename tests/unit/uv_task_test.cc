#include "uv/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace tcpkit::uv {
namespace {

TEST(Task, CallsRunInTheNextTickInTheirOrder) {
  Loop loop;
  Task task(loop);
  std::vector<int> ran;
  task.defer([&] {
    ran.push_back(1);
    task.defer([&] { ran.push_back(3); });
  });
  task.defer([&] { ran.push_back(2); });
  EXPECT_TRUE(ran.empty());
  loop.run();
  EXPECT_EQ(ran, (std::vector{1, 2, 3}));
}

TEST(Task, TheDestructorCancelsWhatHasNotBegun) {
  Loop loop;
  auto task = std::make_unique<Task>(loop);
  bool ran = false;
  task->defer([&] { ran = true; });
  task.reset();
  loop.run();
  EXPECT_FALSE(ran);
}

TEST(Task, ACallMayDestroyItsTask) {
  Loop loop;
  auto task = std::make_unique<Task>(loop);
  std::vector<int> ran;
  task->defer([&, number = 1] {
    task.reset();
    ran.push_back(number);
  });
  task->defer([&] { ran.push_back(2); });
  loop.run();
  EXPECT_EQ(ran, std::vector{1});
}

TEST(Task, ACancelledTaskCanBeUsedAgain) {
  Loop loop;
  Task task(loop);
  std::vector<int> ran;
  task.defer([&] { ran.push_back(1); });
  task.cancel();
  task.defer([&] { ran.push_back(2); });
  loop.run();
  EXPECT_EQ(ran, std::vector{2});
}

}  // namespace
}  // namespace tcpkit::uv
