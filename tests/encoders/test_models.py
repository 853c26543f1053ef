"""Finding models, and refusing weights that are not the published ones."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from freshground.core.errors import ConfigError, Fatal
from indexes.encoders import models
from indexes.encoders.models import describe, find_model

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def _folder(
    at: Path, weights: bytes = b"weights", pooling: dict[str, object] | None = None
) -> Path:
    (at / "1_Pooling").mkdir(parents=True)
    (at / "model.safetensors").write_bytes(weights)
    kinds = ("Transformer", ""), ("Pooling", "1_Pooling"), ("Dense", "2_Dense"), ("Normalize", "3")
    modules = [{"path": path, "type": f"st.models.{kind}"} for kind, path in kinds]
    (at / "modules.json").write_text(json.dumps(modules))
    config = pooling or {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (at / "1_Pooling" / "config.json").write_text(json.dumps(config))
    return at


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_default_model_is_the_published_one(name: str) -> None:
    model = find_model(name, str)
    assert model.weights == PUBLISHED
    assert (model.name, model.pooling) == ("all-MiniLM-L6-v2", "mean")


def test_one_changed_byte_of_the_packaged_weights_is_fatal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "package" / "model"
    shutil.copytree(find_model("all-MiniLM-L6-v2", str).folder, copy)
    with (copy / "model.safetensors").open("r+b") as stream:
        stream.seek(50_000_000)
        byte = stream.read(1)
        stream.seek(50_000_000)
        stream.write(bytes([byte[0] ^ 1]))
    monkeypatch.setattr(models, "_packaged_folder", lambda *_: copy)
    with pytest.raises(Fatal, match=f"not {PUBLISHED}") as caught:
        find_model("all-MiniLM-L6-v2", str)
    assert "Install the package again" in caught.value.do


def test_a_file_that_changes_in_place_is_hashed_again(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "m")
    first = describe("m", folder).weights
    weights = folder / "model.safetensors"
    at = weights.stat().st_mtime_ns + 1_000_000
    weights.write_bytes(b"Weights")
    os.utime(weights, ns=(at, at))
    assert describe("m", folder).weights != first


def test_identity_is_content_not_place(tmp_path: Path) -> None:
    here, there = _folder(tmp_path / "a"), _folder(tmp_path / "b")
    one, other = describe("m", here), describe("m", there)
    assert (one.weights, one.config) == (other.weights, other.config)
    (there / "config.json").write_text('{"max_position_embeddings": 128}')
    changed = describe("m", there)
    assert changed.weights == one.weights
    assert changed.config != one.config


def test_weights_in_several_files_all_count(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "m")
    alone = describe("m", folder).weights
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "model.safetensors").write_bytes(b"dense")
    assert describe("m", folder).weights != alone


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode_cls_token": True}, "cls>dense"),
        ({"pooling_mode_max_tokens": True, "pooling_mode_mean_tokens": True}, "max+mean>dense"),
        ({"pooling_mode": "lasttoken"}, "lasttoken>dense"),
        ({"pooling_mode": ["cls", "mean"]}, "cls+mean>dense"),
    ],
)
def test_pooling_is_read_in_old_and_new_form(
    tmp_path: Path, config: dict[str, object], pooling: str
) -> None:
    assert describe("m", _folder(tmp_path / "m", pooling=config)).pooling == pooling


def test_a_relative_folder_counts_from_the_settings(tmp_path: Path) -> None:
    _folder(tmp_path / "models" / "mine")
    found = find_model("models/mine", lambda name: str(tmp_path / name))
    assert found.folder == tmp_path / "models" / "mine"


def test_what_is_not_here_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no model 'no/such-model'"):
        find_model("no/such-model", lambda name: str(tmp_path / name))
    (tmp_path / "hollow").mkdir()
    with pytest.raises(ConfigError, match="holds no weights"):
        find_model("hollow", lambda name: str(tmp_path / name))
    broken = _folder(tmp_path / "broken")
    (broken / "modules.json").write_text("[")
    with pytest.raises(ConfigError, match=r"modules\.json cannot be read"):
        find_model("broken", lambda name: str(tmp_path / name))
