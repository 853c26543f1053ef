"""The stages: `(Context, Scope) -> StageReport`. DAGs, the command line and tests call these.

Running a stage twice does nothing the second time; killing it anywhere and running it again ends
in the same state.
"""

from freshground.service.stages.admit import admit
from freshground.service.stages.bronze import ingest, look
from freshground.service.stages.build import build, confirm
from freshground.service.stages.canary import canary
from freshground.service.stages.embed import embed
from freshground.service.stages.gold import gold
from freshground.service.stages.silver import silver

__all__ = ["admit", "build", "canary", "confirm", "embed", "gold", "ingest", "look", "silver"]
