"""Alerts through any Airflow notifier: Slack, PagerDuty, Teams, whatever a provider brings."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context

from freshground.core.errors import ConfigError, Retriable

if TYPE_CHECKING:
    from freshground.core.settings import AirflowChannel
    from freshground.service.alerts.channels import Message


def imported(path: str, setting: str) -> Any:
    """Return what a dotted path names. ConfigError with the setting when there is no such thing."""
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"{setting}: {path} cannot be imported: {error}.",
            "Install the provider that holds it, or mend the path.",
        ) from None


def notify(channel: AirflowChannel, message: Message) -> None:
    """Tell a notifier, in a task. Its templates see `alert` beside Airflow's own names.

    Retriable when it fails.
    """
    make = imported(channel.notifier, "alerts.channels.notifier")
    context: Any = {**get_current_context(), "alert": message.as_dict()}
    try:
        make(**channel.kwargs)(context)
    except Exception as error:  # noqa: BLE001 - it is anybody's code, and the others are to be told
        # Not the error's own text: a notifier's often holds its URL or token.
        raise Retriable(
            f"The notifier {channel.notifier} failed ({type(error).__name__}).",
            "Check alerts.channels.kwargs and the connection it uses.",
        ) from None
