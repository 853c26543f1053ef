"""Errors, sorted by what the caller does next.

FreshgroundError
├── ConfigError      fix the settings or the command, then run again
├── Retriable        run again: nothing is wrong that time does not mend
├── Fatal            stop: a person has to look
├── GuardStop        a guard stopped the plan: approve it, or mend the source
├── GateStop         a gate stopped the release: the old one keeps serving
├── TooStale         what is served is older than the caller accepts
└── Quarantine       set this one document aside and go on with the others
"""

from __future__ import annotations


class FreshgroundError(Exception):
    """What was found, and what to do about it.

    `exit_status` is the process exit status when the error ends a command.
    """

    exit_status = 1

    def __init__(self, found: str, do: str = "") -> None:
        super().__init__(f"{found} {do}".strip())
        self.found = found
        self.do = do


class ConfigError(FreshgroundError):
    """Settings or a command cannot be used as they are."""


class Retriable(FreshgroundError):
    """The same call may pass later."""


class Fatal(FreshgroundError):
    """Going on would lose or damage something."""


class GuardStop(FreshgroundError):
    """A guard stopped the plan before anything changed."""

    exit_status = 4


class GateStop(FreshgroundError):
    """A gate stopped the candidate; the live release is untouched."""

    exit_status = 5


class TooStale(FreshgroundError):
    """What is served is older than the caller accepts: no answer rather than a stale one."""

    exit_status = 6


class Quarantine(FreshgroundError):
    """One document may not be served.

    `rule` is a stable short name such as `encrypted`, `empty`, `too_large`, `parse_failed`.
    """

    exit_status = 3

    def __init__(self, rule: str, found: str, do: str = "") -> None:
        super().__init__(found, do)
        self.rule = rule
