#!/bin/sh
# Runs the tests of src/device as an ARM processor would: cross-compiled, statically linked, under
# qemu. This is how the NEON kernels are tested on other machines.
#
#   tools/check_neon.sh [ARGUMENT...]      arguments go to the test program: --gtest_filter=...
#
# Needs what tools/neon_program.sh needs, and googletest; says what is missing and ends with 77
# where it is.
set -eu

cd "$(dirname "$0")/.."
. tools/neon_program.sh
googletest=${DS4_GOOGLETEST:-/usr/src/googletest}
[ -d "$googletest/googletest/src" ] || skip "$googletest is missing (googletest)"
flags="$flags -isystem $googletest/googletest/include -isystem $googletest/googlemock/include
  -isystem $googletest/googletest -isystem $googletest/googlemock"

# shellcheck disable=SC2046
build device_test $(find src/device -name '*_test.cpp') \
  "$googletest/googletest/src/gtest-all.cc" "$googletest/googlemock/src/gmock-all.cc" \
  "$googletest/googletest/src/gtest_main.cc"
exec "$emulator" -cpu max "$out/device_test" "$@"
