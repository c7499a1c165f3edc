"""The stand-in in Mesa 3: every entity is an agent, a stage is one ``do`` over the agents of a type.

Organisations come and go as agents do in Mesa: made when founded, removed when they end.
"""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from benchmarks.peers.entities import KINDS, STAGES
from benchmarks.peers.network import Network
from benchmarks.peers.objects import Stage


def _agent(kind: type) -> type:
    def make(self: Any, model: Any, *given: Any) -> None:
        mesa.Agent.__init__(self, model)
        self.setup(*given)

    return type(kind.__name__, (kind, mesa.Agent), {"__init__": make})


AGENTS = {kind.__name__: _agent(kind) for kind in KINDS}
_STAGES = tuple((kind and AGENTS[kind.__name__], what) for kind, what in STAGES)


class Model(Stage, mesa.Model):
    """The stand-in as a Mesa model; Mesa's own generators are seeded but draw nothing."""

    def __init__(self, net: Network, parameters: np.ndarray, key: int, begun: dict[str, np.ndarray], row: int = 0):
        mesa.Model.__init__(self, seed=1)
        self.arrange(net, parameters, key, begun, row)

    def make(self, kind: str, *given: Any) -> Any:
        return AGENTS[kind](self, *given)

    def step(self) -> None:
        """One month."""
        for kind, what in _STAGES:
            if kind is None:
                getattr(self, what)()
            elif kind in self.agents_by_type:
                self.agents_by_type[kind].do(what)
        self.month += 1
