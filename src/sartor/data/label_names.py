"""What labels are called: other spellings of one, intents that people named, labels that are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sartor.core.dataset import Count
from sartor.core.errors import DataError
from sartor.core.goal import Goal
from sartor.data.byte_stream import DataFile

_MOST_BYTES = 4_000_000


@dataclass(frozen=True)
class LabelNames:
    """How labels are called that the data spells otherwise."""

    intents: Mapping[str, str | None] = field(default_factory=dict)
    """Id of a proposed intent to its name; None: its rows are left out."""
    spellings: Mapping[str, str | None] = field(default_factory=dict)
    """Label, or name of an intent, to the label that is meant; None: its rows are left out."""

    def of(self, label: str) -> str | None:
        """The label that is meant; None where its rows are left out."""
        name = self.intents.get(label, label)
        return None if name is None else self.spellings.get(name, name)

    def is_strange(self, label: str) -> bool:
        """Whether there are intents, and this is neither the id nor the name of one."""
        return bool(self.intents) and label not in self.intents and label not in self._names

    @property
    def _names(self) -> set[str | None]:
        return set(self.intents.values())

    def parts(self) -> list[list[list[str | None]]]:
        """What a hash has to hold of the intents; without any a dataset is what it was."""
        return [[[id_, name] for id_, name in sorted(self.intents.items())]] if self.intents else []

    def counts(self, files: Sequence[DataFile], *, num_rows: int) -> Iterator[Count]:
        """A warning where labels were made by a machine, and no rows are there that people labelled."""
        if not self.intents or any(file.split == "test" for file in files):
            return
        note = (
            "Clusters of similar messages became labels (`prepare.intents`). Results say how well a model "
            "follows them, not how right they are: let people label some hundred messages and name "
            "that file as `data: {train: [...], test: [...]}`."
        )
        yield Count("labels that nobody gave", num_rows, note, is_warning=True)


def read_label_names(goal: Goal, folder: Path) -> LabelNames:
    """The names that a goal gives to labels.

    Args:
        goal: Its `prepare` holds spellings, and the name of a file with intents.
        folder: The workspace.

    Raises:
        DataError: The file is absent or no file of intents.
    """
    prepare = goal.prepare
    if prepare.intents is None:
        return LabelNames(spellings=prepare.label_names)
    from sartor.data.intent_file import read_intents

    path = folder / prepare.intents
    if not path.is_file():
        fix = "Have intents proposed by `sartor data DIR --intents`, or correct `prepare.intents`."
        raise DataError(where=prepare.intents, problem="is not a file.", fix=fix)
    if path.stat().st_size > _MOST_BYTES:
        problem = f"is larger than {_MOST_BYTES // 10**6} MB."
        raise DataError(where=prepare.intents, problem=problem, fix="Is it the right file?")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            where=prepare.intents, problem="is not UTF-8.", fix="Save it as UTF-8."
        ) from error
    return LabelNames(read_intents(text, where=prepare.intents).name_of, prepare.label_names)
