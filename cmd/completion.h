#pragma once

#include <string_view>
#include <vector>

namespace tcpkit::cmd {

/// The completion of a shell: a file of completions/, compiled in. It asks `tcpkit complete`.
struct CompletionFile {
  std::string_view shell;
  std::string_view content;
};

const std::vector<CompletionFile>& completion_files();

}  // namespace tcpkit::cmd
