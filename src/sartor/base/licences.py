"""What licences allow, from a dated data file, and the verdict on a use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sartor.base.statements import FORBIDDING, Whole
from sartor.core.licence import USES, LicenceFinding, Permission

UNKNOWN = "unknown"
"""Name of the licence that nobody knows."""


@dataclass(frozen=True)
class Licence:
    """A licence, as far as its text can be put in a few words."""

    __pydantic_config__ = FORBIDDING

    id: str
    """SPDX name, or the hub's."""
    title: str
    """Its name in full."""
    commercial: Permission
    """Verdict on use in what is sold or offered to others."""
    internal: Permission
    """Verdict on use in an organisation's own work."""
    research: Permission
    """Verdict on use without commercial advantage."""
    link: str | None = None
    """Where its text is."""
    aliases: tuple[str, ...] = ()
    """What model cards call it besides, in small letters."""
    allows: str | None = None
    """What it allows, a sentence; for the uses that it does not refuse."""
    refuses: str | None = None
    """Why it refuses uses, a sentence; None where it refuses none."""
    naming: str | None = None
    """Whom or what has to be named, a sentence."""
    use_limits: str | None = None
    """Uses that it forbids, a sentence."""
    outputs: str | None = None
    """What holds for models trained with what this one writes, a sentence."""
    passing_on: str | None = None
    """What whoever passes the model on has to do, a sentence."""
    user_cap: Whole | None = None
    """Users a month above which it does not hold."""
    revenue_cap_usd: Whole | None = None
    """Yearly revenue above which it does not hold."""
    stated_in: str | None = None
    """The user's file that says so; None: Sartor's own."""

    def verdict(self, use: str) -> Permission:
        """On `commercial`, `internal` or `research` use."""
        assert use in USES
        return Permission(getattr(self, use))

    @property
    def duties(self) -> tuple[str, ...]:
        """All that it asks for, a sentence each."""
        return tuple(duty for duty in (self.naming, *self._limits(), self.passing_on) if duty)

    def because(self, use: str) -> str:
        """The sentence that explains the verdict."""
        is_refused = self.verdict(use) is Permission.REFUSED
        return f"{self.title}: {_lowered((self.refuses if is_refused else self.allows) or '')}"

    def _limits(self) -> Iterator[str | None]:
        yield self.use_limits
        yield self.outputs
        if self.user_cap is not None:
            yield f"Whoever has over {self.user_cap:,} users a month needs a licence of its own."
        if self.revenue_cap_usd is not None:
            yield f"Whoever earns over {self.revenue_cap_usd:,} US dollars a year needs another licence."


def licence_named(name: str, licences: Mapping[str, Licence]) -> Licence | None:
    """The licence that a model card or a catalogue names, by its id or an alias; None: unknown."""
    plain = name.strip().lower()
    for licence in licences.values():
        if plain == licence.id.lower() or plain in licence.aliases:
            return licence
    return None


def judge(
    base: str,
    names: Sequence[str],
    use: str,
    *,
    licences: Mapping[str, Licence],
    accepted: Collection[str] = (),
    stated_in: Sequence[str] = (),
) -> LicenceFinding:
    """Whether a model may be used; of several licences, a base's and an adapter's, the strictest counts.

    Args:
        base: What the user calls the model.
        names: Of all licences that hold for it; empty: unknown.
        use: `commercial`, `internal` or `research`.
        licences: Those whose terms are known, by id.
        accepted: Models that the goal takes whatever their licences say.
        stated_in: Files of the user that say which licence the model has.
    """
    found = _strictest_first(names, use, licences)
    strictest = found[0].verdict(use)
    duties = [d for one in found if one.verdict(use) is Permission.DUTIES for d in one.duties]
    files = [*stated_in, *(one.stated_in for one in found if one.stated_in)]
    sentence = found[0].because(use)
    if len(found) > 1:
        others = " and ".join(one.title for one in found[1:])
        sentence += f" It holds beside {others}; the strictest one counts."
    return LicenceFinding(
        base=base,
        licences=tuple(one.id for one in found),
        use=use,
        verdict=strictest,
        because=sentence,
        duties=tuple(dict.fromkeys(duties)) if strictest is Permission.DUTIES else (),
        links=tuple(one.link for one in found if one.link),
        is_accepted=strictest is Permission.REFUSED and base in accepted,
        stated_in=tuple(dict.fromkeys(files)),
    )


def _strictest_first(
    names: Sequence[str], use: str, licences: Mapping[str, Licence]
) -> list[Licence]:
    """The terms of each name once; a name that stands in no file is an unknown licence of that name."""
    found = {}
    for name in names or [UNKNOWN]:
        licence = licence_named(name, licences) or _unnamed(name, licences)
        found[licence.id] = licence
    order = list(Permission)
    return sorted(found.values(), key=lambda one: (-order.index(one.verdict(use)), one.id))


def _unnamed(name: str, licences: Mapping[str, Licence]) -> Licence:
    return replace(licences[UNKNOWN], id=name, title=f"Licence `{name}`")


def _lowered(sentence: str) -> str:
    """A sentence behind a colon."""
    return sentence[:1].lower() + sentence[1:]
