"""``reseen ingest`` and ``reseen jobs`` as people and programs call them."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import save_picture
from typer.testing import CliRunner, Result

from reseen.cli import app
from reseen.domain.access import DEFAULT_PROJECT
from reseen.domain.choices import JobKind
from reseen.flows.jobs import LEASE
from reseen.settings import Settings
from reseen.testing.pictures import scene
from reseen.wiring.truth import Truth, open_truth

WORKERS = ("--workers", "1")


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    for seed in range(3):
        save_picture(folder / f"{seed}.png", scene(seed, 160, 120))
    (folder / "notes.txt").write_text("no medium")
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith("RESEEN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RESEEN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def truth(home: Path) -> Iterator[Truth]:
    with open_truth(Settings(home=home)) as truth:
        yield truth


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments], prog_name="reseen")


def lines(result: Result) -> list[dict[str, Any]]:
    """What it printed for programs: every line must be JSON."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def hash_list(path: Path, count: int) -> Path:
    rows = [f"{k},{k:032x}" for k in range(count)]
    path.write_text("\n".join(["name,md5", *rows]), encoding="ascii")
    return path


def test_a_folder_goes_into_a_bank_that_is_made(media: Path, truth: Truth) -> None:
    done = run("ingest", media, "--bank", "terror", "--label", "a", *WORKERS)
    assert done.exit_code == 1  # one is no medium
    assert "3 added, 0 known before, 1 failed" in done.stderr
    assert "notes.txt" in done.stderr
    assert done.stdout == ""
    [bank] = truth.banks.of_project(DEFAULT_PROJECT)
    assert (bank.name, bank.role) == ("terror", "known")
    held = truth.references.list(DEFAULT_PROJECT).items
    assert {one.draft.name for one in held} == {str(media / f"{k}.png") for k in range(3)}
    assert {one.draft.labels for one in held} == {("a",)}


def test_programs_get_an_object_an_item_and_the_same_again_is_known(
    media: Path, tmp_path: Path
) -> None:
    what = (media / "0.png", hash_list(tmp_path / "list.csv", 3), "--bank", "b", *WORKERS)
    done = run("ingest", *what, "--json")
    assert done.exit_code == 0
    said = {one["item"]: one for one in lines(done)}
    assert [said[k]["state"] for k in range(4)] == ["added"] * 4
    assert said[0]["reference"] == str(media / "0.png")
    assert said[1]["reference"] == "0"
    assert said[0]["reference_id"].startswith("ref_")
    assert said[0]["error"] is None
    again = run("ingest", *what, "--json")
    assert again.exit_code == 0
    assert [one["state"] for one in lines(again)] == ["known"] * 4


def test_errors_are_told_with_code_and_detail_and_go_to_a_report(tmp_path: Path) -> None:
    bad = tmp_path / "list.csv"
    bad.write_text(f"md5\n{'0' * 32}\nzz\n")
    report = tmp_path / "report.jsonl"
    done = run("ingest", bad, tmp_path / "no.png", "--bank", "b", "--json", "--report", report)
    assert done.exit_code == 1
    errors = {one["item"]: one["error"] for one in lines(done) if one["error"]}
    assert errors[1]["code"] == "invalid_request"
    assert errors[1]["title"]
    assert errors[2]["code"] == "not_found"
    kept = [json.loads(line) for line in report.read_text().splitlines()]
    assert [one["reference"] for one in kept] == [f"{bad}, line 3", str(tmp_path / "no.png")]
    assert [one["code"] for one in kept] == ["invalid_request", "not_found"]


def test_a_dry_run_writes_nothing(media: Path, truth: Truth) -> None:
    done = run("ingest", media, "--bank", "b", "--dry-run", "--json")
    assert done.exit_code == 1
    assert sorted(one["state"] for one in lines(done)) == ["added", "added", "added", "failed"]
    assert "would add 3; 0 known, 1 refused" in done.stderr
    assert truth.banks.of_project(DEFAULT_PROJECT) == ()
    assert truth.jobs.list(DEFAULT_PROJECT).items == ()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("x",),
        ("--bank", "b"),
        ("x", "--bank", "b", "--resume", "job_1"),
        ("--resume", "job_1", "--dry-run"),
        ("--resume", "job_1", "--again"),
        ("--resume", "job_1", "--note", "n"),
        ("--again", "--dry-run"),
        ("--again", "x", "--bank", "b"),
        ("x", "--bank", "b", "--workers", "0"),
        ("x", "--bank", "b", "--role", "evil"),
    ],
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...], home: Path) -> None:
    assert run("ingest", *arguments).exit_code == 2
    assert not home.exists()


def test_another_role_than_the_bank_has_is_refused(tmp_path: Path) -> None:
    some = hash_list(tmp_path / "list.csv", 1)
    assert run("ingest", some, "--bank", "b", "--role", "allowed").exit_code == 0
    done = run("ingest", some, "--bank", "b", "--role", "known", "--json")
    assert done.exit_code == 1
    assert lines(done)[0]["error"]["code"] == "conflict"


def test_a_job_goes_on_where_it_was_left(tmp_path: Path, truth: Truth) -> None:
    some = hash_list(tmp_path / "list.csv", 4)
    assert run("ingest", some, "--bank", "b").exit_code == 0
    [first] = truth.jobs.list(DEFAULT_PROJECT).items
    givens = [{"name": "x", "hashes": {"md5": "ff" * 16}}]
    left = truth.jobs.create(DEFAULT_PROJECT, JobKind.INGEST, first.request, givens)
    done = run("ingest", "--resume", left.id, "--json")
    assert done.exit_code == 0
    assert [one["reference"] for one in lines(done)] == ["x"]
    again = run("ingest", "--resume", left.id, "--json")
    assert again.exit_code == 1
    assert lines(again)[0]["error"]["code"] == "conflict"


def test_a_job_that_another_works_on_is_not_taken(
    tmp_path: Path, truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reseen.cli.ingest.PATIENCE_S", 0.1)
    assert run("ingest", hash_list(tmp_path / "list.csv", 1), "--bank", "b").exit_code == 0
    [first] = truth.jobs.list(DEFAULT_PROJECT).items
    held = truth.jobs.create(
        DEFAULT_PROJECT, JobKind.INGEST, first.request, [], owner="server", lease=LEASE
    )
    done = run("ingest", "--resume", held.id, "--json")
    assert done.exit_code == 1
    assert "being worked on" in lines(done)[0]["error"]["detail"]


def test_the_same_command_replaces_a_job_that_never_ended(tmp_path: Path, truth: Truth) -> None:
    some = hash_list(tmp_path / "list.csv", 3)
    assert run("ingest", some, "--bank", "b").exit_code == 0
    [first] = truth.jobs.list(DEFAULT_PROJECT).items
    left = truth.jobs.create(DEFAULT_PROJECT, JobKind.INGEST, first.request, [])
    assert run("ingest", some, "--bank", "b").exit_code == 0
    assert truth.jobs.get(DEFAULT_PROJECT, left.id).state == "cancelled"


def test_a_job_of_a_killed_process_is_waited_for(tmp_path: Path, truth: Truth) -> None:
    assert run("ingest", hash_list(tmp_path / "list.csv", 1), "--bank", "b").exit_code == 0
    [first] = truth.jobs.list(DEFAULT_PROJECT).items
    lease = timedelta(seconds=1)
    held = truth.jobs.create(
        DEFAULT_PROJECT, JobKind.INGEST, first.request, [], owner="killed", lease=lease
    )
    assert run("ingest", "--resume", held.id).exit_code == 0


def test_what_is_up_to_date_is_not_fingerprinted_again(media: Path, truth: Truth) -> None:
    run("ingest", media / "0.png", "--bank", "b", *WORKERS)
    done = run("ingest", "--again", "--json", *WORKERS)
    assert done.exit_code == 0
    assert [one["state"] for one in lines(done)] == ["known"]
    assert truth.jobs.list(DEFAULT_PROJECT).items[0].kind is JobKind.REINGEST


def test_jobs_are_listed_shown_and_cancelled(tmp_path: Path, truth: Truth) -> None:
    bad = tmp_path / "list.csv"
    bad.write_text(f"md5\n{'0' * 32}\nzz\n")
    run("ingest", bad, "--bank", "b")
    [job] = lines(run("jobs", "list", "--json"))
    assert (job["kind"], job["state"]) == ("ingest", "done")
    assert (job["items"], job["done"], job["failed"]) == (2, 1, 1)
    assert job["id"] in run("jobs", "list").stderr
    shown = lines(run("jobs", "show", job["id"], "--failed", "--json"))
    assert [one.get("error", {}).get("code") for one in shown[1:]] == ["invalid_request"]
    assert "line 3" in run("jobs", "show", job["id"], "--failed").stderr
    waiting = truth.jobs.create(DEFAULT_PROJECT, JobKind.BACKTEST, {})
    assert lines(run("jobs", "cancel", waiting.id, "--json"))[0]["state"] == "cancelled"
    assert run("jobs", "cancel", waiting.id).exit_code == 1
    assert run("jobs", "show", "job_nothing").exit_code == 1


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "reseen", "ingest", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,  # noqa: PLW1509 the child does nothing else before it is replaced
    )


def hear_ctrl_c() -> None:
    """What runs in the background of a shell ignores it, and so would what that starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_terminal_shows_a_bar_and_errors_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")  # as if standard error were a terminal
    monkeypatch.setenv("NO_COLOR", "1")
    bad = tmp_path / "list.csv"
    bad.write_text("md5\nzz\n")
    with started(hash_list(tmp_path / "good.csv", 3000), bad, "--bank", "b") as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "ingesting" in said
    assert "3001" in said
    assert f"error {bad}, line 2: 'zz' is no md5" in said.replace("\x1b[1m", "").replace(
        "\x1b[0m", ""
    )
    assert "3,000 added, 0 known before, 1 failed" in said


def until_some_are_done(home: Path, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        try:
            file = f"file:{home / 'reseen.db'}?mode=ro"
            with closing(sqlite3.connect(file, uri=True)) as database:
                [done] = database.execute("SELECT max(done) FROM jobs").fetchone()
            if done:
                return
        except sqlite3.OperationalError:  # not made yet
            pass
        time.sleep(0.01)


def test_ctrl_c_leaves_a_job_that_goes_on(tmp_path: Path, home: Path, truth: Truth) -> None:
    some = hash_list(tmp_path / "list.csv", 40_000)
    with started(some, "--bank", "b") as process:
        until_some_are_done(home, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    [command] = [line for line in said.splitlines() if "--resume" in line]
    done = run("ingest", "--resume", command.split()[-1])
    assert done.exit_code == 0
    [bank] = truth.banks.of_project(DEFAULT_PROJECT)
    assert truth.banks.counts(DEFAULT_PROJECT)[bank.id] == 40_000


def test_a_kill_loses_nothing_and_doubles_nothing(tmp_path: Path, home: Path, truth: Truth) -> None:
    some = hash_list(tmp_path / "list.csv", 12_000)
    with started(some, "--bank", "b") as process:
        until_some_are_done(home, process)
        process.kill()
    [job] = truth.jobs.list(DEFAULT_PROJECT).items
    [bank] = truth.banks.of_project(DEFAULT_PROJECT)
    assert 0 < job.done < 12_000
    assert truth.banks.counts(DEFAULT_PROJECT)[bank.id] == job.done  # in one transaction
    done = run("ingest", some, "--bank", "b")
    assert done.exit_code == 0
    assert truth.banks.counts(DEFAULT_PROJECT)[bank.id] == 12_000
