"""What an encoder saw in the rows, in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sartor.data.intents import Proposals
    from sartor.findings import Findings

MOST_SHOWN = 30
"""Intents in the terminal; all are in `intents.yaml`."""


def findings_document(found: Findings) -> dict[str, Any]:
    """The findings as JSON: counts, and how many rows wait for a decision."""
    return {
        "base": found.base,
        "num_rows": found.num_rows,
        "num_looked_at": found.num_looked_at,
        "counts": list(found.counts),
        "num_to_review": len(found.review),
        "num_intents": len(found.proposals.intents) if found.proposals else None,
        "intents": list(found.proposals.intents) if found.proposals else None,
    }


def findings_view(found: Findings, folder: Path) -> RenderableType:
    """Counts with examples, and where to decide."""
    from rich.console import Group

    from sartor.cli.look import counts_table, facts_view, next_view
    from sartor.core.words import count

    is_proposal = not found.review and found.proposals is not None
    looked = f"{count(found.num_looked_at)} of {count(found.num_rows)} "
    looked += "messages" if is_proposal else "rows of train and valid"
    facts = [("looked at", looked), ("by", found.base)]
    if not is_proposal:
        facts.append(("to review", count(len(found.review))))
    steps = [(["data", str(folder)], "reads the decisions in review.csv back: keep, drop, relabel")]
    return Group(
        facts_view(facts),
        *counts_table(found.counts, "what was seen"),
        *_intents(found.proposals),
        *next_view(_steps_with_labels(folder) if is_proposal else steps),
    )


def _intents(proposals: Proposals | None) -> list[RenderableType]:
    """The largest proposals: what they are called, and a message from their middle."""
    from rich.padding import Padding

    from sartor.cli.look import INDENT, cells, plain_table
    from sartor.core.words import count

    if proposals is None:
        return []
    example = "for example"
    table = plain_table(
        "intent", "proposed name", "messages", example, numbers=["messages"], wide=[example]
    )
    for one in proposals.intents[:MOST_SHOWN]:
        table.add_row(*cells(one.id, one.name, count(one.num_messages), "".join(one.examples[:1])))
    num_more = len(proposals.intents) - MOST_SHOWN
    if num_more > 0:
        table.add_row(*cells("", f"and {count(num_more)} more in intents.yaml", "", ""))
    return ["", Padding(table, INDENT)]


def _steps_with_labels(folder: Path) -> list[tuple[list[str], str]]:
    """What to do with proposals: name them, and learn from them."""
    file = folder / "intents.jsonl"
    init = ["init", str(folder), "--overwrite", "--data", str(file)]
    return [
        (init, "takes them as labels, when you have named, merged or dropped them in intents.yaml")
    ]
