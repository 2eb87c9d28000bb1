"""Clean documents by kind, without doubles, personal data and anything that is measured on.

    python -m tools.pretrain.corpus FOLDER [--data ../shared/data]

Writes FOLDER/corpus/KIND.{train,held_out}.jsonl, FOLDER/corpus/counts.json (all that was taken out, by
source and reason) and FOLDER/corpus/runs.npz (the filter that users can ask).
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import numpy as np

from sartor.data.personal import mask_personal_data
from tools.pretrain.instructions import Chat, as_row, chats
from tools.pretrain.overlap import Measured, RunFilter, runs_of, words_of
from tools.pretrain.sources import KINDS, Document, documents, measured_texts

LEAST_CHARACTERS = 8
LEAST_LETTERS = 0.6
"""Share of letters and spaces in a line of prose; tables and codes have fewer."""
LINE_BY_LINE = frozenset({"multidogo", "dstc9_faq", "tatoeba"})
"""Sources whose lines are texts of their own: an overlap takes out the line, or the pair."""


def main() -> None:
    """Make the corpus and print what was kept and what was not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"{arguments.data} is absent: name the folder of the data sets with --data.")
    counts = make_corpus(arguments.data, arguments.folder / "corpus")
    print(json.dumps(counts, indent=1))


def make_corpus(data: Path, folder: Path) -> dict[str, dict[str, int]]:
    """Write the corpus; returns source to reason (or `kept`) to characters."""
    folder.mkdir(parents=True, exist_ok=True)
    measured = Measured.of(measured_texts(data))
    cleaner = Cleaner(measured)
    runs: set[int] = set()
    files = {
        (kind, part): (folder / f"{kind}.{part}.jsonl").open("w", encoding="utf-8")
        for kind in KINDS
        for part in ("train", "held_out")
    }
    for document in cleaner.clean(documents(data)):
        part = "held_out" if document.is_held_out else "train"
        _write(files[document.kind, part], document)
        if part == "train":
            runs.update(run for run in runs_of(words_of(document.text)) if RunFilter.is_kept(run))
    for file in files.values():
        file.close()
    with (folder / "chats.jsonl").open("w", encoding="utf-8") as file:
        for chat in cleaner.clean_chats(chats(data)):
            file.write(json.dumps(as_row(chat), ensure_ascii=False) + "\n")
            runs.update(run for run in runs_of(words_of(chat.text())) if RunFilter.is_kept(run))
    _write_filter(runs, folder / "runs.npz")
    counts = {
        "characters": cleaner.characters(),
        "overlap": dict(cleaner.overlap),
        "measured texts too short to compare": dict(measured.num_short),
    }
    (folder / "counts.json").write_text(json.dumps(counts, indent=1) + "\n", "utf-8")
    return counts


class Cleaner:
    """Takes out what must not be learned, and counts it.

    Args:
        measured: What is measured on.
    """

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.counts: Counter[tuple[str, str]] = Counter()
        self.overlap: Counter[str] = Counter()
        self._seen: set[int] = set()

    def clean(self, found: Iterable[Document]) -> Iterator[Document]:
        """Documents in their clean form; those of which nothing is left are gone."""
        for document in found:
            text = self._text(document)
            if len(text) >= LEAST_CHARACTERS:
                self.counts[document.source, "kept"] += len(text)
                yield replace(document, text=text)

    def clean_chats(self, found: Iterable[Chat]) -> Iterator[Chat]:
        """Chats without personal data, none of which overlaps with what is measured on."""
        for chat in found:
            turns = tuple(
                (role, mask_personal_data(normalised(words))) for role, words in chat.turns
            )
            lines = [line for _, words in turns for line in words.split("\n")]
            name = next((name for line in lines if (name := self.measured.found_in(line))), None)
            name = name or self.measured.found_in("\n".join(lines))
            if name is not None:
                self.overlap[name] += 1
                self.counts[f"{chat.source} (chats)", "measured on"] += len(chat.text())
            elif all(words for _, words in turns):
                self.counts[f"{chat.source} (chats)", "kept"] += len(chat.text())
                yield replace(chat, turns=turns)

    def characters(self) -> dict[str, dict[str, int]]:
        """Source to reason to characters."""
        sources = sorted({source for source, _ in self.counts})
        return {
            source: {reason: n for (s, reason), n in sorted(self.counts.items()) if s == source}
            for source in sources
        }

    def _text(self, document: Document) -> str:
        lines = normalised(document.text).split("\n")
        kept = [line for line in lines if self._may_stay(line, document)]
        if document.source == "tatoeba" and len(kept) < len(lines):
            return ""  # half a pair teaches nothing
        text = "\n".join(kept).strip()
        return text if document.kind == "novels" else mask_personal_data(text)

    def _may_stay(self, line: str, document: Document) -> bool:
        reason = self._why_not(line, document)
        if reason:
            self.counts[document.source, reason] += len(line)
        return reason is None

    def _why_not(self, line: str, document: Document) -> str | None:
        if name := self.measured.found_in(line):
            self.overlap[name] += 1
            return "measured on"
        if document.source in LINE_BY_LINE:
            return None
        words = words_of(line)
        if len(words) >= 12 and self._is_double(words):
            return "double"
        return "not prose" if len(words) >= 3 and _share_of_letters(line) < LEAST_LETTERS else None

    def _is_double(self, words: list[str]) -> bool:
        number = hash(tuple(words))
        is_double = number in self._seen
        self._seen.add(number)
        return is_double


def normalised(text: str) -> str:
    """NFC, plain quotes and spaces, no control characters, at most one empty line."""
    text = unicodedata.normalize("NFC", text).translate(_PLAIN)
    text = "".join(c for c in text if c == "\n" or unicodedata.category(c)[0] != "C")
    text = re.sub(r"[ \t]+", " ", text)
    return re.sub(r"\n\s*\n\s*", "\n\n", text).strip()


_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u00a0": " ",
        "\u00ad": None,
        "\t": " ",
    }
)


def _share_of_letters(line: str) -> float:
    return sum(c.isalpha() or c == " " for c in line) / max(1, len(line))


def _write(file: IO[str], document: Document) -> None:
    row = {"source": document.source, "place": document.place, "text": document.text}
    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _write_filter(runs: set[int], file: Path) -> None:
    kept = RunFilter(len(runs))
    for run in sorted(runs):
        kept.add(run)
    np.savez_compressed(file, bits=kept.bits)


if __name__ == "__main__":
    main()
