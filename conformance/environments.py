"""An environment for each framework, made once: none of them is a dependency of this project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = HERE / "scripts"


@dataclass(frozen=True)
class Case:
    """What is tried: packages with their versions, a script with its arguments, and over what.

    The first package gives the row its name. `tls`: its client refuses plain http.
    """

    name: str
    packages: tuple[str, ...]
    runs: tuple[tuple[str, ...], ...]
    tls: bool = False
    node: bool = False


SDK = "azure-search-documents"
CASES = (
    Case("Azure SDK for Python", (f"{SDK}==12.0.0",), (("python_sdk.py",),)),
    Case("Azure SDK for Python, 11", (f"{SDK}==11.6.0",), (("python_sdk.py",),), tls=True),
    Case(
        "Azure SDK for JavaScript",
        ("@azure/search-documents@13.0.0",),
        (("javascript_sdk.mjs",),),
        node=True,
    ),
    Case(
        "LangChain (community)",
        ("langchain-community==0.4.2", f"{SDK}==12.0.0", "azure-identity"),
        (
            ("langchain_store.py", "langchain_community.vectorstores.azuresearch"),
            ("langchain_store.py", "langchain_community.vectorstores.azuresearch", "managed"),
        ),
    ),
    Case(
        "LangChain (langchain-azure-ai)",
        ("langchain-azure-ai==1.2.12", f"{SDK}==12.0.0"),
        (
            ("langchain_store.py", "langchain_azure_ai.vectorstores.azuresearch"),
            ("langchain_store.py", "langchain_azure_ai.vectorstores.azuresearch", "managed"),
        ),
    ),
    Case("Haystack", ("azure-ai-search-haystack==5.0.0",), (("haystack_store.py",),)),
    Case(
        "LlamaIndex",
        ("llama-index-vector-stores-azureaisearch==0.6.0",),
        (("llamaindex_store.py",),),
        tls=True,
    ),
    Case(
        "Semantic Kernel",
        ("semantic-kernel==1.45.0", f"{SDK}==12.0.0"),
        (("semantic_kernel_store.py",),),
        tls=True,
    ),
    Case(
        "Microsoft Agent Framework",
        ("agent-framework-azure-ai-search==1.0.0b261015",),
        (("agent_framework_provider.py",),),
        tls=True,
    ),
)


class NotTried(Exception):
    """The environment cannot be made here; the text says why."""


def made(case: Case, folder: Path) -> tuple[list[str], str]:
    """Make a case's environment if there is none; return how scripts are run, and what is in it."""
    return _node(case, folder) if case.node else _python(case, folder)


def _python(case: Case, folder: Path) -> tuple[list[str], str]:
    place = folder / case.packages[0].replace("==", "-")
    python = place / "bin" / "python"
    done = place / "packages.txt"
    wanted = "\n".join(case.packages)
    if not (done.is_file() and done.read_text() == wanted):
        _run([sys.executable, "-m", "venv", "--clear", str(place)])
        _run([str(python), "-m", "pip", "install", "--quiet", *case.packages])
        done.write_text(wanted)
    listed = _run([str(python), "-m", "pip", "list", "--format", "json"])
    versions = {each["name"]: each["version"] for each in json.loads(listed)}
    named = dict.fromkeys((case.packages[0].partition("==")[0], SDK))
    return [str(python)], ", ".join(f"{name} {versions[name]}" for name in named)


def _node(case: Case, folder: Path) -> tuple[list[str], str]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotTried("node and npm are not installed")
    place = folder / "node"
    place.mkdir(parents=True, exist_ok=True)
    done = place / "packages.txt"
    wanted = "\n".join(case.packages)
    if not (done.is_file() and done.read_text() == wanted):
        (place / "package.json").write_text('{"private": true}')
        _run([npm, "install", "--silent", "--prefix", str(place), *case.packages])
        done.write_text(wanted)
    name, _, version = case.packages[0].rpartition("@")
    for (script,) in case.runs:
        # A module finds its packages from where it lies.
        shutil.copyfile(SCRIPTS / script, place / script)
    return [node], f"{name} {version}"


def script(case: Case, name: str, folder: Path) -> Path:
    """Return where a case's script lies."""
    return folder / "node" / name if case.node else SCRIPTS / name


def _run(command: list[str]) -> str:
    try:
        found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout or "").strip().splitlines()
        raise NotTried(last[-1] if last else f"status {error.returncode}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotTried(str(error)) from error
    return found.stdout
