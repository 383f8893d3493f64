"""A decoded file, taken apart for tests."""

from collections.abc import Callable

from reseen.domain.media import Frame, Sound
from reseen.ports import Decoded, Footer, Header


class Result:
    """A decoded file, taken apart."""

    def __init__(self, events: list[Decoded]) -> None:
        [self.header] = [e for e in events if isinstance(e, Header)]
        [self.footer] = [e for e in events if isinstance(e, Footer)]
        self.frames = [e for e in events if isinstance(e, Frame)]
        self.sounds = [e for e in events if isinstance(e, Sound)]
        assert events[0] is self.header
        assert events[-1] is self.footer

    @property
    def times(self) -> list[float]:
        return [frame.time for frame in self.frames if frame.time is not None]


type Decode = Callable[..., Result]
