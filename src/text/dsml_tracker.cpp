#include "text/dsml_tracker.h"

#include <utility>

namespace ds4::text {

DsmlTracker::DsmlTracker(Options options)
    : options_(std::move(options)), reader_(options_.parse, nobody_) {}

TokenClass DsmlTracker::next_token_class() const {
  switch (reader_.position()) {
    case Position::markup:
    case Position::value_closing:
    case Position::json_value:
      return TokenClass::greedy;
    case Position::call_name:
      return options_.free_call_names ? TokenClass::request : TokenClass::greedy;
    case Position::reasoning:
    case Position::prose:
    case Position::string_value:
    case Position::json_string:
    case Position::over:
      break;
  }
  return TokenClass::request;
}

}  // namespace ds4::text
