"""The Markdown page of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..schema.changes import covers, definition, kind
from ..schema.details import Action
from ..schema.names import Name
from ..schema.values import (
    Check,
    Column,
    Comment,
    Domain,
    EnumType,
    Exclusion,
    ForeignKey,
    Index,
    Part,
    Policy,
    PrimaryKey,
    Rule,
    Schema,
    Table,
    Trigger,
    Unique,
)
from .markdown import block, code, codes, escaped, expression, table


@dataclass(frozen=True)
class Site:
    """The tables, the file of each page, and the foreign keys to each table."""

    schema: Schema
    files: Mapping[Name, str]
    references: Mapping[Name, list[tuple[Name, ForeignKey]]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[Name, list[tuple[Name, ForeignKey]]] = {}
        for one in self.schema.tables:
            for part in one.parts:
                if isinstance(part, ForeignKey):
                    found.setdefault(part.target, []).append((one.name, part))
        object.__setattr__(self, "references", found)

    def link(self, name: Name) -> str:
        """Return the name of a table, as a link if the table has a page."""
        return f"[{code(name)}]({self.files[name]})" if name in self.files else code(name)


def page(site: Site, one: Table) -> list[str]:
    """Return the lines of the page of a table."""
    return [*_Page(site, one).lines()]


def comment_on(one: Table) -> str:
    """Return the comment on the table itself."""
    return _comments(one).get(("", ""), "")


def _comments(one: Table) -> dict[tuple[str, str], str]:
    return {(part.of, part.name): part.text for part in one.parts if isinstance(part, Comment)}


class _Page:
    def __init__(self, site: Site, one: Table) -> None:
        self.site, self.table = site, one
        self.comments = _comments(one)
        self.columns = [part for part in one.parts if isinstance(part, Column)]

    def lines(self) -> Iterator[str]:
        yield f"# {code(self.table.name)}"
        yield from _paragraph(escaped(self.comments.get(("", ""), "")))
        yield from _paragraph(self._kind())
        yield from self._section("Columns", COLUMNS, self._columns())
        yield from self._section("Types", TYPES, self._types())
        yield from self._section("References", REFERENCES, self._references())
        yield from self._section("Referenced by", REFERENCED, self._referenced())
        yield from self._section("Keys and indexes", INDEXES, self._indexes())
        yield from self._section("Checks", CHECKS, self._checks())
        yield from self._section("Triggers, rules and policies", OTHERS, self._others())
        if self.table.options.query:
            yield from ("", "## Query", "", *block(self.table.options.query))
        yield from ("", "[All tables](README.md)")

    def _section(
        self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]
    ) -> Iterator[str]:
        rows = list(rows)
        if rows:
            yield from ("", f"## {title}", "", *table(heads, rows))

    def _kind(self) -> str:
        """The kind of the table, its parents and its options, if they are unusual."""
        options = self.table.options
        words = [word for word in options.words if word != options.query]
        parents = ", ".join(map(self.site.link, self.table.parents))
        sentences = [
            "" if self.table.kind == "table" else f"This is a {self.table.kind}.",
            f"It has the columns of {parents}." if parents else "",
            f"Options: {codes(words)}." if words else "",
        ]
        return " ".join(filter(None, sentences))

    def _columns(self) -> Iterator[Sequence[str]]:
        for column in self.columns:
            yield (
                code(column.name),
                code(column.type),
                "yes" if column.nullable else "no",
                expression(_default(column)),
                escaped(self.comments.get(("", column.name), "")),
            )

    def _types(self) -> Iterator[Sequence[str]]:
        used = {str(column.type) for column in self.columns}
        types: list[EnumType | Domain] = [*self.site.schema.enums, *self.site.schema.domains]
        for one in types:
            if str(one.name) in used:
                yield code(one.name), kind(one), _values(one)

    def _references(self) -> Iterator[Sequence[str]]:
        for key in [part for part in self.table.parts if isinstance(part, ForeignKey)]:
            target = self.site.link(key.target)
            yield (
                codes(key.columns),
                f"{target} ({codes(key.target_columns)})" if key.target_columns else target,
                *_actions(key),
                self._named(key),
            )

    def _referenced(self) -> Iterator[Sequence[str]]:
        for name, key in self.site.references.get(self.table.name, ()):
            on = codes(key.target_columns)
            yield f"{self.site.link(name)} ({codes(key.columns)})", on, *_actions(key)

    def _indexes(self) -> Iterator[Sequence[str]]:
        kinds = PrimaryKey | Unique | Index
        for part in [part for part in self.table.parts if isinstance(part, kinds)]:
            method = part.method if isinstance(part, Index) and part.method != "btree" else ""
            where = part.where or "" if isinstance(part, Index) else ""
            include = codes(part.include)
            yield (
                codes(covers(part)),
                kind(part),
                method,
                include,
                expression(where),
                self._named(part),
            )

    def _checks(self) -> Iterator[Sequence[str]]:
        for part in [part for part in self.table.parts if isinstance(part, Check | Exclusion)]:
            rule = part.expression if isinstance(part, Check) else part.definition
            yield expression(rule), kind(part), self._named(part)

    def _others(self) -> Iterator[Sequence[str]]:
        kinds = Trigger | Rule | Policy
        for part in [part for part in self.table.parts if isinstance(part, kinds)]:
            yield code(part.name), kind(part), expression(_rule(part)), self._comment(part)

    def _named(self, part: Part) -> str:
        """The name of a part, and the comment on it."""
        return " ".join(filter(None, (code(part.name or ""), self._comment(part))))

    def _comment(self, part: Part) -> str:
        found = (text for (of, name), text in self.comments.items() if of and name == part.name)
        return escaped(next(found, ""))


COLUMNS = ("Column", "Type", "NULL", "Default", "Comment")
TYPES = ("Type", "Kind", "Values")
REFERENCES = ("Columns", "Table", "On delete", "On update", "Constraint")
REFERENCED = ("Table", "Columns here", "On delete", "On update")
INDEXES = ("Columns", "Kind", "Method", "Also contains", "Where", "Name")
CHECKS = ("Rule", "Kind", "Name")
OTHERS = ("Name", "Kind", "Definition", "Comment")


def _paragraph(text: str) -> Iterator[str]:
    if text:
        yield from ("", text)


def _default(column: Column) -> str:
    """The default, or what else gives the column its value."""
    if column.generated is not None:
        return f"generated: {column.generated}"
    return column.default if column.default is not None else column.identity


def _values(one: EnumType | Domain) -> str:
    return codes(one.labels) if isinstance(one, EnumType) else expression(one.definition)


def _actions(key: ForeignKey) -> tuple[str, str]:
    """ON DELETE and ON UPDATE, if they are unusual."""
    delete = "" if key.on_delete == Action() else str(key.on_delete)
    return code(delete), code("" if key.on_update == "NO ACTION" else key.on_update)


def _rule(part: Trigger | Rule | Policy) -> str:
    if not isinstance(part, Policy):
        return definition(part)
    using = f"USING ({part.using})" if part.using else ""
    check = f"WITH CHECK ({part.check})" if part.check else ""
    permissive = "" if part.permissive else "RESTRICTIVE"
    to = f"TO {', '.join(part.roles)}" if part.roles else ""
    return " ".join(filter(None, (permissive, f"FOR {part.command}", to, using, check)))
