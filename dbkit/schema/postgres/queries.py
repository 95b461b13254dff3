"""The catalog queries: one for each kind of object, for any number of objects.

An alias equals the name of the field that it fills; the order of rows is fixed; `schemas` is a
list. `{touched oid}` stands where a query can be limited to the tables of `TOUCHED`. The PostgreSQL
manual describes the catalogs in chapter 53, and the `pg_get_...` functions in section 9.26.
"""

from __future__ import annotations

from .attachments import ATTACHED

# The tables to which a reading can be limited: these tables, and the tables with a column of one of
# these types (or of an array or a domain of it). `tables` and `types` are pairs (schema, name).
TOUCHED = """
WITH RECURSIVE used AS (
    SELECT t.oid, t.typarray FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE (n.nspname, t.typname) IN %(types)s
    UNION
    SELECT d.oid, d.typarray FROM pg_type d JOIN used u ON d.typbasetype IN (u.oid, u.typarray)
), touched AS MATERIALIZED (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (n.nspname, c.relname) IN %(tables)s
    UNION
    SELECT a.attrelid FROM pg_attribute a JOIN used u ON a.atttypid IN (u.oid, u.typarray)
    WHERE NOT a.attisdropped
)
"""

# The names of types and tables in pg_catalog and in the session's temporary schema.
TAKEN = """
SELECT t.typname FROM pg_catalog.pg_type t
WHERE t.typnamespace IN ('pg_catalog'::regnamespace, pg_my_temp_schema())
"""

TEMPORARY = "SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = pg_my_temp_schema()"

NAMESPACES = """
SELECT n.nspname AS name FROM pg_catalog.pg_namespace n
WHERE n.nspname = ANY (%(schemas)s) AND n.nspname <> coalesce(current_schema(), '')
ORDER BY n.nspname
"""

TABLES = """
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
       c.relpersistence = 'u' AS unlogged, c.relrowsecurity AS secured,
       c.relforcerowsecurity AS forced, c.relreplident AS identity, c.reloptions AS settings,
       CASE WHEN c.relreplident = 'i' THEN
           (SELECT x.relname::text FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
            WHERE i.indrelid = c.oid AND i.indisreplident) END AS identity_index,
       CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type,
       pg_get_expr(c.relpartbound, c.oid) AS bound,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partitioned,
       CASE WHEN c.relhassubclass OR c.relispartition OR EXISTS (
                SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) THEN
           ARRAY(SELECT i.inhparent::regclass::text FROM pg_catalog.pg_inherits i
                 WHERE i.inhrelid = c.oid ORDER BY i.inhseqno) END AS parents,
       CASE WHEN c.relhassubclass OR c.relispartition OR EXISTS (
                SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) THEN
           ARRAY(SELECT ARRAY[pn.nspname::text, p.relname::text] FROM pg_catalog.pg_inherits i
                 JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
                 JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
                 WHERE i.inhrelid = c.oid ORDER BY i.inhseqno) END AS parent_names,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS query,
       c.relispopulated AS populated
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s) {touched c.oid} AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_class'::regclass
                  AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY schema, name
"""

# A column is serial if its default uses a sequence that the column owns. Enum types are compared by
# their bare, unquoted names.
COLUMNS = """
SELECT a.attrelid AS oid, a.attname AS name, NOT a.attnotnull AS nullable,
       CASE t.typtype WHEN 'e' THEN t.typname::text
            ELSE format_type(a.atttypid, a.atttypmod) END AS type,
       CASE WHEN t.typtype = 'e' THEN tn.nspname END AS type_schema,
       pg_get_expr(d.adbin, d.adrelid) AS expression,
       a.attgenerated AS generated, a.attidentity AS identity,
       CASE WHEN a.attcollation <> t.typcollation THEN l.oid::regcollation::text END AS collation,
       CASE WHEN a.atthasdef AND d.oid IS NULL THEN c.relname END AS damaged
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
WHERE n.nspname = ANY (%(schemas)s) {touched c.oid} AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

# deptype: 'a' comes from serial and OWNED BY, 'i' from an identity column.
SEQUENCES = """
SELECT n.nspname AS schema, c.relname AS name, d.refobjid AS oid, a.attname AS column,
       tn.nspname AS table_schema, tc.relname AS table, d.deptype AS ownership,
       c.relpersistence = 'u' AS unlogged, format_type(s.seqtypid, NULL) AS type,
       s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS minimum, s.seqmax AS maximum,
       s.seqcache AS cache, s.seqcycle AS cycle,
       EXISTS (SELECT FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_depend u
                 ON u.classid = 'pg_attrdef'::regclass AND u.objid = f.oid
                AND u.refclassid = 'pg_class'::regclass AND u.refobjid = c.oid
               WHERE f.adrelid = d.refobjid AND f.adnum = d.refobjsubid
                 AND pg_get_expr(f.adbin, f.adrelid) ~ '^nextval[(]''.*''::regclass[)]$') AS used
FROM pg_catalog.pg_sequence s
JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
 AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
LEFT JOIN pg_catalog.pg_class tc ON tc.oid = d.refobjid
LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
WHERE n.nspname = ANY (%(schemas)s)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_class'::regclass
                  AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY schema, name
"""

# A NOT NULL constraint ('n') is read only if it was never validated: it allows existing nulls.
CONSTRAINTS = """
SELECT k.conrelid AS oid, k.conname AS name, k.contype AS type,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
             ORDER BY place) AS columns,
       tn.nspname AS target_schema, tc.relname AS target,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum
             ORDER BY place) AS target_columns,
       k.confdeltype AS on_delete, k.confupdtype AS on_update, k.confmatchtype AS match,
       CASE WHEN k.confdelsetcols IS NOT NULL THEN
           ARRAY(SELECT a.attname::text FROM unnest(k.confdelsetcols) WITH ORDINALITY
                     AS u (attnum, place)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
                 ORDER BY place) END AS set_columns,
       CASE WHEN k.condeferred THEN 'INITIALLY DEFERRED'
            WHEN k.condeferrable THEN 'INITIALLY IMMEDIATE' ELSE '' END AS deferrable,
       k.convalidated AS validated, {enforced} AS enforced, NOT k.connoinherit AS inherited,
       {period} AS period, x.reloptions AS options,
       CASE k.contype WHEN 'n' THEN
           (SELECT '(' || quote_ident(a.attname) || ' IS NOT NULL)' FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1])
           ELSE pg_get_expr(k.conbin, k.conrelid) END AS expression,
       CASE WHEN k.contype = 'x' THEN pg_get_constraintdef(k.oid) END AS definition,
       NOT coalesce(i.indnullsnotdistinct, false) AS nulls_distinct,
       CASE WHEN i.indnatts > i.indnkeyatts THEN
           ARRAY(SELECT pg_get_indexdef(i.indexrelid, p, false)
                 FROM generate_series(i.indnkeyatts + 1, i.indnatts) AS p ORDER BY p) END AS include
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class tc ON tc.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u')
LEFT JOIN pg_catalog.pg_class x ON x.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
WHERE n.nspname = ANY (%(schemas)s) {touched c.oid} AND k.conparentid = 0
  AND (k.contype IN ('p', 'f', 'u', 'c', 'x') OR (k.contype = 'n' AND NOT k.convalidated))
ORDER BY k.conrelid, k.contype, k.conname
"""

# indoption: 1 is DESC, 2 is NULLS FIRST, which is the default of DESC. No function returns the
# collation of an expression itself, so any collation except the database's own is written.
INDEXES = """
SELECT i.indrelid AS oid, x.relname AS name, i.indisunique AS unique, m.amname AS method,
       ARRAY(SELECT ARRAY[ta.attname::text,
                 CASE WHEN ta.attname IS NULL THEN pg_get_indexdef(i.indexrelid, k, false) END,
                 concat_ws(' ', 'COLLATE ' || l.oid::regcollation::text,
                     CASE WHEN o.oid IS NULL THEN NULL
                     WHEN pg_opclass_is_visible(o.oid) THEN quote_ident(o.opcname)
                     ELSE format('%%I.%%I', o.opcnamespace::regnamespace::text, o.opcname) END,
                     '(' || array_to_string(ia.attoptions, ', ') || ')'),
                 CASE i.indoption[k - 1] WHEN 1 THEN 'DESC NULLS LAST' WHEN 2 THEN
                 'NULLS FIRST' WHEN 3 THEN 'DESC' ELSE '' END]
             FROM generate_series(1, i.indnkeyatts) AS k
             JOIN pg_catalog.pg_attribute ia ON ia.attrelid = i.indexrelid AND ia.attnum = k
             LEFT JOIN pg_catalog.pg_attribute ta
               ON ta.attrelid = i.indrelid AND ta.attnum = i.indkey[k - 1]
             LEFT JOIN pg_catalog.pg_collation l ON l.oid = i.indcollation[k - 1]
              AND l.oid <> coalesce(ta.attcollation, 'pg_catalog."default"'::regcollation)
             LEFT JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[k - 1]
              AND (NOT o.opcdefault OR ia.attoptions IS NOT NULL)
             ORDER BY k) AS keys,
       CASE WHEN i.indnatts > i.indnkeyatts THEN
           ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) FROM
                 generate_series(i.indnkeyatts + 1, i.indnatts) AS k ORDER BY k) END AS include,
       pg_get_expr(i.indpred, i.indrelid) AS where, x.reloptions AS options,
       NOT i.indnullsnotdistinct AS nulls_distinct, i.indisvalid AS valid
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = x.relam
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s) {touched c.oid} AND c.relkind IN ('r', 'p', 'm')
  AND NOT x.relispartition
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                  WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY i.indrelid, x.relname
"""

# The event of a trigger that enforces a constraint, by its function.
EVENT = """CASE WHEN f.proname OPERATOR(pg_catalog.=) 'RI_FKey_check_ins' THEN 'insert'
    WHEN f.proname OPERATOR(pg_catalog.=) 'RI_FKey_check_upd' THEN 'update'
    WHEN f.proname OPERATOR(pg_catalog.~) '_del$' THEN 'delete of the target'
    WHEN f.proname OPERATOR(pg_catalog.~) '_upd$' THEN 'update of the target'
    ELSE 'recheck' END"""

# The triggers that users created, and the triggers of constraints that do not fire by default.
# Bit 1 of tgtype is FOR EACH ROW.
TRIGGERS = f"""
WITH relation AS (
    SELECT c.oid FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (%(schemas)s) {{touched c.oid}}
)
SELECT t.tgrelid AS oid, t.tgname AS name, pg_get_triggerdef(t.oid, true) AS definition,
       t.tgenabled AS enabled, t.tgtype & 1 = 1 AS for_rows, NULL AS event
FROM pg_catalog.pg_trigger t
JOIN relation c ON c.oid = t.tgrelid
LEFT JOIN pg_catalog.pg_trigger p ON p.oid = t.tgparentid
WHERE NOT t.tgisinternal AND t.tgenabled IS DISTINCT FROM p.tgenabled
UNION ALL
SELECT k.conrelid, k.conname, '', t.tgenabled, NULL, {EVENT}
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_constraint k ON k.oid = t.tgconstraint
JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
JOIN relation c ON c.oid = k.conrelid
LEFT JOIN pg_catalog.pg_trigger p ON p.oid = t.tgparentid
WHERE t.tgisinternal AND t.tgenabled <> 'O' AND t.tgenabled IS DISTINCT FROM p.tgenabled
ORDER BY oid, name, event
"""

RULES = """
SELECT r.ev_class AS oid, r.rulename AS name, pg_get_ruledef(r.oid, true) AS definition,
       r.ev_enabled AS enabled
FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s) {touched c.oid} AND r.rulename <> '_RETURN'
ORDER BY r.ev_class, r.rulename
"""

POLICIES = """
SELECT p.polrelid AS oid, p.polname AS name, p.polcmd AS command, p.polpermissive AS permissive,
       ARRAY(SELECT CASE WHEN u.role = 0 THEN 'public' ELSE pg_get_userbyid(u.role)::text END
             FROM unnest(p.polroles) AS u (role) ORDER BY 1) AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS using,
       pg_get_expr(p.polwithcheck, p.polrelid) AS check
FROM pg_catalog.pg_policy p
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s) {touched c.oid}
ORDER BY p.polrelid, p.polname
"""

COMMENTS = """
WITH space AS (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (%(schemas)s)
), relation AS (
    SELECT c.oid, c.relname, c.relkind, n.nspname FROM pg_catalog.pg_class c
    JOIN space n ON n.oid = c.relnamespace
), object (class, id, place, oid, of, schema, name) AS (
    SELECT 'pg_class'::regclass, oid, 0, oid, '', nspname, '' FROM relation
    WHERE relkind IN ('r', 'p', 'f', 'v', 'm')
    UNION ALL SELECT 'pg_class'::regclass, r.oid, a.attnum, r.oid, '', r.nspname, a.attname
    FROM relation r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
    WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm')
    UNION ALL SELECT 'pg_class'::regclass, r.oid, 0, i.indrelid, 'index', r.nspname, r.relname
    FROM relation r JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid
    UNION ALL SELECT 'pg_constraint'::regclass, k.oid, 0, r.oid, 'constraint', r.nspname, k.conname
    FROM relation r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
    UNION ALL SELECT 'pg_trigger'::regclass, g.oid, 0, r.oid, 'trigger', r.nspname, g.tgname
    FROM relation r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid AND NOT g.tgisinternal
    UNION ALL SELECT 'pg_rewrite'::regclass, w.oid, 0, r.oid, 'rule', r.nspname, w.rulename
    FROM relation r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid
    UNION ALL SELECT 'pg_policy'::regclass, p.oid, 0, r.oid, 'policy', r.nspname, p.polname
    FROM relation r JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
    UNION ALL SELECT 'pg_class'::regclass, oid, 0, NULL, 'sequence', nspname, relname
    FROM relation WHERE relkind = 'S'
    UNION ALL SELECT 'pg_type'::regclass, t.oid, 0, NULL,
           CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, n.nspname, t.typname
    FROM pg_catalog.pg_type t JOIN space n ON n.oid = t.typnamespace WHERE t.typtype IN ('d', 'e')
    UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, NULL, 'schema', '', nspname FROM space
)
SELECT o.oid, o.of, o.schema, o.name, d.description AS text
FROM object o JOIN pg_catalog.pg_description d
  ON d.classoid = o.class AND d.objoid = o.id AND d.objsubid = o.place
WHERE NOT (o.of = 'schema' AND d.description = 'standard public schema')  -- by initdb
  {touched o.oid}
ORDER BY o.oid, o.of, o.name
"""

EXTENSIONS = """
SELECT e.extname AS name, n.nspname AS schema
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql'
ORDER BY e.extname
"""

ENUMS = """
SELECT n.nspname AS schema, t.typname AS name,
       coalesce(array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
                FILTER (WHERE e.oid IS NOT NULL), '{}') AS labels
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
WHERE n.nspname = ANY (%(schemas)s) AND t.typtype = 'e'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_type'::regclass
                  AND x.objid = t.oid AND x.deptype = 'e')
GROUP BY n.nspname, t.typname
ORDER BY n.nspname, t.typname
"""

DOMAINS = """
SELECT n.nspname AS schema, t.typname AS name, format_type(t.typbasetype, t.typtypmod) AS type,
       t.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
                               WHERE k.contypid = t.oid AND k.contype = 'c') AS has_rule,
       concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
                 CASE WHEN t.typcollation <> b.typcollation
                      THEN 'COLLATE ' || l.oid::regcollation::text END,
                 'DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN 'NOT NULL' END,
                 (SELECT string_agg(format('CONSTRAINT %%I %%s', k.conname,
                                           pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname)
                  FROM pg_catalog.pg_constraint k
                  WHERE k.contypid = t.oid AND k.contype = 'c')) AS definition
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_collation l ON l.oid = t.typcollation
WHERE n.nspname = ANY (%(schemas)s) AND t.typtype = 'd'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_type'::regclass
                  AND x.objid = t.oid AND x.deptype = 'e')
ORDER BY n.nspname, t.typname
"""

# The queries of `catalog.read`, and those that it runs only on request.
KINDS = {
    "TABLES": TABLES, "COLUMNS": COLUMNS, "SEQUENCES": SEQUENCES, "CONSTRAINTS": CONSTRAINTS,
    "INDEXES": INDEXES, "TRIGGERS": TRIGGERS, "RULES": RULES, "POLICIES": POLICIES,
    "NAMESPACES": NAMESPACES, "ENUMS": ENUMS, "DOMAINS": DOMAINS,
}  # fmt: skip
BESIDE = {"COMMENTS": COMMENTS, "EXTENSIONS": EXTENSIONS, "ATTACHED": ATTACHED}
