#include "shared/choose_model.h"

namespace ds4 {

Result<std::string> choose_model(const std::string& given) {
  if (!given.empty()) return given;
  return fail(Code::bad_argument, "no model is given; say which with -m FILE");
}

}  // namespace ds4
