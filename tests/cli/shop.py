"""The shop of docs/deploying.md and docs/production.md: its project, and its database in
production."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import server_of
from tests.servers import Server

MODELS = """\
import peewee as pw


class Author(pw.Model):
    name = pw.CharField()

    class Meta:
        table_name = "authors"


class Book(pw.Model):
    title = pw.CharField()
    price = pw.IntegerField()
    pages = pw.IntegerField(null=True)

    class Meta:
        table_name = "books"
"""
MIGRATION = """\
import peewee as pw


def migrate(migrator, database, *, fake=False):
    {}


def rollback(migrator, database, *, fake=False):
    {}
"""
PRICE = """migrator.add_fields("books", price=pw.IntegerField(null=True))
    migrator.fill("books", price=20)
    migrator.add_not_null("books", "price")"""
TABLES = """migrator.sql("CREATE TABLE authors (id serial PRIMARY KEY, name varchar(255) NOT NULL)")
    migrator.sql("CREATE TABLE books (id serial PRIMARY KEY, title varchar(255) NOT NULL)")"""
PAGES = ('migrator.add_fields("books", pages=pw.IntegerField(null=True))',
         'migrator.remove_fields("books", "pages")')  # fmt: skip
FILES = {
    "001_shop": (TABLES, 'migrator.sql("DROP TABLE books, authors")'),
    "002_price": (PRICE, 'migrator.remove_fields("books", "price")'),
    "002_pages": PAGES,
    "003_pages": PAGES,
}
GIT = {"GIT_CONFIG_GLOBAL": "/dev/null"} | {
    f"GIT_{who}_{what}": "shop@example.com"
    for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}  # fmt: skip


def write_migration(name: str) -> None:
    Path("migrations", f"{name}.py").write_text(MIGRATION.format(*FILES[name]))


@contextmanager
def shop_in_production(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with the empty database of the shop. The project of the shop, still without
    migrations, is in the working directory."""
    server = server_of("postgres18")
    server.create_role("deploy", "CREATEDB IN ROLE pg_read_all_stats")
    server.execute("CREATE DATABASE shop OWNER deploy")
    settings = {
        "DATABASE_URL": server.url("shop", "deploy"),
        "DBKIT_SCRATCH_URL": server.url("postgres", "deploy"),
        "DBKIT_ENV": "production",
        "DBKIT_MODELS": "shop",
        "DBKIT_LOCK_TIMEOUT": "200ms",  # only to save time
    }
    for name, value in {**settings, **GIT}.items():
        monkeypatch.setenv(name, value)
    Path("shop.py").write_text(MODELS)
    Path("migrations").mkdir()
    yield server
    server.execute("DROP DATABASE shop WITH (FORCE)")
