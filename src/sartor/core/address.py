"""Addresses of data: which sort they are of, and how they are shown without their secrets.

An entry under `data:` is a file, a folder or an address, and behind a `#` what of it is meant: a sheet, a
table or a query.
"""

from __future__ import annotations

import re

DATABASES = frozenset(
    {
        *("sqlite", "postgresql", "postgres", "mysql", "mariadb", "mssql", "oracle", "duckdb"),
        *("cockroachdb", "snowflake", "redshift", "bigquery", "trino", "clickhouse"),
    }
)
"""Kinds of databases, which are what SQLAlchemy calls dialects."""
LOCAL_STORES = frozenset({"file", "memory", "zip", "tar"})
"""Stores that are on this machine, as fsspec calls them."""
STORES = LOCAL_STORES | {
    *("http", "https", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "ftp", "sftp"),
}
"""Stores of files: a list, because others of fsspec run programs or read templates."""
HUB = "hf"
HIDDEN = "***"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9.-]{0,40})(\+[A-Za-z0-9_.-]{1,40})?://")
_SECRET_NAMES = re.compile(
    r"sig|token|key|secret|pass|pwd|auth|cred|session|x-amz|x-goog|expires|code", re.IGNORECASE
)
_LONG_VALUE = 24
"""Characters from which a value in an address is taken for a secret, whatever its name."""
_PARAMETER = re.compile(r"([?&;])([^=&;#\s]{1,200})=([^&;#\s]*)")


def scheme_of(entry: str) -> str:
    """`s3`, `postgresql`, `hf`; empty for a file or folder. A driver (`+psycopg`) does not count."""
    found = _SCHEME.match(entry)
    return found[1].lower() if found else ""


def schemes_of(entry: str) -> list[str]:
    """All schemes of a chain such as `zip://mails.csv::s3://bucket/mails.zip`."""
    return [scheme_of(link) for link in split_part(entry)[0].split("::") if scheme_of(link)]


def is_database(entry: str) -> bool:
    """Whether rows are asked for there, instead of files."""
    return scheme_of(entry) in DATABASES


def split_part(entry: str) -> tuple[str, str]:
    """An entry before and behind its `#`."""
    place, _, part = entry.partition("#")
    return place, part


def masked(entry: str) -> str:
    """An entry as it may be shown and hashed: without passwords, tokens and signatures."""
    scheme = scheme_of(entry)
    if not scheme:
        return entry
    place, mark, part = entry.partition("#")
    start, _, rest = place.partition("://")
    path, query_mark, query = rest.partition("?")
    shown = f"{start}://{_without_login(path, is_user_shown=scheme in DATABASES)}"
    return shown + _PARAMETER.sub(_shown_parameter, query_mark + query) + mark + part


def _without_login(path: str, *, is_user_shown: bool) -> str:
    """A password may hold slashes, so it ends at the last `@`; without one a name is all there is."""
    authority = path.partition("/")[0]
    if "@" not in (path if ":" in authority else authority):
        return path
    login, _, rest = path.rpartition("@")
    user = login.partition(":")[0]
    if is_user_shown:
        return f"{user}:{HIDDEN}@{rest}" if ":" in login else path
    return f"{HIDDEN}@{rest}"


def _shown_parameter(found: re.Match[str]) -> str:
    mark, name, value = found.groups()
    is_secret = _SECRET_NAMES.search(name) or len(value) >= _LONG_VALUE
    return f"{mark}{name}={HIDDEN if is_secret and value else value}"
