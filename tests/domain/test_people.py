import pytest

from reseen.domain.errors import InvalidValue
from reseen.domain.people import checked_password, folded, name_of
from reseen.domain.preferences import BUILT_IN, Default, Value, defaults_of, loosens, own


def test_a_name_has_one_spelling() -> None:
    assert name_of("  Zoe\u0308   Q ") == "Zo\u00eb Q"
    assert folded("ZOE\u0308 Q") == folded("zo\u00eb  q")


@pytest.mark.parametrize(
    "password", ["elevenchars", "x" * 257, "aaabbbcccaaabbbccc", "Olga Petrova 1"]
)
def test_what_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(InvalidValue):
        checked_password(password, "olga petrova 1")


def test_length_is_all_that_a_password_needs() -> None:
    assert checked_password("four plain words!", "Olga") == "four plain words!"


@pytest.mark.parametrize(
    ("name", "value", "wanted", "is_loose"),
    [
        ("blur", False, True, True),
        ("blur", True, True, False),
        ("blur", True, False, False),
        ("blur", False, False, False),
        ("break_after_minutes", 51, 50, True),
        ("break_after_minutes", 0, 50, True),
        ("break_after_minutes", 20, 50, False),
        ("break_after_minutes", 90, 0, False),
    ],
)
def test_what_is_enforced_may_be_tightened(
    name: str, value: Value, wanted: Value, is_loose: bool
) -> None:
    assert loosens(name, value, Default(wanted, enforced=True)) is is_loose
    assert not loosens(name, value, Default(wanted))


def test_an_own_value_counts_unless_it_loosens() -> None:
    defaults = defaults_of({"blur": Default(value=True, enforced=True)})
    settings = own({"blur": False, "muted": False}, defaults)
    assert (settings["blur"], settings["muted"], settings["theme"]) == (None, False, None)
    assert settings.keys() == defaults.keys() == BUILT_IN.keys()
