"""Which project `make up` serves, and where its Airflow keeps what is secret."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dags
from freshground.core.errors import ConfigError
from freshground.core.settings import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAMPLES = Path(dags.__file__).resolve().parent.parent / "examples"
_SAMPLE_PARTS = ("handbook", "records", SETTINGS_FILE)
_JWT_BYTES = 64


def settings_file(named: str | None, environ: Mapping[str, str], work: Path) -> Path:
    """Return the settings to use: the one named, $FRESHGROUND_SETTINGS, ./freshground.yaml.

    Without any of them the samples are copied to `work`/sample, so that the sample folder is not
    written to; a copy that is there already stays as it is. ConfigError when there are none.
    """
    place = named or environ.get("FRESHGROUND_SETTINGS")
    if place:
        return Path(place).resolve()
    here = Path(SETTINGS_FILE).resolve()
    if here.is_file():
        return here
    copy = work / "sample"
    if not (copy / SETTINGS_FILE).is_file():
        if not (_SAMPLES / SETTINGS_FILE).is_file():
            raise ConfigError(
                f"There is no settings file at {here}.",
                "Write one with `freshground init`, or name it with --settings.",
            )
        # The settings last: while they are not there, the copy is not whole and is made again.
        for part in _SAMPLE_PARTS:
            source = _SAMPLES / part
            if source.is_dir():
                shutil.copytree(source, copy / part, dirs_exist_ok=True)
            else:
                shutil.copy2(source, copy / part)
    return copy / SETTINGS_FILE


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a local Airflow keeps between two starts. `admin` is the password of the only user."""

    admin: str
    database: str
    jwt: str
    session: str


def keep_secrets(home: Path) -> tuple[Secrets, bool]:
    """Return the secrets of an Airflow home, and whether they were made just now.

    They stand in files that only their owner reads. ConfigError when the file cannot be read.
    """
    place = home / "secrets.json"
    new = not place.exists()
    if new:
        made = Secrets(
            secrets.token_urlsafe(12),
            secrets.token_urlsafe(24),
            secrets.token_hex(_JWT_BYTES // 2),
            secrets.token_hex(16),
        )
        write_private(place, json.dumps(asdict(made)))
        write_private(home / "passwords.json", json.dumps({"admin": made.admin}) + "\n")
    try:
        return Secrets(**json.loads(place.read_text())), new
    except (ValueError, TypeError):
        raise ConfigError(
            f"{place} is damaged.", f"Remove {home} to start with an empty Airflow."
        ) from None


def write_private(place: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    place.unlink(missing_ok=True)
    place.touch(mode=0o600)
    place.write_text(text)
