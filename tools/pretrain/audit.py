"""Looks at the corpus as it was written, without the code that cleaned it, and writes OUT/corpus/audit.json.

Sizes by kind and source; what overlaps with anything measured on (the goal is 0); how much of the held-
out text repeats training text; replaced personal data and what still looks like it; languages;
characters.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sartor.base.pretraining import (
    FILTER_FILE,
    LEAST_WORDS,
    RUN_WORDS,
    PretrainingFilter,
    words_of,
)
from tools.pretrain.corpus import HEM
from tools.pretrain.overlap import count_overlap
from tools.pretrain.sources import KINDS, measured_texts

_PLACEHOLDER = re.compile(r"<(?:NAME|EMAIL|PHONE|ADDRESS|NUMBER|CARD|IBAN|IP|PASSWORD)>")
_LOOKS_PERSONAL = {
    "e-mail": re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
    "phone": re.compile(r"(?<!\w)\+?\(?\d{3}\)?[ -]\d{3}[ -]\d{4}(?!\w)"),
    "nine digits or more": re.compile(r"\d{9,}"),
    "IP address": re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"),
}
_COMMON_WORDS = {
    "en": frozenset({"the", "and", "to", "of", "is", "that", "you", "for", "it", "was", "with"}),
    "es": frozenset({"el", "la", "de", "que", "en", "los", "se", "por", "con", "una", "es"}),
}


def audit(data: Path, corpus: Path) -> dict[str, Any]:
    """Everything that the model card says of the corpus.

    Args:
        data: The folder with the data sets.
        corpus: OUT/corpus.
    """
    measured = list(measured_texts(data, HEM))
    chats = [row_text(row) for row in rows(corpus / "chats.train.jsonl")]
    found = {
        "kinds": {kind: _of_kind(corpus, kind) for kind in KINDS},
        "chats": _of_chats(corpus),
        "measured_sets": _of_measured(measured, training_texts(corpus), chats),
        "cleaning": json.loads((corpus / "cleaning.json").read_text("utf-8")),
        "filter": _of_filter(corpus),
    }
    (corpus / "audit.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return found


def training_texts(corpus: Path) -> Iterator[str]:
    """Running text of every training document."""
    for kind in KINDS:
        yield from (row["text"] for row in rows(corpus / f"{kind}.train.jsonl"))


def rows(file: Path) -> Iterator[dict[str, Any]]:
    """Rows of a corpus file."""
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def row_text(chat: dict[str, Any]) -> str:
    """All words of a chat as running text."""
    return "\n".join(words for _, words in chat["turns"])


def _of_kind(corpus: Path, kind: str) -> dict[str, Any]:
    train = list(rows(corpus / f"{kind}.train.jsonl"))
    held_out = list(rows(corpus / f"{kind}.held_out.jsonl"))
    return {
        "train": _sizes(train),
        "held_out": _sizes(held_out),
        "groups_in_both": len({r["group"] for r in train} & {r["group"] for r in held_out}),
        "held_out_runs_also_in_train_share": _repeated_share(train, held_out),
        "replaced_personal_data": _placeholders(train),
        "looks_personal": _personal(train),
        "lines_by_language": _languages(train),
        "characters_outside_latin": _odd_characters(train),
    }


def _sizes(found: list[dict[str, Any]]) -> dict[str, Any]:
    by_source: Counter[str] = Counter()
    for row in found:
        by_source[row["source"]] += len(row["text"].encode("utf-8"))
    return {
        "documents": len(found),
        "bytes": sum(by_source.values()),
        "words": sum(len(words_of(row["text"])) for row in found),
        "bytes_by_source": dict(by_source),
    }


def _repeated_share(train: list[dict[str, Any]], held_out: list[dict[str, Any]]) -> float:
    """Share of the held-out eight-word runs that training text of the kind holds too, 0 to 1."""
    wanted = Counter(run for row in held_out for run in _runs(row["text"]))
    repeated = {run for row in train for run in _runs(row["text"]) if run in wanted}
    return round(sum(wanted[run] for run in repeated) / max(1, wanted.total()), 4)


def _runs(text: str) -> Iterator[str]:
    words = words_of(text)
    return (
        " ".join(words[start : start + RUN_WORDS]) for start in range(len(words) - RUN_WORDS + 1)
    )


def _placeholders(found: list[dict[str, Any]]) -> dict[str, int]:
    return dict(Counter(mark for row in found for mark in _PLACEHOLDER.findall(row["text"])))


def _personal(found: list[dict[str, Any]]) -> dict[str, int]:
    return {
        name: sum(len(pattern.findall(row["text"])) for row in found)
        for name, pattern in _LOOKS_PERSONAL.items()
    }


def _languages(found: list[dict[str, Any]]) -> dict[str, int]:
    """Lines by the language whose commonest words they hold more of; `unclear` where neither leads."""
    counts: Counter[str] = Counter()
    for row in found:
        for line in row["text"].split("\n"):
            words = words_of(line)
            scores = {
                name: sum(w in common for w in words) for name, common in _COMMON_WORDS.items()
            }
            is_clear = scores["en"] != scores["es"]
            counts[max(scores, key=lambda name: scores[name]) if is_clear else "unclear"] += 1
    return dict(counts)


def _odd_characters(found: list[dict[str, Any]]) -> dict[str, int]:
    """The commonest characters beyond Latin letters and general punctuation."""
    counts = Counter(c for row in found for c in row["text"] if c > "\u024f")
    return dict(counts.most_common(12))


def _of_chats(corpus: Path) -> dict[str, Any]:
    found = list(rows(corpus / "chats.train.jsonl"))
    return {
        "chats_by_task": dict(Counter(row["task"] for row in found)),
        "bytes": sum(len(row_text(row).encode("utf-8")) for row in found),
        "bytes_by_source": {
            source: sum(len(row_text(r).encode("utf-8")) for r in found if r["source"] == source)
            for source in sorted({row["source"] for row in found})
        },
    }


def _of_measured(
    measured: list[tuple[str, str]], texts: Iterator[str], chats: list[str]
) -> dict[str, dict[str, int]]:
    """By set: texts, how many are too short to compare, and what is left of them in what is learned."""
    lines: set[str] = set()

    def kept_lines() -> Iterator[str]:
        for text in texts:
            lines.update(
                " ".join(words)
                for line in text.split("\n")
                if 0 < len(words := words_of(line)) < LEAST_WORDS
            )
            yield text

    in_corpus = count_overlap(kept_lines(), measured)
    in_chats = count_overlap(chats, measured)
    found: dict[str, Counter[str]] = {}
    short: dict[str, set[str]] = {}
    for name, text in measured:
        counts = found.setdefault(name, Counter())
        counts["texts"] += 1
        if len(words := words_of(text)) < LEAST_WORDS:
            counts["texts_under_five_words"] += 1
            short.setdefault(name, set()).add(" ".join(words))
    return {
        name: {
            **counts,
            "different_texts_under_five_words": len(short.get(name, ())),
            "of_these_also_a_line_in_training": len(short.get(name, set()) & lines),
            "overlaps_left_in_corpus": in_corpus.get(name, 0),
            "overlaps_left_in_chats": in_chats.get(name, 0),
        }
        for name, counts in found.items()
    }


def _of_filter(corpus: Path) -> dict[str, Any]:
    """Size, and how often it finds what was and what was not read."""
    shipped = PretrainingFilter.load(corpus / FILTER_FILE)
    found: dict[str, Any] = {
        "bytes": (corpus / FILTER_FILE).stat().st_size,
        "runs": len(shipped.numbers_F),
        "false_positive_share_of_a_run": round(shipped.false_positive_share, 6),
    }
    for part in ("train", "held_out"):
        found[f"{part}_lines_found_share"] = {
            kind: _found_share(shipped, corpus / f"{kind}.{part}.jsonl") for kind in KINDS
        }
    return found


def _found_share(shipped: PretrainingFilter, file: Path) -> float | None:
    """Of up to 3,000 lines of ten words or more, the share that the filter finds."""
    lines = []
    for row in rows(file):
        lines += [line for line in row["text"].split("\n") if len(words_of(line)) >= 10][:3]
        if len(lines) >= 3_000:
            break
    answers = [shipped.is_in(line) for line in lines]
    return round(sum(map(bool, answers)) / len(answers), 4) if answers else None
