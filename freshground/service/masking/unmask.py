"""Gives masked values back to who holds the key. Every time it is recorded who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.lake.sealed import Sealed
from freshground.service.accounts import ACTION
from freshground.service.denial.overlay import REFLECTED
from freshground.service.lineage.naming import named
from freshground.service.masking.keys import masking_key
from quality.admission.pseudonyms import PSEUDONYM

if TYPE_CHECKING:
    from freshground.service.context import Context


def unmask(
    context: Context, text: str, *, document: str | None = None, comment: str = ""
) -> dict[str, Any]:
    """Return a text with its pseudonyms replaced by what they stand for.

    `document` (uri, key or doc_id) says where to look; without it, everywhere. `unknown` lists the
    pseudonyms that nothing is sealed of under this key. What is taken down is for nobody, and gives
    nothing back. ConfigError without a key.
    """
    key = masking_key(context)
    if key.sealing is None:
        raise ConfigError(
            "Nothing gives masked values back: the project has no `masking.key`.",
            "Values masked without one are gone from what is served; see the source.",
        )
    from quality.admission.sealing import opened

    wanted = list(dict.fromkeys(PSEUDONYM.findall(text)))
    if not wanted:
        raise ConfigError(
            "No pseudonym stands in the text.", "One looks like [EMAIL-kqzvbtwmxrd]; quote it."
        )
    doc_id = None if document is None else named(context, document).document().doc_id
    active = context.lake.denials.active()
    gone = {name for d in active if d.kind not in REFLECTED for name in d.doc_ids}
    found: dict[str, str] = {}
    for holder, sealed in Sealed(context.lake.files).all(key.id, doc_id):
        for pseudonym in wanted if holder not in gone else ():
            if pseudonym in sealed and pseudonym not in found:
                value = opened(key.sealing, holder, pseudonym, sealed[pseudonym])
                if value is not None:
                    found[pseudonym] = value
        if len(found) == len(wanted):
            break
    unknown = [pseudonym for pseudonym in wanted if pseudonym not in found]
    body = {
        "action": "unmask",
        "by": context.by,
        "role": "",
        "comment": comment,
        "given": sorted(found),
        "unknown": unknown,
    }
    context.lake.journal.add(context.run_id, ACTION, doc_id or "all documents", body)
    context.lake.journal.commit()  # before the answer: nobody reads unrecorded
    return {
        "text": PSEUDONYM.sub(lambda match: found.get(match[0], match[0]), text),
        "values": found,
        "unknown": unknown,
    }
