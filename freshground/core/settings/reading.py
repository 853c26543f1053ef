"""Reads settings: a file, values from the environment, errors that a person can act on."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from freshground.core.errors import ConfigError
from freshground.core.settings.project import Settings

SETTINGS_FILE = "freshground.yaml"
_MASKED = ("storage_options", "kwargs")
_SECRET = (("key",), ("api_key",), ("password",), ("client_secret_env",))
"""Settings whose value no message repeats: somebody may have written the secret itself."""
_IN_YAML = (("valid tuple", "list"), ("valid dictionary or instance of Groups", "mapping `groups`"))
"""What pydantic calls things, and what they are called in a file."""
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _expand(value: Any, missing: list[str]) -> Any:
    if isinstance(value, str):

        def take(match: re.Match[str]) -> str:
            if match[1] not in os.environ:
                missing.append(match[1])
                return ""
            return os.environ[match[1]]

        return _VARIABLE.sub(take, value)
    if isinstance(value, dict):
        return {key: _expand(item, missing) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, missing) for item in value]
    return value


def _where(error: Any, raw: Any) -> str:
    """Return the place of a validation error as the user wrote it, without union tags."""
    parts: list[str] = []
    node = raw
    for part in error["loc"]:
        if isinstance(part, int):
            parts[-1:] = [f"{parts[-1]}[{part}]"] if parts else [f"[{part}]"]
            node = node[part] if isinstance(node, list) and part < len(node) else None
        elif isinstance(node, dict) and part in node:
            parts.append(part)
            node = node[part]
        elif error["type"] == "missing" and part == error["loc"][-1]:
            parts.append(part)
    return ".".join(parts)


def parse(raw: Any, root: Path, origin: str = SETTINGS_FILE) -> Settings:
    """Validate a mapping as settings. ConfigError names each wrong place and what was found."""
    if not isinstance(raw, dict):
        raise ConfigError(f"{origin} holds no mapping.", "See the README for the smallest one.")
    missing: list[str] = []
    expanded = _expand(raw, missing)
    if missing:
        raise ConfigError(
            f"{origin} names the environment variable {missing[0]}, which is not set.",
            f"Set it: export {missing[0]}=...",
        )
    for key in ("lake", "cache"):
        override = os.environ.get(f"FRESHGROUND_{key.upper()}")
        if override:
            expanded[key] = override
    try:
        return Settings.model_validate({**expanded, "root": root})
    except ValidationError as error:
        lines: dict[str, None] = {}
        found_errors = error.errors(include_url=False, include_context=False)
        places = [item["loc"] for item in found_errors]
        for item in found_errors:
            deeper = any(p[: len(item["loc"])] == item["loc"] != p for p in places)
            if deeper and item["type"] == "too_short":
                continue  # said of a list whose items are what is wrong
            place = _where(item, expanded)
            message = item["msg"].removeprefix("Value error, ")
            for said, meant in _IN_YAML:
                message = message.replace(said, meant)
            found = item["input"]
            plain = not isinstance(found, dict | list) and item["loc"][-1:] not in _SECRET
            shown = f" (found {found!r})" if plain else ""
            if item["type"] == "missing":
                message, shown = "is missing", ""
            elif item["type"] == "extra_forbidden":
                message, shown = f"{item['loc'][-1]!r} is no known setting", ""
            lines[f"  {place}: {message}{shown}" if place else f"  {message}"] = None
        raise ConfigError(f"{origin} cannot be used:\n" + "\n".join(lines)) from None


def load(path: str | Path | None = None) -> Settings:
    """Read settings from `path`, else $FRESHGROUND_SETTINGS, else ./freshground.yaml."""
    place = Path(path or os.environ.get("FRESHGROUND_SETTINGS") or SETTINGS_FILE)
    if place.is_dir():
        place = place / SETTINGS_FILE
    try:
        text = place.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"There is no settings file at {place}.",
            "Write one with `freshground init`, or name it with --settings.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place} cannot be read: {error}.", "Check the file.") from None
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{place} is no valid YAML: {error}", "Mend the line named.") from None
    return parse(raw, place.resolve().parent, str(place)).read_from(place.resolve())


def masked(settings: Settings) -> dict[str, Any]:
    """Return the settings as JSON-ready data with every secret as ***."""
    data = settings.model_dump(mode="json")

    def hide(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: dict.fromkeys(item, "***")
                if key in _MASKED and isinstance(item, dict)
                else hide(item)
                for key, item in node.items()
            }
        if isinstance(node, list):
            return [hide(item) for item in node]
        return node

    return hide(data)
