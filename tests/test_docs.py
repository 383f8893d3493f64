"""The reference says what the code does: each route, field, error, setting, signal and command."""

import json
import re
from pathlib import Path

import pytest
from scripts.make_reference import described_signals, pages
from typer.testing import CliRunner

from reseen.cli import app
from reseen.cli.speak import people
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


README = (ROOT / "README.md").read_text(encoding="utf-8")


def masked(text: str) -> list[str]:
    """The words without digits, rules and how far columns lie apart."""
    plain = re.sub(r"[\d─]+", "0", text)
    return [" ".join(line.split()) for line in plain.splitlines() if line.strip()]


def test_the_readme_shows_what_people_see(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(people, "_width", 120)
    shown = re.search(r"```console\n\$ \.venv/bin/reseen (.*)\n([^`]*)```", README)
    assert shown
    done = CliRunner().invoke(app, shown[1].split())
    assert masked(done.stderr) == masked(shown[2])


def test_the_readme_shows_what_programs_get(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = re.search(r"```json\n(.*)\n```", README)
    files = re.findall(r"(?:source|target)=@(src/\S+)", README)
    assert shown
    promised = json.loads(shown[1])
    got = json.loads(CliRunner().invoke(app, ["match", "--json", *files]).stdout)
    assert list(got) == list(promised)
    for field in ("match", "confidence", "media_type", "matched_segments"):
        assert got[field] == promised[field]
    assert got["transform"]["mirrored"] is promised["transform"]["mirrored"] is True
