"""Names for tests."""

from dbkit.schema.names import Name


def own(bare: str) -> Name:
    """A name in the connection's own schema."""
    return Name("", bare)
