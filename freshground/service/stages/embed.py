"""The embed stage: vectors for the chunk texts that an index is to serve and its space lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.desired import desired
from freshground.service.plans.budget import limited, measured, note_spent, read_meters
from freshground.service.stages.frame import stage
from freshground.service.stages.golden import golden
from indexes import embed as layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.settings import IndexSettings
    from freshground.lake.ledger import Current
    from freshground.service.context import Context
    from freshground.service.desired import Desired
    from freshground.service.reports import Scope, StageReport

_COUNTED_FROM = 20
"""Documents from which on counting texts beforehand is little beside embedding them."""


def embed(context: Context, scope: Scope) -> StageReport:
    """Embed what the plan of `scope.index` writes anew; nothing when nothing changed."""
    index = context.settings.index(scope.index or "")
    inputs = [f"gold/{source}" for source in index.sources]
    with stage(context, "embed", index.id, inputs, f"vectors/{index.id}") as report:
        golden(context, index)  # a file of questions that is wrong is said before the expense
        state = desired(context, index)
        encoder = context.encoder(index)
        ready = [d for d in state.build.written if d.doc_id not in state.uncut]
        done = layer.EmbedReport()
        total = _texts(context, ready, state)
        with context.progress.bar(f"embed {index.id}", total, "texts") as step:
            for documents, most, one_anyway in _portions(context, index, state, ready):
                part = layer.write(
                    context.lake,
                    context.ledger,
                    documents,
                    state.recipe.chunker_id,
                    lambda: encoder,
                    encoder.space.id,
                    context.run_id,
                    step,
                    most_tokens=most,
                    one_anyway=one_anyway,
                )
                if part.embedded:
                    note_spent(context, index, part)
                    if limited(context):
                        context.lake.journal.commit()  # a run that is killed now has spent it
                done += part
        report.counts = {
            "texts_needed": done.needed,
            "texts_embedded": done.embedded,
            "vectors_reused": done.needed - done.embedded - done.deferred,
            "tokens": round(done.tokens),
            "rows": done.embedded,
        }
        report.outcome = "done" if done.embedded else "nothing"
        if done.deferred:
            report.outcome = "waiting"
            report.counts["texts_deferred"] = done.deferred
            report.message = (
                f"Index {index.id!r} is written anew, and {done.deferred} of its texts wait for "
                "the budget. Until they are embedded "
                + ("the old release is served on" if state.live else "nothing is served")
                + "; refreshes go on with them as a run or day (UTC) has room."
            )
    return report


def _texts(context: Context, ready: list[Current], state: Desired) -> int:
    """Return how many texts are to be embedded, for the bar; 0 for few documents: not counted."""
    if len(ready) < _COUNTED_FROM:
        return 0
    hashes = context.ledger.text_hashes(ready, state.recipe.chunker_id)
    return len(hashes - context.ledger.known_vectors(state.recipe.space_id))


def _portions(
    context: Context, index: IndexSettings, state: Desired, ready: list[Current]
) -> Iterator[tuple[list[Current], float | None, bool]]:
    """Yield documents, the tokens that they may take, None for all, and whether one text may more.

    What a listing measured and let in is not measured again. The rest shares what is left then.
    """
    if not ready or not limited(context):
        yield ready, None, False
        return
    paid = measured(context, index, state)
    yield [d for d in ready if d.doc_id in paid], None, False
    rest = [d for d in ready if d.doc_id not in paid]
    if rest:
        yield rest, *read_meters(context).left(index.id)
