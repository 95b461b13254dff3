"""init names models, fields and backrefs as a developer would."""

from __future__ import annotations

import peewee as pw
import pytest

from dbkit.adoption.model_layout import class_names
from dbkit.schema.names import Name
from dbkit.schema.values import Table
from tests.laws.test_adopted_models import adopted

KEY = "INTEGER NOT NULL PRIMARY KEY"
# tables as {name: columns}, and the relations of the models: target.backref -> the field behind it
RELATIONS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "one key": (
        {"users": f"id {KEY}", "orders": f"id {KEY}, user_id INTEGER REFERENCES users (id)"},
        {"User.orders": "Order.user"},
    ),
    "the target's name in front": (
        {"teams": f"id {KEY}",
         "team_members": f"id {KEY}, team_id INTEGER REFERENCES teams (id)"},
        {"Team.members": "TeamMember.team"},
    ),
    "the rest is the name of another model": (
        {"users": f"id {KEY}", "roles": f"id {KEY}",
         "user_roles": "user_id INTEGER REFERENCES users (id), "
                       "role_id INTEGER REFERENCES roles (id), PRIMARY KEY (user_id, role_id)"},
        {"User.user_roles": "UserRole.user", "Role.user_roles": "UserRole.role"},
    ),
    "two keys": (
        {"people": f"id {KEY}",
         "messages": f"id {KEY}, sender_id INTEGER REFERENCES people (id), "
                     "recipient_id INTEGER REFERENCES people (id)"},
        {"Person.messages_as_sender": "Message.sender",
         "Person.messages_as_recipient": "Message.recipient"},
    ),
    "one of two keys is called like the target": (
        {"users": f"id {KEY}",
         "posts": f"id {KEY}, user_id INTEGER REFERENCES users (id), "
                  "approved_by INTEGER REFERENCES users (id)"},
        {"User.posts": "Post.user", "User.posts_approved_by": "Post.approved_by"},
    ),
    "one to one": (
        {"users": f"id {KEY}", "profiles": f"user_id {KEY} REFERENCES users (id)",
         "passports": f"id {KEY}, user_id INTEGER NOT NULL UNIQUE REFERENCES users (id)"},
        {"User.profile": "Profile.user", "User.passport": "Passport.user"},
    ),
    "to itself": (
        {"categories": f"id {KEY}, parent_id INTEGER REFERENCES categories (id)",
         "employees": f"id {KEY}, boss_id INTEGER REFERENCES employees (id)"},
        {"Category.children": "Category.parent", "Employee.employees_as_boss": "Employee.boss"},
    ),
    "the name is taken": (
        {"users": f"id {KEY}, orders INTEGER",
         "orders": f"id {KEY}, user_id INTEGER REFERENCES users (id)"},
        {"User.orders_as_user": "Order.user"},
    ),
    "nouns without a plural": (
        {"statuses": f"code {KEY}",
         "news": f"id {KEY}, status_code INTEGER REFERENCES statuses (code)"},
        {"Status.news": "News.status"},
    ),
    "no noun": (
        {"t1": f"id {KEY}", "t2": f"id {KEY}, t1_id INTEGER REFERENCES t1 (id)"},
        {"T1.t2_set": "T2.t1"},
    ),
    "two tables of one singular": (
        {"user": f"id {KEY}", "users": f"id {KEY}, user_id INTEGER REFERENCES \"user\" (id)"},
        {"User.users": "Users.user"},
    ),
    "a reserved word, and a method of models": (
        {"order": f"id {KEY}",
         "selects": f"id {KEY}, order_id INTEGER REFERENCES \"order\" (id)",
         "dirty_fields": f"id {KEY}, order_id INTEGER REFERENCES \"order\" (id)"},
        {"Order.selects": "Select.order", "Order.dirty_fields_as_order": "DirtyField.order"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RELATIONS)
def test_relations_are_followed_from_both_sides(database: pw.Database, case: str) -> None:
    tables, relations = RELATIONS[case]
    for name, columns in tables.items():
        database.execute_sql(f'CREATE TABLE "{name}" ({columns})')
    _, module, models = adopted(database)
    found = {
        f"{target.__name__}.{field.backref}": f"{model.__name__}.{field.name}"
        for model in models
        for field, target in model._meta.refs.items()
    }
    assert found == relations, module.source
    database.bind(models)
    for target in models:
        for field in target._meta.backrefs:
            assert list(getattr(target(id=1), field.backref)) == []


def test_the_names_do_not_depend_on_the_order_of_tables() -> None:
    tables = [Table(Name("", name)) for name in ("user", "users", "USER", "people", "person")]
    tables += [Table(Name("sales", "users")), Table(Name("sales", "order"))]
    names = class_names(tables, {"Person"})
    assert class_names(reversed(tables), {"Person"}) == names
    assert sorted(names.values()) == [
        "Order", "People", "Person_", "SalesUser", "User", "User_", "Users"
    ]  # fmt: skip
