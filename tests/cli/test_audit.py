"""The audit on the command line: verified and exported."""

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from reseen.cli import app
from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.choices import Action
from reseen.domain.record import COLUMNS, FIRST, AuditEntry
from reseen.settings import Settings
from reseen.store.database import open_database, sqlite_url
from reseen.store.review_tables import AUDIT, AUDIT_HEADS
from reseen.testing.audit_log_contract import line
from reseen.testing.upload_store_contract import upload
from reseen.wiring.truth import open_truth


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments], prog_name="reseen")


def lines(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in run(*arguments).stdout.splitlines()]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESEEN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def made(home: Path) -> list[AuditEntry]:
    with open_truth(Settings(home=home)) as truth:
        return [truth.review.audit.append(PROJECT, line(number)) for number in range(5)]


def tamper(home: Path, *statements: sa.Update | sa.Delete) -> None:
    database = open_database(sqlite_url(home / "reseen.db"))
    with database.writing() as connection:
        for one in statements:
            connection.execute(one)
    database.close()


def test_an_audit_that_holds_is_said_with_the_digest_to_keep(made: list[AuditEntry]) -> None:
    done = run("verify")
    assert done.exit_code == 0
    assert done.stdout == made[-1].digest + "\n"
    assert "5 entries" in done.stderr
    [told] = lines("verify", "--json", "--head", made[2].digest)
    assert (told["holds"], told["entries"], told["head_at"]) == (True, 5, 3)


def test_an_audit_without_entries_holds(home: Path) -> None:
    assert run("verify").stdout == FIRST + "\n"


def test_a_changed_entry_is_found_and_said_where(home: Path, made: list[AuditEntry]) -> None:
    tamper(home, sa.update(AUDIT).where(AUDIT.c.position == 3).values(who="key_eve"))
    done = run("verify")
    assert done.exit_code == 1
    assert "at entry 3: it was changed" in done.stderr
    done = run("verify", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["holds"], told["broken_at"]) == (1, False, 3)


def test_a_tail_that_was_cut_is_found_by_the_digest_that_was_kept(
    home: Path, made: list[AuditEntry]
) -> None:
    tamper(
        home,
        sa.delete(AUDIT).where(AUDIT.c.position > 3),
        sa.update(AUDIT_HEADS).values(position=3, digest=made[2].digest),
    )
    assert run("verify").exit_code == 0
    done = run("verify", "--head", made[4].digest.upper())
    assert done.exit_code == 1
    assert "no entry has the digest" in done.stderr


def test_an_export_goes_to_standard_output_or_to_a_file(
    made: list[AuditEntry], tmp_path: Path
) -> None:
    told = lines("export", "--json")
    assert [one["digest"] for one in told] == [one.digest for one in made]
    assert tuple(told[0]) == tuple(column for column in COLUMNS if column != "name")
    out = tmp_path / "audit.csv"
    [said] = lines("export", "--format", "csv", "--out", str(out), "--subject", "cas_2", "--json")
    assert said == {"out": str(out), "format": "csv", "records": 1}
    head, row = csv.reader(StringIO(out.read_text()))
    assert dict(zip(head, row, strict=True))["subject"] == "cas_2"
    assert list(tmp_path.glob(".audit*")) == []
    assert run("export", "--format", "csv", "--json").exit_code == 2
    assert lines("export", "--until", "2020-01-01") == []
    assert len(lines("export", "--since", "2020-01-01T00:00:00Z", "--who", "key_ann")) == 5


def test_an_export_that_cannot_be_written_is_an_error(
    made: list[AuditEntry], tmp_path: Path
) -> None:
    done = run("export", "--out", str(tmp_path / "nowhere" / "audit.jsonl"), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"]["code"] == "invalid_request"


def test_statements_of_what_was_removed_are_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with open_truth(Settings(home=home)) as truth:
        seen = replace(upload("post-1"), ruled=Action.REMOVE, content=None)
        kept = truth.review.uploads.add(seen)
        truth.review.uploads.add(replace(upload("post-2"), content=None))
    monkeypatch.setenv("RESEEN_STATEMENT_TERRITORY", "DE,FR")
    monkeypatch.setenv("RESEEN_STATEMENT_REDRESS", "Write to us.")
    [told] = lines("statements")
    assert told["upload_id"] == kept.id
    assert told["territorial_scope"] == ["DE", "FR"]
    assert told["redress"] == "Write to us."
    assert lines("statements", "--since", "2026-03-02") == []
    out = tmp_path / "statements.csv"
    done = run("statements", "--format", "csv", "--out", str(out))
    assert (done.stdout, "1 record to" in done.stderr) == ("", True)
    monkeypatch.setenv("RESEEN_STATEMENT_TERRITORY", "Germany")
    assert run("statements").exit_code == 2


def test_the_program_of_the_guide_checks_an_export(made: list[AuditEntry], tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs/how-to/keep-an-audit.md").read_text()
    [program] = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    out = tmp_path / "audit.jsonl"
    run("export", "--out", str(out))
    command = [sys.executable, "-X", "dev", "-W", "ignore", "-c", program, str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == made[-1].digest + "\n"
    out.write_text(out.read_text().replace('"cas_2"', '"cas_9"'))
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "AssertionError: 3" in failed.stderr
