"""Run compiled source in the interpreter and count what it does: arithmetic, functions, loads and stores.

The source is that of the compiled processes, read as it is imported and rewritten so that every operation on floats
calls a counter first. Nothing is estimated from sizes, and the results are checked against those of compiled code:
what was counted is what was computed. Counts are of the algorithm as written, before the compiler removes, fuses or
vectorises anything.

    python -m benchmarks.limits.count JOB     (a pickled `Job`; prints one line of JSON)
"""

from __future__ import annotations

import ast
import builtins
import importlib.machinery
import json
import math
import os
import pickle
import sys
import time
from collections import Counter
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

COMPILED = {"compiled", "inlined", "brief", "hidden"}
WATCHED = ("qorgau.model.", "benchmarks.peers.kernel")
_NAMES = {ast.Add: "add", ast.Sub: "add", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power"}
_MATH = {"exp", "log", "sqrt", "tanh"}


@dataclass(frozen=True)
class Job:
    """What to run: one subject from a state over some months; ``counted`` or only timed."""

    subject: str
    world: Any
    parameters: Any
    keys: np.ndarray
    state: dict[str, np.ndarray]
    on: np.ndarray | None
    first: int
    months: int
    counted: bool


class Rewrite(ast.NodeTransformer):
    """Puts counters into functions that would be compiled."""

    def __init__(self) -> None:
        self._inside = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        names = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
        if not self._inside and names & COMPILED:
            self._inside = True
            self.generic_visit(node)
            self._inside = False
        return node

    def _call(self, name: str, *given: ast.expr) -> ast.expr:
        return ast.Call(ast.Name(name, ast.Load()), list(given), [])

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        name = _NAMES.get(type(node.op))
        if not self._inside or name is None:
            return node
        return ast.copy_location(self._call("_counted", ast.Constant(name), node), node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not self._inside or not isinstance(node.ctx, ast.Load):
            return node
        return ast.copy_location(self._call("_counted", ast.Constant("load"), node), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        f = node.func
        if self._inside and isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) and f.value.id == "math":
            return ast.copy_location(self._call("_counted", ast.Constant(f.attr), node), node)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        if not self._inside:
            return node
        value = ast.BinOp(_read(node.target), node.op, node.value)
        return self.visit(ast.fix_missing_locations(ast.copy_location(ast.Assign([node.target], value), node)))

    def visit_Assign(self, node: ast.Assign) -> Any:
        self.generic_visit(node)
        target = node.targets[0]
        if not self._inside or not isinstance(target, ast.Subscript):
            return node
        stored = self._call("_stored", _read(target))
        return [node, ast.copy_location(ast.Expr(stored), node)]


def _read(target: ast.expr) -> ast.expr:
    """The value that stands at a target, as an expression of its own."""
    return ast.parse(ast.unparse(target), mode="eval").body


class Loader(importlib.machinery.SourceFileLoader):
    """Reads a module rewritten; never from or to a file of bytecode."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        tree = Rewrite().visit(ast.parse(self.get_data(path), path))
        return compile(ast.fix_missing_locations(tree), path, "exec")


class Finder:
    """Finds the modules that are to be counted."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        if not name.startswith(WATCHED):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec and spec.origin and spec.origin.endswith(".py"):
            spec.loader = Loader(name, spec.origin)
        return spec


def interpret(counted: bool) -> Counter[str]:
    """Import the model from here on as plain Python, counted if asked; returns the counter."""
    counts: Counter[str] = Counter()

    def note(name: str, value: Any) -> Any:
        if isinstance(value, float):
            counts[name] += 1
        elif name != "load" and isinstance(value, np.ndarray) and value.dtype == np.float64:
            counts[name] += value.size
        elif name == "load" and isinstance(value, (int, np.integer)):
            counts["load index"] += 1
        elif name not in ("load", "add", "multiply") and name in _MATH:
            counts[name] += 1
        return value

    def stored(value: Any) -> None:
        counts["store"] += int(np.size(value))

    vars(builtins).update(_counted=note, _stored=stored)
    if counted:
        sys.meta_path.insert(0, Finder())
    from qorgau.model import compiled

    for name in COMPILED:
        setattr(compiled, name, lambda function: function)
    from benchmarks.peers.chance import uniform
    from qorgau.model import streams

    def draw(key: Any, stream: int, month: int, entity: int, item: int) -> float:
        counts["uniform"] += 1
        return uniform(int(key), int(stream), int(month), int(entity), int(item))

    streams.uniform = draw
    from qorgau.model import lanes

    def row(array: np.ndarray, i: int) -> np.ndarray:
        counts["load"] += lanes.LANES
        return array[i].copy()

    def put(array: np.ndarray, i: int, x: np.ndarray) -> None:
        counts["store"] += lanes.LANES
        array[i] = x

    lanes.row, lanes.put = row, put
    return counts


def work(job: Job) -> tuple[dict[str, np.ndarray], float]:
    """The state after the job's months, and the processor seconds that they took."""
    if job.subject == "stand-in":
        from benchmarks.peers import kernel, network

        model = kernel.Model(job.world, job.parameters, job.keys, network.begin(job.world, job.parameters))
        model.remember(job.state)
        begun = time.process_time()
        for _ in range(job.months):
            model.step()
        return model.state(), time.process_time() - begun
    from qorgau.model.routes import geometry_of
    from qorgau.model.run import advance_month
    from qorgau.model.state import State
    from qorgau.model.world import INSTRUMENTS

    whole, geometry = State(job.state), geometry_of(job.world)
    parameters = {name: table.view(np.recarray) for name, table in job.parameters.items()}
    levers = np.zeros((len(job.keys), len(INSTRUMENTS)))
    begun = time.process_time()
    for month in range(job.first, job.first + job.months):
        advance_month(job.world, whole, parameters, job.on, job.keys, month, levers, geometry)
    return whole.arrays(), time.process_time() - begun


def main() -> None:
    if os.environ.get("NUMBA_DISABLE_JIT") != "1":
        raise SystemExit("NUMBA_DISABLE_JIT=1 must be set")
    path = sys.argv[1]
    counts = interpret(counted=sys.argv[2] == "counted")
    with open(path, "rb") as file:
        job: Job = pickle.load(file)
    with np.errstate(all="ignore"):
        state, seconds = work(job)
    with open(path, "wb") as file:
        pickle.dump(state, file)
    print(json.dumps({"seconds": seconds, "counts": {k: v for k, v in counts.items() if math.isfinite(v)}}))


if __name__ == "__main__":
    # unpickling looks for the class under the module's real name
    sys.modules["benchmarks.limits.count"] = sys.modules["__main__"]
    main()
