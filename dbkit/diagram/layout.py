"""Where the boxes of a picture are: in columns, with each parent left of its children.

The steps are those of every layered layout: reverse some edges, so that there is no cycle; give
each box a column; order the boxes of each column; move the boxes towards their neighbours. An edge
across several columns passes through a gap between the boxes of each. Edges from the same box share
their gaps, so that a table with fifty children needs only one line through a column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

GAP = 26.0  # between two boxes of a column
CHANNEL = 84.0  # between two columns
LANE = 8.0  # the height of an edge that passes through a column
SWEEPS = 8
ASPECT = 1.5  # width : height of the picture

Size = tuple[float, float]  # width, height
Place = tuple[float, float]  # left, top
Edge = tuple[int, int]  # (parent, child)


@dataclass(frozen=True)
class Layout:
    """The places of the boxes. `columns` has the column of each box that has an edge, `extents` the
    left and the right end of each column, and `lanes` the height at which the edges of a box pass
    through a column."""

    places: list[Place]
    size: Size
    columns: Mapping[int, int]
    extents: list[tuple[float, float]]
    lanes: Mapping[tuple[int, int], float]


def arrange(sizes: Sequence[Size], edges: Iterable[Edge]) -> Layout:
    """Return the layout of boxes with these sizes."""
    edges = [(parent, child) for parent, child in dict.fromkeys(edges) if parent != child]
    forward = _without_cycles(edges)
    columns = _columns(sizes, _layers(forward))
    graph = _Graph(sizes, columns, forward)
    for sweep in range(SWEEPS):
        graph.order(towards_left=sweep % 2 == 0)
    for sweep in range(SWEEPS):
        graph.move(towards_left=sweep % 2 == 0)
    return graph.layout()


def _without_cycles(edges: Sequence[Edge]) -> set[Edge]:
    """The edges, some of them reversed. The next box is always one without a parent, or else the
    box with the most children (Eades, Lin and Smyth, 1993)."""
    below, above = _neighbours(edges)
    rank: dict[int, int] = {}
    left = dict.fromkeys(sorted({box for edge in edges for box in edge}))
    while left:
        free = (box for box in left if not above[box] - rank.keys())
        box = next(free, None)
        if box is None:
            box = max(left, key=lambda box: len(below[box] & left.keys())
                      - len(above[box] & left.keys()))  # fmt: skip
        rank[box] = len(rank)
        del left[box]
    return {(a, b) if rank[a] < rank[b] else (b, a) for a, b in edges}


def _neighbours(edges: Collection[Edge]) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """(the children of each box, its parents)."""
    below, above = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
    for parent, child in edges:
        below[parent].add(child)
        above[child].add(parent)
    return below, above


def _layers(edges: Collection[Edge]) -> list[list[int]]:
    """The boxes by the length of the longest path to them. A box without parents is in the layer
    before its first child."""
    below, above = _neighbours(edges)
    layer: dict[int, int] = {}
    waiting = sorted({box for edge in edges for box in edge})
    while waiting:
        ready = [box for box in waiting if above[box] <= layer.keys()]
        for box in ready:
            layer[box] = max((layer[parent] + 1 for parent in above[box]), default=0)
        waiting = [box for box in waiting if box not in layer]
    for box in layer:
        if not above[box]:
            layer[box] = min(layer[child] for child in below[box]) - 1
    return [[box for box in sorted(layer) if layer[box] == number]
            for number in range(max(layer.values(), default=-1) + 1)]  # fmt: skip


def _columns(sizes: Sequence[Size], layers: Iterable[Sequence[int]]) -> list[list[int]]:
    """The layers. A layer that would be too high becomes several columns."""
    layers = [layer for layer in layers if layer]
    boxes = [sizes[box] for layer in layers for box in layer]
    area = sum((width + CHANNEL) * (height + GAP) for width, height in boxes)
    limit = max([sqrt(area / ASPECT), *(height for _, height in boxes)])
    columns = []
    for layer in layers:
        parts = ceil(sum(sizes[box][1] + GAP for box in layer) / limit)
        length = ceil(len(layer) / parts)
        columns += [layer[start : start + length] for start in range(0, len(layer), length)]
    return [list(column) for column in columns]


class _Graph:
    """The columns of boxes and lanes. A box is (number, its column), a lane (number of the box at
    its left end, the lane's column)."""

    def __init__(
        self, sizes: Sequence[Size], columns: list[list[int]], edges: Collection[Edge]
    ) -> None:
        self.sizes = sizes
        self.column = {box: place for place, column in enumerate(columns) for box in column}
        self.stacks = [[(box, place) for box in column] for place, column in enumerate(columns)]
        self.left = defaultdict[Edge, set[Edge]](set)
        self.right = defaultdict[Edge, set[Edge]](set)
        for start, end in sorted(edges):
            self._connect(start, end)
        self.top = {item: sum(map(self._height, stack[:place]))
                    for stack in self.stacks for place, item in enumerate(stack)}  # fmt: skip

    def _connect(self, start: int, end: int) -> None:
        before = (start, self.column[start])
        for place in range(self.column[start] + 1, self.column[end]):
            if (start, place) not in self.left:
                self.stacks[place].append((start, place))
            before = self._join(before, (start, place))
        self._join(before, (end, self.column[end]))

    def _join(self, before: Edge, after: Edge) -> Edge:
        self.left[after].add(before)
        self.right[before].add(after)
        return after

    def _is_lane(self, item: Edge) -> bool:
        return self.column[item[0]] != item[1]

    def _height(self, item: Edge) -> float:
        return LANE if self._is_lane(item) else self.sizes[item[0]][1]

    def _sweep(self, towards_left: bool) -> tuple[list[list[Edge]], Mapping[Edge, set[Edge]]]:
        if towards_left:
            return self.stacks, self.left
        return self.stacks[::-1], self.right

    def order(self, towards_left: bool) -> None:
        """Sort each column by the mean place of its neighbours in the column before."""
        stacks, near = self._sweep(towards_left)
        place: dict[Edge, float] = {}
        for stack in self.stacks:
            place |= {item: (number + 0.5) / len(stack) for number, item in enumerate(stack)}
        for stack in stacks:
            stack.sort(key=lambda item: _mean([place[one] for one in near[item]], place[item]))
            place |= {item: (number + 0.5) / len(stack) for number, item in enumerate(stack)}

    def move(self, towards_left: bool) -> None:
        """Move each box to the mean height of its neighbours, as far as there is room."""
        stacks, near = self._sweep(towards_left)
        for stack in stacks:
            heights = [self._height(item) for item in stack]
            wishes = [
                _mean([self._middle(one) for one in sorted(near[item])], self._middle(item))
                - height / 2
                for item, height in zip(stack, heights, strict=True)
            ]
            self.top |= zip(stack, spaced(wishes, heights), strict=True)

    def _middle(self, item: Edge) -> float:
        return self.top[item] + self._height(item) / 2

    def layout(self) -> Layout:
        highest = min(self.top.values(), default=0)
        top = {item: float(round(value - highest)) for item, value in self.top.items()}
        extents, left = [], 0.0
        for stack in self.stacks:
            width = max(self.sizes[box][0] for box, place in stack if self.column[box] == place)
            extents.append((left, left + width))
            left += width + CHANNEL
        places: dict[int, Place] = {
            box: (extents[place][0], top[box, place]) for box, place in self.column.items()
        }
        bottom = max((top[item] + self._height(item) for item in top), default=0)
        width = extents[-1][1] if extents else 0
        places |= self._alone(width, bottom + 2 * GAP if places else 0)
        lanes = {item: top[item] + LANE / 2 for item in top if self._is_lane(item)}
        found = [places[box] for box in range(len(self.sizes))]
        ends = [(x + w, y + h) for (x, y), (w, h) in zip(found, self.sizes, strict=True)]
        size = (max([width, *(x for x, _ in ends)]), max([bottom, *(y for _, y in ends)]))
        return Layout(found, size, self.column, extents, lanes)

    def _alone(self, width: float, top: float) -> dict[int, Place]:
        """Boxes without an edge, in rows below the others, the highest first."""
        boxes = [box for box in range(len(self.sizes)) if box not in self.column]
        area = sum((self.sizes[box][0] + GAP) * (self.sizes[box][1] + GAP) for box in boxes)
        width = max(width, sqrt(area * ASPECT))
        places, left, high = {}, 0.0, 0.0
        for box in sorted(boxes, key=lambda box: (-self.sizes[box][1], box)):
            if left and left + self.sizes[box][0] > width:
                left, top, high = 0.0, top + high + GAP, 0.0
            places[box] = (left, top)
            left, high = left + self.sizes[box][0] + GAP, max(high, self.sizes[box][1])
        return places


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def spaced(wishes: Sequence[float], heights: Sequence[float], gap: float = GAP) -> list[float]:
    """Return tops in this order that do not overlap and are as close to the wishes as possible.

    Neighbours that are too close become one block, at the mean of their wishes (the algorithm of
    isotonic regression that is called "pool adjacent violators").
    """
    blocks: list[tuple[float, int]] = []  # (sum of the wishes without the heights, length)
    offsets, offset = [], 0.0
    for wish, height in zip(wishes, heights, strict=True):
        blocks.append((wish - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            (first, one), (second, two) = blocks[-2:]
            blocks[-2:] = [(first + second, one + two)]
        offsets.append(offset)
        offset += height + gap
    means = [total / length for total, length in blocks for _ in range(length)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
