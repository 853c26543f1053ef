"""Every module can be the first that a process imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import freshground

pytestmark = pytest.mark.slow

ALONE = """
import importlib, json, sys
own = ("freshground", "ingestion", "chunking", "quality", "indexes")
failed = {}
for name in json.loads(sys.argv[1]):
    for known in [m for m in sys.modules if m.split(".")[0] in own]:
        del sys.modules[known]
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed[name] = str(error)
print(json.dumps(failed))
"""


def test_no_module_needs_another_to_be_imported_before_it() -> None:
    root = Path(freshground.__file__).parent
    names = [
        ".".join(path.relative_to(root.parent).with_suffix("").parts)
        for path in sorted((root / "service").rglob("*.py"))
        if path.name != "__init__.py"
    ]
    assert "freshground.service.alerts.watch" in names
    done = subprocess.run(
        [sys.executable, "-c", ALONE, json.dumps(names)],
        cwd=root.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}


def test_help_loads_nothing_that_reads_a_lake() -> None:
    heavy = {"pandas", "numpy", "pyarrow", "deltalake"}
    code = f"import sys, freshground.service.cli.app; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=Path(freshground.__file__).parent.parent,
    )  # fmt: skip
    assert done.stdout.strip() == "set()"
