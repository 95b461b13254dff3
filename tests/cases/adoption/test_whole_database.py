"""init works on a database with all that PostgreSQL has, and its baseline makes the same again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest
from click.testing import Result

from tests.conftest import no_15, server_of
from tests.servers import DEBIAN_15, Server

from .test_hostile_names import assert_adopted

# each needs what stands above it, in ways that no order of kinds could serve
EVERYTHING = """
CREATE SCHEMA auth; CREATE SCHEMA "Odd.name";
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql AS 'SELECT null::uuid';
CREATE COLLATION auth.bytes (locale = 'C');
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN good AS mood CHECK (VALUE <> 'sad');
CREATE TYPE pair AS (a integer, b text COLLATE auth.bytes);
CREATE DOMAIN full_pair AS pair CHECK ((VALUE).a IS NOT NULL);
CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE later;
CREATE SEQUENCE numbers;
CREATE TABLE users (id serial PRIMARY KEY, owner uuid DEFAULT auth.uid(), p pair, f full_pair,
    m good, r floats, n integer DEFAULT nextval('numbers'), name text COLLATE auth.bytes);
CREATE SEQUENCE spare OWNED BY users.n;
CREATE FUNCTION label(users) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.name';
CREATE VIEW labels AS SELECT label(users) AS label FROM users;
CREATE FUNCTION all_labels() RETURNS SETOF labels LANGUAGE sql AS 'SELECT * FROM public.labels';
CREATE MATERIALIZED VIEW kept AS SELECT * FROM all_labels();
CREATE UNIQUE INDEX kept_label ON kept (label);
CREATE TABLE old_users (id integer PRIMARY KEY REFERENCES users, was users);
CREATE PROCEDURE forget(INOUT n integer) LANGUAGE sql
    BEGIN ATOMIC DELETE FROM old_users WHERE id = n RETURNING id; END;
CREATE FUNCTION trim_it(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT btrim($1)';
CREATE TABLE trimmed (name text CHECK (name = trim_it(name)), UNIQUE (name));
CREATE INDEX trimmed_index ON trimmed (trim_it(name));
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE FUNCTION near(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS 'SELECT abs($1 - $2) < 2';
CREATE OPERATOR ~~~ (LEFTARG = integer, RIGHTARG = integer, FUNCTION = near, COMMUTATOR = ~~~);
CREATE OPERATOR CLASS by_number FOR TYPE integer USING btree AS OPERATOR 1 <, OPERATOR 2 <=,
    OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer);
CREATE TABLE near_ones (a integer, b integer, CHECK (a ~~~ b));
CREATE INDEX near_index ON near_ones (a by_number);
CREATE FUNCTION as_text(pair) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1.b';
CREATE CAST (pair AS text) WITH FUNCTION as_text(pair) AS ASSIGNMENT;
CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION search (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION search ALTER MAPPING FOR word WITH words;
CREATE TABLE texts (body text, found tsvector GENERATED ALWAYS AS
    (to_tsvector('search'::regconfig, body)) STORED);
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY (START 5 CACHE 2), at date NOT NULL,
    who integer REFERENCES users, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
    PARTITION BY LIST (id);
CREATE TABLE events_1_1 PARTITION OF events_1 FOR VALUES IN (1);
CREATE TABLE logs (n serial, at date) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs DEFAULT;
CREATE TABLE of_pair OF pair (PRIMARY KEY (a));
CREATE TABLE child (extra integer) INHERITS (trimmed);
CREATE TABLE used (a integer NOT NULL, b integer);
CREATE UNIQUE INDEX used_a_index ON used (a);
ALTER TABLE used ADD CONSTRAINT used_unique UNIQUE USING INDEX used_a_index;
CREATE STATISTICS used_stats ON a, b FROM used;
CREATE TABLE chicken (id serial PRIMARY KEY, egg integer);
CREATE TABLE eggs (id serial PRIMARY KEY, chicken integer REFERENCES chicken);
ALTER TABLE chicken ADD FOREIGN KEY (egg) REFERENCES eggs;
CREATE TABLE members (id integer PRIMARY KEY);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON users USING (id IN (SELECT id FROM members) AND owner = auth.uid());
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE RULE none AS ON DELETE TO members DO INSTEAD NOTHING;
CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER there FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE far (id integer NOT NULL, m mood) SERVER there;
CREATE VIEW far_ones AS SELECT id FROM far;
CREATE TABLE "Odd.name"."t.x" (id serial PRIMARY KEY, m mood);
CREATE FUNCTION "Odd.name"."f.x"("Odd.name"."t.x") RETURNS mood LANGUAGE sql AS 'SELECT $1.m';
CREATE VIEW "Odd.name"."v%x" AS SELECT "Odd.name"."f.x"(t) AS m FROM "Odd.name"."t.x" t;
COMMENT ON FUNCTION touch() IS 'it''s 100% touched';
COMMENT ON VIEW labels IS 'label';
CREATE PUBLICATION news FOR TABLE users (id, owner), members WITH (publish = 'insert');
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watching ON ddl_command_start WHEN TAG IN ('CREATE TABLE')
    EXECUTE FUNCTION watch();
"""
# beside what dbkit's own comparison sees
OBJECTS = """
SELECT pg_describe_object(classid, objid, 0) FROM (
    SELECT 'pg_proc'::regclass AS classid, oid AS objid FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type
    UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast
    UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relkind <> 't'
    UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass
    UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator
    UNION ALL SELECT 'pg_namespace'::regclass, oid FROM pg_namespace
    UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config
    UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_publication
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger) o
WHERE objid >= 16384 AND pg_describe_object(classid, objid, 0) !~ 'migratehistory|toast' ORDER BY 1
"""


def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found = cursor.fetchall() if cursor.description else []
    connection.close()
    return found


def dump(server: Server, url: str, *options: str) -> set[str]:
    """What pg_dump says, in lines of no order, less the history and what comes at random."""
    command = [
        DEBIAN_15 / "pg_dump",
        "--schema-only",
        "--no-owner",
        "-T",
        "*migratehistory*",
        *options,
        url,
    ]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    passed = ("--", "\\restrict", "\\unrestrict")
    return {line.rstrip(",") for line in text.splitlines() if not line.startswith(passed)}


@pytest.mark.postgres
def test_everything_is_created_again(server: Server, dbkit: Callable[..., Result]) -> None:
    url, fresh = (server.url(server.create_database()) for _ in range(2))
    rows(url, EVERYTHING)
    assert_adopted(dbkit, url, fresh)
    assert rows(fresh, OBJECTS) == rows(url, OBJECTS)
    if server.binaries == DEBIAN_15:
        assert dump(server, fresh) == dump(server, url)
    result = dbkit("reset", "--yes", "--database", fresh)
    assert result.exit_code == 0, result.output
    assert rows(fresh, OBJECTS) == rows(url, OBJECTS)


@pytest.mark.postgres
@no_15
def test_extensions_stay_in_their_schema(dbkit: Callable[..., Result]) -> None:
    """As on Supabase, where the schema is there before the first migration."""
    server = server_of("postgres15")
    url, fresh, empty = (server.url(server.create_database()) for _ in range(3))
    rows(url, "CREATE SCHEMA extensions; CREATE EXTENSION citext SCHEMA extensions;"
              "CREATE TABLE t (id serial PRIMARY KEY, name extensions.citext)")  # fmt: skip
    rows(fresh, "CREATE SCHEMA extensions")
    assert_adopted(dbkit, url, fresh)
    assert dbkit("migrate", "--database", empty).exit_code == 0
    where = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'citext'"
    assert rows(fresh, where) == rows(empty, where) == [("extensions",)]


@pytest.mark.postgres
def test_what_cannot_be_created_is_said(server: Server, dbkit: Callable[..., Result]) -> None:
    """A wrapper's options may hold something that its validator no longer takes."""
    url, fresh = (server.url(server.create_database()) for _ in range(2))
    rows(url, """
        CREATE TABLE t (id serial PRIMARY KEY, v integer);
        CREATE FOREIGN DATA WRAPPER w OPTIONS (x '1');
        ALTER FOREIGN DATA WRAPPER w VALIDATOR postgresql_fdw_validator;
        CREATE SERVER s FOREIGN DATA WRAPPER w;
        CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (user 'me', password 'secret');
        CREATE FOREIGN TABLE far (id integer) SERVER s;
        CREATE VIEW far_ones AS SELECT id FROM far;
        CREATE VIEW near AS SELECT id FROM t""")  # fmt: skip
    result = dbkit("init", "--models", "adopted_lost", "--database", url, "--format", "json")
    assert result.exit_code == 0, result.output
    notes = json.loads(result.stdout)["notes"]
    assert any("objects cannot be created again (-v shows why)" in one["text"] for one in notes)
    texts = [one["text"] for note in notes for one in note["objects"]]
    for what in ("oreign-data wrapper w ", "View far_ones ", "User mapping "):
        text = next(text for text in texts if what in text[:25])
        assert "is left out. It cannot be created: " in text
    assert "secret" not in result.output + Path("migrations/001_baseline.py").read_text()
    for arguments in (("verify", "--database", url), ("migrate", "--database", fresh)):
        result = dbkit(*arguments)
        assert result.exit_code == 0, result.output
    assert rows(fresh, "SELECT id FROM near") == []
