"""Every module can be the first of its layer that a process imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import freshground

pytestmark = pytest.mark.slow

LAYERS = (
    "freshground.core", "freshground.lake", "ingestion", "chunking", "quality", "indexes",
    "freshground.service",
)  # fmt: skip
"""No layer imports one behind it, as `make lint` sees to: what waits for itself is within one."""

FIRST = """
import importlib, json, sys
layers, names = json.loads(sys.argv[1])
failed = {}
for name in names:
    importlib.import_module(name)
for layer in layers:
    loaded = [m for m in sys.modules if m == layer or m.startswith(layer + ".")]
    for name in loaded:
        for known in [m for m in sys.modules if m == layer or m.startswith(layer + ".")]:
            del sys.modules[known]
        try:
            importlib.import_module(name)
        except ImportError as error:
            failed[name] = str(error)
print(json.dumps(failed))
"""


def test_no_module_needs_another_to_be_imported_before_it() -> None:
    """Those of the service, and whatever they import."""
    root = Path(freshground.__file__).parent
    names = [
        ".".join(path.relative_to(root.parent).with_suffix("").parts)
        for path in sorted((root / "service").rglob("*.py"))
        if path.name != "__init__.py"
    ]
    assert "freshground.service.alerts.watch" in names
    done = subprocess.run(
        [sys.executable, "-c", FIRST, json.dumps([LAYERS, names])],
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
