#include "grammar/format.h"

// Months of 31 and 30 days, February's first 28 days, and its 29th in leap years: those divisible
// by four, except centuries, except every fourth century.
#define DATE                                                        \
  "(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"        \
  "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))" \
  "|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
#define TIME \
  "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)"
#define BYTE "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
#define IPV4 BYTE "(?:\\." BYTE "){3}"
#define WORD "[0-9a-fA-F]{1,4}"
#define LAST "(?:" WORD ":" WORD "|" IPV4 ")"
// Labels of at most 63 characters; the whole stays below 253: few long labels or many short ones.
#define LABEL(n) "[A-Za-z0-9](?:[A-Za-z0-9-]{0," n "}[A-Za-z0-9])?"
#define HOST \
  "(?:" LABEL("61") "(?:\\." LABEL("61") "){0,2}|" LABEL("22") "(?:\\." LABEL("22") "){0,8})"
#define ATOM "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
#define PERCENT "%[0-9A-Fa-f]{2}"
#define PATH_CHARACTER "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|" PERCENT ")"

namespace ds4::grammar {

std::string_view format_pattern(std::string_view name) {
  if (name == "date") return "^" DATE "$";
  if (name == "time") return "^" TIME "$";
  if (name == "date-time") return "^" DATE "T" TIME "$";
  if (name == "uuid") return "^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";
  if (name == "ipv4") return "^" IPV4 "$";
  if (name == "ipv6") {
    return "^(?:(?:" WORD ":){6}" LAST "|::(?:" WORD ":){5}" LAST "|(?:" WORD ")?::(?:" WORD
           ":){4}" LAST "|(?:(?:" WORD ":){0,1}" WORD ")?::(?:" WORD ":){3}" LAST "|(?:(?:" WORD
           ":){0,2}" WORD ")?::(?:" WORD ":){2}" LAST "|(?:(?:" WORD ":){0,3}" WORD ")?::" WORD
           ":" LAST "|(?:(?:" WORD ":){0,4}" WORD ")?::" LAST "|(?:(?:" WORD ":){0,5}" WORD
           ")?::" WORD "|(?:(?:" WORD ":){0,6}" WORD ")?::)$";
  }
  if (name == "hostname") return "^" HOST "$";
  if (name == "email") {
    return "^" ATOM "{1,20}(?:\\." ATOM "{1,20}){0,2}@" LABEL("61") "(?:\\." LABEL("61") "){1,2}$";
  }
  if (name == "uri") {
    return "^[A-Za-z][A-Za-z0-9+.-]{0,30}://" HOST "(?::\\d{1,5})?(?:/" PATH_CHARACTER
           "*)*(?:\\?(?:" PATH_CHARACTER "|[/?])*)?(?:#(?:" PATH_CHARACTER "|[/?])*)?$";
  }
  return {};
}

}  // namespace ds4::grammar
