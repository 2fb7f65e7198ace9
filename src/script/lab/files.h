#pragma once

#include <string_view>
#include <vector>

namespace tcpkit::script {

/// A lab that is compiled in.
struct LabFile {
  std::string_view name;
  std::string_view content;
};

/// All of them, in the order in which to learn from them: the files of src/script/labs.
const std::vector<LabFile>& lab_files();

}  // namespace tcpkit::script
