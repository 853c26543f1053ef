"""What a page answers instead of what was asked."""

from __future__ import annotations


class Refused(Exception):
    """A request that is not answered: its HTTP status, what was found and what to do."""

    def __init__(self, status: int, found: str, do: str = "") -> None:
        super().__init__(found)
        self.status = status
        self.found = found
        self.do = do
