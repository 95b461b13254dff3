"""The tables in which other tools keep their history. They get no model, and are left alone."""

from __future__ import annotations

from dbkit.schema.peewee_models import OWN_TABLES
from dbkit.schema.values import Column, Table

# tool, name of the table, its columns in any order
TABLES = (
    ("Django", "django_migrations", "id app name applied"),
    ("yoyo", "_yoyo_migration", "migration_hash migration_id applied_at_utc"),
    ("yoyo", "_yoyo_log", "id migration_hash migration_id operation username hostname comment "
     "created_at_utc"),
    ("yoyo", "_yoyo_version", "version installed_at_utc"),
    ("yoyo", "yoyo_lock", "locked ctime pid"),
    ("aerich", "aerich", "id version app content"),
    ("Rails", "ar_internal_metadata", "key value created_at updated_at"),
    ("Rails or dbmate", "schema_migrations", "version"),
    ("golang-migrate", "schema_migrations", "version dirty"),
    ("Ecto", "schema_migrations", "version inserted_at"),
    ("goose", "goose_db_version", "id version_id is_applied tstamp"),
    ("Diesel", "__diesel_schema_migrations", "version run_on"),
    ("SQLx", "_sqlx_migrations", "version description installed_on success checksum "
     "execution_time"),
    ("Prisma", "_prisma_migrations", "id checksum finished_at migration_name logs rolled_back_at "
     "started_at applied_steps_count"),
    ("Drizzle", "__drizzle_migrations", "id hash created_at"),
    ("knex", "knex_migrations", "id name batch migration_time"),
    ("knex", "knex_migrations_lock", "index is_locked"),
    ("Sequelize", "sequelizemeta", "name"),
    ("Laravel", "migrations", "id migration batch"),
    ("TypeORM", "migrations", "id timestamp name"),
    ("Entity Framework", "__efmigrationshistory", "migrationid productversion"),
    ("Liquibase", "databasechangelog", "id author filename dateexecuted orderexecuted exectype "
     "md5sum description comments tag liquibase contexts labels deployment_id"),
    ("Liquibase", "databasechangeloglock", "id locked lockgranted lockedby"),
    ("sqitch", "releases", "version installed_at installer_name installer_email"),
    ("sqitch", "projects", "project uri created_at creator_name creator_email"),
    ("sqitch", "changes", "change_id script_hash change project note committed_at committer_name "
     "committer_email planned_at planner_name planner_email"),
    ("sqitch", "tags", "tag_id tag project change_id note committed_at committer_name "
     "committer_email planned_at planner_name planner_email"),
    ("sqitch", "dependencies", "change_id type dependency dependency_id"),
    ("sqitch", "events", "event change_id change project note requires conflicts tags "
     "committed_at committer_name committer_email planned_at planner_name planner_email"),
)  # fmt: skip
BY_NAME = {(name, frozenset(columns.split())): tool for tool, name, columns in TABLES}
# Users of these tools choose the names of their tables.
FLYWAY = {"installed_rank", "version", "description", "type", "script", "checksum", "installed_by",
          "installed_on", "execution_time", "success"}  # fmt: skip
PEEWEE_MIGRATE = {"id", "name", "migrated_at"}
ALEMBIC = ("version_num", "varchar(32)")


def tool_of(table: Table) -> str:
    """Return the tool that keeps its history in the table; empty if it is a table like others."""
    if table.kind != "table":
        return ""
    if table.name.schema and table.name.bare in OWN_TABLES:
        return "dbkit"  # with another search path
    types = {part.name.lower(): str(part.type).lower() for part in table.parts
             if isinstance(part, Column)}  # fmt: skip
    columns, name = frozenset(types), table.name.bare.lower()
    if columns == FLYWAY:
        return "Flyway"
    if columns == PEEWEE_MIGRATE and "char" in types["name"]:
        return "peewee-migrate"
    if name.endswith("alembic_version") and [*types.items()] in ([ALEMBIC], [_long(*ALEMBIC)]):
        return "alembic"
    return BY_NAME.get((name, columns), "")


def _long(name: str, type_: str) -> tuple[str, str]:
    """The column with its type as PostgreSQL prints it."""
    return name, type_.replace("varchar", "character varying")
