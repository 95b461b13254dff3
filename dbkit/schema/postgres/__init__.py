"""PostgreSQL, versions 15 and later."""
