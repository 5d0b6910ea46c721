#include "cli/pull.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/human.h"
#include "base/progress.h"
#include "base/system_memory.h"
#include "base/user_folder.h"
#include "base/utf8.h"
#include "cli/model_fit.h"
#include "cli/pull_list.h"
#include "download/catalog.h"
#include "download/default_model.h"
#include "download/pull.h"
#include "download/sha256.h"
#include "download/token.h"
#include "model/model_file.h"
#include "shared/console.h"

namespace ds4::cli {

namespace {

using download::FileKind;
using download::PublishedFile;

constexpr double kLineEverySeconds = 10;

std::atomic<int> stop_signal{0};

extern "C" void note_signal(int number) {
  stop_signal = number;
}

// Ctrl+C and its kind ask the download to end; a second one while it does so ends the program. What
// nohup or a shell told the program to ignore stays ignored.
void watch_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = note_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
  }
}

std::string text_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// What shall be downloaded, from where.
struct Job {
  const PublishedFile* known = nullptr;  // null: a file that the catalog does not have
  std::string file;                      // its name
  std::string label;                     // for the bar
  download::Source source;
};

Result<download::Address> parse_safe(const std::string& url, bool may_be_open) {
  TRY(download::Address address, download::parse_address(url));
  if (!may_be_open && !address.is_private()) {
    return fail(Code::bad_argument, printable(url),
                ": anybody on the way could read and change what comes by http; use https, or say "
                "that you trust the way by --base-url");
  }
  return address;
}

// The folder whose files the names of the catalog are.
Result<std::string> base_url(const PullOptions& options) {
  std::string base = options.base_url.empty() ? text_of("DS4_PULL_URL") : options.base_url;
  if (!base.empty()) {
    TRY(const download::Address address, parse_safe(base, true));
    return base;
  }
  base = text_of("HF_ENDPOINT");
  if (base.empty()) base = download::kRepositoryHost;
  TRY(const download::Address address, parse_safe(base, false));
  return download::join_url(base, download::kRepositoryPath.substr(1));
}

bool is_url(const std::string& name) {
  return name.find("://") != name.npos;
}

bool is_gguf_name(std::string_view name) {
  constexpr std::string_view kEnding = ".gguf";
  return name.size() > kEnding.size() && name.substr(name.size() - kEnding.size()) == kEnding;
}

Result<Job> choose(const PullOptions& options) {
  Job job;
  TRY(const std::string base, base_url(options));
  if (is_url(options.name)) {
    TRY(const download::Address address, parse_safe(options.name, false));
    job.source.url = options.name;
    job.file = address.path.substr(address.path.rfind('/') + 1);
  } else {
    job.known = download::find_published(options.name);
    job.file = job.known != nullptr ? job.known->file : options.name;
    if (job.known == nullptr && !is_gguf_name(job.file)) {
      return fail(Code::bad_argument, "no file is called '", printable(options.name, 60),
                  "'; `ds4 pull` lists those that there are");
    }
    job.source.url = download::join_url(base, job.file);
  }
  if (!download::is_plain_file_name(job.file)) {
    return fail(Code::bad_argument, "'", printable(job.file, 60), "' cannot be the name of a file");
  }
  job.label = job.known != nullptr ? job.known->name : job.file;

  // The token is the repository's; an address that somebody typed gets it only if it is there.
  TRY(const download::Address repository, download::parse_address(base));
  TRY(const download::Address here, download::parse_address(job.source.url));
  if (here.same_host(repository)) {
    TRY(job.source.token, download::find_token());
  }
  return job;
}

class Watcher : public download::PullWatcher {
 public:
  Watcher(std::string label, bool plain) : label_(std::move(label)), plain_(plain) {}

  void starts(std::uint64_t size, std::uint64_t there) override {
    size_ = there_ = 0;
    bar_.reset();
    if (there > 0) {
      notice("going on where it ended: " + human_bytes(there) + " of " + human_bytes(size) +
             " are here");
    }
    size_ = size;
    there_ = there;
    bar_ = make_bar(label_, there);
  }
  void progress(const download::ByteRanges& done) override {
    there_ = done.total();
    bar_->set(there_);
  }
  void fetched() override {
    bar_->finish();
    bar_.reset();
  }
  void checking(std::uint64_t added, std::uint64_t) override {
    if (!bar_) bar_ = make_bar("checking " + label_, added);
    bar_->set(added);
  }
  void notice(std::string_view sentence) override { Console::standard().line(printable(sentence)); }

  void close() { bar_.reset(); }
  std::uint64_t there() const { return there_; }
  std::uint64_t size() const { return size_; }

 private:
  std::unique_ptr<ProgressBar> make_bar(const std::string& label, std::uint64_t start) const {
    return std::make_unique<ProgressBar>(ProgressOptions{.label = label,
                                                         .total = size_,
                                                         .start = start,
                                                         .plain = plain_,
                                                         .line_seconds = kLineEverySeconds});
  }

  const std::string label_;
  const bool plain_;
  std::uint64_t size_ = 0, there_ = 0;
  std::unique_ptr<ProgressBar> bar_;
};

int list(const PullOptions& options, const std::string& folder) {
  // One that cannot be read is told of where it is used.
  const auto chosen = download::default_model();
  const PullList list{.folder = folder,
                      .default_model = chosen.ok() ? *chosen : "",
                      .machine_bytes = total_memory(),
                      .all = options.all};
  if (options.json) {
    print(to_text(to_json(list), JsonStyle::pretty) + "\n");
  } else {
    print(describe(list, !options.plain && stdout_is_styled()));
  }
  return 0;
}

// A file of our own catalog is what its name says; of another one only the file can tell.
bool is_model(const Job& job, const std::string& path) {
  if (job.known != nullptr) return job.known->kind == FileKind::main;
  return model::ModelFile::open(path).ok();
}

// What is said once the file is there.
int conclude(const PullOptions& options, const Job& job, const std::string& path, bool is_checked) {
  Console& console = Console::standard();
  bool is_default = false;
  if (!options.keep_default && is_model(job, path)) {
    const auto set = download::set_default_model(path);
    if (!set.ok()) return report(set.error().message);
    is_default = true;
    console.line("this is the default model now: `ds4` alone chats with it");
  } else if (!options.keep_default) {
    console.line("the default model stays as it is: this file is not a model by itself");
  }
  if (!options.json) {
    print(path + "\n");
    return 0;
  }
  Json out = Json::object();
  out.set("path", path);
  out.set("sha256_checked", is_checked);
  out.set("default", is_default);
  print(to_text(out) + "\n");
  return 0;
}

int set_default(const PullOptions& options, const std::string& folder) {
  const PublishedFile* known = download::find_published(options.name);
  const std::string path =
      known != nullptr ? folder + "/" + std::string(known->file) : options.name;
  const auto model = model::ModelFile::open(path);
  if (!model.ok()) return report(model.error().message);
  const auto set = download::set_default_model(path);
  if (!set.ok()) return report(set.error().message);
  Console::standard().line(printable(path, 300) + " is the default model now");
  return 0;
}

Result<std::string> folder_of_models(const PullOptions& options) {
  if (!options.folder.empty()) {
    std::string folder = options.folder;
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
    return folder;
  }
  return download::models_folder();
}

// A file of that name is here already: whether it is the one.
Result<bool> is_here(const Job& job, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  if (!S_ISREG(status.st_mode) ||
      (job.known != nullptr && job.known->is_size_exact && bytes != job.known->bytes)) {
    return fail(Code::bad_file, printable(path, 300),
                " is there and is not the published file, as its size shows; rename or remove it");
  }
  return true;
}

void warn_if_too_large(const Job& job) {
  if (job.known == nullptr || job.known->kind != FileKind::main) return;
  const std::uint64_t machine = total_memory();
  const Fit fit = fit_of(needs_of(*job.known), machine);
  if (fit == Fit::from_disk) {
    Console::standard().line("this machine has " + human_bytes(machine) +
                             " of memory: the model will run from the disk, slowly");
  } else if (fit == Fit::too_large) {
    Console::standard().line("this machine has " + human_bytes(machine) +
                             " of memory: the model will not run on it");
  }
}

int download_it(const PullOptions& options, const Job& job, const std::string& path) {
  download::PullRequest request{
      .source = job.source,
      .target = path,
      .sha256 = options.sha256,
      .is_gguf = is_gguf_name(job.file),
      .transfer = {
          .connections = options.connections, .tries = options.tries, .stop = &stop_signal}};
  // A sum that somebody gives speaks of a file of its own size.
  if (request.sha256.empty() && job.known != nullptr) {
    request.sha256 = job.known->sha256;
    if (job.known->is_size_exact) request.size = job.known->bytes;
  }
  std::transform(request.sha256.begin(), request.sha256.end(), request.sha256.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });

  watch_signals();
  Watcher watcher(job.label, options.plain);
  const auto pulled = download::pull(request, watcher);
  watcher.close();
  if (pulled.ok()) {
    Console::standard().line(pulled->is_checked
                                 ? "its SHA-256 is right"
                                 : "nobody has told us its SHA-256, so it was not checked");
    return conclude(options, job, path, pulled->is_checked);
  }
  const bool is_kept = ::access((path + ".part").c_str(), F_OK) == 0;
  std::string kept;
  if (is_kept && watcher.there() > 0) {
    kept = human_bytes(watcher.there()) + " of " + human_bytes(watcher.size()) +
           " are kept; the same command goes on from there";
  }
  if (pulled.error().code == Code::cancelled) {
    report(kept.empty() ? "stopped" : "stopped: " + kept);
    return 128 + stop_signal.load();
  }
  report(pulled.error().message);
  if (!kept.empty()) report(kept);
  return 1;
}

}  // namespace

int pull(const PullOptions& options) {
  const auto folder = folder_of_models(options);
  if (!folder.ok()) return report(folder.error().message + "; say where to keep files by --dir");
  if (options.name.empty() && options.set_default) {
    return report("--set-default needs the NAME of a file that is here");
  }
  if (options.list || options.name.empty()) return list(options, *folder);
  if (options.set_default) return set_default(options, *folder);
  if (!options.sha256.empty() && !download::is_sha256(options.sha256)) {
    return report("--sha256 takes 64 hexadecimal digits");
  }

  const auto job = choose(options);
  if (!job.ok()) return report(job.error().message);
  const std::string path = *folder + "/" + job->file;
  const auto here = is_here(*job, path);
  if (!here.ok()) return report(here.error().message);
  if (*here) {
    Console::standard().line("it is here already");
    return conclude(options, *job, path, false);
  }
  // A folder that somebody names may be for others too.
  const auto made = make_folder(*folder, options.folder.empty() ? 0700 : 0777);
  if (!made.ok()) return report(made.error().message);
  warn_if_too_large(*job);
  return download_it(options, *job, path);
}

}  // namespace ds4::cli
