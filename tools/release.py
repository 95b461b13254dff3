"""Prepare a release: `python tools/release.py X.Y.Z`.

Sets the version in `dbkit/__init__.py`, gives the changes under "Unreleased" in CHANGELOG.md the
version and the date, and prints the commands that publish the release. It runs none of them.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)
ASSIGNED = re.compile(r'^__version__ = "(.*)"$', re.MULTILINE)
UNRELEASED = "## [Unreleased]\n"
COMMANDS = """\
git diff
git commit -am 'Release {0}'
git tag -a v{0} -m 'dbkit {0}'
python -m build
twine check --strict dist/peewee_dbkit-{0}*
git push --follow-tags
twine upload dist/peewee_dbkit-{0}*"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Set the version and date the CHANGELOG.")
    parser.add_argument("version", help="the new version, X.Y.Z")
    version = parser.parse_args().version
    try:
        release(Path(__file__).resolve().parents[1], version)
    except ValueError as error:
        parser.error(str(error))
    print(f"The files are ready. To publish {version}, run:\n\n{COMMANDS.format(version)}")


def release(root: Path, version: str) -> None:
    """Write both files. Raises ValueError, and writes neither, if the release is not possible."""
    require_clean(root)
    module, changelog = root / "dbkit" / "__init__.py", root / "CHANGELOG.md"
    source, changes = module.read_text(encoding="utf-8"), changelog.read_text(encoding="utf-8")
    require_next(version, ASSIGNED.findall(source)[0], changes)
    new_changes = dated(changes, version)
    module.write_text(ASSIGNED.sub(f'__version__ = "{version}"', source), encoding="utf-8")
    changelog.write_text(new_changes, encoding="utf-8")


def require_clean(root: Path) -> None:
    """Raise ValueError if git would commit more than the two files."""
    status = subprocess.run(
        ["git", "status", "--porcelain"],  # noqa: S607
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    if status:
        raise ValueError(f"the work tree has changes; commit or remove them first:\n{status}")


def require_next(version: str, current: str, changes: str) -> None:
    """Raise ValueError unless the version follows the current version, or is the current version
    and was never released."""
    if not VERSION.fullmatch(version):
        raise ValueError(f"{version} is not a version: write X.Y.Z, for example 0.2.0")
    if _numbers(version) < _numbers(current):
        raise ValueError(f"{version} is lower than the current version, {current}")
    if f"## [{version}]" in changes:
        raise ValueError(f"CHANGELOG.md has {version} already")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def dated(changes: str, version: str) -> str:
    """Return the text of CHANGELOG.md with the unreleased changes under the version. Raises
    ValueError if there are none."""
    before, heading, after = changes.partition(UNRELEASED)
    if not heading or not after.partition("\n## ")[0].strip():
        raise ValueError(f"CHANGELOG.md has no changes under {UNRELEASED.strip()}")
    today = datetime.now(UTC).date()
    return f"{before}{UNRELEASED}\n## [{version}] - {today}\n{after}"


if __name__ == "__main__":
    main()
