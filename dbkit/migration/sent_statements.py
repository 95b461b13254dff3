"""Collects the statements that migrations send, for `--sql` and for the cache of replays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbkit.own_statements import are_own
from dbkit.schema.sent import Sent
from dbkit.schema.sql import NOT_DONE


class StatementCollector:
    """Collects the statements of a connection, without dbkit's own. `looks` asks which tables they
    access."""

    def __init__(self, looks: bool) -> None:
        self.looks = looks
        self.sent: list[Sent] = []

    def __call__(self, _: str, send: Callable[[bool], Sent]) -> None:
        is_own = are_own()
        sent = send(self.looks and not is_own)
        if not is_own:
            self.sent.append(sent)
        elif sent.begins:
            self.sent.append(replace(sent, sql="BEGIN"))
        elif sent.ends and self.sent and self.sent[-1].begins:
            self.sent.pop()  # nothing was done in the transaction
        elif sent.ends:
            self.sent.append(replace(sent, sql="ROLLBACK"))

    def taken(self) -> tuple[Sent, ...]:
        """Return the statements, without empty transactions, and forget them."""
        taken: list[Sent] = []
        for sent in self.sent:
            if taken and _is_undone(taken[-1], sent):
                taken.pop()
            else:
                taken.append(sent)
        self.sent = []
        return tuple(taken)


def _is_undone(first: Sent, second: Sent) -> bool:
    """Whether a statement ends what the statement before it began."""
    ended = second.sql.removeprefix("ROLLBACK TO ").removeprefix("RELEASE ")
    return (first.begins and second.ends) or (first.sql == ended != second.sql)


def terminated(sent: Sent) -> str:
    """Return the statement with a semicolon, which must not be in a comment."""
    sql = sent.sql.strip()
    if sql.endswith(";") or sql.startswith(NOT_DONE):
        return sql
    return f"{sql}\n;" if "--" in sql.rpartition("\n")[2] else f"{sql};"
