"""Identity columns of PostgreSQL as fields."""

from __future__ import annotations

from typing import Any

import peewee as pw


class TypedIdentityField(pw.IntegerField):
    """An identity column of PostgreSQL, of any integer type: the server numbers the rows.

    `generate_always` lets the server refuse values of an INSERT, and `options` are those of the
    sequence: `TypedIdentityField(sql_type="smallint", options="START 100 INCREMENT 5")`. The column
    need not be the primary key. Peewee's own `IdentityField` is an integer, and always the key.
    """

    auto_increment = True  # Peewee asks for it only if the field is the primary key

    def __init__(
        self, *, sql_type: str, generate_always: bool = False, options: str = "", **kwargs: Any
    ) -> None:
        self.sql_type, self.generate_always, self.options = sql_type, generate_always, options
        self.field_type = sql_type.upper()  # of a foreign key to the column, too
        super().__init__(**kwargs)

    def ddl_datatype(self, ctx: Any) -> Any:
        when = "ALWAYS" if self.generate_always else "BY DEFAULT"
        options = f" ({self.options})" if self.options else ""
        return pw.SQL(f"{self.field_type} GENERATED {when} AS IDENTITY{options}")


class BigIdentityField(TypedIdentityField):
    """An identity column of type bigint: `BigIdentityField(primary_key=True)`."""

    def __init__(self, *, generate_always: bool = False, options: str = "", **kwargs: Any) -> None:
        super().__init__(
            sql_type="bigint", generate_always=generate_always, options=options, **kwargs
        )
