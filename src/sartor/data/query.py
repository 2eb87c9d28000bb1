"""Which rows of a database are asked for, and that asking changes nothing there."""

from __future__ import annotations

import os
import re

from sartor.core.address import HIDDEN, masked, split_part
from sartor.core.errors import DataError

_ASKS = re.compile(r"\s*\(*\s*(select|with|values)\b", re.IGNORECASE)
_STATEMENT = re.compile(
    r"\s*\(*\s*(select|with|values|insert|update|delete|merge|replace|drop|alter|create|truncate|pragma"
    r"|attach|vacuum|call|exec|execute|explain|show|begin|grant|copy|--|/\*)(\s|\()",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
_CHANGES = re.compile(
    r"\b(insert|update|delete|merge|replace\s+into|into|drop|alter|create|truncate|grant|copy|call"
    r"|attach|detach|pragma|vacuum|exec|execute|load_extension)\b",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LOGIN = re.compile(r"://[^:@/]*:(.+)@", re.DOTALL)
_MIN_SECRET = 3


def is_query(part: str) -> bool:
    """Whether what stands behind the `#` is a query; else it is the name of a table."""
    return bool(_STATEMENT.match(part))


def check_query(query: str, *, where: str) -> str:
    """The query without a semicolon at its end, if it does nothing but ask.

    A first line of defence: the transaction cannot write either, and is rolled back.

    Raises:
        DataError: It is no question, or several statements, or holds a word that changes something.
    """
    statement = query.strip().rstrip(";").rstrip()
    plain = _QUOTED.sub("''", statement)
    found = _CHANGES.search(plain)
    if not _ASKS.match(plain.lstrip("' \n\t")) or ";" in plain or found:
        what = f"holds `{found[1].lower()}`" if found else "is not one SELECT"
        raise DataError(
            where=where,
            problem=f"the query {what}; databases are only read.",
            fix="Write one SELECT, such as `SELECT body AS text, queue AS label FROM mails`.",
        )
    return statement


def with_variables(address: str, *, where: str) -> tuple[str, tuple[str, ...]]:
    """An address with the values of its `${NAME}`, and all in it that must not be shown.

    Raises:
        DataError: A variable is not set.
    """
    secrets: list[str] = []

    def value_of(found: re.Match[str]) -> str:
        value = os.environ.get(found[1])
        if value is None:
            raise DataError(
                where=where,
                problem=f"the environment variable `{found[1]}` is not set.",
                fix=f"Set it before the command: `export {found[1]}=...`.",
            )
        secrets.append(value)
        return value

    whole = _VARIABLE.sub(value_of, address)
    if login := _LOGIN.search(split_part(whole)[0]):
        secrets.append(login[1])
    return whole, tuple(secrets)


def said(error: BaseException, secrets: tuple[str, ...]) -> str:
    """What a driver says, on one line and without secrets."""
    text = str(getattr(error, "orig", None) or error)
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _MIN_SECRET:
            text = text.replace(secret, HIDDEN)
    text = " ".join(masked(word) for word in text.split()[:60])
    return f"{type(error).__name__}: {text[:300]}".rstrip(". :")
