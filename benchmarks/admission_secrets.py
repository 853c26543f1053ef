"""Secrets made up by their issuers' forms, and real documents without any; beside detect-secrets.

There is no set of real secrets: the values are drawn at random. False alarms are counted on the
Python proposals and the sample files, which hold hashes, ids and code.
"""

from __future__ import annotations

import os
import random
import string
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.result import Result
from quality.admission.secrets.patterns import find

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_SURE = 0.5
_EACH = 40


def _drawn(chooser: random.Random, count: int, letters: str = _ALNUM) -> str:
    return "".join(chooser.choices(letters, k=count))


def _made(chooser: random.Random) -> dict[str, str]:
    """Return one line of each kind that holds a secret."""

    def some(count: int, letters: str = _ALNUM) -> str:
        return _drawn(chooser, count, letters)

    password = some(8) + chooser.choice("!#%+") + some(3, string.digits)
    return {
        "aws": f"aws_access_key_id = AKIA{some(16, string.ascii_uppercase + '234567')}",
        "github": f"export GH=ghp_{some(36)}",
        "gitlab": f"the runner uses glpat-{some(20)} for it",
        "slack": f"bot: xoxb-{some(12, string.digits)}-{some(12, string.digits)}-{some(24)}",
        "jwt": f"cookie eyJ{some(33)}.eyJ{some(80)}.{some(43)}",
        "stripe": f"charge with sk_live_{some(24)}",
        "google": f"maps?key=AIza{some(35)}",
        "npm": f"//registry/:_authToken=npm_{some(36)}",
        "private key": f"-----BEGIN PRIVATE KEY-----\n{some(64)}\n-----END PRIVATE KEY-----",
        "azure": f"AccountName=x;AccountKey={some(86)}==;",
        "connection": f"postgresql://app:{some(12)}@db.corp:5432/x",
        "password": f"password: {password}",
        "quoted": f"db_password = '{password}'",
        "api key": f'"api_key": "{some(32)}"',
        "hex key": f"secret_key = '{some(64, _HEX)}'",
        "bearer": f"Authorization: Bearer {some(40)}",
    }


def run(_root: Path, *, quick: bool) -> Iterator[Result]:
    """Measure what is found of made-up secrets, and how many files of real ones are flagged."""
    chooser = random.Random(1)
    lines = [item for _ in range(4 if quick else _EACH) for item in _made(chooser).items()]
    missed = [kind for kind, line in lines if not _own(line)]
    rival = [kind for kind, line in lines if not _detect_secrets(line)]
    yield Result(
        "secrets found, of made-up ones",
        1 - len(missed) / len(lines),
        least=0.95,
        beside=f"detect-secrets {1 - len(rival) / len(lines):.3f}",
        notes=(f"{len(lines)} lines; missed: {', '.join(sorted(set(missed))) or 'none'}",),
    )
    files = sorted((Path(os.environ["FRESHGROUND_TEST_DATA"]) / "history/peps/base").rglob("*.rst"))
    texts = [path.read_text(errors="replace") for path in files[:: 20 if quick else 4]]
    started = time.process_time()
    flagged = sum(_own(text) for text in texts)
    middle = time.process_time()
    theirs = sum(any(map(_detect_secrets, text.splitlines())) for text in texts)
    ended = time.process_time()
    yield Result(
        "documents without secrets that are flagged",
        flagged / len(texts),
        most=0.01,
        beside=f"detect-secrets {theirs / len(texts):.3f}",
        notes=(f"{len(texts)} proposals; {middle - started:.2f} s over {ended - middle:.2f} s",),
    )


def _own(text: str) -> bool:
    return any(match.confidence >= _SURE for match in find(text))


def _plugins() -> list[Any]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    return [made() for made in get_mapping_from_secret_type_to_class().values()]


_MADE: list[Any] = []


def _detect_secrets(line: str) -> bool:
    """Return whether any of its detectors, as they come, finds something in a text."""
    _MADE[:] = _MADE or _plugins()
    return any(
        plugin.analyze_line(filename="x.txt", line=part, line_number=1)
        for part in line.splitlines()
        for plugin in _MADE
    )
