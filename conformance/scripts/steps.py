"""What every script shares: where the service is, and one line of JSON for each step.

It runs in environments of others, so it needs nothing but Python.
"""

import json
import math
import os
import zlib

ENDPOINT = os.environ["CONFORMANCE_ENDPOINT"]
ADMIN_KEY = os.environ["CONFORMANCE_ADMIN_KEY"]
MANAGED = os.environ["CONFORMANCE_MANAGED"]

TEXTS = {
    "storm": "Storm damage to roofs is covered up to 900 euros.",
    "water": "Water damage by broken pipes is covered, floods are not.",
    "theft": "Theft of bicycles is covered when they were locked.",
    "travel": "Trains and trams within the city are paid for.",
}
DIMENSIONS = 64


def embed(text):
    """Return a unit vector of words: near for texts that share words. Any encoder would do."""
    vector = [0.0] * DIMENSIONS
    for word in text.lower().replace(".", " ").replace(",", " ").split():
        vector[zlib.crc32(word.encode()) % DIMENSIONS] += 1.0
    length = math.sqrt(sum(x * x for x in vector)) or 1.0
    return [x / length for x in vector]


def step(what, run, refusal=None):
    """Run one step and say how it went; with `refusal`, the named error is what should come."""
    try:
        run()
    except Exception as error:  # a script goes on, and the table tells
        said = _said(error)
        if refusal is not None and refusal in said:
            tell(what, "refused", refusal)
        else:
            tell(what, "fails", said)
        return False
    if refusal is not None:
        tell(what, "fails", f"{refusal} was expected")
        return False
    tell(what, "works")
    return True


def tell(what, outcome, note=""):
    print(json.dumps({"step": what, "outcome": outcome, "note": note[:300]}), flush=True)


def _said(error):
    parts = []
    while error is not None and len(parts) < 5:
        parts.append(f"{type(error).__name__}: {error}")
        error = error.__cause__ or error.__context__
    return " < ".join(" ".join(part.split()) for part in parts)
