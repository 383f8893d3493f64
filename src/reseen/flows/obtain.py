"""Bring both sides of a pair to local disk, at the same time where they are fetched."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from reseen.domain.errors import ReseenError
from reseen.ports import Fetched, Fetcher

type Given = str | Path
"""A URL, or a file that is already here."""

type OpenFile = Callable[[Path], AbstractContextManager[Fetched]]


@contextmanager
def obtain(
    fetcher: Fetcher, open_file: OpenFile, source: Given, target: Given
) -> Iterator[tuple[Fetched, Fetched]]:
    """Both files for as long as the context is open; fetched ones are removed after it.

    Raises what ``Fetcher.fetch`` and ``open_file`` raise, the source's error before the target's,
    with ``field`` naming the side: ``source_url`` for a URL, ``source`` for a file.
    """

    def hold(given: Given, side: str) -> tuple[ExitStack, Fetched]:
        with ExitStack() as files:
            try:
                opened = fetcher.fetch(given) if isinstance(given, str) else open_file(given)
                fetched = files.enter_context(opened)
            except ReseenError as error:
                raise error.at(f"{side}_url" if isinstance(given, str) else side) from None
            return files.pop_all(), fetched

    with ExitStack() as files:
        with ThreadPoolExecutor(1) as helper:
            other = helper.submit(hold, target, "target")
            try:
                held, first = hold(source, "source")
                files.enter_context(held)
            except BaseException:
                if other.exception() is None:
                    other.result()[0].close()
                raise
            held, second = other.result()
            files.enter_context(held)
        yield first, second
