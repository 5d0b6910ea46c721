// Cuts a plain run (the text between added tokens) into the pieces within which BPE merges: a hand
// scanner equal to the three splitting regexes of the model's tokenizer,
//
//   1  \p{N}{1,3}
//   2  [\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+
//   3  [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+
//      |[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// each splitting every piece of the one before, matches and gaps alike.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace ds4::text {

// Bytes of the first piece of a run that is not empty and valid UTF-8. No rule looks back, so the
// rest of a run splits as it would within the whole. Reads each byte a bounded number of times.
std::size_t first_piece(std::string_view run);

// All pieces, as views into the run. They cover it without gaps.
std::vector<std::string_view> split_pieces(std::string_view run);

}  // namespace ds4::text
