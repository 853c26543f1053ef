"""Encoders: texts in, unit vectors of one embedding space out.

Importing this package loads no model and no runtime; `open_encoder` does the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from freshground.core.settings import LocalEncoder, RemoteEncoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from freshground.core.records import Encoder

__all__ = ["open_encoder"]


def open_encoder(
    settings: LocalEncoder | RemoteEncoder,
    cache: Path,
    resolve: Callable[[str], str],
    token_counter: Callable[[Sequence[str]], list[int]] | None = None,
) -> Encoder:
    """Return the encoder that the settings name.

    `space`, `max_tokens` and `count_tokens` are ready at once. A local model's runtime is loaded
    by the first `encode`, `encode_query` or look at `runtime`; its first use ever exports the model
    into `cache`. `resolve` makes a relative folder absolute (`Settings.resolve`). `token_counter`
    counts a remote model's tokens, which nothing here can.

    Raises ConfigError (unknown model, missing runtime or cache) and Fatal (weights that are not
    the published ones, a runtime that the probe texts refuse).
    """
    if isinstance(settings, RemoteEncoder):
        from indexes.encoders.openai import OpenAIEncoder

        return OpenAIEncoder(settings, token_counter)
    from indexes.encoders.hashing import HashEncoder

    if HashEncoder.knows(settings.model):
        return HashEncoder.named(settings.model, settings.prefix, settings.query_prefix)
    from indexes.encoders.local import open_local

    # `runtime` is computed at the first look, which a protocol's plain attribute cannot say.
    return cast("Encoder", open_local(settings, cache, resolve))
