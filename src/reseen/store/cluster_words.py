"""What reviewers said of clusters: pins that were said at one moment are one word."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reseen.domain.cluster import Pin, Word
from reseen.engine.cluster import latest
from reseen.store.cluster_graph import pin_of
from reseen.store.review_tables import NODES, PINS
from reseen.store.rows import sliced

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def words_on(connection: sa.Connection, project_id: str, cluster_id: str) -> tuple[Word, ...]:
    """Those that name a member, oldest first, whole."""
    own = sa.select(NODES.c.number).where(NODES.c.cluster_id == cluster_id)
    moments = {
        pin.at
        for end in (PINS.c.one, PINS.c.other)
        for pin in _pins(connection, project_id, end.in_(own))
    }
    said: dict[tuple[datetime, str], list[Pin]] = {}
    for some in sliced(sorted(moments)):
        for pin in _pins(connection, project_id, PINS.c.at.in_(some)):
            said.setdefault((pin.at, pin.by), []).append(pin)
    members = set(connection.execute(own).scalars())
    mine = [pins for pins in said.values() if any({p.one, p.other} & members for p in pins)]
    hold = set(_latest(connection, project_id, [pin for pins in mine for pin in pins]))
    words = [
        Word(
            id=_id(pins[0]),
            by=pins[0].by,
            at=pins[0].at,
            pins=tuple(pins),
            holds=not hold.isdisjoint(pins),
        )
        for pins in mine
    ]
    return tuple(sorted(words, key=lambda word: (word.at, word.by)))


def _latest(connection: sa.Connection, project_id: str, pins: Sequence[Pin]) -> Iterable[Pin]:
    """The word that holds on each pair of which something was said."""
    every: list[Pin] = []
    for some in sliced(sorted({pin.one for pin in pins})):
        every += _pins(connection, project_id, PINS.c.one.in_(some))
    return latest(every)


def _pins(connection: sa.Connection, project_id: str, chosen: sa.ColumnElement[bool]) -> list[Pin]:
    query = sa.select(PINS).where(PINS.c.project_id == project_id, chosen)
    rows: Sequence[Any] = connection.execute(query.order_by(PINS.c.one, PINS.c.other)).all()
    return [pin_of(row) for row in rows]


def _id(pin: Pin) -> str:
    return f"wrd_{(pin.at - _EPOCH) // timedelta(microseconds=1):x}_{pin.by}"
