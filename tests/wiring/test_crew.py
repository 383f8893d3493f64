"""Processes that fingerprint: as good as this one, and nothing is lost with them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.flows.conftest import save_picture

from reseen.domain.errors import MediaTooLarge, MediaUnreadable, UnsupportedMedia
from reseen.flows.jobs import Left
from reseen.media.receive import local_file
from reseen.settings import Settings
from reseen.store.kept import encode
from reseen.testing.pictures import scene
from reseen.wiring.crew import _Crew, remembering
from reseen.wiring.matching import assemble

SOON = 30.0
"""Seconds that a test may wait for what must happen."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"), workers=1, pixels=400_000)


@pytest.fixture(scope="module")
def crew(settings: Settings) -> Iterator[_Crew]:
    crew = _Crew(settings)
    yield crew
    crew.close()


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_picture(tmp_path_factory.mktemp("media") / "a.png", scene(1, 160, 120))


def pids(crew: _Crew) -> list[int]:
    return [hand._process.pid for hand in crew._all]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or ") Z " not in stat.read_text()


def gone(pid: int) -> bool:
    until = time.monotonic() + SOON
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(pid)


def test_a_crew_remembers_what_this_process_would(
    crew: _Crew, settings: Settings, picture: Path
) -> None:
    with assemble(settings) as reseen, local_file(picture) as file:
        assert encode(crew.remember(file)) == encode(remembering(reseen)(file))


def test_errors_come_over_whole(crew: _Crew, tmp_path: Path, picture: Path) -> None:
    text, half, large = tmp_path / "text.png", tmp_path / "half.png", tmp_path / "large.png"
    text.write_text("no picture")
    half.write_bytes(picture.read_bytes()[:100])
    save_picture(large, scene(1, 800, 600))
    for path, error in ((text, UnsupportedMedia), (half, MediaUnreadable)):
        with local_file(path) as file, pytest.raises(error):
            crew.remember(file)
    with local_file(large) as file, pytest.raises(MediaTooLarge) as caught:
        crew.remember(file)
    assert (caught.value.limit, caught.value.actual) == (400_000, 480_000)


def test_a_name_that_is_no_text_is_handed_over(crew: _Crew, tmp_path: Path, picture: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    path.write_bytes(picture.read_bytes())
    with local_file(path) as file:
        assert crew.remember(file).asset.sha256 == file.sha256


def test_a_process_that_was_killed_costs_nobody_anything(crew: _Crew, picture: Path) -> None:
    with local_file(picture) as file:
        crew.remember(file)
        [before] = pids(crew)
        os.kill(before, signal.SIGKILL)
        assert crew.remember(file).asset.sha256 == file.sha256
    assert pids(crew) != [before]


def test_a_file_that_kills_its_process_each_time_is_unreadable(crew: _Crew, picture: Path) -> None:
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.01):
            for pid in pids(crew):
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with local_file(picture) as file, pytest.raises(MediaUnreadable):
            crew.remember(file)
    finally:
        over.set()
        killer.join()


def test_no_more_processes_than_workers(crew: _Crew, picture: Path) -> None:
    with local_file(picture) as file, ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: crew.remember(file), range(4)))
    assert len({one.asset.sha256 for one in made}) == 1
    assert len(pids(crew)) == 1


def test_a_dismissed_crew_leaves_at_once(settings: Settings, picture: Path) -> None:
    crew = _Crew(settings)
    with local_file(picture) as file:
        crew.remember(file)
        [pid] = pids(crew)
        os.kill(pid, signal.SIGSTOP)  # it would never answer
        with ThreadPoolExecutor(1) as threads:
            asked = threads.submit(crew.remember, file)
            time.sleep(0.05)
            crew.close()
            with pytest.raises(Left):
                asked.result(SOON)
    assert gone(pid)


def test_a_crew_that_is_dismissed_while_it_starts_leaves_nobody(
    settings: Settings, picture: Path
) -> None:
    crew = _Crew(settings)
    with local_file(picture) as file, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(crew.remember, file)
        while not crew._starting:
            time.sleep(0.001)
        crew.close()
        with pytest.raises(Left):
            asked.result(SOON)
    assert all(gone(pid) for pid in pids(crew))


def test_a_crew_ends_with_the_process_that_hired_it(tmp_path: Path, picture: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from reseen.media.receive import local_file\n"
        "from reseen.settings import Settings\n"
        "from reseen.wiring.crew import _Crew\n"
        "crew = _Crew(Settings(home=Path(sys.argv[1]), workers=1))\n"
        "with local_file(Path(sys.argv[2])) as file:\n"
        "    crew.remember(file)\n"
        "print(*(hand._process.pid for hand in crew._all), flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), str(picture)], stdout=subprocess.PIPE, text=True
    ) as hiring:
        assert hiring.stdout is not None
        pid = int(hiring.stdout.readline())
        assert is_alive(pid)
        hiring.kill()
    assert gone(pid)
