"""Answers to customers: three sets whose rows come in families, each beside answers that are looked up.

    python -m bench.answers [--quick] [--json] [--keep] [--sets NAME ...] [--methods NAME ...] [--bases ID]

Bitext: requests made from templates; no template (intent and kind of wording) stands in two splits. DSTC9
track 1 (Kim et al. 2020): replies that rest on one entry of an FAQ, which is at hand as a document; its own
test set, with houses and towns that training does not know. Office support: articles of a vendor, no folder
of them in two splits. Rows drawn at random would be near copies of what was learned.
"""

from __future__ import annotations

import random
from pathlib import PurePosixPath
from typing import Any

from bench.document import SHARED, read_rows
from bench.written import Task, arguments_of, measure

METRICS = (
    *("chrf", "rouge_l", "bleu", "token_f1", "relevance"),
    *("bits_per_byte", "repetition", "well_formed", "length_ratio"),
)
VALID_SHARE = TEST_SHARE = 0.15
LONGEST_WORDS = 250
"""Of an answer; a vendor's article can have thousands."""


def main() -> None:
    """Run the sets, print, keep."""
    parser = arguments_of(__doc__, hours=1.0)
    parser.add_argument("--sets", nargs="*", default=tuple(SETS), choices=tuple(SETS))
    options = parser.parse_args()
    measure("answers", SETS, options, metrics=METRICS)


def bitext() -> Task:
    """Requests and replies, split by template."""
    rows = read_rows(SHARED / "data" / "bitext_support" / "responses_4k.jsonl.gz")
    pairs = [{"prompt": row["instruction"], "completion": row["response"]} for row in rows]
    groups = [f"{row['intent']} {row['tags']}" for row in rows]
    return by_group(pairs, groups), ["task: generate", "format: prompt_completion"], ""


def dstc9() -> Task:
    """Questions about a house or a service, replies, and the FAQ that they rest on."""
    folder = SHARED / "data" / "dstc9_faq"
    known = read_rows(folder / "responses_val.jsonl.gz")
    groups = [f"{row['entity'] or row['domain']} {row['question']}" for row in known]
    split = by_group([_asked(row) for row in known], groups, has_test=False)
    split["test"] = [_asked(row) for row in read_rows(folder / "responses_test.jsonl.gz")]
    random.Random(0).shuffle(split["test"])
    entries = read_rows(folder / "knowledge_eval.jsonl.gz")
    faq = [f"# {_about(row)}\n\n{row['question']} {row['answer']}\n" for row in entries]
    return split, ["task: chat", "max_tokens: 512"], "\n".join(faq)


def office() -> Task:
    """Problems and what solves them, split by the folder of the article."""
    rows = read_rows(SHARED / "data" / "office_support" / "qa.jsonl.gz")
    kept = [row for row in rows if len(row["resolution"].split()) <= LONGEST_WORDS]
    pairs = [
        {
            "prompt": f"{row['title']}\n\n{row['symptoms'] or row['description']}",
            "completion": row["resolution"],
        }
        for row in kept
    ]
    groups = [str(PurePosixPath(row["path"]).parent) for row in kept]
    return by_group(pairs, groups), ["task: generate", "format: prompt_completion"], ""


def by_group(
    rows: list[dict[str, Any]], groups: list[str], *, has_test: bool = True
) -> dict[str, list[dict[str, Any]]]:
    """Whole groups drawn for `test` and `valid` until each has its share; the rest is `train`."""
    draw = random.Random(0)
    order = sorted(set(groups))
    draw.shuffle(order)
    wanted = {"test": TEST_SHARE if has_test else 0.0, "valid": VALID_SHARE}
    split: dict[str, list[dict[str, Any]]] = {"train": [], "valid": [], "test": []}
    of_group: dict[str, list[dict[str, Any]]] = {}
    for row, group in zip(rows, groups, strict=True):
        of_group.setdefault(group, []).append(row)
    for group in order:
        fitting = (name for name, share in wanted.items() if len(split[name]) < share * len(rows))
        split[next(fitting, "train")] += of_group[group]
    for part in split.values():
        draw.shuffle(part)
    return split


def _asked(row: dict[str, Any]) -> dict[str, Any]:
    """A question with what it is about, and its reply, as a chat."""
    asked = f"{_about(row)}: {row['question']}"
    return {
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": row["response"]},
        ]
    }


def _about(row: dict[str, Any]) -> str:
    """The house, or the service as a whole."""
    entity = row["entity"]
    return entity if entity and entity != "*" else row["domain"]


SETS = {"bitext": bitext, "dstc9": dstc9, "office": office}


if __name__ == "__main__":
    main()
