"""The reference says what the code does: each route, field, error, setting, signal and command."""

import re
from pathlib import Path

import pytest
from scripts.make_reference import described_signals, pages

from reseen.settings import Settings
from reseen.web.errors import PROBLEMS
from reseen.web.match import ROUTES

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"


@pytest.mark.parametrize("name", pages())
def test_a_page_of_the_reference_is_as_the_code_makes_it(name: str) -> None:
    committed = (REFERENCE / name).read_text(encoding="utf-8")
    assert committed == pages()[name], "run: .venv/bin/python scripts/make_reference.py"


def test_every_route_error_setting_and_signal_has_its_heading() -> None:
    headings = {
        line.removeprefix("## ")
        for page in REFERENCE.glob("*.md")
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("## ")
    }
    assert {f"POST {route.path}" for route in ROUTES} <= headings
    assert {problem.code for problem in PROBLEMS} <= headings
    assert {f"RESEEN_{name.upper()}" for name in Settings.model_fields} <= headings
    assert {signal.id for _, signal, _ in described_signals()} <= headings


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_no_link_of_the_documentation_is_dead() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http://", "https://", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
