// One prompt, one answer, for people in a hurry and for other programs.
//
// Standard output gets the answer, exactly as the model wrote it; on a terminal it is made readable
// and harmless. Thinking goes to standard error. With --json each event is a line:
//
//   {"type":"progress","tokens_done":512,"tokens_total":2048,"seconds":0.8}
//   {"type":"reasoning","text":"..."}      pieces; then one {"type":"reasoning_end"}
//   {"type":"answer","text":"..."}         pieces
//   {"type":"tool_call_start","index":0,"id":"...","name":"..."}
//   {"type":"tool_call_arguments","index":0,"json":"..."}   pieces
//   {"type":"tool_call_end","index":0}  or  {"type":"tool_call_failed","index":0,"reason":"..."}
//   {"type":"finished","reason":"stop","answer":"...","reasoning":"...","tool_calls":[...],
//    "failure":"...","stats":{...}}        the last; the reasons are those of FinishReason
//
// The exit code is 0 after an answer (its limit -n may have cut it), 2 where the context was full
// before its end, 130 after Ctrl+C, and 1 for everything that went wrong.
#pragma once

#include "cli/talk.h"

namespace ds4::cli {

int run(const TalkOptions& options);

}  // namespace ds4::cli
