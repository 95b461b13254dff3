"""Reads the parts of a stored CREATE statement that no pragma of SQLite returns.

The text is split into tokens, and then at its commas. So a parenthesis or the word CHECK in a
string or a comment has no effect (https://sqlite.org/lang.html).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..details import Key, TableOptions
from ..sql import folded, quoted

TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<text>'(?:[^']|'')*')
    |(?P<blob>[xX]'[0-9a-fA-F]*')
    |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<word>[^\W\d]\w*|\$\w+)
    |(?P<number>(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
    |(?P<sign>\|\||<<|>>|<=|>=|<>|!=|==|->>|->|.)""",
    re.VERBOSE | re.DOTALL,
)
CONSTRAINT_WORDS = {"constraint", "primary", "unique", "check", "foreign"}
# "You can use = or ==; the non-equals operator can be either != or <>" (lang_expr.html)
SAME = {"==": "=", "!=": "<>"}
SIZE = r"\s*[-+]?\s*[\w.]+\s*"
PLAIN_TYPE = re.compile(rf"([^\W\d]\w*(\s+[^\W\d]\w*)*\s*(\({SIZE}(,{SIZE})?\))?)?")
ROWID = ("rowid", "oid", "_rowid_")  # names of the key that every table has
# a name that equals one of these keywords keeps its quotes
KEYWORDS = CONSTRAINT_WORDS | {
    "add", "all", "alter", "and", "as", "autoincrement", "between", "case", "cast", "collate",
    "commit", "create", "current_date", "current_time", "current_timestamp", "default",
    "deferrable", "delete", "distinct", "drop", "else", "escape", "except", "exists", "from",
    "group", "having", "in", "index", "insert", "intersect", "into", "is", "isnull", "join",
    "limit", "not", "nothing", "notnull", "null", "on", "or", "order", "raise", "references",
    "returning", "select", "set", "table", "then", "to", "transaction", "union", "update",
    "using", "values", "when", "where",
}  # fmt: skip


def tokens(sql: str) -> list[str]:
    """Return the tokens of `sql` in a normal spelling: words in lower case, names with quotes only
    if they need them, no comments and no white space."""
    return [_spelling(match) for match in TOKEN.finditer(sql) if match.lastgroup != "skip"]


def spaced(words: Iterable[str]) -> str:
    """Return tokens as a text with the usual spaces: `a in (1, 2)`."""
    text, before = "", ""
    for word in words:
        text += word if before == "(" or word in (")", ",") else f" {word}"
        before = word
    return text.strip()


def _spelling(match: re.Match[str]) -> str:
    text = match.group()
    match match.lastgroup:
        case "word" | "blob":
            return folded(text)
        case "quoted":
            closing = text[-1]
            name = text[1:-1].replace(closing * 2, closing)
            plain = re.fullmatch(r"[^\W\d]\w*", name) and folded(name) not in KEYWORDS
            return folded(name) if plain else '"' + name.replace('"', '""') + '"'
        case _:
            return SAME.get(text, text)


def read_type(declared: str) -> str:
    """Return a declared type in a normal spelling. SQLite accepts any quoted name as a type and
    stores it without the quotes; a text that is not a plain type is such a name."""
    if not _is_plain(declared):
        return folded(declared)
    return " ".join(tokens(declared)).replace(" ( ", "(").replace(" )", ")").replace(" , ", ",")


def write_type(type_: str) -> str:
    """Return a type of `read_type` as SQL."""
    return type_ if _is_plain(type_) else quoted(type_)


def _is_plain(type_: str) -> bool:
    """Whether the text is a type with sizes (https://sqlite.org/syntax/type-name.html)."""
    return bool(PLAIN_TYPE.fullmatch(type_)) and KEYWORDS.isdisjoint(folded(type_).split())


def normal(sql: str | None) -> str | None:
    """Return an expression in a normal spelling, so that equal expressions have equal texts."""
    if sql is None:
        return None
    return spaced(_unwrapped(tokens(sql)))


def read_default(sql: str | None) -> str | None:
    """Return a default in a normal spelling; None for a column without a default. A default cannot
    name a column, so a text in double quotes is a string (https://sqlite.org/quirks.html, 8)."""
    if sql is None:
        return None
    text = normal("".join(_as_text(match) for match in TOKEN.finditer(sql)))
    return None if text == "null" else text


def _with_texts(sql: str, columns: Container[str], before: Container[str] | None = None) -> str:
    """The SQL with texts in single quotes: SQLite takes what stands in double quotes for a text if
    no column has that name (https://sqlite.org/quirks.html, 8). Expressions are what stands in
    parentheses after one of the words `before`; without them, all from the first parenthesis on."""
    if '"' not in sql:
        return sql
    found = [match for match in TOKEN.finditer(sql) if match.lastgroup != "skip"]
    words = ["", *(folded(match.group()) for match in found), ""]
    pieces, copied, depth, start = [], 0, 0, None
    for place, match in enumerate(found, 1):
        depth += {"(": 1, ")": -1}.get(words[place], 0)
        if words[place] == "(" and start is None and (not before or words[place - 1] in before):
            start = depth
        elif before and start is not None and depth < start:
            start = None
        elif start is not None and _is_text(match, words[place - 1], words[place + 1], columns):
            pieces += [sql[copied : match.start()], _as_text(match)]
            copied = match.end()
    return "".join(pieces) + sql[copied:]


def _is_text(match: re.Match[str], before: str, after: str, columns: Container[str]) -> bool:
    """Whether a token between two others is a text in double quotes."""
    is_name = before in (".", "collate", "as") or after in (".", "(")
    if is_name or not match.group().startswith('"'):
        return False
    name = _unquoted(match.group())
    return name not in columns and name not in ROWID


def _as_text(match: re.Match[str]) -> str:
    word = match.group()
    if match.lastgroup != "quoted" or word[0] != '"':
        return word
    return "'" + word[1:-1].replace('""', '"').replace("'", "''") + "'"


def _unwrapped(words: Sequence[str]) -> Sequence[str]:
    while len(words) > 1 and words[0] == "(" and _closing(words, 0) == len(words) - 1:
        words = words[1:-1]
    return words


def _closing(words: Sequence[str], start: int) -> int:
    depth = 0
    for place in range(start, len(words)):
        depth += {"(": 1, ")": -1}.get(words[place], 0)
        if depth == 0:
            return place
    return len(words)


def _items(words: Sequence[str]) -> Iterator[list[str]]:
    """Split at the commas outside parentheses."""
    item: list[str] = []
    depth = 0
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "," and depth == 0:
            yield item
            item = []
        else:
            item.append(word)
    if item:
        yield item


@dataclass
class ColumnText:
    """The parts of a column definition that `pragma table_xinfo` does not return."""

    collation: str | None = None
    generated: str | None = None
    autoincrement: bool = False
    conflict: str = ""


@dataclass
class TableText:
    """The parts of a CREATE TABLE that no pragma returns; columns by name in lower case.

    `references` are (name, deferrable) of the foreign keys in the order of the text. `conflicts`
    are the ON CONFLICT clauses of unique columns, and `key` are the name and the ON CONFLICT of the
    primary key.
    """

    columns: dict[str, ColumnText] = field(default_factory=dict)
    checks: list[tuple[str | None, str]] = field(default_factory=list)
    uniques: dict[tuple[str, ...], str | None] = field(default_factory=dict)
    conflicts: dict[tuple[str, ...], str] = field(default_factory=dict)
    key: tuple[str | None, str] = (None, "")
    references: list[tuple[str | None, str]] = field(default_factory=list)
    options: TableOptions = field(default_factory=TableOptions)


def read_table(sql: str) -> TableText:
    """Read a CREATE TABLE statement that SQLite has stored."""
    table = _read_table(sql)
    spelled = _with_texts(sql, table.columns, ("check", "as"))
    return table if spelled == sql else _read_table(spelled)


def _read_table(sql: str) -> TableText:
    words = tokens(sql)
    table = TableText()
    if words[:2] == ["create", "virtual"]:
        table.options = TableOptions(spaced(words[words.index("using") :]))
        return table
    start = words.index("(")
    end = _closing(words, start)
    options = list(_items(words[end + 1 :]))
    table.options = TableOptions(
        strict=["strict"] in options, without_rowid=["without", "rowid"] in options
    )
    for item in _items(words[start + 1 : end]):
        own = "" if item[0] in CONSTRAINT_WORDS else _unquoted(item[0])
        column = ColumnText()
        if own:
            table.columns[own] = column
        _read_item(item[bool(own) :], own, column, table)
    return table


def _read_item(item: list[str], own: str, column: ColumnText, table: TableText) -> None:
    """Read a column's definition, without its name, or a table's constraint."""
    name: str | None = None
    place = 0
    while place < len(item):
        word, following = item[place], item[place + 1 : place + 2]
        end = _closing(item, place + 1) if following == ["("] else place
        inside = item[place + 2 : end]
        match word:
            case "constraint":
                name, end = _unquoted("".join(following)), place + 1
            case "check":
                table.checks.append((name, spaced(_unwrapped(inside))))
                name = None
            case "unique":
                columns = tuple(_unquoted(one[0]) for one in _items(inside)) or (own,)
                table.uniques[columns] = name
                table.conflicts[columns] = _conflict(item, end)
                name = None
            case "references":
                table.references.append((name, _deferrable(item[place:])))
                name = None
            case "as":
                column.generated = spaced(_unwrapped(inside))
            case "collate":
                column.collation = "".join(following) if following != ["binary"] else None
            case "autoincrement":
                column.autoincrement = True
            case "primary":
                table.key = (name, _conflict(item, place))
                name = None
            case "null":
                column.conflict = column.conflict or _conflict(item, place)
            case "(":
                end = _closing(item, place)
        place = end + 1


def _conflict(item: list[str], place: int) -> str:
    """The ON CONFLICT of the constraint that ends here, or of the key that begins here; empty if it
    is the default."""
    rest = item[place + 1 :]
    while rest[:1] and rest[0] in ("key", "(", "asc", "desc"):
        rest = rest[_closing(rest, 0) + 1 if rest[0] == "(" else 1 :]
    return rest[2] if rest[:2] == ["on", "conflict"] and rest[2] != "abort" else ""


def _deferrable(words: list[str]) -> str:
    """Whether the foreign key that begins here is deferrable. To SQLite, a key is deferrable only
    if it is INITIALLY DEFERRED (https://sqlite.org/foreignkeys.html, 4.2)."""
    if "constraint" in words:
        words = words[: words.index("constraint")]
    if "deferrable" not in words or words[words.index("deferrable") - 1] == "not":
        return ""
    return "INITIALLY DEFERRED" if words[-1:] == ["deferred"] or "deferred" in words else ""


def names_in(sql: str) -> set[str]:
    """Return all words and names in the SQL, without quotes and in lower case."""
    return {_unquoted(word) for word in tokens(sql)}


def _unquoted(name: str) -> str:
    """The name in lower case; SQLite also accepts names in single quotes."""
    if name[:1] not in ("'", '"'):
        return name
    return folded(name[1:-1].replace(name[0] * 2, name[0]))


def read_index(
    sql: str, known: Sequence[tuple[str | None, str | None]], columns: Container[str]
) -> tuple[tuple[Key, ...], str | None]:
    """Return (keys, predicate) of a CREATE INDEX statement that SQLite has stored.

    `known` are (column, its collation) of the keys (None for an expression); the collation is left
    out of the key, like ASC. `columns` are the names of the table's columns in lower case.
    """
    words = tokens(_with_texts(sql, columns))
    start = words.index("(", words.index("on"))
    end = _closing(words, start)
    written = zip(_items(words[start + 1 : end]), known, strict=True)
    keys = tuple(_key(key, *column) for key, column in written)
    where = words[end + 2 :]  # the words after WHERE
    return keys, spaced(_unwrapped(where)) if where else None


def _key(words: list[str], column: str | None, collation: str | None) -> Key:
    order = "desc" if words[-1] == "desc" else ""
    words = words[:-1] if words[-1] in ("asc", "desc") else words
    options = ""
    if column is not None and words[-2:-1] == ["collate"]:
        options = "" if _unquoted(words[-1]) == collation else spaced(words[-2:])
        words = words[:-2]
    return Key(column, spaced(words), options, order)
