"""Databases as people have made them, as scripts; test_adopted_models.py writes models for each."""
# ruff: noqa: E501

from __future__ import annotations

CHINOOK = """
CREATE TABLE [Artist] ([ArtistId] INTEGER NOT NULL, [Name] NVARCHAR(120), CONSTRAINT [PK_Artist] PRIMARY KEY ([ArtistId]));
CREATE TABLE [Album] ([AlbumId] INTEGER NOT NULL, [Title] NVARCHAR(160) NOT NULL, [ArtistId] INTEGER NOT NULL,
  CONSTRAINT [PK_Album] PRIMARY KEY ([AlbumId]),
  FOREIGN KEY ([ArtistId]) REFERENCES [Artist] ([ArtistId]) ON DELETE NO ACTION ON UPDATE NO ACTION);
CREATE TABLE [Genre] ([GenreId] INTEGER NOT NULL, [Name] NVARCHAR(120), CONSTRAINT [PK_Genre] PRIMARY KEY ([GenreId]));
CREATE TABLE [MediaType] ([MediaTypeId] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [Name] NVARCHAR(120));
CREATE TABLE [Employee] ([EmployeeId] INTEGER NOT NULL, [LastName] NVARCHAR(20) NOT NULL, [ReportsTo] INTEGER,
  [BirthDate] DATETIME, [HireDate] DATETIME, CONSTRAINT [PK_Employee] PRIMARY KEY ([EmployeeId]),
  FOREIGN KEY ([ReportsTo]) REFERENCES [Employee] ([EmployeeId]) ON DELETE NO ACTION ON UPDATE NO ACTION);
CREATE TABLE [Customer] ([CustomerId] INTEGER NOT NULL, [Email] NVARCHAR(60) NOT NULL, [SupportRepId] INTEGER,
  CONSTRAINT [PK_Customer] PRIMARY KEY ([CustomerId]),
  FOREIGN KEY ([SupportRepId]) REFERENCES [Employee] ([EmployeeId]) ON DELETE NO ACTION ON UPDATE NO ACTION);
CREATE TABLE [Invoice] ([InvoiceId] INTEGER NOT NULL, [CustomerId] INTEGER NOT NULL, [InvoiceDate] DATETIME NOT NULL,
  [Total] NUMERIC(10,2) NOT NULL, CONSTRAINT [PK_Invoice] PRIMARY KEY ([InvoiceId]),
  FOREIGN KEY ([CustomerId]) REFERENCES [Customer] ([CustomerId]));
CREATE TABLE [Track] ([TrackId] INTEGER NOT NULL, [Name] NVARCHAR(200) NOT NULL, [AlbumId] INTEGER, [MediaTypeId] INTEGER NOT NULL,
  [GenreId] INTEGER, [Composer] NVARCHAR(220), [Milliseconds] INTEGER NOT NULL, [Bytes] INTEGER, [UnitPrice] NUMERIC(10,2) NOT NULL,
  CONSTRAINT [PK_Track] PRIMARY KEY ([TrackId]),
  FOREIGN KEY ([AlbumId]) REFERENCES [Album] ([AlbumId]), FOREIGN KEY ([GenreId]) REFERENCES [Genre] ([GenreId]),
  FOREIGN KEY ([MediaTypeId]) REFERENCES [MediaType] ([MediaTypeId]));
CREATE TABLE [PlaylistTrack] ([PlaylistId] INTEGER NOT NULL, [TrackId] INTEGER NOT NULL,
  CONSTRAINT [PK_PlaylistTrack] PRIMARY KEY ([PlaylistId], [TrackId]),
  FOREIGN KEY ([PlaylistId]) REFERENCES [Playlist] ([PlaylistId]), FOREIGN KEY ([TrackId]) REFERENCES [Track] ([TrackId]));
CREATE TABLE [Playlist] ([PlaylistId] INTEGER NOT NULL, [Name] NVARCHAR(120), CONSTRAINT [PK_Playlist] PRIMARY KEY ([PlaylistId]));
CREATE UNIQUE INDEX [IPK_PlaylistTrack] ON [PlaylistTrack]([PlaylistId], [TrackId]);
CREATE INDEX [IFK_AlbumArtistId] ON [Album] ([ArtistId]);
"""

NORTHWIND_SQLITE = """
CREATE TABLE [Categories] ([CategoryID] INTEGER PRIMARY KEY AUTOINCREMENT, [CategoryName] TEXT, [Description] TEXT, [Picture] BLOB);
CREATE TABLE [CustomerDemographics] ([CustomerTypeID] TEXT NOT NULL, [CustomerDesc] TEXT, PRIMARY KEY ("CustomerTypeID"));
CREATE TABLE [Customers] ([CustomerID] TEXT, [CompanyName] TEXT, PRIMARY KEY (`CustomerID`));
CREATE TABLE [CustomerCustomerDemo] ([CustomerID] TEXT NOT NULL, [CustomerTypeID] TEXT NOT NULL, PRIMARY KEY ("CustomerID","CustomerTypeID"),
  FOREIGN KEY ([CustomerID]) REFERENCES [Customers] ([CustomerID]) ON DELETE NO ACTION ON UPDATE NO ACTION,
  FOREIGN KEY ([CustomerTypeID]) REFERENCES [CustomerDemographics] ([CustomerTypeID]) ON DELETE NO ACTION ON UPDATE NO ACTION);
CREATE TABLE [Employees] ([EmployeeID] INTEGER PRIMARY KEY AUTOINCREMENT, [LastName] TEXT, [BirthDate] DATE, [ReportsTo] INTEGER,
  FOREIGN KEY ([ReportsTo]) REFERENCES [Employees] ([EmployeeID]));
CREATE TABLE [Order Details] ("OrderID" INTEGER NOT NULL, "ProductID" INTEGER NOT NULL, "UnitPrice" NUMERIC NOT NULL DEFAULT 0,
  "Quantity" INTEGER NOT NULL DEFAULT 1, "Discount" REAL NOT NULL DEFAULT 0, PRIMARY KEY ("OrderID","ProductID"),
  CHECK ([Discount]>=(0) AND [Discount]<=(1)), CHECK ([Quantity]>(0)), CHECK ([UnitPrice]>=(0)),
  FOREIGN KEY ([OrderID]) REFERENCES [Orders] ([OrderID]), FOREIGN KEY ([ProductID]) REFERENCES [Products] ([ProductID]));
CREATE TABLE [Orders] ([OrderID] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [CustomerID] TEXT, [EmployeeID] INTEGER, [OrderDate] DATETIME,
  [Freight] NUMERIC DEFAULT 0, FOREIGN KEY ([CustomerID]) REFERENCES [Customers] ([CustomerID]),
  FOREIGN KEY ([EmployeeID]) REFERENCES [Employees] ([EmployeeID]));
CREATE TABLE [Products] ([ProductID] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [ProductName] TEXT NOT NULL, [CategoryID] INTEGER,
  [UnitPrice] NUMERIC DEFAULT 0, [Discontinued] TEXT NOT NULL DEFAULT '0', CHECK ([UnitPrice]>=(0)),
  FOREIGN KEY ([CategoryID]) REFERENCES [Categories] ([CategoryID]));
CREATE VIEW [Alphabetical list of products] AS SELECT Products.* FROM Products WHERE Discontinued = 0;
"""

DJANGO_SQLITE = """
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE TABLE "auth_permission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(255) NOT NULL,
  "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "codename" varchar(100) NOT NULL);
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL,
  "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "date_joined" datetime NOT NULL, "score" decimal NULL);
CREATE TABLE "auth_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "user_id" bigint NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "flags" integer unsigned NOT NULL CHECK ("flags" >= 0),
  "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)));
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
"""

DJANGO = """
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
ALTER TABLE "django_content_type" ADD CONSTRAINT "django_content_type_app_label_model_76bd3d3b_uniq" UNIQUE ("app_label", "model");
CREATE TABLE "auth_permission" ("id" integer NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, "name" varchar(255) NOT NULL, "content_type_id" integer NOT NULL, "codename" varchar(100) NOT NULL);
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE "auth_group_permissions" ("id" bigint NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, "group_id" integer NOT NULL, "permission_id" integer NOT NULL);
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, "password" varchar(128) NOT NULL, "last_login" timestamp with time zone NULL,
  "is_superuser" boolean NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "flags" integer NOT NULL CHECK ("flags" >= 0), "extra" jsonb NOT NULL, "duration" interval);
ALTER TABLE "auth_permission" ADD CONSTRAINT "auth_permission_content_type_id_2f476e4b_fk_django_co" FOREIGN KEY ("content_type_id") REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "auth_permission" ADD CONSTRAINT "auth_permission_content_type_id_codename_01ab375a_uniq" UNIQUE ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE INDEX "auth_group_name_a6ea08ec_like" ON "auth_group" ("name" varchar_pattern_ops);
ALTER TABLE "auth_group_permissions" ADD CONSTRAINT "g_fk" FOREIGN KEY ("group_id") REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "auth_group_permissions" ADD CONSTRAINT "p_fk" FOREIGN KEY ("permission_id") REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED;
"""

RAILS = """
CREATE TABLE "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY);
CREATE TABLE "ar_internal_metadata" ("key" character varying NOT NULL PRIMARY KEY, "value" character varying, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
CREATE TABLE "authors" ("id" bigserial primary key, "name" character varying DEFAULT '' NOT NULL, "type" character varying, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
CREATE TABLE "posts" ("id" bigserial primary key, "title" character varying, "body" text, "status" integer DEFAULT 0 NOT NULL, "published" boolean DEFAULT FALSE NOT NULL,
  "author_id" bigint NOT NULL, "tags" character varying[] DEFAULT '{}', "settings" jsonb DEFAULT '{}' NOT NULL, "token" uuid DEFAULT gen_random_uuid(), "price" decimal(8,2), "lock_version" integer,
  CONSTRAINT "fk_rails_a123" FOREIGN KEY ("author_id") REFERENCES "authors" ("id"));
CREATE INDEX "index_posts_on_author_id" ON "posts" ("author_id");
CREATE UNIQUE INDEX "index_posts_on_author_id_and_title" ON "posts" ("author_id", "title") WHERE published;
CREATE INDEX "index_posts_on_settings" ON "posts" USING gin ("settings");
CREATE TABLE "comments" ("id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY, "commentable_type" character varying NOT NULL, "commentable_id" bigint NOT NULL);
CREATE INDEX "index_comments_on_commentable" ON "comments" ("commentable_type", "commentable_id");
"""

RAILS_SQLITE = """
CREATE TABLE "schema_migrations" ("version" varchar NOT NULL PRIMARY KEY);
CREATE TABLE "ar_internal_metadata" ("key" varchar NOT NULL PRIMARY KEY, "value" varchar, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
CREATE TABLE "authors" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "name" varchar DEFAULT '' NOT NULL, "created_at" datetime(6) NOT NULL);
CREATE TABLE "posts" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "title" varchar, "published" boolean DEFAULT 0 NOT NULL, "author_id" integer NOT NULL, "price" decimal(8,2),
  CONSTRAINT "fk_rails_a123" FOREIGN KEY ("author_id") REFERENCES "authors" ("id") ON DELETE CASCADE);
CREATE INDEX "index_posts_on_author_id" ON "posts" ("author_id") /*application='Blog'*/;
"""

PAGILA = """
CREATE TYPE mpaa_rating AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17');
CREATE DOMAIN year AS integer CONSTRAINT year_check CHECK (VALUE >= 1901 AND VALUE <= 2155);
CREATE SEQUENCE actor_actor_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
CREATE TABLE actor (actor_id integer DEFAULT nextval('actor_actor_id_seq'::regclass) NOT NULL, first_name text NOT NULL, last_name text NOT NULL, last_update timestamp with time zone DEFAULT now() NOT NULL);
ALTER SEQUENCE actor_actor_id_seq OWNED BY actor.actor_id;
ALTER TABLE ONLY actor ADD CONSTRAINT actor_pkey PRIMARY KEY (actor_id);
CREATE TABLE language (language_id serial PRIMARY KEY, name character(20) NOT NULL, last_update timestamp DEFAULT now() NOT NULL);
CREATE TABLE film (film_id serial PRIMARY KEY, title text NOT NULL, description text, release_year year, language_id integer NOT NULL REFERENCES language ON UPDATE CASCADE ON DELETE RESTRICT,
  original_language_id integer REFERENCES language ON UPDATE CASCADE ON DELETE RESTRICT, rental_duration smallint DEFAULT 3 NOT NULL, rental_rate numeric(4,2) DEFAULT 4.99 NOT NULL,
  replacement_cost numeric(5,2) DEFAULT 19.99 NOT NULL, rating mpaa_rating DEFAULT 'G'::mpaa_rating, special_features text[], fulltext tsvector NOT NULL);
CREATE TABLE film_actor (actor_id smallint NOT NULL REFERENCES actor ON UPDATE CASCADE ON DELETE RESTRICT, film_id integer NOT NULL REFERENCES film, last_update timestamp DEFAULT now() NOT NULL, PRIMARY KEY (actor_id, film_id));
CREATE INDEX film_fulltext_idx ON film USING gist (fulltext);
CREATE INDEX idx_fk_film_id ON film_actor (film_id);
CREATE TABLE payment (payment_id integer NOT NULL, amount numeric(5,2) NOT NULL, payment_date timestamp with time zone NOT NULL, PRIMARY KEY (payment_date, payment_id)) PARTITION BY RANGE (payment_date);
CREATE TABLE payment_p2022_01 PARTITION OF payment FOR VALUES FROM ('2022-01-01') TO ('2022-02-01');
CREATE VIEW actor_names AS SELECT first_name, last_name FROM actor;
CREATE FUNCTION last_updated() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.last_update = now(); RETURN NEW; END';
CREATE TRIGGER last_updated BEFORE UPDATE ON film_actor FOR EACH ROW EXECUTE FUNCTION last_updated();
"""

NORTHWIND = """
CREATE TABLE categories (category_id smallint NOT NULL PRIMARY KEY, category_name character varying(15) NOT NULL, picture bytea);
CREATE TABLE customer_customer_demo (customer_id bpchar NOT NULL, customer_type_id bpchar NOT NULL, PRIMARY KEY (customer_id, customer_type_id));
CREATE TABLE employees (employee_id smallint NOT NULL PRIMARY KEY, last_name character varying(20) NOT NULL, birth_date date, reports_to smallint REFERENCES employees);
CREATE TABLE orders (order_id smallint NOT NULL PRIMARY KEY, employee_id smallint REFERENCES employees, order_date date, freight real, ship_name character varying(40));
CREATE TABLE order_details (order_id smallint NOT NULL REFERENCES orders, product_id smallint NOT NULL, unit_price real NOT NULL, quantity smallint NOT NULL, PRIMARY KEY (order_id, product_id));
CREATE TABLE us_states (state_id smallint NOT NULL, state_name character varying(100), CONSTRAINT pk_usstates PRIMARY KEY (state_id));
"""

# what SQL is the same on both; rows of the table: name -> script
BOTH: dict[str, str] = {
    "alembic": "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
    "sqlalchemy": """
        CREATE TABLE users (id INTEGER NOT NULL, name VARCHAR(50), CONSTRAINT pk_users PRIMARY KEY (id), CONSTRAINT uq_users_name UNIQUE (name));
        CREATE TABLE addresses (id INTEGER NOT NULL, user_id INTEGER, CONSTRAINT pk_addresses PRIMARY KEY (id),
          CONSTRAINT fk_addresses_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL);
        CREATE INDEX ix_addresses_user_id ON addresses (user_id)""",
    "only a key": "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY)",
    "no key": "CREATE TABLE t (a INTEGER, id TEXT)",
    "composite key": "CREATE TABLE t (a INTEGER NOT NULL, b VARCHAR(10) NOT NULL, id INTEGER, PRIMARY KEY (b, a))",
    "text key": "CREATE TABLE t (code VARCHAR(10) NOT NULL PRIMARY KEY, note TEXT)",
    "defaults": """CREATE TABLE t (a INTEGER NOT NULL DEFAULT 5, b INTEGER DEFAULT -5, c TEXT DEFAULT 'it''s "so"', d VARCHAR(20) DEFAULT '100%',
        e DECIMAL(10,2) DEFAULT -1.50, f TIMESTAMP DEFAULT CURRENT_TIMESTAMP, g DATE DEFAULT CURRENT_DATE, h TEXT DEFAULT '', i REAL DEFAULT 0.5, j TEXT DEFAULT ('a' || 'b'))""",
    "checks": r"""CREATE TABLE t (a INTEGER CHECK (a > 0), b INTEGER, s VARCHAR(10), x TEXT, d DECIMAL(5,2) CHECK (d >= 0), CONSTRAINT in_order CHECK (a < b), CHECK (a + b < 100 OR a = 3),
        CHECK (s IN ('x', 'y)', '(')), CHECK (x NOT IN ('a', 'b') AND x <> ''), CHECK (x LIKE 'a%' OR length(s) = 3), CHECK (b BETWEEN 1 AND 9), CHECK (s IS NOT NULL OR x IS NOT NULL), CHECK (s <> 'back\slash'),
        CHECK ((a > 1) AND (b > 2)), CHECK (d > 0 AND d < 50), CHECK (a IN (1, 2, 3) OR b NOT IN (4, 5)))""",
    "uniques": "CREATE TABLE t (a INTEGER UNIQUE, b INTEGER, c INTEGER, UNIQUE (b, c), CONSTRAINT mine UNIQUE (c, a)); CREATE UNIQUE INDEX t_b ON t (b); CREATE UNIQUE INDEX t_a_b ON t (a, b)",
    "indexes": """CREATE TABLE t (a INTEGER, b TEXT, "C d" INTEGER); CREATE INDEX t_a ON t (a); CREATE INDEX other ON t (a); CREATE INDEX t_a_b ON t (a, b); CREATE INDEX ba ON t (b, a);
        CREATE INDEX down ON t (a DESC, b); CREATE INDEX low ON t (lower(b)); CREATE INDEX few ON t (a) WHERE a > 5 AND b <> 'x'; CREATE UNIQUE INDEX sum ON t ((a + "C d"), b) WHERE b IS NOT NULL; CREATE INDEX "Odd %name" ON t ("C d")""",
    "foreign keys": """CREATE TABLE p (id INTEGER NOT NULL PRIMARY KEY, code VARCHAR(20) NOT NULL UNIQUE);
        CREATE TABLE c (id INTEGER NOT NULL PRIMARY KEY, a INTEGER REFERENCES p (id) ON DELETE SET NULL, b VARCHAR(20) REFERENCES p (code) ON UPDATE CASCADE ON DELETE RESTRICT,
        c_id INTEGER CONSTRAINT my_own REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED, p_id INTEGER NOT NULL UNIQUE REFERENCES p, p INTEGER, parent_id INTEGER REFERENCES c (id), parent INTEGER REFERENCES c (id))""",
    "a key that is foreign": """CREATE TABLE person (id INTEGER NOT NULL PRIMARY KEY); CREATE TABLE student (person_id INTEGER NOT NULL PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE);
        CREATE TABLE grade (student_id INTEGER NOT NULL REFERENCES student (person_id), subject TEXT NOT NULL, PRIMARY KEY (student_id, subject))""",
    "composite foreign keys": """CREATE TABLE a (x INTEGER NOT NULL, y INTEGER NOT NULL, PRIMARY KEY (x, y)); CREATE TABLE b (id INTEGER NOT NULL PRIMARY KEY, x INTEGER, y INTEGER, z INTEGER,
        CONSTRAINT pair FOREIGN KEY (x, y) REFERENCES a (x, y) ON DELETE CASCADE, FOREIGN KEY (y, x) REFERENCES a (x, y), UNIQUE (x, z));
        CREATE TABLE tree (id INTEGER NOT NULL PRIMARY KEY, k INTEGER NOT NULL, up INTEGER, UNIQUE (id, k), FOREIGN KEY (up, k) REFERENCES tree (id, k))""",
    "foreign keys that share a column": """CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY); CREATE TABLE b (id INTEGER NOT NULL PRIMARY KEY); CREATE TABLE m (k INTEGER NOT NULL PRIMARY KEY, n INTEGER NOT NULL, UNIQUE (k, n));
        CREATE TABLE c (x INTEGER REFERENCES a (id), k INTEGER, n INTEGER, FOREIGN KEY (x) REFERENCES b (id), FOREIGN KEY (k, n) REFERENCES m (k, n), FOREIGN KEY (k) REFERENCES m (k))""",
    "a foreign key of another type": """CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY, code VARCHAR(20) NOT NULL UNIQUE); CREATE TABLE b (id INTEGER NOT NULL PRIMARY KEY, a_id BIGINT REFERENCES a (id), code VARCHAR(10) REFERENCES a (code), s SMALLINT NOT NULL REFERENCES a)""",
    "backrefs that clash": """CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY, b_set INTEGER, b_x_set TEXT);
        CREATE TABLE b (id INTEGER NOT NULL PRIMARY KEY, x_id INTEGER REFERENCES a (id), y_id INTEGER REFERENCES a (id), y INTEGER, z INTEGER REFERENCES a (id), z_id INTEGER)""",
    "names": """CREATE TABLE "order" (id INTEGER NOT NULL PRIMARY KEY, "select" INTEGER, "save" TEXT, "class" TEXT, "DoesNotExist" INTEGER, "_meta" INTEGER, "Meta" TEXT, "__x" TEXT, "1st" INTEGER, "a b" INTEGER, "A-B" INTEGER,
        "pw" TEXT, "sq" TEXT, "Name" TEXT, "name" INTEGER CHECK ("name" > 0), "ünï" TEXT, "表" TEXT, "'" INTEGER, "update" INTEGER NOT NULL DEFAULT 1, "ﬁ" TEXT, "quote""d" TEXT UNIQUE)""".replace(', "Name" TEXT', ""),
    "tables with odd names": '''CREATE TABLE "Weird ""Name""" (id INTEGER NOT NULL PRIMARY KEY, "a ""b""" INTEGER); CREATE TABLE weird_name (id INTEGER NOT NULL PRIMARY KEY); CREATE TABLE "1st" (a INTEGER); CREATE TABLE "none" (a INTEGER);
        CREATE TABLE "weird-name" (id INTEGER NOT NULL PRIMARY KEY, o INTEGER REFERENCES "Weird ""Name""" (id)); CREATE TABLE "表" (id INTEGER NOT NULL PRIMARY KEY, "表" INTEGER REFERENCES "表" (id)); CREATE TABLE "@" (a INTEGER);
        CREATE TABLE base_model (id INTEGER NOT NULL PRIMARY KEY); CREATE TABLE "CamelCase" (id INTEGER NOT NULL PRIMARY KEY, "UserID" INTEGER REFERENCES base_model (id)); CREATE TABLE model (a INTEGER); CREATE TABLE "str_enum" (a INTEGER)''',
    "generated": "CREATE TABLE t (a INTEGER, b INTEGER GENERATED ALWAYS AS (a * 2 + 1) STORED, c TEXT)",
    "nothing but what is usual": "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, bio TEXT); CREATE UNIQUE INDEX users_name ON users (name)",
    "long names": f"CREATE TABLE {'x' * 60} (id INTEGER NOT NULL PRIMARY KEY, {'a' * 50} INTEGER, {'b' * 50} TEXT DEFAULT '{'c' * 120}', CONSTRAINT {'k' * 60} UNIQUE ({'a' * 50}, {'b' * 50}), CHECK ({' AND '.join(f'{chr(97) * 50} <> {n}' for n in range(9))})); CREATE INDEX {'y' * 63} ON {'x' * 60} ({'a' * 50}, {'b' * 50})",
}  # fmt: skip

SQLITE: dict[str, str] = {
    "chinook": CHINOOK,
    "northwind": NORTHWIND_SQLITE,
    "django": DJANGO_SQLITE,
    "rails": RAILS_SQLITE,
    "types": """CREATE TABLE t (a INT, b BIGINT, c SMALLINT, d TINYINT, e DOUBLE, f FLOAT, g NUMERIC, h DECIMAL(8,3), i CHAR(4), j VARCHAR, k CLOB, l BOOLEAN, m TIMESTAMP, n, o JSON, p UUID, q BLOB,
        r "DOUBLE PRECISION", s UNSIGNED BIG INT, t TIME, u TIMESTAMPTZ, v NATIVE CHARACTER(70), w NUMBER(10, 2), x "odd 'type'", y DECIMAL(8), z bool default true)""",
    "table kinds": "CREATE TABLE a (x INTEGER, y ANY) STRICT; CREATE TABLE b (x TEXT PRIMARY KEY, y INTEGER NOT NULL) WITHOUT ROWID; CREATE TABLE c (x INTEGER PRIMARY KEY, y TEXT) WITHOUT ROWID, STRICT; CREATE TABLE d (x INTEGER PRIMARY KEY AUTOINCREMENT) STRICT",
    "keys": "CREATE TABLE a (x TEXT PRIMARY KEY); CREATE TABLE b (x INTEGER PRIMARY KEY DESC); CREATE TABLE c (x INT PRIMARY KEY); CREATE TABLE d (x TEXT, y TEXT, PRIMARY KEY (x DESC, y COLLATE NOCASE)); CREATE TABLE e (x TEXT, y TEXT NOT NULL, PRIMARY KEY (x, y)); CREATE TABLE f (x TEXT PRIMARY KEY ON CONFLICT REPLACE, y TEXT); CREATE TABLE g (x TEXT NOT NULL ON CONFLICT FAIL PRIMARY KEY)",
    "conflicts": "CREATE TABLE t (a TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'x', b TEXT UNIQUE ON CONFLICT IGNORE, c TEXT, UNIQUE (c COLLATE NOCASE, b) ON CONFLICT ROLLBACK)",
    "collations": "CREATE TABLE t (a TEXT COLLATE NOCASE, b VARCHAR(10) COLLATE RTRIM NOT NULL DEFAULT 'b'); CREATE INDEX i ON t (a COLLATE BINARY, b DESC); CREATE INDEX t_a ON t (a)",
    "generated": "CREATE TABLE t (a INTEGER, b TEXT AS (upper(a) || 'x'), c INTEGER AS (a + 1) STORED NOT NULL)",
    "cycles": "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id) ON DELETE SET NULL); CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER NOT NULL REFERENCES a); CREATE TABLE c (x INTEGER REFERENCES gone (y))",
    "expressions": "CREATE TABLE t (a INTEGER DEFAULT (1 - -1), b BLOB DEFAULT x'00ff', c TEXT DEFAULT 'x''y', d TEXT DEFAULT (datetime('now', '-1 day')), e REAL DEFAULT 1e5, f INTEGER DEFAULT true, g TEXT DEFAULT foo, h TEXT CHECK (h GLOB '[a-z]*' AND b <> x'00'), i TEXT CHECK (json_valid(i) AND \"i\" ->> '$.a' IS NOT NULL), \"check\" TEXT CHECK (\"check\" != ''))",
    "left out": "CREATE TABLE t (a INTEGER); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM t WHERE a = 0; END; CREATE VIRTUAL TABLE f USING fts5(body)",
    "upper and lower case": "CREATE TABLE T (ID INTEGER PRIMARY KEY, Name TEXT CHECK (NAME <> ''), UNIQUE (NAME)); CREATE TABLE U (t_id INTEGER REFERENCES t (id)); CREATE INDEX I ON T (name)",
}

POSTGRES: dict[str, str] = {
    "django": DJANGO,
    "rails": RAILS,
    "pagila": PAGILA,
    "northwind": NORTHWIND,
    "types": """CREATE TABLE t (a bigint, b smallint, c real, d double precision, e numeric, f numeric(8,3), g numeric(5), h char(4), i varchar, j boolean, k timestamp, l timestamptz, m time, n timetz, o timestamp(3), p date,
        q uuid, r bytea, s json, t jsonb, u inet, v interval, w interval day to second, x tsvector, y int4range, z point, aa text[], ab varchar(10)[], ac numeric(4,1)[], ad bit(3), ae varbit, af money, ag xml, ah "char", ai oid, aj name, ak macaddr, al timestamptz[], am jsonb[], an int[][], ao char, ap tsquery, aq bytea[] NOT NULL, ar numeric(3,-2))""",
    "serials": "CREATE TABLE a (id bigserial PRIMARY KEY, n serial, s smallserial NOT NULL); CREATE TABLE b (id smallserial PRIMARY KEY, a_id bigint REFERENCES a); CREATE TABLE c (b_id smallint NOT NULL REFERENCES b); CREATE TABLE d (n serial); ALTER TABLE d ALTER n DROP NOT NULL",
    "identity": """CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY); CREATE TABLE b (id bigint GENERATED BY DEFAULT AS IDENTITY (START 100 INCREMENT 5) PRIMARY KEY, a_id int NOT NULL REFERENCES a, n int GENERATED ALWAYS AS IDENTITY);
        CREATE TABLE c (id smallint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, b_id bigint REFERENCES b); CREATE TABLE d (id int GENERATED ALWAYS AS IDENTITY (START 7) PRIMARY KEY, c_id smallint REFERENCES c)""",
    "enums": """CREATE TYPE mood AS ENUM ('sad', 'ok', 'very-happy'); CREATE TYPE odd AS ENUM ('a''b', '', 'ü %'); CREATE TYPE "none" AS ENUM (); CREATE TYPE "Two Words" AS ENUM ('1', '2'); CREATE TYPE "Status" AS ENUM ('on', 'off');
        CREATE TYPE clash AS ENUM ('a-b', 'a_b');
        CREATE TABLE status (id serial PRIMARY KEY, a mood NOT NULL DEFAULT 'ok', b odd DEFAULT '', c "none", d "Two Words" CHECK (d <> '2'), e "Status", f mood[] DEFAULT '{sad}', g clash DEFAULT 'a_b', UNIQUE (a)); CREATE TABLE u (a mood PRIMARY KEY REFERENCES status (a), b mood)""",
    "schemas": """CREATE SCHEMA s; CREATE SCHEMA "S 2"; CREATE TYPE s.kind AS ENUM ('a', 'b'); CREATE TABLE s.users (id serial PRIMARY KEY, k s.kind NOT NULL DEFAULT 'a', up int REFERENCES s.users); CREATE TABLE users (id serial PRIMARY KEY, other int REFERENCES s.users ON DELETE CASCADE);
        CREATE TABLE "S 2"."T" (id int PRIMARY KEY, u int NOT NULL REFERENCES users, x int, y int, UNIQUE (x, y)); CREATE INDEX i ON "S 2"."T" (x) INCLUDE (y); CREATE INDEX j ON "S 2"."T" (lower(x::text)) WHERE y > 0; CREATE TABLE v (x int, y int, FOREIGN KEY (x, y) REFERENCES "S 2"."T" (x, y))""",
    "cycles": """CREATE TABLE department (id serial PRIMARY KEY, head_id int); CREATE TABLE employee (id serial PRIMARY KEY, department_id int NOT NULL REFERENCES department, boss int REFERENCES employee);
        ALTER TABLE department ADD CONSTRAINT head FOREIGN KEY (head_id) REFERENCES employee ON DELETE SET NULL; CREATE TABLE x (id int PRIMARY KEY, y int); CREATE TABLE y (id int PRIMARY KEY, z int NOT NULL UNIQUE); CREATE TABLE z (id int PRIMARY KEY REFERENCES x); ALTER TABLE x ADD FOREIGN KEY (y) REFERENCES y; ALTER TABLE y ADD FOREIGN KEY (z) REFERENCES z""",
    "cycles of two types": """CREATE TYPE e AS ENUM ('a'); CREATE TABLE a (id int PRIMARY KEY, b_id bigint); CREATE TABLE b (id int PRIMARY KEY, a_id bigint REFERENCES a); ALTER TABLE a ADD CONSTRAINT x FOREIGN KEY (b_id) REFERENCES b;
        CREATE TABLE c (k e PRIMARY KEY, d e); CREATE TABLE d (k e PRIMARY KEY, c e REFERENCES c); ALTER TABLE c ADD CONSTRAINT d FOREIGN KEY (d) REFERENCES d; CREATE TABLE f (id int PRIMARY KEY, g_id int); CREATE TABLE g (f_id int PRIMARY KEY REFERENCES f); ALTER TABLE f ADD CONSTRAINT g FOREIGN KEY (g_id) REFERENCES g""",
    "odd foreign keys": """CREATE TABLE a (x int, y int, z bigint UNIQUE, PRIMARY KEY (x, y)); CREATE TABLE b (x int, y int, z int REFERENCES a (z) MATCH FULL, FOREIGN KEY (x, y) REFERENCES a ON DELETE SET NULL (x));
        CREATE TABLE c (z bigint, FOREIGN KEY (z) REFERENCES a (z) DEFERRABLE, CONSTRAINT second FOREIGN KEY (z) REFERENCES a (z)); ALTER TABLE c ADD CONSTRAINT later CHECK (z > 0) NOT VALID""",
    "table options": "CREATE TABLE t (a int) WITH (fillfactor = 70, autovacuum_enabled = off); CREATE UNLOGGED TABLE u (a int); CREATE TABLE p (a int NOT NULL, b int CHECK (b > 0)); CREATE TABLE child (c int) INHERITS (p); CREATE TABLE l (k text NOT NULL, v int) PARTITION BY LIST (k); CREATE TABLE l1 PARTITION OF l FOR VALUES IN ('x'); CREATE INDEX li ON l (v); CREATE TABLE sec (a int); ALTER TABLE sec ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON sec USING (a > 0)",
    "generated": "CREATE TABLE t (a int, b text COLLATE \"C\" GENERATED ALWAYS AS (a::text || '%') STORED, v tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(a::text, ''))) STORED)",
    "left out": "CREATE TABLE t (a int); CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE VIEW v AS SELECT a FROM t; CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING; COMMENT ON TABLE t IS 'x'; CREATE TYPE unused AS ENUM ('a')",
    "types of other schemas": "CREATE SCHEMA s; CREATE TYPE s.kind AS ENUM ('a', 'b'); CREATE DOMAIN s.d AS int; CREATE TYPE s.\"K k\" AS ENUM ('a'); CREATE TABLE t (d s.d, e s.d[], f s.\"K k\"[]); CREATE TABLE s.u (k s.kind DEFAULT 'b')",
    "per cent": 'CREATE TABLE t (a int, CONSTRAINT "50%" CHECK (a % 2 = 0), CONSTRAINT "5%" UNIQUE (a)); CREATE TABLE u (a int, CONSTRAINT "%s" FOREIGN KEY (a) REFERENCES t (a)); CREATE TABLE "100%" (a int); CREATE TABLE v ("%" int UNIQUE); CREATE TABLE w (a int REFERENCES v ("%"))',
    "names of more than one case": 'CREATE TABLE "User" (id int PRIMARY KEY, "Name" text, name text); CREATE TABLE "user" (id int PRIMARY KEY, "userId" int REFERENCES "User", user_id int REFERENCES "User"); CREATE TABLE "USER" (a int)',
    "expressions": """CREATE TABLE t (a varchar(20) CHECK (a IN ('x')), b text CHECK (b = ANY ('{x,y}'::text[])), c double precision CHECK (c > 0 AND c < 1.5), d numeric CHECK (d <> 0), e real CHECK (e >= 1), f smallint DEFAULT -1, g bigint DEFAULT -1 CHECK (g > 0),
        h numeric(10,2) DEFAULT -1, i timestamptz DEFAULT now(), j timestamp DEFAULT timezone('utc', now()), k date DEFAULT '2020-01-01', l bit(3) DEFAULT B'101', m char(3) DEFAULT 'USD' CHECK (m IN ('USD', 'EUR')), n text[] DEFAULT ARRAY['a'], o double precision DEFAULT -0.5,
        p interval DEFAULT '1 day', q text DEFAULT E'a\\\\b\\n', r varchar(5) NOT NULL DEFAULT 'x' CHECK (r NOT IN ('p', 'q') AND length(r) > 0), s int CHECK (CASE WHEN s > 0 THEN s < 9 ELSE true END), u boolean DEFAULT false, v uuid DEFAULT gen_random_uuid())""",
}

# what needs extensions: name -> (these, the script)
EXTENSIONS: dict[str, tuple[str, str]] = {
    "odd constraints": (
        "CREATE EXTENSION btree_gist;",
        """CREATE TABLE t (a int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, b int, during tsrange, EXCLUDE USING gist (b WITH =, during WITH &&) WHERE (b > 0), UNIQUE NULLS NOT DISTINCT (b), UNIQUE (a) INCLUDE (b), CHECK (b > 1) NO INHERIT, CONSTRAINT later UNIQUE (a, b) DEFERRABLE);
        CREATE TABLE u (a int, b int, PRIMARY KEY (a) INCLUDE (b)); CREATE TABLE w (a int, PRIMARY KEY (a) WITH (fillfactor = 70))""",
    ),
    "odd indexes": (
        "CREATE EXTENSION pg_trgm;",
        """CREATE TABLE t (a text, b int, c jsonb, d tsvector); CREATE INDEX t_a ON t USING hash (a); CREATE INDEX trgm ON t USING gin (a gin_trgm_ops); CREATE INDEX path ON t USING gin (c jsonb_path_ops); CREATE INDEX t_d ON t USING gin (d); CREATE INDEX brin ON t USING brin (b) WITH (pages_per_range = 8);
        CREATE INDEX many ON t (a COLLATE "C" text_pattern_ops DESC NULLS LAST, (c ->> 'x'), lower(a) COLLATE "POSIX"); CREATE UNIQUE INDEX nulls ON t (b) NULLS NOT DISTINCT; CREATE UNIQUE INDEX inc ON t (b) INCLUDE (a) WHERE a IN ('x', 'y%'); CREATE INDEX t_c ON t USING gin (c); CREATE INDEX up ON t (upper(a) varchar_pattern_ops)""",
    ),
    "domains and extensions": (
        "CREATE EXTENSION citext; CREATE EXTENSION hstore;",
        "CREATE DOMAIN email AS citext CHECK (VALUE ~ '@'); CREATE SEQUENCE orders_no; CREATE TABLE t (a citext UNIQUE, b email NOT NULL, c hstore, d bigint DEFAULT nextval('orders_no'), e email[]); CREATE INDEX t_c ON t USING gist (c)",
    ),
}
