"""Conversations as rows of tokens, each a function of the seed and the step alone.

A run that stops can go on anywhere, and any number of processes sees the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from corpus.draw import TRAIN, Draw
from corpus.stages import conversation
from render import Conversation, render
from tokenizer import PAD_ID, Tokenizer


@dataclass
class Document:
    ids: list[int]
    learned: list[bool]  # by token: is it to be predicted
    last_message: list[bool]  # by token: does it belong to what the last message says


def tokenize(sample: Conversation, tokenizer: Tokenizer) -> Document:
    """Parts border on control tokens, so that each can be split by itself."""
    ids: list[int] = []
    learned: list[bool] = []
    last: list[bool] = []
    texts: list[tuple[str, bool, bool]] = []
    for part in render(sample):
        is_last = part.learned and part.message == len(sample.messages) - 1
        if texts and not part.learned and not texts[-1][1]:
            texts[-1] = (texts[-1][0] + part.text, False, False)
        else:
            texts.append((part.text, part.learned, is_last))
    for text, learn, is_last in texts:
        some = tokenizer.encode(text)
        ids += some
        learned += [learn] * len(some)
        last += [is_last] * len(some)
    return Document(ids, learned, last)


@dataclass
class Rows:
    ids: Tensor  # [rows, length]
    learned: Tensor  # [rows, length]: is the token at this place to be predicted


def pack(documents: list[Document], rows: int, length: int) -> Rows:
    """Longest first, each into the row where it fits most tightly; what fits nowhere is left out.

    Rows hold several conversations without a border, so a model also learns to pass over what
    precedes the mark of a beginning. Their order in a row is random in effect: by length."""
    space = [length] * rows
    content: list[list[Document]] = [[] for _ in range(rows)]
    for document in sorted(documents, key=lambda d: -len(d.ids)):
        fitting = [r for r in range(rows) if space[r] >= len(document.ids)]
        if fitting:
            best = min(fitting, key=lambda r: space[r])
            content[best].append(document)
            space[best] -= len(document.ids)
    ids = np.full((rows, length), PAD_ID, dtype=np.int64)
    learned = np.zeros((rows, length), dtype=bool)
    for r, documents_of_row in enumerate(content):
        at = 0
        # Long ones first would put every long one at position 0.
        for document in documents_of_row[::-1] if r % 2 else documents_of_row:
            ids[r, at : at + len(document.ids)] = document.ids
            learned[r, at : at + len(document.ids)] = document.learned
            at += len(document.ids)
    return Rows(torch.from_numpy(ids), torch.from_numpy(learned))


def rows_of_step(
    tokenizer: Tokenizer, seed: int, step: int, groups: int, group: int, rows: int, length: int
) -> Rows:
    """Those of one of the groups that a step's rows are drawn in, each by itself."""
    documents: list[Document] = []
    tokens = number = 0
    while tokens < rows * length * 1.03:
        draw = Draw(f"{seed}/{step * groups + group}/{number}", TRAIN)
        number += 1
        document = tokenize(conversation(draw, step), tokenizer)
        if len(document.ids) <= length:
            documents.append(document)
            tokens += len(document.ids)
    return pack(documents, rows, length)
