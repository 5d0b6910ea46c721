#!/bin/sh
# How many instructions the NEON kernels take for 256 multiplications, counted in qemu's log of what
# it executed.
#
#   tools/count_neon.sh [KERNEL...]        kernels as build/bench_instructions names them
#
# Needs what tools/neon_program.sh needs. A kernel takes half a minute.
set -eu

cd "$(dirname "$0")/.."
. tools/neon_program.sh
build bench_instructions bench/bench_instructions.cpp >&2
[ $# -gt 0 ] || set -- 'Q8_0 x 1' 'Q8_0 x 4' 'Q8_0 x 16' 'IQ2_XXS x 1' 'IQ2_XXS x 4' 'IQ2_XXS x 16' \
  'Q2_K x 1' 'Q2_K x 4' 'Q2_K x 16' 'Q4_K x 1' 'Q4_K x 4' 'Q4_K x 16' \
  'MXFP4 x 1' 'MXFP4 x 4' 'MXFP4 x 16'

# Instructions of so many runs, and of making ready.
executed() {
  log=$(mktemp -u)
  mkfifo "$log"
  "$emulator" -cpu max -singlestep -d exec,nochain -D "$log" \
    "$out/bench_instructions" --run "$1" NEON "$2" >"$out/multiplications" &
  grep -c '^Trace' "$log"
  rm "$log"
}

for kernel; do
  once=$(executed "$kernel" 1)
  twice=$(executed "$kernel" 2)
  awk -v name="$kernel" -v steps=$((twice - once)) \
    '{ printf "%-16s %10.2f\n", name, steps / ($1 / 256) }' "$out/multiplications"
done
