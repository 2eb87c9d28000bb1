"""Which lines of a mail somebody else wrote earlier.

By lines, each looked at once or twice, so that the time grows with the mail alone. The words are those of
the usual clients in English, German, Dutch, French, Spanish, Swedish and some neighbours; docs/notes/mail.md
compares with libraries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOST_LINE = 400
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb(?:en)?|geschrieben|schreef|geschreven|a écrit|écrivait|escribió"
    r"|escribio|skrev|skriver"
    r"|ha scritto|escreveu|napisał(?:\(a\))?|kirjoitti|napsal\(a\))\b",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"(?:on|am|le|el|op|den|il|em|no dia|dnia|em|der|de)\b|\d|[^\s<>]{1,60}@|[^\n]{0,80}<[^<>\s]{1,80}@",
    re.IGNORECASE,
)
_DATED = re.compile(r"\d{1,2}[:.h]\s?\d{2}|\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2}|@")
_OLD_GMAIL = re.compile(r"\d{4}-\d{2}-\d{2} \d{1,2}:\d{2}.{0,30}<[^<>\s]{1,100}>:$")
_ABOVE = re.compile(
    r"\W{0,6}(?:please )?(?:type|write|reply|antworten sie|bitte antworten|répondez|responda"
    r"|svara)\b[^\n]{0,40}"
    r"\b(?:above this line|über dieser (?:zeile|linie)|oberhalb dieser|au-dessus de cette ligne"
    r"|encima de esta línea"
    r"|ovanför denna)",
    re.IGNORECASE,
)
"""A helpdesk's mark, on a line of its own."""
_COMMENT = re.compile(
    r"(?:quoting|zitat von|citerar|citando a|citaat van|en citant)\b[^\n]{0,100}@"
    r"|\* [^\n]{1,80}<[^<>]{3,80}> \["
    r"|[^\n]{2,60}, \w{3,9}\.? \d{1,2},? \d{4},? (?:at )?\d{1,2}:\d\d[^\n]{0,12}:$",
    re.IGNORECASE,
)
"""Above a quote without a word for writing: Horde, Mutt, comments of helpdesks."""
_RULE = re.compile(r"[_\-=*\s]{5,}$")
_ORIGINAL = re.compile(
    r"[-_*=\s]{2,}(?:original message|original-nachricht|ursprüngliche nachricht|original[- ]?nachricht"
    r"|originele bericht|origineel bericht|oorspronkelijk bericht|oorspronkelijke bericht|message d'origine"
    r"|message d’origine|message original|mensaje original|originalmeddelande|ursprungligt meddelande"
    r"|ursprungligt mail|messaggio originale|mensagem original|original email|reply message"
    r"|forwarded message|weitergeleitete nachricht|doorgestuurd bericht|message transféré|message transmis"
    r"|mensaje reenviado|vidarebefordrat meddelande|vidarebefordrat brev|oprindelig meddelelse"
    r"|opprinnelig melding|wiadomość oryginalna)[^\n]{0,60}[-_*=]{2,}\s*$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten (?:e-mail|nachricht)"
    r"|début du message (?:réexpédié|transféré)|inicio del mensaje reenviado"
    r"|begin doorgestuurd bericht|vidarebefordrat brev|påbörja vidarebefordrat meddelande)\s?:\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\s*[*_]{0,2}(?:from|von|van|de|från|da|fra|od|lähettäjä)\s?:[*_]{0,2}\s", re.IGNORECASE
)
_FIELD = re.compile(
    r"\s*[*_]{0,2}(?:sent|date|to|cc|subject|reply-to|gesendet|datum|an|betreff|kopie|antwort an|verzonden"
    r"|verstuurd|aan|onderwerp|envoyé(?: le)?|date|à|objet|copie|enviado(?: el)?|fecha|para|asunto|skickat"
    r"|till|ämne|kopia|inviato|data|a|oggetto|sendt|til|emne|enviada(?: em)?|assunto|wysłano|do|temat"
    r"|importance|priority|wichtigkeit|bcc|blindkopie)\s?:",
    re.IGNORECASE,
)


def quote_mask(lines: Sequence[str]) -> list[bool]:
    """True for each line that is quoted, or that announces a quote.

    Text below and between quotes is the writer's own, but for what follows an announcement without marks.
    """
    is_quoted = [_is_marked(line) for line in lines]
    at = 0
    while at < len(lines):
        if is_quoted[at]:
            at += 1
        elif num_lines := _num_announcing(lines, at):
            end = at + num_lines
            is_quoted[at:end] = [True] * num_lines
            if _is_followed_by_marks(is_quoted, lines, end):
                at = end
            else:
                return _to_the_end(is_quoted, lines, at)
        elif _begins_rest(lines, at):
            return _to_the_end(is_quoted, lines, at)
        else:
            at += 1
    return is_quoted


def without_quotes(text: str) -> str:
    """What the writer of a mail wrote in it."""
    lines = text.split("\n")
    return "\n".join(
        line for line, is_quoted in zip(lines, quote_mask(lines), strict=True) if not is_quoted
    )


def _is_marked(line: str) -> bool:
    return line[:8].lstrip(" \t").startswith(">") or _ABOVE.match(line[:200]) is not None


def _num_announcing(lines: Sequence[str], at: int) -> int:
    """Lines of `On ... wrote:` that begin here, 0 to 4; clients wrap it."""
    joined = ""
    for number in range(4):
        if at + number >= len(lines) or _is_marked(lines[at + number]):
            return 0
        line = lines[at + number].strip()
        joined = f"{joined} {line}".strip()
        if not line or len(joined) > _MOST_LINE or (number == 0 and not _OPENS.match(line)):
            return _names_writer(line, number)
        if line.endswith((":", ": ", "：")):
            return number + 1 if _announces(joined) else 0
    return 0


def _names_writer(line: str, number: int) -> int:
    """`Anna Berg schreef op 3 mei 2024 om 10:11:` begins with a name instead."""
    is_whole = number == 0 and 0 < len(line) <= _MOST_LINE and line.endswith(":")
    return int(is_whole and _announces(line))


def _announces(joined: str) -> bool:
    if _OLD_GMAIL.search(joined) is not None or _COMMENT.match(joined) is not None:
        return True
    return _WROTE.search(joined) is not None and _DATED.search(joined) is not None


def _is_followed_by_marks(is_quoted: Sequence[bool], lines: Sequence[str], at: int) -> bool:
    """Whether the next line that is not blank is marked; then text may come after the quote."""
    for position in range(at, len(lines)):
        if lines[position].strip():
            return is_quoted[position]
    return False


def _begins_rest(lines: Sequence[str], at: int) -> bool:
    """Whether the rest of the mail is an older one: a separator, or a block of header lines."""
    line = lines[at][:_MOST_LINE]
    if _ORIGINAL.match(line) or _FORWARDED.match(line.strip()):
        return True
    return (_FROM.match(line) or _FIELD.match(line)) is not None and _is_header(lines, at)


def _is_header(lines: Sequence[str], at: int) -> bool:
    """Whether the next seven lines that are not blank hold three header lines, the sender among them."""
    near = [line[:_MOST_LINE] for line in lines[at : at + 14] if line.strip()][:7]
    num_fields = sum(_FIELD.match(line) is not None for line in near)
    return num_fields >= 2 and any(_FROM.match(line) for line in near)


def _to_the_end(is_quoted: list[bool], lines: Sequence[str], at: int) -> list[bool]:
    """All from here on, and the rule that clients draw above it."""
    while at > 0 and (not lines[at - 1].strip() or _RULE.match(lines[at - 1][:_MOST_LINE])):
        at -= 1
    return [*is_quoted[:at], *[True] * (len(is_quoted) - at)]
