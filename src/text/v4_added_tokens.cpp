#include "text/v4_added_tokens.h"

#include <algorithm>
#include <iterator>

namespace ds4::text {

namespace {

struct Row {
  Token token;
  std::string_view text;
};

// All but the two numbered families. The bar of most is U+FF5C, the block between words U+2581.
constexpr Row kRows[] = {
    {0, "<｜begin▁of▁sentence｜>"},
    {1, "<｜end▁of▁sentence｜>"},
    {2, "<｜▁pad▁｜>"},
    {128800, "<｜fim▁hole｜>"},
    {128801, "<｜fim▁begin｜>"},
    {128802, "<｜fim▁end｜>"},
    {128803, "<｜User｜>"},
    {128804, "<｜Assistant｜>"},
    {128805, "<|EOT|>"},
    {128806, "<｜tool▁calls▁begin｜>"},
    {128807, "<｜tool▁calls▁end｜>"},
    {128808, "<｜tool▁call▁begin｜>"},
    {128809, "<｜tool▁call▁end｜>"},
    {128810, "<｜tool▁outputs▁begin｜>"},
    {128811, "<｜tool▁outputs▁end｜>"},
    {128812, "<｜tool▁output▁begin｜>"},
    {128813, "<｜tool▁output▁end｜>"},
    {128814, "<｜tool▁sep｜>"},
    {128815, "<｜begin▁of▁repo▁name｜>"},
    {128816, "<｜end▁of▁repo▁name｜>"},
    {128817, "<｜begin▁of▁file▁name｜>"},
    {128818, "<｜end▁of▁file▁name｜>"},
    {128819, "<｜begin▁of▁file｜>"},
    {128820, "<｜end▁of▁file｜>"},
    {128821, "<think>"},
    {128822, "</think>"},
    {128823, "<｜place▁holder▁for▁copy｜>"},
    {128824, "<｜place▁holder▁for▁pointer▁replace｜>"},
    {128825, "｜DSML｜"},
    {128826, "<｜begin▁sys｜>"},
    {128827, "<｜end▁sys｜>"},
    {128828, "<｜latest_reminder｜>"},
    {128829, "<｜action｜>"},
    {128830, "<｜query｜>"},
    {128831, "<｜authority｜>"},
    {128832, "<｜domain｜>"},
    {128833, "<｜task｜>"},
    {128834, "<｜political｜>"},
    {128835, "<｜entity｜>"},
    {128836, "<｜title｜>"},
    {128837, "<｜safety｜>"},
    {128838, "<｜answer｜>"},
    {128839, "<｜search｜>"},
    {128840, "<dsml:"},
    {128841, "</dsml:"},
    {128842, "<｜search▁begin｜>"},
    {128843, "<｜search▁end｜>"},
    {128844, "<｜extracted_url｜>"},
    {128845, "<｜read_url｜>"},
    {128846, "<｜end_of_query｜>"},
    {129262, "<｜rl_image_pad｜>"},
    {129263, "<｜rl_image_start｜>"},
    {129264, "<｜image2｜>"},
    {129265, "<｜/table>｜"},
    {129266, "<｜table｜>"},
    {129267, "<｜/td｜>"},
    {129268, "<｜td｜>"},
    {129269, "<｜/tr｜>"},
    {129270, "<｜tr｜>"},
    {129271, "<｜/polygon｜>"},
    {129272, "<｜polygon｜>"},
    {129273, "<｜/point｜>"},
    {129274, "<｜point｜>"},
    {129275, "<｜/box｜>"},
    {129276, "<｜box｜>"},
    {129277, "<｜/ref｜>"},
    {129278, "<｜ref｜>"},
    {129279, "<｜image｜>"},
};

}  // namespace

std::string v4_added_token(Token token) {
  if (token >= 128000 && token <= 128799) {
    return "<｜place▁holder▁no▁" + std::to_string(token - 128000) + "｜>";
  }
  if (token >= 128847 && token <= 129261) {
    const std::string number = std::to_string(token - 128826);
    return "<|place_holder_mm_span_" + std::string(4 - number.size(), '0') + number + "|>";
  }
  const Row* row = std::lower_bound(std::begin(kRows), std::end(kRows), token,
                                    [](const Row& r, Token wanted) { return r.token < wanted; });
  if (row == std::end(kRows) || row->token != token) return {};
  return std::string(row->text);
}

std::vector<AddedToken> v4_added_tokens() {
  std::vector<AddedToken> all;
  for (Token token = 0; token < static_cast<Token>(kV4Tokens); ++token) {
    if (token == kV4FirstByte) token = kV4FirstAdded;
    all.push_back({token, v4_added_token(token)});
  }
  return all;
}

const std::vector<Token>& v4_tokens_in_use() {
  static const std::vector<Token> tokens = {
      0,       // begin of sentence
      1,       // end of sentence
      2,       // padding
      128803,  // User
      128804,  // Assistant
      128805,  // EOT
      128821,  // <think>
      128822,  // </think>
      128825,  // DSML
      128828,  // latest_reminder
      128829,  // action
      128830,  // query
      128831,  // authority
      128832,  // domain
      128836,  // title
      128844,  // extracted_url
      128845,  // read_url
  };
  return tokens;
}

}  // namespace ds4::text
