// The figures of an answer and of its prompt, in words.
#pragma once

#include <string>
#include <vector>

#include "base/terminal.h"
#include "ds4/chat.h"

namespace ds4::terminal {

// "1,234 of 32,768 tokens, prompt 812 tokens/s, answer 23.4 tokens/s, drafts 71%", and in front why
// the answer ended if not by itself.
std::string status_line(const Finished& finished);

// The same at length, a line each.
std::vector<std::string> all_figures(const AnswerStats& stats);

// The bar to show while the prompt is read; empty while it is too early to, or where the whole
// takes no second.
std::string prompt_progress(const ds4::Progress& progress, const TerminalStyle& style);

}  // namespace ds4::terminal
