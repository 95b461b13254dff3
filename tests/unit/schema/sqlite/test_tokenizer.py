"""What SQLite keeps only as text: tokens, types, defaults, and the parts of a CREATE statement."""

from __future__ import annotations

import pytest

from dbkit.schema.details import Key
from dbkit.schema.sqlite.tokenizer import (
    normal,
    read_default,
    read_index,
    read_table,
    read_type,
    tokens,
    write_type,
)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT  A", ["select", "a"]),
        ("a -- b\n/* c */ d /* e", ["a", "d"]),
        ("'A -- it''s'", ["'A -- it''s'"]),
        ('[A b] `c` "d"', ['"A b"', "c", "d"]),
        ('"select" "a""b" `a``b`', ['"select"', '"a""b"', '"a`b"']),
        ("x'0A' X'0a'", ["x'0a'", "x'0a'"]),
        ("a==b != c<>d", ["a", "=", "b", "<>", "c", "<>", "d"]),
        ("a||b->>'$.c'", ["a", "||", "b", "->>", "'$.c'"]),
        ("1.5e-3+.5-0xFF", ["1.5e-3", "+", ".5", "-", "0xFF"]),
        ("größe ÄÖ", ["größe", "ÄÖ"]),
    ],
)
def test_tokens(sql: str, words: list[str]) -> None:
    assert tokens(sql) == words


@pytest.mark.parametrize(
    ("declared", "type_", "written"),
    [
        ("VARCHAR ( 20 )", "varchar(20)", "varchar(20)"),
        ("Decimal(10 , 2)", "decimal(10,2)", "decimal(10,2)"),
        ("unsigned  BIG int", "unsigned big int", "unsigned big int"),
        ("", "", ""),
        ("not null", "not null", '"not null"'),
        ("a-B", "a-b", '"a-b"'),
    ],
)
def test_a_type(declared: str, type_: str, written: str) -> None:
    assert read_type(declared) == type_
    assert write_type(type_) == written
    assert read_type(type_) == type_


@pytest.mark.parametrize(
    ("sql", "default"),
    [
        (None, None),
        ("NULL", None),
        ("(NULL)", None),
        ("((1))", "1"),
        ("'A'", "'A'"),
        ('"it\'s"', "'it''s'"),
        ("CURRENT_TIMESTAMP", "current_timestamp"),
        ("(a) + (b)", "(a) + (b)"),
    ],
)
def test_a_default(sql: str | None, default: str | None) -> None:
    assert read_default(sql) == default


def test_one_spelling_of_an_expression() -> None:
    assert normal("((A==1))") == normal("a = 1") == "a = 1"
    assert normal("a = 1") != normal("a = 2")
    assert normal(None) is None


def test_a_table() -> None:
    table = read_table("""CREATE TABLE [T (x] (
        "Id" INTEGER CONSTRAINT k PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT, -- CHECK (no)
        a TEXT COLLATE NOCASE NOT NULL ON CONFLICT IGNORE DEFAULT ') CHECK (a',
        b TEXT COLLATE BINARY CONSTRAINT c CHECK ((b <> ',')) UNIQUE ON CONFLICT FAIL,
        d GENERATED ALWAYS AS (a || ')') STORED,
        e REFERENCES u (x) DEFERRABLE INITIALLY DEFERRED,
        CHECK (b > 1), CONSTRAINT q UNIQUE ("A", b),
        CONSTRAINT f FOREIGN KEY (a) REFERENCES u NOT DEFERRABLE
    ) STRICT, WITHOUT ROWID""")
    assert list(table.columns) == ["id", "a", "b", "d", "e"]
    assert table.key == ("k", "replace")
    assert table.columns["id"].autoincrement
    assert (table.columns["a"].collation, table.columns["a"].conflict) == ("nocase", "ignore")
    assert table.columns["b"].collation is None
    assert table.columns["d"].generated == "a || ')'"
    assert table.checks == [("c", "b <> ','"), (None, "b > 1")]
    assert table.uniques == {("b",): None, ("a", "b"): "q"}
    assert table.conflicts == {("b",): "fail", ("a", "b"): ""}
    assert table.references == [(None, "INITIALLY DEFERRED"), ("f", "")]
    assert table.options.words == ("strict", "without rowid")


def test_a_virtual_table() -> None:
    table = read_table("CREATE VIRTUAL TABLE t USING fts5(a, tokenize='x')")
    assert table.options.query == "using fts5 (a, tokenize = 'x')"


@pytest.mark.parametrize(
    ("sql", "known", "keys", "where"),
    [
        ("CREATE INDEX i ON t (A, b DESC)", [("A", "binary"), ("b", "binary")],
         (Key("A", "a"), Key("b", "b", "", "desc")), None),
        ("CREATE INDEX i ON t (a ASC) WHERE (a > 0)", [("a", "binary")], (Key("a", "a"),), "a > 0"),
        # a name in double quotes that no column has is a text
        ("CREATE INDEX i ON t (a) WHERE b <> \"x\"", [("a", "binary")],
         (Key("a", "a"),), "b <> 'x'"),
        ("CREATE INDEX i ON t (a COLLATE NOCASE)", [("a", "nocase")], (Key("a", "a"),), None),
        ("CREATE INDEX i ON t (a COLLATE BINARY DESC)", [("a", "nocase")],
         (Key("a", "a", "collate binary", "desc"),), None),
        ("CREATE INDEX i ON t (lower(a) desc, b || 'x' COLLATE NOCASE)", [(None, None)] * 2,
         (Key(None, "lower (a)", "", "desc"), Key(None, "b || 'x' collate nocase")), None),
    ],
)  # fmt: skip
def test_an_index(
    sql: str, known: list[tuple[str | None, str | None]], keys: tuple[Key, ...], where: str | None
) -> None:
    assert read_index(sql, known, {"a", "b"}) == (keys, where)


@pytest.mark.parametrize(
    ("sql", "spaced"),
    [
        ("LOWER(a)='X'", "lower (a) = 'X'"),
        ("a IN(1,2)", "a in (1, 2)"),
        ("a = x'00' OR  (b IS NULL)", "a = x'00' or (b is null)"),
        ("a <> ' ( ,'", "a <> ' ( ,'"),
    ],
)
def test_an_expression_has_the_usual_spaces(sql: str, spaced: str) -> None:
    assert normal(sql) == spaced
