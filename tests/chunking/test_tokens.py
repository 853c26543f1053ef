from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import tiktoken.load

from chunking import tokens
from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def test_counts_are_those_of_the_published_vocabulary() -> None:
    texts = [
        "",
        "hello world",
        "tiktoken is great!",
        "お誕生日おめでとう",
        "antidisestablishmentarianism",
    ]
    assert tokens.count(texts) == [0, 2, 6, 9, 6]


def test_what_looks_like_a_special_token_is_ordinary_text() -> None:
    assert tokens.count(["<|endoftext|>"])[0] > 1


def test_tiktoken_finds_the_installed_vocabulary_without_reading_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tokens.CACHE_VARIABLE, str(tmp_path / "cache"))

    def refuse(path: str) -> bytes:
        raise AssertionError(f"tiktoken fetched {path}")

    monkeypatch.setattr(tiktoken.load, "read_file", refuse)
    path = tokens.install()
    assert path.parent == tmp_path / "cache"
    from tiktoken_ext.openai_public import cl100k_base

    assert len(cl100k_base()["mergeable_ranks"]) == 100_256


def test_a_damaged_vocabulary_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tokens.CACHE_VARIABLE, str(tmp_path))
    path = tokens.install()
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    assert tokens.install().read_bytes() == whole
    assert [p.name for p in tmp_path.iterdir()] == [tokens.CACHE_NAME]


def test_a_right_vocabulary_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tokens.CACHE_VARIABLE, str(tmp_path))
    before = tokens.install().stat()
    assert tokens.install().stat() == before


def test_a_folder_that_cannot_be_made_is_a_settings_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tokens.CACHE_VARIABLE, str(tmp_path / "cache"))
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match=tokens.CACHE_VARIABLE):
        tokens.install()


def test_the_module_imports_nothing_heavy() -> None:
    code = "import sys, chunking.chunker; print('tiktoken' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
