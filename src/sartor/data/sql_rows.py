"""Databases on servers, through SQLAlchemy: one query, read only, rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sartor.core.errors import DataError
from sartor.data.query import check_query, is_query, said
from sartor.data.sheets import several_parts
from sartor.data.sqlite_rows import Answer

_BATCH_ROWS = 1_000
_MAX_TABLES = 50
_READ_ONLY = {
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}
"""Databases that are told so; PostgreSQL has an option of its driver for it."""
_DRIVERS = {
    "postgresql": "psycopg",
    "mysql": "mysqlclient",
    "mariadb": "mariadb",
    "mssql": "pyodbc",
    "oracle": "oracledb",
}


@contextmanager
def sql_answer(address: str, part: str, *, name: str, secrets: tuple[str, ...]) -> Iterator[Answer]:
    """What a table or a query gives.

    Args:
        address: As SQLAlchemy reads it, passwords in it.
        part: A table or a query; empty: the only table with rows.
        name: For messages.
        secrets: Texts that no message may hold.

    Raises:
        DataError: SQLAlchemy or a driver is missing, or the database does not answer.
    """
    sqlalchemy = _library(name)
    try:
        engine = _engine(sqlalchemy, address, name)
        try:
            with engine.connect() as connection:
                yield from _asked(sqlalchemy, connection, part, name)
        finally:
            engine.dispose()
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise _refused(name, error, secrets) from None
    except (OSError, ValueError, TypeError, LookupError, MemoryError) as error:
        raise _refused(name, error, secrets) from None


def _library(name: str) -> Any:
    try:
        import sqlalchemy
    except ImportError as error:
        raise DataError(
            where=name,
            problem="is a database, and SQLAlchemy is not installed.",
            fix="Install it with `pip install 'sartor[sql]'`.",
        ) from error
    return sqlalchemy


def _engine(sqlalchemy: Any, address: str, name: str) -> Any:
    address = address.replace("postgres://", "postgresql://", 1)
    try:
        return sqlalchemy.create_engine(_with_new_driver(address), poolclass=sqlalchemy.NullPool)
    except ImportError as error:
        scheme = address.partition(":")[0].partition("+")[0]
        package = _DRIVERS.get(scheme, f"the SQLAlchemy driver for {scheme}")
        raise DataError(
            where=name,
            problem=f"the driver is not installed ({error.name}).",
            fix=f"Install it with `pip install {package}`.",
        ) from error


def _with_new_driver(address: str) -> str:
    """PostgreSQL by psycopg in its third version where that is the one installed."""
    from importlib.util import find_spec

    if address.startswith("postgresql://") and not find_spec("psycopg2"):
        return address.replace("postgresql://", "postgresql+psycopg://", 1)
    return address


def _asked(sqlalchemy: Any, connection: Any, part: str, name: str) -> Iterator[Answer]:
    kind = connection.dialect.name
    options = {"stream_results": True, "max_row_buffer": _BATCH_ROWS}
    if kind == "postgresql":
        options["postgresql_readonly"] = True
    connection = connection.execution_options(**options)
    if kind in _READ_ONLY:
        connection.execute(sqlalchemy.text(_READ_ONLY[kind]))
    query = (
        check_query(part, where=name)
        if is_query(part)
        else _of_table(sqlalchemy, connection, part, name)
    )
    try:
        result = connection.exec_driver_sql(query)
        yield list(result.keys()), _rows(result)
    finally:
        connection.rollback()


def _rows(result: Any) -> Iterator[tuple[Any, ...]]:
    for batch in result.partitions(_BATCH_ROWS):
        yield from map(tuple, batch)


def _of_table(sqlalchemy: Any, connection: Any, part: str, name: str) -> str:
    """The query for a whole table, `table` or `schema.table`."""
    quote = connection.dialect.identifier_preparer.quote
    if part:
        return "SELECT * FROM " + ".".join(map(quote, part.split(".")))
    tables = sqlalchemy.inspect(connection).get_table_names()[:_MAX_TABLES]
    if len(tables) == 1:
        return f"SELECT * FROM {quote(tables[0])}"
    if tables:
        raise several_parts(name, "tables", tables)
    raise DataError(
        where=name,
        problem="has no table.",
        fix="Write a query: `data: [{sql: ADDRESS, query: SELECT ...}]`.",
    )


def _refused(name: str, error: BaseException, secrets: tuple[str, ...]) -> DataError:
    return DataError(
        where=name,
        problem=f"the database does not answer ({said(error, secrets)}).",
        fix="Check address, login and query.",
    )
