"""The embed stage: vectors for the chunk texts that an index is to serve and its space lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.budget import left_for_rewriting, limited, note_spent
from freshground.service.stages.desired import desired
from freshground.service.stages.frame import stage
from freshground.service.stages.golden import golden
from indexes import embed as layer

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport
    from freshground.service.stages.desired import Desired


def embed(context: Context, scope: Scope) -> StageReport:
    """Embed what the plan of `scope.index` writes anew; nothing when nothing changed."""
    index = context.settings.index(scope.index or "")
    inputs = [f"gold/{source}" for source in index.sources]
    with stage(context, "embed", index.id, inputs, f"vectors/{index.id}") as report:
        golden(context, index)  # a file of questions that is wrong is said before the expense
        state = desired(context, index)
        encoder = context.encoder(index)
        ready = [d for d in state.build.written if d.doc_id not in state.uncut]
        with context.progress.bar(f"embed {index.id}", 0, "texts") as step:
            done = layer.write(
                context.lake,
                context.ledger,
                ready,
                state.recipe.chunker_id,
                lambda: encoder,
                encoder.space.id,
                context.run_id,
                step,
                most_tokens=_most(context, index, state),
            )
        report.counts = {
            "texts_needed": done.needed,
            "texts_embedded": done.embedded,
            "vectors_reused": done.needed - done.embedded - done.deferred,
            "tokens": round(done.tokens),
            "rows": done.embedded,
        }
        report.outcome = "done" if done.embedded else "nothing"
        if done.embedded:
            note_spent(context, index, done.embedded, done.tokens)
        if done.deferred:
            report.outcome = "waiting"
            report.counts["texts_deferred"] = done.deferred
            report.message = (
                f"Index {index.id!r} is written anew, and {done.deferred} of its texts wait for "
                "the budget. The old release is served on; the next refresh goes on embedding."
            )
    return report


def _most(context: Context, index: IndexSettings, state: Desired) -> float | None:
    """Return how many tokens may be embedded, None for all.

    What changed at the source was measured when it was let in, and is not measured again.
    """
    if state.live is None or state.same_recipe or not limited(context):
        return None
    return left_for_rewriting(context, index)
