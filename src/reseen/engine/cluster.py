"""Which contents are copies of one thing, and which only have something in common.

The outcome is a function of the *set* of contents, edges and pins: whatever order they arrived in,
it is the same. Contents that show most of each other are joined, surest first (Kruskal's order), as
long as no reviewer said that they are apart. What shows another one whole, in a frame of its own,
belongs to it too, unless it shows several that do not overlap as pieces of one thing do: a collage
of two pictures is a copy of neither and makes no bridge. Nor does what is mostly the one picture
and shows the other beside it. Anything less is a link: an opening that a hundred films share joins
none of them.
"""

from collections.abc import Iterable, Mapping, Sequence

from reseen.domain.cluster import Edge, Grouping, Node, Pin, Tie, Wish
from reseen.domain.media import Medium

JOINS = 0.6
"""Score from which two contents may be joined: the usual cut of ``medium``."""
SURE = 0.9
"""Score from which one that is shown within another is the same thing: the usual cut of ``high``.
Below, it is often one place that two pictures show, in the one from nearer."""
MOST = 0.55
"""Share of both contents from which they are near. Two things beside each other on one page cannot
both have so much of it, though shares are measured to a few hundredths."""
BESIDE = 1.05
"""Sum of the shares of a page up to which two things that it shows may lie beside each other."""
ALL = 0.9
"""Share of both contents from which one is all of the other: nothing that the one shows whole has
room beside the other (``BESIDE`` and ``PART_OF_STILL``)."""
WHOLE = 0.7
"""Share of the smaller one from which it is shown whole."""
PART_OF_STILL, PART_OF_SEQUENCE = 0.1, 0.25
"""Share of the larger one from which showing another whole makes it a copy of that. A film is
linked to a clip that it quotes briefly; a screenshot that shows a picture is that picture."""

_STRENGTH = (Tie.ACROSS, Tie.PART, Tie.WITHIN, Tie.NEAR)


def tie_of(edge: Edge, *, is_still: bool) -> Tie:
    """How an edge ties its contents. ``is_still``: both are."""
    if edge.is_across:
        return Tie.ACROSS
    small, large = sorted((edge.one_share, edge.other_share))
    if small >= MOST:
        return Tie.NEAR
    part = PART_OF_STILL if is_still else PART_OF_SEQUENCE
    return Tie.WITHIN if large >= WHOLE and small >= part else Tie.PART


def binds(edge: Edge, *, is_still: bool) -> bool:
    """Whether it may make its contents one group."""
    return _joins(edge, tie_of(edge, is_still=is_still))


def _joins(edge: Edge, tie: Tie) -> bool:
    if tie is Tie.WITHIN:
        return edge.score >= SURE
    return tie is Tie.NEAR and edge.score >= JOINS


def overlaps(edge: Edge, *, is_still: bool) -> bool:
    """Whether its contents may be pieces of one thing that overlap."""
    is_part = edge.score >= JOINS and tie_of(edge, is_still=is_still) is Tie.PART
    return is_part and min(edge.one_share, edge.other_share) >= PART_OF_STILL


def grouping(nodes: Sequence[Node], edges: Iterable[Edge], pins: Iterable[Pin]) -> Grouping:
    """Groups of contents, and links between groups. Edges and pins that name other contents are
    left out.
    """
    by_number = {node.number: node for node in nodes}
    ties = {
        edge: tie_of(edge, is_still=_are_stills(by_number[edge.one], by_number[edge.other]))
        for edge in edges
        if edge.score >= JOINS and edge.one in by_number and edge.other in by_number
    }
    forest = _Forest(by_number, _apart(pins))
    for pin in latest(pins):
        if pin.wish is Wish.TOGETHER and pin.one in by_number and pin.other in by_number:
            forest.join(pin.one, pin.other)
    for edge in sorted(ties, key=lambda e: (-e.score, e.one, e.other, e.channel)):
        if ties[edge] is Tie.NEAR:
            forest.join(edge.one, edge.other)
    _attach(forest, _Pages(ties))
    return _told(nodes, ties, forest)


def is_plain(node: Node, edge: Edge, *, is_still: bool) -> bool:
    """Whether an edge of a new content says no more than that it belongs to the group of the other
    end. What another one shows within itself, or beside others, may make that one a collage, and a
    group fall apart.
    """
    if tie_of(edge, is_still=is_still) is Tie.NEAR:
        return min(edge.one_share, edge.other_share) >= ALL
    own, theirs = edge.one_share, edge.other_share
    if node.number == edge.other:
        own, theirs = theirs, own
    return own < theirs


def shown(numbers: Iterable[int], edges: Iterable[Edge]) -> dict[int, float]:
    """How much each content is shown by the others of these, in all."""
    found = dict.fromkeys(numbers, 0.0)
    for edge in edges:
        if edge.one in found and edge.other in found:
            found[edge.one] += edge.score * edge.one_share
            found[edge.other] += edge.score * edge.other_share
    return found


def representative(nodes: Iterable[Node], pins: Iterable[Pin] = ()) -> int:
    """The content that stands for its group: the one that a reviewer chose last; else the one that
    most others show most of, as disguises resemble their original more than each other; then the
    one of highest quality; then the first. Uploads before references, as these stand in a bank
    already.
    """
    every = list(nodes)
    numbers = {node.number for node in every}
    chosen = [pin for pin in pins if pin.wish is Wish.STANDS and pin.one in numbers]
    if chosen:
        return max(chosen, key=lambda pin: (pin.at, pin.one)).one
    best = max(
        every,
        key=lambda n: (n.is_upload, round(n.shown, 6), n.quality, -n.order, -n.number),
    )
    return best.number


def count_of_things(numbers: Iterable[int], edges: Iterable[Edge]) -> int:
    """How many different things contents are, where all that have anything in common are one."""
    forest = _Forest(numbers, ())
    every = forest.numbers()
    for edge in edges:
        if edge.score >= JOINS and edge.one in every and edge.other in every:
            forest.join(edge.one, edge.other)
    return len({forest.root(number) for number in every})


def loose(nodes: Sequence[Node], edges: Iterable[Edge], stands: int) -> list[int]:
    """The first of each part of a cluster that is not near to the content that stands for it, nor
    to what is: a piece, with its own copies.
    """
    by_number = {node.number: node for node in nodes}
    near = _Forest(by_number, ())
    for edge in edges:
        if edge.one in by_number and edge.other in by_number and edge.score >= JOINS:
            is_still = _are_stills(by_number[edge.one], by_number[edge.other])
            if tie_of(edge, is_still=is_still) is Tie.NEAR:
                near.join(edge.one, edge.other)
    return sorted({near.root(number) for number in by_number} - {near.root(stands)})


def latest(pins: Iterable[Pin]) -> list[Pin]:
    """The word that holds on each pair, the newest first."""
    held: dict[tuple[int, int], Pin] = {}
    for pin in sorted(pins, key=lambda p: (p.at, p.wish)):
        held[pin.one, pin.other] = pin
    return sorted(held.values(), key=lambda p: (p.at, p.one, p.other), reverse=True)


class _Forest:
    """Groups that grow, and never hold two contents that are apart."""

    def __init__(self, numbers: Iterable[int], apart: Iterable[tuple[int, int]]) -> None:
        self._parent = {number: number for number in numbers}
        self._apart: dict[int, set[int]] = {number: set() for number in self._parent}
        for one, other in apart:
            if one in self._parent and other in self._parent:
                self._apart[one].add(other)
                self._apart[other].add(one)

    def numbers(self) -> frozenset[int]:
        return frozenset(self._parent)

    def root(self, number: int) -> int:
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, one: int, other: int) -> bool:
        """Unless something in the one is apart from something in the other; whether it was done."""
        first, second = sorted((self.root(one), self.root(other)))
        if first == second:
            return False
        if any(self.root(number) == second for number in self._apart[first]):
            return False
        self._parent[second] = first
        self._apart[first] |= self._apart.pop(second)
        return True


class _Pages:
    """What contents show whole within themselves, and what else they have in common with others."""

    def __init__(self, ties: Mapping[Edge, Tie]) -> None:
        self.within: list[tuple[int, int, float]] = []
        """The larger one, the smaller one that it shows, and the share of itself as which."""
        self._overlaps: list[tuple[int, int]] = []
        self._near: dict[int, list[tuple[int, float]]] = {}
        self._shared: dict[int, set[int]] = {}
        for edge, tie in ties.items():
            one, other = (edge.one, edge.one_share), (edge.other, edge.other_share)
            if tie is Tie.ACROSS:
                continue
            self._shared.setdefault(edge.one, set()).add(edge.other)
            self._shared.setdefault(edge.other, set()).add(edge.one)
            if tie is Tie.NEAR:
                self._near.setdefault(edge.one, []).append((edge.other, edge.one_share))
                self._near.setdefault(edge.other, []).append((edge.one, edge.other_share))
            elif tie is Tie.WITHIN and _joins(edge, tie):
                (larger, share), (smaller, _) = sorted((one, other), key=lambda end: end[1])
                self.within.append((larger, smaller, share))
            elif tie is Tie.PART and min(edge.one_share, edge.other_share) >= PART_OF_STILL:
                self._overlaps.append((edge.one, edge.other))

    def outermost(self, groups: set[int], forest: _Forest) -> set[int]:
        """Without those that another one of them shows: who shows a picture shows its pieces, and
        is a copy of the picture.
        """
        inner = set[int]()
        for larger, smaller, _ in self.within:
            outside, inside = forest.root(larger), forest.root(smaller)
            if outside != inside and outside in groups:
                inner.add(inside)
        return groups - inner or groups

    def hang_together(self, groups: set[int], forest: _Forest) -> bool:
        """Whether pieces overlap, one with the next, as those of one thing do."""
        pieces = _Forest(groups, ())
        for one, other in self._overlaps:
            ends = forest.root(one), forest.root(other)
            if groups.issuperset(ends):
                pieces.join(*ends)
        return len({pieces.root(group) for group in groups}) == 1

    def vouches(self, larger: int, smaller: int, share: float, forest: _Forest) -> bool:
        """Whether what it shows is of what it is: not where most contents that are near to it show
        the rest of it alone, and have nothing in common with what it shows.
        """
        group = forest.root(smaller)
        inside = beside = 0
        for other, common in self._near.get(larger, ()):
            is_of_it = any(forest.root(number) == group for number in self._shared[other])
            if is_of_it or common + share > BESIDE:
                inside += 1
            else:
                beside += 1
        return inside > beside or not beside


def _attach(forest: _Forest, pages: _Pages) -> None:
    """Join what shows others whole to these, where all of them are of one group, or overlap as
    pieces of one thing do. Each round looks at the groups as they were at its beginning, so that
    the order of contents decides nothing.
    """
    changes = True
    while changes:
        shown: dict[int, set[int]] = {}
        for larger, smaller, share in pages.within:
            group, other = forest.root(larger), forest.root(smaller)
            if group != other and pages.vouches(larger, smaller, share, forest):
                shown.setdefault(group, set()).add(other)
        outermost = {group: pages.outermost(some, forest) for group, some in shown.items()}
        joins = [
            (group, other)
            for group, others in sorted(outermost.items())
            if pages.hang_together(others, forest)
            for other in sorted(others)
        ]
        changes = sum(forest.join(group, other) for group, other in joins) > 0


def _told(nodes: Sequence[Node], ties: Mapping[Edge, Tie], forest: _Forest) -> Grouping:
    orders = {node.number: (node.order, node.number) for node in nodes}
    members: dict[int, list[int]] = {}
    for number in sorted(orders, key=orders.__getitem__):
        members.setdefault(forest.root(number), []).append(number)
    places = {root: place for place, root in enumerate(members)}
    links: dict[tuple[int, int], Tie] = {}
    for edge, tie in ties.items():
        one, other = sorted(places[forest.root(number)] for number in (edge.one, edge.other))
        if one != other:
            known = links.get((one, other), Tie.ACROSS)
            links[one, other] = max(known, tie, key=_STRENGTH.index)
    groups = tuple(tuple(sorted(some)) for some in members.values())
    return Grouping(groups, links)


def _apart(pins: Iterable[Pin]) -> list[tuple[int, int]]:
    return [(p.one, p.other) for p in latest(pins) if p.wish is Wish.APART]


def _are_stills(one: Node, other: Node) -> bool:
    return one.medium is Medium.IMAGE and other.medium is Medium.IMAGE
