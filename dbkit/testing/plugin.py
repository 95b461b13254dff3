"""The pytest plugin. It imports neither Peewee nor the rest of dbkit before a test needs them.

docs/testing.md describes its fixtures and settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dbkit.errors import DbkitError

if TYPE_CHECKING:
    import peewee as pw

    from .copies import Copies, Copy, Once

# the functions of `checks`, which is imported when one of them runs
CHECKS = (
    "history_has_one_head",
    "no_migration_is_missing",
    "models_match_the_migrations",
    "each_migration_runs_up_down_and_up_again",
)
CHOSEN: pytest.StashKey[Sequence[str]] = pytest.StashKey()
COPIES: pytest.StashKey[Once[Copies]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("dbkit_seeds", "Load the seeds into the database of each test.", "bool", False)
    parser.addini("dbkit_checks", "Check the project's migrations and models.", "bool", False)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "dbkit(seeds=True): load the seeds into the database of the test, or do not"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Take the checks from the command line, because pytest would search for files."""
    arguments = session.config.args
    session.config.stash[CHOSEN] = [name for one in arguments for name in checks_of(one)]
    session.config.args = [one for one in arguments if not checks_of(one)]


def checks_of(argument: str) -> Sequence[str]:
    """Return the checks that an argument of pytest names: all by `dbkit`, one by `dbkit::NAME`."""
    if argument == "dbkit" and not Path(argument).exists():
        return CHECKS
    return [name for name in CHECKS if argument == f"dbkit::{name}"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the checks that the command line names. Without these, add all checks of the setting,
    unless the command line names files or tests."""
    chosen = config.stash.get(CHOSEN, ())
    if config.getini("dbkit_checks") and all(Path(one).is_dir() for one in config.args):
        chosen = chosen or CHECKS
    parent = Checks.from_parent(session, name="dbkit", nodeid="dbkit")
    items += (check for check in parent.collect() if check.name in chosen)


class Checks(pytest.Collector):
    """The parent of the checks."""

    def collect(self) -> list[pytest.Item]:
        return [Check.from_parent(self, name=name) for name in CHECKS]


class Failed(Exception):
    """A check failed; the text is the report."""


class Check(pytest.Item):
    """A check of the project."""

    def runtest(self) -> None:
        with chdir(self.config.rootpath):
            from . import checks

            report = getattr(checks, self.name)(copies_of(self.config))
        if report:
            raise Failed(report)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, (Failed, DbkitError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"dbkit: {self.name.replace('_', ' ')}"


def copies_of(config: pytest.Config) -> Copies:
    """Return the copies of the run, and drop them when it ends. Raises DbkitError."""
    if COPIES not in config.stash:
        from .copies import Copies, Once

        def make() -> Copies:
            copies = Copies(config.rootpath)
            config.add_cleanup(copies.close)
            return copies

        config.stash[COPIES] = Once(make)
    return config.stash[COPIES]()


@contextmanager
def reported() -> Iterator[None]:
    """Report an error of dbkit without a traceback."""
    try:
        yield
    except DbkitError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def wants_seeds(request: pytest.FixtureRequest) -> bool:
    """Whether the test's marker, or else the setting, asks for seeds."""
    marker = request.node.get_closest_marker("dbkit")
    if marker is None:
        return bool(request.config.getini("dbkit_seeds"))
    seeds = marker.kwargs.get("seeds")
    if marker.args or marker.kwargs.keys() != {"seeds"} or not isinstance(seeds, bool):
        pytest.fail("Write @pytest.mark.dbkit(seeds=True) or (seeds=False).", pytrace=False)
    return seeds


@pytest.fixture
def _dbkit_copy(request: pytest.FixtureRequest) -> Iterator[Copy]:
    with (
        reported(),
        copies_of(request.config).copy(wants_seeds(request)) as copy,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("DATABASE_URL", copy.url)
        environment.delenv("DATABASE_DIRECT_URL", raising=False)
        yield copy


@pytest.fixture
def dbkit_url(_dbkit_copy: Copy) -> str:
    """The URL of a fresh copy of the migrated database. DATABASE_URL has this value during the
    test.
    """
    return _dbkit_copy.url


@pytest.fixture
def dbkit_application_database(request: pytest.FixtureRequest) -> Any:
    """The Peewee database, or databases, that the application opens: those to which the models are
    bound. Override this fixture if the application opens another Database or DatabaseProxy.
    """
    from .project import databases_of

    with reported():
        return databases_of(copies_of(request.config).project.models)


@pytest.fixture
def dbkit_database(
    request: pytest.FixtureRequest, _dbkit_copy: Copy, dbkit_application_database: Any
) -> Iterator[pw.Database]:
    """A fresh copy of the migrated database for one test, as a Peewee database. The models and the
    application use it during the test, and it is dropped afterwards.
    """
    from .application import application_uses

    given = dbkit_application_database
    databases = given if isinstance(given, (list, tuple)) else [given] if given else []
    models = copies_of(request.config).project.models
    with reported(), application_uses(_dbkit_copy.database, databases, models) as database:
        yield database
