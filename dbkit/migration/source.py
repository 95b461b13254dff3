"""Python source: a string, a call that keeps to the line's length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

WIDTH = 100


def text(value: str) -> str:
    """A string literal, in double quotes where that needs no more escapes."""
    shown = repr(value)
    if shown[0] == "'" and '"' not in value and "\\'" not in shown:
        return f'"{shown[1:-1]}"'
    return shown


@dataclass(frozen=True)
class Call:
    """A call as source: what is called, its arguments; `imports` are the lines it needs."""

    function: str
    arguments: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    imports: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.function}({', '.join(self._all())})"

    def _all(self) -> list[str]:
        return [*self.arguments, *(f"{name}={value}" for name, value in self.options.items())]

    def wrapped(self, column: int) -> str:
        """The call on one line, if it fits when it begins at `column`; else as ruff wraps it."""
        if column + len(str(self)) <= WIDTH - 1 or not self._all():
            return str(self)
        inside = ", ".join(self._all())
        if 8 + len(inside) <= WIDTH:
            return f"{self.function}(\n    {inside}\n)"
        lines = "".join(f"    {one},\n" for one in self._all())
        return f"{self.function}(\n{lines})"


def wrapped_list(items: Iterable[str], column: int) -> str:
    """A list, on one line if that fits when its name begins at `column`."""
    items = list(items)
    line = f"[{', '.join(items)}]"
    if column + 16 + len(line) <= WIDTH:
        return line
    return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
