"""After `init` a partition's own parts are ignored, since no model can say them."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

from tests.conftest import opened
from tests.laws.test_statements import databases, run
from tests.servers import Server

SCHEMA = """
CREATE TABLE event (day int NOT NULL, text text) PARTITION BY RANGE (day);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (1) TO (9);
ALTER TABLE event_1 ADD CONSTRAINT own CHECK (text <> 'x');
CREATE INDEX mine ON event_1 (text); ALTER TABLE event_1 ALTER text SET DEFAULT 'y';
"""


def test_own_parts_of_partitions_are_ignored(server: Server, dbkit: Callable[..., Result]) -> None:
    with databases(server, SCHEMA) as (url,), opened(url):
        options = ("--database", url, "--models", "partitioned", "--migrations", "m")
        made = dbkit("init", *options)
        assert made.exit_code == 0, made.output
        checked = dbkit("verify", *options)
        assert checked.exit_code == 0, checked.output
        run(url, ["CREATE UNIQUE INDEX another ON event_1 (day)"])
        assert "another" in dbkit("verify", *options).output
        assert dbkit("verify", "--strict", *options).exit_code == 1
        run(url, ["DROP INDEX another"])
        strict = dbkit("verify", "--strict", *options)
        assert strict.exit_code == 0, strict.output
