"""Which lines of a mail are its signature: closing, name, contact, footers of clients, legal text.

What a writer repeats below several mails is learned first; answers that are sent again and again are not
taken for it, since only what looks like contact or legal text, or stands below a closing, is cut.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from sartor.data.mail_phrases import CLOSING, LEGAL, LEGAL_START, MOBILE, WEAK_CLOSING

TAIL_LINES = 40
"""A signature is not longer than this."""
_MOST_FOLLOWING = 14
_LONG_LINE = 90
_LOOKED_AT = 600
"""Characters in which legal text says that it is; looking for its words is what takes time."""
_DELIMITER = re.compile(r"(?:--|—|__|–)\s*$|-{2,3}\s*$|_{3,60}\s*$|-{5,60}\s*$")
_POSTSCRIPT = re.compile(r"\s*p\.?\s?s\b\.?", re.IGNORECASE)
_CONTACT = re.compile(
    r"@[\w-]+\.\w|https?://|www\.|\b(?:tel|fon|phone|mobil|mobile|fax|tfn|tél|telefon|mob)\b\.?\s?:?"
    r"|\+\d[\d ()/-]{6,}"
    r"|\b\d{2,5}[ /-]\d{3,}|\S\s[|·•]\s\S",
    re.IGNORECASE,
)
_COMPANY = re.compile(
    r"\b(?:co|inc|ltd|corp|bros|e\.\s?v|b\.\s?v|s\.\s?[al]|llc|jr|sr)\.$", re.IGNORECASE
)
_NAME_MARKS = "/-–—~*_|^ \t.,!"
_WORD = re.compile(r"[^\W\d_]+(?:[-'’.][^\W\d_]+)*\.?")
Repeated = frozenset[str]
"""Lines that a writer has below several mails, in one spelling."""


def repeated_lines(mails: Iterable[Sequence[str]]) -> tuple[Repeated, Repeated]:
    """Lines at the end of at least two mails of one writer; of most of at least four."""
    tails = [frozenset(_spelled(line) for line in _tail(lines) if line.strip()) for lines in mails]
    counts = Counter(line for tail in tails for line in tail)
    some = frozenset(line for line, count in counts.items() if count >= 2)
    most = frozenset(
        line for line in some if counts[line] >= 4 and counts[line] >= 0.6 * len(tails)
    )
    return some, most


def signature_mask(
    lines: Sequence[str],
    *,
    names: Sequence[str] = (),
    repeated: tuple[Repeated, Repeated] = (frozenset(), frozenset()),
) -> list[bool]:
    """True for each line that belongs to the signature.

    Args:
        lines: Of a mail without its quotes.
        names: What the writer is called: display name, parts of the address.
        repeated: What the writer has below other mails, see `repeated_lines`.
    """
    is_cut = [False] * len(lines)
    end = _delimited(lines)
    end = _peeled(lines, end, repeated)
    start = _closing(lines, end, names, repeated)
    if start == end:
        start = _peeled(lines, _named(lines, end, names), repeated)
    postscript = next((at for at in range(start, end) if _POSTSCRIPT.match(lines[at])), None)
    is_cut[start:] = [True] * (len(lines) - start)
    if postscript is not None:
        is_cut[postscript:end] = [False] * (end - postscript)
    if all(cut or not line.strip() for cut, line in zip(is_cut, lines, strict=True)):
        return [False] * len(lines)
    return is_cut


def without_signature(
    text: str, *, names: Sequence[str], repeated: tuple[Repeated, Repeated]
) -> str:
    """What is said above the signature."""
    lines = text.split("\n")
    mask = signature_mask(lines, names=names, repeated=repeated)
    return "\n".join(line for line, is_cut in zip(lines, mask, strict=True) if not is_cut)


def _tail(lines: Sequence[str]) -> Sequence[str]:
    return [line for line in lines if line.strip()][-TAIL_LINES:]


def _spelled(line: str) -> str:
    return " ".join(line.casefold().split())[:200]


def _delimited(lines: Sequence[str]) -> int:
    """Where `-- ` stands with a signature's worth of lines below; else the end."""
    for at in range(max(0, len(lines) - TAIL_LINES), len(lines)):
        if _DELIMITER.match(lines[at]) and any(line.strip() for line in lines[:at]):
            below = [line for line in lines[at + 1 :] if line.strip()]
            is_sure = lines[at].rstrip("\r").startswith("-- ") or lines[at].strip() in ("--", "—")
            if is_sure or all(len(line) <= _LONG_LINE for line in below[:_MOST_FOLLOWING]):
                return at
    return len(lines)


def _peeled(lines: Sequence[str], end: int, repeated: tuple[Repeated, Repeated]) -> int:
    """Without footers of clients, legal paragraphs and what the writer has below most mails."""
    while True:
        end = _without_blank(lines, end)
        if end == 0 or _is_footer(lines[end - 1], repeated):
            if end == 0:
                return 0
            end -= 1
            continue
        start = _paragraph(lines, end)
        if not _is_legal(lines[start:end], repeated):
            return end
        end = start


def _without_blank(lines: Sequence[str], end: int) -> int:
    while end and not lines[end - 1].strip():
        end -= 1
    return end


def _paragraph(lines: Sequence[str], end: int) -> int:
    start = end
    while start and lines[start - 1].strip() and end - start < TAIL_LINES:
        start -= 1
    return start


def _is_footer(line: str, repeated: tuple[Repeated, Repeated]) -> bool:
    some, most = repeated
    if MOBILE.match(line[:300]) or _spelled(line) in most or _DELIMITER.match(line[:100]):
        return True
    return _spelled(line) in some and _CONTACT.search(line[:300]) is not None


def _is_legal(paragraph: Sequence[str], repeated: tuple[Repeated, Repeated]) -> bool:
    """Legal text says so in its first words, or is repeated and speaks of registers or secrecy."""
    text = " ".join(paragraph)[:_LOOKED_AT]
    num_words = len(LEGAL.findall(text))
    if LEGAL_START.match(text) and num_words:
        return True
    is_repeated = any(_spelled(line) in repeated[0] for line in paragraph)
    return num_words >= 3 or (is_repeated and num_words >= 1)


def _closing(
    lines: Sequence[str], end: int, names: Sequence[str], repeated: tuple[Repeated, Repeated]
) -> int:
    """Where the closing stands whose lines below all may belong to a signature; else the end."""
    num_below = 0
    start = end
    for at in range(end - 1, max(-1, end - TAIL_LINES), -1):
        line = lines[at].strip()
        if not line:
            continue
        is_closing = CLOSING.match(line[:200]) is not None
        is_weak = not is_closing and WEAK_CLOSING.match(line[:200]) is not None
        if is_closing or (is_weak and _name_follows(lines[at + 1 : end], names)):
            start = at
        elif _POSTSCRIPT.match(line):
            num_below = 0
        elif not (_may_follow(line, names, repeated) or _is_in_postscript(lines, at)):
            break
        num_below += 1
        if num_below > _MOST_FOLLOWING and start == end:
            break
    return start


def _name_follows(lines: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the next line that is not blank is the writer's name, or begins with it."""
    line = next((line.strip() for line in lines[:4] if line.strip()), "")
    first_word = line.split()[0] if line else ""
    return _is_name(line, names) or (len(line.split()) <= 6 and _is_name(first_word, names))


def _is_in_postscript(lines: Sequence[str], at: int) -> bool:
    """Whether a long line goes on what `PS` began."""
    start = _paragraph(lines, at + 1)
    return _POSTSCRIPT.match(lines[start]) is not None


def _may_follow(line: str, names: Sequence[str], repeated: tuple[Repeated, Repeated]) -> bool:
    """Whether a line may stand below a closing: short, and no sentence."""
    if _spelled(line) in repeated[0] or _is_name(line, names) or MOBILE.match(line[:300]):
        return True
    if len(line) > _LONG_LINE:
        return LEGAL.search(line[:_LOOKED_AT]) is not None
    if _CONTACT.search(line) or LEGAL.search(line):
        return True
    is_sentence = line.endswith(("?", ":", ".", "!", ",")) and not _COMPANY.search(line)
    most_words = 9 if any(map(str.isdigit, line)) else 7
    return len(line.split()) <= most_words and not is_sentence


def _named(lines: Sequence[str], end: int, names: Sequence[str]) -> int:
    """Without the writer's name alone on the last line, and the contact lines below it."""
    for at in range(end - 1, max(-1, end - _MOST_FOLLOWING), -1):
        line = lines[at].strip()
        if line and _is_name(line, names):
            return at
        if line and not (len(line) <= _LONG_LINE and _CONTACT.search(line)):
            break
    return end


def _is_name(line: str, names: Sequence[str]) -> bool:
    """Whether a line is nothing but what the writer is called, or a part of it."""
    if len(line) > 60:
        return False
    bare = line.strip(_NAME_MARKS)
    words = [word.casefold().strip(".") for word in _WORD.findall(bare)]
    known = {part.casefold().strip(".") for name in names for part in _WORD.findall(name)}
    return 0 < len(words) <= 5 and len(bare.split()) == len(words) and set(words) <= known
