"""What an entry under `data:` is, and what of it may be shown."""

from __future__ import annotations

import pytest

from sartor.core.address import is_database, masked, schemes_of, split_part

SHOWN = [
    ("messages.csv", "messages.csv"),
    ("a b@c/d:e.csv", "a b@c/d:e.csv"),
    ("book.xlsx#Sheet 1", "book.xlsx#Sheet 1"),
    (
        "sqlite:///shop.db#SELECT a FROM b WHERE c = 'd@e'",
        "sqlite:///shop.db#SELECT a FROM b WHERE c = 'd@e'",
    ),
    ("postgresql://reader:pass@host:5432/db#mails", "postgresql://reader:***@host:5432/db#mails"),
    ("postgresql+psycopg://reader:p@ss/w:rd@host/db", "postgresql+psycopg://reader:***@host/db"),
    ("postgresql://reader@host/db", "postgresql://reader@host/db"),
    (
        "postgresql://h/db?user=u&password=p&sslmode=require",
        "postgresql://h/db?user=u&password=***&sslmode=require",
    ),
    ("https://user:pass@host/a.csv", "https://***@host/a.csv"),
    ("https://token@host/a.csv", "https://***@host/a.csv"),
    ("https://host/a.csv?id=7&sig=abc", "https://host/a.csv?id=7&sig=***"),
    (f"https://host/a.csv?x={'a' * 24}", "https://host/a.csv?x=***"),
    (
        "s3://bucket/a.csv?X-Amz-Signature=abc&format=csv",
        "s3://bucket/a.csv?X-Amz-Signature=***&format=csv",
    ),
    ("zip://a.csv::https://u:p@host/a.zip", "zip://***@host/a.zip"),
    ("hf://datasets/hem/mails@v1/data/a.csv", "hf://datasets/hem/mails@v1/data/a.csv"),
]


@pytest.mark.parametrize(("entry", "shown"), SHOWN)
def test_passwords_and_tokens_are_not_shown(entry, shown):
    assert masked(entry) == shown
    assert masked(shown) == shown


def test_parts_and_schemes_are_found():
    assert split_part("book.xlsx#A#B") == ("book.xlsx", "A#B")
    assert schemes_of("zip://a.csv::S3://b/c.zip#d") == ["zip", "s3"]
    assert schemes_of("folder/a.csv") == []
    assert is_database("mysql+mysqldb://h/d")
    assert not is_database("s3://postgresql")
