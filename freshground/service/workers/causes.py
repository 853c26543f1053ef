"""Why a document's call brought no answer, in words for the person who looks at quarantine."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from freshground.core import errors
from freshground.core.errors import Fatal, FreshgroundError, Quarantine

if TYPE_CHECKING:
    from datetime import timedelta

NEARLY = 0.8
"""The share of the memory allowed that a crashed worker must have had to have died of it."""

_REPAIR = "Open and save it again with its own program"


def hung(limit: timedelta) -> Quarantine:
    """Return the refusal of what was not done in time."""
    return Quarantine(
        "parser_hung",
        f"Reading the document took more than {limit.total_seconds():g} s and was ended.",
        f"{_REPAIR}, split it, or raise `parsing.wall_time`.",
    )


def too_much_memory(allowed: int) -> Quarantine:
    """Return the refusal of what needs more memory than one document may take."""
    return Quarantine(
        "out_of_memory",
        f"Reading the document takes more than {allowed:,} bytes of memory.",
        "Split the document, or raise `parsing.memory`.",
    )


def too_large(size: int, allowed: int) -> Quarantine:
    """Return the refusal of a document that is too large once it is read."""
    return Quarantine(
        "too_large",
        f"What was read of the document has {size:,} bytes; at most {allowed:,} are kept.",
        "Split the document, or raise `parsing.output`.",
    )


def crashed(status: int | None, memory: int, allowed: int) -> Quarantine:
    """Return the refusal of what ended its worker, by the worker's wait status.

    `memory` is the most bytes that the worker took beyond those it had before.
    """
    if status is None:
        by = "all other workers"
    elif os.WIFSIGNALED(status):
        if memory > NEARLY * allowed:
            return too_much_memory(allowed)
        number = os.WTERMSIG(status)
        by = f"signal {_name(number)}"
        if number == signal.SIGKILL:
            by += ", which the system sends when its memory runs out"
    else:
        by = f"exit status {os.waitstatus_to_exitcode(status)}"
    return Quarantine(
        "parser_crashed",
        f"The process that read the document ended with {by}.",
        f"{_REPAIR}; if that does not help, report it.",
    )


def garbled() -> Quarantine:
    """Return the refusal of a document whose worker answered what is no answer."""
    return Quarantine(
        "parser_crashed",
        "The process that read the document answered what is no answer, and was ended.",
        f"{_REPAIR}; if that does not help, report it.",
    )


def raised(name: str, found: str, do: str) -> FreshgroundError:
    """Return the error that a worker raised about the run, not about the document."""
    kind = getattr(errors, name, Fatal)
    return kind(found, do) if kind is not Quarantine else Fatal(found, do)


def defect(function: str, what: str) -> Fatal:
    """Return the error of a function that failed as none may: no document is to blame."""
    return Fatal(
        f"{function} failed with {what}.",
        "Nothing was set aside for it. Mend the installation, or report it.",
    )


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
