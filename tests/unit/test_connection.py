"""What a database URL means, and that no password in it is shown."""

# ruff: noqa: S106 - no password here opens anything

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from click.testing import Result
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dbkit import config
from dbkit.connection import ENCODE, FORMS, Target, parse
from dbkit.errors import ConfigError, DatabaseUnreachable

Dbkit = Callable[..., Result]

# what an environment variable can hold
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
# of it, what means something to PostgreSQL, to a URL or to a shell, more often
secrets = (
    text | st.text("@:/?#%[]&+=$ \\'\"{}é", min_size=1) | st.sampled_from(["%40", "p@ss/w%rd"])
)


PARTS = {"DB_HOST": "h", "DB_NAME": "n"}


LOCAL = {"connect_timeout": "10", "fallback_application_name": "dbkit"}


@pytest.mark.parametrize(
    ("url", "name", "params"),
    [
        ("postgresql://u:p@h:1/n", "n", dict(user="u", password="p", host="h", port="1")),
        ("postgres://u@h/n", "n", dict(user="u", host="h")),
        ("POSTGRES://h/n", "n", dict(host="h")),
        (" postgresql://h/n\n", "n", dict(host="h")),
        ("postgresql://u@h", "u", dict(user="u", host="h")),
        ("postgresql://h", "postgres", dict(host="h")),
        ("postgresql://", "postgres", dict()),
        ("postgresql://h/n?", "n", dict(host="h")),
        ("postgresql://h/n?sslmode=require", "n", dict(host="h", sslmode="require")),
        ("postgresql://h/n?ssl=true", "n", dict(host="h", sslmode="require")),
        ("postgresql://h/n?connect_timeout=3", "n", dict(host="h", connect_timeout="3")),
        ("postgresql://h/n?options=-ca%3Db%20-cc%3Dd", "n", dict(host="h", options="-ca=b -cc=d")),
        ("postgresql://h/?dbname=n&user=u&password=p", "n", dict(host="h", user="u", password="p")),
        ("postgresql://u:a%40b%3A%2F%25@h/n", "n", dict(user="u", password="a@b:/%", host="h")),
        ("postgresql://u:a:b#c?d&e[f]@h/n", "n", dict(user="u", password="a:b#c?d&e[f]", host="h")),
        ("postgresql://u%40x@h/a%2Fb", "a/b", dict(user="u@x", host="h")),
        ("postgresql://[::1]:5/n", "n", dict(host="::1", port="5")),
        ("postgresql://[fe80::1%25eth0]/n", "n", dict(host="fe80::1%eth0")),
        ("postgresql:///n?host=/run/pg&port=5", "n", dict(host="/run/pg", port="5")),
        ("postgresql://u@%2Frun%2Fpg:5/n", "n", dict(user="u", host="/run/pg", port="5")),
        ("postgresql://a:1,b:2/n", "n", dict(host="a,b", port="1,2")),
    ],
)
def test_a_postgresql_url(url: str, name: str, params: dict[str, str]) -> None:
    target = parse(url)
    assert (target.dialect, target.name) == ("postgresql", name)
    assert target.params == LOCAL | params
    database = target.database()
    assert (database.database, database.connect_params) == (name, target.params)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///a.db", "a.db"),
        ("sqlite:////a/b.db", "/a/b.db"),
        ("sqlite:a.db", "a.db"),
        ("sqlite:/a/b.db", "/a/b.db"),
        ("SQLite:///a.db", "a.db"),
        ("sqlite:///a%20b%3Fc%25.db", "a b?c%.db"),
        ("sqlite:///é.db", "é.db"),
        ("sqlite:///:memory:", ":memory:"),
        ("sqlite://:memory:", ":memory:"),
        ("sqlite::memory:", ":memory:"),
        ("sqlite://", ":memory:"),
        ("sqlite:///", ":memory:"),
        ("sqlite:", ":memory:"),
    ],
)
def test_a_sqlite_url(url: str, name: str) -> None:
    target = parse(url)
    assert (target.dialect, target.name, target.display) == ("sqlite", name, f"sqlite:///{name}")
    assert target.database().database == name


@pytest.mark.parametrize(
    ("url", "directory"),
    [
        ("embedded:a", "a"),
        ("embedded://a", "a"),
        ("embedded:/a/b", "/a/b"),
        ("embedded:~/a", str(Path.home() / "a")),
        ("embedded:~nobody-of-that-name/a", "~nobody-of-that-name/a"),
    ],
)
def test_an_embedded_url_starts_nothing_yet(url: str, directory: str) -> None:
    target = parse(url)
    assert (target.directory, target.display) == (Path(directory), f"embedded:{directory}")
    assert not Path(directory).exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "The database URL is empty."),
        ("dbkit.db", "it does not begin with a known scheme"),
        ("mysql://u:s3cret@h/n", "mysql is not a known scheme"),
        ("postgresql+asyncpg://u:s3cret@h/n", "postgresql+asyncpg is not a known scheme"),
        ("s3cret:s3cret@h/n", "it does not begin with a known scheme"),
        ("postgresql:s3cret", "cannot be parsed"),
        ("postgresql:host=h password=s3cret", "cannot be parsed"),
        ("postgresql://u:s3cret", "is not a number"),
        ("postgresql://h:s3cret/n", "is not a number"),
        ("postgresql://[::1/n", "cannot be parsed"),
        ("postgresql://u:s3%cret@h/n", "must be URL-encoded"),
        ("postgresql://u:s3cret@h/n?pgbouncer=true", "the option pgbouncer, which"),
        ("postgresql://u:s3cret@h/n?schema", "cannot be parsed"),
        ("postgresql://u:s3cret\0@h/n", "is not text"),
        ("postgresql://u:s3cret%00@h/n", "is not text"),
        ("postgresql://u:s3cret\udcff@h/n", "is not text"),
        ("postgresql://h/%ff", "cannot be parsed"),
        ("sqlite://host/a.db", "two slashes"),
        ("sqlite:///a.db?mode=ro", "takes no options"),
        ("sqlite:///a\0b", "is not text"),
        ("sqlite:///a%00b", "is not text"),
        ("embedded:", "does not name a directory"),
        ("embedded://", "does not name a directory"),
    ],
)
def test_a_url_that_cannot_be_used(dbkit: Dbkit, url: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(url)
    assert words in str(error.value)
    assert "s3cret" not in str(error.value)


def test_bytes_that_are_no_text_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**PARTS, "DB_PASSWORD": "s3\udcffcret"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="cannot be parsed"):
        parse(config.load().url)


NO_TEXT = "The database URL contains a character that is not text."
NOT_ENCODED = (
    "The database URL cannot be parsed: the user name or password probably contains a "
    "special character that must be URL-encoded."
)


def assert_hidden(target: Target, password: str) -> None:
    """What is shown is the same for this password and for any other, so says nothing of it."""
    shown = "Target(dialect='postgresql', name='n', display='{0}', directory=None)"
    assert target.display == "postgresql://u@h/n"
    assert repr(target) == str(target) == shown.format(target.display)
    assert target.params["password"] == password


@given(password=secrets)
def test_any_password_arrives_from_its_variable(password: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**PARTS, "DB_USER": "u", "DB_PASSWORD": password}.items():
            patch.setenv(name, value)
        settings = config.load()
    assert_hidden(parse(settings.url), password)
    assert repr(settings) == str(settings) == repr(config.load())


@given(password=secrets)
def test_any_password_arrives_quoted_in_a_url(password: str) -> None:
    assert_hidden(parse(f"postgresql://u:{quote(password, safe='')}@h/n"), password)


@given(password=secrets)
@example("a/b@c")
@example("x@h?user=a@b")
@example("p?a=b")
def test_a_password_that_is_not_quoted_arrives_or_is_refused(password: str) -> None:
    try:
        target = parse(f"postgresql://u:{password}@h/n")
    except ConfigError as error:
        words = str(error)
    else:
        return assert_hidden(target, unquote(password))
    assert set(password) & set("@/%")
    assert words in (f"{NOT_ENCODED}\n{ENCODE}", f"{NO_TEXT}\n{FORMS}")


@given(host=text, user=text, name=text, port=st.integers(0, 65535))
def test_any_parts_arrive(host: str, user: str, name: str, port: int) -> None:
    parts = {"DB_HOST": host, "DB_USER": user, "DB_NAME": name, "DB_PORT": str(port)}
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in parts.items():
            patch.setenv(variable, value)
        target = parse(config.load().url)
    assert target.name == name
    assert target.params == LOCAL | {"host": host, "user": user, "port": str(port)}


@given(name=text)
def test_any_file_name_arrives_quoted_in_a_url(name: str) -> None:
    assume(name not in ("", ":memory:"))
    assert parse(f"sqlite:///{quote(name)}").name == name


SCHEMES = [
    "",
    "postgresql://",
    "postgres:",
    "postgresql://u:",
    "sqlite:",
    "sqlite:///",
    "embedded:",
]


@given(scheme=st.sampled_from(SCHEMES), rest=st.text() | st.text("/:@?#%[]=&~.,0aF\0é \udcff"))
def test_any_text_is_a_database_or_an_error_of_ours(scheme: str, rest: str) -> None:
    with suppress(ConfigError):
        target = parse(scheme + rest)
        with suppress(DatabaseUnreachable):
            assert target.dialect == "postgresql" or target.database(read_only=True)
