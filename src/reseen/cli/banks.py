"""``reseen banks``: named sets of references, and what a match with them means."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reseen.cli.speak import answering, emit, people, read_settings
from reseen.domain.choices import BankRole, Regime
from reseen.domain.errors import InvalidValue

if TYPE_CHECKING:
    from reseen.domain.bank import Bank, BankDraft
    from reseen.domain.match import Cuts

app = typer.Typer(help="Create, list, change and delete banks.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON objects, one a line.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of a bank.")]
Threshold = Annotated[
    list[str] | None,
    typer.Option(
        metavar="REGIME=LOW,MEDIUM,HIGH",
        help="Scores from which confidence is low, medium and high for one regime: "
        + ", ".join(Regime)
        + ". Repeat for others.",
    ),
]
Retention = Annotated[
    float | None, typer.Option(help="Days after which a new reference expires; 0: never.", min=0)
]
Trust = Annotated[float | None, typer.Option(help="Of the source, 0 to 1.", min=0, max=1)]

DAY_S = 86_400.0


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")],
    role: Annotated[BankRole, typer.Option(help="What a match means.")] = BankRole.KNOWN,
    threshold: Threshold = None,
    retention_days: Retention = None,
    trust: Trust = None,
    as_json: AsJson = False,
) -> None:
    """Make a bank."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.domain.bank import BankDraft
        from reseen.wiring.truth import open_truth

        draft = _changed(BankDraft(name, role), threshold, retention_days, trust)
        with open_truth(settings) as truth:
            bank = truth.banks.create(truth.project_id, draft)
        if as_json:
            emit(row(bank, 0))
        else:
            people.print(f"Made the bank {bank.name} ({bank.role}).", markup=False)


@app.command("list")
def list_banks(as_json: AsJson = False) -> None:
    """List every bank and how many references it holds."""
    settings = read_settings()
    with answering(as_json=as_json):
        from rich import box
        from rich.table import Table

        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            banks = truth.banks.of_project(truth.project_id)
            counts = truth.banks.counts(truth.project_id)
        if as_json:
            for bank in banks:
                emit(row(bank, counts.get(bank.id, 0)))
            return
        table = Table(box=box.SIMPLE_HEAD, header_style="dim")
        for column in ("name", "role", "references", "state", "id"):
            is_number = column == "references"
            table.add_column(column, justify="right" if is_number else "left", overflow="fold")
        for bank in banks:
            state = "in use" if bank.draft.enabled else "switched off"
            table.add_row(bank.name, bank.role, f"{counts.get(bank.id, 0):,}", state, bank.id)
        people.print(table if banks else "There is no bank yet; 'reseen banks create' makes one.")


@app.command()
def update(
    name: Name,
    rename: Annotated[str | None, typer.Option(help="Its new name.")] = None,
    role: Annotated[BankRole | None, typer.Option(help="What a match means.")] = None,
    threshold: Threshold = None,
    retention_days: Retention = None,
    trust: Trust = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Whether it may match.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a bank; what is not given stays. Holds from the next search on."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            bank = truth.banks.get(truth.project_id, name)
            draft = _changed(bank.draft, threshold, retention_days, trust)
            draft = replace(
                draft,
                name=rename or draft.name,
                role=role or draft.role,
                enabled=draft.enabled if enabled is None else enabled,
            )
            bank = truth.banks.update(truth.project_id, bank.id, draft)
            count = truth.banks.counts(truth.project_id).get(bank.id, 0)
        if as_json:
            emit(row(bank, count))
        else:
            people.print(f"Changed the bank {bank.name}.", markup=False)


@app.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a bank with all its references."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.wiring.truth import open_truth

        with open_truth(settings) as truth:
            bank = truth.banks.get(truth.project_id, name)
            count = truth.banks.counts(truth.project_id).get(bank.id, 0)
            if not yes:
                _ask(bank.name, count)
            removed = truth.banks.delete(truth.project_id, bank.id)
        if as_json:
            emit({**row(bank, removed), "deleted": True})
        else:
            people.print(f"Deleted {bank.name} and {removed:,} references.", markup=False)


@app.command()
def policy(
    name: Name,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The policy as JSON, as HTTP takes it.",
        ),
    ],
    live: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Bring it into force at once, untried; the audit keeps why."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a version of a bank's policy, a draft; a server backtests it."""
    settings = read_settings()
    with answering(as_json=as_json):
        from reseen.domain.record import Actor
        from reseen.web.schemas.model import said
        from reseen.web.schemas.policies import PolicyRequest, PolicyVersion
        from reseen.web.strict import from_json
        from reseen.wiring.policies import make_enacting
        from reseen.wiring.truth import open_truth

        sent = from_json(PolicyRequest, file.read_bytes())
        if live is not None and not live.strip():
            raise InvalidValue("Say why it goes live untried.", field="live")
        with open_truth(settings) as truth:
            bank, project_id = truth.banks.get(truth.project_id, name), truth.project_id
            if sent.bank not in {None, bank.name, bank.id}:
                raise InvalidValue(f"The file is of the bank {sent.bank!r}.", field="bank")
            enacting, who = make_enacting(truth), Actor("command line", "operator")
            made = enacting.draft(project_id, who, sent.draft(bank.id))
            remarks: tuple[str, ...] = ()
            if live is not None:
                enacted = enacting.go_live(project_id, who, made.id, force=True, reason=live)
                made, remarks = enacted.policy, enacted.remarks
        if as_json:
            emit(said(PolicyVersion.of(made)))
            return
        state = "live" if live is not None else "a draft"
        people.print(
            f"Wrote version {made.number} of the policy of {bank.name}, {state}: {made.id}",
            markup=False,
        )
        for remark in remarks:
            people.print(remark, markup=False)


def _ask(name: str, count: int) -> None:
    if not typer.confirm(f"Delete {name} and its {count:,} references?", err=True):
        raise typer.Exit(1)


def row(bank: "Bank", count: int) -> dict[str, Any]:
    """A bank as HTTP tells it."""
    from reseen.web.schemas.banks import BankSchema

    return BankSchema.of(bank, count).model_dump(mode="json")


def _changed(
    draft: "BankDraft",
    thresholds: list[str] | None,
    retention_days: float | None,
    trust: float | None,
) -> "BankDraft":
    cuts = {**draft.cuts, **dict(map(_threshold, thresholds or ()))}
    retention_s = draft.retention_s
    if retention_days is not None:
        retention_s = retention_days * DAY_S or None
    return replace(
        draft, cuts=cuts, retention_s=retention_s, trust=draft.trust if trust is None else trust
    )


def _threshold(text: str) -> "tuple[Regime, Cuts]":
    """``still=0.3,0.7,0.95``; raises ``InvalidValue``."""
    from reseen.domain.match import Cuts

    regime, _, numbers = text.partition("=")
    try:
        return Regime(regime), Cuts(*map(float, numbers.split(",")))
    except (TypeError, ValueError):
        raise InvalidValue(
            f"{text!r} is no threshold; write for example still=0.3,0.6,0.9, rising and up to 1.",
            field="threshold",
        ) from None
