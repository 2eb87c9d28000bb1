"""Checks what types cannot: metrics and their marks, names of methods, settings without effect.

Every check reads the tree and passes over what has the wrong shape, which `shape` reports; so all
that is wrong with a file is found in one go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from posixpath import normpath

from sartor.core.address import DATABASES, HUB, STORES, is_database, schemes_of
from sartor.core.errors import did_you_mean
from sartor.core.goal import TASK_KINDS, OutputKind
from sartor.core.metric import METRICS, Metric, picking_metrics
from sartor.goal.api_settings import check_apis
from sartor.goal.prepare_settings import check_annotators, check_prepare
from sartor.goal.problem import Problem, quoted
from sartor.goal.shape import share_hint
from sartor.goal.spec import is_query
from sartor.goal.task_settings import (
    check_task_settings,
    number_of,
    output_kinds,
    says_something,
    word_of,
)
from sartor.goal.tree import Node

_KINDS_OF_SHARES = ({OutputKind.SINGLE}, {OutputKind.MULTI})
"""Kinds whose first metric is a share where the goal names none."""
_AGENT_ADDRESS = re.compile(r"[^\s@<>,;:\"]{0,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_DOMAIN = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,7}\.[a-z]{2,20}")


def check_meaning(
    root: Node, *, methods: Sequence[str], dials: Mapping[str, Sequence[str]] | None
) -> Iterator[Problem]:
    """Everything that is wrong beyond the shape.

    Args:
        root: The goal, overrides included.
        methods: Names of the methods there are.
        dials: Hyperparameters by method; None: their names are not checked.
    """
    task = word_of(root.child("task"))
    yield from _check_data(root.child("data"))
    yield from _check_columns(root.child("columns"))
    yield from check_annotators(root.child("columns"), task)
    yield from _check_agents(root.child("agents"))
    yield from check_prepare(root.child("prepare"))
    if task in TASK_KINDS:
        kinds = output_kinds(root, task)
        yield from check_task_settings(root, task)
        yield from _check_targets(root.child("targets"), kinds)
        yield from _check_tolerance(root, kinds)
        yield from _check_label_settings(root, kinds)
    yield from check_apis(root.child("apis"), root.child("bases"))
    yield from _check_methods(root.child("methods"), methods)
    yield from _check_settings(root, methods, dials)
    yield from _check_accepted(root.child("constraints"), root.child("bases"))
    for name in ("labels", "agents", "documents", "bases", "methods"):
        yield from _check_repeats(root.child(name))
    for name, inner in (("columns", "annotators"), ("constraints", "accept_licence")):
        outer = root.child(name)
        yield from _check_repeats(outer.child(inner) if outer else None)


def _check_data(node: Node | None) -> Iterator[Problem]:
    if node is None:
        return
    is_by_split = isinstance(node.value, dict) and not is_query(node.value)
    splits = node.entries() if is_by_split else {"all": node}
    yield from _check_splits(node, {name for name, files in splits.items() if files.value})
    owner: dict[str, str] = {}
    for split, files in splits.items():
        for file in _entries(files):
            yield from _check_file(file, split, owner)


def _check_splits(node: Node, names: set[str]) -> Iterator[Problem]:
    if isinstance(node.value, dict) and not names:
        yield Problem(node.place, "is empty.", "Write for example `data: [messages.csv]`.")
    if "all" in names and len(names) > 1:
        yield Problem(
            node.place,
            "`all` stands beside other splits.",
            "Name either `all`, or `train` with `valid` and `test`.",
        )
    if names == {"train"}:
        yield Problem(
            node.place,
            "only `train` is named.",
            "Add `test`, or write a list, `data: [messages.csv]`, and Sartor splits.",
        )
    if names & {"valid", "test"} and not names & {"train", "all"}:
        yield Problem(node.place, "`train` is missing.", "Add `train: [train.csv]`.")


def _check_file(file: Node, split: str, owner: dict[str, str]) -> Iterator[Problem]:
    path = str(file.value).strip()
    known = STORES | DATABASES | {HUB}
    if unknown := [scheme for scheme in schemes_of(path) if scheme not in known]:
        yield Problem(
            file.place,
            f"{quoted(path)} is an address of a kind that is not read.",
            did_you_mean(unknown[0], known),
        )
    elif is_database(path) and not _is_one_database(path):
        yield Problem(
            file.place,
            f"{quoted(path)} names no database file.",
            "Write `sqlite:///shop.db`, or `sqlite:////folder/shop.db` from the root.",
        )
    elif not path.isprintable():
        yield Problem(file.place, f"{quoted(path)} is not a path.", "Name a file or a folder.")
    elif path and _same(path) in owner:
        first = owner[_same(path)]
        twice = "twice" if first == split else f"for `{first}` and for {quoted(split)}"
        yield Problem(
            file.place,
            f"{quoted(path)} is named {twice}.",
            "Name each file once; a test that was learned proves nothing.",
        )
    owner.setdefault(_same(path), split)


def _same(path: str) -> str:
    """One spelling for one file; addresses have one only."""
    return path if schemes_of(path) else normpath(path)


def _is_one_database(path: str) -> bool:
    return not path.startswith("sqlite:") or re.match(r"sqlite:///[^#?]", path) is not None


def _check_columns(node: Node | None) -> Iterator[Problem]:
    role_of: dict[str, str] = {}
    for role, column in (node.entries() if node else {}).items():
        if not isinstance(column.value, str):
            continue
        first = role_of.setdefault(column.value.strip(), role)
        if first != role:
            yield Problem(
                column.place,
                f"{quoted(column.value)} is named for `{first}` and for {quoted(role)}.",
                "Name a column for each, or leave one out.",
            )


def _check_agents(node: Node | None) -> Iterator[Problem]:
    """An entry with an `@` is an address or a domain as a whole; a domain without it is no name."""
    for entry in _texts(node):
        text = str(entry.value).strip()
        if "@" in text and not _AGENT_ADDRESS.fullmatch(text):
            found = _AGENT_ADDRESS.search(text)
            fix = (
                f"Write `{found[0]}`."
                if found
                else "Write `support@hem.example` or `@hem.example`."
            )
            yield Problem(entry.place, f"{quoted(text)} is no address and no domain.", fix)
        elif _DOMAIN.fullmatch(text):
            fix = f"A domain has an `@` in front: `@{text}`."
            yield Problem(entry.place, f"{quoted(text)} looks like a domain.", fix)


def _check_targets(node: Node | None, kinds: frozenset[OutputKind]) -> Iterator[Problem]:
    wanted, first = kinds, ""
    for name, mark in (node.entries() if node else {}).items():
        metric = METRICS.get(name)
        if metric is None:
            yield _unknown_metric(name, mark, wanted)
            continue
        if not metric.picks:
            yield _only_reported(metric, mark, wanted)
            continue
        if kinds & metric.kinds:
            kinds, first = kinds & metric.kinds, first or name
        else:
            yield _wrong_kind(metric, mark, wanted, first)
        yield from _check_mark(metric, mark)


def _unknown_metric(name: str, mark: Node, kinds: frozenset[OutputKind]) -> Problem:
    known = _choices(kinds)
    near = did_you_mean(name, known)
    listed = "" if near.startswith("Known") else f" Known: {', '.join(sorted(known))}."
    return Problem(mark.place.parent(), f"{quoted(name)} is not a metric.", near + listed)


def _only_reported(metric: Metric, mark: Node, wanted: frozenset[OutputKind]) -> Problem:
    known = ", ".join(_choices(wanted & metric.kinds or wanted))
    return Problem(
        mark.place.parent(),
        f"`{metric.name}` is reported, but cannot be a mark: an answer may be good in it and wrong.",
        f"Choose one of: {known}.",
    )


def _wrong_kind(metric: Metric, mark: Node, wanted: frozenset[OutputKind], first: str) -> Problem:
    """A metric that does not fit the output, or not the metric named before it."""
    suits = " or ".join(sorted(metric.kinds))
    if wanted & metric.kinds:
        these, fix = f"which `{first}` is not for.", "Remove one of the two."
    else:
        kind = " or ".join(sorted(wanted))
        known = ", ".join(_choices(wanted))
        these, fix = f"and these are {kind}.", f"For {kind} there are: {known}."
    what = "labels" if metric.kinds <= TASK_KINDS["classify"] else "outputs"
    return Problem(
        mark.place.parent(), f"`{metric.name}` is for {what} of kind {suits}, {these}", fix
    )


def _choices(kinds: frozenset[OutputKind]) -> list[str]:
    """Names of the metrics that may be marks, each once."""
    return list(
        dict.fromkeys(metric.name for kind in sorted(kinds) for metric in picking_metrics(kind))
    )


def _check_mark(metric: Metric, mark: Node) -> Iterator[Problem]:
    right, wrong = ("at_least", "at_most") if metric.is_higher_better else ("at_most", "at_least")
    if not isinstance(mark.value, dict):
        yield from _check_value(metric, mark)
        return
    value = mark.child(right)
    if other := mark.child(wrong):
        yield Problem(
            other.place,
            f"`{wrong}` is impossible: {'more' if metric.is_higher_better else 'less'} "
            f"{metric.name} is better.",
            f"Write `{metric.name}: {{{right}: {_shown(other)}}}`.",
        )
    elif value is None or value.value is None:
        yield Problem(mark.place, "says nothing.", f"Write for example `{{{right}: 0.9}}`.")
    if value:
        yield from _check_value(metric, value)


def _shown(node: Node) -> str:
    return f"{number:g}" if (number := number_of(node)) is not None else "..."


def _check_value(metric: Metric, node: Node) -> Iterator[Problem]:
    """Every metric where more is better ends at 1; shares and errors start at 0."""
    value = number_of(node)
    if value is None:
        return
    if metric.is_higher_better and value > 1:
        yield Problem(
            node.place,
            f"{quoted(str(node.value))} is above 1, which {metric.name} cannot be.",
            share_hint(value) or "Write a value of at most 1.",
        )
    if value < 0 and (metric.is_share or not metric.is_higher_better):
        yield Problem(
            node.place,
            f"{quoted(str(node.value))} is below 0, which {metric.name} cannot be.",
            "Write a value from 0 to 1." if metric.is_share else "Write a value above 0.",
        )


def _check_tolerance(root: Node, kinds: frozenset[OutputKind]) -> Iterator[Problem]:
    node, targets = root.child("tolerance"), root.child("targets")
    value = number_of(node) if node else None
    first = METRICS.get(next(iter(targets.entries()), "")) if targets else None
    is_share = first.is_share if first else kinds in _KINDS_OF_SHARES
    if node and value is not None and value >= 1 and is_share:
        yield Problem(
            node.place,
            f"{quoted(str(node.value))} would let any candidate win: the first metric is a share.",
            f"One point is 0.01: write `{value / 100 if value < 100 else 0.01:g}`.",
        )


def _check_label_settings(root: Node, kinds: frozenset[OutputKind]) -> Iterator[Problem]:
    if kinds != {OutputKind.SCORE}:
        return
    for name in ("labels", "automation", "out_of_scope"):
        node = root.child(name)
        if node and node.value and says_something(name, node):
            yield Problem(
                node.place, "has no effect: scores have no labels.", "Remove it, or `output_kind`."
            )


def _check_methods(node: Node | None, known: Sequence[str]) -> Iterator[Problem]:
    for name in _texts(node):
        text = str(name.value).strip()
        if text and text not in known:
            yield Problem(name.place, f"{quoted(text)} is not a method.", did_you_mean(text, known))


def _check_settings(
    root: Node, known: Sequence[str], dials: Mapping[str, Sequence[str]] | None
) -> Iterator[Problem]:
    node = root.child("settings")
    chosen = {str(name.value).strip() for name in _texts(root.child("methods"))}
    for method, pinned in (node.entries() if node else {}).items():
        place = pinned.place.parent()
        if method not in known:
            yield Problem(place, f"{quoted(method)} is not a method.", did_you_mean(method, known))
            continue
        if chosen and method not in chosen:
            yield Problem(
                place,
                f"`{method}` is pinned here but is not among `methods`.",
                f"Add `{method}` to `methods`, or remove it here.",
            )
        if dials is not None:
            yield from _check_dials(method, pinned, dials.get(method, ()))


def _check_dials(method: str, pinned: Node, known: Sequence[str]) -> Iterator[Problem]:
    for name, value in pinned.entries().items():
        if name not in known:
            fix = did_you_mean(name, known) if known else f"`{method}` has none; remove it."
            yield Problem(
                value.place.parent(), f"{quoted(name)} is not a hyperparameter of `{method}`.", fix
            )


def _check_accepted(constraints: Node | None, bases: Node | None) -> Iterator[Problem]:
    """Licences that are accepted where none is checked, or of bases that take no part."""
    accepted = constraints.child("accept_licence") if constraints else None
    if constraints is None or accepted is None or not accepted.value:
        return
    licence = constraints.child("licence")
    if licence is None or licence.value is None:
        fix = "Name the use, such as `licence: commercial`, or remove it."
        yield Problem(
            accepted.place, "has no effect: without `licence` no licence is checked.", fix
        )
    named = [str(base.value).strip() for base in _texts(bases)]
    for one in _texts(accepted):
        text = str(one.value).strip()
        if text not in named:
            fix = did_you_mean(text, named) if named else "Name the base there as well."
            yield Problem(one.place, f"{quoted(text)} is not among `bases`.", fix)


def _check_repeats(node: Node | None) -> Iterator[Problem]:
    seen: set[str] = set()
    for item in _texts(node):
        text = str(item.value).strip()
        if text in seen:
            yield Problem(item.place, f"{quoted(text)} is named twice.", "Name it once.")
        seen.add(text)


def _entries(node: Node) -> Iterator[Node]:
    """The entries of a split as texts, queries among them."""
    items = [node] if is_query(node.value) else node.items()
    for item in items:
        sql, query = item.child("sql"), item.child("query")
        if isinstance(item.value, str):
            yield item
        elif sql and query and isinstance(sql.value, str) and isinstance(query.value, str):
            yield Node(f"{sql.value.strip()}#{query.value.strip()}", sql.place)


def _texts(node: Node | None) -> list[Node]:
    """The texts of a list, or a lone text."""
    return [item for item in (node.items() if node else []) if isinstance(item.value, str)]
