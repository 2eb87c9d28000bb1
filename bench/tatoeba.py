"""Short sentences from English to Spanish: what a translator has to beat, and what beats it.

    python -m bench.tatoeba [--quick] [--json] [--keep] [--pairs 20000] [--methods NAME ...] [--bases ID ...]

Pairs of Tatoeba; no English sentence is in two splits, and every Spanish sentence of one counts as right. Two
baselines know no language model: the text as it is, and words and phrases looked up.
"""

from __future__ import annotations

import random
from typing import Any

from bench.document import SHARED, document, finish, read_rows
from bench.written import Files, arguments_of, decided, table
from sartor.evaluate.text_metrics import signature

METRICS = ("chrf", "bleu", "token_f1", "exact_match", "bits_per_byte", "length_ratio")
QUICK_PAIRS, QUICK_SCORED = 2000, 200


def main() -> None:
    """Run it, print, keep."""
    parser = arguments_of(__doc__, hours=2.0)
    parser.add_argument("--pairs", type=int, default=20_000, help="pairs to learn from")
    options = parser.parse_args()
    pairs = min(options.pairs, QUICK_PAIRS) if options.quick else options.pairs
    files = drawn(pairs, num_scored=QUICK_SCORED if options.quick else None)
    goal = ["task: translate", "languages: {from: English, to: Spanish}", "max_tokens: 128"]
    found = decided(files, goal, metrics=METRICS, options=options)
    result = document(
        "tatoeba",
        figures=found["figures"],
        verdicts={f"{pairs} pairs": found["verdict"]},
        settings=found["settings"],
        num_pairs=pairs,
        signatures={name: signature(name) for name in ("bleu", "chrf")},
    )
    finish(result, as_json=options.json, keep=_kept(options, pairs))
    if not options.json:
        print(table(result))


def drawn(num_pairs: int, *, num_scored: int | None) -> Files:
    """The same pairs every time; the files are sorted by length, so they are shuffled.

    Args:
        num_pairs: Of train.
        num_scored: English sentences of valid and of test; None: all.
    """
    folder = SHARED / "data" / "tatoeba_en_es"
    parts = {}
    for split, name in {"train": "train", "valid": "dev", "test": "test"}.items():
        rows = read_rows(folder / f"{name}.jsonl.gz")
        sentences = sorted({row["en"] for row in rows})
        if split == "train":
            random.Random(0).shuffle(rows)
            parts[split] = rows[:num_pairs]
            continue
        random.Random(0).shuffle(sentences)
        kept = set(sentences[:num_scored])
        parts[split] = [row for row in rows if row["en"] in kept]
    return parts


def _kept(options: Any, pairs: int) -> str | None:
    if not options.keep:
        return None
    return "tatoeba_quick" if options.quick else f"tatoeba_{pairs // 1000}k"


if __name__ == "__main__":
    main()
