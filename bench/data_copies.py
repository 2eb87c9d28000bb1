"""Near-duplicates: planted copies of real messages, and pairs that people judged; beside MinHash over words.

A copy differs by slips of the keyboard, by case, by two words exchanged, by a signature or by a greeting.
"""

from __future__ import annotations

import csv
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import sartor
from bench.data_sets import BANKING, BITEXT, MULTIDOGO, banking, bitext, figure, sample, turns
from bench.document import SHARED, read_rows

NEEDS = (BANKING, MULTIDOGO, BITEXT, "office_support")
MARKS = {"planted copies found": 0.95, "found pairs that people call the same": 0.95}
THRESHOLD = 0.8
PEER_THRESHOLDS = (0.8, 0.5)
"""What is usual for data sets, and what is best here."""
JUDGED = Path(__file__).resolve().parents[1] / "tests" / "data" / "near_duplicate_labels.jsonl"
_NEIGHBOUR_KEYS = dict(zip("qwertasdfgyxcvb", "wertzsdfghxcvbn", strict=True))
_LEAST_CHARACTERS = 20
_GREETINGS = (
    "Good day to you,\n",
    "Hello all, ",
    "Hi team - ",
    "Dear customer care,\n\n",
    "Morning! ",
)
_SIGNATURES = (
    "\n\nWith kind regards,\nTheodora Vance",
    "\nBest,\nOwen",
    "\n\nMany thanks and best wishes\nR. Halloran\nPurchasing",
    "\nCheers, Imke",
    "\nSent from my tablet",
)


def measured(*, is_quick: bool) -> dict[str, dict[str, Any]]:
    """Recall of planted copies by kind, ours and the peer's, and precision by people's judgement."""
    pool = _pool(is_quick=is_quick)
    found: dict[str, dict[str, Any]] = {}
    by_kind: dict[str, list[float]] = {}
    for seed in range(1 if is_quick else 3):
        origin_N, kind_N, copies = planted(pool, 200 if is_quick else 1_000, seed=seed)
        for name, hits_N in _hits(pool, copies, origin_N).items():
            by_kind.setdefault(f"planted copies found{name}", []).append(float(hits_N.mean()))
            for kind in CHANGES:
                share = float(hits_N[np.array(kind_N) == kind].mean())
                by_kind.setdefault(f"planted copies found, {kind}{name}", []).append(share)
    found |= {name: figure(values) for name, values in by_kind.items()}
    precision, recall = _judged()
    found["found pairs that people call the same"] = figure([precision])
    found["judged pairs that are found"] = figure([recall])
    return found


def planted(
    pool: Sequence[str], count: int, *, seed: int
) -> tuple[list[int], list[str], list[str]]:
    """Copies of messages of a pool: of which each is one, what was changed, and the copy."""
    rng = random.Random(f"copies {seed}")
    origin_N = rng.sample(range(len(pool)), count)
    kind_N = [list(CHANGES)[at % len(CHANGES)] for at in range(count)]
    pairs = zip(origin_N, kind_N, strict=True)
    return origin_N, kind_N, [CHANGES[kind](pool[row], rng) for row, kind in pairs]


def _slips(text: str, rng: random.Random) -> str:
    """One letter in 25 is exchanged, doubled, left out or struck beside its key; at least one."""
    for _ in range(max(1, len(text) // 60)):
        at = rng.randrange(1, len(text) - 1)
        kind = rng.randrange(4)
        middle = (
            text[at + 1] + text[at],
            text[at] * 2 + text[at + 1],
            text[at + 1],
            _NEIGHBOUR_KEYS.get(text[at], "x") + text[at + 1],
        )[kind]
        text = text[:at] + middle + text[at + 2 :]
    return text


def _other_case(text: str, rng: random.Random) -> str:
    return rng.choice((text.upper(), text.title(), text.lower().rstrip(".?!")))


def _exchanged(text: str, rng: random.Random) -> str:
    words = text.split()
    at = rng.randrange(max(1, len(words) - 1))
    return " ".join([*words[:at], *reversed(words[at : at + 2]), *words[at + 2 :]])


CHANGES: dict[str, Callable[[str, random.Random], str]] = {
    "typos": _slips,
    "case": _other_case,
    "words exchanged": _exchanged,
    "signature": lambda text, rng: text + rng.choice(_SIGNATURES),
    "greeting": lambda text, rng: rng.choice(_GREETINGS) + text,
}


def _pool(*, is_quick: bool) -> list[str]:
    texts = [*banking("train")[0], *turns()[0], *bitext()[0], *_titles()]
    texts = [text for text in dict.fromkeys(texts) if len(text) >= _LEAST_CHARACTERS]
    (pool,) = sample(2_000 if is_quick else 10_000, 0, texts)
    return pool


def _titles() -> list[str]:
    return [row["title"] for row in read_rows(SHARED / "data" / "office_support" / "qa.jsonl.gz")]


def _hits(pool: Sequence[str], copies: Sequence[str], origin_N: list[int]) -> dict[str, np.ndarray]:
    """Which copies are found, by who looks."""
    found = {"": _ours(pool, copies, origin_N)}
    for threshold in PEER_THRESHOLDS:
        name = f": MinHash of three words, {threshold}"
        found[name] = _min_hash(pool, copies, origin_N, threshold=threshold)
    return found


def _ours(pool: Sequence[str], copies: Sequence[str], origin_N: list[int]) -> np.ndarray:
    from sartor.data.near_duplicates import Families, digests

    texts = [*pool, *copies]
    families = Families(len(texts), most=len(texts))
    with tempfile.TemporaryDirectory() as folder:
        found = digests(texts, num_counted=len(texts), folder=Path(folder))
        everything = np.arange(len(texts))
        for pairs, _ in found.among(everything, threshold=THRESHOLD, is_open=families.may_join):
            families.join(pairs)
    first_N = families.firsts()
    return first_N[np.array(origin_N)] == first_N[len(pool) :]


def _min_hash(
    pool: Sequence[str], copies: Sequence[str], origin_N: list[int], *, threshold: float
) -> np.ndarray:
    """As datasketch documents it, over runs of three words."""
    from datasketch import MinHash, MinHashLSH

    def hashed(text: str) -> Any:
        words = text.lower().split()
        runs = {" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2))}
        one = MinHash(num_perm=128, seed=1)
        one.update_batch([run.encode() for run in runs])
        return one

    index = MinHashLSH(threshold=threshold, num_perm=128)
    for row in origin_N:
        index.insert(row, hashed(pool[row]))
    pairs = zip(origin_N, copies, strict=True)
    return np.array([row in index.query(hashed(copy)) for row, copy in pairs])


def _judged() -> tuple[float, float]:
    """Of judged pairs that are found those called the same, and of those called the same the found."""
    from sartor.data.comparable import comparable
    from sartor.data.same_words import likeness, usual_words

    rows = [json.loads(line) for line in JUDGED.read_text("utf-8").splitlines()]
    is_same, is_found = [], []
    for name in dict.fromkeys(row["set"] for row in rows):
        texts = [comparable(text) for text in _texts_of(name)]
        usual = usual_words(texts[:30_000])
        for row in (row for row in rows if row["set"] == name):
            first, second = (texts[at] for at in row["rows"])
            is_same.append(row["is_same"])
            is_found.append(likeness(first, second, usual=usual) >= THRESHOLD)
    is_same_P, is_found_P = np.array(is_same), np.array(is_found)
    return float(is_same_P[is_found_P].mean()), float(is_found_P[is_same_P].mean())


def _texts_of(name: str) -> list[str]:
    """The texts of a set, as its judgements number them."""
    if name == "hem/messages":
        file = Path(sartor.__file__).parent / "examples" / "hem" / "messages.csv"
        with file.open(newline="", encoding="utf-8") as lines:
            return [row["message"] for row in csv.DictReader(lines)]
    column = {"bitext_support": "instruction", "office_support": "title"}.get(
        name.split("/")[0], "text"
    )
    return [row[column] for row in read_rows(SHARED / "data" / f"{name}.jsonl.gz")]
