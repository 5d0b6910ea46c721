// What a program tells its operator: one line a message on standard error, as text for people or as
// JSON for machines.
//
//   log_info("opened ", path, " in ", milliseconds, " ms");
//   log_warning("session ", id, " was parked: the device is full");
#pragma once

#include <string>
#include <string_view>

#include "base/terminal.h"
#include "ds4/result.h"

namespace ds4 {

enum class LogLevel { debug, info, warning, error, none };
enum class LogFormat {
  plain,  // warning: the message
  json,   // {"time":"2025-01-31T12:00:00.123Z","level":"warning","message":"the message"}
};

struct LogOptions {
  LogLevel level = LogLevel::info;  // what is below it is dropped; `none` drops everything
  LogFormat format = LogFormat::plain;
  Console* console = nullptr;  // null: standard error
};

// Any thread, at any time; it holds for the messages after it.
void set_log(const LogOptions& options);
bool log_enabled(LogLevel level);
// "debug", "info", "warning", "error" or "none".
Result<LogLevel> parse_log_level(std::string_view name);

// Writes one line whatever the message holds: control characters come out escaped.
void log_message(LogLevel level, std::string_view message);

namespace detail {
template <class... Parts>
void log_parts(LogLevel level, const Parts&... parts) {
  if (!log_enabled(level)) return;
  std::string message;
  (append(message, parts), ...);
  log_message(level, message);
}
}  // namespace detail

template <class... Parts>
void log_debug(const Parts&... parts) {
  detail::log_parts(LogLevel::debug, parts...);
}
template <class... Parts>
void log_info(const Parts&... parts) {
  detail::log_parts(LogLevel::info, parts...);
}
template <class... Parts>
void log_warning(const Parts&... parts) {
  detail::log_parts(LogLevel::warning, parts...);
}
template <class... Parts>
void log_error(const Parts&... parts) {
  detail::log_parts(LogLevel::error, parts...);
}

}  // namespace ds4
