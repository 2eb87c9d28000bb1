"""What a base model would learn from the data, token by token, for people to look at before it learns."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

GOOD, LOOK, WRONG = "good", "look", "wrong"
"""How a finding stands: as it should be; worth a look; to be mended before anything is learned."""


@dataclass(frozen=True)
class ShownToken:
    """A token, or a few that only together are characters."""

    text: str
    """Empty where tokens are left out."""
    is_learned: bool
    """Whether it carries loss."""
    num_left_out: int = 0
    """Tokens that are not shown here; 0 for a token that is."""


@dataclass(frozen=True)
class ShownLesson:
    """A row, or the answers of a conversation in one sequence, as a base learns them."""

    source: str
    """Where the row stands, `file:line`."""
    tokens: tuple[ShownToken, ...]
    """In order; of an encoder-decoder first what its encoder reads."""
    num_tokens: int
    num_learned: int
    is_prompt_cut: bool
    is_answer_cut: bool


@dataclass(frozen=True)
class Finding:
    """What a check over all rows found."""

    state: str
    """`good`, `look` or `wrong`."""
    words: str
    """In a sentence or two."""


@dataclass(frozen=True)
class LessonsOfBase:
    """What the rows teach one base model."""

    base: str
    """Its id."""
    problem: str = ""
    """Why nothing can be shown; empty where something is."""
    findings: tuple[Finding, ...] = ()
    shown: tuple[ShownLesson, ...] = ()

    @property
    def wrong(self) -> tuple[str, ...]:
        """What has to be mended, in words."""
        found = tuple(finding.words for finding in self.findings if finding.state == WRONG)
        return (self.problem, *found) if self.problem else found

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
