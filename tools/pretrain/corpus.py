"""Clean documents by kind, without doubles, personal data and anything that is measured on.

Writes OUT/corpus/KIND.{train,held_out}.jsonl, OUT/corpus/chats.{train,held_out}.jsonl,
OUT/corpus/cleaning.json (what was taken out, by source and reason) and OUT/corpus/pretraining_runs.npz
(the filter that is shipped with the models).
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sartor.base.pretraining import (
    FILTER_FILE,
    PretrainingFilter,
    cut,
    run_numbers,
    whole_number,
    words_of,
)
from sartor.data.personal import mask_personal_data
from tools.pretrain.instructions import Chat, Rows, as_row, chats
from tools.pretrain.overlap import Measured
from tools.pretrain.sources import KINDS, Document, documents, measured_texts

HEM = Path(__file__).parents[2] / "src" / "sartor" / "examples" / "hem"
LEAST_CHARACTERS = 8
LEAST_LETTERS = 0.6
"""Share of letters and spaces in a line of prose; tables and codes have fewer."""
LINES_ARE_ROWS = frozenset({"multidogo", "dstc9_faq", "tatoeba"})
"""Sources whose units are rows of their own: repeated turns are part of talking, not copies."""
NUM_FILTER_BITS = 31
REMEMBERED_ONE_IN = {kind: 32 if kind == "novels" else 2 for kind in KINDS}
"""Of the runs of a kind: novels are five sixths of the text, and the least likely to be a test row."""


def make_corpus(data: Path, folder: Path) -> None:
    """Write the corpus.

    Args:
        data: The folder with the data sets.
        folder: Where the corpus goes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    measured = Measured(measured_texts(data, HEM))
    cleaner = Cleaner(measured)
    memory = Memory()
    with ExitStack() as stack:
        files = {
            (kind, part): stack.enter_context(
                (folder / f"{kind}.{part}.jsonl").open("w", encoding="utf-8")
            )
            for kind in KINDS
            for part in ("train", "held_out")
        }
        for document in cleaner.clean(documents(data)):
            part = "held_out" if document.is_held_out else "train"
            files[document.kind, part].write(_as_line(document))
            if part == "train":
                memory.add(document.kind, document.text, has_rows=document.source in LINES_ARE_ROWS)
    for part, is_held_out in (("train", False), ("held_out", True)):
        rows = Rows(cleaner.free_part, is_held_out=is_held_out)
        with (folder / f"chats.{part}.jsonl").open("w", encoding="utf-8") as file:
            for chat in cleaner.clean_chats(chats(data, rows), part):
                file.write(json.dumps(as_row(chat), ensure_ascii=False) + "\n")
    memory.as_filter().save(folder / FILTER_FILE)
    report = json.dumps(cleaner.report(), indent=1)
    (folder / "cleaning.json").write_text(report + "\n", "utf-8")


class Cleaner:
    """Takes out what must not be learned, and counts it.

    Args:
        measured: What is measured on.
    """

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.characters: Counter[tuple[str, str]] = Counter()
        """Source and reason (or `kept`) to characters."""
        self.units_of_set: Counter[str] = Counter()
        """Measured set (one of them, where several share a text) to units taken out for it."""
        self._seen: set[bytes] = set()

    def clean(self, found: Iterable[Document]) -> Iterator[Document]:
        """Documents in their clean form; those of which nothing is left are gone."""
        for document in found:
            units = [normalised(unit) for unit in document.units]
            if document.kind != "novels":
                units = [mask_personal_data(unit) for unit in units]
            units = self._without_bad_units(document.source, units)
            units = self._without_measured(document.source, units)
            text = collapsed("\n".join(units))
            if len(text) < LEAST_CHARACTERS or self._is_double(text):
                self.characters[document.source, "double or empty document"] += len(text)
                continue
            self.characters[document.source, "kept"] += len(text)
            yield replace(document, units=(text,))

    def clean_chats(self, found: Iterable[Chat], part: str) -> Iterator[Chat]:
        """Chats without personal data, none of which holds what is measured on."""
        for chat in found:
            turns = tuple(
                (role, mask_personal_data(normalised(words))) for role, words in chat.turns
            )
            clean = replace(chat, turns=turns)
            if not all(words for _, words in turns) or self.measured.is_in(clean.text()):
                self.characters[f"{chat.source} (chats, {part})", "measured on"] += len(chat.text())
                continue
            self.characters[f"{chat.source} (chats, {part})", "kept"] += len(clean.text())
            yield clean

    def free_part(self, text: str) -> str:
        """Lines of a row that may become part of a chat; the text itself where nothing is measured on."""
        lines = mask_personal_data(normalised(text)).split("\n")
        long_enough = [line for line in lines if not self.measured.is_short(line)]
        return "\n".join(self._free_units(long_enough)[0]).strip()

    def report(self) -> dict[str, Any]:
        """What was kept and taken out, for the audit and the model card."""
        sources = sorted({source for source, _ in self.characters})
        return {
            "characters": {
                source: {r: n for (s, r), n in sorted(self.characters.items()) if s == source}
                for source in sources
            },
            "units_taken_out_for": dict(sorted(self.units_of_set.items())),
        }

    def _without_bad_units(self, source: str, units: list[str]) -> list[str]:
        kept = []
        for unit in units:
            reason = self._why_not(source, unit)
            if reason is None:
                kept.append(unit)
            else:
                self.characters[source, reason] += len(unit)
        return kept

    def _why_not(self, source: str, unit: str) -> str | None:
        if source == "tatoeba" and any(self.measured.is_short(line) for line in unit.split("\n")):
            return "measured on"
        if source in LINES_ARE_ROWS:
            return None
        words = words_of(unit)
        if len(words) >= 3 and share_of_letters(unit) < LEAST_LETTERS:
            return "not prose"
        return "double line" if len(words) >= 12 and self._is_double(" ".join(words)) else None

    def _without_measured(self, source: str, units: list[str]) -> list[str]:
        """Units no run of which, nor any over their borders, is measured on.

        What is taken out brings its neighbours together, so the search goes on until nothing is found.
        """
        kept, taken_out, names = self._free_units(units)
        for name in names:
            self.units_of_set[name] += 1
        self.characters[source, "measured on"] += sum(map(len, taken_out))
        return kept

    def _free_units(self, units: list[str]) -> tuple[list[str], list[str], list[str]]:
        """Units that stay, units that go, and for each of these a set it belongs to."""
        taken_out: list[str] = []
        owners: list[str] = []
        while True:
            words = [words_of(unit) for unit in units]
            unit_of_word = np.repeat(np.arange(len(units)), [len(part) for part in words])
            is_hit_W, names = self.measured.hits([word for part in words for word in part])
            if not is_hit_W.any():
                return units, taken_out, owners
            hit = set(unit_of_word[is_hit_W].tolist())
            taken_out += [units[place] for place in sorted(hit)]
            owners += [min(names)] * len(hit)
            units = [unit for place, unit in enumerate(units) if place not in hit]

    def _is_double(self, text: str) -> bool:
        number = hashlib.blake2b(text.encode(), digest_size=12).digest()
        is_double = number in self._seen
        self._seen.add(number)
        return is_double


class Memory:
    """Numbers of the runs that training reads, as many of each kind as the filter keeps."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []

    def add(self, kind: str, text: str, *, has_rows: bool) -> None:
        """Remember a text; `has_rows`: its short lines too, each as a whole."""
        runs_R = run_numbers(words_of(text))
        self._parts.append(runs_R[runs_R % np.uint64(REMEMBERED_ONE_IN[kind]) == 0])
        if has_rows:
            self._parts += [whole_number(words_of(line)) for line in text.split("\n")]

    def as_filter(self) -> PretrainingFilter:
        """The filter to ship."""
        every = np.concatenate(self._parts) if self._parts else np.zeros(0, dtype=np.uint64)
        return PretrainingFilter(
            np.unique(cut(every, NUM_FILTER_BITS)), num_bits=NUM_FILTER_BITS, asked_one_in=2
        )


def normalised(text: str) -> str:
    """NFC, plain quotes and spaces, no control characters."""
    text = unicodedata.normalize("NFC", text).translate(_PLAIN)
    text = "".join(c for c in text if c == "\n" or unicodedata.category(c)[0] != "C")
    return re.sub(r"[ \t]+", " ", text).strip()


def collapsed(text: str) -> str:
    """At most one empty line in a row."""
    return re.sub(r"\n\s*\n\s*", "\n\n", text).strip()


_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u00ad": None,
        "\t": " ",
    }
)


def share_of_letters(line: str) -> float:
    """Letters and spaces among the characters, 0 to 1."""
    return sum(c.isalpha() or c == " " for c in line) / max(1, len(line))


def _as_line(document: Document) -> str:
    row = {"source": document.source, "group": document.group, "text": document.text}
    return json.dumps(row, ensure_ascii=False) + "\n"
