"""Pages that have nothing in common but their language."""

from __future__ import annotations

import random

BOILERPLATE = "# Notice {n}\n\nThis page has moved. Please sign in with your account to continue.\n"

_SYLLABLES = "ba do fi gu ka le mi no pa ru sa te vi zo an er il or us eth".split()


def page(number: int, sentences: int = 6) -> str:
    """Return an English page whose names occur on no other."""
    rng = random.Random(number)

    def word() -> str:
        return "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4)))

    lines = [
        f"{word().title()} {word()} found {word()} near {word()} when {word()} wrote about "
        f"{word()} and {word()} because {word()} had asked {word()} for {word()}."
        for _ in range(sentences + number % 4)
    ]
    return f"# {word().title()} {word()}\n\n" + " ".join(lines) + "\n"
