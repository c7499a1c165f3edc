"""Results of an ensemble, read from its store by DuckDB and Arrow; they may be larger than memory."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from qorgau.ensemble.places import Address, LocalPlace
from qorgau.ensemble.policies import BASELINE
from qorgau.ensemble.store import KNOCKOUTS, MAIN, MECHANISM_PREFIX, read_manifest, results_place
from qorgau.errors import InputError

__all__ = ["Results"]

_READS = ("SELECT", "EXPLAIN")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _rows(file: pq.ParquetFile, columns: list[str], baseline: bool) -> pa.Table:
    """Read columns; of the baseline alone where the file has it in a row group of its own, the first."""
    if baseline and file.metadata.num_row_groups > 1:
        return file.read_row_group(0, columns=columns)
    return file.read(columns=columns)


def _codes(column: pa.ChunkedArray, names: Sequence[str]) -> np.ndarray:
    """Return the place in `names` of each value of a dictionary column."""
    whole = column.unify_dictionaries().combine_chunks()
    order = {name: i for i, name in enumerate(names)}
    return np.array([order[name] for name in whole.dictionary.to_pylist()], dtype=np.int64)[whole.indices.to_numpy()]


class Results:
    """An ensemble's results.

    Parameters
    ----------
    out : path or str
        Output folder or address, or the folder ``results`` in it.
    partial : bool
        Read an ensemble that is not finished, with the blocks that are there.

    Raises
    ------
    InputError
        If the folder holds no results, or they are unfinished and `partial` is false.

    Attributes
    ----------
    policies, outcomes, corridor_names, trades, parameters, claims, mechanisms : tuple of str
    years : ndarray of int, shape (years,)
    runs : ndarray of int, shape (runs,)
        Numbers of the draws that ran under every policy; the order of the run axis everywhere.
    manifest : dict
        What made the ensemble.
    """

    def __init__(self, out: Address, partial: bool = False) -> None:
        self.place = results_place(out)
        self.manifest = read_manifest(self.place)
        columns = self.manifest["columns"]
        self.policies: tuple[str, ...] = tuple(columns["policies"])
        self.outcomes: tuple[str, ...] = tuple(columns["outcomes"])
        self.corridor_names: tuple[str, ...] = tuple(columns["corridors"])
        self.trades: tuple[str, ...] = tuple(columns["trades"])
        self.parameters: tuple[str, ...] = tuple(columns["parameters"])
        self.claims: tuple[str, ...] = tuple(columns["claims"])
        self.mechanisms: tuple[str, ...] = tuple(columns["mechanisms"])
        first, last = self.manifest["years"]
        self.years = np.arange(first, last + 1)
        self.shared_before: int = self.manifest["shared_before"]
        self._keep: tempfile.TemporaryDirectory[str] | None = None
        self._local = threading.local()
        self._index: list[tuple[str, pq.FileMetaData, tuple[np.ndarray, ...]]] | None = None
        main = [block for block in self.manifest["blocks"] if block["kind"] == MAIN]
        covered = sum(block["stop"] - block["start"] for block in main)
        if not covered or (covered < self.manifest["runs"] and not partial):
            raise InputError(
                self.place.address,
                "",
                f"the ensemble is not finished: {covered} of {self.manifest['runs']} runs are there",
                "give the command that started it again, with the same --out",
            )
        bad = {record["run"] for block in main for record in block["failed"]}
        numbers = [n for block in main for n in range(block["start"], block["stop"]) if n not in bad]
        self.runs = np.asarray(sorted(numbers), dtype=np.int64)

    @property
    def address(self) -> str:
        """Folder or address of the results."""
        return self.place.address

    @property
    def folder(self) -> Path:
        """Local folder of the results.

        Raises
        ------
        InputError
            If they are at a remote address.
        """
        if not isinstance(self.place, LocalPlace):
            raise InputError(self.address, "", "is no local folder", "copy it to one for this, or leave this out")
        return self.place.folder

    # ----------------------------------------------------------------------------------------------- DuckDB

    def _files(self, kind: str, folder: str) -> list[str]:
        """Names, within the place, of the files of a kind."""
        # By the manifest, not by looking into the folder: files set aside or half-made do not count.
        return [
            n for b in self.manifest["blocks"] if b["kind"] == kind for n in b["files"] if n.startswith(folder + "/")
        ]

    def _listed(self, kind: str, folder: str) -> str:
        return ", ".join(_text(self.place.url(name)) for name in self._files(kind, folder))

    def _connection(self) -> duckdb.DuckDBPyConnection:
        """Return this thread's connection, with the views, locked to reading this folder."""
        made = getattr(self._local, "connection", None)
        if made is not None:
            return made
        connection = duckdb.connect(":memory:")
        connection.execute("SET enable_progress_bar = false")
        if self.place.filesystem is not None:
            connection.register_filesystem(self.place.filesystem)
        names = ", ".join(f"({_text(p)}, {i})" for i, p in enumerate(self.policies))
        connection.execute(f"CREATE TABLE policies AS SELECT * FROM (VALUES {names}) AS t(policy, number)")
        others = f"SELECT policy AS other FROM policies WHERE policy <> {_text(BASELINE)}"
        for view in ("yearly", "corridors"):
            source = f"read_parquet([{self._listed(MAIN, view)}])"
            connection.execute(
                f"CREATE VIEW {view} AS SELECT * FROM {source} UNION ALL BY NAME "
                f"SELECT o.other AS policy, s.* EXCLUDE (policy) FROM {source} s, ({others}) o "
                f"WHERE s.policy = {_text(BASELINE)} AND s.year < {self.shared_before}"
            )
        connection.execute(
            f"CREATE VIEW draws AS SELECT * FROM read_parquet({_text(self.place.url('draws.parquet'))})"
        )
        if listed := self._listed(KNOCKOUTS, "knockouts"):
            connection.execute(f"CREATE VIEW knockouts AS SELECT * FROM read_parquet([{listed}])")
        connection.register("failed", self.failed())
        connection.execute(f"SET allowed_directories = [{_text(self.place.url(''))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        self._local.connection = connection
        return connection

    def query(self, sql: str) -> pa.Table:
        """Ask the results in SQL (DuckDB's), reading only.

        Tables: ``yearly``, ``corridors``, ``draws``, ``failed``, ``policies`` (policy, number) and, if there
        are any, ``knockouts``.

        Parameters
        ----------
        sql : str
            One SELECT statement.

        Returns
        -------
        pyarrow.Table

        Raises
        ------
        InputError
            If the statement is not one SELECT or is wrong.
        """
        connection = self._connection()
        try:
            statements = duckdb.extract_statements(sql)
            kinds = [statement.type.name.upper() for statement in statements]
            if len(kinds) != 1 or kinds[0] not in _READS:
                raise InputError("query", "", "only one SELECT statement is allowed", "write a single SELECT")
            return connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise InputError("query", "", str(error).splitlines()[0], "mend the statement") from error

    # ----------------------------------------------------------------------------------------------- tables

    def _where(self, policies: Sequence[str] | None, years: tuple[int, int] | None) -> str:
        terms = []
        if policies is not None:
            terms.append(f"policy IN ({', '.join(_text(self._known(p, self.policies, 'policy')) for p in policies)})")
        if years is not None:
            terms.append(f"year BETWEEN {int(years[0])} AND {int(years[1])}")
        return " AND ".join(terms) or "true"

    def _known(self, name: str, names: Sequence[str], what: str) -> str:
        if name not in names:
            raise InputError("results", name, f"no such {what} in these results", f"choose from {', '.join(names)}")
        return name

    def yearly(
        self,
        outcomes: Sequence[str] | None = None,
        policies: Sequence[str] | None = None,
        years: tuple[int, int] | None = None,
    ) -> pa.Table:
        """Table policy, run, year, then one column per outcome, in the order policy, run, year.

        Parameters
        ----------
        outcomes, policies : sequence of str, optional
            All by default.
        years : (first, last), optional
            All by default.
        """
        wanted = self.outcomes if outcomes is None else [self._known(o, self.outcomes, "outcome") for o in outcomes]
        chosen = ", ".join(f"y.{_quoted(o)}" for o in wanted)
        return self.query(
            f"SELECT y.policy, y.run, y.year{', ' if chosen else ''}{chosen} "
            "FROM yearly y JOIN policies p USING (policy) "
            f"WHERE {self._where(policies, years)} ORDER BY p.number, y.run, y.year"
        )

    def corridors(self, policies: Sequence[str] | None = None, years: tuple[int, int] | None = None) -> pa.Table:
        """Table policy, run, year, corridor, trade, carried, seized (kg of opiates or persons, a year).

        Rows with nothing carried are not there. The whole table of a large ensemble is large: choose policies
        and years, or sum in `query`.
        """
        return self.query(
            "SELECT policy, run, year, corridor, trade, carried, seized FROM corridors "
            f"WHERE {self._where(policies, years)}"
        )

    def draws(self, switches: bool = False) -> pa.Table:
        """Table run, then one column per parameter and truth bit (named by its claim), for `runs`.

        Parameters
        ----------
        switches : bool
            Also a column ``mechanism.NAME`` per mechanism.
        """
        names = ["run", *self.parameters, *self.claims]
        if switches:
            names += [MECHANISM_PREFIX + name for name in self.mechanisms]
        table = pq.read_table(self.place.source("draws.parquet"), columns=names)
        return table.take(pa.array(self.runs))

    def failed(self) -> pa.Table:
        """Table kind, run, policy, message of the runs that failed."""
        rows = [
            {"kind": block["kind"], **{k: record.get(k) for k in ("run", "policy", "message")}}
            for block in self.manifest["blocks"]
            for record in block["failed"]
        ]
        schema = pa.schema(
            [("kind", pa.string()), ("run", pa.int32()), ("policy", pa.string()), ("message", pa.string())]
        )
        return pa.Table.from_pylist(rows, schema=schema)

    def knockouts(self) -> pa.Table:
        """Table mechanism, run, year, then one column per outcome; empty when there were none."""
        if not self._files(KNOCKOUTS, "knockouts"):
            fields = [("mechanism", pa.string()), ("run", pa.int32()), ("year", pa.int16())]
            return pa.schema([*fields, *((o, pa.float64()) for o in self.outcomes)]).empty_table()
        return self.query("SELECT * FROM knockouts ORDER BY mechanism, run, year")

    # ----------------------------------------------------------------------------------------------- arrays

    def to_numpy(self, outcome: str) -> np.ndarray:
        """One outcome as an array of shape (policies, runs, years), in the order of the attributes."""
        return self.arrays([outcome])[0]

    def arrays(
        self,
        outcomes: Sequence[str],
        policies: Sequence[str] | None = None,
        years: tuple[int, int] | None = None,
    ) -> np.ndarray:
        """Several outcomes at once, shape (outcomes, policies, runs, years).

        Read by column, a block at a time, so that memory is that of the result.

        Parameters
        ----------
        outcomes : sequence of str
        policies : sequence of str, optional
            All by default.
        years : (first, last), optional
            All by default.

        Raises
        ------
        InputError
            If these results hold no such outcome or policy, or not all of the years.
        """
        for outcome in outcomes:
            self._known(outcome, self.outcomes, "outcome")
        chosen = self.policies if policies is None else [self._known(p, self.policies, "policy") for p in policies]
        begin, end = (int(self.years[0]), int(self.years[-1])) if years is None else years
        if not self.years[0] <= begin <= end <= self.years[-1]:
            raise InputError("results", "years", f"{begin} to {end} is not within these results",
                             f"use years from {self.years[0]} to {self.years[-1]}")
        # Shared years stand under the baseline alone, so its rows always come along.
        rows = {policy: i for i, policy in enumerate(dict.fromkeys((*chosen, BASELINE)))}
        row_of = np.array([rows.get(policy, -1) for policy in self.policies])
        alone = all(policy == BASELINE for policy in rows)
        first, span = begin - int(self.years[0]), end - begin + 1
        made = np.full((len(outcomes), len(rows), len(self.runs), span), np.nan)
        for name, footer, (policy, run, year) in self._places():
            with pq.ParquetFile(self.place.source(name), metadata=footer, memory_map=True) as file:
                table = _rows(file, list(outcomes), alone)
            policy, run, year = (index[: table.num_rows] for index in (policy, run, year))
            wanted = np.flatnonzero((row_of[policy] >= 0) & (year >= first) & (year < first + span))
            whole = len(wanted) == len(policy)
            place = row_of[policy[wanted]], run[wanted].astype(np.int64), year[wanted].astype(np.int64) - first
            for i, outcome in enumerate(outcomes):
                values = table[outcome].to_numpy()
                made[i][place] = values if whole else values[wanted]
        shared = min(max(0, self.shared_before - begin), span)
        made[..., :shared] = made[:, rows[BASELINE], None, :, :shared]
        return made[:, [rows[policy] for policy in chosen]] if len(rows) > len(chosen) else made

    def _places(self) -> list[tuple[str, pq.FileMetaData, tuple[np.ndarray, ...]]]:
        """Files with their footers and the policy, run and year index of every row; kept for the next outcome."""
        if self._index is None:
            row_of = np.full(self.manifest["runs"], -1, dtype=np.int32)
            row_of[self.runs] = np.arange(len(self.runs))
            made: list[tuple[str, pq.FileMetaData, tuple[np.ndarray, ...]]] = []
            for name in self._files(MAIN, "yearly"):
                with pq.ParquetFile(self.place.source(name), memory_map=True) as file:
                    footer, table = file.metadata, file.read(columns=["policy", "run", "year"])
                policy = _codes(table["policy"], self.policies).astype(np.int16)
                year = (table["year"].to_numpy() - self.years[0]).astype(np.int16)
                made.append((name, footer, (policy, row_of[table["run"].to_numpy()], year)))
            self._index = made
        return self._index

    def carried_blocks(self, policy: str, trade: str) -> Iterator[tuple[np.ndarray, ...]]:
        """Yield what corridors carried, a block of runs at a time, so that a large ensemble is never all in memory.

        Yields
        ------
        runs, row, year, corridor, carried : ndarray
            Numbers of the runs of the block; then, for each flow, its run's place in `runs`, year since the first,
            number in `corridor_names`, and kg or persons in the year.
        """
        self._known(policy, self.policies, "policy")
        kept = np.zeros(self.manifest["runs"], dtype=bool)
        kept[self.runs] = True
        before = self.shared_before if policy != BASELINE else int(self.years[0])
        for block in self.manifest["blocks"]:
            if block["kind"] != MAIN:
                continue
            runs = np.arange(block["start"], block["stop"])
            runs = runs[kept[runs]]
            (name,) = (n for n in block["files"] if n.startswith("corridors/"))
            with pq.ParquetFile(self.place.source(name), memory_map=True) as file:
                table = _rows(file, ["policy", "run", "year", "corridor", "trade", "carried"], policy == BASELINE)
            of, codes = (_codes(table[c], names) for c, names in (("policy", self.policies), ("trade", self.trades)))
            year = table["year"].to_numpy()
            wanted = of == self.policies.index(policy)
            if before > self.years[0]:
                wanted |= (of == self.policies.index(BASELINE)) & (year < before)
            rows = np.flatnonzero(wanted & (codes == self.trades.index(trade)))
            yield (
                runs,
                np.searchsorted(runs, table["run"].to_numpy()[rows]),
                year[rows].astype(np.int64) - int(self.years[0]),
                _codes(table["corridor"], self.corridor_names)[rows],
                table["carried"].to_numpy()[rows],
            )

    def price_cap(self) -> np.ndarray:
        """Whether a price touched its cap in some month, bool (policies, runs): such runs are at the model's edge."""
        made = np.zeros((len(self.policies), len(self.runs)), dtype=bool)
        for block in self.manifest["blocks"]:
            for policy, numbers in block["price_cap"].items():
                made[self.policies.index(policy)] |= np.isin(self.runs, numbers)
        return made

    def truth(self) -> np.ndarray:
        """Truth bits, bool (runs, claims)."""
        return self._matrix(self.claims, np.dtype(bool))

    def values(self) -> np.ndarray:
        """Values of the parameters, float64 (runs, parameters), each in its own unit."""
        return self._matrix(self.parameters, np.dtype(np.float64))

    def switches(self) -> np.ndarray:
        """Switches of the mechanisms, bool (runs, mechanisms)."""
        return self._matrix([MECHANISM_PREFIX + name for name in self.mechanisms], np.dtype(bool))

    def _matrix(self, names: Sequence[str], kind: np.dtype[Any]) -> np.ndarray:
        table = pq.read_table(self.place.source("draws.parquet"), columns=list(names))
        columns = [table[name].to_numpy()[self.runs] for name in names]
        return np.stack(columns, axis=1).astype(kind) if columns else np.empty((len(self.runs), 0), dtype=kind)

    def __repr__(self) -> str:
        what = f"{len(self.runs)} runs, {len(self.policies)} policies, {self.years[0]} to {self.years[-1]}"
        return f"Results({what}, {self.address})"
