"""The catalog queries: SQLite's pragmas as tables, and the stored text of its objects.

`schema` is the name of an attached database, and `name` is the same name as a string.
"""

from __future__ import annotations

TABLES = """
SELECT name, type, sql FROM {schema}.sqlite_master
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
"""

# the tables in which virtual tables keep their data
SHADOWS = """
SELECT name FROM pragma_table_list WHERE schema = {name} AND type = 'shadow'
"""

# hidden: 1 is a hidden column of a virtual table; 2 and 3 are virtual and stored generated columns
COLUMNS = """
SELECT m.name AS "table", c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
FROM {schema}.sqlite_master m JOIN pragma_table_xinfo(m.name, {name}) c
WHERE m.type IN ('table', 'view') AND c.hidden <> 1 AND m.name = coalesce(?, m.name)
ORDER BY m.name, c.cid
"""

# the last foreign key of a table has the id 0
FOREIGN_KEYS = """
SELECT m.name AS owner, f.id, f."table", f."from", f."to", f.on_update, f.on_delete, f."match"
FROM {schema}.sqlite_master m JOIN pragma_foreign_key_list(m.name, {name}) f
WHERE m.type = 'table' ORDER BY m.name, f.id DESC, f.seq
"""

# origin: c is CREATE INDEX, u a UNIQUE constraint, pk the primary key, unless that is the rowid
INDEXES = """
SELECT m.name AS "table", i.name, i."unique", i.origin, x.name AS "column", s.sql, x."desc",
       lower(x.coll)
FROM {schema}.sqlite_master m JOIN pragma_index_list(m.name, {name}) i
JOIN pragma_index_xinfo(i.name, {name}) x
LEFT JOIN {schema}.sqlite_master s ON s.type = 'index' AND s.name = i.name
WHERE m.type = 'table' AND x."key" ORDER BY m.name, i.name, x.seqno
"""

# includes the tables in which ANALYZE keeps its statistics
TEXTS = """
SELECT type, tbl_name, name, sql FROM {schema}.sqlite_master
WHERE sql IS NOT NULL
AND (type IN ('trigger', 'view', 'index') OR name LIKE 'sqlite\\_stat%' ESCAPE '\\')
ORDER BY name
"""
