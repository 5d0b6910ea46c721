"""Splits plain text into the pieces that byte-pair merging never crosses, as V4 does.

A scanner equivalent to V4's three regular expressions: numbers of up to three digits, runs of
Chinese and kana, and words, punctuation and white space in between.
"""

from __future__ import annotations

import functools
import unicodedata

_SPACES = frozenset("\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000") | frozenset(
    chr(c) for c in range(0x2000, 0x200B)
)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


@functools.lru_cache(maxsize=None)
def _kind(c: str) -> str:
    """N number, C Chinese or kana, W letter or mark, P punctuation or symbol, S space, other."""
    if "\u4e00" <= c <= "\u9fa5" or "\u3040" <= c <= "\u30ff":
        return "C"
    return _category(c)


@functools.lru_cache(maxsize=None)
def _category(c: str) -> str:
    if c in _SPACES:
        return "S"
    category = unicodedata.category(c)[0]
    return {"N": "N", "L": "W", "M": "W", "P": "P", "S": "P"}.get(category, "?")


def split(text: str) -> list[str]:
    pieces: list[str] = []
    i, n = 0, len(text)
    while i < n:
        kind = _kind(text[i])
        end = i + 1
        if kind == "N":
            while end < n and end < i + 3 and _kind(text[end]) == "N":
                end += 1
            pieces.append(text[i:end])
        else:
            chinese = kind == "C"
            while end < n and _kind(text[end]) != "N" and (_kind(text[end]) == "C") == chinese:
                end += 1
            _split_segment(text[i:end], pieces)
        i = end
    return pieces


def _split_segment(s: str, pieces: list[str]) -> None:
    i, gap, n = 0, 0, len(s)

    def run(at: int, kind: str) -> int:
        while at < n and _category(s[at]) == kind:
            at += 1
        return at

    while i < n:
        kind = _category(s[i])
        following = _category(s[i + 1]) if i + 1 < n else ""
        newline = s[i] in "\r\n"
        end = 0
        if s[i] in _MARKS and i + 1 < n and s[i + 1] in _LETTERS:
            end = i + 1
            while end < n and s[end] in _LETTERS:
                end += 1
        elif kind == "W":
            end = run(i, "W")
        elif not newline and kind != "P" and following == "W":
            end = run(i + 1, "W")
        elif kind == "P" or (s[i] == " " and following == "P"):
            end = run(i + (s[i] == " "), "P")
            while end < n and s[end] in "\r\n":
                end += 1
        elif kind == "S":
            stop = run(i, "S")
            last = max(s.rfind("\n", i, stop), s.rfind("\r", i, stop))
            if last >= 0:
                end = last + 1
            else:
                end = stop if stop == n or stop == i + 1 else stop - 1
        if not end:
            i += 1
            continue
        if gap < i:
            pieces.append(s[gap:i])
        pieces.append(s[i:end])
        i = gap = end
    if gap < n:
        pieces.append(s[gap:])
