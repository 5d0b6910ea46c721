#include "base/log.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "base/json.h"
#include "base/utf8.h"

namespace ds4 {
namespace {

std::atomic<LogLevel> least{LogLevel::info};
std::atomic<LogFormat> form{LogFormat::plain};
std::atomic<Console*> target{nullptr};

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error", "none"};

std::string_view name_of(LogLevel level) {
  return kNames[static_cast<int>(level)];
}

// Universal time to the millisecond, as RFC 3339 writes it.
std::string now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  const std::time_t seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char date[40];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char text[60];
  std::snprintf(text, sizeof text, "%s.%03dZ", date, static_cast<int>(milliseconds % 1000));
  return text;
}

}  // namespace

void set_log(const LogOptions& options) {
  least = options.level;
  form = options.format;
  target = options.console;
}

bool log_enabled(LogLevel level) {
  return level >= least.load(std::memory_order_relaxed) && level != LogLevel::none;
}

Result<LogLevel> parse_log_level(std::string_view name) {
  for (int i = 0; i < 5; ++i) {
    if (kNames[i] == name) return static_cast<LogLevel>(i);
  }
  return fail(Code::bad_argument, "unknown log level '", printable(name),
              "'; choose debug, info, warning, error or none");
}

void log_message(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) return;
  std::string line;
  if (form == LogFormat::json) {
    line = R"({"time":")" + now() + R"(","level":")";
    line += name_of(level);
    line += R"(","message":)";
    append_json_string(line, message);
    line += '}';
  } else {
    // Information is the text itself; the rest says what it is.
    if (level != LogLevel::info) {
      line = name_of(level);
      line += ": ";
    }
    line += printable(message, std::string::npos);
  }
  Console* console = target;
  (console != nullptr ? *console : Console::standard()).line(line);
}

}  // namespace ds4
