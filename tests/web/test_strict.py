"""What a request may be, told from JSON and from the texts of a form."""

from typing import Any

import pytest

from reseen.domain.bank import BankDraft
from reseen.domain.choices import BankRole, Regime
from reseen.domain.errors import InvalidRequest, InvalidValue
from reseen.domain.match import Cuts
from reseen.web.schemas.banks import BankChange, BankRequest
from reseen.web.schemas.jobs import BacktestRequest
from reseen.web.schemas.references import ReferenceChange, ReferenceForm, ReferenceRequest
from reseen.web.schemas.search import SearchForm
from reseen.web.strict import from_json, from_texts

MD5 = "9e107d9d372bb6826bd81d3542a419d6"


def test_a_bank_is_what_was_said_and_the_usual_for_the_rest() -> None:
    body = b'{"name": "a", "thresholds": {"still": {"low": 0.1, "medium": 0.2, "high": 1}}}'
    draft = from_json(BankRequest, body).draft()
    assert draft == BankDraft("a", cuts={Regime.STILL: Cuts(0.1, 0.2, 1.0)})


def test_a_change_replaces_what_it_names_and_null_means_the_usual() -> None:
    cuts = {Regime.STILL: Cuts(0.1, 0.2, 0.3), Regime.SOUND: Cuts(0.2, 0.3, 0.4)}
    draft = BankDraft("a", BankRole.SEEN, cuts, retention_s=5.0)
    body = b'{"thresholds": {"still": null}, "policy": {"low": "review"}, "retention_s": null}'
    changed = from_json(BankChange, body).applied(draft)
    assert changed.cuts == {Regime.SOUND: Cuts(0.2, 0.3, 0.4)}
    assert (changed.policy.low, changed.policy.high) == ("review", "review")
    assert (changed.retention_s, changed.name, changed.role) == (None, "a", BankRole.SEEN)


def test_an_empty_change_changes_nothing() -> None:
    draft = BankDraft("a", trust=0.3)
    assert from_json(BankChange, b"{}").applied(draft) == draft


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        (b'{"name": 1}', InvalidValue, "name"),
        (b'{"name": ""}', InvalidValue, "name"),
        (b'{"name": "a", "trust": 2}', InvalidValue, "trust"),
        (b'{"name": "a", "trust": "1"}', InvalidValue, "trust"),
        (b'{"name": "a", "retention_s": 0}', InvalidValue, "retention_s"),
        (b'{"name": "a", "retention_s": NaN}', InvalidValue, "retention_s"),
        (b'{"name": "a", "role": "evil"}', InvalidValue, "role"),
        (b'{"name": "a", "colour": "red"}', InvalidRequest, "colour"),
        (b'{"name": "a", "name": "b"}', InvalidRequest, "name"),
        (b'{"name": "a", "policy": {"higher": "pass"}}', InvalidRequest, "policy.higher"),
        (b'{"name": "a", "thresholds": {"smell": null}}', InvalidValue, "thresholds.smell"),
        (
            b'{"name": "a", "thresholds": {"still": {"low": 0.5, "medium": 0.4, "high": 1}}}',
            InvalidValue,
            "thresholds.still",
        ),
        (b'{"name": "a\\u0000b"}', InvalidValue, "name"),
        (b'{"name": "\\ud800"}', InvalidValue, "name"),
        (b'{"name": ' + b"[" * 60 + b"]" * 60 + b"}", InvalidValue, "name"),
        (b'{"name": ' + b"[" * 30_000, InvalidRequest, None),
        (b"[]", InvalidValue, None),
        (b"{", InvalidRequest, None),
    ],
)
def test_what_is_wrong_is_named(
    body: bytes, error: type[InvalidRequest], field: str | None
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        from_json(BankRequest, body)
    assert (type(refused.value), refused.value.field) == (error, field)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"hashes": {"md5": "xyz"}}, "hashes.md5"),
        ({"hashes": {"md5": MD5[:-1]}}, "hashes.md5"),
        ({"hashes": {}}, "hashes"),
        ({"labels": ["a"] * 51}, "labels"),
        ({"labels": [""]}, "labels.0"),
        ({"expires_at": "2026-05-04T03:02:01"}, "expires_at"),
        ({"expires_at": 5}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+23:00"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:00"}, "expires_at"),
        ({"provenance": []}, "provenance"),
        ({"note": "n" * 10_001}, "note"),
    ],
)
def test_a_wrong_reference_is_refused(sent: dict[str, Any], field: str) -> None:
    import json

    with pytest.raises(InvalidValue) as refused:
        from_json(ReferenceRequest, json.dumps({"bank": "b", **sent}).encode())
    assert refused.value.field == field


def test_a_reference_may_be_changed_in_part() -> None:
    sent = from_json(ReferenceChange, b'{"labels": ["b", "a", "b"], "disabled_until": null}')
    draft = ReferenceRequest(bank="b", note="kept").draft("name")
    changed = sent.applied(draft)
    assert (changed.labels, changed.note, changed.disabled_until) == (("b", "a"), "kept", None)


def test_texts_of_a_form_are_read_by_the_type_of_their_field() -> None:
    sent = from_texts(
        ReferenceForm,
        {
            "bank": ("b",),
            "labels": ("x", "y"),
            "provenance": ('{"a": 1}',),
            "expires_at": ("2026-05-04T03:02:01+02:00",),
        },
    )
    assert (sent.bank, sent.labels, sent.provenance) == ("b", ["x", "y"], {"a": 1})
    assert sent.expires_at is not None
    search = from_texts(SearchForm, {"limit": ("7",), "min_score": ("0.5",), "banks": ("b",)})
    assert (search.limit, search.min_score, search.banks) == (7, 0.5, ["b"])


@pytest.mark.parametrize(
    ("texts", "error", "field"),
    [
        ({"bank": ("a", "b")}, InvalidRequest, "bank"),
        ({"bank": ("b",), "provenance": ("{",)}, InvalidValue, "provenance"),
        ({"bank": ("b",), "provenance": ("[1]",)}, InvalidValue, "provenance"),
        ({"bank": ("b\0",)}, InvalidValue, "bank"),
        ({"bank": ("b",), "provenance": ('{"a": "\\ud800"}',)}, InvalidValue, "provenance.a"),
        (
            {"bank": ("b",), "provenance": ('{"a":' * 3000 + "1" + "}" * 3000,)},
            InvalidValue,
            "provenance",
        ),
        ({"bank": ("b",), "provenance": ('{"a": 1e999}',)}, InvalidValue, "provenance.a"),
        ({"bank": (" ",)}, InvalidValue, "bank"),
        ({}, InvalidValue, "bank"),
        ({"bank": ("b",), "expires_at": ("tomorrow",)}, InvalidValue, "expires_at"),
    ],
)
def test_a_wrong_text_is_refused(
    texts: dict[str, tuple[str, ...]], error: type[InvalidRequest], field: str | None
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        from_texts(ReferenceForm, texts)
    assert (type(refused.value), refused.value.field) == (error, field)


def test_a_backtest_looks_back() -> None:
    body = (
        b'{"kind": "backtest", "bank": "b", "since": "2999-01-01T00:00:00Z",'
        b' "thresholds": {"still": {"low": 0.1, "medium": 0.2, "high": 0.3}}}'
    )
    with pytest.raises(InvalidValue, match="ahead") as refused:
        from_json(BacktestRequest, body)
    assert refused.value.field == "since"
