"""What an encoder saw in the rows, in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sartor.findings import Findings


def findings_document(found: Findings) -> dict[str, Any]:
    """The findings as JSON: counts, and how many rows wait for a decision."""
    return {
        "base": found.base,
        "num_rows": found.num_rows,
        "num_looked_at": found.num_looked_at,
        "counts": list(found.counts),
        "num_to_review": len(found.review),
        "num_intents": len(found.proposals.intents) if found.proposals else None,
    }


def findings_view(found: Findings, folder: Path) -> RenderableType:
    """Counts with examples, and where to decide."""
    from rich.console import Group
    from rich.padding import Padding

    from sartor.cli.look import INDENT, cells, facts_view, next_view, plain_table
    from sartor.core.words import count

    looked = f"{count(found.num_looked_at)} of {count(found.num_rows)} rows of train and valid"
    facts = [("looked at", looked), ("by", found.base), ("to review", count(len(found.review)))]
    what = "what was seen"
    table = plain_table("rows", "counted", what, numbers=["rows"], wide=[what])
    for line in found.counts:
        examples = f" For example {'; '.join(line.examples)}." if line.examples else ""
        table.add_row(*cells(count(line.num_rows), line.what, f"{line.note}{examples}"))
    steps = [(["data", str(folder)], "reads the decisions in review.csv back: keep, drop, relabel")]
    return Group(facts_view(facts), "", Padding(table, INDENT), *next_view(steps))
