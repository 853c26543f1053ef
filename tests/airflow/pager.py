"""A notifier as providers bring them. Importing it imports Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseNotifier

if TYPE_CHECKING:
    from collections.abc import Sequence


class Pager(BaseNotifier):
    """It notes what it is told; with a token it fails, and says the token."""

    template_fields: Sequence[str] = ("message",)
    told: ClassVar[list[tuple[str, str, str]]] = []

    def __init__(self, message: str, token: str = "") -> None:
        super().__init__()
        self.message = message
        self.token = token

    def notify(self, context: Any) -> None:
        if self.token:
            raise RuntimeError(f"refused with {self.token}")
        self.told.append((self.message, context["alert"]["kind"], context["dag"].dag_id))
