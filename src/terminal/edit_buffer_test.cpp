#include "terminal/edit_buffer.h"

#include <gtest/gtest.h>

#include <random>

#include "terminal/display_width.h"

namespace ds4::terminal {
namespace {

// "ab|cd" is a text with the cursor at the bar.
EditBuffer buffer_of(const std::string& picture) {
  EditBuffer buffer;
  const std::size_t bar = picture.find('|');
  buffer.set(picture.substr(0, bar) + picture.substr(bar + 1));
  buffer.move_to(bar);
  return buffer;
}
std::string picture_of(const EditBuffer& buffer) {
  return buffer.text().substr(0, buffer.cursor()) + "|" + buffer.text().substr(buffer.cursor());
}

TEST(edit_buffer, changes) {
  struct Case {
    const char* before;
    void (EditBuffer::*change)();
    const char* after;
  };
  for (const Case& c : {
           Case{"a日|b", &EditBuffer::move_left, "a|日b"},
           Case{"|e\u0301b", &EditBuffer::move_right, "e\u0301|b"},
           Case{"|", &EditBuffer::move_left, "|"},
           Case{"a 👩‍👧|b", &EditBuffer::erase_left, "a |b"},
           Case{"a|👍🏽b", &EditBuffer::erase_right, "a|b"},
           Case{"|x", &EditBuffer::erase_left, "|x"},
           Case{"one two.|", &EditBuffer::move_word_left, "one |two."},
           Case{"|  one two", &EditBuffer::move_word_right, "  one| two"},
           Case{"one\ntw|o", &EditBuffer::move_line_start, "one\n|two"},
           Case{"o|ne\ntwo", &EditBuffer::move_line_end, "one|\ntwo"},
           Case{"one\ntw|o", &EditBuffer::kill_line_start, "one\n|o"},
           Case{"one\n|two", &EditBuffer::kill_line_start, "one|two"},
           Case{"o|ne\ntwo", &EditBuffer::kill_line_end, "o|\ntwo"},
           Case{"one|\ntwo", &EditBuffer::kill_line_end, "one|two"},
           Case{"see a/b.c |x", &EditBuffer::kill_blank_word_left, "see |x"},
           Case{"see a/b.c |x", &EditBuffer::kill_word_left, "see a/b.|x"},
           Case{"|see that", &EditBuffer::kill_word_right, "| that"},
           Case{"a日|bc", &EditBuffer::transpose, "ab日|c"},
           Case{"ab|", &EditBuffer::transpose, "ba|"},
           Case{"|ab", &EditBuffer::transpose, "|ab"},
       }) {
    EditBuffer buffer = buffer_of(c.before);
    (buffer.*c.change)();
    EXPECT_EQ(picture_of(buffer), c.after) << c.before;
  }
}

TEST(edit_buffer, kills_in_a_row_come_back_together) {
  EditBuffer buffer = buffer_of("one two three|");
  buffer.kill_word_left();
  buffer.kill_word_left();
  EXPECT_EQ(picture_of(buffer), "one |");
  buffer.end_kill();
  buffer.yank();
  buffer.yank();
  EXPECT_EQ(buffer.text(), "one two threetwo three");
}

TEST(edit_buffer, undo_goes_back_word_by_word) {
  EditBuffer buffer;
  for (const char* letter : {"a", "b", "c"}) {
    buffer.remember(/*is_typing=*/true);
    buffer.insert(letter);
  }
  buffer.remember(/*is_typing=*/false);
  buffer.erase_left();
  EXPECT_EQ(buffer.text(), "ab");
  buffer.undo();
  EXPECT_EQ(buffer.text(), "abc");
  buffer.undo();
  EXPECT_EQ(buffer.text(), "");
  buffer.undo();
  EXPECT_EQ(buffer.text(), "");
}

TEST(edit_buffer, cursor_is_always_between_clusters) {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  void (EditBuffer::*const changes[])() = {
      &EditBuffer::move_left,       &EditBuffer::move_right,      &EditBuffer::move_word_left,
      &EditBuffer::move_word_right, &EditBuffer::erase_left,      &EditBuffer::erase_right,
      &EditBuffer::transpose,       &EditBuffer::kill_word_left,  &EditBuffer::yank,
      &EditBuffer::kill_line_end,   &EditBuffer::move_line_start, &EditBuffer::undo};
  const char* const pieces[] = {"a", " ", "\n", "日", "\u0301", "🇩", "👩", "\u200d", "❤", "\ufe0f"};
  EditBuffer buffer;
  for (int i = 0; i < 20000; ++i) {
    buffer.remember(random() % 2 == 0);
    if (random() % 2 == 0) {
      buffer.insert(pieces[random() % std::size(pieces)]);
    } else {
      (buffer.*changes[random() % std::size(changes)])();
    }
    if (buffer.text().size() > 200) buffer.set("");
    std::size_t at = 0;
    while (at < buffer.cursor())
      at += next_cluster(std::string_view(buffer.text()).substr(at)).bytes;
    ASSERT_EQ(at, buffer.cursor()) << buffer.text();
  }
}

}  // namespace
}  // namespace ds4::terminal
