"""Queries for all objects of a PostgreSQL database, and for their dependencies."""

from __future__ import annotations

from . import definitions

DEPENDENCIES = """
SELECT d.classid::regclass::text AS catalog, d.objid AS oid, d.refclassid::regclass::text AS other,
       d.refobjid AS other_oid, d.deptype AS type
FROM pg_depend d WHERE d.objid >= 16384 AND d.refobjid >= 16384
"""

# Objects that are created together with another object. Foreign keys, triggers, rules and policies
# are added when everything exists, so they do not count as parts of their table here.
OWNERS = """
SELECT 'pg_attrdef' AS catalog, oid, 'pg_class' AS other, adrelid AS other_oid FROM pg_attrdef
UNION ALL
SELECT 'pg_constraint', oid, CASE WHEN conrelid <> 0 THEN 'pg_class' ELSE 'pg_type' END,
       CASE WHEN conrelid <> 0 THEN conrelid ELSE contypid END
FROM pg_constraint WHERE contype <> 'f'
UNION ALL SELECT 'pg_class', indexrelid, 'pg_class', indrelid FROM pg_index
UNION ALL SELECT 'pg_rewrite', oid, 'pg_class', ev_class FROM pg_rewrite WHERE ev_type = '1'
UNION ALL SELECT 'pg_type', reltype, 'pg_class', oid FROM pg_class
          WHERE reltype <> 0 AND relkind <> 'c'
UNION ALL SELECT 'pg_class', oid, 'pg_type', reltype FROM pg_class WHERE relkind = 'c'
UNION ALL SELECT 'pg_type', typarray, 'pg_type', oid FROM pg_type WHERE typarray <> 0
UNION ALL SELECT 'pg_type', rngmultitypid, 'pg_type', rngtypid FROM pg_range
UNION ALL SELECT 'pg_amop', a.oid, 'pg_opclass', c.oid FROM pg_amop a JOIN pg_opclass c
          ON c.opcfamily = a.amopfamily AND a.amoplefttype = c.opcintype
          AND a.amoprighttype = c.opcintype
UNION ALL SELECT 'pg_amproc', a.oid, 'pg_opclass', c.oid FROM pg_amproc a JOIN pg_opclass c
          ON c.opcfamily = a.amprocfamily AND a.amproclefttype = c.opcintype
          AND a.amprocrighttype = c.opcintype
UNION ALL SELECT 'pg_publication_rel', oid, 'pg_publication', prpubid FROM pg_publication_rel
"""

# Values of a Schema: (oid, which kind, schema, name).
HELD = {
    "pg_namespace": f"""
SELECT n.oid, 'schema', '', n.nspname FROM pg_namespace n WHERE {definitions.USERS}""",
    "pg_class": f"""
SELECT c.oid, CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname, c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {definitions.USERS} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')""",
    "pg_type": f"""
SELECT t.oid, CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'domain' END, n.nspname, t.typname
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {definitions.USERS} AND t.typtype IN ('e', 'd')""",
}


DEFINED = {
    "pg_extension": definitions.EXTENSIONS,
    "pg_language": definitions.LANGUAGES,
    "pg_collation": definitions.COLLATIONS,
    "pg_type": definitions.TYPES,
    "pg_proc": definitions.ROUTINES,
    "pg_operator": definitions.OPERATORS,
    "pg_opfamily": definitions.FAMILIES,
    "pg_opclass": definitions.CLASSES,
    "pg_amop": definitions.MEMBER_OPERATORS,
    "pg_amproc": definitions.MEMBER_FUNCTIONS,
    "pg_cast": definitions.CASTS,
    "pg_transform": definitions.TRANSFORMS,
    "pg_ts_parser": definitions.PARSERS,
    "pg_ts_template": definitions.TEMPLATES,
    "pg_ts_dict": definitions.DICTIONARIES,
    "pg_ts_config": definitions.CONFIGURATIONS,
    "pg_conversion": definitions.CONVERSIONS,
    "pg_am": definitions.METHODS,
    "pg_foreign_data_wrapper": definitions.WRAPPERS,
    "pg_foreign_server": definitions.SERVERS,
    "pg_user_mapping": definitions.MAPPINGS,
    "pg_class": definitions.FOREIGN_TABLES,
    "pg_statistic_ext": definitions.STATISTICS,
    "pg_event_trigger": definitions.EVENT_TRIGGERS,
    "pg_publication": definitions.PUBLICATIONS,
}
LATE = {"pg_event_trigger", "pg_publication"}

# Types that must exist, as a shell, before the functions that read and write their values.
SHELLS = f"""
SELECT t.oid, format('%%I.%%I', n.nspname, t.typname) AS name
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {definitions.USERS} AND t.typtype = 'b' AND t.typisdefined
  AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
"""

# The schema and name of an object, the statement that drops it, and its comment.
NAMED = """
SELECT t.oid, coalesce(i.schema, '') AS schema, i.name AS bare, i.type,
       CASE WHEN i.type <> 'procedure' THEN i.identity ELSE
         (SELECT format('%%I.%%I(%%s)', p.pronamespace::regnamespace::text, p.proname,
           pg_get_function_identity_arguments(p.oid))
          FROM pg_proc p WHERE p.oid = t.oid) END AS identity, pg_describe_object(%s::regclass,
            t.oid, 0) AS what,
       obj_description(t.oid, %s) AS comment
FROM unnest(%s::oid[]) AS t (oid), pg_identify_object(%s::regclass, t.oid, 0) i
"""

# Objects on which privileges were granted, or will be granted by default.
GRANTED = """
SELECT pg_describe_object(o.catalog, o.oid, o.place) FROM (
    SELECT 'pg_namespace'::regclass AS catalog, oid, 0 AS place, nspacl AS acl FROM pg_namespace
    UNION ALL SELECT 'pg_class'::regclass, oid, 0, relacl FROM pg_class
    UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum, attacl FROM pg_attribute
    UNION ALL SELECT 'pg_type'::regclass, oid, 0, typacl FROM pg_type
    UNION ALL SELECT 'pg_proc'::regclass, oid, 0, proacl FROM pg_proc
    UNION ALL SELECT 'pg_language'::regclass, oid, 0, lanacl FROM pg_language
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, fdwacl
              FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 0, srvacl FROM pg_foreign_server
    UNION ALL SELECT 'pg_default_acl'::regclass, oid, 0, defaclacl FROM pg_default_acl) o
WHERE o.oid >= 16384 AND o.acl IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_depend e WHERE e.classid = o.catalog AND e.objid = o.oid AND e.deptype = 'e')
ORDER BY 1
"""
