"""`diff` of two live databases is empty when and only when `pg_dump -s` prints them alike.

Each pair is two scripts, run after BASE on databases of their own; which table it is in says
whether the schemas are the same. NOT_COMPARED and EQUIVALENT are the exceptions, all of them.
"""

from __future__ import annotations

from functools import cache

import peewee as pw
import pytest

from dbkit.connection import parse
from dbkit.schema.changes import Change
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.values import Schema
from tests.conftest import server_of
from tests.laws.dumps import lines_of, pg_dump
from tests.servers import Server

Pairs = dict[str, tuple[str, str]]

BASE = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN code AS text;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE p (id integer PRIMARY KEY, x integer UNIQUE, y integer, UNIQUE (x, y));
CREATE TABLE t (a integer, b text, c integer NOT NULL, r int4range);
"""
# all that a script may have left, also what is in no schema
RESET = """
DROP PUBLICATION IF EXISTS dbkit; DROP EVENT TRIGGER IF EXISTS dbkit;
DROP FOREIGN DATA WRAPPER IF EXISTS dbkit CASCADE;
DO $$ DECLARE one text; BEGIN
  FOR one IN SELECT nspname FROM pg_namespace
      WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', one);
  END LOOP;
END $$;
CREATE SCHEMA public;
"""
PARTITIONED = "CREATE TABLE q (a integer, b text) PARTITION BY RANGE (a);"
PARTITION = PARTITIONED + "CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (1) TO (9);"
PARTITION_KEY = PARTITION + "ALTER TABLE q ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p;"
NAMESAKES = """
CREATE SCHEMA s;
CREATE FUNCTION s.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz';
CREATE FUNCTION s.transaction_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()';
"""

# One schema, written in two ways.
SAME: Pairs = {
    "a foreign key's own triggers disabled and enabled": (
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p; ALTER TABLE t DISABLE TRIGGER ALL;"
        "ALTER TABLE t ENABLE TRIGGER ALL",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p",
    ),
    "schema with a table in it": (
        "CREATE SCHEMA s CREATE TABLE u (a int)",
        "CREATE SCHEMA s; CREATE TABLE s.u (a integer)",
    ),
    "schema renamed": ("CREATE SCHEMA o; ALTER SCHEMA o RENAME TO s", "CREATE SCHEMA s"),
    "table moved to a schema": (
        "CREATE SCHEMA s; CREATE TABLE u (a serial PRIMARY KEY); ALTER TABLE u SET SCHEMA s",
        "CREATE SCHEMA s; CREATE TABLE s.u (a serial PRIMARY KEY)",
    ),
    "table renamed": (
        "CREATE TABLE o (a int); ALTER TABLE o RENAME TO u",
        "CREATE TABLE u (a int)",
    ),
    "table like another": (
        "CREATE TABLE u (d int, e mood); CREATE TABLE w (LIKE u)",
        "CREATE TABLE u (d int, e mood); CREATE TABLE w AS TABLE u",
    ),
    "table made unlogged": (
        "CREATE UNLOGGED TABLE u (a int)",
        "CREATE TABLE u (a int); ALTER TABLE u SET UNLOGGED",
    ),
    "table options": (
        "CREATE TABLE u (a int) WITH (fillfactor = 70)",
        "CREATE TABLE u (a int); ALTER TABLE u SET (fillfactor = 70)",
    ),
    "partition attached": (
        PARTITION,
        PARTITIONED + "CREATE TABLE q1 (a int, b text);"
        "ALTER TABLE q ATTACH PARTITION q1 FOR VALUES FROM ('1') TO (8 + 1)",
    ),
    "partition detached": (
        PARTITION + "ALTER TABLE q DETACH PARTITION q1",
        PARTITIONED + "CREATE TABLE q1 (a int, b text)",
    ),
    "partitioned index": (
        PARTITION + "CREATE INDEX i ON q (b)",
        PARTITIONED + "CREATE INDEX i ON q (b);"
        "CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (1) TO (9)",
    ),
    "partitioned key": (
        PARTITION + "ALTER TABLE q ADD PRIMARY KEY (a)",
        "CREATE TABLE q (a int PRIMARY KEY, b text) PARTITION BY RANGE (a);"
        "CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (1) TO (9)",
    ),
    "inherited column": (
        "ALTER TABLE t ADD z int; CREATE TABLE h () INHERITS (t)",
        "CREATE TABLE h () INHERITS (t); ALTER TABLE t ADD z int",
    ),
    "names of types": (
        "CREATE TABLE u (a int4, b int8, c int2, d bool, e varchar (9), f char, g decimal(8,2),"
        " h float, i float(3), j timestamptz(3), k time, l varbit(3), m numeric(5))",
        "CREATE TABLE u (a integer, b bigint, c smallint, d boolean, e character varying(9),"
        " f character(1), g numeric(8,2), h double precision, i real,"
        " j timestamp(3) with time zone, k time without time zone, l bit varying(3),"
        " m numeric(5,0))",
    ),
    "array": ("ALTER TABLE t ADD d int[]", "ALTER TABLE t ADD d integer ARRAY[4]"),
    "array of arrays": ("ALTER TABLE t ADD d text[]", "ALTER TABLE t ADD d text[][3]"),
    "enum column": ("ALTER TABLE t ADD d mood", "ALTER TABLE t ADD d public.mood"),
    "domain column": ("ALTER TABLE t ALTER b TYPE code", "ALTER TABLE t ALTER b TYPE public.code"),
    "type changed and back": (
        "ALTER TABLE t ALTER b TYPE varchar(3); ALTER TABLE t ALTER b TYPE text",
        "",
    ),
    "default collation": ('ALTER TABLE t ALTER b TYPE text COLLATE "default"', ""),
    "collation": (
        'ALTER TABLE t ALTER b TYPE text COLLATE "C"',
        'ALTER TABLE t ALTER b TYPE text COLLATE pg_catalog."C"',
    ),
    "null spelled": ("ALTER TABLE t ADD d int NULL", "ALTER TABLE t ADD d int"),
    "not null later": (
        "ALTER TABLE t ADD d int NOT NULL",
        "ALTER TABLE t ADD d int; ALTER TABLE t ALTER d SET NOT NULL",
    ),
    "default null": ("ALTER TABLE t ALTER a SET DEFAULT NULL", ""),
    "default number": (
        "ALTER TABLE t ALTER a SET DEFAULT 5",
        "ALTER TABLE t ALTER a SET DEFAULT '5'",
    ),
    "default text": (
        "ALTER TABLE t ALTER b SET DEFAULT 'x'",
        "ALTER TABLE t ALTER b SET DEFAULT 'x'::text",
    ),
    "default truth": (
        "ALTER TABLE t ADD d bool DEFAULT TRUE",
        "ALTER TABLE t ADD d bool DEFAULT 'yes'",
    ),
    "default of an enum": (
        "ALTER TABLE t ADD d mood DEFAULT 'ok'",
        "ALTER TABLE t ADD d mood DEFAULT CAST('ok' AS mood)",
    ),
    "default expression": (
        "ALTER TABLE t ALTER a SET DEFAULT 1 + 2 * 3",
        "ALTER TABLE t ALTER a SET DEFAULT (1 + (2 * (3)))",
    ),
    "serial written out": (
        "CREATE TABLE u (a serial)",
        "CREATE SEQUENCE u_a_seq AS integer;"
        "CREATE TABLE u (a int NOT NULL DEFAULT nextval('u_a_seq'));"
        "ALTER SEQUENCE u_a_seq OWNED BY u.a",
    ),
    "serial8": ("CREATE TABLE u (a bigserial)", "CREATE TABLE u (a serial8)"),
    "serial moved on": ("CREATE TABLE u (a serial); SELECT nextval('u_a_seq')",
                        "CREATE TABLE u (a serial)"),
    "identity later": (
        "CREATE TABLE u (a int GENERATED ALWAYS AS IDENTITY)",
        "CREATE TABLE u (a int NOT NULL); ALTER TABLE u ALTER a ADD GENERATED ALWAYS AS IDENTITY",
    ),
    "identity's usual options": (
        "CREATE TABLE u (a int GENERATED BY DEFAULT AS IDENTITY)",
        "CREATE TABLE u (a int GENERATED BY DEFAULT AS IDENTITY (START 1 MAXVALUE 2147483647))",
    ),
    "sequence's usual options": (
        "CREATE SEQUENCE s",
        "CREATE SEQUENCE s AS bigint START 1 INCREMENT 1 MINVALUE 1 NO MAXVALUE CACHE 1 NO CYCLE",
    ),
    "sequence altered": (
        "CREATE SEQUENCE s START 5 INCREMENT -1 MINVALUE -9 MAXVALUE 9",
        "CREATE SEQUENCE s; ALTER SEQUENCE s INCREMENT -1 MINVALUE -9 MAXVALUE 9 START 5",
    ),
    "sequence disowned": (
        "CREATE SEQUENCE s OWNED BY t.a; ALTER SEQUENCE s OWNED BY NONE",
        "CREATE SEQUENCE s",
    ),
    "generated": (
        "ALTER TABLE t ADD d int GENERATED ALWAYS AS (a * 2) STORED",
        "ALTER TABLE t ADD d int GENERATED ALWAYS AS (((a) * (2))) STORED",
    ),
    "primary key later": (
        "CREATE TABLE u (a int PRIMARY KEY)",
        "CREATE TABLE u (a int); ALTER TABLE u ADD PRIMARY KEY (a)",
    ),
    "primary key using an index": (
        "ALTER TABLE t ADD PRIMARY KEY (c)",
        "CREATE UNIQUE INDEX i ON t (c); ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY"
        " USING INDEX i",
    ),
    "foreign key to the key": (
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p",
        "ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES public.p (id)",
    ),
    "foreign key's usual options": (
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p MATCH SIMPLE ON DELETE NO ACTION"
        " ON UPDATE NO ACTION NOT DEFERRABLE INITIALLY IMMEDIATE",
    ),
    "foreign key validated later": (
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p NOT VALID;"
        "ALTER TABLE t VALIDATE CONSTRAINT t_a_fkey",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p",
    ),
    "foreign key made deferrable": (
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p INITIALLY DEFERRED",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p;"
        "ALTER TABLE t ALTER CONSTRAINT t_a_fkey DEFERRABLE INITIALLY DEFERRED",
    ),
    "foreign key to itself": (
        "CREATE TABLE u (a int PRIMARY KEY, b int REFERENCES u)",
        "CREATE TABLE u (a int PRIMARY KEY, b int); ALTER TABLE u ADD FOREIGN KEY (b) REFERENCES u",
    ),
    "unique later": (
        "CREATE TABLE u (a int UNIQUE)",
        "CREATE TABLE u (a int, CONSTRAINT u_a_key UNIQUE (a))",
    ),
    "unique using an index": (
        "ALTER TABLE t ADD UNIQUE (a)",
        "CREATE UNIQUE INDEX t_a_key ON t (a); ALTER TABLE t ADD UNIQUE USING INDEX t_a_key",
    ),
    "nulls distinct spelled": (
        "ALTER TABLE t ADD UNIQUE (a)",
        "ALTER TABLE t ADD UNIQUE NULLS DISTINCT (a)",
    ),
    "check of the column or the table": (
        "CREATE TABLE u (a int CHECK (a > 0))",
        "CREATE TABLE u (a int, CONSTRAINT u_a_check CHECK ((((a)) > 0)))",
    ),
    "check with in": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (b IN ('x', 'y'))",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (b = ANY (ARRAY['x'::text, 'y']))",
    ),
    "check with between": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a BETWEEN 1 AND 9)",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a >= 1 AND a <= 9)",
    ),
    "check validated later": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE"
        " CONSTRAINT k",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
    ),
    "checks in another order": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0), ADD CONSTRAINT l CHECK (a > 1)",
        "ALTER TABLE t ADD CONSTRAINT l CHECK (a > 1), ADD CONSTRAINT k CHECK (a > 0)",
    ),
    "exclusion": (
        "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&)",
        "ALTER TABLE t ADD CONSTRAINT t_r_excl EXCLUDE USING gist (r range_ops WITH"
        " OPERATOR(pg_catalog.&&))",
    ),
    "index's usual options": (
        "CREATE INDEX i ON t (b)",
        'CREATE INDEX i ON ONLY t USING btree (b COLLATE "default" text_ops ASC NULLS LAST)',
    ),
    "index descending": (
        "CREATE INDEX i ON t (a DESC)",
        "CREATE INDEX i ON t (a DESC NULLS FIRST)",
    ),
    "index on a column in parentheses": (
        "CREATE INDEX i ON t (a)",
        "CREATE INDEX i ON t ((a))",
    ),
    "index on an expression": (
        "CREATE INDEX i ON t (lower(b), (a + 1))",
        "CREATE INDEX i ON t ((pg_catalog.lower((b))), ((a) + 1))",
    ),
    "index predicate": (
        "CREATE INDEX i ON t (a) WHERE a > 0 AND b IS NOT NULL",
        "CREATE INDEX i ON t (a) WHERE ((b IS NOT NULL) IS NOT NULL) IS NULL;"
        "DROP INDEX i; CREATE INDEX i ON t (a) WHERE ((a > 0) AND (b IS NOT NULL))",
    ),
    "index with options later": (
        "CREATE INDEX i ON t (a) WITH (fillfactor = 50)",
        "CREATE INDEX i ON t (a); ALTER INDEX i SET (fillfactor = 50)",
    ),
    "index made again": ("CREATE INDEX i ON t (a); REINDEX INDEX i", "CREATE INDEX i ON t (a)"),
    "enum label added": (
        "CREATE TYPE e AS ENUM ('x', 'z'); ALTER TYPE e ADD VALUE 'y' BEFORE 'z'",
        "CREATE TYPE e AS ENUM ('x', 'y', 'z')",
    ),
    "enum label renamed": (
        "CREATE TYPE e AS ENUM ('x', 'y'); ALTER TYPE e RENAME VALUE 'y' TO 'z'",
        "CREATE TYPE e AS ENUM ('x', 'z')",
    ),
    "domain altered": (
        "CREATE DOMAIN d AS int DEFAULT 1 NOT NULL CONSTRAINT k CHECK (VALUE > 0)",
        "CREATE DOMAIN d AS integer; ALTER DOMAIN d SET DEFAULT '1'; ALTER DOMAIN d SET NOT NULL;"
        "ALTER DOMAIN d ADD CONSTRAINT k CHECK ((VALUE) > 0)",
    ),
    "trigger on and off": (
        "CREATE TRIGGER g BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();"
        "ALTER TABLE t DISABLE TRIGGER g; ALTER TABLE t ENABLE TRIGGER g",
        "CREATE TRIGGER g BEFORE UPDATE OR INSERT ON t FOR ROW EXECUTE PROCEDURE public.f()",
    ),
    "trigger's usual options": (
        "CREATE TRIGGER g AFTER DELETE ON t EXECUTE FUNCTION f()",
        "CREATE TRIGGER g AFTER DELETE ON t FOR EACH STATEMENT WHEN (true) EXECUTE FUNCTION f();"
        "DROP TRIGGER g ON t; CREATE TRIGGER g AFTER DELETE ON t FOR EACH STATEMENT EXECUTE"
        " FUNCTION f()",
    ),
    "rule replaced": (
        "CREATE RULE u AS ON DELETE TO t DO INSTEAD NOTHING",
        "CREATE RULE u AS ON DELETE TO t DO ALSO NOTHING;"
        "CREATE OR REPLACE RULE u AS ON DELETE TO public.t DO INSTEAD NOTHING",
    ),
    "row security on and off": (
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t DISABLE ROW LEVEL SECURITY",
        "",
    ),
    "policy's usual options": (
        "CREATE POLICY y ON t USING (a > 0)",
        "CREATE POLICY y ON t AS PERMISSIVE FOR ALL TO public USING (((a) > 0))",
    ),
    "policy altered": (
        "CREATE POLICY y ON t FOR INSERT WITH CHECK (a > 0)",
        "CREATE POLICY y ON t FOR INSERT WITH CHECK (true); ALTER POLICY y ON t WITH CHECK (a > 0)",
    ),
    "comment replaced": (
        "COMMENT ON TABLE t IS 'x'; COMMENT ON COLUMN t.a IS 'y'",
        "COMMENT ON COLUMN t.a IS 'y'; COMMENT ON TABLE t IS 'z'; COMMENT ON TABLE t IS 'x'",
    ),
    "comment taken back": ("COMMENT ON TABLE t IS 'x'; COMMENT ON TABLE t IS NULL", ""),
    "view of every column": (
        "CREATE VIEW v AS SELECT * FROM t WHERE a > 0",
        "CREATE VIEW v (a, b, c, r) AS (SELECT t.a, b, c, r FROM public.t WHERE ((t.a) > 0))",
    ),
    "view replaced": (
        "CREATE VIEW v AS SELECT a FROM t; CREATE OR REPLACE VIEW v AS SELECT c AS a FROM t",
        "CREATE VIEW v AS SELECT c AS a FROM t",
    ),
    "view with a check": (
        "CREATE VIEW v AS SELECT a FROM t WHERE a > 0 WITH CHECK OPTION",
        "CREATE VIEW v WITH (check_option = cascaded) AS SELECT a FROM t WHERE a > 0",
    ),
    "materialized view without rows": (
        "CREATE MATERIALIZED VIEW v AS SELECT a FROM t",
        "CREATE MATERIALIZED VIEW v AS SELECT a FROM t WITH NO DATA",
    ),
}  # fmt: skip

# Two schemas.
DIFFERENT: Pairs = {
    "schema": ("CREATE SCHEMA s", ""),
    "schema's name": ("CREATE SCHEMA s", 'CREATE SCHEMA "S"'),
    "table": ("CREATE TABLE u (a int)", ""),
    "table's schema": (
        "CREATE SCHEMA s; CREATE TABLE s.u (a int)",
        "CREATE SCHEMA s; CREATE TABLE u (a int)",
    ),
    "table's case": ("CREATE TABLE u (a int)", 'CREATE TABLE "U" (a int)'),
    "unlogged": ("CREATE UNLOGGED TABLE u (a int)", "CREATE TABLE u (a int)"),
    "view in place of a table": ("CREATE VIEW u AS SELECT 1 AS a", "CREATE TABLE u (a int)"),
    "materialized": ("CREATE VIEW u AS SELECT 1 AS a", "CREATE MATERIALIZED VIEW u AS SELECT 1 a"),
    "partitioned": (PARTITIONED, "CREATE TABLE q (a integer, b text)"),
    "partitioned by another way": (
        PARTITIONED,
        "CREATE TABLE q (a integer, b text) PARTITION BY LIST (a)",
    ),
    "partitioned by another column": (
        PARTITIONED,
        "CREATE TABLE q (a integer, b text) PARTITION BY RANGE (b)",
    ),
    "bounds": (
        PARTITION,
        PARTITIONED + "CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (1) TO (10)",
    ),
    "default partition": (PARTITION, PARTITIONED + "CREATE TABLE q1 PARTITION OF q DEFAULT"),
    "partition's own default": (PARTITION, PARTITION + "ALTER TABLE q1 ALTER b SET DEFAULT 'x'"),
    "partition's own index": (PARTITION, PARTITION + "CREATE INDEX i ON q1 (b)"),
    "inherited": (
        "CREATE TABLE h (LIKE t); ALTER TABLE h INHERIT t",
        "CREATE TABLE h (LIKE t)",
    ),
    "inherited from another": (
        "CREATE TABLE w (a int); CREATE TABLE h (a int) INHERITS (w)",
        "CREATE TABLE w (a int); CREATE TABLE v (a int); CREATE TABLE h (a int) INHERITS (v)",
    ),
    "table options": ("ALTER TABLE t SET (fillfactor = 70)", "ALTER TABLE t SET (fillfactor = 80)"),
    "table of a type": (
        "CREATE TYPE y AS (a int); CREATE TABLE u OF y",
        "CREATE TYPE y AS (a int); CREATE TABLE u (a int)",
    ),
    "replica identity": ("ALTER TABLE t REPLICA IDENTITY FULL", ""),
    "replica identity's index": (
        "CREATE UNIQUE INDEX i ON t (c); CREATE UNIQUE INDEX j ON t (c);"
        "ALTER TABLE t REPLICA IDENTITY USING INDEX i",
        "CREATE UNIQUE INDEX i ON t (c); CREATE UNIQUE INDEX j ON t (c);"
        "ALTER TABLE t REPLICA IDENTITY USING INDEX j",
    ),
    "column": ("ALTER TABLE t ADD d int", ""),
    "column's name": ("ALTER TABLE t RENAME a TO d", ""),
    "type": ("ALTER TABLE t ALTER a TYPE bigint", ""),
    "length": ("ALTER TABLE t ADD d varchar(3)", "ALTER TABLE t ADD d varchar(4)"),
    "no length": ("ALTER TABLE t ADD d varchar(3)", "ALTER TABLE t ADD d varchar"),
    "char without a length": ("ALTER TABLE t ADD d char", "ALTER TABLE t ADD d bpchar"),
    "precision": ("ALTER TABLE t ADD d numeric(8,2)", "ALTER TABLE t ADD d numeric(9,2)"),
    "scale": ("ALTER TABLE t ADD d numeric(8,2)", "ALTER TABLE t ADD d numeric(8,3)"),
    "precision of a time": ("ALTER TABLE t ADD d timestamp(3)", "ALTER TABLE t ADD d timestamp"),
    "time zone": ("ALTER TABLE t ADD d timestamp", "ALTER TABLE t ADD d timestamptz"),
    "fields of an interval": ("ALTER TABLE t ADD d interval", "ALTER TABLE t ADD d interval day"),
    "array": ("ALTER TABLE t ADD d int", "ALTER TABLE t ADD d int[]"),
    "length in an array": ("ALTER TABLE t ADD d varchar(3)[]", "ALTER TABLE t ADD d varchar(4)[]"),
    "domain or its base": ("ALTER TABLE t ALTER b TYPE code", ""),
    "domain of another schema": (
        "CREATE SCHEMA s; CREATE DOMAIN s.code AS text; ALTER TABLE t ADD d s.code",
        "CREATE SCHEMA s; CREATE DOMAIN s.code AS text; ALTER TABLE t ADD d code",
    ),
    "enum of another schema": (
        "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('x'); ALTER TABLE t ADD d s.mood",
        "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('x'); ALTER TABLE t ADD d mood",
    ),
    "array of an enum": ("ALTER TABLE t ADD d mood", "ALTER TABLE t ADD d mood[]"),
    "collation": ('ALTER TABLE t ALTER b TYPE text COLLATE "C"', ""),
    "another collation": (
        'ALTER TABLE t ALTER b TYPE text COLLATE "C"',
        'ALTER TABLE t ALTER b TYPE text COLLATE "POSIX"',
    ),
    "not null": ("ALTER TABLE t ALTER a SET NOT NULL", ""),
    "nullable": ("ALTER TABLE t ALTER c DROP NOT NULL", ""),
    "default": ("ALTER TABLE t ALTER a SET DEFAULT 1", ""),
    "another default": (
        "ALTER TABLE t ALTER a SET DEFAULT 1",
        "ALTER TABLE t ALTER a SET DEFAULT 2",
    ),
    "default in quotes": (
        "ALTER TABLE t ALTER b SET DEFAULT 'now()'",
        "ALTER TABLE t ALTER b SET DEFAULT 'CURRENT_TIMESTAMP'",
    ),
    "default of another type": (
        "ALTER TABLE t ALTER b SET DEFAULT 'x'",
        "ALTER TABLE t ALTER b SET DEFAULT 'x'::varchar",
    ),
    "today and the day of the script": (
        "ALTER TABLE t ADD d date DEFAULT CURRENT_DATE",
        "ALTER TABLE t ADD d date DEFAULT 'today'",
    ),
    "precision of now": (
        "ALTER TABLE t ADD d timestamptz DEFAULT CURRENT_TIMESTAMP",
        "ALTER TABLE t ADD d timestamptz DEFAULT CURRENT_TIMESTAMP(0)",
    ),
    "now and the clock": (
        "ALTER TABLE t ADD d timestamptz DEFAULT now()",
        "ALTER TABLE t ADD d timestamptz DEFAULT clock_timestamp()",
    ),
    "functions of those names": (
        NAMESAKES + "ALTER TABLE t ADD d timestamptz DEFAULT s.now()",
        NAMESAKES + "ALTER TABLE t ADD d timestamptz DEFAULT s.transaction_timestamp()",
    ),
    "serial": ("CREATE TABLE u (a serial)", "CREATE TABLE u (a int NOT NULL)"),
    "serial or identity": (
        "CREATE TABLE u (a serial)",
        "CREATE TABLE u (a int GENERATED BY DEFAULT AS IDENTITY)",
    ),
    "serial that owns nothing": (
        "CREATE TABLE u (a serial)",
        "CREATE SEQUENCE u_a_seq AS integer;"
        "CREATE TABLE u (a int NOT NULL DEFAULT nextval('u_a_seq'))",
    ),
    "serial's type": (
        "CREATE TABLE u (a serial)",
        "CREATE TABLE u (a serial); ALTER SEQUENCE u_a_seq AS bigint",
    ),
    "serial's step": (
        "CREATE TABLE u (a serial)",
        "CREATE TABLE u (a serial); ALTER SEQUENCE u_a_seq INCREMENT 10",
    ),
    "serial's default dropped": (
        "CREATE TABLE u (a serial)",
        "CREATE TABLE u (a serial); ALTER TABLE u ALTER a DROP DEFAULT",
    ),
    "serial plus one": (
        "CREATE TABLE u (a serial)",
        "CREATE TABLE u (a serial); ALTER TABLE u ALTER a SET DEFAULT nextval('u_a_seq') + 1",
    ),
    "serial's default changed": (
        "CREATE TABLE u (a serial); ALTER SEQUENCE u_a_seq INCREMENT 10;"
        "ALTER TABLE u ALTER a SET DEFAULT nextval('u_a_seq') + 1",
        "CREATE TABLE u (a serial); ALTER TABLE u ALTER a SET DEFAULT nextval('u_a_seq') + 1",
    ),
    "serial nullable": (
        "CREATE TABLE u (a serial)",
        "CREATE TABLE u (a serial); ALTER TABLE u ALTER a DROP NOT NULL",
    ),
    "identity's way": (
        "CREATE TABLE u (a int GENERATED ALWAYS AS IDENTITY)",
        "CREATE TABLE u (a int GENERATED BY DEFAULT AS IDENTITY)",
    ),
    "identity's start": (
        "CREATE TABLE u (a int GENERATED ALWAYS AS IDENTITY)",
        "CREATE TABLE u (a int GENERATED ALWAYS AS IDENTITY (START 7))",
    ),
    "identity cycles": (
        "CREATE TABLE u (a int GENERATED ALWAYS AS IDENTITY)",
        "CREATE TABLE u (a int GENERATED ALWAYS AS IDENTITY (CYCLE CACHE 5))",
    ),
    "sequence": ("CREATE SEQUENCE s", ""),
    "sequence's start": ("CREATE SEQUENCE s", "CREATE SEQUENCE s START 2"),
    "sequence's type": ("CREATE SEQUENCE s", "CREATE SEQUENCE s AS integer"),
    "sequence's bounds": ("CREATE SEQUENCE s", "CREATE SEQUENCE s MAXVALUE 9"),
    "sequence downwards": ("CREATE SEQUENCE s", "CREATE SEQUENCE s INCREMENT -1"),
    "sequence's owner": ("CREATE SEQUENCE s", "CREATE SEQUENCE s OWNED BY t.a"),
    "sequence's other owner": (
        "CREATE SEQUENCE s OWNED BY t.c",
        "CREATE SEQUENCE s OWNED BY t.a",
    ),
    "sequence unlogged": ("CREATE SEQUENCE s", "CREATE UNLOGGED SEQUENCE s"),
    "generated": (
        "ALTER TABLE t ADD d int GENERATED ALWAYS AS (a) STORED",
        "ALTER TABLE t ADD d int",
    ),
    "generated or a default": (
        "ALTER TABLE t ADD d int GENERATED ALWAYS AS (1) STORED",
        "ALTER TABLE t ADD d int DEFAULT 1",
    ),
    "generated otherwise": (
        "ALTER TABLE t ADD d int GENERATED ALWAYS AS (a) STORED",
        "ALTER TABLE t ADD d int GENERATED ALWAYS AS (c) STORED",
    ),
    "primary key": ("ALTER TABLE t ADD PRIMARY KEY (c)", ""),
    "primary key's name": (
        "ALTER TABLE t ADD PRIMARY KEY (c)",
        "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (c)",
    ),
    "primary key's order": (
        "ALTER TABLE t ADD PRIMARY KEY (a, c)",
        "ALTER TABLE t ADD PRIMARY KEY (c, a)",
    ),
    "primary key or unique": (
        "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (c)",
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (c)",
    ),
    "primary key deferrable": (
        "ALTER TABLE t ADD PRIMARY KEY (c)",
        "ALTER TABLE t ADD PRIMARY KEY (c) DEFERRABLE",
    ),
    "primary key's include": (
        "ALTER TABLE t ADD PRIMARY KEY (c)",
        "ALTER TABLE t ADD PRIMARY KEY (c) INCLUDE (a)",
    ),
    "primary key's options": (
        "ALTER TABLE t ADD PRIMARY KEY (c)",
        "ALTER TABLE t ADD PRIMARY KEY (c) WITH (fillfactor = 50)",
    ),
    "foreign key": ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p", ""),
    "foreign key's name": (
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p",
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p",
    ),
    "foreign key's column": (
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p",
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (c) REFERENCES p",
    ),
    "foreign key's target column": (
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (x)",
    ),
    "foreign key's order": (
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a, c) REFERENCES p (x, y)",
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (c, a) REFERENCES p (x, y)",
    ),
    "foreign key's schema": (
        "CREATE SCHEMA s; CREATE TABLE s.p (id int PRIMARY KEY);"
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p",
        "CREATE SCHEMA s; CREATE TABLE s.p (id int PRIMARY KEY);"
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES s.p",
    ),
    "foreign key to itself": (
        "CREATE TABLE u (a int PRIMARY KEY, b int REFERENCES u)",
        "CREATE TABLE u (a int PRIMARY KEY, b int REFERENCES p)",
    ),
    **{
        f"foreign key {words}": (
            "ALTER TABLE t ADD FOREIGN KEY (a, c) REFERENCES p (x, y)",
            f"ALTER TABLE t ADD FOREIGN KEY (a, c) REFERENCES p (x, y) {words}",
        )
        for words in (
            "ON DELETE CASCADE",
            "ON DELETE RESTRICT",
            "ON DELETE SET NULL",
            "ON DELETE SET DEFAULT (a)",
            "ON UPDATE CASCADE",
            "ON UPDATE SET DEFAULT",
            "MATCH FULL",
            "DEFERRABLE",
            "INITIALLY DEFERRED",
            "NOT VALID",
        )
    },
    "foreign key sets some null": (
        "ALTER TABLE t ADD FOREIGN KEY (a, c) REFERENCES p (x, y) ON DELETE SET NULL",
        "ALTER TABLE t ADD FOREIGN KEY (a, c) REFERENCES p (x, y) ON DELETE SET NULL (a)",
    ),
    "unique": ("ALTER TABLE t ADD UNIQUE (a)", ""),
    "unique or an index": (
        "ALTER TABLE t ADD CONSTRAINT i UNIQUE (a)",
        "CREATE UNIQUE INDEX i ON t (a)",
    ),
    "unique's order": (
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a, b)",
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (b, a)",
    ),
    "nulls not distinct": (
        "ALTER TABLE t ADD UNIQUE (a)",
        "ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a)",
    ),
    "unique's include": (
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a) INCLUDE (b)",
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a) INCLUDE (c)",
    ),
    "unique deferred": (
        "ALTER TABLE t ADD UNIQUE (a) DEFERRABLE",
        "ALTER TABLE t ADD UNIQUE (a) INITIALLY DEFERRED",
    ),
    "check": ("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)", ""),
    "check's body": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 1)",
    ),
    "check's name": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT l CHECK (a > 0)",
    ),
    "check not valid": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID",
    ),
    "check not inherited": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NO INHERIT",
    ),
    "check twice": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0), ADD CONSTRAINT l CHECK (a > 0)",
    ),
    "exclusion": ("ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&)", ""),
    "exclusion's operator": (
        "ALTER TABLE t ADD CONSTRAINT k EXCLUDE USING gist (r WITH &&)",
        "ALTER TABLE t ADD CONSTRAINT k EXCLUDE USING gist (r WITH =)",
    ),
    "exclusion's predicate": (
        "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&)",
        "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&) WHERE (a > 0)",
    ),
    "exclusion deferrable": (
        "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&)",
        "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&) DEFERRABLE",
    ),
    "exclusion's options": (
        "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&)",
        "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&) WITH (fillfactor = 50)",
    ),
    "index": ("CREATE INDEX i ON t (a)", ""),
    **{
        f"index {two}": (f"CREATE {one}", f"CREATE {two}")
        for one, two in (
            ("INDEX i ON t (a)", "INDEX j ON t (a)"),
            ("INDEX i ON t (a)", "INDEX i ON t (c)"),
            ("INDEX i ON t (a)", "UNIQUE INDEX i ON t (a)"),
            ("INDEX i ON t (a, b)", "INDEX i ON t (b, a)"),
            ("INDEX i ON t (a)", "INDEX i ON t (a DESC)"),
            ("INDEX i ON t (a DESC)", "INDEX i ON t (a DESC NULLS LAST)"),
            ("INDEX i ON t (a)", "INDEX i ON t (a NULLS FIRST)"),
            ("INDEX i ON t (a)", "INDEX i ON t USING hash (a)"),
            ("INDEX i ON t USING brin (a)", "INDEX i ON t USING gist (r)"),
            ("INDEX i ON t (b)", "INDEX i ON t (lower(b))"),
            ("INDEX i ON t (lower(b))", "INDEX i ON t (upper(b))"),
            ("INDEX i ON t (b)", 'INDEX i ON t (b COLLATE "C")'),
            ("INDEX i ON t (lower(b))", 'INDEX i ON t (lower(b) COLLATE "C")'),
            ("INDEX i ON t (b)", "INDEX i ON t (b text_pattern_ops)"),
            ("INDEX i ON t (lower(b))", "INDEX i ON t (lower(b) text_pattern_ops)"),
            ("INDEX i ON t USING gist (r)", "INDEX i ON t USING spgist (r)"),
            (
                "INDEX i ON t USING gist (to_tsvector('simple', b))",
                "INDEX i ON t USING gist (to_tsvector('simple', b) tsvector_ops (siglen = 100))",
            ),
            ("INDEX i ON t (a)", "INDEX i ON t (a) WHERE b IS NULL"),
            ("INDEX i ON t (a) WHERE b = 'x'", "INDEX i ON t (a) WHERE b = 'y'"),
            ("INDEX i ON t (a)", "INDEX i ON t (a) INCLUDE (b)"),
            ("INDEX i ON t (a) INCLUDE (b, c)", "INDEX i ON t (a) INCLUDE (c, b)"),
            ("INDEX i ON t (a)", "INDEX i ON t (a) WITH (fillfactor = 50)"),
            ("UNIQUE INDEX i ON t (a)", "UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT"),
        )
    },
    "index of a materialized view": (
        "CREATE MATERIALIZED VIEW v AS SELECT a FROM t; CREATE INDEX i ON v (a)",
        "CREATE MATERIALIZED VIEW v AS SELECT a FROM t",
    ),
    "enum": ("CREATE TYPE e AS ENUM ('x')", ""),
    "enum's labels": ("CREATE TYPE e AS ENUM ('x')", "CREATE TYPE e AS ENUM ('x', 'y')"),
    "enum's order": ("CREATE TYPE e AS ENUM ('x', 'y')", "CREATE TYPE e AS ENUM ('y', 'x')"),
    "enum's name": ("ALTER TYPE mood RENAME TO feeling", ""),
    "enum's schema": (
        "CREATE SCHEMA s; CREATE TYPE s.e AS ENUM ('x')",
        "CREATE SCHEMA s; CREATE TYPE e AS ENUM ('x')",
    ),
    "enum without labels": ("CREATE TYPE e AS ENUM ()", "CREATE TYPE e AS ENUM ('')"),
    "domain": ("CREATE DOMAIN d AS int", ""),
    "domain's base": ("CREATE DOMAIN d AS int", "CREATE DOMAIN d AS bigint"),
    "domain's length": ("CREATE DOMAIN d AS varchar(3)", "CREATE DOMAIN d AS varchar(4)"),
    "domain's default": ("CREATE DOMAIN d AS int", "CREATE DOMAIN d AS int DEFAULT 1"),
    "domain's null": ("CREATE DOMAIN d AS int", "CREATE DOMAIN d AS int NOT NULL"),
    "domain's collation": ("CREATE DOMAIN d AS text", 'CREATE DOMAIN d AS text COLLATE "C"'),
    "domain's check": (
        "CREATE DOMAIN d AS int CHECK (VALUE > 0)",
        "CREATE DOMAIN d AS int CHECK (VALUE > 1)",
    ),
    "domain's check not valid": (
        "ALTER DOMAIN code ADD CONSTRAINT k CHECK (VALUE <> '')",
        "ALTER DOMAIN code ADD CONSTRAINT k CHECK (VALUE <> '') NOT VALID",
    ),
    "trigger": ("CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()", ""),
    **{
        f"trigger {words}": (
            "CREATE TRIGGER g BEFORE INSERT ON t FOR ROW EXECUTE FUNCTION f()",
            f"CREATE {words}",
        )
        for words in (
            "TRIGGER h BEFORE INSERT ON t FOR ROW EXECUTE FUNCTION f()",
            "TRIGGER g AFTER INSERT ON t FOR ROW EXECUTE FUNCTION f()",
            "TRIGGER g BEFORE UPDATE ON t FOR ROW EXECUTE FUNCTION f()",
            "TRIGGER g BEFORE INSERT OR UPDATE OF a ON t FOR ROW EXECUTE FUNCTION f()",
            "TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()",
            "TRIGGER g BEFORE INSERT ON t FOR ROW WHEN (NEW.a > 0) EXECUTE FUNCTION f()",
            "TRIGGER g BEFORE INSERT ON t FOR ROW EXECUTE FUNCTION f('x')",
            "TRIGGER g BEFORE INSERT ON t FOR ROW EXECUTE FUNCTION g()",
            "TRIGGER g BEFORE INSERT ON p FOR ROW EXECUTE FUNCTION f()",
            "TRIGGER g AFTER INSERT ON t REFERENCING NEW TABLE AS n EXECUTE FUNCTION f()",
            "CONSTRAINT TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        )
    },
    **{
        f"trigger with {words}": (
            "CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()",
            "CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f();"
            f"ALTER TABLE t {words} TRIGGER g",
        )
        for words in ("DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS")
    },
    "trigger of a view": (
        "CREATE VIEW v AS SELECT a FROM t;"
        "CREATE TRIGGER g INSTEAD OF INSERT ON v FOR ROW EXECUTE FUNCTION f()",
        "CREATE VIEW v AS SELECT a FROM t",
    ),
    "trigger of one partition": (
        PARTITION + "CREATE TRIGGER g AFTER INSERT ON q FOR ROW EXECUTE FUNCTION f()",
        PARTITION + "CREATE TRIGGER g AFTER INSERT ON q FOR ROW EXECUTE FUNCTION f();"
        "ALTER TABLE q1 DISABLE TRIGGER g",
    ),
    "rule": ("CREATE RULE u AS ON DELETE TO t DO INSTEAD NOTHING", ""),
    "rule's action": (
        "CREATE RULE u AS ON DELETE TO t DO INSTEAD NOTHING",
        "CREATE RULE u AS ON DELETE TO t DO INSTEAD DELETE FROM p",
    ),
    "rule's condition": (
        "CREATE RULE u AS ON DELETE TO t WHERE OLD.a > 0 DO INSTEAD NOTHING",
        "CREATE RULE u AS ON DELETE TO t WHERE OLD.a > 1 DO INSTEAD NOTHING",
    ),
    "rule disabled": (
        "CREATE RULE u AS ON DELETE TO t DO INSTEAD NOTHING",
        "CREATE RULE u AS ON DELETE TO t DO INSTEAD NOTHING; ALTER TABLE t DISABLE RULE u",
    ),
    "row security": ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", ""),
    "row security forced": ("ALTER TABLE t FORCE ROW LEVEL SECURITY", ""),
    "policy": ("CREATE POLICY y ON t USING (a > 0)", ""),
    **{
        f"policy {words}": ("CREATE POLICY y ON t USING (a > 0)", f"CREATE POLICY {words}")
        for words in (
            "x ON t USING (a > 0)",
            "y ON t USING (a > 1)",
            "y ON t AS RESTRICTIVE USING (a > 0)",
            "y ON t FOR SELECT USING (a > 0)",
            "y ON t TO CURRENT_USER USING (a > 0)",
            "y ON t USING (a > 0) WITH CHECK (a > 0)",
            "y ON p USING (id > 0)",
        )
    },
    **{
        f"comment on a {kind}": (f"{create}; COMMENT ON {words} IS 'x'", create)
        for kind, create, words in (
            ("index", "CREATE INDEX i ON t (a)", "INDEX i"),
            ("key's index", "", "INDEX p_pkey"),
            ("constraint", "", "CONSTRAINT p_x_key ON p"),
            (
                "foreign key",
                "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p",
                "CONSTRAINT k ON t",
            ),
            (
                "trigger",
                "CREATE TRIGGER g AFTER DELETE ON t EXECUTE FUNCTION f()",
                "TRIGGER g ON t",
            ),
            ("rule", "CREATE RULE u AS ON DELETE TO t DO INSTEAD NOTHING", "RULE u ON t"),
            ("policy", "CREATE POLICY y ON t USING (a > 0)", "POLICY y ON t"),
            ("type", "", "TYPE mood"),
            ("domain", "", "DOMAIN code"),
            ("sequence", "CREATE SEQUENCE s", "SEQUENCE s"),
            ("schema", "CREATE SCHEMA s", "SCHEMA s"),
            ("type elsewhere", "CREATE SCHEMA s; CREATE TYPE s.e AS ENUM ()", "TYPE s.e"),
            ("partition's column", PARTITION, "COLUMN q1.a"),
            (
                "foreign table",
                "CREATE FOREIGN DATA WRAPPER dbkit; CREATE SERVER dbkit FOREIGN DATA"
                " WRAPPER dbkit; CREATE FOREIGN TABLE h (a int) SERVER dbkit",
                "FOREIGN TABLE h",
            ),
        )
    },
    "foreign key's triggers of a partition": (
        PARTITION_KEY + "ALTER TABLE q1 DISABLE TRIGGER ALL",
        PARTITION_KEY,
    ),
    "comment": ("COMMENT ON TABLE t IS 'x'", ""),
    "comment's text": ("COMMENT ON TABLE t IS 'x'", "COMMENT ON TABLE t IS 'X'"),
    "comment of a column": ("COMMENT ON COLUMN t.a IS 'x'", "COMMENT ON COLUMN t.b IS 'x'"),
    "comment of a view": (
        "CREATE VIEW v AS SELECT a FROM t; COMMENT ON VIEW v IS 'x'",
        "CREATE VIEW v AS SELECT a FROM t",
    ),
    "view's query": (
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE VIEW v AS SELECT a FROM t WHERE a > 0",
    ),
    "view's column": ("CREATE VIEW v AS SELECT a FROM t", "CREATE VIEW v AS SELECT a AS z FROM t"),
    "view's barrier": (
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t",
    ),
    "view's check": (
        "CREATE VIEW v AS SELECT a FROM t WITH LOCAL CHECK OPTION",
        "CREATE VIEW v AS SELECT a FROM t WITH CASCADED CHECK OPTION",
    ),
    "view's default": (
        "CREATE VIEW v AS SELECT a FROM t; ALTER VIEW v ALTER a SET DEFAULT 1",
        "CREATE VIEW v AS SELECT a FROM t",
    ),
    "materialized view's query": (
        "CREATE MATERIALIZED VIEW v AS SELECT a FROM t",
        "CREATE MATERIALIZED VIEW v AS SELECT c AS a FROM t",
    ),
}

# What PostgreSQL 15 does not know.
SAME_18: Pairs = {
    "names of NOT NULL constraints": (
        "ALTER TABLE t ADD CONSTRAINT t_a_not_null NOT NULL a",
        "ALTER TABLE t ALTER a SET NOT NULL",
    ),
    "generated without a word": (
        "ALTER TABLE t ADD d int GENERATED ALWAYS AS (a)",
        "ALTER TABLE t ADD d int GENERATED ALWAYS AS (a) VIRTUAL",
    ),
    "check enforced": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) ENFORCED",
    ),
    "foreign key enforced later": (
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p NOT ENFORCED;"
        "ALTER TABLE t ALTER CONSTRAINT t_a_fkey ENFORCED",
    ),
    "not null validated later": (
        "ALTER TABLE t ALTER a SET NOT NULL",
        "ALTER TABLE t ADD NOT NULL a NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT t_a_not_null",
    ),
}
DIFFERENT_18: Pairs = {
    "virtual or stored": (
        "ALTER TABLE t ADD d int GENERATED ALWAYS AS (a) VIRTUAL",
        "ALTER TABLE t ADD d int GENERATED ALWAYS AS (a) STORED",
    ),
    "check not enforced": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT ENFORCED",
    ),
    "foreign key not enforced": (
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p NOT ENFORCED",
    ),
    "not null not valid": (
        "ALTER TABLE t ALTER a SET NOT NULL",
        "ALTER TABLE t ADD NOT NULL a NOT VALID",
    ),
    "not null not valid or nullable": ("", "ALTER TABLE t ADD NOT NULL a NOT VALID"),
    "without overlaps": (
        "CREATE TABLE u (a int4range, r int4range, CONSTRAINT k UNIQUE (a, r))",
        "CREATE TABLE u (a int4range, r int4range, CONSTRAINT k UNIQUE (a, r WITHOUT OVERLAPS))",
    ),
}

# Of one schema here, of two to pg_dump: all that is not compared.
NOT_COMPARED: Pairs = {
    "order of columns": (
        "CREATE TABLE u (a int, b int)",
        "CREATE TABLE u (b int, a int)",
    ),
    "order of storage parameters": (
        "CREATE TABLE u (a int) WITH (fillfactor = 70, autovacuum_enabled = off)",
        "CREATE TABLE u (a int) WITH (autovacuum_enabled = off, fillfactor = 70)",
    ),
    "name of the sequence of a serial or identity column": (
        "CREATE TABLE u (a serial)",
        "CREATE TABLE u (a serial); ALTER SEQUENCE u_a_seq RENAME TO numbers",
    ),
    "whether an inherited column is the child's own too": (
        "CREATE TABLE h (a int) INHERITS (t)",
        "CREATE TABLE h () INHERITS (t)",
    ),
    "name of a partition's part of an index": (
        PARTITION + "CREATE INDEX i ON q (b)",
        PARTITION + "CREATE INDEX i ON q (b); ALTER INDEX q1_b_idx RENAME TO j",
    ),
    "functions and procedures": (
        "CREATE FUNCTION h() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION h() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    ),
    "aggregates": ("CREATE AGGREGATE h (int) (sfunc = int4larger, stype = int)", ""),
    "operators and operator classes": (
        "CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)",
        "",
    ),
    "casts": ("CREATE CAST (int4range AS mood) WITH INOUT", ""),
    "collations": ('CREATE COLLATION h FROM "C"', ""),
    "text search objects": ("CREATE TEXT SEARCH CONFIGURATION h (COPY = simple)", ""),
    "composite types": ("CREATE TYPE h AS (a int)", "CREATE TYPE h AS (a bigint)"),
    "range types": ("CREATE TYPE h AS RANGE (subtype = text)", ""),
    "extended statistics": ("CREATE STATISTICS h ON a, b FROM t", ""),
    "statistics targets": ("ALTER TABLE t ALTER a SET STATISTICS 500", ""),
    "storage and compression of a column": ("ALTER TABLE t ALTER b SET STORAGE EXTERNAL", ""),
    "parameters of the TOAST table": ("ALTER TABLE t SET (toast.autovacuum_enabled = off)", ""),
    "the index that CLUSTER goes by": (
        "CREATE INDEX i ON t (a); ALTER TABLE t CLUSTER ON i",
        "CREATE INDEX i ON t (a)",
    ),
    "publications": ("CREATE PUBLICATION dbkit FOR TABLE t", ""),
    "event triggers": (
        "CREATE FUNCTION h() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        "CREATE EVENT TRIGGER dbkit ON ddl_command_end EXECUTE FUNCTION h()",
        "",
    ),
    "foreign data wrappers, servers and options of foreign tables": (
        "CREATE FOREIGN DATA WRAPPER dbkit; CREATE SERVER dbkit FOREIGN DATA WRAPPER dbkit;"
        "CREATE FOREIGN TABLE h (a int) SERVER dbkit OPTIONS (x '1')",
        "CREATE FOREIGN DATA WRAPPER dbkit; CREATE SERVER dbkit FOREIGN DATA WRAPPER dbkit;"
        "CREATE FOREIGN TABLE h (a int) SERVER dbkit OPTIONS (x '2')",
    ),
    "comments on functions and other objects that are not compared": (
        "COMMENT ON FUNCTION f() IS 'x'",
        "",
    ),
}  # fmt: skip
NOT_COMPARED_18: Pairs = {
    "names of NOT NULL constraints, and NO INHERIT of them": (
        "ALTER TABLE t ADD CONSTRAINT k NOT NULL a",
        "ALTER TABLE t ALTER a SET NOT NULL",
    ),
}

# Kept apart by the server, and the same by its manual.
EQUIVALENT: Pairs = {
    f"{one} and {two}, {type_}": (
        f"ALTER TABLE t ADD d {type_} DEFAULT {one}",
        f"ALTER TABLE t ADD d {type_} DEFAULT {two}",
    )
    for type_, one, two in (
        ("timestamptz", "CURRENT_TIMESTAMP", "now()"),
        ("timestamptz", "now()", "transaction_timestamp()"),
        ("timestamp", "CURRENT_TIMESTAMP", "now()"),
        ("timestamp", "CURRENT_TIMESTAMP::timestamp", "now()::timestamp"),
        ("date", "CURRENT_TIMESTAMP + '1 day'", "now() + interval '1 day'"),
        ("text", "'now(): ' || CURRENT_TIMESTAMP", "'now(): ' || now()"),
        ("name", "CURRENT_USER", "USER"),
        ("name", "CURRENT_USER", "CURRENT_ROLE"),
        ("name", "CURRENT_CATALOG", "current_database()"),
        ("name", "CURRENT_SCHEMA", "current_schema()"),
    )
}
EQUIVALENT_18: Pairs = {
    "gen_random_uuid() and uuidv4()": (
        "ALTER TABLE t ADD d uuid DEFAULT gen_random_uuid()",
        "ALTER TABLE t ADD d uuid DEFAULT uuidv4()",
    )
}


KEY = "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES p;"
# pg_dump does not say that the server no longer enforces a constraint
NOT_DUMPED: Pairs = {
    "foreign key's triggers disabled": (KEY + "ALTER TABLE t DISABLE TRIGGER ALL", KEY),
    "foreign key's triggers always": (KEY + "UPDATE pg_trigger SET tgenabled = 'A' WHERE"
                                      " tgrelid = 't'::regclass", KEY),
    "foreign key's triggers for replicas": (KEY + "UPDATE pg_trigger SET tgenabled = 'R' WHERE"
                                            " tgrelid = 't'::regclass", KEY),
    "foreign key's triggers of the target": (KEY + "ALTER TABLE p DISABLE TRIGGER ALL", KEY),
    "foreign key's triggers here or there": (KEY + "ALTER TABLE t DISABLE TRIGGER ALL",
                                             KEY + "ALTER TABLE p DISABLE TRIGGER ALL"),
    "deferrable key's triggers disabled": (
        "ALTER TABLE t ADD UNIQUE (a) DEFERRABLE; ALTER TABLE t DISABLE TRIGGER ALL",
        "ALTER TABLE t ADD UNIQUE (a) DEFERRABLE",
    ),
    "foreign key's triggers of a partitioned table": (
        PARTITION_KEY + "ALTER TABLE q DISABLE TRIGGER ALL", PARTITION_KEY),
}  # fmt: skip


@cache
def database_of(server: Server) -> pw.Database:
    """Open until the process ends: a connection a test would take most of the time."""
    database = parse(server.url(server.create_database())).database()
    database.connect()
    return database


@cache
def made(server: Server, script: str) -> tuple[list[str], Schema]:
    """What pg_dump prints and what dbkit reads after BASE and a script."""
    database = database_of(server)
    database.connection().cursor().execute(RESET + BASE + script)
    dumping = pg_dump(server.url(database.database), binaries=server.binaries)
    with dialect_for(database).reading(database, None) as reading:
        schema = reading.live(comments=True)
    return lines_of(dumping), schema


def compared(server: Server, scripts: tuple[str, str]) -> tuple[bool, tuple[Change, ...]]:
    """(whether pg_dump prints the two alike, the diff of the two)."""
    (one, old), (other, new) = (made(server, script) for script in scripts)
    return one == other, diff(old, new)


@pytest.mark.parametrize("scripts", SAME.values(), ids=SAME)
def test_what_dumps_alike_has_no_diff(server: Server, scripts: tuple[str, str]) -> None:
    assert compared(server, scripts) == (True, ())


@pytest.mark.parametrize("scripts", DIFFERENT.values(), ids=DIFFERENT)
def test_what_dumps_otherwise_has_a_diff(server: Server, scripts: tuple[str, str]) -> None:
    alike, changes = compared(server, scripts)
    assert not alike
    assert changes


@pytest.mark.parametrize("scripts", NOT_DUMPED.values(), ids=NOT_DUMPED)
def test_what_a_dump_does_not_say_has_a_diff(server: Server, scripts: tuple[str, str]) -> None:
    alike, changes = compared(server, scripts)
    assert alike
    assert changes


@pytest.mark.parametrize(
    "scripts", [*NOT_COMPARED.values(), *EQUIVALENT.values()], ids=[*NOT_COMPARED, *EQUIVALENT]
)
def test_what_is_not_compared_has_no_diff(server: Server, scripts: tuple[str, str]) -> None:
    assert compared(server, scripts) == (False, ())


@pytest.mark.postgres
@pytest.mark.parametrize("scripts", SAME_18.values(), ids=SAME_18)
def test_what_dumps_alike_on_18(scripts: tuple[str, str]) -> None:
    assert compared(server_of("postgres18"), scripts) == (True, ())


@pytest.mark.postgres
@pytest.mark.parametrize("scripts", DIFFERENT_18.values(), ids=DIFFERENT_18)
def test_what_dumps_otherwise_on_18(scripts: tuple[str, str]) -> None:
    alike, changes = compared(server_of("postgres18"), scripts)
    assert not alike
    assert changes


@pytest.mark.postgres
@pytest.mark.parametrize(
    "scripts",
    [*NOT_COMPARED_18.values(), *EQUIVALENT_18.values()],
    ids=[*NOT_COMPARED_18, *EQUIVALENT_18],
)
def test_what_is_not_compared_on_18(scripts: tuple[str, str]) -> None:
    assert compared(server_of("postgres18"), scripts) == (False, ())
