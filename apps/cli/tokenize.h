// `ds4 tokenize`: text to tokens and back, with the tokenizer of a file.
#pragma once

#include <string>
#include <vector>

namespace ds4::cli {

struct TokenizeOptions {
  std::string vocabulary;          // a model or a vocabulary-only file
  std::vector<std::string> words;  // the text, or ids with `decode`; none: from `input`
  std::string input = "-";
  bool special = false;
  bool ids = false;
  bool json = false;
  bool decode = false;
};

// Prints to standard output; returns the exit code.
int tokenize(const TokenizeOptions& options);

}  // namespace ds4::cli
