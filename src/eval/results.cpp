#include "eval/results.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <optional>

#include "base/system_error.h"
#include "base/utf8.h"

namespace ds4::eval {

namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kResultsBytesMax = std::size_t{4} << 30;

Json head_json(const RunHead& head) {
  Json out = Json::object();
  out.set("ds4_eval_results", kVersion);
  out.set("model", head.model);
  out.set("fingerprint", head.fingerprint);
  Json suites = Json::array();
  for (const auto& [name, sum] : head.suites) {
    Json suite = Json::object();
    suite.set("name", name);
    suite.set("checksum", sum);
    suites.push(std::move(suite));
  }
  out.set("suites", std::move(suites));
  out.set("settings", head.settings);
  return out;
}

// Why results under `found` cannot go with those under `ours`.
Result<void> compare_heads(const Json& found, const Json& ours) {
  if (found == ours) return {};
  const auto same = [&](std::string_view key) {
    const Json* a = found.find(key);
    return a != nullptr && *a == *ours.find(key);
  };
  std::string why = "of another version of this program";
  if (same("ds4_eval_results")) {
    why = !same("model") || !same("fingerprint") ? "of another model"
          : !same("suites")                      ? "of other suites"
                                                 : "under other settings";
    const Json* settings = found.find("settings");
    if (why == "under other settings" && settings != nullptr && settings->is_object()) {
      for (const auto& [key, value] : ours.find("settings")->as_object()) {
        const Json* before = settings->find(key);
        if (before != nullptr && *before == value) continue;
        const std::string was = before == nullptr ? "not said" : to_text(*before);
        why += ": " + key + " was " + printable(was, 60) + " and is " + to_text(value);
        break;
      }
    }
  }
  return fail(Code::bad_argument, "these are results ", why,
              "; name another file, or run as they were made");
}

class LineReader {
 public:
  explicit LineReader(const Json& line) : line_(line) {}

  std::string text(const char* key) {
    const Json* value = line_.find(key);
    if (value != nullptr && value->is_string()) return value->as_string();
    wrong_ = key;
    return {};
  }
  bool flag(const char* key) {
    const Json* value = line_.find(key);
    if (value != nullptr && value->is_bool()) return value->as_bool();
    wrong_ = key;
    return false;
  }
  std::uint64_t count(const char* key) {
    const Json* value = line_.find(key);
    const auto number = value != nullptr && value->is_number() ? value->as_int() : std::nullopt;
    if (number && *number >= 0 && *number < std::int64_t{1} << 53) {
      return static_cast<std::uint64_t>(*number);
    }
    wrong_ = key;
    return 0;
  }
  double seconds(const char* key) {
    const Json* value = line_.find(key);
    const auto number = value != nullptr && value->is_number() ? value->as_double() : std::nullopt;
    if (number && *number >= 0 && *number < 1e12) return *number;
    wrong_ = key;
    return 0;
  }
  const char* wrong() const { return wrong_; }

 private:
  const Json& line_;
  const char* wrong_ = nullptr;
};

Result<Answered> read_answered(const Json& line) {
  LineReader in(line);
  Answered out;
  out.suite = in.text("suite");
  out.id = in.text("id");
  out.skill = in.text("skill");
  out.outcome.is_right = in.flag("right");
  if (const Json* formed = line.find("well_formed"); formed != nullptr && !formed->is_null()) {
    out.outcome.is_well_formed = in.flag("well_formed");
  }
  out.outcome.is_cut_off = in.flag("cut_off");
  out.why = in.text("why");
  out.expected = in.text("expected");
  out.got = in.text("got");
  out.reasoning = in.text("reasoning");
  out.outcome.prompt_tokens = in.count("prompt_tokens");
  out.outcome.answer_tokens = in.count("answer_tokens");
  out.outcome.reasoning_tokens = in.count("reasoning_tokens");
  out.outcome.prompt_seconds = in.seconds("prompt_seconds");
  out.outcome.answer_seconds = in.seconds("answer_seconds");
  if (in.wrong() != nullptr) {
    return fail(Code::bad_file, "\"", in.wrong(), "\" is missing or not what it should be");
  }
  return out;
}

Result<void> write_all(int descriptor, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(Code::io, path, ": cannot write: ", system_reason(errno));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::string> read_whole(int descriptor, const std::string& path) {
  struct stat about {};
  if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) {
    return fail(Code::bad_argument, path,
                ": results are kept in an ordinary file, which this is not");
  }
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size > kResultsBytesMax) {
    return fail(Code::too_large, path, ": more than ", kResultsBytesMax, " bytes");
  }
  std::string out(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count =
        ::pread(descriptor, out.data() + done, size - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(Code::io, path, ": cannot read: ", system_reason(errno));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  out.resize(done);
  return out;
}

}  // namespace

Json answered_json(const Answered& answered) {
  const Outcome& outcome = answered.outcome;
  Json out = Json::object();
  out.set("suite", answered.suite);
  out.set("id", answered.id);
  out.set("skill", answered.skill);
  out.set("right", outcome.is_right);
  out.set("well_formed", outcome.is_well_formed ? Json(*outcome.is_well_formed) : Json());
  out.set("cut_off", outcome.is_cut_off);
  out.set("why", answered.why);
  out.set("expected", answered.expected);
  out.set("got", answered.got);
  out.set("reasoning", answered.reasoning);
  out.set("prompt_tokens", outcome.prompt_tokens);
  out.set("answer_tokens", outcome.answer_tokens);
  out.set("reasoning_tokens", outcome.reasoning_tokens);
  out.set("prompt_seconds", outcome.prompt_seconds);
  out.set("answer_seconds", outcome.answer_seconds);
  return out;
}

Result<EarlierResults> read_results(std::string_view bytes, const RunHead& head) {
  const Json ours = head_json(head);
  EarlierResults out;
  out.whole_bytes = bytes.rfind('\n') == bytes.npos ? 0 : bytes.rfind('\n') + 1;
  // Only a head that was torn as it was written may be written over.
  if (out.whole_bytes == 0 && !to_text(ours).starts_with(bytes)) {
    return fail(Code::bad_file, "not a file of results, and left as it is");
  }
  std::string_view rest = bytes.substr(0, out.whole_bytes);
  for (std::uint64_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const auto take = [&]() -> Result<void> {
      TRY(const Json json, parse_json(line));
      if (number == 1) {
        if (json.find("ds4_eval_results") == nullptr) {
          return fail(Code::bad_file, "not a file of results");
        }
        return compare_heads(json, ours);
      }
      TRY(Answered answered, read_answered(json));
      std::pair key(answered.suite, answered.id);
      out.answers.insert_or_assign(std::move(key), std::move(answered));
      return {};
    };
    if (const auto taken = take(); !taken.ok()) {
      return fail(taken.error().code, "line ", number, ": ", taken.error().message);
    }
  }
  return out;
}

ResultsFile::ResultsFile(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

ResultsFile::ResultsFile(ResultsFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      earlier_(std::move(other.earlier_)) {}

ResultsFile::~ResultsFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<ResultsFile> ResultsFile::open(const std::string& path, const RunHead& head) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return fail(Code::io, path, ": cannot open results: ", system_reason(errno));
  }
  ResultsFile out(path, descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return fail(Code::io, path, ": another run is writing its results there");
  }
  TRY(const std::string bytes, read_whole(descriptor, path));
  auto earlier = read_results(bytes, head);
  if (!earlier.ok()) return fail(earlier.error().code, path, ": ", earlier.error().message);
  const auto whole = static_cast<off_t>(earlier->whole_bytes);
  if (earlier->whole_bytes != bytes.size() && ::ftruncate(descriptor, whole) != 0) {
    return fail(Code::io, path, ": cannot drop a torn line: ", system_reason(errno));
  }
  if (::lseek(descriptor, whole, SEEK_SET) < 0) {
    return fail(Code::io, path, ": cannot go to its end: ", system_reason(errno));
  }
  if (whole == 0) TRY_DO(write_all(descriptor, to_text(head_json(head)) + "\n", path));
  out.earlier_ = std::move(earlier->answers);
  return out;
}

Result<void> ResultsFile::append(const Answered& answered) {
  return write_all(descriptor_, to_text(answered_json(answered)) + "\n", path_);
}

}  // namespace ds4::eval
