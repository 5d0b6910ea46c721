// Work on many independent items at once. Items are handed out one by one in order, so a slow one
// does not hold up the rest.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include "ds4/result.h"

namespace ds4 {

// The processors this process may use, within the quota of its control groups; at least 1.
int processor_count();

struct ParallelOptions {
  int threads = 0;                            // 0: as many as there are processors
  const std::atomic<bool>* cancel = nullptr;  // when it turns true, no further item is started
};

// Calls body(item, worker) for every item below `count`; `worker` is below the number of threads
// and is held by one call at a time, which makes it an index for scratch memory. The calling thread
// works too. After an error no further item is started, those running end, and the error of the
// lowest item is returned: the same one whatever the number of threads. A cancelled run whose
// items were not all started returns Code::cancelled.
Result<void> for_each_item(std::size_t count, const ParallelOptions& options,
                           const std::function<Result<void>(std::size_t item, int worker)>& body);

}  // namespace ds4
