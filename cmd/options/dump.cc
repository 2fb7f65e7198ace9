#include "cmd/options/dump.h"

#include "cmd/cli/declare.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {

void DumpGroup::declare(OptionSet& set) {
  Group g(set, "Data");
  g.string("--hexdump", "FILE", hexdump, "Write both directions to FILE, 16 bytes a line")
      .with({Trait::of_program});
  g.string("--record", "FILE", record, "Write both directions to FILE as they pass")
      .with({Trait::of_program});
}

void DumpGroup::check(const std::string& trace_file) const {
  for (const std::string* file : {&hexdump, &record}) {
    const std::string* other = file == &hexdump ? &record : &hexdump;
    if (!file->empty() && (*file == *other || *file == trace_file)) {
      throw UsageError("--hexdump, --record and --trace-file need a file each");
    }
  }
}

}  // namespace tcpkit::cmd
