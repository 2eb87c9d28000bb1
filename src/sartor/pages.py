"""The two pages about data, from rows to HTML: `data.html` and `insight.html` beside `sartor.yaml`.

Both look at train and valid only; of the test its number of rows is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sartor.core.base_model import ENCODER, WRITERS
from sartor.core.errors import BaseModelError, DataError
from sartor.core.goal import CLASSIFIED, Goal, OutputKind
from sartor.core.hashing import derived_seed
from sartor.core.words import count, counted

if TYPE_CHECKING:
    from sartor.core.base_model import BaseModel
    from sartor.core.dataset import Dataset, Split
    from sartor.core.insight import Insight
    from sartor.core.protocols import Engine
    from sartor.core.readiness import DataFacts, Histogram, TokenLengths
    from sartor.data.things import Things
    from sartor.data.unlabelled import Messages
    from sartor.store.workspace import Workspace

DATA_PAGE = "data.html"
INSIGHT_PAGE = "insight.html"
INTENTS = "intents.yaml"
CountTokens = Callable[[Sequence[str]], np.ndarray]
_POOLING = "mean"
_ONE_BY_ONE = (
    "Messages count one by one: several of one customer weigh as several, unknown to intervals."
)


def facts_of_data(goal: Goal, dataset: Dataset, folder: Path) -> DataFacts:
    """What the page about the data shows beside its card; nothing is fetched.

    Args:
        goal: Names bases, and the seed of the samples.
        dataset: With its card.
        folder: The workspace.
    """
    from sartor.core.readiness import DataFacts
    from sartor.data.readiness import readiness
    from sartor.data.row_lengths import MOST_LANGUAGE_TEXTS, language_mix, sample_rows

    assert dataset.card is not None
    rows = dataset.development
    seed = derived_seed(goal.seed, "languages")
    spoken = [
        message_of(dataset, rows.texts[at])
        for at in sample_rows(len(rows), most=MOST_LANGUAGE_TEXTS, seed=seed)
    ]
    tokens = tuple(_token_lengths(goal, dataset, rows, folder))
    languages = None
    if dataset.task != "translate":
        languages = language_mix(spoken, num_rows=len(rows))
    return DataFacts(
        readiness=readiness(dataset.card, tokens=tokens, languages=languages),
        histograms=tuple(_histograms(dataset, rows)),
        tokens=tokens,
        languages=languages,
    )


def insight_of(goal: Goal, dataset: Dataset, engine: Engine, workspace: Workspace) -> Insight:
    """What the messages of train and valid are about.

    Args:
        goal: Names bases, and the seed of the sample.
        dataset: The rows.
        engine: For features, where nobody has labelled the messages.
        workspace: For the times, and for the names in `intents.yaml`.
    """
    from sartor.data.insight import MOST_MESSAGES, insight
    from sartor.data.row_lengths import sample_rows

    time_N = _times(dataset, workspace)
    messages, kept = _messages(dataset)
    seed = derived_seed(goal.seed, "insight")
    drawn = sample_rows(len(messages), most=MOST_MESSAGES, seed=seed)
    texts, rows = [messages[at] for at in drawn], kept[drawn]
    things, notes = _things(goal, dataset, texts, rows, engine, workspace)
    counters = {
        base.id: partial(count_tokens, base, is_bare=True)
        for base in _bases(goal, dataset, workspace.folder)
        if not isinstance(base, tuple)
    }
    return insight(
        texts,
        things,
        time_N[rows],
        num_all=len(messages),
        tokens_of=counters,
        notes=(*_notes(goal, dataset), *notes),
    )


def insight_of_messages(
    goal: Goal, messages: Messages, engine: Engine, workspace: Workspace
) -> Insight:
    """What messages without labels are about: topics, as an encoder sees them.

    Args:
        goal: Names bases, and the seed of the sample.
        messages: All that were read.
        engine: For features.
        workspace: For the names in `intents.yaml`.
    """
    from sartor.data.insight import MOST_MESSAGES, insight
    from sartor.data.row_lengths import sample_rows
    from sartor.data.times import seconds_of, utc_time

    seed = derived_seed(goal.seed, "insight")
    drawn = sample_rows(len(messages.texts), most=MOST_MESSAGES, seed=seed)
    texts = [messages.texts[at] for at in drawn]
    times = [seconds_of(utc_time(messages.beside[at].get("time"))) for at in drawn]
    things, notes = _topics(goal, texts, engine, workspace)
    counters = {
        base.id: partial(count_tokens, base, is_bare=True)
        for base in _bases_of(goal, {ENCODER}, workspace.folder)
        if not isinstance(base, tuple)
    }
    return insight(
        texts,
        things,
        np.array([np.nan if time is None else time for time in times], np.float64),
        num_all=len(messages.texts),
        tokens_of=counters,
        notes=(_ONE_BY_ONE, *notes),
    )


def message_of(dataset: Dataset, text: str) -> str:
    """What a customer wrote; of a chat the last message before the answer."""
    from sartor.data.insight import customer_words

    return customer_words(text) if dataset.task == "chat" else text


def _messages(dataset: Dataset) -> tuple[list[str], np.ndarray]:
    """What customers wrote, each message once, and its row in train and valid together."""
    rows = dataset.development
    found: dict[tuple[int, str], int] = {}
    is_chat = dataset.task == "chat"
    for at, text in enumerate(rows.texts):
        message = message_of(dataset, text).strip()
        if message:
            found.setdefault((int(rows.groups[at]) if is_chat else at, message), at)
    return [message for _, message in found], np.array(list(found.values()), np.int64)


def _times(dataset: Dataset, workspace: Workspace) -> np.ndarray:
    from sartor.data.dataset_file import load_times
    from sartor.intake import dataset_folder

    folder = dataset_folder(workspace, dataset.hash)
    parts = ["train"] if dataset.valid is None else ["train", "valid"]
    return np.concatenate([load_times(folder, part) for part in parts])


def _things(
    goal: Goal,
    dataset: Dataset,
    texts: Sequence[str],
    rows: np.ndarray,
    engine: Engine,
    workspace: Workspace,
) -> tuple[Things, list[str]]:
    """Labels where there are some, else topics; and what has to be said of them."""
    from sartor.data.things import labelled, named_topics

    targets = dataset.development.targets[rows]
    if dataset.output_kind is OutputKind.SINGLE:
        has_NL = targets[:, None] == np.arange(len(dataset.labels))
        return labelled(texts, dataset.labels, has_NL), []
    if dataset.output_kind is OutputKind.MULTI:
        return labelled(texts, dataset.labels, targets), []
    try:
        return _topics(goal, texts, engine, workspace)
    except (BaseModelError, DataError) as error:
        why = f"No topics are proposed: {error.where} {error.problem} {error.fix}"
        return named_topics([None] * len(texts), {}), [why]


def _topics(
    goal: Goal, texts: Sequence[str], engine: Engine, workspace: Workspace
) -> tuple[Things, list[str]]:
    from sartor.data.intent_file import is_written_from, read_intents
    from sartor.data.intents import propose_intents
    from sartor.data.things import named_topics
    from sartor.findings import encoder_of

    base = encoder_of(goal, workspace.folder)
    mine, notes = _in_main_language(texts)
    spoken = [texts[at] for at in mine]
    proposals = propose_intents(spoken, engine.features(base, spoken, _POOLING), seed=goal.seed)
    name_of = {one.id: one.name for one in proposals.intents}
    where = f"Topics are proposals: messages of like meaning, as {base.id} sees it, named by words."
    notes.append(where)
    file = workspace.folder / INTENTS
    if file.is_file():
        text = file.read_text("utf-8")
        if is_written_from(text, proposals, where=INTENTS):
            name_of = read_intents(text, where=INTENTS, known_ids=list(name_of)).name_of
            notes[-1] = f"Topics are those of {INTENTS}; messages of dropped ones have none."
        else:
            notes.append(f"{INTENTS} was written from other messages, so its names are not used.")
    examples: dict[str, tuple[str, ...]] = {}
    for one in proposals.intents:
        if name := name_of[one.id]:
            examples.setdefault(name, one.examples[:2])
    names: list[str | None] = [None] * len(texts)
    for row, at in zip(mine, proposals.intent_N.tolist(), strict=True):
        names[row] = name_of[proposals.intents[at].id] if at >= 0 else None
    return named_topics(names, examples), notes


def _in_main_language(texts: Sequence[str]) -> tuple[list[int], list[str]]:
    """Messages that topics are proposed for: where several languages are frequent, those in the first.

    Else topics would be languages, to an encoder that reads only one.
    """
    from sartor.core.languages import LANGUAGES
    from sartor.data.language import languages_of, main_languages, settled

    found = languages_of(texts)
    main = [one.code for one in main_languages(found)]
    if len(main) < 2:
        return list(range(len(texts))), []
    mine = [at for at, one in enumerate(found) if settled(one, main) == main[0]]
    others = counted(len(texts) - len(mine), "message")
    note = f"Topics are proposed for messages in {LANGUAGES[main[0]]}; {others} in other languages have none."
    return mine, [note]


def _notes(goal: Goal, dataset: Dataset) -> Iterator[str]:
    """What is not among the messages that were counted."""
    sealed = dataset.test.num_examples if dataset.test else 0
    if sealed:
        words = f"The {count(sealed)} rows held back for the test are sealed and not counted"
        newest = goal.prepare.split_by == "time"
        yield (
            f"{words}; they are the newest ones, so the last weeks are missing."
            if newest
            else f"{words}."
        )
    yield "Nor are rows that were left out when the data was prepared, such as exact duplicates."
    if dataset.task == "chat":
        yield "Of each conversation only what the customer wrote is looked at, each message once."
    yield _ONE_BY_ONE


def _histograms(dataset: Dataset, rows: Split) -> Iterator[Histogram]:
    from sartor.core.conversation import turns_of
    from sartor.data.row_lengths import histogram

    if dataset.task == "chat":
        conversations = [turns_of(text) for text in rows.texts]
        num_words = [sum(len(turn.content.split()) for turn in turns) for turns in conversations]
        yield histogram(num_words, title="Words of a conversation before the answer")
        yield histogram([len(turns) for turns in conversations], title="Turns before the answer")
    else:
        yield histogram([len(text.split()) for text in rows.texts], title="Words of a text")
    if dataset.output_kind is OutputKind.TEXT:
        num_words = [len(answer.split()) for answers in rows.targets for answer in answers]
        yield histogram(num_words, title="Words of an answer")
    elif dataset.output_kind in (OutputKind.SPANS, OutputKind.FIELDS):
        what = "Passages" if dataset.output_kind is OutputKind.SPANS else "Fields"
        yield histogram([len(target) for target in rows.targets], title=f"{what} of a text")
    elif dataset.output_kind is OutputKind.MULTI:
        yield histogram(rows.targets.sum(axis=1).tolist(), title="Labels of a text")


def _token_lengths(
    goal: Goal, dataset: Dataset, rows: Split, folder: Path
) -> Iterator[TokenLengths]:
    from sartor.core.readiness import TokenLengths
    from sartor.data.row_lengths import MOST_TOKENIZED, sample_rows, token_lengths

    drawn = sample_rows(len(rows), most=MOST_TOKENIZED, seed=derived_seed(goal.seed, "tokens"))
    texts: list[str] | None = None
    for base in _bases(goal, dataset, folder):
        if isinstance(base, tuple):
            yield TokenLengths(base[0], problem=base[1])
            continue
        texts = texts or [_whole(dataset, rows, int(at)) for at in drawn]
        yield token_lengths(
            texts,
            base=base.id,
            most_tokens=min(goal.max_tokens, base.context_tokens),
            count_tokens=partial(count_tokens, base),
        )


def _whole(dataset: Dataset, rows: Split, at: int) -> str:
    """All that a base reads of a row: its text, and the answer where that is learned."""
    from sartor.core.conversation import readable
    from sartor.core.extracted import answer_text

    text = readable(rows.texts[at]) if dataset.task == "chat" else rows.texts[at]
    if dataset.output_kind in CLASSIFIED:
        return text
    return f"{text}\n{answer_text(dataset.output_kind, rows.texts[at], rows.targets[at])}"


def _bases(goal: Goal, dataset: Dataset, folder: Path) -> Iterator[BaseModel | tuple[str, str]]:
    """Those that could learn from a dataset."""
    usual = {ENCODER} if dataset.output_kind in (*CLASSIFIED, OutputKind.SPANS) else WRITERS
    return _bases_of(goal, usual, folder)


def _bases_of(
    goal: Goal, usual: Collection[str], folder: Path
) -> Iterator[BaseModel | tuple[str, str]]:
    """Bases whose tokenizer is at hand without fetching; for others name and cause."""
    from sartor.base.resolve import resolve, there_by_default

    for name in goal.bases or there_by_default(usual):
        try:
            yield resolve(name, offline=True, relative_to=folder)
        except BaseModelError as error:
            yield name, f"{error.problem} {error.fix}"


def count_tokens(base: BaseModel, texts: Sequence[str], *, is_bare: bool = False) -> np.ndarray:
    """Tokens of each text, (N,), with those that mark its ends unless it is bare."""
    from sartor.engines.tokenizer_files import tokenizer_of

    found = tokenizer_of(base).encode_batch_fast(list(texts), add_special_tokens=not is_bare)
    return np.array([len(one.ids) for one in found], np.int64)
