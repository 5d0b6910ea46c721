// The file of results that a run writes and a later one goes on from: JSON lines, a head that says
// what was run and then a line for each answer. docs/formats/eval-suite.md says what they hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "ds4/result.h"
#include "eval/tally.h"

namespace ds4::eval {

// An answer as it is kept.
struct Answered {
  std::string suite, id, skill;
  Outcome outcome;
  std::string why, expected, got, reasoning;
};

Json answered_json(const Answered& answered);

// What answers depend on, in words: results of one run go with another only if all of it is alike.
struct RunHead {
  std::string model;  // name
  std::string fingerprint;
  std::vector<std::pair<std::string, std::uint64_t>> suites;  // name and checksum
  Json settings = Json::object();
};

using Answers = std::map<std::pair<std::string, std::string>, Answered>;  // by suite and id

// What the bytes of a file hold. A line without a break at its end was torn and does not count.
struct EarlierResults {
  Answers answers;
  std::size_t whole_bytes = 0;  // of whole lines
};
Result<EarlierResults> read_results(std::string_view bytes, const RunHead& head);

// Written line by line: what was answered stays when the program ends, however it ends. One process
// at a time.
class ResultsFile {
 public:
  // Makes the file, or goes on with it. Refuses one of another head, and one that is no such file.
  static Result<ResultsFile> open(const std::string& path, const RunHead& head);
  ResultsFile(ResultsFile&& other) noexcept;
  ResultsFile& operator=(ResultsFile&&) = delete;
  ~ResultsFile();

  // What was answered before this run.
  const Answers& earlier() const { return earlier_; }
  Result<void> append(const Answered& answered);

 private:
  ResultsFile(std::string path, int descriptor);

  std::string path_;
  int descriptor_;
  Answers earlier_;
};

}  // namespace ds4::eval
