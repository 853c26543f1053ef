"""The embed stage: vectors for the chunk texts that an index is to serve and its space lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.stages.desired import desired
from freshground.service.stages.frame import stage
from freshground.service.stages.golden import golden
from indexes import embed as layer

if TYPE_CHECKING:
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport


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
            )
        report.counts = {
            "texts_needed": done.needed,
            "texts_embedded": done.embedded,
            "vectors_reused": done.needed - done.embedded,
            "rows": done.embedded,
        }
        report.outcome = "done" if done.embedded else "nothing"
    return report
