#!/usr/bin/env bash
# Trains the demo model from nothing, or goes on where a run in the same folder stopped:
#   training/run.sh [FOLDER] [OPTION OF train.py]...
# FOLDER [build/demo] then holds the run, and in it `export`, which `ds4-gguf convert` reads.
set -e -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../build/demo}
[ $# -eq 0 ] || shift
python=${DS4_PYTHON:-/usr/bin/python3}
mkdir -p "$folder"
# Large arrays stay with the process: given back and faulted in again at every operation, they cost
# a sixth of the time. (glibc; others do not read this.)
export MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184
export MALLOC_TOP_PAD_=268435456

[ -e "$folder/tokenizer.json" ] || "$python" "$here/make_tokenizer.py" "$folder/tokenizer.json"
"$python" "$here/train.py" "$folder" --tokenizer "$folder/tokenizer.json" "$@"
"$python" "$here/export.py" "$folder" "$folder/export" --tokenizer "$folder/tokenizer.json"
"$python" "$here/plot.py" "$folder"
"$python" "$here/evaluate.py" "$folder" --tokenizer "$folder/tokenizer.json" \
  > "$folder/held_out.csv"
