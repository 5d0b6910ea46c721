// Texts to measure the text layer on. English and Chinese are drawn from the vocabulary's own words
// by Zipf's law, so that any amount can be had and yet most words are common and many are rare, as
// in real text; code is this project's own.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "text/tokenizer.h"
#include "text/unicode_tables.h"

namespace ds4::bench {

class TextSamples {
 public:
  explicit TextSamples(const text::Tokenizer& tokenizer) : random_(1) {
    // Ids grow as frequency falls, so the words come ordered by rank.
    for (text::Token token = 3; token < 128000; ++token) {
      const std::string_view bytes = tokenizer.token_bytes(token);
      const bool word = bytes.size() > 1 && bytes[0] == ' ' &&
                        std::all_of(bytes.begin() + 1, bytes.end(), [](unsigned char c) {
                          return (text::char_class(c) & text::kAsciiLetter) != 0;
                        });
      if (word) words_.emplace_back(bytes);
      if (all_chinese(bytes)) chinese_.emplace_back(bytes);
    }
  }

  std::string english(std::size_t size) {
    std::string out;
    bool sentence_starts = true;
    for (int in_sentence = 0, sentence = 0; out.size() < size;) {
      std::string word = zipf(words_);
      // One word in thirty is a name or a term that no token covers.
      if (random_() % 30 == 0) word += zipf(words_).substr(1);
      if (sentence_starts && word.size() > 1) {
        word[1] = static_cast<char>(word[1] & ~0x20);
        in_sentence = 0;
        sentence_starts = false;
      }
      out += out.empty() || out.back() == '\n' ? word.substr(1) : word;
      ++in_sentence;
      const auto chance = random_() % 100;
      if (in_sentence > 6 && chance < 9) {
        out += '.';
        sentence_starts = true;
        if (++sentence % 5 == 0) out += "\n\n";
      } else if (chance < 16) {
        out += ',';
      } else if (chance < 17) {
        out += ' ';
        out += std::to_string(random_() % 3000);
      } else if (chance < 18) {
        out += "'s";
      }
    }
    return out;
  }

  std::string chinese(std::size_t size) {
    std::string out;
    while (out.size() < size) {
      for (auto words = 2 + random_() % 7; words > 0; --words) out += zipf(chinese_);
      const auto chance = random_() % 100;
      out += chance < 60 ? "，" : chance < 95 ? "。" : "。\n\n";
    }
    return out;
  }

  static std::string code(std::size_t size) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(DS4_SOURCE_DIR "/src")) {
      const std::string name = entry.path().filename().string();
      const std::string kind = entry.path().extension().string();
      if ((kind == ".cpp" || kind == ".h") && name != "unicode_tables.cpp") {
        files.push_back(entry.path());
      }
    }
    std::sort(files.begin(), files.end());
    std::string out;
    while (out.size() < size && !files.empty()) {
      for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        const std::string text(std::istreambuf_iterator<char>(in), {});
        // Other programs take markers in these files for added tokens.
        if (text.find("｜") == std::string::npos && text.find("<|") == std::string::npos)
          out += text;
        if (out.size() >= size) break;
      }
    }
    return out;
  }

  // What a session of an agent looks like: prose, code, Chinese, JSON and emoji by turns.
  std::string mixed(std::size_t size) {
    const std::string source = code(size);
    std::string out;
    for (std::size_t from = 0; out.size() < size; from = (from + 900) % source.size()) {
      out += english(600);
      out += "\n```cpp\n";
      out += to_valid_utf8(source.substr(from, 900));
      out += "\n```\n";
      out += chinese(300);
      out += "\n{\"path\": \"src/main.cpp\", \"line\": ";
      out += std::to_string(random_() % 9000);
      out += ", \"ok\": true} ✅ 👩\u200D💻\n";
    }
    return out;
  }

 private:
  static bool all_chinese(std::string_view bytes) {
    if (!is_valid_utf8(bytes)) return false;
    for (std::size_t at = 0; at < bytes.size();) {
      std::size_t length = 0;
      const char32_t c = decode_valid(bytes.data() + at, length);
      if (c < 0x4E00 || c > 0x9FA5) return false;
      at += length;
    }
    return true;
  }

  // Rank r with a probability of about 1 / r.
  const std::string& zipf(const std::vector<std::string>& from) {
    const double uniform = static_cast<double>(random_()) / 4294967296.0;
    const auto rank = std::pow(static_cast<double>(from.size()), uniform) - 1;
    return from[std::min(static_cast<std::size_t>(rank), from.size() - 1)];
  }

  std::mt19937 random_;
  std::vector<std::string> words_, chinese_;
};

}  // namespace ds4::bench
