"""Make forty disguised copies of a film, as forty accounts might upload it.

    python forty_copies.py FILM FOLDER

Each is cut, cropped, mirrored, tinted and encoded in another way.
"""

import argparse
import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

COPIES = 40
WIDTH, HEIGHT = 426, 240
RATE = 12


def disguised(picture: Image.Image, *, mirrored: bool, crop: float, light: float) -> np.ndarray:
    """Another crop, another brightness, perhaps the other way round; ``uint8 [240, 426, 3]``."""
    across, down = picture.width * crop, picture.height * crop
    box = (across, down, picture.width - across / 2, picture.height - down / 2)
    small = picture.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, box)
    if mirrored:
        small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.clip(np.asarray(small, np.float32) * light, 0, 255).astype(np.uint8)


def copy(film: Path, made: Path, rng: random.Random) -> None:
    """Write one of them."""
    mirrored, crop, light = rng.random() < 0.3, rng.uniform(0.0, 0.08), rng.uniform(0.8, 1.2)
    with av.open(film) as source, av.open(made, "w") as target:
        video = source.streams.video[0]
        begin = rng.uniform(0.0, 0.25) * float(source.duration / av.time_base)
        out = target.add_stream("libx264", RATE, {"crf": str(rng.randint(22, 34))})
        out.width, out.height, out.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        taken = 0
        for frame in source.decode(video):
            if frame.time < begin + taken / RATE:
                continue
            pixels = disguised(frame.to_image(), mirrored=mirrored, crop=crop, light=light)
            seen = av.VideoFrame.from_ndarray(pixels, "rgb24")
            seen.pts, seen.time_base = taken, Fraction(1, RATE)
            target.mux(out.encode(seen))
            taken += 1
        target.mux(out.encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(exist_ok=True)
    for number in range(1, COPIES + 1):
        made = given.folder / f"copy-{number:02}.mp4"
        copy(given.film, made, random.Random(number))
        print(f"\r{number} of {COPIES} copies", end="", flush=True)
    print()


if __name__ == "__main__":
    main()
