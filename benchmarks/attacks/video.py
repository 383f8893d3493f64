"""Attacks on videos: about two dozen files that show an original again, with exact truth.

Each attack writes one H.264 file of at most 40 s and 480 pixels, and returns which of its seconds
show which seconds of the original.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.attacks import Copied, Pixels, VideoAttack, effects
from benchmarks.attacks.film import (
    Effect,
    Look,
    Take,
    fit,
    frames,
    look,
    reel,
    sound,
    whole,
    write,
)

type Rng = np.random.Generator
type Others = Sequence[Path]
type Apply = Callable[[Path, Path, Rng, Others], tuple[Copied, ...]]

SHORTEST_CLIP = 2.0


def _truth(takes: Sequence[Take], original: Path) -> tuple[Copied, ...]:
    """Where the takes of the original lie in the film."""
    found = []
    clock = 0.0
    for take in takes:
        if take.path == original:
            where = (clock, clock + take.duration)
            found.append(Copied(where, (take.start, take.end), take.rate))
        clock += take.duration
    return tuple(found)


def _film(
    takes: Sequence[Take],
    original: Path,
    out: Path,
    *,
    effect: Effect | None = None,
    fps: float | None = None,
    crf: int = 26,
    size: tuple[int, int] | None = None,
    voices: Sequence[Take] | None = None,
) -> tuple[Copied, ...]:
    """Play the takes through an effect; ``voices`` are the takes heard (none: silent film)."""
    seen = look(original)
    width, height = size or (seen.width, seen.height)
    rate = fps or seen.fps
    pictures = reel(takes, rate, width, height)
    if effect is not None:
        pictures = (effect(p, k / rate) for k, p in enumerate(pictures))
    heard = sound(takes if voices is None else voices)
    write(out, pictures, rate, crf=crf, track=heard)
    return _truth(takes, original)


def _clip(original: Path, rng: Rng, share: float) -> Take:
    """A stretch of this share of the original, at a random place."""
    all_of_it = whole(original)
    length = max(min(SHORTEST_CLIP, all_of_it.end), share * all_of_it.end)
    start = float(rng.uniform(0.0, all_of_it.end - length))
    return Take(original, start, start + length)


def _other(others: Others, rng: Rng, seconds: float) -> Take:
    """A stretch of another video, no longer than it is."""
    path = others[int(rng.integers(len(others)))]
    return Take(path, 0.0, min(seconds, look(path).duration))


def _plain(effect: Callable[[Look, Rng], Effect]) -> Apply:
    """An attack that changes pictures and leaves the clock alone."""

    def apply(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
        del others
        return _film([whole(original)], original, out, effect=effect(look(original), rng))

    return apply


def _reencode(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    del rng, others
    return _film([whole(original)], original, out, crf=35)


def _small(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    del rng, others
    seen = look(original)
    scale = 240 / min(seen.width, seen.height)
    size = (round(seen.width * scale / 2) * 2, round(seen.height * scale / 2) * 2)
    return _film([whole(original)], original, out, size=size, crf=30)


def _slow_fps(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    del rng, others
    return _film([whole(original)], original, out, fps=12.0)


def _trim(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    del rng, others
    end = whole(original).end
    return _film([Take(original, end / 3, 2 * end / 3)], original, out)


def _embed(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    clip = _clip(original, rng, 0.4)
    around = [_other(others, rng, float(rng.uniform(4, 10))) for _ in range(2)]
    return _film([around[0], clip, around[1]], original, out)


def _montage(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    end = whole(original).end
    late = Take(original, 0.6 * end, 0.95 * end)
    early = Take(original, 0.05 * end, 0.4 * end)
    return _film([late, _other(others, rng, 5.0), early], original, out)


def _loop(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    del others
    clip = _clip(original, rng, 0.35)
    return _film([clip, clip, clip], original, out)


def _speed(rate: float) -> Apply:
    def apply(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
        del rng, others
        end = min(whole(original).end, 40.0 * rate)
        return _film([Take(original, 0.0, end, rate)], original, out)

    return apply


def _stutter(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    del others
    held: list[Pixels] = []

    def effect(picture: Pixels, time: float) -> Pixels:
        del time
        if not held or rng.random() > 0.6:
            held[:] = [picture]
        return held[0]

    return _film([whole(original)], original, out, effect=effect)


def _silent(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    del others
    return _film([_clip(original, rng, 0.7)], original, out, voices=())


def _dubbed(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    clip = _clip(original, rng, 0.7)
    voice = _other(others, rng, clip.duration)
    return _film([clip], original, out, voices=(voice,))


def _picture_in_picture(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    """The original at 45% of each side in a corner of another video."""
    seen = look(original)
    place = (0.52 * seen.width, 0.04 * seen.height) if rng.random() < 0.5 else (12.0, 12.0)
    return _inset(original, out, rng, others, 0.45, place)


def _small_inset(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    """The original at 30% of each side anywhere in another video."""
    seen = look(original)
    x, y = (float(v) for v in rng.uniform(0.02, 0.68, 2))
    return _inset(original, out, rng, others, 0.3, (x * seen.width, y * seen.height))


def _inset(
    original: Path,
    out: Path,
    rng: Rng,
    others: Others,
    share: float,
    place: tuple[float, float],
) -> tuple[Copied, ...]:
    seen = look(original)
    wide, tall = round(seen.width * share), round(seen.height * share)
    behind = _endless(others, rng, seen)

    def effect(picture: Pixels, _: float) -> Pixels:
        page = next(behind).copy()
        x, y = (int(v) for v in place)
        page[y : y + tall, x : x + wide] = cv2.resize(
            picture, (wide, tall), interpolation=cv2.INTER_AREA
        )
        return page

    return _film([whole(original)], original, out, effect=effect)


def _split_screen(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    """The original beside another video, each squeezed into a half that is cut to its shape."""
    seen = look(original)
    half = seen.width // 2
    beside = _endless(others, rng, seen)
    left = bool(rng.random() < 0.5)

    def effect(picture: Pixels, _: float) -> Pixels:
        pair = [fit(picture, half, seen.height), fit(next(beside), half, seen.height)]
        page = np.hstack(pair if left else pair[::-1])
        return fit(page, seen.width, seen.height)

    return _film([whole(original)], original, out, effect=effect)


def _bordered_mirror_trim(
    original: Path, out: Path, rng: Rng, others: Others
) -> tuple[Copied, ...]:
    """A clip, mirrored, shrunk onto a coloured page with a title, encoded hard."""
    del others
    clip = _clip(original, rng, 0.6)
    seen = look(original)
    paper = rng.integers(60, 250, 3)

    def effect(picture: Pixels, _: float) -> Pixels:
        page = np.empty_like(picture)
        page[:] = paper
        tall, wide = round(seen.height * 0.72), round(seen.width * 0.84)
        small = cv2.resize(picture[:, ::-1], (wide, tall), interpolation=cv2.INTER_AREA)
        y, x = round(seen.height * 0.2), round(seen.width * 0.08)
        page[y : y + tall, x : x + wide] = small
        place = (x, round(seen.height * 0.13))
        cv2.putText(
            page, "so true", place, cv2.FONT_HERSHEY_DUPLEX, seen.height / 400, (0, 0, 0), 2
        )
        return page

    return _film([clip], original, out, effect=effect, crf=32)


def _embed_fast_caption(original: Path, out: Path, rng: Rng, others: Others) -> tuple[Copied, ...]:
    """A clip, sped up, captioned, between two other videos, at 15 frames a second."""
    clip = _clip(original, rng, 0.6)
    quick = Take(original, clip.start, clip.end, 1.2)
    around = [_other(others, rng, 5.0) for _ in range(2)]
    effect = effects.caption(look(original), rng)
    return _film([around[0], quick, around[1]], original, out, effect=effect, fps=15.0, crf=30)


def _endless(others: Others, rng: Rng, seen: Look) -> "_Endless":
    path = others[int(rng.integers(len(others)))]
    return _Endless(path, seen)


class _Endless:
    """Pictures of another video, again from its start when it ends."""

    def __init__(self, path: Path, seen: Look) -> None:
        self._path = path
        self._seen = seen
        self._reel = frames(whole(path), seen.fps)

    def __next__(self) -> Pixels:
        picture = next(self._reel, None)
        if picture is None:
            self._reel = frames(whole(self._path), self._seen.fps)
            picture = next(self._reel)
        return fit(picture, self._seen.width, self._seen.height)


ATTACKS: tuple[VideoAttack, ...] = (
    VideoAttack("reencode_crf35", "codec", _reencode),
    VideoAttack("resize_240p", "codec", _small),
    VideoAttack("fps_12", "frame rate", _slow_fps),
    VideoAttack("stutter", "frame rate", _stutter),
    VideoAttack("trim_third", "cut", _trim),
    VideoAttack("embed", "cut", _embed),
    VideoAttack("montage", "cut", _montage),
    VideoAttack("loop", "cut", _loop),
    VideoAttack("speed_0.8", "speed", _speed(0.8)),
    VideoAttack("speed_1.25", "speed", _speed(1.25)),
    VideoAttack("speed_1.5", "speed", _speed(1.5)),
    VideoAttack("mirror", "geometry", _plain(effects.mirror)),
    VideoAttack("letterbox", "geometry", _plain(effects.letterbox)),
    VideoAttack("crop_20", "geometry", _plain(effects.crop)),
    VideoAttack("rotate_90", "geometry", _plain(effects.turn)),
    VideoAttack("phone_screen", "geometry", _plain(effects.phone)),
    VideoAttack("caption_logo", "overlay", _plain(effects.caption)),
    VideoAttack("picture_in_picture", "collage", _picture_in_picture),
    VideoAttack("small_inset", "collage", _small_inset),
    VideoAttack("split_screen", "collage", _split_screen),
    VideoAttack("grey_contrast", "filter", _plain(effects.grey)),
    VideoAttack("warm_vignette", "filter", _plain(effects.colour)),
    VideoAttack("blur_noise", "filter", _plain(effects.blur)),
    VideoAttack("sound_removed", "sound", _silent),
    VideoAttack("sound_swapped", "sound", _dubbed),
    VideoAttack("border_mirror_trim", "chain", _bordered_mirror_trim),
    VideoAttack("embed_fast_caption", "chain", _embed_fast_caption),
)
