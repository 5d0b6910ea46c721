#include <CommonCrypto/CommonDigest.h>

#include <algorithm>
#include <cstdint>

#include "download/hex.h"
#include "download/sha256.h"

namespace ds4::download {

struct Sha256::State {
  CC_SHA256_CTX context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  CC_SHA256_Init(&state_->context);
}
Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes) {
  // Its lengths have 32 bits.
  while (!bytes.empty()) {
    const std::size_t count = std::min<std::size_t>(bytes.size(), std::size_t{1} << 30);
    CC_SHA256_Update(&state_->context, bytes.data(), static_cast<CC_LONG>(count));
    bytes = bytes.subspan(count);
  }
}

std::string Sha256::finish() {
  unsigned char sum[CC_SHA256_DIGEST_LENGTH];
  CC_SHA256_Final(sum, &state_->context);
  return hex(sum);
}

}  // namespace ds4::download
