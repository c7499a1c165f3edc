"""A matched set on disk: the draws that re-sampling left, with all that later commands need of them.

    matched.parquet    a row per matched draw: stream, family, score, verdicts, parameters, truth bits;
                       and a row per prior draw with its verdicts alone
    matched.json       what it belongs to (case, model, patterns), what made it, the waves, effective runs, checksum

Parameters stand as float64, truth bits as bits: with streams and seed that is all a run needs, so the uniforms that
they were made of are left out. The set of a case lies in its folder under ``matched/`` and does not enter the case's
hash, since it follows from the case.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from qorgau.analysis.case_view import case_view
from qorgau.analysis.patterns import Pattern
from qorgau.analysis.record import plain
from qorgau.analysis.records import Effective, WaveResult
from qorgau.analysis.runs import Floats
from qorgau.analysis.thresholds import MatchingRule
from qorgau.case.case import Case
from qorgau.ensemble.designs import Draws, Uncertain, switches
from qorgau.ensemble.files import checksum, write_atomically, write_json
from qorgau.ensemble.inputs import Inputs
from qorgau.ensemble.translate import inputs_of
from qorgau.errors import InputError

__all__ = [
    "FILES", "FOLDER", "NO_SET", "MatchedSet", "current_matched", "folder_of_set", "load_matched", "patterns_hash",
    "patterns_of", "read_matched", "restamp", "save_matched", "set_of",
]

FORMAT = 1
FOLDER = "matched"
FILES = ("matched.parquet", "matched.json")
METHOD = "matched"
NO_SET = "the case has no matched set"
_TESTED = ("id", "test", "tolerance", "strength", "use", "needs", "change")


@dataclass(frozen=True)
class MatchedSet:
    """Draws that the patterns leave, and the prior draws that they are compared with.

    Attributes
    ----------
    draws : Draws
        Numbered from 0 in an order that means nothing, so that the first few are as good as any.
    families : ndarray of int, shape (runs,)
        Prior draw that each descends from.
    score : ndarray, shape (runs,)
    distance, holds : ndarray, shape (runs, patterns)
    prior_distance, prior_holds : ndarray, shape (prior runs, patterns)
    patterns : tuple of str
        Columns of the verdicts.
    prior_all : int
        The first so many prior draws were tested on all patterns; the others on those of one run.
    left_out : mapping of str to (passed, tested, not testable)
        For each pattern that matches, verdicts over draws within the threshold of the other patterns.
    waves, stopped, effective
        See `qorgau.analysis.records`.
    about : mapping
        All of ``matched.json``.
    """

    draws: Draws
    families: np.ndarray
    score: Floats
    distance: Floats
    holds: np.ndarray
    prior_distance: Floats
    prior_holds: np.ndarray
    patterns: tuple[str, ...]
    prior_all: int
    left_out: Mapping[str, tuple[int, int, int]]
    waves: tuple[WaveResult, ...]
    stopped: tuple[str, ...]
    effective: Effective
    about: Mapping[str, Any]

    @property
    def hash(self) -> str:
        """SHA-256 of the file of draws."""
        return str(self.about["sha256"])

    @property
    def threshold(self) -> float:
        """Score that no draw is above."""
        value = self.about["threshold"]
        return float("inf") if value is None else float(value)

    def __len__(self) -> int:
        return len(self.draws)

    def first(self, runs: int) -> Draws:
        """Return the first draws of the set.

        Raises
        ------
        InputError
            If the set holds fewer; a set is not drawn on beyond its end, since its next draws do not exist yet.
        """
        if runs > len(self):
            raise InputError(
                "--runs", "", f"{runs} runs, but the matched set holds {len(self)}",
                f"ask for at most {len(self)}, match again with qorgau match --runs {runs}, or draw from the prior "
                "with --prior",
            )
        return self.draws.part(0, runs)


def patterns_hash(patterns: Sequence[Pattern], rule: MatchingRule) -> str:
    """Return the SHA-256 of what tests and score of patterns depend on: not of statements and notes."""
    rows = [_tested(pattern) for pattern in patterns]
    score = rule.model_dump(mode="json", include={"strengths", "weights", "cap"})
    text = json.dumps([rows, score], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def patterns_of(patterns: Sequence[Pattern]) -> dict[str, str]:
    """Return, by pattern, the SHA-256 of what its test depends on."""
    told = {p.id: json.dumps(_tested(p), sort_keys=True, ensure_ascii=False) for p in patterns}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in told.items()}


def _tested(pattern: Pattern) -> dict[str, Any]:
    row = pattern.model_dump(mode="json", include=set(_TESTED))
    # What a change says is for readers.
    row["change"] = {k: {n: v for n, v in c.items() if n != "says"} for k, c in row["change"].items()}
    return row


def save_matched(
    folder: Path, *, draws: Draws, families: np.ndarray, score: Floats, distance: Floats, holds: np.ndarray,
    prior_distance: Floats, prior_holds: np.ndarray, patterns: Sequence[str], about: Mapping[str, Any],
) -> Path:
    """Write a set; see `MatchedSet` for its parts. Returns the folder.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    n, before = len(draws), len(prior_holds)

    def column(values: Any, kind: pa.DataType) -> pa.Array:
        return pa.concat_arrays([pa.array(np.asarray(values), type=kind), pa.nulls(before, kind)])

    def both(now: np.ndarray, prior: np.ndarray, kind: pa.DataType) -> pa.Array:
        return pa.array(np.concatenate([now, prior]), type=kind)

    columns: dict[str, pa.Array] = {
        "matched": pa.array(np.arange(n + before) < n),
        "stream": column(draws.streams, pa.int64()),
        "family": column(families.astype(np.int32), pa.int32()),
        "score": column(score, pa.float64()),
    }
    for i, name in enumerate(patterns):
        columns[f"holds.{name}"] = both(holds[:, i].astype(np.int8), prior_holds[:, i].astype(np.int8), pa.int8())
        columns[f"distance.{name}"] = both(
            distance[:, i].astype(np.float32), prior_distance[:, i].astype(np.float32), pa.float32()
        )
    for name, values in draws.columns().items():
        columns[name] = column(values, pa.float64())
    for i, claim in enumerate(draws.claims):
        columns[claim] = column(draws.truth[:, i], pa.bool_())
    table = pa.table(columns)
    floats = [name for name, array in columns.items() if pa.types.is_floating(array.type)]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="zstd", compression_level=15, row_group_size=max(1, table.num_rows),
        use_dictionary=False, write_statistics=False, store_schema=False, use_byte_stream_split=floats,
    )
    folder.mkdir(parents=True, exist_ok=True)
    written = write_atomically(folder / FILES[0], sink.getvalue().to_pybytes())
    write_json(folder / FILES[1], plain({"format": FORMAT, **about, "patterns": list(patterns),
                                         "parameters": list(draws.names), "claims": list(draws.claims), **written}))
    return folder


def read_matched(folder: str | Path, uncertain: Uncertain) -> MatchedSet:
    """Read a set, whatever it belongs to.

    Raises
    ------
    InputError
        If there is none, it is damaged, or it has other parameters or claims than `uncertain`.
    """
    folder = Path(folder)
    about = _about(folder)
    table_path = folder / FILES[0]
    found = checksum(table_path)
    if found is None or found["sha256"] != about["sha256"]:
        wrong = "is missing" if found is None else "is not the file that was written"
        raise InputError(table_path, "", wrong, "restore it, or match again with qorgau match")
    names = tuple(parameter.name for parameter in uncertain.parameters)
    if tuple(about["parameters"]) != names or tuple(about["claims"]) != uncertain.claims:
        raise InputError(folder, "", "was matched with other parameters or claims than the case's",
                         "match again with qorgau match")
    table = pq.read_table(table_path)
    rows = table["matched"].to_numpy(zero_copy_only=False)
    n = int(rows.sum())
    patterns = tuple(about["patterns"])

    def matrix(columns: Sequence[str], kind: Any, only: bool) -> np.ndarray:
        if not columns:
            return np.empty((n if only else len(rows), 0), dtype=kind)
        part = table.slice(0, n) if only else table
        return np.stack([part[c].to_numpy(zero_copy_only=False) for c in columns], axis=1).astype(kind)

    truth = matrix(uncertain.claims, bool, True)
    head = table.slice(0, n)
    design = {"method": METHOD, "seed": int(about["seed"]), "set": about["sha256"], "dimensions": uncertain.dimensions}
    draws = Draws(
        np.arange(n, dtype=np.int64), names, matrix(names, np.float64, True), uncertain.claims, truth,
        uncertain.mechanisms, switches(uncertain, truth), MappingProxyType(design),
        head["stream"].to_numpy().astype(np.int64),
    )
    holds = matrix([f"holds.{p}" for p in patterns], np.int8, False)
    distance = matrix([f"distance.{p}" for p in patterns], np.float64, False)
    return MatchedSet(
        draws, head["family"].to_numpy(), head["score"].to_numpy(), distance[:n], holds[:n], distance[n:], holds[n:],
        patterns, int(about["prior_all"]), {k: tuple(v) for k, v in about["left_out"].items()},  # type: ignore[misc]
        tuple(_wave(wave) for wave in about["waves"]), tuple(about["stopped"]), Effective(**about["effective"]),
        MappingProxyType(about),
    )


def restamp(folder: Path, model: str) -> None:
    """Write that a set belongs to another state of the model's code, and keep which ones it belonged to."""
    about = _about(folder)
    about["confirmed"] = [*about.get("confirmed", []), about["model"]]
    write_json(folder / FILES[1], {**about, "model": model})


def _wave(fields: Mapping[str, Any]) -> WaveResult:
    """Return a wave from JSON, where what is not finite stands as null."""
    missing = {"threshold": float("inf")}
    whole: dict[str, Any] = {k: missing.get(k, float("nan")) if v is None else v for k, v in fields.items()}
    return WaveResult(**whole)


def _about(folder: Path) -> dict[str, Any]:
    path = folder / FILES[1]
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(folder, "", "no matched set here", "make one with qorgau match CASE --out DIR") from error
    except (OSError, ValueError) as error:
        raise InputError(path, "", f"cannot be read ({error})", "restore it, or match again") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise InputError(path, "format", "was written by another version", "match again with qorgau match")
    return about


def _differs(about: Mapping[str, Any], case: Case, model: str) -> list[str]:
    view = case_view(case)
    tested = patterns_hash(view.patterns, view.thresholds.matching)
    now = {"the case": (about["case"]["hash"], case.hash), "the model": (about["model"], model),
           "the patterns": (about["patterns_hash"], tested)}
    return [name for name, (then, here) in now.items() if then != here]


def load_matched(case: Case, folder: str | Path | None = None, inputs: Inputs | None = None) -> MatchedSet:
    """Load the matched set of a case.

    Parameters
    ----------
    case : Case
    folder : path, optional
        By default ``matched`` in the case's folder.
    inputs : Inputs, optional
        The case made ready for runs, where that is at hand.

    Returns
    -------
    MatchedSet

    Raises
    ------
    InputError
        If there is none, or it was made of another case, model or patterns than those at hand.
    """
    inputs = inputs if inputs is not None else inputs_of(case)
    place = Path(folder) if folder is not None else Path(case.folder) / FOLDER
    differs = _differs(_about(place), case, inputs.model)
    if differs:
        raise InputError(
            place, "", f"the matched set is of another state of {' and '.join(differs)}",
            "match again with qorgau match, or draw from the prior with --prior",
        )
    return read_matched(place, inputs.uncertain)


def folder_of_set(case: Case, results: Any) -> Path:
    """Return the folder of the matched set of results: the copy kept with them, else the case's own."""
    if results.place.filesystem is not None:  # results elsewhere: the case at hand is a copy of the one kept with them
        return Path(case.folder) / FOLDER
    kept = Path(results.folder).parent / "case" / FOLDER
    return kept if kept.is_dir() else Path(case.folder) / FOLDER


def set_of(case: Case, results: Any, uncertain: Uncertain) -> MatchedSet:
    """Return the matched set that results were drawn from: the copy kept with them, else the case's own.

    Raises
    ------
    InputError
        If it is not there, or is another.
    """
    folder = folder_of_set(case, results)
    stored = read_matched(folder, uncertain)
    if stored.hash != results.manifest["identity"]["design"]["set"]:
        raise InputError(folder, "", "is not the matched set that these results were drawn from",
                         "restore the copy kept with the results, or simulate again into another --out")
    return stored


def current_matched(case: Case, inputs: Inputs | None = None) -> tuple[MatchedSet | None, str]:
    """Return the set in the case's own folder if there is one and it is current, else None and why not."""
    place = Path(case.folder) / FOLDER
    if not (place / FILES[1]).is_file():
        return None, NO_SET
    try:
        return load_matched(case, inputs=inputs), ""
    except InputError as error:
        return None, error.problem
