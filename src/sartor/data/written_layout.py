"""Format and columns of rows whose answers are texts: chats, instructions, pairs, judgements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sartor.core.errors import GoalError
from sartor.core.goal import DataFormat, Goal, OutputKind
from sartor.core.languages import column_language, language_of
from sartor.data.columns import listed_columns, not_recognised, recognise, refuse_absent
from sartor.data.example import as_truth
from sartor.data.layout import Layout, question, unused, with_shared_roles
from sartor.data.messages import is_messages, spelling_of
from sartor.data.row import RawRow

WRITTEN_NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "input": (
        (
            *("text", "input", "prompt", "message", "question", "query", "source", "src"),
            *("instruction", "utterance", "inputs", "mr", "meaning_representation", "article"),
        ),
        ("body", "content", "sentence", "document", "dialogue", "context", "description", "title"),
    ),
    "output": (
        (
            *("output", "answer", "response", "completion", "reply", "target", "tgt", "summary"),
            *("translation", "reference", "ref", "highlights", "resolution", "outputs"),
        ),
        ("label", "answers", "references", "text_target"),
    ),
}
"""Names of columns of text pairs, by tier as in `columns`."""
PROMPT_NAMES = ("prompt", "messages", "conversations", "conversation", "turns", "question", "input")
"""Columns that hold what a better and a worse answer are given to."""
BETTER_AND_WORSE = (("chosen", "rejected"), ("preferred_output", "non_preferred_output"))
_JUDGED = (DataFormat.PREFERENCE, DataFormat.KTO)
KEYS = {
    DataFormat.CHAT: "a list of messages with `role` and `content`",
    DataFormat.SHAREGPT: "a list of turns with `from` and `value`",
    DataFormat.ALPACA: "`instruction` and `output`",
    DataFormat.PROMPT_COMPLETION: "`prompt` and `completion`",
    DataFormat.PAIRS: "a column with the text and one with its answer",
    DataFormat.PREFERENCE: "`chosen` and `rejected`",
    DataFormat.KTO: "`completion` or messages, and `label` with true and false",
}
"""What a format is recognised by, in words."""


def written_layout(
    rows: Sequence[RawRow], there: Sequence[str], goal: Goal, *, where: str
) -> Layout:
    """Format and columns of the rows to generate, to chat or to translate from.

    Raises:
        GoalError: Two formats fit, or the languages are not known.
        DataError: No column is recognised, or a named one is absent.
    """
    if goal.format is not None:
        form, note = goal.format, "The goal names the format."
    else:
        form = _recognised(rows, there, goal, where=where)
        note = f"Recognised as `{form}` by {KEYS[form]}."
    columns, languages = _columns(form, rows, there, goal, where=where)
    origins = {
        role: "given" if getattr(goal.columns, role, None) == name else "recognised"
        for role, name in columns.items()
    }
    columns, remarks = with_shared_roles(columns, origins, rows, there, goal, where=where)
    remarks += unused(there, columns)
    if goal.task == "translate":
        languages = _settled(goal, languages, columns)
    return Layout(
        kind=OutputKind.TEXT,
        format=form,
        columns=columns,
        origins=origins,
        note=note,
        is_given=goal.format is not None,
        languages=languages if goal.task == "translate" else {},
        remarks=remarks,
    )


def _recognised(
    rows: Sequence[RawRow], there: Sequence[str], goal: Goal, *, where: str
) -> DataFormat:
    """The one format whose keys are there."""
    fitting = _fitting(rows, there)
    judged = next((form for form in fitting if form in _JUDGED), None)
    output, better = goal.columns.output, [pair[0] for pair in BETTER_AND_WORSE]
    if output is not None:
        return judged if judged and output in (*better, "completion") else DataFormat.PAIRS
    if goal.columns.input is not None and judged is None:
        spelled = _messages_spelling(rows, goal.columns.input)
        return DataFormat(spelled) if spelled else DataFormat.PAIRS
    if goal.columns.input is not None and judged is not None:
        return judged
    if len(fitting) > 1:
        first, second = fitting[:2]
        raise question(where, KEYS[first], KEYS[second], setting="format", words=fitting[:2])
    return fitting[0] if fitting else DataFormat.PAIRS


def _fitting(rows: Sequence[RawRow], there: Sequence[str]) -> list[DataFormat]:
    """Every format whose keys are there, but for those that are part of a richer one."""
    keys = set(there)
    talks = [
        DataFormat(spelled)
        for name in there
        if name not in ("chosen", "rejected") and (spelled := _messages_spelling(rows, name))
    ]
    is_alpaca = {"instruction", "output"} <= keys
    is_completion = {"prompt", "completion"} <= keys
    if any(set(pair) <= keys for pair in BETTER_AND_WORSE):
        others = [DataFormat.ALPACA] * is_alpaca + [DataFormat.PROMPT_COMPLETION] * is_completion
        return [DataFormat.PREFERENCE, *others]
    if "label" in keys and (is_completion or talks) and _is_flag("label", rows):
        return [DataFormat.KTO]
    found = [*talks]
    found += [DataFormat.ALPACA] * is_alpaca + [DataFormat.PROMPT_COMPLETION] * is_completion
    return list(dict.fromkeys(found))


def _messages_spelling(rows: Sequence[RawRow], name: str) -> str:
    """`chat` or `sharegpt` where most cells of a column hold messages; else empty."""
    filled = [row.fields.get(name) for row in rows if row.fields.get(name) not in (None, "", [])]
    lists = [value for value in filled if is_messages(value)]
    return spelling_of(lists[0]) if lists and 2 * len(lists) >= len(filled) else ""


def _is_flag(name: str, rows: Sequence[RawRow]) -> bool:
    values = [row.fields[name] for row in rows if row.fields.get(name) not in (None, "")]
    return bool(values) and all(as_truth(value) is not None for value in values)


def _columns(
    form: DataFormat, rows: Sequence[RawRow], there: Sequence[str], goal: Goal, *, where: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Role to column, and the languages that the names of columns say."""
    for role in ("input", "output"):
        if (name := getattr(goal.columns, role)) is not None:
            refuse_absent(name, role=role, there=there, where=where)
    if form in (DataFormat.PAIRS, DataFormat.PROMPT_COMPLETION):
        return _pair_columns(form, there, goal, where=where)
    if form in (DataFormat.CHAT, DataFormat.SHAREGPT):
        if goal.columns.output is not None:
            raise GoalError(
                where="sartor.yaml > columns.output",
                problem=f"has no effect: the answers of `{form}` stand among the messages.",
                fix="Remove it, or set `format: pairs`.",
            )
        talk = goal.columns.input or _talk_column(rows, there, where=where)
        found = {"input": _there(talk, "messages", form, there=there, where=where)}
    elif form is DataFormat.ALPACA:
        answer = goal.columns.output or "output"
        found = {
            "instruction": _there("instruction", "instruction", form, there=there, where=where),
            "output": _there(answer, "output", form, there=there, where=where),
            **{role: role for role in ("input", "history") if role in there},
            **({"input": goal.columns.input} if goal.columns.input else {}),
        }
    else:
        found = _judged_columns(form, rows, there, goal, where=where)
    return found | _told_first(there), {}


def _told_first(there: Sequence[str]) -> dict[str, str]:
    """Columns of what comes before the first turn; two plain columns of texts have none."""
    return {role: role for role in ("system", "tools") if role in there}


def _judged_columns(
    form: DataFormat, rows: Sequence[RawRow], there: Sequence[str], goal: Goal, *, where: str
) -> dict[str, str]:
    """Columns of preferences, and of answers with a verdict."""
    prompt = goal.columns.input or next((name for name in PROMPT_NAMES if name in there), None)
    found = {"input": prompt} if prompt else {}
    if form is DataFormat.KTO:
        found["label"] = _there("label", "label", form, there=there, where=where)
        answer = goal.columns.output or ("completion" if "completion" in there else None)
        if answer:
            found["output"] = answer
        elif not prompt or not _messages_spelling(rows, prompt):
            found["output"] = _there(None, "completion", form, there=there, where=where)
        return found
    pair = next((pair for pair in BETTER_AND_WORSE if set(pair) <= set(there)), BETTER_AND_WORSE[0])
    found["output"] = _there(
        goal.columns.output or pair[0], pair[0], form, there=there, where=where
    )
    found["rejected"] = _there(pair[1], pair[1], form, there=there, where=where)
    if "instruction" in there and found.get("input") == "input" and goal.columns.input is None:
        found["instruction"] = "instruction"
    return found


def _talk_column(rows: Sequence[RawRow], there: Sequence[str], *, where: str) -> str | None:
    """The column with the messages; None where there is none.

    Raises:
        GoalError: Two columns hold some.
    """
    talks = [name for name in there if _messages_spelling(rows, name)]
    if len(talks) > 1:
        words = [f"{{input: {name}}}" for name in talks[:2]]
        first, second = (f"`{name}`" for name in talks[:2])
        raise question(where, first, second, setting="columns", words=words)
    return talks[0] if talks else None


def _there(
    name: str | None, wanted: str, form: DataFormat, *, there: Sequence[str], where: str
) -> str:
    """A column that a format needs.

    Raises:
        GoalError: It is not there, so the format is another.
    """
    if name is not None and name in there:
        return name
    listed = listed_columns(there)
    raise GoalError(
        where=f"{where} > {wanted}",
        problem=f"the format `{form}` is read by {KEYS[form]}; the columns are {listed}.",
        fix=f"Name another `format`, or rename a column to `{wanted}`.",
    )


def _pair_columns(
    form: DataFormat, there: Sequence[str], goal: Goal, *, where: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The two columns, named or recognised; to translate also by the languages they are named for."""
    named = {r: n for r in ("input", "output") if (n := getattr(goal.columns, r)) is not None}
    if form is DataFormat.PROMPT_COMPLETION:
        named = {"input": "prompt", "output": "completion"} | named
        named = {r: _there(n, n, form, there=there, where=where) for r, n in named.items()}
    elif goal.task == "translate" and not named:
        named = _by_language(there, goal, where=where)
    for role in ("input", "output"):
        if role not in named:
            free = [name for name in there if name not in named.values()]
            named[role] = _known(role, free, there=there, where=where)
    if form is DataFormat.PROMPT_COMPLETION:
        named |= _told_first(there)
    says = {"from": column_language(named["input"]), "to": column_language(named["output"])}
    return named, {side: name for side, name in says.items() if name}


def _known(role: str, free: Sequence[str], *, there: Sequence[str], where: str) -> str:
    name = recognise(role, free, where=where, known=WRITTEN_NAMES)
    if name is None:
        what = {"input": "the text", "output": "the answer"}[role]
        raise not_recognised(role, there=there, where=where, what=what)
    return name


def _by_language(there: Sequence[str], goal: Goal, *, where: str) -> dict[str, str]:
    """Columns named for the languages; empty where they are not.

    Raises:
        GoalError: Two columns are named for languages, and nobody says which is translated.
    """
    languages = {name: language for name in there if (language := column_language(name))}
    if goal.languages:
        wanted = {side: language_of(word) or word for side, word in goal.languages.items()}
        found = {
            role: name
            for role, side in (("input", "from"), ("output", "to"))
            for name in there
            if (languages.get(name) or name).casefold() == wanted[side].casefold()
        }
        return found if len(found) == 2 else {}
    if len(languages) != 2 or len(set(languages.values())) != 2:
        return {}
    (first, one), (second, other) = languages.items()
    raise GoalError(
        where=where,
        problem=f"`{first}` and `{second}` may be translated either way.",
        fix=f"Add `languages: {{from: {one}, to: {other}}}` to sartor.yaml, or the other way round.",
    )


def _settled(goal: Goal, found: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """The languages in words: the goal's, else those that the columns are named for.

    Raises:
        GoalError: Nobody says which languages they are.
    """
    if goal.languages:
        return {side: language_of(word) or word for side, word in goal.languages.items()}
    if len(found) == 2:
        return dict(found)
    names = " and ".join(f"`{columns[role]}`" for role in ("input", "output") if role in columns)
    raise GoalError(
        where="sartor.yaml > languages",
        problem=f"is missing, and {names} do not say which languages they hold.",
        fix="Add `languages: {from: English, to: Spanish}`.",
    )
