"""Rules that find the value of one field in a text, each learned from rows.

A rule is a JSON-like mapping with `how`: `always` one value; `known`, the listed values that the text
holds; `shaped`, what looks like the values of the rows (figures, dates, addresses). Where it finds nothing,
`else` is given; None means that the field is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any

from sartor.core.hashing import canonical_json

Rule = Mapping[str, Any]
MOST_SHAPES = 5
MOST_KNOWN = 5_000
"""Values of a list; the most frequent ones."""
NEEDED: Mapping[str, frozenset[str]] = {
    "always": frozenset({"else"}),
    "known": frozenset({"values", "is_list", "else"}),
    "shaped": frozenset({"pattern", "type", "which", "else"}),
}
"""Keys of each kind of rule."""
_LETTERS, _DIGITS, _SPACE = r"[^\W\d_]+", r"\d", r"\s+"


def learn_rule(texts: Sequence[str], values: Sequence[Any]) -> Rule:
    """The rule that is right most often; of equals the simplest.

    A known value counts for its own row only if another row has it too: by heart, a list is always right.

    Args:
        texts: Inputs.
        values: The field's value in each; None where it is absent.
    """
    always: Rule = {"how": "always", "else": _most_frequent(values)}
    best, most_right = always, _num_right(always, texts, values)
    known, shaped = _known_rule(texts, values), _shaped_rules(texts, values)
    # Figures carry over to values that no row holds; letters alone look like any word.
    has_figures = bool(shaped) and r"\d" in shaped[0]["pattern"]
    for rule in (*shaped, known) if has_figures else (known, *shaped):
        if rule is not None and (num := _num_right(rule, texts, values)) > most_right:
            best, most_right = rule, num
    return best


def value_in(text: str, rule: Rule) -> Any:
    """The value that a rule gives for a text; None to leave the field out."""
    found = _found(text, rule)
    return rule["else"] if found is None else found


def check_rule(rule: Rule) -> None:
    """Refuse a rule that comes from elsewhere and is none.

    Patterns of other kinds are not run: one may take longer than the age of the earth to find nothing.

    Raises:
        KeyError, TypeError, ValueError: It lacks something, or its pattern is none that is learned.
    """
    lacking = NEEDED[rule["how"]] - set(rule)
    if lacking:
        raise KeyError(min(lacking))
    if rule["how"] == "known":
        if not all(isinstance(value, str | int | float) for value in rule["values"]):
            raise TypeError("a known value that is a record or a list")
    elif rule["how"] == "shaped":
        if not _is_known_pattern(rule["pattern"]):
            raise ValueError("a pattern of another kind than those that are learned")
        if rule["which"] not in (0, -1) or rule["type"] not in ("string", "integer", "number"):
            raise ValueError("an unknown place or type")


def _found(text: str, rule: Rule, *, hidden: str | None = None) -> Any:
    if rule["how"] == "known":
        known = [value for value in rule["values"] if canonical_json(value) != hidden]
        at = [(place, value) for value in known if (place := _place(text, value)) is not None]
        # The longest of those that begin first: `New York` rather than `New`.
        at.sort(key=lambda pair: (pair[0], -len(_spelled(pair[1]))))
        if rule["is_list"]:
            return [value for _, value in at] or None
        return at[0][1] if at else None
    if rule["how"] == "shaped":
        spelled = [m.group() for m in re.finditer(rule["pattern"], text)]
        return _typed(spelled[rule["which"]], rule["type"]) if spelled else None
    return None


def _num_right(rule: Rule, texts: Sequence[str], values: Sequence[Any]) -> int:
    times: Counter[str] = Counter()
    if rule["how"] == "known":
        times = Counter(canonical_json(item) for value in values for item in _items(value))
    num_right = 0
    for text, value in zip(texts, values, strict=True):
        own = [canonical_json(item) for item in _items(value)]
        hidden = next((item for item in own if times[item] == 1), None)
        found = _found(text, rule, hidden=hidden)
        num_right += (rule["else"] if found is None else found) == value
    return num_right


def _known_rule(texts: Sequence[str], values: Sequence[Any]) -> Rule | None:
    items = [item for value in values for item in _items(value)]
    is_scalar = all(isinstance(item, str | int | float) for item in items)
    if not items or not is_scalar:
        return None
    times = Counter(map(canonical_json, items))
    by_name = {canonical_json(item): item for item in items}
    kept = sorted(times, key=lambda name: (-times[name], name))[:MOST_KNOWN]
    is_list = any(isinstance(value, list | tuple) for value in values)
    rule = {"how": "known", "values": [by_name[name] for name in kept], "is_list": is_list}
    return {**rule, "else": _otherwise({**rule, "else": None}, texts, values)}


def _shaped_rules(texts: Sequence[str], values: Sequence[Any]) -> list[Rule]:
    """The first or the last place in the text that has the shape of the values."""
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if not present or not kinds <= {str, int, float} or (str in kinds and len(kinds) > 1):
        return []
    kind = "string" if str in kinds else "integer" if kinds == {int} else "number"
    if kind == "string":
        times = Counter(map(shape, present))
        shapes = sorted(times, key=lambda name: (-times[name], name))[:MOST_SHAPES]
        pattern = rf"(?<!\w)(?:{'|'.join(shapes)})(?!\w)"
    else:
        pattern = INTEGER if kind == "integer" else NUMBER
    found: list[Rule] = []
    for which in (0, -1):
        rule = {"how": "shaped", "pattern": pattern, "type": kind, "which": which}
        found.append({**rule, "else": _otherwise({**rule, "else": None}, texts, values)})
    return found


INTEGER = r"(?<![\w.,])[-+]?\d{1,300}(?![\w])"
"""Bounded, for Python refuses to read integers of some thousand figures."""
NUMBER = r"(?<![\w.,])[-+]?\d{1,30}(?:[.,]\d{1,30}){0,9}(?!\w)"
"""A number as people write it, finite; the last sign between figures is the decimal one."""
_SHAPES = re.compile(r"\(\?<!\\w\)\(\?:(.*)\)\(\?!\\w\)", re.DOTALL)
"""What stands around the shapes of a pattern."""
_PART = re.compile(
    r"\[\^\\W\\d_\]\+|\\d\{[1-4]\}|\\d\{5,\}|\\s\+|\||_"
    r"|\\[()\[\]{}?*+\-|^$\\.&~#]|[^\w\s()\[\]{}?*+\-|^$\\.&~#]"
)
"""What a shape is made of: runs of letters, figures or spaces, and other signs, `|` between shapes."""


def _is_known_pattern(pattern: str) -> bool:
    """Whether it is one that `_shaped_rules` could have written.

    No run follows one of its own kind, so there is one way to match a text and nothing to try again.
    """
    if pattern in (INTEGER, NUMBER):
        return True
    found = _SHAPES.fullmatch(pattern)
    parts = _PART.findall(found[1]) if found else []
    is_whole = found is not None and "".join(parts) == found[1]
    runs = (_LETTERS, _SPACE)
    is_clear = not any(a == b and a in runs for a, b in pairwise(parts))
    return is_whole and is_clear and parts.count("|") < MOST_SHAPES


def shape(value: str) -> str:
    """A pattern of what looks like a value: kinds of signs, figures by their number."""
    parts = []
    for kind, signs in groupby(value, key=_kind):
        length = len(list(signs))
        if kind == _DIGITS:
            parts.append(rf"\d{{{length}}}" if length <= 4 else r"\d{5,}")
        elif kind in (_LETTERS, _SPACE):
            parts.append(kind)
        else:
            parts.append(re.escape(kind) * length)
    return "".join(parts)


def _kind(sign: str) -> str:
    if sign.isspace():
        return _SPACE
    if sign.isdecimal():
        return _DIGITS
    return _LETTERS if re.fullmatch(_LETTERS, sign) else sign


def _otherwise(rule: Rule, texts: Sequence[str], values: Sequence[Any]) -> Any:
    """The most frequent value of the rows in which the rule finds nothing."""
    left = [v for t, v in zip(texts, values, strict=True) if _found(t, rule) is None]
    return _most_frequent(left) if left else None


def _most_frequent(values: Sequence[Any]) -> Any:
    by_name = {canonical_json(value): value for value in values}
    times = Counter(map(canonical_json, values))
    return by_name[min(times, key=lambda name: (-times[name], name))] if times else None


def _items(value: Any) -> Sequence[Any]:
    if value is None or isinstance(value, Mapping):
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _place(text: str, value: Any) -> int | None:
    found = _whole_words(_spelled(value))(text) if _spelled(value).strip() else None
    return found.start() if found else None


@lru_cache(maxsize=MOST_KNOWN)
def _whole_words(value: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE).search


def _typed(spelled: str, kind: str) -> Any:
    """Figures as a number; `1.250,50` is 1250.5."""
    if kind == "string":
        return spelled
    if kind == "integer":
        return int(spelled)
    whole, sign, part = spelled.rpartition("." if "." in spelled else ",")
    if "," in spelled and "." in spelled:
        whole, sign, part = spelled.rpartition(max(".", ",", key=spelled.rfind))
    number = float(re.sub(r"[.,]", "", whole) + ("." if sign else "") + part)
    return int(number) if number.is_integer() and not sign else number
