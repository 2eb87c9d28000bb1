"""What a licence allows, as values: verdicts, and what was found for a base model and a use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

USES = ("commercial", "internal", "research")
"""In what is sold or offered to others; in an organisation's own work; without commercial advantage."""


class Permission(StrEnum):
    """The verdict of a licence on a use; the later, the stricter."""

    ALLOWED = "allowed"
    """Nothing to keep to while it is used."""
    DUTIES = "duties"
    """Allowed to whoever keeps to what the licence asks."""
    REFUSED = "refused"
    """Not allowed, or nobody knows that it is."""

    @property
    def words(self) -> str:
        """For screens and reports."""
        return "allowed with duties" if self is Permission.DUTIES else str(self)


@dataclass(frozen=True)
class LicenceFinding:
    """Whether a base model may be used, and why. Stands in `decision.json`."""

    base: str
    """What the user calls the model."""
    licences: tuple[str, ...]
    """All that hold: its own, and those of the models that it was made from; the strictest first."""
    use: str
    """`commercial`, `internal` or `research`."""
    verdict: Permission
    """Of the strictest licence."""
    because: str
    """One sentence."""
    duties: tuple[str, ...] = ()
    """What has to be kept to, a sentence each; empty unless the verdict is `duties`."""
    links: tuple[str, ...] = ()
    """Where the texts of the licences are."""
    is_accepted: bool = False
    """Whether `constraints: {accept_licence: [...]}` lets a refused one take part."""
    stated_in: tuple[str, ...] = ()
    """Files of the user that say what the licences allow, or which one the model has."""

    @property
    def is_open(self) -> bool:
        """Whether the model may take part."""
        return self.is_accepted or self.verdict is not Permission.REFUSED
