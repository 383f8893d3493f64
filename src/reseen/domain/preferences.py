"""How the console treats one person: their own settings, within the defaults of their project.

A project may enforce a default: a person's own value then counts only where it protects more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reseen.domain.errors import Forbidden, InvalidValue

type Value = bool | int | str

LONGEST_STRETCH = 480
"""Minutes before a break is thought of."""
THEMES = ("system", "light", "dark")

BUILT_IN: Mapping[str, Value] = MappingProxyType(
    {
        "blur": True,
        "greyscale": True,
        "muted": True,
        "hold_to_reveal": True,
        "break_after_minutes": 50,
        "theme": "system",
    }
)
"""What holds where nobody said otherwise. No minutes: no breaks."""

ENFORCEABLE = frozenset(BUILT_IN) - {"theme"}


@dataclass(frozen=True, slots=True)
class Default:
    """What a project wants of a setting."""

    value: Value
    enforced: bool = False


def defaults_of(kept: Mapping[str, Default]) -> dict[str, Default]:
    """Every default of a project that keeps these."""
    return {name: kept.get(name, Default(value)) for name, value in BUILT_IN.items()}


def own(kept: Mapping[str, Value], defaults: Mapping[str, Default]) -> dict[str, Value | None]:
    """The settings of a person that count; ``None``: the default does."""
    settings: dict[str, Value | None] = {}
    for name in BUILT_IN:
        value = kept.get(name)
        is_loose = value is not None and loosens(name, value, defaults[name])
        settings[name] = None if is_loose else value
    return settings


def changed(
    kept: Mapping[str, Value],
    change: Mapping[str, Value | None],
    defaults: Mapping[str, Default],
) -> dict[str, Value]:
    """The settings with a change; ``None`` takes the default. Raises ``InvalidValue``, and
    ``Forbidden`` for what loosens an enforced default.
    """
    result = dict(kept)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
            continue
        result[name] = checked(name, value)
        if loosens(name, value, defaults[name]):
            raise Forbidden(f"Your project enforces its default of {name}.", field=name)
    return result


def checked(name: str, value: Value) -> Value:
    """Raises ``InvalidValue``."""
    if name == "theme" and value not in THEMES:
        raise InvalidValue(f"A theme is one of {', '.join(THEMES)}.", field=name)
    if name == "break_after_minutes" and not 0 <= int(value) <= LONGEST_STRETCH:
        raise InvalidValue(
            f"A break is thought of after 1 to {LONGEST_STRETCH} minutes, or never: 0.",
            field=name,
            limit=LONGEST_STRETCH,
            actual=int(value),
        )
    return value


def loosens(name: str, value: Value, default: Default) -> bool:
    """Whether a person's own value protects less than what is enforced."""
    if not default.enforced:
        return False
    if name == "break_after_minutes":
        return bool(default.value) and (value == 0 or int(value) > int(default.value))
    return bool(default.value) and not value
