# What ./start and ./check share: which system this is, what it lacks, and how it gets that.
# Sourced by bash; the bash 3.2 of macOS will do.

dry_run=no
assume_yes=no
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
stop() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Runs a command, or prints it when only asked what would be done.
run() {
  if [ "$dry_run" = yes ]; then
    local word line=""
    for word in "$@"; do
      case $word in
        *[!A-Za-z0-9_./=:+,-]*) line="$line '$word'" ;;
        *) line="$line $word" ;;
      esac
    done
    say "${line# }"
  else
    "$@"
  fi
}

# Sets `system` to debian (Ubuntu too), fedora or macos. With --dry-run another system can be
# pretended, one with nothing installed: DS4_START_SYSTEM=fedora ./start --dry-run
detect_system() {
  pretended=no
  if [ -n "${DS4_START_SYSTEM:-}" ]; then
    [ "$dry_run" = yes ] || stop "DS4_START_SYSTEM pretends a system; use it with --dry-run only"
    pretended=yes
    case $DS4_START_SYSTEM in
      debian | ubuntu) system=debian ;;
      fedora | macos) system=$DS4_START_SYSTEM ;;
      *) system=unknown ;;
    esac
  elif [ "$(uname -s)" = Darwin ]; then
    system=macos
  elif command -v apt-get >/dev/null; then
    system=debian
  elif command -v dnf >/dev/null; then
    system=fedora
  else
    system=unknown
  fi
  if [ "$system" = unknown ]; then
    stop "this system has neither apt, dnf nor Homebrew, so packages cannot be installed for you." \
      "Install a C++20 compiler (g++ 12 or clang 14), CMake 3.25, ninja, fmt, nlohmann-json," \
      "CLI11, libcurl and OpenSSL yourself, then run: cmake --preset release && cmake --build --preset release"
  fi
}

# Whether the compiler finds every one of these headers; the compiler is asked once.
has_headers() {
  local header
  { for header in "$@"; do
    printf '#if !__has_include(<%s>)\n#error missing\n#endif\n' "$header"
  done; } | c++ -x c++ -std=c++17 -fsyntax-only $header_path - >/dev/null 2>&1
}

# need CHECK DEBIAN FEDORA MACOS: adds a package to `missing` unless the check finds it. A check is
# command:NAME or header:NAME; `-` stands for a system that needs no package for it.
missing=""
need() {
  local package
  case $system in
    debian) package=$2 ;;
    fedora) package=$3 ;;
    macos) package=$4 ;;
  esac
  [ "$package" = - ] && return
  if [ "$pretended" = no ]; then
    case $1 in
      command:*) command -v "${1#command:}" >/dev/null && return ;;
      header:*) has_headers "${1#header:}" && return ;;
      fuzzer) find_fuzzing_compiler && return ;;
    esac
  fi
  missing="$missing $package"
}

need_for_building() {
  header_path=""
  if [ "$system" = macos ] && [ "$pretended" = no ]; then
    xcode-select -p >/dev/null 2>&1 ||
      stop "Apple's compiler is missing; run: xcode-select --install"
    command -v brew >/dev/null || stop "Homebrew is missing; install it from https://brew.sh"
    header_path="-I$(brew --prefix)/include"
  fi
  need command:c++ g++ gcc-c++ -
  need command:cmake cmake cmake cmake
  need command:ninja ninja-build ninja-build ninja
  need header:fmt/core.h libfmt-dev fmt-devel fmt
  need header:nlohmann/json.hpp nlohmann-json3-dev json-devel nlohmann-json
  need header:CLI/CLI.hpp libcli11-dev cli11-devel cli11
  # macOS has a libcurl and a SHA-256 of its own.
  need header:curl/curl.h libcurl4-openssl-dev libcurl-devel -
  need header:openssl/evp.h libssl-dev openssl-devel -
}

need_for_testing() {
  need header:gtest/gtest.h libgtest-dev gtest-devel googletest
  # googletest brings gmock along on macOS.
  need header:gmock/gmock.h libgmock-dev gmock-devel -
  need header:benchmark/benchmark.h libbenchmark-dev google-benchmark-devel google-benchmark
  need header:pcre2.h libpcre2-dev pcre2-devel pcre2
  # Apple's clang has no libFuzzer, and Homebrew's llvm is too large to ask for unasked.
  need fuzzer clang clang -
  need fuzzer libclang-rt-dev compiler-rt -
}

# Sets `fuzzing_compiler` to a clang++ that can really build and run a fuzz target.
fuzzing_compiler=""
find_fuzzing_compiler() {
  [ -n "$fuzzing_compiler" ] && return 0
  local candidate folder
  folder=$(mktemp -d) || return 1
  printf '%s\n' '#include <cstddef>' '#include <cstdint>' '#include <string>' \
    'extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {' \
    '  return std::string(reinterpret_cast<const char*>(data), size).size() == size ? 0 : 1;' \
    '}' >"$folder/probe.cpp"
  for candidate in clang++ clang++-14 clang++-15 clang++-16 clang++-17 clang++-18 clang++-19 \
    clang++-20 /opt/homebrew/opt/llvm/bin/clang++ /usr/local/opt/llvm/bin/clang++; do
    command -v "$candidate" >/dev/null || continue
    if "$candidate" -std=c++20 -fsanitize=fuzzer,address,undefined -o "$folder/probe" \
      "$folder/probe.cpp" >/dev/null 2>&1 && "$folder/probe" -runs=1 >/dev/null 2>&1; then
      fuzzing_compiler=$candidate
      break
    fi
  done
  rm -rf "$folder"
  [ -n "$fuzzing_compiler" ]
}

# Installs what `missing` names, asking first where that takes sudo and someone can answer.
install_missing() {
  missing=${missing# }
  [ -z "$missing" ] && return
  local as_root="" answer
  if [ "$system" != macos ]; then
    if [ "$pretended" = yes ]; then
      as_root=sudo
    elif [ "$(id -u)" != 0 ]; then
      as_root=sudo
      [ "$dry_run" = yes ] || command -v sudo >/dev/null ||
        stop "these packages are missing: $missing. You are not root and there is no sudo;" \
          "ask an administrator to install them"
      # Nobody is there to type a password.
      [ -t 0 ] || [ "$dry_run" = yes ] || as_root="sudo -n"
    fi
  fi
  if [ "$dry_run" = no ]; then
    say "Missing packages: $missing"
    if [ -n "$as_root" ] && [ "$assume_yes" = no ] && [ -t 0 ]; then
      printf 'Install them with sudo? [Y/n] '
      read -r answer || answer=n
      case $answer in
        "" | y | Y | yes) ;;
        *) stop "nothing was installed" ;;
      esac
    fi
  fi
  # shellcheck disable=SC2086  # both are lists of words
  case $system in
    debian)
      # A list that cannot be renewed may still do.
      run $as_root apt-get update -q || true
      run $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
        $missing
      ;;
    fedora) run $as_root dnf install -y $missing ;;
    macos) run brew install $missing ;;
  esac || stop "the packages could not be installed; the reason is above"
}

# CMake of the system may be there and too old.
expect_cmake() {
  [ "$dry_run" = yes ] && return
  local version major minor
  version=$(cmake --version | sed -n '1s/[^0-9]*//p')
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  if [ "$major" -lt 3 ] || { [ "$major" -eq 3 ] && [ "$minor" -lt 25 ]; }; then
    stop "CMake $version is too old, 3.25 is needed: Debian 12, Ubuntu 24.04 or newer have it"
  fi
}
