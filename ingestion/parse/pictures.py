"""How large a picture may be, asked of its header before anything decodes it.

A file of some kilobytes can hold a picture of many gigabytes.
"""

from __future__ import annotations

import warnings
from io import BytesIO

from freshground.core.errors import Quarantine

MAX_PIXELS = 150_000_000
"""Pixels of a picture that is decoded: A3 at 800 dots an inch, A0 at 300."""

MAX_FRAMES = 10_000


def allow(width: int, height: int) -> None:
    """Raise `Quarantine` `too_large` for a picture of so many pixels if they are too many."""
    if width * height > MAX_PIXELS:
        raise _too_large()


def measure(picture: bytes) -> None:
    """Raise `Quarantine` `too_large` for an image file of which any page has too many pixels.

    A file whose header cannot be read passes: it is not decoded by others either.
    """
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(BytesIO(picture)) as image:
                allow(*image.size)
                for frame in range(1, min(getattr(image, "n_frames", 1), MAX_FRAMES)):
                    image.seek(frame)
                    allow(*image.size)
        except Image.DecompressionBombError:
            raise _too_large() from None
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
            return


def _too_large() -> Quarantine:
    return Quarantine(
        "too_large",
        f"A picture has more than {MAX_PIXELS:,} pixels, which are not decoded.",
        "Store it with fewer dots an inch, or exclude it from the source.",
    )
