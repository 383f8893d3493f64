"""One decoder for all tests of this folder: it is meant to be shared."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.media.decoding import Decode, Result

from reseen.media.decode import IsolatedDecoder
from reseen.ports import Limits, Sampling


@pytest.fixture(scope="session")
def decoder() -> Iterator[IsolatedDecoder]:
    decoder = IsolatedDecoder()
    yield decoder
    decoder.close()


@pytest.fixture
def decode(decoder: IsolatedDecoder, tmp_path: Path) -> Decode:
    """Decode a path, or bytes written to one; keywords go to ``Sampling`` and ``Limits``."""

    def run(
        source: Path | bytes, *, limits: Limits | None = None, **sampling: float | bool
    ) -> Result:
        path = source
        if isinstance(path, bytes):
            path = tmp_path / "medium"
            path.write_bytes(source)  # type: ignore[arg-type]  # bytes, as just asked
        wanted = Sampling(**sampling)  # type: ignore[arg-type]
        return Result(list(decoder.decode(path, wanted, limits or Limits())))

    return run
