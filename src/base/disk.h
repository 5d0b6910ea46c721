// What a file that must not be lost asks of the disk: room for all of it, and that it is really
// there before anybody relies on it.
#pragma once

#include <cstdint>
#include <string>

#include "ds4/result.h"

namespace ds4 {

// "." for a name alone.
std::string folder_of(const std::string& path);

// To the disk itself. Some file systems cannot, which is no failure. Else errno says why.
bool sync_to_disk(int descriptor);

// The names in the folder of `path`. A folder that may be written but not read is no failure.
bool sync_folder_of(const std::string& path);

// Room for a file of `bytes`, of which it may have some already: checks that the disk has the rest,
// and takes it where the file system can. The size of the file stays what was written. `path` is
// for the message.
Result<void> reserve_disk(int descriptor, const std::string& path, std::uint64_t bytes);

}  // namespace ds4
