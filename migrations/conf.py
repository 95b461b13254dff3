"""Read by pw_migrate before every command: the same router and database as `python -m dbkit`."""

from dbkit.migration import pw_migrate

DATABASE = pw_migrate.install()
