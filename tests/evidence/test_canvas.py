import numpy as np
import pytest
from tests.evidence.reading import decode, near

from reseen.evidence.canvas import ACCENT, GROUND, MUTED, SECOND, TEXT, Canvas, Colour, clock


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "00:00.000"),
        (12.4, "00:12.400"),
        (59.9996, "01:00.000"),
        (3723.25, "1:02:03.250"),
        (-0.5, "-00:00.500"),
        (-0.0001, "00:00.000"),
        (float("inf"), "unknown"),
        (float("nan"), "unknown"),
    ],
)
def test_a_time_is_written_as_people_read_it(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def _luminance(colour: Colour) -> float:
    part = np.array(colour) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize("colour", [MUTED, TEXT, ACCENT, SECOND])
def test_all_words_are_legible(colour: Colour) -> None:
    contrast = (_luminance(colour) + 0.05) / (_luminance(GROUND) + 0.05)
    assert contrast >= 4.5  # WCAG 2.2, level AA


def test_what_reaches_outside_is_cut_off() -> None:
    canvas = Canvas(40, 30)
    far = np.array([[-1e9, -1e9], [1e9, -1e9], [1e9, 1e9], [-1e9, 1e9]])
    canvas.fill(far, ACCENT)
    canvas.stroke([far + 500], ACCENT, 2)
    canvas.dots(far, ACCENT, 3)
    canvas.paste(np.full((10, 10, 3), 200, np.uint8), 35, -4)
    canvas.paste(np.full((10, 10, 3), 200, np.uint8), 90, 90)
    pixels = decode(canvas.png())
    assert near(pixels, (200, 200, 200)).sum() == 5 * 6
    assert near(pixels, ACCENT).sum() == 40 * 30 - 5 * 6


def test_crossing_lines_do_not_add_up() -> None:
    canvas = Canvas(21, 21)
    canvas.stroke(
        [np.array([[0, 10.5], [21, 10.5]]), np.array([[10.5, 0], [10.5, 21]])], TEXT, 1, 0.5
    )
    pixels = canvas.pixels()
    np.testing.assert_allclose(pixels[10, 10], pixels[10, 4].astype(float), atol=12)
    assert pixels[10, 4, 0] > GROUND[0]


def test_our_own_colours_stay_exact_when_colours_are_few() -> None:
    canvas = Canvas(1400, 500)
    canvas.paste(np.random.default_rng(1).integers(0, 256, (380, 1400, 3), np.uint8), 0, 0)
    canvas.box(0, 400, 700, 100, ACCENT)
    pixels = decode(canvas.png())
    height, width = pixels.shape[:2]
    corner = pixels[round(height * 0.85) : round(height * 0.95), : width // 3]
    assert near(corner, ACCENT, within=1).all()
