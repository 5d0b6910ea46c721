#!/bin/sh
# Reads the JUnit report that ctest writes, names every skipped test with its reason, and ends with
# the counts. Fails unless at least one test passed and none failed.
#
#   tools/summary.sh REPORT.xml
#
# A test was skipped if it said so itself: by GTEST_SKIP(), or by the exit code set aside for it and
# a line "Skipped: REASON". One that could not be started is a failure, though ctest's report counts
# it among the skipped.
exec awk '
function plain(text) {
  gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text)
  gsub(/&apos;/, "\047", text); gsub(/&amp;/, "\\&", text)
  return text
}
/<testcase / {
  name = $0
  sub(/^.*<testcase name="/, "", name); sub(/" classname=.*$/, "", name)
  status = $0
  sub(/^.* status="/, "", status); sub(/".*$/, "", status)
  reason = ""; in_reason = 0; skipped = 0
}
/<skipped message="SKIP_/ { skipped = 1 }
in_reason && (/^$/ || /^\[/) { in_reason = 0 }
in_reason { reason = reason (reason == "" ? "" : " ") $0 }
/: Skipped$/ { in_reason = 1 }
/^(.*<system-out>)?Skipped: / { text = $0; sub(/^.*Skipped: /, "", text); reason = text }
/<\/testcase>/ {
  if (status == "run") {
    ++passed
  } else if (status == "notrun" && skipped) {
    ++skips
    list = list "  " plain(name) ": " (reason == "" ? "no reason given" : plain(reason)) "\n"
  } else {
    ++failed
    failures = failures "  " plain(name) "\n"
  }
}
END {
  if (skips) printf "\nSkipped:\n%s", list
  if (failed) printf "\nFailed:\n%s", failures
  printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skips
  exit(failed || !passed)
}' "$1"
