from collections.abc import Iterator

import pytest
from tests.web.desking import Office
from tests.web.serving import Running, serving, site


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
def office(server: Running) -> Office:
    """The same server, and two reviewers."""
    return Office.of(server)
