#include "eval/display.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/human.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "eval/table.h"
#include "shared/console.h"
#include "terminal/display_width.h"
#include "terminal/line_reader.h"
#include "terminal/screen_region.h"
#include "terminal/terminal_mode.h"

namespace ds4::eval {

namespace {

using terminal::Row;
using Clock = std::chrono::steady_clock;

constexpr auto kBetweenDraws = std::chrono::milliseconds(200);
constexpr int kPlainColumns = 100;

std::string left_text(const Tallies& tallies) {
  const Tally& all = tallies.total();
  std::string out = human_count(all.asked) + " of " + human_count(all.questions);
  if (const auto left = tallies.seconds_left(); left && all.asked < all.questions) {
    out += ", about " + human_duration(*left) + " left";
  }
  return out;
}

std::string place_text(const Place& place) {
  if (place.prompt_tokens > 0) {
    return "reads " + human_count(place.prompt_tokens_done) + " of " +
           human_count(place.prompt_tokens) + " tokens";
  }
  return human_count(place.tokens) + (place.tokens == 1 ? " token" : " tokens");
}

Json tally_json(const Tally& tally) {
  const Interval interval = tally.interval();
  const auto chance = tally.chance();
  Json out = Json::object();
  out.set("skill", tally.skill);
  out.set("questions", tally.questions);
  out.set("asked", tally.asked);
  out.set("right", tally.right);
  out.set("share", tally.asked == 0 ? Json() : Json(tally.share()));
  out.set("low", interval.low);
  out.set("high", interval.high);
  out.set("chance", chance ? Json(*chance) : Json());
  out.set("formable", tally.formable);
  out.set("well_formed", tally.formed);
  out.set("cut_off", tally.cut_off);
  out.set("prompt_tokens", tally.prompt_tokens);
  out.set("answer_tokens", tally.answer_tokens);
  out.set("reasoning_tokens", tally.reasoning_tokens);
  out.set("prompt_seconds", tally.prompt_seconds);
  out.set("answer_seconds", tally.answer_seconds);
  out.set("tokens_per_second", tally.answer_rate());
  return out;
}

// Whoever reads the output elsewhere still sees at the terminal how far it is.
class Aside {
 public:
  Aside()
      : is_shown_(::isatty(STDOUT_FILENO) != 1 &&
                  terminal_style(Console::standard().descriptor()).redraw) {}
  ~Aside() { show(""); }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

  void show(const std::string& text) {
    if (is_shown_) Console::standard().status(text);
  }

 private:
  bool is_shown_;
};

// A skill's row comes when all of its questions are answered.
class PlainDisplay final : public Display {
 public:
  void begin(const Tallies& tallies, const std::string& about) override {
    print(about + "\n");
    table_.emplace(tallies, kPlainColumns, terminal_style(STDOUT_FILENO).unicode);
    print(table_->head() + "\n");
    print_complete(tallies);
  }
  void go_on(const Tallies& tallies, const Place& place) override {
    aside_.show(left_text(tallies) + ", " + printable(place.skill) + ": " + place_text(place));
  }
  void answered(const Tallies& tallies, const Answered&) override { print_complete(tallies); }
  void finish(const Tallies& tallies, const RunHead&, bool was_stopped) override {
    aside_.show("");
    for (const Tally& tally : tallies.skills()) {
      if (tally.asked > 0 && printed_.insert(tally.skill).second) {
        print(table_->row(tally) + "\n");
      }
    }
    print(table_->total(tallies.total()) + "\n");
    if (was_stopped) print("stopped: " + left_text(tallies) + "\n");
  }

 private:
  void print_complete(const Tallies& tallies) {
    for (const Tally& tally : tallies.skills()) {
      if (tally.asked < tally.questions || !printed_.insert(tally.skill).second) continue;
      aside_.show("");
      print(table_->row(tally) + "\n");
    }
  }

  std::optional<Table> table_;
  std::set<std::string> printed_;
  Aside aside_;
};

class JsonDisplay final : public Display {
 public:
  void begin(const Tallies&, const std::string&) override {}
  void go_on(const Tallies& tallies, const Place&) override { aside_.show(left_text(tallies)); }
  void answered(const Tallies&, const Answered& answer) override {
    Json line = Json::object();
    line.set("type", "answer");
    const Json members = answered_json(answer);
    for (const auto& [key, value] : members.as_object()) line.set(key, value);
    aside_.show("");
    print(to_text(line) + "\n");
  }
  void finish(const Tallies& tallies, const RunHead& head, bool was_stopped) override {
    Json line = Json::object();
    line.set("type", "summary");
    line.set("model", head.model);
    line.set("fingerprint", head.fingerprint);
    line.set("settings", head.settings);
    line.set("stopped", was_stopped);
    Json skills = Json::array();
    for (const Tally& tally : tallies.skills()) skills.push(tally_json(tally));
    line.set("skills", std::move(skills));
    Json total = tally_json(tallies.total());
    std::erase_if(total.as_object(), [](const Json::Member& m) { return m.first == "skill"; });
    line.set("total", std::move(total));
    aside_.show("");
    print(to_text(line) + "\n");
  }

 private:
  Aside aside_;
};

class LiveDisplay final : public Display {
 public:
  // What is typed meanwhile would stand in the table.
  LiveDisplay() {
    if (::isatty(STDIN_FILENO) == 1) terminal::set_input_mode(terminal::InputMode::answering);
  }
  ~LiveDisplay() override {
    if (::isatty(STDIN_FILENO) == 1) terminal::set_input_mode(terminal::InputMode::as_before);
  }
  LiveDisplay(const LiveDisplay&) = delete;
  LiveDisplay& operator=(const LiveDisplay&) = delete;

  void begin(const Tallies& tallies, const std::string& about) override {
    print(about + "\n");
    draw(tallies, {});
  }
  void go_on(const Tallies& tallies, const Place& place) override {
    place_ = place;
    if (Clock::now() >= next_) draw(tallies, place);
  }
  void answered(const Tallies& tallies, const Answered&) override {
    if (Clock::now() >= next_) draw(tallies, place_);
  }
  void finish(const Tallies& tallies, const RunHead&, bool was_stopped) override {
    const terminal::Screen screen = terminal::standard_screen();
    std::vector<Row> rows = table_rows(tallies, screen, "", /*with_all=*/!was_stopped);
    if (was_stopped) {
      rows.push_back(terminal::draw_row({{"stopped: " + left_text(tallies), terminal::kDim}},
                                        screen.style.colour));
    }
    write(region_.settle(rows, size_of(screen)));
  }

 private:
  static terminal::ScreenSize size_of(const terminal::Screen& screen) {
    return {screen.style.columns, screen.rows};
  }
  static void write(const std::string& bytes) {
    // A terminal that is gone needs no table; the run goes on for its results.
    [[maybe_unused]] const bool is_read = terminal::write_out(bytes);
  }

  // Head, skills, all, or without the skills not begun. The skill at hand stands out, those not
  // begun stand back.
  static std::vector<Row> table_rows(const Tallies& tallies, const terminal::Screen& screen,
                                     const std::string& at_hand, bool with_all) {
    const bool colour = screen.style.colour;
    const Table table(tallies, screen.style.columns, screen.style.unicode);
    std::vector<Row> rows = {terminal::draw_row({{table.head(), terminal::kDim}}, colour)};
    for (const Tally& tally : tallies.skills()) {
      if (!with_all && tally.asked == 0) continue;
      const terminal::Styles style = tally.skill == at_hand ? terminal::kBold
                                     : tally.asked == 0     ? terminal::kDim
                                                            : terminal::kPlain;
      rows.push_back(terminal::draw_row({{table.row(tally), style}}, colour));
    }
    rows.push_back(terminal::draw_row({{table.total(tallies.total()), terminal::kBold}}, colour));
    return rows;
  }

  void draw(const Tallies& tallies, const Place& place) {
    next_ = Clock::now() + kBetweenDraws;
    const terminal::Screen screen = terminal::standard_screen();
    std::vector<Row> all = table_rows(tallies, screen, place.skill, /*with_all=*/true);
    // Head, total, status and the row below the region stay; what is between gives way.
    const int room = std::max(3, screen.rows - 5);
    std::vector<Row> skills(all.begin() + 1, all.end() - 1);
    const int focus = place.skill.empty() ? 0 : static_cast<int>(tallies.index_of(place.skill));
    std::vector<Row> rows = {all.front()};
    terminal::RowWindow window =
        terminal::window_around(std::move(skills), focus, room, screen.style.colour);
    for (Row& row : window.rows) rows.push_back(std::move(row));
    rows.push_back(std::move(all.back()));
    std::string status = left_text(tallies);
    if (!place.skill.empty()) status += "; this answer: " + place_text(place);
    status = std::string(terminal::fitting(status, screen.style.columns - 1));
    rows.push_back(terminal::draw_row({{status, terminal::kDim}}, screen.style.colour));
    write(region_.show(std::move(rows), size_of(screen)));
  }

  terminal::ScreenRegion region_;
  Clock::time_point next_;
  Place place_;
};

}  // namespace

std::unique_ptr<Display> make_display(Output output) {
  switch (output) {
    case Output::live:
      return std::make_unique<LiveDisplay>();
    case Output::plain:
      return std::make_unique<PlainDisplay>();
    case Output::json:
      return std::make_unique<JsonDisplay>();
  }
  return nullptr;
}

}  // namespace ds4::eval
