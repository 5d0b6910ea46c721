"""A small byte-level tokenizer with V4's splitting and V4's control tokens, and its training.

Ids: 0 to 2 begin, end and padding; then the 256 bytes in V4's order; then the results of the
merges; then the other control tokens. Digits are never merged, so that arithmetic is about digits.
"""

from __future__ import annotations

import collections
import heapq
import json
import re

import pretokenizer

FIRST = ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"]
BEGIN_ID, END_ID, PAD_ID = 0, 1, 2
# Those that the engine's text layer asks for by their strings.
LAST = [
    "<｜User｜>", "<｜Assistant｜>", "<|EOT|>", "<think>", "</think>", "｜DSML｜",
    "<｜latest_reminder｜>", "<｜action｜>", "<｜query｜>", "<｜authority｜>", "<｜domain｜>",
    "<｜title｜>", "<｜extracted_url｜>", "<｜read_url｜>",
]  # fmt: skip
_FIRST_BYTE = len(FIRST)
_BYTE_ORDER = [
    *range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100),
    *range(0x00, 0x21), *range(0x7F, 0xA1), 0xAD,
]  # fmt: skip


def _shown_byte(b: int) -> str:
    """The character that stands for a byte in tokenizer files."""
    if 0x21 <= b <= 0x7E or 0xA1 <= b <= 0xAC or 0xAE <= b:
        return chr(b)
    if b <= 0x20:
        return chr(0x100 + b)
    return chr(0x143) if b == 0xAD else chr(0x121 + b - 0x7F)


class Tokenizer:
    def __init__(self, merges: list[tuple[int, int]]):
        self.merges = merges
        self.bytes_of: list[bytes] = [t.encode() for t in FIRST]
        self.bytes_of += [bytes([b]) for b in _BYTE_ORDER]
        self._id_of_byte = {b: _FIRST_BYTE + i for i, b in enumerate(_BYTE_ORDER)}
        self._result = {}
        for left, right in merges:
            self._result[(left, right)] = len(self.bytes_of)
            self.bytes_of.append(self.bytes_of[left] + self.bytes_of[right])
        self.special = {text: i for i, text in enumerate(FIRST)}
        for text in LAST:
            self.special[text] = len(self.bytes_of)
            self.bytes_of.append(text.encode())
        longest_first = sorted(self.special, key=len, reverse=True)
        self._split = re.compile("(" + "|".join(re.escape(t) for t in longest_first) + ")")
        self._known: dict[str, list[int]] = {}

    @property
    def size(self) -> int:
        return len(self.bytes_of)

    def encode(self, text: str) -> list[int]:
        """Control tokens are recognised anywhere in the text."""
        out: list[int] = []
        for i, part in enumerate(self._split.split(text)):
            if i % 2:
                out.append(self.special[part])
            else:
                for piece in pretokenizer.split(part):
                    out += self._piece(piece)
        return out

    def _piece(self, piece: str) -> list[int]:
        ids = self._known.get(piece)
        if ids is None:
            ids = [self._id_of_byte[b] for b in piece.encode()]
            while len(ids) > 1:
                best = min(
                    (self._result.get(pair, self.size), i) for i, pair in enumerate(zip(ids, ids[1:]))
                )
                if best[0] == self.size:
                    break
                ids[best[1] : best[1] + 2] = [best[0]]
            self._known[piece] = ids
        return ids

    def decode(self, ids: list[int]) -> str:
        return b"".join(self.bytes_of[i] for i in ids).decode("utf-8", "replace")

    def to_json(self) -> dict:
        """The file in the form that DeepSeek publishes."""

        def shown(i: int) -> str:
            return "".join(_shown_byte(b) for b in self.bytes_of[i])

        vocabulary = {text: i for text, i in self.special.items() if i < _FIRST_BYTE}
        plain = range(_FIRST_BYTE, _FIRST_BYTE + 256 + len(self.merges))
        vocabulary.update({shown(i): i for i in plain})
        patterns = [
            r"\p{N}{1,3}",
            "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
            r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^" "\r\n"
            r"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[" "\r\n" r"]*|\s*[" "\r\n"
            r"]+|\s+(?!\S)|\s+",
        ]
        patterns[2] = patterns[2].replace('\\"', '"')
        steps: list[dict] = [
            {"type": "Split", "pattern": {"Regex": p}, "behavior": "Isolated", "invert": False}
            for p in patterns
        ]
        level = {"add_prefix_space": False, "trim_offsets": True, "use_regex": False}
        steps.append({"type": "ByteLevel", **level})
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [
                {
                    "id": i,
                    "content": text,
                    "single_word": False,
                    "lstrip": False,
                    "rstrip": False,
                    "normalized": False,
                    "special": text not in ("<think>", "</think>", "｜DSML｜"),
                }
                for text, i in sorted(self.special.items(), key=lambda entry: entry[1])
            ],
            "normalizer": {"type": "Sequence", "normalizers": []},
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps},
            "decoder": {"type": "ByteLevel", **level},
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "byte_fallback": False,
                "vocab": vocabulary,
                "merges": [f"{shown(a)} {shown(b)}" for a, b in self.merges],
            },
        }

    def save(self, path: str) -> None:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.to_json(), file, ensure_ascii=False, indent=0)

    @staticmethod
    def load(path: str) -> "Tokenizer":
        with open(path, encoding="utf-8") as file:
            model = json.load(file)["model"]
        pairs = [merge.split(" ") for merge in model["merges"]]
        return Tokenizer([(model["vocab"][a], model["vocab"][b]) for a, b in pairs])


def train(texts: list[str], size: int) -> Tokenizer:
    """Merges the most frequent pair, again and again, until the vocabulary has `size` tokens."""
    empty = Tokenizer([])
    pieces: collections.Counter[str] = collections.Counter()
    for text in texts:
        for i, part in enumerate(empty._split.split(text)):
            if i % 2 == 0:
                pieces.update(p for p in pretokenizer.split(part) if not any(c.isdigit() for c in p))
    words = [[empty._id_of_byte[b] for b in piece.encode()] for piece in pieces]
    counts = list(pieces.values())
    pair_count: collections.Counter[tuple[int, int]] = collections.Counter()
    where: dict[tuple[int, int], set[int]] = collections.defaultdict(set)
    for w, ids in enumerate(words):
        for pair in zip(ids, ids[1:]):
            pair_count[pair] += counts[w]
            where[pair].add(w)
    heap = [(-count, pair) for pair, count in pair_count.items()]
    heapq.heapify(heap)
    merges: list[tuple[int, int]] = []
    while len(merges) < size - empty.size and heap:
        count, pair = heapq.heappop(heap)
        if -count != pair_count[pair]:
            continue  # an old entry
        if -count < 2:
            break
        made = _FIRST_BYTE + 256 + len(merges)
        merges.append(pair)
        changed: set[tuple[int, int]] = set()
        for w in sorted(where.pop(pair)):
            ids = words[w]
            for old in zip(ids, ids[1:]):
                pair_count[old] -= counts[w]
                changed.add(old)
            merged, i = [], 0
            while i < len(ids):
                if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
                    merged.append(made)
                    i += 2
                else:
                    merged.append(ids[i])
                    i += 1
            words[w] = merged
            for new in zip(merged, merged[1:]):
                pair_count[new] += counts[w]
                where[new].add(w)
                changed.add(new)
        for pair in sorted(changed):
            if pair_count[pair] > 0:
                heapq.heappush(heap, (-pair_count[pair], pair))
    return Tokenizer(merges)
