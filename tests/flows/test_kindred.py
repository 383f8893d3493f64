"""Of many copies of one thing a few are looked at, and all where these say nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.flows.conftest import save_picture
from tests.flows.searching import Ground, ground

from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.choices import BankRole
from reseen.engine.candidates import Lead
from reseen.flows.fingerprint import Perception
from reseen.flows.kindred import FEW, nearest_of_each
from reseen.flows.search import Scope, Searching
from reseen.media.receive import local_file
from reseen.testing import pictures


@pytest.fixture
def banks(tmp_path: Path, perception: Perception) -> Iterator[Ground]:
    with ground(tmp_path, perception) as opened:
        yield opened


def test_the_nearest_few_of_each_cluster_come_first() -> None:
    leads = [Lead(n, 30.0 - n) for n in range(1, 10)]
    homes = dict.fromkeys(range(1, 8), "clu_1")
    first, others = nearest_of_each(leads, homes)
    assert [one.reference for one in first] == [1, 2, 3, 4, 8, 9]
    assert [one.reference for one in others] == [5, 6, 7]


def found(searching: Searching, path: Path) -> list[int]:
    with local_file(path) as file:
        answer = searching.by_file(DEFAULT_PROJECT, file, Scope(limit=100))
    return [one.reference.number for one in answer.matches]


def in_clusters(banks: Ground, cluster_of: Mapping[int, str]) -> Searching:
    def homes(project_id: str, numbers: Sequence[int]) -> Mapping[int, str]:
        assert project_id == DEFAULT_PROJECT
        return {n: cluster_of[n] for n in numbers if n in cluster_of}

    return replace(banks.searching, homes=homes)


def test_of_a_large_cluster_a_few_are_looked_at_and_of_the_others_all(
    banks: Ground, tmp_path: Path
) -> None:
    path = save_picture(tmp_path / "1.png", pictures.scene(1))
    seen = banks.bank("seen", BankRole.SEEN)
    banks.add_again(seen, banks.kept(path), 30)
    numbers = found(banks.searching, path)
    assert len(numbers) == 30
    one_cluster = in_clusters(banks, dict.fromkeys(numbers, "clu_1"))
    assert len(found(one_cluster, path)) == FEW
    two = {n: f"clu_{n % 2}" for n in numbers}
    assert sorted(two[n] for n in found(in_clusters(banks, two), path)) == (
        ["clu_0"] * FEW + ["clu_1"] * FEW
    )


def test_references_of_harm_are_all_looked_at(banks: Ground, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "1.png", pictures.scene(1))
    banks.add_again(banks.bank("known"), banks.kept(path), 9)
    numbers = found(banks.searching, path)
    searching = in_clusters(banks, dict.fromkeys(numbers, "clu_1"))
    assert found(searching, path) == numbers


def test_where_the_nearest_match_and_bind_nothing_all_are_looked_at(
    banks: Ground, tmp_path: Path
) -> None:
    """A corner of a page is too small a part of it to be one with it."""
    picture = pictures.scene(1)
    page = pictures.scene(2, 1600, 1200)
    height, width = picture.shape[:2]
    small = picture[:: max(1, height // 200), :: max(1, width // 260)]
    page[: small.shape[0], : small.shape[1]] = small
    seen = banks.bank("seen", BankRole.SEEN)
    banks.add_again(seen, banks.kept(save_picture(tmp_path / "page.png", page)), 9)
    path = save_picture(tmp_path / "small.png", small)
    numbers = found(banks.searching, path)
    searching = in_clusters(banks, dict.fromkeys(numbers, "clu_1"))
    assert found(searching, path) == numbers
    assert len(numbers) > FEW
