"""`--quiet`: nothing is shown on the way."""

from __future__ import annotations

from sartor.core.leaderboard import CandidateRow


class QuietProgress:
    """A `core.protocols.Progress` that keeps everything to itself."""

    def step(self, title: str) -> None:
        """Said by nobody."""

    def note(self, line: str) -> None:
        """Counted lines are in the report as well."""

    def candidate(self, row: CandidateRow) -> None:
        """The final ranking is in the result."""

    def spent(self, share: float, seconds_left: float | None) -> None:
        """Nobody waits and watches."""
