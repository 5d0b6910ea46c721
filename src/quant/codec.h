// Rows of numbers to bytes of a tensor type and back: the one door to all weight formats.
#pragma once

#include <cstddef>

#include "quant/type.h"

namespace ds4::quant {

// True for the types that decode_row and encode_row know: F32, F16, BF16, Q8_0, Q2_K, Q4_K,
// IQ2_XXS and MXFP4. All others are CHECKed against.
bool has_codec(Type type);

// True if encode_row wants an importance for the type and refuses to work without.
bool needs_importance(Type type);

// `columns` must be a multiple of the type's block. `blocks` needs no alignment.
void decode_row(Type type, const std::byte* blocks, float* out, std::size_t columns);

// Writes row_bytes(type, columns) bytes. `importance` holds one non-negative weight per column, or
// is null; Q2_K, Q4_K and MXFP4 have a plain search for that case, IQ2_XXS needs the weights
// (CHECKed), and the others ignore them.
//
// The bytes are a function of the arguments alone, whatever the processor. In the block formats a
// NaN is encoded as 0, an infinity as the largest magnitude the encoder accepts (2^27, which is
// more than its blocks can hold; 1.5 * 2^127 for MXFP4), and a scale that binary16 cannot hold as
// the largest finite one, so a block always decodes to finite values. Importances that are NaN or
// negative count as 0, and 2^40 is the largest. F32, F16 and BF16 keep infinities and NaN.
void encode_row(Type type, const float* row, std::byte* out, std::size_t columns,
                const float* importance);

// The importance to use when none was measured is, per matrix, the sum over its rows of the square
// of each column: call this for every row, on `sums` that start at zero.
void add_column_energy(const float* row, std::size_t columns, float* sums);

}  // namespace ds4::quant
