"""`sartor data`: gather and prepare, and show the data card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sartor.cli.options import Debug, Folder, Json, Quiet, Settings, SkipBad

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from sartor.core.dataset import DataCard, Dataset
    from sartor.core.lesson import LessonsOfBase
    from sartor.results import Described


def data(
    folder: Folder,
    settings: Settings = None,
    skip_bad: SkipBad = False,
    diff: Annotated[
        str | None,
        typer.Option(
            "--diff",
            metavar="OLD",
            help="Show instead what changed since an earlier dataset: the beginning of its hash, "
            "or `previous`.",
        ),
    ] = None,
    review: Annotated[
        bool,
        typer.Option(
            "--review",
            help="Also look at the rows with an encoder, and list in review.csv which labels and rows "
            "a person should look at; what is decided there is read back.",
        ),
    ] = False,
    intents: Annotated[
        bool,
        typer.Option(
            "--intents",
            help="Also propose intents for the messages, in intents.yaml, to be edited.",
        ),
    ] = False,
    insight: Annotated[
        bool,
        typer.Option(
            "--insight",
            help="Show instead what the messages are about over time: what rises and falls, new words, how "
            "they sound; as a page in insight.html too.",
        ),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Gather and prepare the data; print its card.

    The card says what was kept, what was dropped and why, and which rows look doubtful; data.html has it as a
    page.
    """
    from sartor import flow
    from sartor.cli.difference import difference_view
    from sartor.cli.findings import findings_document, findings_view
    from sartor.cli.insight import insight_document, insight_view
    from sartor.cli.look import with_pages
    from sartor.cli.streams import show
    from sartor.cli.watch import watching

    with watching(is_quiet=quiet) as progress:
        given = settings or ()
        proposed = unlabelled = None
        if intents:
            proposed = flow.propose_intents(folder, settings=given, progress=progress)
        elif insight:
            unlabelled = flow.insight_of_unlabelled(folder, settings=given, progress=progress)
    if proposed is not None:
        show(findings_document(proposed), findings_view(proposed, folder), is_json=json)
        return
    if unlabelled is not None:
        view = with_pages(insight_view(unlabelled), [unlabelled.page])
        show(insight_document(unlabelled), view, is_json=json)
        return
    with watching(is_quiet=quiet) as progress:
        dataset = flow.gather(folder, settings=given, skip_bad=skip_bad, progress=progress)
        changes = None if diff is None else flow.compare(folder, dataset, diff)
        found = None
        if review or intents:
            found = flow.review(
                folder,
                dataset,
                settings=given,
                proposes_intents=intents,
                progress=progress,
            )
        messages = None
        if insight:
            messages = flow.insight(folder, dataset, settings=given, progress=progress)
        is_card = changes is None and found is None and messages is None
        lessons = flow.lessons(folder, dataset, settings=given) if is_card else ()
        described = flow.describe(
            folder,
            dataset,
            settings=given,
            lessons=lessons,
            seen=found.counts if found else (),
        )
    if changes is not None:
        document, view = changes.as_dict(), difference_view(changes)
    elif found is not None:
        document, view = findings_document(found), findings_view(found, folder)
    elif messages is not None:
        document, view = insight_document(messages), insight_view(messages)
    else:
        document = _document(dataset, lessons, described)
        view = _view(dataset, lessons, described)
    pages = [*([messages.page] if messages else []), described.page]
    show({**document, "page": str(described.page)}, with_pages(view, pages), is_json=json)


def _document(
    dataset: Dataset, lessons: Sequence[LessonsOfBase], described: Described
) -> dict[str, Any]:
    """What the data is, without its rows; of those only the examples of what is learned."""
    learned = {"lessons": [of_base.as_dict() for of_base in lessons]} if lessons else {}
    return {
        "hash": dataset.hash,
        "output_kind": str(dataset.output_kind),
        "labels": list(dataset.labels),
        **_written_document(dataset),
        "card": dataset.card,
        "readiness": described.readiness.as_dict(),
        **learned,
    }


def _written_document(dataset: Dataset) -> dict[str, Any]:
    """What only tasks have whose answers are written or cut out of the input."""
    if dataset.task == "classify":
        return {}
    return {
        "task": dataset.task,
        "instruction": dataset.instruction,
        "languages": dataset.languages,
        "schema": dataset.schema,
    }


def _view(
    dataset: Dataset, lessons: Sequence[LessonsOfBase], described: Described
) -> RenderableType:
    from rich.console import Group

    from sartor.cli.lessons import findings_table, lessons_view
    from sartor.cli.look import counts_table, facts_view, headline_view, titled_lines

    card = dataset.card
    if card is None:
        return facts_view(_facts(dataset))
    ready = described.readiness
    return Group(
        *headline_view(ready.headline),
        findings_table(ready.findings),
        "",
        facts_view([*_facts(dataset), *_card_facts(card)]),
        *counts_table(card.counts, "what was done, and why"),
        *titled_lines("Split", [card.split_rule]),
        *_label_table(card),
        *lessons_view(lessons),
        *_nothing_to_show(dataset, lessons),
    )


def _nothing_to_show(dataset: Dataset, lessons: Sequence[LessonsOfBase]) -> list[RenderableType]:
    """Where answers are written and no base is there that could learn to."""
    from sartor.cli.look import titled_lines

    if lessons or dataset.task == "classify":
        return []
    line = "No base model that writes is at hand or trained here, so there are no tokens to show."
    return titled_lines("What is learned, token by token", [line])


def _facts(dataset: Dataset) -> list[tuple[str, str]]:
    if dataset.task != "classify":
        return [("hash", dataset.hash), ("task", dataset.task), *_written_facts(dataset)]
    num_labels = f"{len(dataset.labels)}, {dataset.output_kind}" if dataset.labels else "a number"
    return [("hash", dataset.hash), ("labels", num_labels)]


def _written_facts(dataset: Dataset) -> Iterator[tuple[str, str]]:
    from sartor.core.words import counted

    if dataset.languages:
        yield "languages", f"{dataset.languages['from']} to {dataset.languages['to']}"
    if dataset.instruction:
        yield "told first", dataset.instruction
    if dataset.labels:
        yield "spans", counted(len(dataset.labels), "label")
    if dataset.schema:
        yield "fields", ", ".join(dataset.schema.get("properties", {}))


def _card_facts(card: DataCard) -> Iterator[tuple[str, str]]:
    from sartor.core.words import count, counted
    from sartor.report.words import plain, split_name

    yield "files", ", ".join(card.files)
    if card.num_read:
        yield "came in", counted(card.num_read, "row")
    for role, column in card.columns.items():
        yield f"{role} column", f"{column} ({card.origins.get(role, 'given')})"
    rows = ", ".join(
        f"{count(number)} {split_name(split)}" for split, number in card.num_examples.items()
    )
    yield "rows", f"{count(sum(card.num_examples.values()))}: {rows}"
    for title, quantiles in (
        ("words a text", card.length_words),
        ("words an answer", card.answer_words),
        ("turns before an answer", card.num_turns),
        ("right answers a text", card.num_answers),
    ):
        if quantiles:
            yield title, ", ".join(f"{name} {plain(value)}" for name, value in quantiles.items())


def _label_table(card: DataCard) -> list[RenderableType]:
    """Rows of each label, the most frequent first; the test's stay sealed."""
    from rich.padding import Padding

    from sartor.cli.look import INDENT, cells, plain_table
    from sartor.core.words import count

    splits = [split for split, labels in card.label_counts.items() if labels]
    if not splits:
        return []
    table = plain_table("label", *splits, numbers=splits)
    totals = {
        label: sum(card.label_counts[split].get(label, 0) for split in splits)
        for split in splits
        for label in card.label_counts[split]
    }
    for label in sorted(totals, key=lambda name: (-totals[name], name)):
        numbers = [count(card.label_counts[split].get(label, 0)) for split in splits]
        table.add_row(*cells(label, *numbers))
    return ["", Padding(table, INDENT)]
