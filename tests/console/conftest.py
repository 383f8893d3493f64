from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.console.browsing import Chromium, Visit, visit, wanted
from tests.web.serving import Running, serving, site
from tests.web.visiting import Browser as Person
from tests.web.visiting import invited
from tests.web.visiting import owner as first_owner

HERE = Path(__file__).parent
CHROMIUM = Chromium()
WITHOUT_BROWSER = {"test_serving.py"}

type Visiting = Callable[..., Visit]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and item.path.name not in WITHOUT_BROWSER:
            skipped = pytest.mark.skipif(not wanted(), reason="RESEEN_TEST_CHROMIUM=skip")
            item.add_marker(skipped)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """The browser ends with the last test of this folder: its event loop would be in the way of
    tests that run one of their own.
    """
    result = yield
    if nextitem is None or HERE not in nextitem.path.parents:
        CHROMIUM.close()
    return result


@pytest.fixture(scope="session")
def site_port() -> Iterator[int]:
    with site() as port:
        yield port


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, site_port: int) -> Iterator[Running]:
    """As an operator would run it who lets it fetch from loopback."""
    with serving(
        tmp_path_factory.mktemp("home"),
        fetch_allow_networks=("127.0.0.1/32",),
        fetch_ports=(80, 443, site_port),
        rate_per_minute=0,
    ) as running:
        yield running


@pytest.fixture(scope="session")
def owner(server: Running) -> Person:
    """The first person of the server, signed in."""
    return first_owner(server)


@pytest.fixture(scope="session")
def reviewer(owner: Person) -> Person:
    """Rita, who may review and match, signed in."""
    return invited(owner, "Rita", "reviewer")


@pytest.fixture
def browse(server: Running) -> Iterator[Visiting]:
    """``browse(viewport=SMALL)`` is a new visitor of the server; each is verified at the end."""
    with ExitStack() as visits:

        def new(**more: Any) -> Visit:
            return visits.enter_context(visit(CHROMIUM.browser(), server.address, **more))

        yield new


@pytest.fixture
def visitor(browse: Visiting) -> Visit:
    """A visitor with a large screen who is not signed in."""
    return browse()


@pytest.fixture(scope="module")
def olga(running: Running) -> Person:
    """Who owns the project of a server that a module of tests runs for itself."""
    return first_owner(running)


@pytest.fixture
def here(running: Running, olga: Person) -> Iterator[Visit]:
    """Olga at that server, on a large screen."""
    with visit(CHROMIUM.browser(), running.address) as visitor:
        visitor.come_in(olga)
        yield visitor
