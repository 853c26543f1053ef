"""The real history: dated commits over a folder, applied one by one."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.project import OLD, Project


@dataclass(frozen=True)
class History:
    """`steps` are commits in order. `keep` names the files of the sample, None for all."""

    folder: Path
    steps: list[dict[str, Any]]
    keep: frozenset[str] | None

    @classmethod
    def read(cls, folder: Path, documents: int | None = None, steps: int | None = None) -> History:
        """Return the history, or of its first `steps` commits those files and others besides."""
        lines = (folder / "steps.jsonl").read_text().splitlines()
        found = [json.loads(line) for line in lines][:steps]
        if documents is None:
            return cls(folder, found, None)
        touched = {
            c[n] for s in found for c in s["changes"] for n in ("path", "old_path") if n in c
        }
        base = sorted(_files(folder / "base"))
        others = [name for name in base if name not in touched]
        step = max(1, len(others) // max(1, documents - len(touched)))
        return cls(folder, found, frozenset(touched) | frozenset(others[::step][:documents]))

    def wants(self, path: str) -> bool:
        return self.keep is None or path in self.keep

    def start(self, project: Project) -> None:
        """Write the state before the first commit."""
        for name in _files(self.folder / "base"):
            if self.wants(name):
                project.write(name, (self.folder / "base" / name).read_bytes(), at=OLD)

    def apply(self, project: Project, step: dict[str, Any]) -> None:
        """Apply one commit: deletes, sources of renames, then writes, all at the commit's date."""
        at = datetime.fromisoformat(step["date"])
        changes = [change for change in step["changes"] if self.wants(change["path"])]
        for change in changes:
            if change["status"] == "D":
                project.delete(change["path"])
            if change["status"] == "R":
                project.delete(change["old_path"])
        new = self.folder / "steps" / f"{step['n']:04d}"
        for change in changes:
            if change["status"] != "D":
                project.write(change["path"], (new / change["path"]).read_bytes(), at=at)

    def final(self) -> dict[str, str]:
        """Return the SHA-256 of each file after the last commit, by path."""
        lines = (self.folder / "final_sha256.tsv").read_text().splitlines()
        return {path: digest for digest, path in (line.split("\t") for line in lines)}


def _files(folder: Path) -> list[str]:
    return [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()]


def remove_lake(project: Project) -> None:
    """Free the disk of a clean build."""
    shutil.rmtree(project.root / project.lake)
