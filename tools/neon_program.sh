# Programs over src/device for an ARM processor: cross-compiled, statically linked, for qemu. To be
# sourced at the top of the tree. Needs g++-aarch64-linux-gnu, qemu-user, libfmt-dev and
# nlohmann-json3-dev; says what is missing and ends with 77 where one of them is. Objects are kept
# in build/neon; ccache is used if it is there.
compiler=${DS4_ARM_CXX:-aarch64-linux-gnu-g++}
emulator=${DS4_ARM_QEMU:-qemu-aarch64}
out=build/neon

skip() {
  echo "Skipped: $1"
  exit 77
}
command -v "$compiler" >/dev/null || skip "$compiler is not installed (g++-aarch64-linux-gnu)"
command -v "$emulator" >/dev/null || skip "$emulator is not installed (qemu-user)"

# Libraries without code of their own; the host's other headers stay out of sight.
mkdir -p "$out/include"
for library in fmt nlohmann; do
  [ -d "/usr/include/$library" ] || skip "/usr/include/$library is missing"
  ln -sfn "/usr/include/$library" "$out/include/$library"
done

launcher=
if command -v ccache >/dev/null; then launcher=ccache; fi

# As a release build, with the flags of cmake/toolchain.cmake that decide about bits.
flags="-std=c++20 -O3 -march=armv8.6-a -ffp-contract=off -fno-math-errno -pthread
  -Wall -Wextra -Wpedantic -Wshadow -Werror -Wno-missing-field-initializers -Wno-restrict
  -Wno-psabi -DFMT_HEADER_ONLY -DDS4_SOURCE_DIR=\"$PWD\" -DDS4_BUILD_DIR=\"$PWD/$out\"
  -I. -Iinclude -Isrc -isystem $out/include"

object_of() { echo "$out/$(echo "${1#/}" | tr '/' '_').o"; }

# build NAME SOURCE...: $out/NAME of these and of the device.
build() {
  name=$1
  shift
  library=$(find src/base src/quant src/gguf src/device -name '*.cpp' ! -name '*_test.cpp' \
    ! -name '*_fuzz.cpp' ! -name '*_macos.cpp')
  objects=
  list=$out/$name.commands
  : >"$list"
  for source in $library "$@"; do
    object=$(object_of "$source")
    objects="$objects $object"
    echo "$launcher $compiler $flags -c $source -o $object" | tr '\n' ' ' | sed 's/"/\\"/g' >>"$list"
    echo >>"$list"
  done
  tr '\n' '\0' <"$list" | xargs -0 -n 1 -P "$(getconf _NPROCESSORS_ONLN)" nice sh -c

  # Sections nobody calls go, and with them what they call.
  # shellcheck disable=SC2086
  "$compiler" -static -pthread -Wl,--gc-sections $objects -o "$out/$name"
}
