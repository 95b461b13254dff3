"""The query for the attachments of objects: its rows are the statements that restore them.

An object that is dropped and created again loses its owner, privileges, comments, security labels
and settings that are not in its definition. Each row is a statement with its object
(`Schema.attached`).
"""

from __future__ import annotations

# Kinds of object: 'relation', 'column', 'index', 'constraint', 'trigger', 'rule', 'policy' and
# 'type'. 'owner' are attachments of a relation that a relation of any kind can have; 'storage' are
# those of a column that ALTER COLUMN TYPE resets. `words` name the object in a statement.
OBJECTS = """
WITH space AS (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (%(schemas)s)
), relation AS (
    SELECT c.*, n.nspname AS schema, format('%%I.%%I', n.nspname, c.relname) AS sql,
           CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS word
    FROM pg_catalog.pg_class c JOIN space n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') {touched c.oid}
), index AS (
    SELECT x.*, r.schema, r.relname AS table, r.sql AS table_sql, r.word, i.indisclustered,
           format('%%I.%%I', r.schema, x.relname) AS sql,
           CASE WHEN k.oid IS NULL THEN 'index' ELSE 'constraint' END AS kind
    FROM relation r
    JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')
), "column" AS (
    SELECT a.*, r.schema, r.relname AS table, r.sql AS table_sql, r.word, t.typstorage,
           format('%%s.%%I', r.sql, a.attname) AS sql, r.relowner
    FROM relation r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
), statistics AS (
    SELECT DISTINCT s.oid, r.schema, r.relname AS table, a.attname, s.stxowner,
           pg_get_statisticsobjdef(s.oid) AS definition,
           format('STATISTICS %%I.%%I', n.nspname, s.stxname) AS words
    FROM relation r
    JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = r.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_statistic_ext'::regclass
     AND d.objid = s.oid AND d.refobjid = r.oid AND d.refobjsubid > 0
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = d.refobjsubid
), object (kind, schema, "table", name, class, oid, place, words) AS (
    SELECT 'relation', schema, relname::text, '', 'pg_class'::regclass, oid, 0, word || ' ' || sql
    FROM relation
    UNION ALL
    SELECT 'column', schema, "table", attname, 'pg_class'::regclass, attrelid, attnum,
           'COLUMN ' || sql FROM "column"
    UNION ALL
    SELECT kind, schema, "table", relname, 'pg_class'::regclass, oid, 0, 'INDEX ' || sql
    FROM index
    UNION ALL
    SELECT 'constraint', r.schema, r.relname, k.conname, 'pg_constraint'::regclass, k.oid, 0,
           format('CONSTRAINT %%I ON %%s', k.conname, r.sql)
    FROM relation r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
    UNION ALL
    SELECT 'trigger', r.schema, r.relname, g.tgname, 'pg_trigger'::regclass, g.oid, 0,
           format('TRIGGER %%I ON %%s', g.tgname, r.sql)
    FROM relation r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid AND NOT g.tgisinternal
    UNION ALL
    SELECT 'rule', r.schema, r.relname, w.rulename, 'pg_rewrite'::regclass, w.oid, 0,
           format('RULE %%I ON %%s', w.rulename, r.sql)
    FROM relation r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid
    UNION ALL
    SELECT 'policy', r.schema, r.relname, p.polname, 'pg_policy'::regclass, p.oid, 0,
           format('POLICY %%I ON %%s', p.polname, r.sql)
    FROM relation r JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
    UNION ALL
    SELECT 'column', schema, "table", attname, 'pg_statistic_ext'::regclass, oid, 0, words
    FROM statistics
    UNION ALL
    SELECT 'type', n.nspname, '', t.typname, 'pg_type'::regclass, t.oid, 0,
           format('%%s %%I.%%I', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
                  n.nspname, t.typname)
    FROM space n
    JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typtype IN ('d', 'e')
    UNION ALL
    SELECT 'type', n.nspname, '', t.typname, 'pg_constraint'::regclass, k.oid, 0,
           format('CONSTRAINT %%I ON DOMAIN %%I.%%I', k.conname, n.nspname, t.typname)
    FROM space n
    JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typtype = 'd'
    JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid
)"""

# A new object has the privileges of acldefault(), unless ALTER DEFAULT PRIVILEGES gave others
# (`more`): these are revoked first. Grants come in the order in which they were made, because a
# grant can depend on an earlier grant. A grant by another role needs that role.
PRIVILEGES = """, acl AS (
    SELECT 'owner' AS kind, schema, relname::text AS "table", '' AS name, 'r' AS type,
           relowner AS owner, relacl AS items, sql AS target, '' AS "column"
    FROM relation
    UNION ALL
    SELECT 'type', n.nspname, '', t.typname, 'T', t.typowner, t.typacl,
           format('TYPE %%I.%%I', n.nspname, t.typname), ''
    FROM space n
    JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typtype IN ('d', 'e')
    UNION ALL
    SELECT 'column', schema, "table", attname, 'c', relowner, attacl, table_sql,
           format(' (%%I)', attname)
    FROM "column" WHERE attacl IS NOT NULL
), more AS (
    SELECT d.defaclobjtype AS type, x.grantee FROM pg_catalog.pg_default_acl d
    CROSS JOIN aclexplode(d.defaclacl) x
    WHERE d.defaclrole = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
), wanted AS (
    SELECT acl.*, altered,
           CASE WHEN altered THEN coalesce(items, usual) ELSE items END AS all_items,
           CASE WHEN altered THEN '{}' ELSE usual END AS usual
    FROM acl, LATERAL (SELECT EXISTS (SELECT FROM more WHERE more.type = acl.type::"char")
                       AS altered, acldefault(acl.type::"char", owner) AS usual) one
), revoked AS (
    SELECT DISTINCT kind, schema, "table", name, target, grantee
    FROM wanted, LATERAL (
        SELECT x.grantee FROM unnest(usual) item CROSS JOIN aclexplode(ARRAY[item]) x
        WHERE all_items IS NOT NULL AND NOT item = ANY (all_items)
        UNION ALL SELECT grantee FROM more WHERE altered AND more.type = wanted.type::"char"
        UNION ALL SELECT u.grantee FROM unnest(ARRAY[0::oid, owner]) AS u (grantee) WHERE altered
    ) one WHERE kind <> 'column'
), granted AS (
    SELECT kind, schema, "table", name, target, owner, place, x.grantor, x.grantee, x.is_grantable,
           string_agg(x.privilege_type || "column", ', ' ORDER BY x.privilege_type) AS privileges
    FROM wanted CROSS JOIN unnest(all_items) WITH ORDINALITY AS i (item, place)
    CROSS JOIN aclexplode(ARRAY[item]) x
    WHERE NOT item = ANY (usual)
    GROUP BY kind, schema, "table", name, target, owner, place, x.grantor, x.grantee, x.is_grantable
)"""

ROLE = "CASE WHEN {0} = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid({0})) END"
OWNERS = """
    SELECT 1 AS step, 'owner' AS kind, schema, relname AS "table", '' AS name,
           format('ALTER TABLE %%s OWNER TO %%I', sql, pg_get_userbyid(relowner)) AS statement
    FROM relation
    UNION ALL
    SELECT 1, o.kind, o.schema, o.table, o.name,
           format('ALTER %%s OWNER TO %%I', o.words, pg_get_userbyid(r.owner))
    FROM object o JOIN (
        SELECT 'pg_statistic_ext'::regclass AS class, oid, stxowner AS owner FROM statistics
        UNION ALL SELECT 'pg_type'::regclass, oid, typowner FROM pg_catalog.pg_type
    ) r ON r.class = o.class AND r.oid = o.oid"""
GRANTS = f"""
    SELECT 2, kind, schema, "table", name,
           format('REVOKE ALL ON %%s FROM %%s', target, {ROLE.format("grantee")})
    FROM revoked
    UNION ALL
    SELECT 2 + place, kind, schema, "table", name, concat(
           CASE WHEN grantor <> owner THEN format('SET ROLE %%I; ', pg_get_userbyid(grantor)) END,
           format('GRANT %%s ON %%s TO %%s', privileges, target, {ROLE.format("grantee")}),
           CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END,
           CASE WHEN grantor <> owner THEN format('; SET ROLE %%I', current_user) END)
    FROM granted"""
COMMENTS = """
    SELECT 1000, o.kind, o.schema, o.table, o.name,
           format('COMMENT ON %%s IS %%L', o.words, d.description)
    FROM object o JOIN pg_catalog.pg_description d
      ON d.classoid = o.class AND d.objoid = o.oid AND d.objsubid = o.place
    UNION ALL
    SELECT 1000, o.kind, o.schema, o.table, o.name,
           format('SECURITY LABEL FOR %%I ON %%s IS %%L', d.provider, o.words, d.label)
    FROM object o JOIN pg_catalog.pg_seclabel d
      ON d.classoid = o.class AND d.objoid = o.oid AND d.objsubid = o.place"""
SETTINGS = """
    SELECT 1000, 'relation', schema, relname, '',
           format('ALTER %%s %%s SET %%s', word, sql, setting)
    FROM relation, LATERAL (
        SELECT format('TABLESPACE %%I', s.spcname) AS setting
        FROM pg_catalog.pg_tablespace s WHERE s.oid = reltablespace
        UNION ALL SELECT format('(toast.%%s)', o.setting) FROM pg_catalog.pg_class x
        CROSS JOIN unnest(x.reloptions) AS o (setting) WHERE x.oid = relation.reltoastrelid
        UNION ALL SELECT format('ACCESS METHOD %%I', m.amname) FROM pg_catalog.pg_am m
        WHERE m.oid = relam AND relkind IN ('r', 'm') AND m.amname <> 'heap'
    ) one
    UNION ALL
    SELECT 1000, kind, schema, "table", attname,
           format('ALTER %%s %%s ALTER COLUMN %%I SET %%s', word, table_sql, attname, setting)
    FROM "column", LATERAL (
        SELECT 'column' AS kind, 'STATISTICS ' || attstattarget AS setting WHERE attstattarget >= 0
        UNION ALL SELECT 'column', format('(%%s)', array_to_string(attoptions, ', '))
        WHERE attoptions IS NOT NULL
        UNION ALL SELECT k, 'STORAGE ' || CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN
               'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END
        FROM unnest(ARRAY['column', 'storage']) k WHERE attstorage <> typstorage
        UNION ALL SELECT k, 'COMPRESSION ' || CASE attcompression WHEN 'l' THEN 'lz4'
               ELSE 'pglz' END
        FROM unnest(ARRAY['column', 'storage']) k WHERE attcompression <> ''
    ) one WHERE word <> 'VIEW'
    UNION ALL
    SELECT 1000, kind, schema, "table", relname, setting FROM index x, LATERAL (
        SELECT format('ALTER INDEX %%s SET TABLESPACE %%I', sql, s.spcname) AS setting
        FROM pg_catalog.pg_tablespace s WHERE s.oid = reltablespace
        UNION ALL SELECT format('ALTER %%s %%s CLUSTER ON %%I', word, table_sql, relname)
        WHERE indisclustered
        UNION ALL SELECT format('ALTER INDEX %%s ALTER COLUMN %%s SET STATISTICS %%s', sql,
                                a.attnum, a.attstattarget)
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.oid AND a.attstattarget >= 0
        UNION ALL SELECT format('ALTER INDEX %%s DEPENDS ON EXTENSION %%I', sql, e.extname)
        FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = x.oid AND d.deptype = 'x'
    ) one
    UNION ALL
    SELECT 0, 'column', schema, "table", attname, definition FROM statistics
    UNION ALL
    SELECT 1000, 'relation', r.schema, r.relname, '', format(
           'ALTER PUBLICATION %%I ADD TABLE %%s%%s%%s', p.pubname, r.sql,
           ' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
                    FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = r.oid AND a.attnum = ANY (m.prattrs)) || ')',
           ' WHERE (' || pg_get_expr(m.prqual, r.oid) || ')')
    FROM relation r
    JOIN pg_catalog.pg_publication_rel m ON m.prrelid = r.oid
    JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid"""

ATTACHED = f"""{OBJECTS}{PRIVILEGES}
SELECT kind, schema, "table", coalesce(name, '') AS name, statement FROM (
{OWNERS}
    UNION ALL {GRANTS}
    UNION ALL {COMMENTS}
    UNION ALL {SETTINGS}
) found ORDER BY step, statement
"""
