#include "script/lab/lab.h"

#include <algorithm>
#include <iterator>

namespace tcpkit::script {
namespace {

bool is_about_wire(const LabLine& line) {
  const auto* step = std::get_if<Step>(&line.action);
  return step != nullptr && looks_at(*step, record::Layer::wire);
}

}  // namespace

std::vector<LabLine> take_wire_lines(Lab& lab) {
  const auto taken = std::stable_partition(
      lab.lines.begin(), lab.lines.end(), [](const LabLine& line) { return !is_about_wire(line); });
  std::vector<LabLine> lines(std::make_move_iterator(taken),
                             std::make_move_iterator(lab.lines.end()));
  lab.lines.erase(taken, lab.lines.end());
  return lines;
}

bool looks_at_wire(const Lab& lab) {
  return std::any_of(lab.lines.begin(), lab.lines.end(), is_about_wire);
}

}  // namespace tcpkit::script
