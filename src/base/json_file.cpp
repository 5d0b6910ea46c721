#include "base/json_file.h"

#include "base/mapped_file.h"

namespace ds4 {

Result<Json> read_json_file(const std::string& path) {
  TRY(const MappedFile file, MappedFile::open(path));
  const auto bytes = file.bytes();
  auto json = parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!json.ok()) return fail(Code::bad_file, path, ": ", json.error().message);
  return json;
}

}  // namespace ds4
