"""The network that a limited enforcement budget is placed on: arcs that can be watched, and journeys."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qorgau.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Path_ = str | os.PathLike[str]

PROBABILITY_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Network:
    """Arcs that trafficking may use, which of them can be watched, and the journeys made.

    Arrays are read-only. Make one with `make_network` or `read_network`, which check everything.

    Attributes
    ----------
    nodes
        Names of the nodes (places), sorted; arcs and journeys refer to them by position.
    tail, head
        Node where each arc begins and ends, shape (arcs,).
    evasion
        Probability of passing an arc undetected when nobody watches it, shape (arcs,).
    evasion_watched
        The same with a watch on the arc; nan where the arc cannot be watched, shape (arcs,).
    cost
        What a watch on the arc costs, in the unit of the budget, shape (arcs,).
    labels
        What a watch on the arc is called in results: a border section or a corridor.
    origin, destination
        Node where each journey begins and ends, shape (journeys,).
    probability
        Chance that a journey is this one; sums to about one, shape (journeys,).
    """

    nodes: tuple[str, ...]
    tail: Ints
    head: Ints
    evasion: Floats
    evasion_watched: Floats
    cost: Floats
    labels: tuple[str, ...]
    origin: Ints
    destination: Ints
    probability: Floats

    @property
    def watchable(self) -> Ints:
        """Positions of the arcs that can be watched, in order."""
        return np.flatnonzero(~np.isnan(self.evasion_watched)).astype(np.int64)

    def names(self, chosen: Sequence[int] | Ints) -> tuple[str, ...]:
        """Return the labels of the arcs at the positions `chosen`."""
        return tuple(self.labels[int(a)] for a in chosen)


def make_network(
    tail: Sequence[str],
    head: Sequence[str],
    evasion: Sequence[float] | Floats,
    evasion_watched: Sequence[float] | Floats,
    origin: Sequence[str],
    destination: Sequence[str],
    probability: Sequence[float] | Floats,
    cost: Sequence[float] | Floats | None = None,
    labels: Sequence[str] | None = None,
    arcs_source: Path_ = "arcs",
    journeys_source: Path_ = "journeys",
) -> Network:
    """Check the parts of a network and put them together.

    Parameters
    ----------
    tail, head, origin, destination
        Names of nodes.
    evasion, evasion_watched, probability, cost, labels
        As in `Network`; `cost` is 1 for each arc and `labels` "tail to head" unless given.
    arcs_source, journeys_source
        Names used in error messages.

    Raises
    ------
    InputError
        Lengths that differ; a probability outside 0 to 1; a watch that makes passing easier; a cost that
        is not above 0; a journey from or to an unknown node, to its own origin, or without any path;
        probabilities of journeys that do not sum to about one. Rows are counted from 1.
    """
    r = _floats(evasion, arcs_source, "evasion")
    q = _floats(evasion_watched, arcs_source, "evasion_watched")
    c = np.ones(r.size) if cost is None else _floats(cost, arcs_source, "cost")
    p = _floats(probability, journeys_source, "probability")
    _same_length(arcs_source, tail=len(tail), head=len(head), evasion=r.size, evasion_watched=q.size, cost=c.size)
    _same_length(journeys_source, origin=len(origin), destination=len(destination), probability=p.size)
    _check_arcs(tail, head, r, q, c, arcs_source)

    nodes = tuple(sorted(set(tail) | set(head), key=_natural))
    index = {name: i for i, name in enumerate(nodes)}
    _check_journeys(origin, destination, p, index, arcs_source, journeys_source)

    network = Network(
        nodes=nodes,
        tail=_frozen(np.array([index[n] for n in tail], dtype=np.int64)),
        head=_frozen(np.array([index[n] for n in head], dtype=np.int64)),
        evasion=_frozen(r),
        evasion_watched=_frozen(q),
        cost=_frozen(c),
        labels=_labels(tail, head, labels, arcs_source),
        origin=_frozen(np.array([index[n] for n in origin], dtype=np.int64)),
        destination=_frozen(np.array([index[n] for n in destination], dtype=np.int64)),
        probability=_frozen(p),
    )
    _check_paths(network, journeys_source)
    return network


def read_network(arcs_csv: Path_, journeys_csv: Path_) -> Network:
    """Read a network from two CSV files.

    Parameters
    ----------
    arcs_csv
        Columns `tail, head, evasion, evasion_watched` (blank: cannot be watched) and, where wanted,
        `cost` (blank: 1) and `label`.
    journeys_csv
        Columns `origin, destination, probability`.

    Raises
    ------
    InputError
        A file that cannot be read, a missing column, a cell that is not a number, and all that
        `make_network` refuses.
    """
    arcs = _read(arcs_csv, ("tail", "head", "evasion", "evasion_watched"))
    journeys = _read(journeys_csv, ("origin", "destination", "probability"))
    has_cost = "cost" in arcs[0]
    has_label = "label" in arcs[0]
    tail = [row["tail"] for row in arcs]
    head = [row["head"] for row in arcs]
    return make_network(
        tail,
        head,
        [_number(row, "evasion", i, arcs_csv) for i, row in enumerate(arcs, 1)],
        [_number(row, "evasion_watched", i, arcs_csv, blank=math.nan) for i, row in enumerate(arcs, 1)],
        [row["origin"] for row in journeys],
        [row["destination"] for row in journeys],
        [_number(row, "probability", i, journeys_csv) for i, row in enumerate(journeys, 1)],
        cost=[_number(row, "cost", i, arcs_csv, blank=1.0) for i, row in enumerate(arcs, 1)] if has_cost else None,
        labels=[row["label"] or f"{t} to {h}" for row, t, h in zip(arcs, tail, head)] if has_label else None,
        arcs_source=arcs_csv,
        journeys_source=journeys_csv,
    )


def _read(file: Path_, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the rows of a CSV file, cells stripped, after checking that `columns` are there."""
    try:
        with Path(file).open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            header = [(name or "").strip() for name in reader.fieldnames or ()]
            reader.fieldnames = header
            missing = [name for name in columns if name not in header]
            if missing:
                raise InputError(file, missing[0], "column is missing", f"give the columns {', '.join(columns)}")
            rows = []
            for i, row in enumerate(reader, 1):
                if None in row or None in row.values():
                    raise InputError(
                        file,
                        f"row {i}",
                        "has another number of cells than the header",
                        f"give {len(header)} cells, separated by commas",
                    )
                rows.append({key: value.strip() for key, value in row.items()})
    except OSError as error:
        raise InputError(
            file, "", f"cannot be read: {error.strerror}", "give the path of a readable CSV file"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            file, "", f"is not a CSV file in UTF-8: {error}", "save it as CSV, encoded in UTF-8"
        ) from error
    if not rows:
        raise InputError(file, "", "has no rows under its header", "give at least one row")
    return rows


def _number(row: Mapping[str, str], column: str, i: int, file: Path_, blank: float | None = None) -> float:
    text = row[column]
    if text == "" and blank is not None:
        return blank
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise InputError(file, f"row {i}, {column}", f"{text!r} is not a number", "write a number such as 0.25")
    return value


def _floats(values: Sequence[float] | Floats, source: Path_, key: str) -> Floats:
    array = np.array(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise InputError(source, key, f"has shape {array.shape}", "give one number for each row, at least one")
    return array


def _frozen(array: NDArray) -> NDArray:
    array.setflags(write=False)
    return array


def _natural(name: str) -> tuple[int, float, str]:
    """Sort key: whole numbers by size, then names by letters."""
    return (0, float(name), "") if name.isdecimal() else (1, 0.0, name)


def _same_length(source: Path_, **lengths: int) -> None:
    first = next(iter(lengths))
    for key, length in lengths.items():
        if length != lengths[first]:
            raise InputError(
                source,
                key,
                f"has {length} values where {first} has {lengths[first]}",
                "give one value for each row",
            )


def _check_arcs(tail: Sequence[str], head: Sequence[str], r: Floats, q: Floats, c: Floats, source: Path_) -> None:
    for i in range(r.size):
        row = f"row {i + 1}"
        if not tail[i] or not head[i]:
            raise InputError(source, f"{row}, {'head' if tail[i] else 'tail'}", "is empty", "name the place")
        if tail[i] == head[i]:
            raise InputError(source, f"{row}, head", f"arc leads from {tail[i]} to itself", "remove the row")
        if not 0.0 <= r[i] <= 1.0:
            raise InputError(source, f"{row}, evasion", f"{r[i]:g} is not a probability", "give a number from 0 to 1")
        if not math.isnan(q[i]) and not 0.0 <= q[i] <= 1.0:
            raise InputError(
                source,
                f"{row}, evasion_watched",
                f"{q[i]:g} is not a probability",
                "give a number from 0 to 1, or leave it blank if the arc cannot be watched",
            )
        if q[i] > r[i]:
            raise InputError(
                source,
                f"{row}, evasion_watched",
                f"{q[i]:g} is above the evasion unwatched, {r[i]:g}",
                "a watch cannot make passing easier: swap the two, or lower the watched one",
            )
        if not (c[i] > 0.0 and math.isfinite(c[i])):
            raise InputError(source, f"{row}, cost", f"{c[i]:g} is not above 0", "give the cost of a watch, above 0")


def _check_journeys(
    origin: Sequence[str],
    destination: Sequence[str],
    p: Floats,
    index: Mapping[str, int],
    arcs_source: Path_,
    source: Path_,
) -> None:
    for i in range(p.size):
        for column, name in (("origin", origin[i]), ("destination", destination[i])):
            if name not in index:
                raise InputError(
                    source,
                    f"row {i + 1}, {column}",
                    f"{name!r} is at no arc of {os.fspath(arcs_source)}",
                    "name a node that an arc begins or ends at",
                )
        if origin[i] == destination[i]:
            raise InputError(source, f"row {i + 1}, destination", f"is its own origin, {origin[i]}", "remove the row")
        if not 0.0 <= p[i] <= 1.0:
            raise InputError(
                source,
                f"row {i + 1}, probability",
                f"{p[i]:g} is not a probability",
                "give a number from 0 to 1",
            )
    total = float(p.sum())
    if abs(total - 1.0) > PROBABILITY_TOLERANCE:
        fix = f"divide each by {total:g}" if total > 0.0 else "give each journey its share"
        raise InputError(source, "probability", f"the column sums to {total:g}, not to 1", fix)


def _labels(tail: Sequence[str], head: Sequence[str], labels: Sequence[str] | None, source: Path_) -> tuple[str, ...]:
    """Return one label for each arc; arcs of one label are numbered so that each can be told apart."""
    plain = [f"{t} to {h}" for t, h in zip(tail, head)] if labels is None else list(labels)
    _same_length(source, tail=len(tail), label=len(plain))
    seen: dict[str, int] = {}
    result = []
    for label in plain:
        seen[label] = seen.get(label, 0) + 1
        result.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return tuple(result)


def _check_paths(network: Network, source: Path_) -> None:
    """Raise if a journey has no path of arcs that can be passed at all."""
    ahead: dict[int, list[int]] = {}
    for t, h in zip(network.tail[network.evasion > 0], network.head[network.evasion > 0]):
        ahead.setdefault(int(t), []).append(int(h))
    reached: dict[int, set[int]] = {}
    for i, (o, d) in enumerate(zip(network.origin.tolist(), network.destination.tolist())):
        if o not in reached:
            reached[o] = _reachable(ahead, o)
        if d not in reached[o]:
            raise InputError(
                source,
                f"row {i + 1}",
                f"no path leads from {network.nodes[o]} to {network.nodes[d]}",
                "add the missing arc, or remove the journey",
            )


def _reachable(ahead: Mapping[int, Sequence[int]], origin: int) -> set[int]:
    seen = {origin}
    stack = [origin]
    while stack:
        for node in ahead.get(stack.pop(), ()):
            if node not in seen:
                seen.add(node)
                stack.append(node)
    return seen
