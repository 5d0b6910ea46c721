#include "shared/choose_model.h"

#include <unistd.h>

#include "base/terminal.h"
#include "base/utf8.h"
#include "download/default_model.h"
#include "shared/shipped.h"

namespace ds4 {

Result<ChosenModel> choose_model(const std::string& given) {
  if (!given.empty()) return ChosenModel{given};
  // Without a home folder nobody can have chosen one.
  const auto chosen = download::default_model();
  if (!chosen.ok() && chosen.error().code != Code::not_found) return chosen.error();
  if (chosen.ok() && !chosen->empty()) {
    if (::access(chosen->c_str(), F_OK) == 0) return ChosenModel{*chosen};
    return fail(Code::not_found, printable(*chosen, 300),
                ": the default model is gone; say which with -m FILE, or get one by ds4 pull");
  }
  TRY(std::string demo, shipped_path("models/demo-q8.gguf"));
  return ChosenModel{std::move(demo), true};
}

void mention_demo(const ChosenModel& model) {
  if (!model.is_demo) return;
  Console& console = Console::standard();
  const bool is_dim = terminal_style(console.descriptor()).colour;
  const std::string text = "The demo model, a toy that fits in 12 MB. The real one: ds4 pull";
  console.line(is_dim ? "\x1b[2m" + text + "\x1b[0m" : text);
}

}  // namespace ds4
