#include "download/token.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>

namespace ds4::download {
namespace {

constexpr std::size_t kTokenBytesMax = 4000;

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

// What is not printed characters only would break the header it goes into, or is no token.
Result<std::string> checked(std::string token, const std::string& from) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!token.empty() && is_blank(token.back())) token.pop_back();
  token.erase(token.begin(), std::find_if_not(token.begin(), token.end(), is_blank));
  const bool is_printed =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!is_printed || token.size() > kTokenBytesMax) {
    return fail(Code::bad_argument, "what ", from, " holds is no token");
  }
  return token;
}

std::string token_file() {
  if (const auto path = variable("HF_TOKEN_PATH")) return *path;
  if (const auto folder = variable("HF_HOME")) return *folder + "/token";
  if (const auto folder = variable("XDG_CACHE_HOME")) return *folder + "/huggingface/token";
  if (const auto home = variable("HOME")) return *home + "/.cache/huggingface/token";
  return "";
}

}  // namespace

Result<std::string> find_token() {
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (const auto token = variable(name)) return checked(*token, name);
  }
  const std::string path = token_file();
  std::ifstream in(path, std::ios::binary);
  if (path.empty() || !in) return std::string();
  std::string text(kTokenBytesMax + 100, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return checked(std::move(text), path);
}

}  // namespace ds4::download
