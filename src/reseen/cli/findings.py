"""What a check of ``reseen doctor`` finds."""

from dataclasses import dataclass
from typing import Literal

type State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``advice`` says what to do where the state is not ``ok``."""

    check: str
    state: State
    detail: str
    advice: str = ""
