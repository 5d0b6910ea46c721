#!/bin/sh
# Runs the tests of src/device as an ARM processor would: cross-compiled, statically linked, under
# qemu. This is how the NEON kernels are tested on other machines.
#
#   tools/check_neon.sh [ARGUMENT...]      arguments go to the test program: --gtest_filter=...
#
# Needs g++-aarch64-linux-gnu, qemu-user, googletest, libfmt-dev and nlohmann-json3-dev; says what
# is missing and ends with 77 where one of them is. Objects are kept in build/neon; ccache is used
# if it is there.
set -eu

cd "$(dirname "$0")/.."
compiler=${DS4_ARM_CXX:-aarch64-linux-gnu-g++}
emulator=${DS4_ARM_QEMU:-qemu-aarch64}
googletest=${DS4_GOOGLETEST:-/usr/src/googletest}
out=build/neon

skip() {
  echo "Skipped: $1"
  exit 77
}
command -v "$compiler" >/dev/null || skip "$compiler is not installed (g++-aarch64-linux-gnu)"
command -v "$emulator" >/dev/null || skip "$emulator is not installed (qemu-user)"
[ -d "$googletest/googletest/src" ] || skip "$googletest is missing (googletest)"

# Libraries without code of their own; the host's other headers stay out of sight.
mkdir -p "$out/include"
for library in fmt nlohmann; do
  [ -d "/usr/include/$library" ] || skip "/usr/include/$library is missing"
  ln -sfn "/usr/include/$library" "$out/include/$library"
done

launcher=
if command -v ccache >/dev/null; then launcher=ccache; fi

# The flags of cmake/toolchain.cmake that decide about bits.
flags="-std=c++20 -O2 -march=armv8.6-a -ffp-contract=off -fno-math-errno -pthread
  -Wall -Wextra -Wpedantic -Wshadow -Werror -Wno-missing-field-initializers -Wno-restrict
  -Wno-psabi -DFMT_HEADER_ONLY -DDS4_SOURCE_DIR=\"$PWD\" -DDS4_BUILD_DIR=\"$PWD/$out\"
  -I. -Iinclude -Isrc -isystem $out/include
  -isystem $googletest/googletest/include -isystem $googletest/googlemock/include
  -isystem $googletest/googletest -isystem $googletest/googlemock"

sources=$(
  find src/base src/quant src/gguf src/device -name '*.cpp' ! -name '*_test.cpp' \
    ! -name '*_fuzz.cpp' ! -name '*_macos.cpp'
  find src/device -name '*_test.cpp'
  echo "$googletest/googletest/src/gtest-all.cc"
  echo "$googletest/googlemock/src/gmock-all.cc"
  echo "$googletest/googletest/src/gtest_main.cc"
)

object_of() { echo "$out/$(echo "${1#/}" | tr '/' '_').o"; }
objects=
list=$out/commands
: >"$list"
for source in $sources; do
  object=$(object_of "$source")
  objects="$objects $object"
  echo "$launcher $compiler $flags -c $source -o $object" | tr '\n' ' ' | sed 's/"/\\"/g' >>"$list"
  echo >>"$list"
done
processors=$(getconf _NPROCESSORS_ONLN)
tr '\n' '\0' <"$list" | xargs -0 -n 1 -P "$processors" nice sh -c

# Sections nobody calls go, and with them what they call.
# shellcheck disable=SC2086
"$compiler" -static -pthread -Wl,--gc-sections $objects -o "$out/device_test"
exec "$emulator" -cpu max "$out/device_test" "$@"
