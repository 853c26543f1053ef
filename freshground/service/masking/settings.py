"""The settings of a lower environment: production's, without what reaches production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from freshground.core.settings import (
    SETTINGS_FILE,
    Admission,
    Airflow,
    Alerts,
    Budget,
    Gates,
    Guards,
    Masking,
    RemoteEncoder,
    Scope,
    Serve,
    Telemetry,
)
from freshground.core.settings.project import Lineage

if TYPE_CHECKING:
    from freshground.core.settings import EncoderSettings, IndexSettings, Settings

_HEAD = """\
# Written by `freshground export --mask`. The documents in this lake are masked; the folders of its
# sources do not exist, so that a refresh takes nothing in: point them at data of your own.
"""


def lowered(settings: Settings, lake: str) -> Settings:
    """Return settings over another lake, that reach no source, service or person of this one.

    What was admitted in production is served as it is. Azure's indexes become local ones.
    """
    open_policy = Admission(personal="allow", secret="allow", injection="allow", models=False)  # noqa: S106
    sources = tuple(
        source.model_copy(
            update={
                "admission": open_policy,
                "storage_options": {},
                "url": f"sources/{source.id}",
                "guards": Guards(),
                "scope": Scope(),
                "retention": None,
                "labels": None,
            }
        )
        for source in settings.sources
    )
    indexes = tuple(
        index.model_copy(
            update={
                "gates": Gates(),
                "canary": None,
                "budget": Budget(),
                "engine": "lance" if index.engine == "azure" else index.engine,
                "azure": None,
            }
        )
        for index in settings.indexes
    )
    return settings.model_copy(
        update={
            "lake": lake,
            "sources": sources,
            "indexes": indexes,
            "lineage": Lineage(transport="none"),
            "airflow": Airflow(),
            "alerts": Alerts(),
            "budget": Budget(),
            "serve": Serve(),
            "telemetry": Telemetry(),
            "masking": Masking(),
        }
    )


def written(settings: Settings, known: Settings) -> tuple[str, bytes]:
    """Return name and content of the settings file that belongs into the new lake.

    No secret stands in it: an encoder's key is left to the environment variable ENCODER_API_KEY.
    """
    body: dict[str, Any] = {
        "lake": settings.lake if "://" in settings.lake else ".",
        "chunking": settings.chunking.model_dump(mode="json"),
        "encoder": _encoder(settings.encoder, known),
        "sources": [
            {
                "id": source.id,
                "type": source.type,
                "url": source.url,
                "access": source.model_dump(mode="json")["access"],
                **({"html": source.html} if source.type == "files" else {}),
                "admission": {"secret": "allow", "injection": "allow"},
            }
            for source in settings.sources
        ],
        "indexes": [_index(index, known) for index in settings.indexes],
    }
    text = yaml.safe_dump(body, sort_keys=False, allow_unicode=True)
    return SETTINGS_FILE, (_HEAD + text).encode()


def _index(index: IndexSettings, known: Settings) -> dict[str, Any]:
    kept = {"id", "sources", "fields", "chunking", "language", "fusion", "engine", "keep_releases"}
    kept |= {"duplicates"}
    body = index.model_dump(mode="json", include=kept, exclude_none=True)
    if index.encoder is not None:
        body["encoder"] = _encoder(index.encoder, known)
    return body


def _encoder(encoder: EncoderSettings, known: Settings) -> dict[str, Any]:
    body = encoder.model_dump(mode="json", exclude_none=True)
    if isinstance(encoder, RemoteEncoder):
        body["api_key"] = "${ENCODER_API_KEY}"
        body["timeout"] = f"{encoder.timeout.total_seconds():g}s"
    elif "/" in encoder.model:
        body["model"] = known.resolve(encoder.model)  # a folder: the new file lies elsewhere
    return body
