"""What changed between two datasets, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sartor.data.difference import Difference

_WORDS = {
    "added": "came",
    "removed": "went",
    "changed": "with another answer",
    "moved": "to another split",
}


def difference_view(changes: Difference) -> RenderableType:
    """Sizes, changed rows with examples, and counts that differ."""
    from rich.console import Group
    from rich.padding import Padding

    from sartor.cli.look import INDENT, cells, facts_view, plain_table, titled_lines
    from sartor.core.words import count, counted
    from sartor.report.words import split_name

    rows = plain_table("rows", "before", "now", numbers=["before", "now"])
    for split, (old, new) in changes.num_rows.items():
        rows.add_row(*cells(split_name(split), count(old), count(new)))
    for what, (old, new) in changes.counts.items():
        rows.add_row(*cells(what, count(old), count(new)))
    changed = plain_table("", "where", "text", "before", "now", wide=["text"])
    for kind, examples in changes.examples.items():
        for one in examples:
            changed.add_row(*cells(kind, one.place, one.text, one.before, one.after))
    told = [
        f"{counted(number, 'row')} {_WORDS[kind]}"
        for kind, number in changes.num_changes.items()
        if number
    ]
    if changes.is_other_test:
        told.append("The test part is another one: figures of runs before and now do not compare.")
    shown: list[RenderableType] = ["", Padding(changed, INDENT)]
    return Group(
        facts_view([("before", changes.old), ("now", changes.new)]),
        "",
        Padding(rows, INDENT),
        *titled_lines("Train and valid", told or ["Nothing changed."]),
        *(shown if any(changes.examples.values()) else []),
    )
