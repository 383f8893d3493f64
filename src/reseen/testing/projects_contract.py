# ruff: noqa: S101 the suite of a port is made of assertions
"""What every ``ports.projects.Projects`` must do: an adapter's test class inherits this."""

from collections.abc import Iterator

import pytest

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.errors import NotFound
from reseen.ports.projects import Projects
from reseen.testing.bank_store_contract import OTHER_PROJECT


class ProjectsContract:
    """``projects`` gives the two projects of the other suites."""

    @pytest.fixture
    def projects(self) -> Iterator[Projects]:
        raise NotImplementedError

    def test_a_project_keeps_media_until_it_says_otherwise(self, projects: Projects) -> None:
        assert projects.get(PROJECT).keep_media
        assert not projects.set_keep_media(PROJECT, keep=False).keep_media
        assert not projects.get(PROJECT).keep_media
        assert projects.get(OTHER_PROJECT).keep_media
        assert projects.set_keep_media(PROJECT, keep=True) == projects.get(PROJECT)

    def test_what_is_no_project_is_not_found(self, projects: Projects) -> None:
        with pytest.raises(NotFound):
            projects.get("nobody")
        with pytest.raises(NotFound):
            projects.set_keep_media("nobody", keep=False)
