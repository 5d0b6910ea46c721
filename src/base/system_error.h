// The operating system's reason for a refusal, in words that fit into a sentence.
#pragma once

#include <string>

namespace ds4 {

// "no such file or folder", "permission denied", "the disk is full", ...; anything unusual in the
// system's own words.
std::string system_reason(int error_number);

}  // namespace ds4
