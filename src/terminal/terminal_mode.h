// How the terminal treats what is typed: key by key while a line is edited, unseen while an answer
// runs, and as it was before whenever the program ends, however it ends.
#pragma once

#include <atomic>

namespace ds4::terminal {

enum class InputMode {
  as_before,
  editing,    // every key comes at once and as it is; pasted text is marked
  answering,  // what is typed waits unseen for the next line; Ctrl+C interrupts
};

// Of the terminal on standard input; escape sequences go to standard output. From the first call
// on, signals that end or suspend the program put things right before. One thread.
void set_input_mode(InputMode mode);

// A descriptor that can be read when the screen has got another size or the program was continued.
// Reading takes the news.
int screen_news_descriptor();
void take_screen_news();

// While it lives, Ctrl+C calls `function`, which must be safe in a signal handler. One at a time.
// Pressed three times, it ends the program: the function did not help.
class OnInterrupt {
 public:
  using Function = void (*)(void* argument);
  OnInterrupt(Function function, void* argument);
  ~OnInterrupt();
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;

  bool happened() const;
};

}  // namespace ds4::terminal
