"""Near-duplicates among 10,000 documents: what is found, how quickly, beside datasketch in a loop.

Texts are an insurer's, as in the other benchmarks. Near-copies and look-alikes are planted among
them by rules that the product does not know: words exchanged, a sentence more, other spaces; and,
as look-alikes, one number changed, which makes it another document.
"""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.corpus import paragraph
from benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from freshground.service.context import Context

THRESHOLD = 0.9
_TELLING = {"not", "unless"}
"""Without one of these a text says something else."""

_WORD = re.compile(r"\w+")


class Planted(NamedTuple):
    """Texts by name, pairs that are near-duplicates, and pairs that only look it."""

    texts: dict[str, str]
    same: set[tuple[str, str]]
    different: set[tuple[str, str]]


def run(root: Path, *, quick: bool = False) -> Iterator[Result]:
    """Yield the measures. `root` holds nothing afterwards."""
    count = 400 if quick else 10_000
    planted = plant(count)
    began = time.process_time()
    rival = _rival(planted)
    rival_s = time.process_time() - began
    ours = Ours(root, planted)
    yield Result("duplicates: sign all", ours.sign_s, " s CPU", beside=f"{count} documents")
    yield Result(
        "duplicates: sign and find", ours.sign_s + ours.find_s, " s CPU", most=rival_s,
        beside=f"{rival_s:.3g} s CPU datasketch's MinHash and LSH in a loop",
    )  # fmt: skip
    yield Result("duplicates: ten edits", ours.edits_s, " s CPU", beside=f"{ours.edited} signed")
    yield from _judged("near-duplicates found", planted, ours.found, rival)


def _judged(
    measure: str, planted: Planted, found: set[tuple[str, str]], rival: set[tuple[str, str]]
) -> Iterator[Result]:
    def recall(pairs: set[tuple[str, str]]) -> float:
        return len(pairs & planted.same) / len(planted.same)

    def merged(pairs: set[tuple[str, str]]) -> float:
        return len(pairs & planted.different) / len(planted.different)

    def precision(pairs: set[tuple[str, str]]) -> float:
        return len(pairs & planted.same) / max(1, len(pairs))

    yield Result(
        f"{measure}: recall", recall(found), least=0.9, beside=f"{recall(rival):.3g} datasketch"
    )
    yield Result(
        f"{measure}: precision", precision(found), least=0.99,
        beside=f"{precision(rival):.3g} datasketch",
    )  # fmt: skip
    yield Result(
        "look-alikes taken for the same", merged(found), most=0.01,
        beside=f"{merged(rival):.3g} datasketch",
        notes=(f"{len(planted.same)} pairs planted as the same, {len(planted.different)} not",),
    )  # fmt: skip


def plant(count: int) -> Planted:
    """Return `count` texts, of which a tenth are near-copies and a tenth look-alikes."""
    draw = random.Random(7)
    texts: dict[str, str] = {}
    same: set[tuple[str, str]] = set()
    different: set[tuple[str, str]] = set()
    originals = count * 8 // 10
    for number in range(originals):
        body = [paragraph(draw) for _ in range(draw.randint(3, 8))]
        texts[f"o{number:05}"] = "\n\n".join([f"Report {number}", *body])
    names = list(texts)
    for number, name in enumerate(draw.sample(names, count - originals)):
        if number % 2:
            texts[f"s{number:05}"] = _copied(texts[name], draw)
            same.add((name, f"s{number:05}"))
        else:
            texts[f"d{number:05}"] = _changed(texts[name], draw)
            different.add((f"d{number:05}", name))
    return Planted(texts, same, different)


def _copied(text: str, draw: random.Random) -> str:
    """Return a text that says the same: a few small words exchanged, other spaces, a sentence."""
    words = text.split(" ")
    plain = [
        n
        for n, word in enumerate(words)
        if word.isalpha() and word.islower() and word not in _TELLING
    ]
    for place in draw.sample(plain, max(1, len(words) // 100)):
        words[place] = draw.choice(["also", "then", "here", "indeed", "thus"])
    made = " ".join(words)
    match draw.randrange(3):
        case 0:
            return made.replace("\n\n", "\n \n")
        case 1:
            return f"{made}\n\nthis page is kept for whoever asks at the desk."
        case _:
            return made


def _changed(text: str, draw: random.Random) -> str:
    """Return a text that says something else in one place."""
    match = draw.choice(list(re.finditer(r"\d+", text)))
    return f"{text[: match.start()]}{int(match[0]) + draw.randint(1, 9)}{text[match.end() :]}"


def _rival(planted: Planted) -> set[tuple[str, str]]:
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=0.8, num_perm=128)
    sets: dict[str, set[str]] = {}
    found: set[tuple[str, str]] = set()
    for name, text in planted.texts.items():
        words = _WORD.findall(text.casefold())
        sets[name] = {" ".join(words[at : at + 3]) for at in range(len(words) - 2)}
        made = MinHash(num_perm=128)
        made.update_batch([each.encode() for each in sets[name]])
        for other in lsh.query(made):
            both = len(sets[name] & sets[other])
            if 2 * both >= THRESHOLD * (len(sets[name]) + len(sets[other])):
                found.add((min(name, other), max(name, other)))
        lsh.insert(name, made)
    return found


class Ours:
    """The product over a lake that holds the texts."""

    def __init__(self, root: Path, planted: Planted) -> None:
        from freshground.core.settings import parse
        from freshground.service.context import Context
        from freshground.service.reports import Scope
        from freshground.service.stages import ingest, silver

        docs = root / "docs"
        docs.mkdir()
        for name, text in planted.texts.items():
            (docs / f"{name}.txt").write_text(text)
        raw = {
            "lake": "lake",
            "encoder": {"model": "hashing-64"},
            "lineage": {"transport": "none"},
            "sources": [{"id": "docs", "type": "files", "url": "docs", "access": "public"}],
            "indexes": [{"id": "docs", "sources": ["docs"], "duplicates": {"near": "keep_newest"}}],
        }
        settings = parse(raw, root)
        context = Context(settings)
        for stage in (ingest, silver):
            stage(context, Scope(source="docs"))
        self.sign_s, _ = self._signed(context)
        self.find_s, self.found = self._found(context)
        for name in list(planted.texts)[:10]:
            (docs / f"{name}.txt").write_text(planted.texts[name] + "\nOne word more: 17.\n")
        context = Context(settings)
        for stage in (ingest, silver):
            stage(context, Scope(source="docs"))
        self.edits_s, self.edited = self._signed(context)

    def _signed(self, context: Context) -> tuple[float, int]:
        from freshground.service.admission.standing import admitted
        from freshground.service.duplicates.signing import sign_all

        began = time.process_time()
        count = sign_all(context, admitted(context, "docs"))
        return time.process_time() - began, count

    def _found(self, context: Context) -> tuple[float, set[tuple[str, str]]]:
        from freshground.service.duplicates.listing import duplicates

        began = time.process_time()
        told = duplicates(context, context.settings.indexes, THRESHOLD)
        took = time.process_time() - began
        found = set()
        for cluster in told["clusters"]:
            names = sorted(row["key"].removesuffix(".txt") for row in cluster["documents"])
            found |= {(a, b) for n, a in enumerate(names) for b in names[n + 1 :]}
        return took, found
