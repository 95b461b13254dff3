"""Catalog queries of PostgreSQL that return (oid, the statements that create an object).

They need a search path of only pg_catalog, so that the server qualifies all other names. If an
object has no statements, it cannot be created by statements that a file may contain.
"""

from __future__ import annotations

USERS = r"n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
OPTIONS = """\
(SELECT ' OPTIONS (' || string_agg(format('%%I %%L', o.option_name, o.option_value), ', ') || ')'
  FROM pg_options_to_table({column}) o)"""

EXTENSIONS = """
SELECT e.oid, ARRAY[format('CREATE EXTENSION IF NOT EXISTS %%I WITH SCHEMA %%I', e.extname,
  n.nspname)]
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.oid >= 16384
"""

COLLATIONS = f"""
SELECT c.oid, ARRAY[format('CREATE COLLATION %%I.%%I (%%s)', n.nspname, c.collname, concat_ws(', ',
    'provider = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin'
                     WHEN 'c' THEN 'libc' END,
    'locale = ' || quote_literal(coalesce(j ->> 'colllocale', j ->> 'colliculocale')),
    'lc_collate = ' || quote_literal(c.collcollate), 'lc_ctype = ' || quote_literal(c.collctype),
    CASE WHEN NOT c.collisdeterministic THEN 'deterministic = false' END,
    'rules = ' || quote_literal(j ->> 'collicurules')))]
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace, to_jsonb(c) j WHERE {USERS}
"""

TYPES = f"""
SELECT t.oid, CASE WHEN NOT t.typisdefined THEN ARRAY[format('CREATE TYPE %%I.%%I', n.nspname,
  t.typname)]
  WHEN t.typtype = 'c' THEN ARRAY[format('CREATE TYPE %%I.%%I AS (%%s)', n.nspname, t.typname,
    (SELECT string_agg(format('%%I %%s%%s', a.attname, format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attcollation <> b.typcollation
                 THEN ' COLLATE ' || a.attcollation::regcollation END), ', ' ORDER BY a.attnum)
     FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid
     WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))]
  WHEN t.typtype = 'b' THEN ARRAY[format('CREATE TYPE %%I.%%I (%%s)', n.nspname, t.typname,
    concat_ws(', ', 'INPUT = ' || t.typinput, 'OUTPUT = ' || t.typoutput,
      CASE WHEN t.typreceive <> 0 THEN 'RECEIVE = ' || t.typreceive END,
      CASE WHEN t.typsend <> 0 THEN 'SEND = ' || t.typsend END,
      CASE WHEN t.typmodin <> 0 THEN 'TYPMOD_IN = ' || t.typmodin END,
      CASE WHEN t.typmodout <> 0 THEN 'TYPMOD_OUT = ' || t.typmodout END,
      CASE WHEN t.typanalyze <> 0 THEN 'ANALYZE = ' || t.typanalyze END,
      CASE WHEN t.typsubscript <> 0 THEN 'SUBSCRIPT = ' || t.typsubscript END,
      'INTERNALLENGTH = ' || CASE t.typlen WHEN -1 THEN 'VARIABLE' ELSE t.typlen::text END,
      CASE WHEN t.typbyval THEN 'PASSEDBYVALUE' END,
      'ALIGNMENT = ' || CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2'
                        WHEN 'i' THEN 'int4' ELSE 'double' END,
      'STORAGE = ' || CASE t.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external'
                      WHEN 'm' THEN 'main' ELSE 'extended' END,
      'CATEGORY = ' || quote_literal(t.typcategory::text), CASE WHEN t.typispreferred THEN
        'PREFERRED' END,
      'DEFAULT = ' || quote_literal(t.typdefault),
      CASE WHEN t.typelem <> 0 THEN 'ELEMENT = ' || format_type(t.typelem, NULL) END,
      'DELIMITER = ' || quote_literal(t.typdelim::text),
      CASE WHEN t.typcollation <> 0 THEN 'COLLATABLE = true' END))]
  WHEN t.typtype = 'r' THEN (
    SELECT CASE WHEN r.rngcanonical = 0 THEN ARRAY[format('CREATE TYPE %%I.%%I AS RANGE (%%s)',
      n.nspname, t.typname, concat_ws(', ', 'subtype = ' || format_type(r.rngsubtype, NULL),
        'subtype_opclass = ' || format('%%I.%%I', o.opcnamespace::regnamespace::text, o.opcname),
        CASE WHEN r.rngcollation <> 0 THEN 'collation = ' || r.rngcollation::regcollation END,
        CASE WHEN r.rngsubdiff <> 0 THEN 'subtype_diff = ' || r.rngsubdiff END,
        'multirange_type_name = ' || format('%%I.%%I', m.typnamespace::regnamespace::text,
          m.typname)))]
      ELSE '{{}}' END
    FROM pg_range r JOIN pg_opclass o ON o.oid = r.rngsubopc JOIN pg_type m ON m.oid =
      r.rngmultitypid
    WHERE r.rngtypid = t.oid)
  ELSE '{{}}' END
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid =
  t.typrelid
WHERE {USERS} AND (t.typtype IN ('b', 'r', 'p') OR (t.typtype = 'c' AND c.relkind = 'c'))
  AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
"""

ROUTINES = f"""
SELECT p.oid, CASE WHEN p.prokind <> 'a' THEN ARRAY[pg_get_functiondef(p.oid)] ELSE
  ARRAY[format('CREATE AGGREGATE %%I.%%I(%%s) (%%s)', n.nspname, p.proname,
    CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_get_function_arguments(p.oid) END,
    concat_ws(', ', 'SFUNC = ' || a.aggtransfn, 'STYPE = ' || format_type(a.aggtranstype, NULL),
      'SSPACE = ' || nullif(a.aggtransspace, 0),
      CASE WHEN a.aggfinalfn <> 0 THEN 'FINALFUNC = ' || a.aggfinalfn END,
      CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
      'FINALFUNC_MODIFY = ' || CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY'
                               WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END,
      CASE WHEN a.aggcombinefn <> 0 THEN 'COMBINEFUNC = ' || a.aggcombinefn END,
      CASE WHEN a.aggserialfn <> 0 THEN 'SERIALFUNC = ' || a.aggserialfn END,
      CASE WHEN a.aggdeserialfn <> 0 THEN 'DESERIALFUNC = ' || a.aggdeserialfn END,
      'INITCOND = ' || quote_literal(a.agginitval),
      CASE WHEN a.aggmtransfn <> 0 THEN 'MSFUNC = ' || a.aggmtransfn END,
      CASE WHEN a.aggminvtransfn <> 0 THEN 'MINVFUNC = ' || a.aggminvtransfn END,
      CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(a.aggmtranstype, NULL) END,
      'MSSPACE = ' || nullif(a.aggmtransspace, 0),
      CASE WHEN a.aggmfinalfn <> 0 THEN 'MFINALFUNC = ' || a.aggmfinalfn END,
      CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
      'MINITCOND = ' || quote_literal(a.aggminitval),
      CASE WHEN a.aggsortop <> 0 THEN 'SORTOP = ' || (SELECT format('OPERATOR(%%I.%%s)',
           o.oprnamespace::regnamespace::text, o.oprname) FROM pg_operator o WHERE o.oid =
             a.aggsortop) END,
      CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
      CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END))] END
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
WHERE {USERS}
"""

OPERATORS = f"""
SELECT o.oid, ARRAY[format('CREATE OPERATOR %%I.%%s (%%s)', n.nspname, o.oprname, concat_ws(', ',
    'FUNCTION = ' || o.oprcode, 'LEFTARG = ' || format_type(nullif(o.oprleft, 0), NULL),
    'RIGHTARG = ' || format_type(nullif(o.oprright, 0), NULL),
    (SELECT format('COMMUTATOR = OPERATOR(%%I.%%s)', c.oprnamespace::regnamespace::text, c.oprname)
     FROM pg_operator c WHERE c.oid = o.oprcom),
    (SELECT format('NEGATOR = OPERATOR(%%I.%%s)', c.oprnamespace::regnamespace::text, c.oprname)
     FROM pg_operator c WHERE c.oid = o.oprnegate),
    CASE WHEN o.oprrest <> 0 THEN 'RESTRICT = ' || o.oprrest END,
    CASE WHEN o.oprjoin <> 0 THEN 'JOIN = ' || o.oprjoin END,
    CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END))]
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE {USERS} AND o.oprcode <> 0
"""

FAMILIES = f"""
SELECT f.oid, ARRAY[format('CREATE OPERATOR FAMILY %%I.%%I USING %%I', n.nspname, f.opfname,
  m.amname)]
FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
WHERE {USERS}
"""

CLASSES = f"""
SELECT c.oid,
  ARRAY[format('CREATE OPERATOR CLASS %%I.%%I %%sFOR TYPE %%s USING %%I FAMILY %%I.%%I AS %%s',
  n.nspname, c.opcname, CASE WHEN c.opcdefault THEN 'DEFAULT ' END, format_type(c.opcintype, NULL),
  m.amname, f.opfnamespace::regnamespace::text, f.opfname, concat_ws(', ',
    coalesce('STORAGE ' || format_type(nullif(c.opckeytype, 0), NULL),
             'STORAGE ' || format_type(c.opcintype, NULL)),
    (SELECT string_agg(format('OPERATOR %%s %%s%%s', a.amopstrategy, a.amopopr::regoperator,
              (SELECT format(' FOR ORDER BY %%I.%%I', s.opfnamespace::regnamespace::text, s.opfname)
               FROM pg_opfamily s WHERE s.oid = a.amopsortfamily)), ', ' ORDER BY a.amopstrategy)
     FROM pg_amop a WHERE a.amopfamily = c.opcfamily AND a.amoplefttype = c.opcintype
     AND a.amoprighttype = c.opcintype),
    (SELECT string_agg(format('FUNCTION %%s (%%s, %%s) %%s', a.amprocnum,
              format_type(a.amproclefttype, NULL), format_type(a.amprocrighttype, NULL),
              a.amproc::regprocedure), ', ' ORDER BY a.amprocnum)
     FROM pg_amproc a WHERE a.amprocfamily = c.opcfamily AND a.amproclefttype = c.opcintype
     AND a.amprocrighttype = c.opcintype)))]
FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace
JOIN pg_am m ON m.oid = c.opcmethod JOIN pg_opfamily f ON f.oid = c.opcfamily WHERE {USERS}
"""

# Members of an operator family that belong to none of its classes, with the statement to drop them.
MEMBER = """
SELECT a.oid, ARRAY[format('ALTER OPERATOR FAMILY %%I.%%I USING %%I ADD {what}',
    f.opfnamespace::regnamespace::text, f.opfname, m.amname, {values})],
  format('ALTER OPERATOR FAMILY %%I.%%I USING %%I DROP {word} %%s (%%s, %%s)',
    f.opfnamespace::regnamespace::text, f.opfname, m.amname, a.{number},
    format_type(a.{prefix}lefttype, NULL), format_type(a.{prefix}righttype, NULL))
FROM {catalog} a JOIN pg_opfamily f ON f.oid = a.{prefix}family JOIN pg_am m ON m.oid = f.opfmethod
WHERE a.oid >= 16384 AND NOT EXISTS (
    SELECT FROM pg_opclass c WHERE c.opcfamily = f.oid AND c.opcintype = a.{prefix}lefttype
    AND c.opcintype = a.{prefix}righttype)
AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_opfamily'::regclass
                AND e.objid = f.oid AND e.deptype = 'e')
"""
MEMBER_OPERATORS = MEMBER.format(
    what="OPERATOR %%s %%s%%s", word="OPERATOR", number="amopstrategy", prefix="amop",
    catalog="pg_amop", values="""a.amopstrategy, a.amopopr::regoperator,
    (SELECT format(' FOR ORDER BY %%I.%%I', s.opfnamespace::regnamespace::text, s.opfname)
     FROM pg_opfamily s WHERE s.oid = a.amopsortfamily)""",
)  # fmt: skip
MEMBER_FUNCTIONS = MEMBER.format(
    what="FUNCTION %%s (%%s, %%s) %%s", word="FUNCTION", number="amprocnum", prefix="amproc",
    catalog="pg_amproc", values="""a.amprocnum, format_type(a.amproclefttype, NULL),
    format_type(a.amprocrighttype, NULL), a.amproc::regprocedure""",
)  # fmt: skip

CASTS = """
SELECT c.oid, ARRAY[format('CREATE CAST (%%s AS %%s) %%s%%s', format_type(c.castsource, NULL),
  format_type(c.casttarget, NULL), CASE c.castmethod WHEN 'f' THEN
    'WITH FUNCTION ' || c.castfunc::regprocedure WHEN 'i' THEN 'WITH INOUT' ELSE
      'WITHOUT FUNCTION' END,
  CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' END)]
FROM pg_cast c WHERE c.oid >= 16384
"""

TRANSFORMS = """
SELECT t.oid, ARRAY[format('CREATE TRANSFORM FOR %%s LANGUAGE %%I (%%s)', format_type(t.trftype,
  NULL),
  l.lanname, concat_ws(', ',
    CASE WHEN t.trffromsql <> 0 THEN 'FROM SQL WITH FUNCTION ' || t.trffromsql::regprocedure END,
    CASE WHEN t.trftosql <> 0 THEN 'TO SQL WITH FUNCTION ' || t.trftosql::regprocedure END))]
FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
"""

PARSERS = f"""
SELECT p.oid, ARRAY[format('CREATE TEXT SEARCH PARSER %%I.%%I (%%s)', n.nspname, p.prsname,
  concat_ws(', ', 'START = ' || p.prsstart, 'GETTOKEN = ' || p.prstoken, 'END = ' || p.prsend,
            'LEXTYPES = ' || p.prslextype,
            CASE WHEN p.prsheadline <> 0 THEN 'HEADLINE = ' || p.prsheadline END))]
FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace WHERE {USERS}
"""

TEMPLATES = f"""
SELECT t.oid, ARRAY[format('CREATE TEXT SEARCH TEMPLATE %%I.%%I (%%s)', n.nspname, t.tmplname,
  concat_ws(', ', CASE WHEN t.tmplinit <> 0 THEN 'INIT = ' || t.tmplinit END,
            'LEXIZE = ' || t.tmpllexize))]
FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace WHERE {USERS}
"""

DICTIONARIES = f"""
SELECT d.oid, ARRAY[format('CREATE TEXT SEARCH DICTIONARY %%I.%%I (%%s)', n.nspname, d.dictname,
  concat_ws(', ', 'TEMPLATE = ' || format('%%I.%%I', t.tmplnamespace::regnamespace::text,
    t.tmplname),
            d.dictinitoption))]
FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
JOIN pg_ts_template t ON t.oid = d.dicttemplate WHERE {USERS}
"""

CONFIGURATIONS = f"""
SELECT c.oid, format('CREATE TEXT SEARCH CONFIGURATION %%I.%%I (PARSER = %%I.%%I)', n.nspname,
  c.cfgname,
    p.prsnamespace::regnamespace::text, p.prsname) || ARRAY(
  SELECT format('ALTER TEXT SEARCH CONFIGURATION %%I.%%I ADD MAPPING FOR %%I WITH %%s', n.nspname,
    c.cfgname, k.alias, string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno))
  FROM pg_ts_config_map m, ts_token_type(c.cfgparser) k
  WHERE m.mapcfg = c.oid AND k.tokid = m.maptokentype GROUP BY k.alias, k.tokid ORDER BY k.tokid)
FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
JOIN pg_ts_parser p ON p.oid = c.cfgparser WHERE {USERS}
"""

CONVERSIONS = f"""
SELECT c.oid, ARRAY[format('CREATE %%sCONVERSION %%I.%%I FOR %%L TO %%L FROM %%s',
  CASE WHEN c.condefault THEN 'DEFAULT ' END, n.nspname, c.conname,
  pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding), c.conproc)]
FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace WHERE {USERS}
"""

METHODS = """
SELECT m.oid, ARRAY[format('CREATE ACCESS METHOD %%I TYPE %%s HANDLER %%s', m.amname,
  CASE m.amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END, m.amhandler)]
FROM pg_am m WHERE m.oid >= 16384
"""

LANGUAGES = """
SELECT l.oid, ARRAY[concat('CREATE ', CASE WHEN l.lanpltrusted THEN 'TRUSTED ' END, 'LANGUAGE ',
  quote_ident(l.lanname), ' HANDLER ' || l.lanplcallfoid::regproc,
  CASE WHEN l.laninline <> 0 THEN ' INLINE ' || l.laninline::regproc END,
  CASE WHEN l.lanvalidator <> 0 THEN ' VALIDATOR ' || l.lanvalidator::regproc END)]
FROM pg_language l WHERE l.oid >= 16384
"""

WRAPPERS = f"""
SELECT w.oid, ARRAY[concat('CREATE FOREIGN DATA WRAPPER ', quote_ident(w.fdwname),
  CASE WHEN w.fdwhandler <> 0 THEN ' HANDLER ' || w.fdwhandler::regproc END,
  CASE WHEN w.fdwvalidator <> 0 THEN ' VALIDATOR ' || w.fdwvalidator::regproc END,
  {OPTIONS.format(column="w.fdwoptions")})]
FROM pg_foreign_data_wrapper w
"""

SERVERS = f"""
SELECT s.oid, ARRAY[concat('CREATE SERVER ', quote_ident(s.srvname), ' TYPE ' ||
  quote_literal(s.srvtype),
  ' VERSION ' || quote_literal(s.srvversion), ' FOREIGN DATA WRAPPER ', quote_ident(w.fdwname),
  {OPTIONS.format(column="s.srvoptions")})]
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
"""

# Their options may contain a password, which must not be written to a file.
MAPPINGS = "SELECT u.umid, '{}'::text[] FROM pg_user_mappings u"

FOREIGN_TABLES = f"""
SELECT c.oid, ARRAY[concat('CREATE FOREIGN TABLE ', format('%%I.%%I', n.nspname, c.relname),
  CASE WHEN c.relispartition THEN ' PARTITION OF ' || (SELECT i.inhparent::regclass FROM
    pg_inherits i
       WHERE i.inhrelid = c.oid) || ' ' || pg_get_expr(c.relpartbound, c.oid)
  ELSE ' (' || coalesce((SELECT string_agg(concat(quote_ident(a.attname), ' ',
         format_type(a.atttypid, a.atttypmod), {OPTIONS.format(column="a.attfdwoptions")},
         CASE WHEN a.attcollation <> b.typcollation THEN ' COLLATE ' ||
           a.attcollation::regcollation END,
         CASE WHEN a.attgenerated <> '' THEN ' GENERATED ALWAYS AS (' || pg_get_expr(f.adbin,
           f.adrelid)
              || ') STORED' ELSE ' DEFAULT ' || pg_get_expr(f.adbin, f.adrelid) END,
         CASE WHEN a.attnotnull THEN ' NOT NULL' END), ', ' ORDER BY a.attnum)
     FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid
     LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '') || ')'
    || coalesce((SELECT ' INHERITS (' || string_agg(i.inhparent::regclass::text, ', ' ORDER BY
         i.inhseqno) || ')' FROM pg_inherits i WHERE i.inhrelid = c.oid), '') END,
  ' SERVER ', quote_ident(s.srvname), {OPTIONS.format(column="t.ftoptions")})]
  || ARRAY(SELECT format('ALTER FOREIGN TABLE %%I.%%I ALTER %%I SET NOT NULL', n.nspname, c.relname,
             a.attname) FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attnotnull AND c.relispartition)
FROM pg_foreign_table t JOIN pg_class c ON c.oid = t.ftrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_foreign_server s ON s.oid = t.ftserver
WHERE {USERS}
"""

STATISTICS = f"""
SELECT s.oid, ARRAY[pg_get_statisticsobjdef(s.oid)]
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE {USERS}
"""

EVENT_TRIGGERS = """
SELECT t.oid, array_remove(ARRAY[format('CREATE EVENT TRIGGER %%I ON %%s%%s EXECUTE FUNCTION %%s()',
    t.evtname, t.evtevent, ' WHEN TAG IN (' || (SELECT string_agg(quote_literal(g), ', ')
    FROM unnest(t.evttags) g) || ')', t.evtfoid::regproc),
  CASE t.evtenabled WHEN 'D' THEN format('ALTER EVENT TRIGGER %%I DISABLE', t.evtname)
    WHEN 'R' THEN format('ALTER EVENT TRIGGER %%I ENABLE REPLICA', t.evtname)
    WHEN 'A' THEN format('ALTER EVENT TRIGGER %%I ENABLE ALWAYS', t.evtname) END], NULL)
FROM pg_event_trigger t
"""

PUBLICATIONS = """
SELECT p.oid,
  ARRAY[format('CREATE PUBLICATION %%I%%s WITH (publish = %%L, publish_via_partition_root = %%s)',
  p.pubname, CASE WHEN p.puballtables THEN ' FOR ALL TABLES' ELSE ' FOR ' || nullif(concat_ws(', ',
    (SELECT 'TABLE ' || string_agg(concat(CASE WHEN c.relkind <> 'p' THEN 'ONLY ' END,
      r.prrelid::regclass,
        (SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')'
         FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)),
        ' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')'), ', ')
     FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid WHERE r.prpubid = p.oid),
    (SELECT 'TABLES IN SCHEMA ' || string_agg(s.pnnspid::regnamespace::text, ', ')
     FROM pg_publication_namespace s WHERE s.pnpubid = p.oid)), '') END,
  concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
            CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END),
  CASE WHEN p.pubviaroot THEN 'true' ELSE 'false' END)]
FROM pg_publication p
"""
