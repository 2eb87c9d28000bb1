"""E-mail addresses, IP addresses, and web addresses that name or admit a person."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from sartor.data.personal_context import words_before
from sartor.data.personal_kinds import EMAIL, IP, URL, Found

_ENDINGS = (
    "com|net|org|info|biz|edu|gov|de|at|ch|uk|fr|es|nl|se|it|pt|eu|be|dk|no|fi|pl|cz|ie"
    "|us|ca|au|nz|in|br|mx|io|co|me"
)
_HOSTERS = "gmail|googlemail|hotmail|outlook|yahoo|icloud|gmx|live|aol|protonmail|proton"
_LOCAL = r"(?<![\w.+'’&%-])[\w.+'’&%-]{1,64}"
_HOST = r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}"
_KNOWN_HOST = rf"(?:[\w-]{{1,63}}\.){{1,8}}(?:{_ENDINGS})(?![\w-]|\.\w)"
_LOOSE_HOST = rf"[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,4}}[ \t]?[.,][ \t]?(?:{_ENDINGS})(?!\w)"
_DOT = r"[ \t]?[\[({]?[ \t]?(?:dot|punkt|point|punto|ponto|punt)[ \t]?[\])}]?[ \t]?"
_EMAIL = re.compile(
    rf"{_LOCAL}[@＠]{{1,2}}\n?(?:{_KNOWN_HOST}|{_LOOSE_HOST}|{_HOST}|(?:{_HOSTERS})(?!\w))"
    rf"|{_LOCAL}[ \t]{{0,2}}\n?[@＠][ \t]{{0,2}}\n?{_LOOSE_HOST}",
    re.IGNORECASE,
)
_AT = r"[ \t]?[\[({<][ \t]?(?:at|ät|a|arroba|chiocciola|@)[ \t]?[\])}>][ \t]?"
_NAMED_PARTS = (
    rf"[\w-]{{1,63}}(?:(?:\.|{_DOT})[\w-]{{1,63}}){{0,3}}?(?:\.|{_DOT})(?:{_ENDINGS})(?!\w)"
)
_SPELLED = re.compile(
    rf"{_LOCAL}(?:{_AT}|[ \t](?:arroba|chiocciola|apenstaartje|snabel-a)[ \t]){_NAMED_PARTS}"
    rf"|{_LOCAL}[ \t]at[ \t][\w-]{{1,63}}"
    rf"(?:[ \t]dot[ \t][\w-]{{1,63}}){{0,3}}?[ \t]dot[ \t](?:{_ENDINGS})(?!\w)",
    re.IGNORECASE,
)
_SPELLED_HINTS = (
    *(
        "(at)",
        "[at]",
        "{at}",
        "<at>",
        "( at )",
        "[ at ]",
        "(a)",
        "[a]",
        "(@)",
        "[@]",
        "(ät)",
        "arroba",
    ),
    *(
        " dot ",
        "chiocciola",
        "apenstaartje",
        "snabel-a",
        " punkt ",
        " punto ",
        " ponto ",
        " point ",
    ),
)
_HEX = "0-9a-fA-F"
_IPV4 = re.compile(r"(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w]|\.[0-9])")
_IPV6 = re.compile(
    rf"(?<![\w:.])(?:::ffff:[0-9.]{{7,15}}"
    rf"|[{_HEX}]{{3,4}}(?::[{_HEX}]{{0,4}}){{2,7}})(?:%\w{{1,15}})?(?![\w:])",
    re.I,
)
_VERSION_WORDS = (
    "version",
    "versión",
    "v",
    "build",
    "release",
    "update",
    "section",
    "chapter",
    "firmware",
)
_NOBODYS_IPV4 = ("127.0.", "0.", "255.")
_URL = re.compile(r"(?:https?|ftp)://[^\s<>\"'\]]{4,2000}|www\.[^\s<>\"'\]]{4,2000}", re.IGNORECASE)
_OF_A_PERSON = re.compile(
    r"://[^/\s]{1,200}@|linkedin\.com/in/|wa\.me/|t\.me/|facebook\.com/profile|%40"
    r"|[?&;](?:e-?mail|user(?:name|id)?|name|login|phone|tel|token|session(?:id)?|sid|auth|api_?key"
    r"|customer(?:_?id)?|account|order(?:_?id)?|password|pw|uid)=[^&\s]"
    r"|[?&;/=][^/\s?&]{1,64}@[\w-]{1,63}\.",
    re.IGNORECASE,
)


def emails(text: str) -> Iterator[Found]:
    """E-mail addresses, also with `(at)` and `dot`, spaces, a comma for the dot, or a line break."""
    if "@" in text or "＠" in text:
        for match in _EMAIL.finditer(text):
            yield Found(match.start() + _num_quotes(match[0]), match.end(), EMAIL)
    if is_spelled(text):
        for match in _SPELLED.finditer(text):
            yield Found(match.start(), match.end(), EMAIL)


def is_spelled(text: str) -> bool:
    """Whether an e-mail address may be written in words."""
    lower = text.lower()
    return any(hint in lower for hint in _SPELLED_HINTS)


def _num_quotes(address: str) -> int:
    """Quotes and dots before the address are no part of it."""
    return len(address) - len(address.lstrip("'’.%&-"))


def ip_addresses(text: str) -> Iterator[Found]:
    """IP addresses, version numbers and the addresses of nobody apart."""
    if "." in text:
        yield from (
            Found(*match.span(), IP) for match in _IPV4.finditer(text) if _is_ipv4(text, match)
        )
    if ":" in text:
        for match in _IPV6.finditer(text):
            if _is_ipv6(match[0]):
                yield Found(*match.span(), IP)


def _is_ipv4(text: str, match: re.Match[str]) -> bool:
    parts = [int(part) for part in match[0].split(".")]
    if max(parts) > 255 or match[0].startswith(_NOBODYS_IPV4):
        return False
    nearest = words_before(text, match.start(), 2)
    if any(word in _VERSION_WORDS for word in nearest):
        return False
    return max(parts) > 9 or "ip" in nearest


def _is_ipv6(characters: str) -> bool:
    """Times look alike, and so do paths of names in programs: those have no digit."""
    try:
        ipaddress.IPv6Address(characters)
    except ValueError:
        return False
    return any(character.isdecimal() for character in characters)


def urls(text: str) -> Iterator[Found]:
    """Web addresses with a name, a token or a login in them; others say nothing about a person."""
    if "://" not in text and "www." not in text.lower():
        return
    for match in _URL.finditer(text):
        if _OF_A_PERSON.search(match[0]):
            yield Found(match.start(), match.start() + len(match[0].rstrip(".,;:!?)")), URL)
