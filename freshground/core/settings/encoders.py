"""How text is cut and turned into vectors."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Discriminator, Field, SecretStr, Tag, model_validator

from freshground.core.settings.values import Duration, Section


class Chunking(Section):
    """How documents are cut. Sizes are tiktoken tokens of `encoding`.

    `max_encoder_tokens` None means: whatever the encoder reads at most.
    """

    max_tokens: int = Field(200, ge=16, le=8192)
    overlap: int = Field(0, ge=0)
    encoding: Literal["cl100k_base"] = "cl100k_base"
    max_encoder_tokens: int | None = Field(None, ge=16)

    @model_validator(mode="after")
    def _overlap_fits(self) -> Chunking:
        if self.overlap * 2 > self.max_tokens:
            raise ValueError("overlap may be at most half of max_tokens")
        return self


class LocalEncoder(Section):
    """A sentence-transformers model: a name known to Freshground, or a folder that holds one.

    `runtime` auto takes the fastest that the probe texts admit to the embedding space.
    `price_per_million_tokens` is what plans and budgets reckon with, in any currency.
    """

    type: Literal["sentence-transformers"] = "sentence-transformers"
    model: str = "all-MiniLM-L6-v2"
    prefix: str = ""
    query_prefix: str = ""
    runtime: Literal["auto", "openvino", "onnxruntime", "torch"] = "auto"
    batch_size: int = Field(32, ge=1)
    price_per_million_tokens: float = Field(0.0, ge=0)


class RemoteEncoder(Section):
    """Azure OpenAI or an OpenAI-compatible endpoint.

    `url` is the base that `/embeddings` is appended to. With `api: azure` the key goes into the
    header `api-key` and `api_version` into the query. `price_per_million_tokens` is what plans and
    budgets reckon with, in any currency.
    """

    type: Literal["openai"]
    url: str
    model: str
    dimensions: int = Field(gt=0)
    api_key: SecretStr
    api: Literal["openai", "azure"] = "openai"
    api_version: str | None = None
    prefix: str = ""
    query_prefix: str = ""
    max_tokens: int = 8191
    encoding: Literal["cl100k_base"] = "cl100k_base"
    batch_size: int = Field(64, ge=1)
    price_per_million_tokens: float = Field(0.0, ge=0)
    timeout: Duration = timedelta(seconds=60)
    max_attempts: int = Field(6, ge=1)


def _encoder_type(value: object) -> object:
    if isinstance(value, dict):
        return value.get("type", "sentence-transformers")
    return getattr(value, "type", None)


EncoderSettings = Annotated[
    Annotated[LocalEncoder, Tag("sentence-transformers")] | Annotated[RemoteEncoder, Tag("openai")],
    Discriminator(_encoder_type),
]
