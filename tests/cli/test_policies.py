"""Policies of banks on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from reseen.cli import app
from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action, Regime
from reseen.domain.policy import Band
from reseen.settings import Settings
from reseen.wiring.truth import open_truth


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["banks", *arguments], prog_name="reseen")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESEEN_HOME", str(tmp_path / "home"))
    assert run("create", "terror").exit_code == 0
    return tmp_path / "home"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    bands = {"still": [{"min_score": 0.9, "action": "remove"}]}
    path.write_text(json.dumps({"bank": "terror", "bands": bands}))
    return path


def test_a_policy_is_written_from_a_file_and_does_nothing_yet(home: Path, file: Path) -> None:
    done = run("policy", "terror", str(file), "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["number"], told["state"]) == (1, "draft")
    with open_truth(Settings(home=home)) as truth:
        assert truth.review.policies.live(PROJECT) == {}
        kept = truth.review.policies.get(PROJECT, told["id"])
        assert kept.draft.bands == {Regime.STILL: (Band(0.9, Action.REMOVE),)}
    again = run("policy", "terror", str(file))
    assert "Wrote version 2 of the policy of terror, a draft: pol_" in again.stderr
    assert again.stdout == ""


def test_a_policy_goes_live_at_once_with_a_reason_that_is_kept(home: Path, file: Path) -> None:
    done = run("policy", "terror", str(file), "--live", "an attack is streamed")
    assert done.exit_code == 0, done.stderr
    assert "goes live because: an attack is streamed" in " ".join(done.stderr.split())
    with open_truth(Settings(home=home)) as truth:
        [(bank_id, live)] = truth.review.policies.live(PROJECT).items()
        assert truth.banks.get(PROJECT, "terror").id == bank_id
        entries = truth.review.audit.entries(PROJECT, subject=live.id).items
        assert [entry.draft.what for entry in entries] == ["policy.live", "policy.drafted"]
        assert entries[0].draft.reason == "an attack is streamed"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('{"rollout": 2}', "rollout"),
        ('{"bands": {"still": [{"min_score": 0.01, "action": "review"}]}}', "never reached"),
        ('{"bank": "other"}', "other"),
        ("not JSON", "not JSON"),
        ('{"rolout": 1}', "rolout"),
    ],
)
def test_a_wrong_policy_is_told_and_not_kept(home: Path, file: Path, said: str, words: str) -> None:
    file.write_text(said)
    done = run("policy", "terror", str(file))
    assert done.exit_code == 1
    assert words in done.stderr
    with open_truth(Settings(home=home)) as truth:
        assert truth.review.policies.list(PROJECT).items == ()


def test_a_policy_of_a_bank_that_is_not_there_is_told(home: Path, file: Path) -> None:
    del home
    assert run("policy", "nothing", str(file)).exit_code == 1
    assert run("policy", "terror", f"{file}.gone").exit_code == 2
    assert run("policy", "terror", str(file), "--live", " ").exit_code == 1
