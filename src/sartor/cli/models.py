"""`sartor models`: base models that are known or at hand, and what is known of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sartor.cli.options import Debug, Json, Quiet

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sartor.results import ExplainedModel, ListedModel, ModelList

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="ID", help="Explain one model: a short name, a hub id, or a local folder."
    ),
]
TITLES = {
    "encoder": "Encoders: they read and decide",
    "decoder": "Decoders: they read and write",
    "encoder-decoder": "Encoder-decoders: they read one text and write another",
}
TUNED = {True: "tuned to follow them", False: "not tuned to follow them", None: "not known"}
THERE = {True: "yes", False: "no", None: "not known"}
MOST_LANGUAGES = 12
"""Languages of a model that are named, those that have names here first."""
SIZE_NAMES = {
    "layers": "layers",
    "decoder_layers": "layers that write",
    "width": "wide",
    "heads": "heads",
    "kv_heads": "of keys and values",
    "head_width": "wide each",
    "inner_width": "inside the feed-forward part",
    "vocabulary": "tokens of vocabulary",
}


def models(
    name: Name = None,
    task: Annotated[
        str | None,
        typer.Option(help="Only models that can be tried for a task: classify, chat, ..."),
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            help="Only models that may be put to a use (commercial, internal, research), or that are "
            "under a licence such as MIT."
        ),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Only models made for a language: de, German, ...")
    ] = None,
    max_parameters: Annotated[
        str | None, typer.Option(help="Only models of at most so many parameters: 125M, 1.5B.")
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(help="Only encoder, decoder or encoder-decoder.")
    ] = None,
    at_hand: Annotated[
        bool, typer.Option("--at-hand", help="Only models that need no network.")
    ] = False,
    workspace: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A workspace whose models.yaml counts as well."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List base models that are known or at hand, or explain one.

    Nothing is fetched. What a licence allows is said as far as its text can be put in a few words.
    """
    from sartor import flow
    from sartor.cli.streams import show
    from sartor.models import Wanted

    wanted = Wanted(task, licence, language, max_parameters, architecture, at_hand)
    if name is None:
        found = flow.models(wanted, workspace=workspace)
        show(asdict(found), _list_view(found, has_hints=not quiet), is_json=json)
        return
    _check_no_filters(wanted, name)
    explained = flow.explain_model(name, workspace=workspace)
    show(asdict(explained), _model_view(explained), is_json=json)


def _check_no_filters(wanted: Any, name: str) -> None:
    """Filters beside one model would change nothing."""
    from sartor.core.errors import GoalError

    given = [key for key, value in asdict(wanted).items() if value]
    if given:
        flag = f"--{given[0].replace('_', '-')}"
        raise GoalError(
            where=f"sartor models {name}",
            problem=f"`{flag}` has no effect where one model is explained.",
            fix=f"Leave out `{flag}`, or the name.",
        )


def _list_view(found: ModelList, *, has_hints: bool) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from sartor.cli.look import next_view
    from sartor.core.words import counted

    parts: list[RenderableType] = []
    for architecture, title in TITLES.items():
        rows = [model for model in found.models if model.architecture == architecture]
        if rows:
            parts += [*([""] if parts else []), Text(title, style="bold"), _table(rows)]
    said = f"{counted(len(found.models), 'model')}; catalogue of {found.catalogue_date}."
    parts += ["", Text(said)] if parts else [Text("No model passes the filters.")]
    parts += [Text(line) for line in _remarks(found)]
    if has_hints and found.models:
        parts += next_view([(["models", found.models[0].id], "explain one")])
    return Group(*parts)


def _remarks(found: ModelList) -> Iterator[str]:
    """What a reader of the list may miss in it."""
    from sartor.core.words import counted
    from sartor.report.words import one_line

    if any(model.at_hand for model in found.models):
        yield "+ at hand: needs no network."
    if any(not model.is_read for model in found.models):
        yield "* of a family that this version of Sartor does not load."
    for what, number in found.left_out_unknown.items():
        yield f"{counted(number, 'more model')} left out: {what} not known."
    for hub_id, reason in found.unread.items():
        yield one_line(f"{hub_id} is cached and not listed: {reason}")


def _table(rows: Sequence[ListedModel]) -> RenderableType:
    from rich.padding import Padding

    from sartor.cli.look import INDENT, cells, plain_table

    numbers = ("size", "tokens")
    headers = ("", "model", *numbers, "licence", "languages")
    table = plain_table(*headers, numbers=numbers, wide=["model"], capped={"licence": 16})
    for model in rows:
        name = model.id if model.is_read else f"{model.id} *"
        table.add_row(
            *cells("+" if model.at_hand else "", name, short_size(model.parameters)),
            *cells(short_tokens(model.context_tokens), model.licence, _languages(model)),
        )
    return Padding(table, INDENT)


def short_size(parameters: int | None) -> str:
    """`22.7M`, `8.03B`: three digits."""
    if parameters is None:
        return "?"
    number, unit = (parameters / 1e9, "B") if parameters >= 999.5e6 else (parameters / 1e6, "M")
    return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f}{unit}"


def short_tokens(tokens: int | None) -> str:
    """`512`, `8k`, `128k`."""
    if tokens is None:
        return "?"
    return f"{tokens // 1024}k" if tokens >= 2048 and tokens % 1024 == 0 else f"{tokens}"


def _languages(model: ListedModel) -> str:
    """Up to two codes, else how many."""
    named = model.languages or ()
    if not named or len(named) > 2 or (model.num_languages or 0) > len(named):
        return str(model.num_languages or "?")
    return " ".join(named)


def _model_view(explained: ExplainedModel) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from sartor.cli.look import facts_view, titled_lines

    duties = next((one.duties for one in explained.licences if one.duties), ())
    return Group(
        Text(explained.id, style="bold"),
        facts_view(_facts(explained)),
        *titled_lines("Licence", list(_licence_lines(explained))),
        *titled_lines("It asks", duties),
        *_links_view(explained.licences[0].links),
        *titled_lines("The folder says otherwise", list(_differences(explained))),
        *titled_lines("Use it", list(_use_lines(explained))),
    )


def _links_view(links: Sequence[str]) -> list[RenderableType]:
    """Ready to be copied: a long one may run over the edge, not be cut."""
    from rich.text import Text

    from sartor.cli.look import INDENT_COLUMNS

    if not links:
        return []
    lines = [Text(" " * INDENT_COLUMNS + link, no_wrap=True, overflow="ignore") for link in links]
    return ["", Text("Text of the licence", style="bold"), *lines]


def _facts(explained: ExplainedModel) -> Iterator[tuple[str, str]]:
    from sartor.cli.look import near_path
    from sartor.core.words import count

    model, sizes = explained.model, explained.sizes
    if model is not None:
        yield "made as", f"{model.architecture} of family {model.family}"
        number = count(model.parameters) if model.parameters else "not known for certain"
        yield "parameters", number
    if said := _sizes(sizes):
        yield "sizes", said
    if tokens := sizes.get("context_tokens"):
        yield "reads", f"{count(tokens)} tokens"
    if model is not None:
        yield "languages", _all_languages(model)
        yield "trained on", explained.trained_on or "not disclosed, or not known here"
        yield "instructions", TUNED[model.instruction_tuned]
        if model.architecture != "encoder":
            yield "chat template", THERE[model.chat_template]
        yield "released", model.date or "not known"
        if model.hub_id and model.hub_id != explained.id:
            yield "on the hub", model.hub_id
    where = near_path(explained.folder) if explained.folder else "no; it would be fetched"
    yield "at hand", f"{explained.source}: {where}" if explained.folder else where
    yield "from", _origin(explained)
    if explained.note:
        yield "note", explained.note


def _sizes(sizes: dict[str, int]) -> str:
    from sartor.core.words import count

    return ", ".join(
        f"{count(sizes[key])} {words}" for key, words in SIZE_NAMES.items() if key in sizes
    )


def _all_languages(model: ListedModel) -> str:
    from sartor.core.languages import LANGUAGES

    codes = sorted(model.languages or (), key=lambda code: code not in LANGUAGES)
    if not codes:
        return f"{model.num_languages}, not listed here" if model.num_languages else "not known"
    named = [LANGUAGES.get(code, code) for code in codes[:MOST_LANGUAGES]]
    more = max(model.num_languages or 0, len(codes)) - len(named)
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _origin(explained: ExplainedModel) -> str:
    if explained.stated_in:
        return explained.stated_in
    if explained.is_in_catalogue:
        return f"Sartor's catalogue of {explained.catalogue_date}"
    return "its folder; it is in no catalogue"


def _licence_lines(explained: ExplainedModel) -> Iterator[str]:
    """Each sentence once, with the uses that it is about."""
    uses: dict[tuple[str, str], list[str]] = {}
    for one in explained.licences:
        uses.setdefault((one.verdict.words, one.because), []).append(one.use)
    for (verdict, because), named in uses.items():
        yield f"{', '.join(named)} use: {verdict}. {because}"


def _differences(explained: ExplainedModel) -> Iterator[str]:
    if explained.compared_with and explained.compared_with != explained.id:
        if not explained.disagreements:
            return
        yield f"compared with `{explained.compared_with}`, which has the same name"
    for one in explained.disagreements:
        yield f"{one['what']}: {one['folder']}; the catalogue says {one['catalogue']}"


def _use_lines(explained: ExplainedModel) -> Iterator[str]:
    if explained.refusal:
        yield f"Not with this version of Sartor: {explained.refusal}"
        return
    if explained.model is not None:
        yield f"tasks: {', '.join(explained.model.tasks)}"
    yield f"in sartor.yaml: bases: [{explained.id}]"
