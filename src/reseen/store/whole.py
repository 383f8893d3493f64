"""One transaction of several parts, each of which is written as if it were one by itself.

It begins with the first part, so that what is prepared before keeps nobody waiting.
"""

import contextlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import sqlalchemy as sa


class Whole:
    """A context that commits all parts, or rolls back. Of one thread.

    ``turn`` is held while the transaction is open.
    """

    def __init__(
        self, engine: sa.Engine, turn: Callable[[], contextlib.AbstractContextManager[None]]
    ) -> None:
        self.connection: sa.Connection | None = None
        """``None`` before the first part."""

        self.afterwards: list[Callable[[], object]] = []
        self._engine = engine
        self._turn = turn
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    @contextlib.contextmanager
    def part(self) -> Iterator[sa.Connection]:
        """A part that fails leaves the others. Where it is the first there is nothing to keep: the
        transaction is given up, and the next part begins another.
        """
        if self.connection is not None:
            kept = self.connection.begin_nested()
            try:
                yield self.connection
            except BaseException:
                try:
                    kept.rollback()
                except sa.exc.DBAPIError:  # a full disk ends all of a transaction of SQLite
                    self.connection.invalidate()
                raise
            kept.commit()
            return
        with contextlib.ExitStack() as begun:
            begun.enter_context(self._turn())
            self.connection = begun.enter_context(self._engine.begin())
            try:
                yield self.connection
            except BaseException:
                self.connection = None
                raise
            self._open = begun.pop_all()
