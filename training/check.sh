#!/usr/bin/env bash
# Runs one of the checks of this folder, for ctest: training/check.sh NAME [ARGUMENT]...
# Ends with status 77, which ctest counts as skipped, where there is no PyTorch.
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=$1
shift
for python in "${DS4_PYTHON:-}" python3 /usr/bin/python3; do
  [ -n "$python" ] || continue
  if "$python" -c 'import torch, numpy' 2>/dev/null; then
    exec "$python" "$here/check_$name.py" "$@"
  fi
done
echo "Skipped: no Python with PyTorch is installed (Debian: python3-torch)"
exit 77
