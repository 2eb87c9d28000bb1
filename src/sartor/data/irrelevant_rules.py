"""Messages that say nothing a classifier could learn from, told by their letters alone.

Every pattern looks at the first 2,000 characters and has bounded repeats.
"""

from __future__ import annotations

import re

EMPTY = "empty"
GREETING = "greeting or thanks only"
CODE = "code or log"
NOISE = "keyboard noise"
REASONS = {
    EMPTY: "There is no letter and no digit in it.",
    GREETING: "It greets, thanks or agrees, and asks nothing.",
    CODE: "It is program code, markup or a log and no sentence.",
    NOISE: "Its letters are no words of any language.",
}
_LOOKED_AT_CHARACTERS = 2_000
_MOST_POLITE_WORDS = 6
_NOISE_SHARE = 0.6
_WORD = re.compile(r"[^\W_]{1,200}")
_POLITE_WORDS = """
hi hello hey hiya yo dear good morning afternoon evening day night thanks thank you thx ty cheers so very much
many a lot ok okay k kk yes no yep nope sure great fine perfect cool nice super bye goodbye please welcome all
right alright there again for your help team sir madam everyone regards best kind
hallo moin servus guten tag morgen abend danke dankeschön schön vielen dank sehr bitte ja nein gut tschüss
grüße bonjour bonsoir salut merci beaucoup oui non bien parfait revoir au accord d
hola buenos buenas días dias tardes noches gracias muchas sí si vale adiós adios de nada
ciao buongiorno buonasera grazie mille prego va bene arrivederci
olá ola oi bom boa dia tarde noite obrigado obrigada muito sim não nao tchau
hoi goedemorgen goedemiddag goedenavond goedendag dag bedankt dank je u wel hartelijk nee goed
hej hei moi tack takk tak kiitos dzień dobry cześć dziękuję dzięki tak nie merhaba teşekkürler evet hayır
привет здравствуйте спасибо да нет добрый день γεια ευχαριστώ ναι όχι
你好 谢谢 谢谢你 好的 こんにちは ありがとう はい 안녕하세요 감사합니다 مرحبا شكرا שלום תודה नमस्ते धन्यवाद
"""
_POLITE = frozenset(_POLITE_WORDS.split())
_CODE_SIGNS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"[;{}]\s{0,9}$",
        r"^\s{0,40}(?:def|class|import|from|return|raise|elif|except|const|let|var|public|private|static|void|func"
        r"|function|SELECT|INSERT|UPDATE|#include|sudo|git|pip|npm|curl)\b[^.?!\n]{0,200}[(){};:=,*/'\"-]",
        r"\w\((?:[^()\n]{0,80})\)",
        r"(?:==|!=|=>|->|&&|\|\||\+=|::|</|/>|:=|\*\*)",
        r"(?:^|\s)[\w.\[\]]{1,60}\s?=\s?[\w\"'\[({-]",
        r"\"[\w-]{1,60}\"\s?:\s?[\[{\"\d]",
        r"<[a-zA-Z][\w-]{0,20}(?:\s[^<>\n]{0,80})?>",
        r"\b(?:ERROR|WARN|INFO|DEBUG|FATAL)\b.{0,20}[\[:]|Traceback \(most|^\s{0,20}at [\w.$]{3,80}\(",
        r"^\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d",
        r"\b\w{1,40}(?:\.\w{1,40}){1,5}\(|\b[a-z]{1,20}_[a-z_]{1,40}\b",
        r"[\[(][\w\"'., -]{0,60}[\])]\s{0,3}[:=\])]",
    )
)
_FEWEST_CODE_SIGNS = 2
_SYMBOLS = re.compile(r"[{}\[\]()<>=;|&$#*\\/_`\"]")
_KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop")
_WALKS = frozenset(
    walk[start : start + 4]
    for row in _KEYBOARD_ROWS
    for walk in (row, row[::-1])
    for start in range(len(row) - 3)
) - {"rewq", "poiu", "tyui", "rtyu"}
_VOWELS = "aeiouyäöüáéíóúàèìòùâêîôûãõåæøœëïÿąęı"
_NO_VOWEL = re.compile(rf"[^\W\d_{_VOWELS}]{{5,200}}")
_CONSONANTS = re.compile(rf"[^\W\d_{_VOWELS}]{{6,200}}")
_SAME = re.compile(r"(.)\1{3,200}")
_DIGIT_OR_SIGN_WITHIN = re.compile(r"[a-z](?:\d|[;\[\]]){1,5}[a-z]")


def rule_of(text: str) -> str | None:
    """Which of `REASONS` holds of a message; None where none does."""
    text = text[:_LOOKED_AT_CHARACTERS]
    words = _WORD.findall(text.casefold())
    if not words:
        return EMPTY if not _SYMBOLS.search(text) else NOISE
    if len(words) <= _MOST_POLITE_WORDS and all(word in _POLITE for word in words):
        return GREETING
    if _is_noise(text.casefold(), words):
        return NOISE
    return CODE if _is_code(text) else None


def _is_code(text: str) -> bool:
    num_signs = sum(pattern.search(text) is not None for pattern in _CODE_SIGNS)
    symbol_share = len(_SYMBOLS.findall(text)) / len(text)
    return num_signs >= _FEWEST_CODE_SIGNS and (symbol_share >= 0.04 or num_signs >= 4)


def _is_noise(text: str, words: list[str]) -> bool:
    """Most of the letters stand in words that no language has; Latin letters only."""
    if (
        _DIGIT_OR_SIGN_WITHIN.search(text)
        and " " not in text.strip()
        and re.search(r"[;\[\]]", text)
    ):
        return True
    letters = [word for word in words if not word.isdigit()]
    if not letters or not all(word.isascii() for word in letters):
        return False
    noise = sum(len(word) for word in letters if _is_noise_word(word))
    return noise >= _NOISE_SHARE * sum(map(len, letters))


def _is_noise_word(word: str) -> bool:
    if any(character.isdigit() for character in word):
        return False  # numbers of orders and parts look like that
    repeated = _SAME.search(word)
    if repeated and len(repeated[0]) >= 0.6 * len(word):
        return True
    if len(word) >= 4 and any(word[at : at + 4] in _WALKS for at in range(len(word) - 3)):
        return True
    return bool(_NO_VOWEL.fullmatch(word)) or bool(_CONSONANTS.search(word.replace("sch", "s")))
