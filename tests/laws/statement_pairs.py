"""Pairs of databases, as scripts; test_statements.py brings each to the other, both ways."""
# ruff: noqa: E501

from __future__ import annotations

ROWS = "CREATE TABLE t (id int PRIMARY KEY, a {}); INSERT INTO t VALUES (1, {}), (2, {});"


def column(a: str, b: str, value: str = "NULL", other: str = "NULL") -> tuple[str, str]:
    """A column of two definitions, with rows."""
    return ROWS.format(a, value, other), ROWS.format(b, value, other)


def table(a: str, b: str, rows: str = "(1, 1), (2, 2)") -> tuple[str, str]:
    """Statements after a table t (a, b) and one u (a, b), with rows."""
    base = (
        "CREATE TABLE t (a int NOT NULL, b int NOT NULL);"
        "CREATE TABLE u (a int NOT NULL UNIQUE, b int);"
        f"INSERT INTO t VALUES {rows}; INSERT INTO u VALUES {rows};"
    )
    return base + a, base + b


MOOD = "CREATE TYPE mood AS ENUM ({}); CREATE TABLE t (id int, a mood {}); {}"
FUNCTION = (
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x');"
)
KEYED = "CREATE TABLE p (id int, code text NOT NULL, {}); CREATE TABLE c (p int, code text, {});"
PARTITIONED = (
    "CREATE TABLE p (a int NOT NULL, b text{}) PARTITION BY RANGE (a);"
    "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);"
    "INSERT INTO p VALUES (1, 'x');"
)
COMMENTED = (
    "CREATE SCHEMA s; CREATE TYPE e AS ENUM ('x'); CREATE DOMAIN d AS int; CREATE SEQUENCE q;"
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE TABLE t (a int CONSTRAINT k CHECK (a > 0), b text); CREATE INDEX i ON t (a);"
    "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
    "CREATE POLICY p ON t USING (a > 0); CREATE VIEW v AS SELECT a FROM t;"
    "CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING;"
    "CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE TABLE s.t (a int);"
    'CREATE INDEX "I 2" ON s.t (a);'
)
CHECKED = (
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p ON DELETE CASCADE);"
    "CREATE TABLE q (a int REFERENCES p) PARTITION BY RANGE (a);"
    "CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (1) TO (10);"
    "CREATE TABLE q2 PARTITION OF q FOR VALUES FROM (10) TO (20);"
)

POSTGRES: dict[str, tuple[str, str]] = {
    # types
    "nothing": ("", ""),
    "equal": table("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a)"),
    "schema": ("CREATE SCHEMA s", 'CREATE SCHEMA "S 2"; CREATE TABLE "S 2"."T" (a int)'),
    "schemas and types": (
        "CREATE SCHEMA s; CREATE TYPE s.k AS ENUM ('x'); CREATE TABLE s.t (a s.k DEFAULT 'x');"
        "INSERT INTO s.t VALUES ('x')",
        "CREATE SCHEMA s; CREATE TYPE s.k AS ENUM ('w', 'x'); CREATE TYPE q AS ENUM ('q');"
        "CREATE TABLE s.t (a s.k DEFAULT 'w', b q DEFAULT 'q'); CREATE TABLE t (a q);"
        "CREATE VIEW s.v AS SELECT b FROM s.t",
    ),
    "enum": ("", "CREATE TYPE \"Odd 'type\" AS ENUM ('a''b', 'ü'); CREATE TYPE none AS ENUM ()"),
    "enum used": (
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1)",
        "CREATE TYPE \"Odd type\" AS ENUM ('a', 'ü');"
        "CREATE TABLE t (id int, a \"Odd type\" NOT NULL DEFAULT 'ü', b \"Odd type\"[])",
    ),
    "enum labels added": (
        MOOD.format("'b', 'd'", "", "INSERT INTO t VALUES (1, 'b')"),
        MOOD.format("'a', 'b', 'c', 'd', 'e', 'f'", "DEFAULT 'f'", "INSERT INTO t VALUES (1, 'b')"),
    ),
    "enum labels added to none": (
        "CREATE TYPE mood AS ENUM ()",
        "CREATE TYPE mood AS ENUM ('a', 'b')",
    ),
    "enum labels reordered": (
        MOOD.format("'a', 'b'", "DEFAULT 'a' CHECK (a <> 'b')", "INSERT INTO t VALUES (1, 'a')"),
        MOOD.format("'b', 'a'", "DEFAULT 'a' CHECK (a <> 'b')", "INSERT INTO t VALUES (1, 'a')"),
    ),
    "enum labels gone, used everywhere": (
        MOOD.format(
            "'a', 'b', 'c'",
            "DEFAULT 'a' CHECK (a <> 'b'), l mood[] DEFAULT '{a}'",
            "INSERT INTO t VALUES (1, 'a', '{a,b}'); CREATE INDEX i ON t (a) WHERE a = 'a';"
            "CREATE VIEW v AS SELECT id FROM t WHERE a = 'a';"
            "CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t; CREATE INDEX mi ON m (a);"
            "CREATE POLICY p ON t USING (a = 'a'); COMMENT ON COLUMN t.a IS 'x';"
            "CREATE DOMAIN d AS mood CHECK (VALUE <> 'b'); CREATE TABLE u (a d);",
        ),
        MOOD.format(
            "'a', 'b'",
            "DEFAULT 'a' CHECK (a <> 'b'), l mood[] DEFAULT '{a}'",
            "INSERT INTO t VALUES (1, 'a', '{a,b}'); CREATE INDEX i ON t (a) WHERE a = 'a';"
            "CREATE VIEW v AS SELECT id FROM t WHERE a = 'a';"
            "CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t; CREATE INDEX mi ON m (a);"
            "CREATE POLICY p ON t USING (a = 'a'); COMMENT ON COLUMN t.a IS 'x';"
            "CREATE DOMAIN d AS mood CHECK (VALUE <> 'b'); CREATE TABLE u (a d);",
        ),
    ),
    "enum to text": (
        MOOD.format("'a', 'b'", "DEFAULT 'a'", "INSERT INTO t VALUES (1, 'a')"),
        "CREATE TABLE t (id int, a text DEFAULT 'b'); INSERT INTO t VALUES (1, 'a')",
    ),
    "enum to another": (
        MOOD.format("'a', 'b'", "DEFAULT 'a'", "INSERT INTO t VALUES (1, 'a')"),
        MOOD.format("'a', 'b'", "DEFAULT 'a'", "").replace("mood", "other"),
    ),
    "domain": (
        "",
        'CREATE DOMAIN "D d" AS varchar(5) COLLATE "C" DEFAULT \'x\' NOT NULL CHECK (VALUE <> \'\');'
        'CREATE TABLE t (a "D d")',
    ),
    "domain altered": (
        "CREATE DOMAIN d AS int CHECK (VALUE > 0); CREATE TABLE t (a d DEFAULT 5, b d[]);"
        "INSERT INTO t VALUES (7, '{3}')",
        "CREATE DOMAIN d AS int DEFAULT 3 NOT NULL; CREATE TABLE t (a d DEFAULT 5, b d[])",
    ),
    "domain of a domain": (
        "CREATE DOMAIN d AS int; CREATE DOMAIN e AS d CHECK (VALUE > 1); CREATE TABLE t (a e)",
        "CREATE DOMAIN d AS bigint; CREATE DOMAIN e AS d CHECK (VALUE > 1); CREATE TABLE t (a e)",
    ),
    "domain to its base": (
        "CREATE DOMAIN d AS text; CREATE TABLE t (a d); INSERT INTO t VALUES ('x')",
        "CREATE TABLE t (a text)",
    ),
    # sequences
    "sequence": ("", 'CREATE SEQUENCE "S" AS smallint START 5 INCREMENT 2 MAXVALUE 99 CACHE 2 CYCLE'),
    "sequence altered": (
        "CREATE SEQUENCE s; SELECT nextval('s')",
        "CREATE SEQUENCE s AS integer MINVALUE 10 START 20 INCREMENT 5 CYCLE",
    ),
    "sequence downwards": ("CREATE SEQUENCE s", "CREATE SEQUENCE s INCREMENT -1"),
    "sequence as a default": (
        "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('s')); INSERT INTO t VALUES (1)",
        "CREATE TABLE t (a int)",
    ),
    "comments of every kind": (
        COMMENTED + "COMMENT ON INDEX i IS 'a'; COMMENT ON CONSTRAINT k ON t IS 'a';"
        "COMMENT ON TYPE e IS 'a'; COMMENT ON DOMAIN d IS 'a'; COMMENT ON SEQUENCE q IS 'a';"
        "COMMENT ON SCHEMA s IS 'a'; COMMENT ON POLICY p ON t IS 'a'; COMMENT ON RULE r ON v IS 'a';"
        "COMMENT ON COLUMN v.a IS 'a'; CREATE INDEX gone ON t (b); COMMENT ON INDEX gone IS 'a';"
        "CREATE TYPE gone AS ENUM (); COMMENT ON TYPE gone IS 'a'",
        COMMENTED + "COMMENT ON INDEX i IS 'b'; COMMENT ON CONSTRAINT k ON t IS 'it''s %';"
        "COMMENT ON TYPE e IS 'b'; COMMENT ON DOMAIN d IS 'b'; COMMENT ON TRIGGER g ON t IS 'b';"
        "COMMENT ON MATERIALIZED VIEW m IS 'b'; COMMENT ON INDEX s.\"I 2\" IS 'b'",
    ),
    "constraints whose triggers do not fire": (
        CHECKED + "ALTER TABLE t DISABLE TRIGGER ALL; ALTER TABLE q DISABLE TRIGGER ALL",
        CHECKED + "ALTER TABLE p DISABLE TRIGGER ALL; ALTER TABLE q1 DISABLE TRIGGER ALL",
    ),
    "constraint whose triggers do not fire, and a type": (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p);"
        "ALTER TABLE t DISABLE TRIGGER ALL",
        "CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE t (a bigint REFERENCES p);"
        "ALTER TABLE t DISABLE TRIGGER ALL",
    ),
    "sequence unlogged and owned": (
        "CREATE TABLE t (a int); CREATE UNLOGGED SEQUENCE s OWNED BY t.a; CREATE SEQUENCE r",
        "CREATE TABLE t (a int); CREATE SEQUENCE s; CREATE UNLOGGED SEQUENCE r OWNED BY t.a",
    ),
    # columns
    "column": (
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1)",
        'CREATE TABLE t (a int, "B b" text COLLATE "C" NOT NULL DEFAULT \'it\'\'s\', "order" int[])',
    ),
    "column serial added": (
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2)",
        "CREATE TABLE t (a int, b bigserial)",
    ),
    "varchar widened": column("varchar(5)", "varchar(50)", "'abc'"),
    "varchar to text": column("varchar(5) DEFAULT 'x'", "text DEFAULT 'x'", "'abc'"),
    "text to char": column("text", "char(3)", "'abc'"),
    "int to bigint": column("int DEFAULT 5", "bigint DEFAULT 5", "1"),
    "int to text": column("int DEFAULT 5", "text DEFAULT '5'", "1"),
    "text to int without default": column("text", "int", "'7'"),
    "int to boolean": column("int DEFAULT 1", "boolean DEFAULT true", "1", "0")[:1]
    + column("int", "boolean DEFAULT true", "true", "false")[1:],
    "text to date": column("text", "date", "'2020-01-02'"),
    "text to uuid": column("text", "uuid", "'6b6a1b6e-0000-4000-8000-000000000000'"),
    "text to json": column("text", "json", "'{}'"),
    "json to jsonb": column("json DEFAULT '{}'", "jsonb DEFAULT '[]'", "'{}'"),
    "numeric scale": column("numeric(10,4)", "numeric(10,2)", "1.5"),
    "timestamps": column("timestamp", "timestamptz DEFAULT now()", "'2020-01-02'"),
    "timestamp to date": column("timestamp", "date", "'2020-01-02'"),
    "double to numeric": column("double precision", "numeric(8,2)", "1.5"),
    "array of int": column("int[]", "bigint[]", "'{1}'"),
    "array of text to int": column("text[]", "int[]", "'{1}'"),
    "date to int": ("CREATE TABLE t (a date)", "CREATE TABLE t (a int)"),
    "bit": ("CREATE TABLE t (a text)", "CREATE TABLE t (a bit(3), b varbit(4))"),
    "inet": column("text", "inet", "'10.0.0.1'"),
    "collation": column("text", 'text COLLATE "C"', "'x'"),
    "nullability": column("int", "int NOT NULL", "1", "2"),
    "defaults": column("int DEFAULT 1", "int DEFAULT 2", "1"),
    "default added": column("text", "text DEFAULT 'it''s 100%'", "'x'"),
    "type under a view, a policy, a rule, a trigger": tuple(  # type: ignore[dict-item]
        FUNCTION.replace("a int", f"a {type_}")
        + "CREATE VIEW v AS SELECT a, b FROM t; CREATE VIEW w AS SELECT * FROM v;"
        "CREATE VIEW untouched AS SELECT b FROM t; CREATE MATERIALIZED VIEW m AS SELECT a FROM w;"
        "CREATE UNIQUE INDEX mi ON m (a); COMMENT ON VIEW v IS 'v'; COMMENT ON COLUMN v.a IS 'va';"
        "CREATE POLICY p ON t USING (a > 0); CREATE RULE r AS ON UPDATE TO t WHERE NEW.a > 1"
        " DO ALSO NOTHING; CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW"
        " WHEN (NEW.a > 1) EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER g"
        for type_ in ("int", "bigint")
    ),
    # identity and serial
    "serial": column("int NOT NULL", "serial", "1", "5"),
    "serial to bigserial": column("serial", "bigserial", "1", "5"),
    "serial to identity": column("serial", "int GENERATED BY DEFAULT AS IDENTITY", "1", "5"),
    "serial and null": (
        "CREATE TABLE t (a serial)",
        "CREATE TABLE t (a serial); ALTER TABLE t ALTER a DROP NOT NULL",
    ),
    "serial with options": (
        "CREATE TABLE t (a smallserial, b text)",
        "CREATE TABLE t (a smallserial, b serial); CREATE TABLE u (a bigserial);"
        "ALTER SEQUENCE t_a_seq INCREMENT 2 CACHE 5; ALTER SEQUENCE u_a_seq START 7 MAXVALUE 99;"
        "ALTER SEQUENCE t_b_seq AS bigint",
    ),
    "identity": column(
        "int NOT NULL DEFAULT 3", "int GENERATED BY DEFAULT AS IDENTITY", "1", "5"
    ),
    "identity kinds": (
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY, b bigint NOT NULL)",
        "CREATE TABLE t (a int GENERATED BY DEFAULT AS IDENTITY (START 5 INCREMENT 3),"
        " b bigint GENERATED ALWAYS AS IDENTITY (MINVALUE 5 CYCLE))",
    ),
    "identity to bigint": (
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)",
        "CREATE TABLE t (a bigint GENERATED ALWAYS AS IDENTITY)",
    ),
    "identity to text": ROWS and (
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY, b int); INSERT INTO t (b) VALUES (1)",
        "CREATE TABLE t (a text, b int); INSERT INTO t VALUES ('1', 2)",
    ),
    # generated
    "generated": (
        "CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 2)",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED);"
        "INSERT INTO t VALUES (1)",
    ),
    "generated added": (
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1)",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED); CREATE INDEX i ON t (b)",
    ),
    "generated altered, used everywhere": tuple(  # type: ignore[dict-item]
        f"CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * {by}) STORED UNIQUE CHECK (b > 0));"
        "INSERT INTO t VALUES (1); CREATE INDEX i ON t (b DESC); CREATE VIEW v AS SELECT b FROM t;"
        "CREATE TABLE c (b int REFERENCES t (b)); COMMENT ON COLUMN t.b IS 'x'"
        for by in (2, 3)
    ),
    "generated of a retyped column": (
        "CREATE TABLE t (a int, b text, c int GENERATED ALWAYS AS (a + 1) STORED);"
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE t (a bigint, b text, c int GENERATED ALWAYS AS (a + 1) STORED)",
    ),
    # constraints
    "primary key": table("", "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a, b)"),
    "primary key altered": table(
        "ALTER TABLE t ADD PRIMARY KEY (a)",
        "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (b) INCLUDE (a) WITH (fillfactor=70)"
        " DEFERRABLE INITIALLY DEFERRED",
    ),
    "primary key and null": (
        "CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)",
        "CREATE TABLE t (a int)",
    ),
    "primary key under a foreign key": (
        KEYED.format("PRIMARY KEY (id)", "FOREIGN KEY (p) REFERENCES p (id)"),
        KEYED.format("CONSTRAINT other PRIMARY KEY (id)", "FOREIGN KEY (p) REFERENCES p (id)"),
    ),
    "key moves with its foreign key": (
        KEYED.format("PRIMARY KEY (id)", "CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id)"),
        KEYED.format("PRIMARY KEY (code)", "CONSTRAINT f FOREIGN KEY (code) REFERENCES p (code)"),
    ),
    "key retyped under a foreign key": (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p);"
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)",
        "CREATE TABLE p (id text PRIMARY KEY); CREATE TABLE c (p text REFERENCES p)",
    ),
    "primary key under a grouping view": (
        "CREATE TABLE t (a int PRIMARY KEY, b int); CREATE VIEW v AS SELECT a, b FROM t GROUP BY a",
        "CREATE TABLE t (a int CONSTRAINT k PRIMARY KEY, b int);"
        "CREATE VIEW v AS SELECT a, b FROM t GROUP BY a",
    ),
    "unique": table(
        "ALTER TABLE t ADD CONSTRAINT q UNIQUE (a)",
        "ALTER TABLE t ADD CONSTRAINT q UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (b)"
        " WITH (fillfactor=80); ALTER TABLE t ADD UNIQUE (b) DEFERRABLE",
    ),
    "unique constraint to index": table(
        "ALTER TABLE t ADD CONSTRAINT q UNIQUE (a)", "CREATE UNIQUE INDEX q ON t (a)"
    ),
    "check": table(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NO INHERIT;"
        "ALTER TABLE t ADD CHECK (a < b + 100) NOT VALID; ALTER TABLE u ADD CHECK (b IS NOT NULL)",
    ),
    "check validated": table(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
    ),
    # names and expressions that look like the clauses around them
    "parts that look like others": (
        'CREATE TABLE t (a int, "b, c" int, "d DESC" int, e text); CREATE TABLE u (a int, b int, UNIQUE (a, b));'
        'CREATE TABLE "v w" (x int, "y.z" int); CREATE SEQUENCE s',
        'CREATE TABLE t (a int, "b, c" int, "d DESC" int, e text); CREATE TABLE u (a int, b int, UNIQUE (a, b));'
        "ALTER TABLE t ADD CHECK (lower(e) IS NOT NULL) NOT VALID;"
        'ALTER TABLE t ADD FOREIGN KEY (a, "b, c") REFERENCES u (a, b) ON DELETE SET NULL ("b, c");'
        'CREATE INDEX i ON t ("d DESC" DESC, "b, c" int4_ops, (a + 1) NULLS FIRST);'
        "CREATE TABLE \"p, q\" (a text) PARTITION BY LIST (a);"
        "CREATE TABLE r PARTITION OF \"p, q\" FOR VALUES IN ('PARTITION OF (x) DEFAULT');"
        'CREATE TABLE "v w" (x int, "y.z" int); CREATE SEQUENCE s OWNED BY "v w"."y.z"',
    ),
    "exclusion": (
        "CREATE TABLE t (a int4range, b int)",
        "CREATE TABLE t (a int4range, b int, CONSTRAINT x EXCLUDE USING gist (a WITH &&)"
        " WITH (fillfactor=70) WHERE (b > 1))",
    ),
    "foreign key": table(
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a)",
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a) MATCH FULL"
        " ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED;"
        "ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES u (a) ON DELETE SET NULL (b) NOT VALID",
    ),
    "foreign keys in a circle": (
        "",
        "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY,"
        " a int REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;"
        "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1)",
    ),
    # indexes
    "indexes": (
        'CREATE TABLE t (a text, "B b" text COLLATE "C", c int4range, "desc" int)',
        'CREATE TABLE t (a text, "B b" text COLLATE "C", c int4range, "desc" int);'
        'CREATE INDEX "I 1" ON t (a, "B b" DESC NULLS LAST, "desc" NULLS FIRST);'
        'CREATE UNIQUE INDEX i2 ON t (lower(a) DESC, ("desc" + 1)) INCLUDE ("B b") WHERE a <> \'\';'
        'CREATE INDEX i3 ON t ("B b" COLLATE "C" text_pattern_ops, a COLLATE "C" DESC);'
        "CREATE INDEX i4 ON t USING gist (c) WITH (fillfactor=70); CREATE INDEX i5 ON t USING hash"
        ' (a); CREATE UNIQUE INDEX i6 ON t ("desc") NULLS NOT DISTINCT;'
        'CREATE INDEX i7 ON t ((a || \'x\') COLLATE "C", lower("B b") text_pattern_ops);'
        "CREATE INDEX i8 ON t USING brin (a) WITH (pages_per_range=4)",
    ),
    "index altered": table("CREATE INDEX i ON t (a)", "CREATE UNIQUE INDEX i ON t (b DESC)"),
    "index with parameters of its usual operator class": table(
        "CREATE INDEX i ON t USING gist (to_tsvector('simple', b::text))",
        "CREATE INDEX i ON t USING gist (to_tsvector('simple', b::text) tsvector_ops (siglen = 100))",
    ),
    "index names exchanged": table(
        "CREATE INDEX i ON t (a); CREATE INDEX j ON t (b)",
        "CREATE INDEX j ON t (a); CREATE INDEX i ON t (b)",
    ),
    "index on another table": table("CREATE INDEX i ON t (a)", "CREATE INDEX i ON u (b)"),
    # triggers, rules, policies, options
    "trigger": (
        FUNCTION,
        FUNCTION + "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
        'CREATE CONSTRAINT TRIGGER "H h" AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED'
        " FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER g",
    ),
    "trigger enabled": (
        FUNCTION + "CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f();"
        "ALTER TABLE t DISABLE TRIGGER g",
        FUNCTION + "CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f();"
        "ALTER TABLE t ENABLE REPLICA TRIGGER g",
    ),
    "rule": table(
        "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
        'CREATE RULE r AS ON DELETE TO t DO ALSO UPDATE u SET b = 1; CREATE RULE "R" AS ON UPDATE'
        ' TO t DO INSTEAD (SELECT 1; SELECT 2); ALTER TABLE t DISABLE RULE "R"',
    ),
    "policy": table(
        "CREATE POLICY p ON t USING (a > 1)",
        "CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE TO postgres USING (a > 1) WITH CHECK"
        ' (b > 1); CREATE POLICY "Q q" ON t FOR INSERT WITH CHECK (a IN (SELECT a FROM u))',
    ),
    "row level security": table(
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE t FORCE ROW LEVEL SECURITY; ALTER TABLE u ENABLE ROW LEVEL SECURITY",
    ),
    "replica identity": table(
        "ALTER TABLE t REPLICA IDENTITY FULL",
        "ALTER TABLE t REPLICA IDENTITY NOTHING;"
        "ALTER TABLE u REPLICA IDENTITY USING INDEX u_a_key",
    ),
    "replica identity by an index that changes": table(
        "CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t REPLICA IDENTITY USING INDEX i",
        "CREATE UNIQUE INDEX i ON t (b); ALTER TABLE t REPLICA IDENTITY USING INDEX i",
    ),
    "storage parameters": table(
        "ALTER TABLE t SET (fillfactor=70, autovacuum_enabled=false)",
        "ALTER TABLE t SET (fillfactor=80, autovacuum_vacuum_threshold=5)",
    ),
    "comments": table(
        "COMMENT ON TABLE t IS 'x'; COMMENT ON COLUMN t.a IS 'y'",
        "COMMENT ON TABLE t IS 'it''s \\ new'; COMMENT ON COLUMN t.b IS 'z'",
    ),
    "comment on a column that goes": (
        "CREATE TABLE t (a int, b int); COMMENT ON COLUMN t.b IS 'z'; INSERT INTO t VALUES (1, 2)",
        "CREATE TABLE t (a int)",
    ),
    # tables
    "tables": (
        "CREATE TABLE a (x int); INSERT INTO a VALUES (1)",
        'CREATE TABLE "A b" ("X" serial PRIMARY KEY, y text UNIQUE CHECK (y <> \'\'),'
        ' z int GENERATED ALWAYS AS ("X" + 1) STORED, i int GENERATED ALWAYS AS IDENTITY'
        " (START 3)) WITH (fillfactor=70); CREATE TABLE empty (); CREATE UNLOGGED TABLE q (a int)",
    ),
    "logged": ("CREATE TABLE t (a serial)", "CREATE UNLOGGED TABLE t (a serial)"),
    "typed": (
        "CREATE TYPE c AS (a int, b text); CREATE TABLE t (a int, b text)",
        "CREATE TYPE c AS (a int, b text); CREATE TABLE t OF c; CREATE TABLE u OF c",
    ),
    "table to view": table("CREATE TABLE x (a int)", "CREATE VIEW x AS SELECT a FROM t"),
    "table to partitioned": (
        "CREATE TABLE p (a int NOT NULL, b text); INSERT INTO p VALUES (1, 'x')",
        PARTITIONED.format(""),
    ),
    "views": table(
        "CREATE VIEW v AS SELECT a FROM t; CREATE VIEW a_w AS SELECT * FROM v",
        'CREATE VIEW v WITH (security_barrier=true, check_option=local) AS SELECT a, b AS "B" FROM'
        " t; CREATE VIEW a_w AS SELECT v.a FROM v; CREATE MATERIALIZED VIEW m AS SELECT a FROM a_w;"
        "CREATE UNIQUE INDEX mi ON m (a); COMMENT ON MATERIALIZED VIEW m IS 'x';"
        "ALTER VIEW a_w ALTER a SET DEFAULT 5; CREATE VIEW \"Z\" AS SELECT 1 AS one",
    ),
    "view of a table that goes": (
        "CREATE TABLE x (a int); CREATE VIEW v AS SELECT a FROM x; CREATE TABLE y (a int);"
        "CREATE RULE r AS ON INSERT TO y DO ALSO SELECT a FROM v",
        "CREATE TABLE y (a int)",
    ),
    "instead of trigger": (
        FUNCTION + "CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER g INSTEAD OF INSERT ON v"
        " FOR EACH ROW EXECUTE FUNCTION f()",
        FUNCTION + "CREATE VIEW v AS SELECT b FROM t; CREATE TRIGGER g INSTEAD OF DELETE ON v"
        " FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "partitions": (
        "",
        PARTITIONED.format(" DEFAULT 'p' CHECK (b <> ''), UNIQUE (a, b)")
        + "CREATE TABLE p2 PARTITION OF p DEFAULT PARTITION BY LIST (b);"
        "CREATE TABLE a3 PARTITION OF p2 (b DEFAULT 'a3' NOT NULL) FOR VALUES IN ('x');"
        "CREATE INDEX pi ON p (b); CREATE INDEX own ON p1 (b)",
    ),
    "partitioned table altered": (
        PARTITIONED.format(""),
        PARTITIONED.format(" DEFAULT 'p' CHECK (b <> ''), c int") + "CREATE INDEX pi ON p (b)",
    ),
    "partition's bounds": (
        PARTITIONED.format(""),
        PARTITIONED.format("").replace("(10)", "(20)"),
    ),
    "partition's key": (
        PARTITIONED.format(""),
        PARTITIONED.format("").replace("RANGE (a)", "RANGE (a, b)").replace(
            "(1) TO (10)", "(1, MINVALUE) TO (10, MINVALUE)"),
    ),
    "inheritance": (
        "CREATE TABLE p (a int CHECK (a > 0)); CREATE TABLE c (b int) INHERITS (p);"
        "INSERT INTO c VALUES (1, 2)",
        "CREATE TABLE p (a bigint CHECK (a > 0), x text);"
        "CREATE TABLE c (b int NOT NULL) INHERITS (p); CREATE TABLE d () INHERITS (c)",
    ),
    "inheritance ended": (
        "CREATE TABLE p (a int); CREATE TABLE c (b int) INHERITS (p); INSERT INTO c VALUES (1, 2)",
        "CREATE TABLE p (a int); CREATE TABLE c (a int, b int)",
    ),
}  # fmt: skip

POSTGRES_18: dict[str, tuple[str, str]] = {
    "not enforced": table(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);"
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a)",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED;"
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a) NOT ENFORCED",
    ),
    "virtual": (
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); INSERT INTO t VALUES (1)",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL);"
        "INSERT INTO t VALUES (1)",
    ),
    "virtual to plain": (
        "CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 2)",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1)); INSERT INTO t VALUES (1)",
    ),
    "without overlaps": (
        "CREATE TABLE t (a int4range, b daterange)",
        "CREATE TABLE t (a int4range, b daterange, PRIMARY KEY (a, b WITHOUT OVERLAPS));"
        "CREATE TABLE c (a int4range, b daterange,"
        " FOREIGN KEY (a, PERIOD b) REFERENCES t (a, PERIOD b))",
    ),
    "not null that is not valid": (
        'CREATE TABLE t (a int, "B" int NOT NULL); INSERT INTO t VALUES (1, 1)',
        'CREATE TABLE t (a int, "B" int); ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID;'
        'ALTER TABLE t ADD CONSTRAINT m NOT NULL "B" NOT VALID',
    ),
}


def lite(a: str, b: str, values: str = "1, 'x'") -> tuple[str, str]:
    """A table t of two definitions, with a row, and a child of it."""
    made = "CREATE TABLE t ({}){}; INSERT INTO t (id, a) VALUES ({});"
    child = (
        "CREATE TABLE child (t int REFERENCES t ON DELETE CASCADE); INSERT INTO child VALUES (1);"
    )
    one, two = (made.format(*text.partition(" | ")[::2], values) + child for text in (a, b))
    return one, two


KEY = "id INTEGER PRIMARY KEY, a text"
SIMPLE = f"CREATE TABLE t ({KEY}, b int); INSERT INTO t VALUES (1, 'x', 2), (5, 'y', NULL);"

SQLITE: dict[str, tuple[str, str]] = {
    "nothing": ("", ""),
    "equal": (SIMPLE, SIMPLE),
    "tables": (
        "CREATE TABLE x (a int); INSERT INTO x VALUES (1)",
        'CREATE TABLE "A ""b" ("X" INTEGER PRIMARY KEY AUTOINCREMENT, "order" varchar(10) NOT NULL'
        " DEFAULT 'it''s' COLLATE NOCASE, c numeric(8, 2) DEFAULT -1.5 CHECK (c <> 3 AND \"order\""
        " <> ''), d blob DEFAULT x'00ff', e text DEFAULT CURRENT_TIMESTAMP, f DEFAULT (1 + 2),"
        ' g boolean DEFAULT true, "check" int UNIQUE, CONSTRAINT named UNIQUE ("X", c));'
        "CREATE TABLE s (a INT PRIMARY KEY, b ANY) STRICT, WITHOUT ROWID;"
        "CREATE TABLE k (a text COLLATE NOCASE, b int, PRIMARY KEY (b, a))",
    ),
    "column added": lite(KEY, KEY + ", b text NOT NULL DEFAULT 'x'"),
    "column with an expression added": lite(KEY, KEY + ", b DEFAULT CURRENT_TIMESTAMP"),
    "generated columns": lite(
        KEY, KEY + ", b AS (id * 2), c text GENERATED ALWAYS AS (a || 'x') STORED, \"to\" AS (b + 1)"
    ),
    "virtual column": lite(KEY, KEY + ", b int AS (id * 2)"),
    "generated to plain": lite(KEY + ", b int", KEY + ", b int AS (id * 2)"),
    "column dropped in use": (
        SIMPLE + "CREATE INDEX i ON t (b); CREATE VIEW v AS SELECT b FROM t",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x')",
    ),
    "all columns": ("CREATE TABLE t (a int); INSERT INTO t VALUES (1)", "CREATE TABLE t (b text)"),
    "a name in another case": (
        "CREATE TABLE t (a int, b); INSERT INTO t VALUES (1, 2)",
        "CREATE TABLE t (A int, b); INSERT INTO t VALUES (1, 2)",
    ),
    "type": lite(KEY, "id INTEGER PRIMARY KEY, a varchar(20)"),
    "type that converts": lite(KEY, "id INTEGER PRIMARY KEY, a int", "1, '007'"),
    "not null": lite(KEY, KEY + " NOT NULL"),
    "default": lite(KEY + " DEFAULT 'a'", KEY + " DEFAULT 'b'"),
    "collation": lite(KEY, KEY + " COLLATE NOCASE"),
    "check": lite(KEY, KEY + " CONSTRAINT c CHECK (a <> 'Y' AND length(a) < 5)"),
    "checks": lite(KEY + " CHECK (a <> 'z')", KEY + " CHECK (a <> 'Y'), CHECK (id > 0)"),
    "unique": lite(KEY, KEY + " UNIQUE"),
    "unique, named": lite(KEY + ", UNIQUE (a, id)", KEY + ", CONSTRAINT u UNIQUE (a, id)"),
    "unique on conflict": lite(KEY, KEY + " UNIQUE ON CONFLICT IGNORE"),
    "not null on conflict": lite(KEY, KEY + " NOT NULL ON CONFLICT REPLACE DEFAULT 'x'"),
    "primary key": (
        "CREATE TABLE t (id INT UNIQUE, a text PRIMARY KEY); INSERT INTO t VALUES (1, 'x')",
        "CREATE TABLE t (id INT PRIMARY KEY, a text)",
    ),
    "primary key that is not the rowid": lite("id INTEGER PRIMARY KEY DESC, a text", KEY),
    "primary key of two": (
        "CREATE TABLE t (id int, a text, PRIMARY KEY (a DESC, id)); INSERT INTO t VALUES (1, 'x')",
        "CREATE TABLE t (id int, a text, PRIMARY KEY (a COLLATE NOCASE))",
    ),
    "primary key, named": lite("id int CONSTRAINT k PRIMARY KEY ON CONFLICT REPLACE, a text", KEY),
    "autoincrement": lite("id INTEGER PRIMARY KEY AUTOINCREMENT, a text", KEY),
    "without rowid": lite("id INT PRIMARY KEY, a text | WITHOUT ROWID", "id INT PRIMARY KEY, a text"),
    "strict": lite("id INT PRIMARY KEY, a text | STRICT", "id INT PRIMARY KEY, a text"),
    "foreign key": (
        SIMPLE + "CREATE TABLE c (x int, y int); INSERT INTO c VALUES (1, 5)",
        SIMPLE + "CREATE TABLE c (x int REFERENCES t (id) ON DELETE CASCADE ON UPDATE SET NULL,"
        " y int CONSTRAINT f REFERENCES t DEFERRABLE INITIALLY DEFERRED); INSERT INTO c VALUES (1, 5)",
    ),
    "foreign key to itself": lite(KEY + ", b int", KEY + ", b int REFERENCES t (id)"),
    "parent dropped": (
        SIMPLE + "CREATE TABLE c (x int REFERENCES t ON DELETE CASCADE); INSERT INTO c VALUES (1)",
        "CREATE TABLE c (x int); INSERT INTO c VALUES (1)",
    ),
    "parent rebuilt under its children": (
        SIMPLE + "CREATE TABLE c (x int REFERENCES t ON DELETE CASCADE); INSERT INTO c VALUES (1)",
        SIMPLE.replace("b int", "b int CHECK (b < 100)")
        + "CREATE TABLE c (x int REFERENCES t ON DELETE CASCADE); INSERT INTO c VALUES (1)",
    ),
    "indexes": (
        SIMPLE + "CREATE INDEX i ON t (a); CREATE INDEX j ON t (b)",
        SIMPLE + 'CREATE UNIQUE INDEX i ON t (a COLLATE NOCASE DESC); CREATE INDEX "J 2" ON t'
        " (lower(a), b + 1) WHERE b IS NOT NULL AND a <> 'X'; CREATE INDEX j ON t (a)",
    ),
    "indexes of a rebuilt table": (
        SIMPLE + "CREATE INDEX i ON t (a); CREATE TABLE u (a int)",
        SIMPLE.replace("b int", "b bigint") + "CREATE INDEX k ON t (a);"
        "CREATE TABLE u (a int); CREATE INDEX i ON u (a)",
    ),
    "views": (
        SIMPLE + "CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT * FROM v",
        SIMPLE + 'CREATE VIEW "V2" AS SELECT b AS "Total B", count(*) AS Count FROM t;'
        "CREATE VIEW v (One) AS SELECT a FROM t ORDER BY b; CREATE VIEW w AS SELECT One FROM v",
    ),
    "views and triggers of a rebuilt table": tuple(  # type: ignore[dict-item]
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, a {kind}); INSERT INTO t VALUES (1, 'x');"
        "CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT * FROM v;"
        "CREATE TABLE log (a); CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log"
        " VALUES (new.a); END; CREATE TRIGGER h AFTER DELETE ON log BEGIN DELETE FROM t WHERE"
        " a = old.a; SELECT RAISE(ABORT, 'No; Way') WHERE old.a = 'Q'; END;"
        "CREATE TRIGGER o INSTEAD OF INSERT ON v BEGIN INSERT INTO t (a) VALUES (new.a); END"
        for kind in ("text", "text CHECK (a <> 'Z')")
    ),
    "triggers": (
        SIMPLE + "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
        SIMPLE + "CREATE TRIGGER g AFTER UPDATE OF a ON t WHEN new.a <> old.a BEGIN SELECT 2; END;"
        'CREATE TRIGGER "H h" BEFORE DELETE ON t FOR EACH ROW BEGIN SELECT 1; SELECT 2; END',
    ),
    "table to view": (
        SIMPLE + "CREATE TABLE x (a int); INSERT INTO x VALUES (1); CREATE INDEX i ON x (a)",
        SIMPLE + "CREATE VIEW x AS SELECT a FROM t; CREATE TRIGGER g INSTEAD OF DELETE ON x BEGIN"
        " SELECT 1; END",
    ),
    "virtual table": (
        SIMPLE,
        SIMPLE + "CREATE VIRTUAL TABLE f USING fts5(body, tokenize = 'porter ascii');"
        "INSERT INTO f VALUES ('x')",
    ),
    "virtual table altered": (
        "CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('x')",
        "CREATE VIRTUAL TABLE f USING fts5(body, title); INSERT INTO f VALUES ('x', 'y')",
    ),
}  # fmt: skip
