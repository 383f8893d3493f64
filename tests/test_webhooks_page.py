"""The page on webhooks says what is sent, and its receivers accept that and nothing else."""

import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from reseen.domain.record import CARRIES
from reseen.flows.deliver import AT_ONCE, STEPS_S, sign

PAGE = (Path(__file__).parents[1] / "docs/how-to/receive-webhooks.md").read_text(encoding="utf-8")
BODY = '{"id":"evt_1","data":{"why":"\N{SNOWMAN}"}}'.encode()
SECRET = "whsec_of-a-test"


def code(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def cases() -> list[tuple[str, bytes, bool]]:
    now = int(time.time())
    good = sign(SECRET, now, BODY)
    return [
        (good, BODY, True),
        (sign(SECRET, now - 200, BODY), BODY, True),
        (sign(SECRET, now - 301, BODY), BODY, False),
        (sign("whsec_of-another", now, BODY), BODY, False),
        (good, BODY + b" ", False),
        (good.replace(f"t={now}", f"t={now + 1}"), BODY, False),
        (good[:-2], BODY, False),
        ("", BODY, False),
        ("t=,v1=", BODY, False),
        ("garbage", BODY, False),
    ]


def test_every_type_of_event_is_on_the_page() -> None:
    rows = [f"| `{one}` | {what} | {data} |" for one, (what, data) in CARRIES.items()]
    told = PAGE.partition("<!-- events: begin -->")[2].partition("<!-- events: end -->")[0]
    assert told.strip().splitlines()[2:] == rows


def test_waits_are_as_the_page_says() -> None:
    assert STEPS_S[:8] == (5, 30, 120, 600, 1800, 3600, 7200, 14_400)
    assert set(STEPS_S[8:]) == {14_400}
    assert 23 * 3600 < sum(STEPS_S) <= 24 * 3600
    assert AT_ONCE >= 4


def test_the_python_of_the_page_accepts_what_is_signed_and_nothing_else() -> None:
    names: dict[str, Any] = {}
    exec(code("python"), names)  # noqa: S102 our own page
    for signature, body, is_good in cases():
        assert names["is_from_reseen"](SECRET, signature, body) is is_good, signature


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_the_javascript_of_the_page_does_the_same(tmp_path: Path) -> None:
    for number, (signature, body, is_good) in enumerate(cases()):
        program = tmp_path / f"{number}.js"
        call = f"isFromReseen({SECRET!r}, {signature!r}, Buffer.from('{body.hex()}', 'hex'))"
        program.write_text(f"{code('js')}\nprocess.stdout.write(String({call}));\n")
        done = subprocess.run(["node", program], capture_output=True, text=True, check=True)
        assert done.stdout == str(is_good).lower(), signature
