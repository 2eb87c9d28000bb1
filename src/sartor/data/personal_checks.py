"""Check digits: what tells an account or an identity number from any other number.

Every function takes the characters without separators, letters in capitals.
"""

from __future__ import annotations

import re
from datetime import date

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CODICE = re.compile(r"[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]")
_CODICE_ODD = (
    1,
    0,
    5,
    7,
    9,
    13,
    15,
    17,
    19,
    21,
    2,
    4,
    18,
    20,
    11,
    3,
    6,
    8,
    12,
    14,
    16,
    10,
    22,
    25,
    24,
    23,
)
_CODICE_DIGITS = str.maketrans("0123456789", "ABCDEFGHIJ")


def is_luhn(digits: str) -> bool:
    """Payment cards (ISO/IEC 7812-1)."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(v - 9 if v > 9 else v for v in doubled)) % 10 == 0


def is_iban(characters: str) -> bool:
    """Bank accounts (ISO 13616, ISO/IEC 7064 modulo 97)."""
    moved = characters[4:] + characters[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def is_social_security(digits: str) -> bool:
    """USA: the ranges that the Social Security Administration never issues."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def is_steuer_id(digits: str) -> bool:
    """Germany: 11 digits, ISO/IEC 7064 modulo 11, 10; one digit is repeated within the first ten."""
    if digits[0] == "0" or max(map(digits[:10].count, set(digits[:10]))) not in (2, 3):
        return False
    product = 10
    for digit in digits[:10]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_dni(characters: str) -> bool:
    """Spain: DNI (8 digits and a letter) and NIE (X, Y or Z before 7 digits)."""
    number = (
        str("XYZ".find(characters[0])) + characters[1:-1]
        if characters[0] in "XYZ"
        else characters[:-1]
    )
    return _DNI_LETTERS[int(number) % 23] == characters[-1]


def is_nir(characters: str) -> bool:
    """France: 13 characters and a key modulo 97; 2A and 2B are Corsica."""
    number = characters[:13].replace("2A", "19").replace("2B", "18")
    return number.isdecimal() and 97 - int(number) % 97 == int(characters[13:])


def is_bsn(digits: str) -> bool:
    """Netherlands: 9 digits, the weighted sum divides by 11."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return _weighted(digits, weights) % 11 == 0 and digits != "0" * 9


def is_codice_fiscale(characters: str) -> bool:
    """Italy: 16 characters, the last of them for checking (D.M. 23/12/1976)."""
    if not _CODICE.fullmatch(characters):
        return False
    at = [ord(character) - 65 for character in characters.translate(_CODICE_DIGITS)]
    total = sum(_CODICE_ODD[value] for value in at[0:15:2]) + sum(at[1:15:2])
    return chr(65 + total % 26) == characters[15]


def is_personnummer(digits: str) -> bool:
    """Sweden: a date of birth and four digits; samordningsnummer add 60 to the day."""
    short = digits[-10:]
    day = int(short[4:6])
    return is_luhn(short) and _is_day(2000, int(short[2:4]), day - 60 if day > 60 else day)


def is_pesel(digits: str) -> bool:
    """Poland: a date of birth (the century in the month) and a weighted check digit."""
    if not _is_day(2000, int(digits[2:4]) % 20, int(digits[4:6])):
        return False
    return -_weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10 == int(digits[10])


def is_nif(digits: str) -> bool:
    """Portugal: 9 digits, modulo 11."""
    rest = -_weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return rest % 10 * (rest < 10) == int(digits[8])


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))


def _is_day(year: int, month: int, day: int) -> bool:
    """The year is a leap year, so that 29 February passes whatever the century."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
