"""The exact index keeps the contract; the others are measured against it."""

from collections.abc import Iterator

import pytest

from reseen.index.flat import FlatIndex
from reseen.ports import WritableIndex
from reseen.testing.index_contract import IndexContract


class TestFlatIndex(IndexContract):
    @pytest.fixture
    def index(self) -> Iterator[WritableIndex]:
        flat = FlatIndex()
        yield flat
        flat.close()
