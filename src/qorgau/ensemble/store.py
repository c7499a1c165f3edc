"""The store of an ensemble: a folder of Parquet files, and a manifest that says what they are.

    OUT/results/manifest.json                     what made it, and every block with its checksums
                draws.parquet                     run, a column per parameter, truth bit and mechanism
                yearly/block-000000-000016.parquet
                corridors/block-000000-000016.parquet
                knockouts/block-000000-000008.parquet
                blocks/main-000000-000016.json    record of a block that the manifest does not list yet

A block counts as finished when its record (or the manifest) lists its files and each is as it was written. Each file
is written whole or not at all, and the record last, by whoever computed the block: so blocks may come from threads,
processes or other machines, and whatever is killed at any moment leaves a store that the same command goes on with.
Records are gathered into the manifest when the ensemble ends or is gone on with; writing one costs the same in a
large ensemble as in a small one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from qorgau.ensemble.blocks import BlockTables
from qorgau.ensemble.designs import Draws
from qorgau.ensemble.files import block_bytes
from qorgau.ensemble.places import Address, LocalPlace, Place, is_remote, place_of
from qorgau.errors import InputError

__all__ = [
    "FORMAT", "KNOCKOUTS", "MAIN", "Store", "draws_table", "read_manifest", "results_folder", "results_place",
    "write_block",
]

FORMAT = 1
MAIN = "main"
KNOCKOUTS = "knockouts"
MECHANISM_PREFIX = "mechanism."
MANIFEST = "manifest.json"

_RECORDS = "blocks"
_FOLDERS = {MAIN: ("yearly", "corridors"), KNOCKOUTS: ("knockouts",)}
_BESIDE = {"results", "case", "report.html", "summary.json", "ro-crate-metadata.json"}
_WORDS = {
    "case": "the case",
    "design": "the design of draws",
    "policies": "the policies",
    "model": "the version of the model",
    "knockout_mechanisms": "the mechanisms knocked out",
}
_log = logging.getLogger(__name__)


def results_folder(out: Path) -> Path:
    """Return the local folder of results for an output folder (or for the folder of results itself)."""
    out = Path(out)
    return out if (out / MANIFEST).is_file() else out / "results"


def results_place(out: Address) -> Place:
    """Return where the results of an output folder or address are (or of that of the results itself)."""
    if not is_remote(out):
        local = place_of(out)
        return LocalPlace(results_folder(Path(local.address)))
    whole = place_of(out)
    return whole if MANIFEST in whole.sizes() else place_of(f"{whole.address}/results")


def draws_table(draws: Draws) -> pa.Table:
    """Table run, a column per parameter (full name), per truth bit (claim) and per switch (mechanism.NAME).

    Also ``stream``, where random streams are not numbered as the draws are.
    """
    columns: dict[str, Any] = {"run": pa.array(draws.numbers.astype(np.int32))}
    columns.update(draws.columns())
    columns.update({claim: draws.truth[:, i] for i, claim in enumerate(draws.claims)})
    columns.update({MECHANISM_PREFIX + name: draws.on[:, i] > 0 for i, name in enumerate(draws.mechanisms)})
    if (draws.streams != draws.numbers).any():
        columns["stream"] = draws.streams
    return pa.table({name: pa.array(column) for name, column in columns.items()})


def write_block(place: Place, of: str, kind: str, start: int, stop: int, block: BlockTables) -> dict[str, Any]:
    """Write the tables of one finished block, then its record; return the record.

    Parameters
    ----------
    place : Place
        Of the results.
    of : str
        Checksum of the ensemble's identity.
    kind : str
        `MAIN` or `KNOCKOUTS`.
    start, stop : int
        Range of draws.
    block : BlockTables

    Raises
    ------
    InputError
        If the place cannot be written.
    """
    files = {}
    for folder, table in block.tables.items():
        name = f"{folder}/block-{start:06d}-{stop:06d}.parquet"
        files[name] = {**place.write(name, block_bytes(table, _of_baseline(table))), "rows": table.num_rows}
    entry = {
        "kind": kind,
        "start": start,
        "stop": stop,
        "files": files,
        "failed": list(block.failed),
        "price_cap": dict(block.price_cap),
        "seconds": round(block.seconds, 3),
    }
    place.write(_record(entry), json.dumps({"of": of, **entry}).encode())
    return entry


def _of_baseline(table: pa.Table) -> int:
    """Return how many rows are of the first policy, if those come first: patterns need no others."""
    if "policy" not in table.column_names:
        return 0
    codes = table["policy"].combine_chunks().indices.to_numpy()
    first = int(np.count_nonzero(codes == 0))
    return first if not codes[:first].any() else 0


def _record(entry: Mapping[str, Any]) -> str:
    return f"{_RECORDS}/{entry['kind']}-{entry['start']:06d}-{entry['stop']:06d}.json"


def identity_hash(identity: Mapping[str, Any]) -> str:
    """Return the checksum of what makes an ensemble what it is."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


class Store:
    """A folder of results that is being written.

    Parameters
    ----------
    out : str or Path
        Output folder or address; made when it does not exist.
    identity : mapping
        What makes the ensemble what it is: case, design, policies, model. JSON values only.
    about : mapping
        Everything else that the manifest carries: columns, years, versions, command.
    say : callable, optional
        Takes one line to tell the user; by default a warning of the log.

    Raises
    ------
    InputError
        If the folder holds something else, an ensemble of a different design, or more runs than are asked for; or if
        it cannot be written.
    """

    def __init__(
        self,
        out: Address,
        identity: Mapping[str, Any],
        about: Mapping[str, Any],
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.out = place_of(out)
        self.place = place_of(f"{self.out.address}/results" if is_remote(out) else Path(self.out.address) / "results")
        self._say = say or _log.warning
        self._lock = threading.Lock()
        self._identity = json.loads(json.dumps(identity))
        self.of = identity_hash(self._identity)
        self._blocks: list[dict[str, Any]] = []
        self._about = dict(about)
        self._refuse_other_content()
        self._folders = ("", _RECORDS, *_FOLDERS[MAIN], *(_FOLDERS[KNOCKOUTS] if about.get("knockouts") else ()))
        self.tidy()

    # ---------------------------------------------------------------------------------------------- opening

    def _refuse_other_content(self) -> None:
        beside = self.out.sizes()
        within = self.place.sizes() if "results" in beside else {}
        if MANIFEST in within:
            return
        strange = sorted(name for name in beside if name not in _BESIDE and not name.startswith("."))
        known = {"draws.parquet", _RECORDS, *_FOLDERS[MAIN], *_FOLDERS[KNOCKOUTS]}
        strange += sorted(f"results/{name}" for name in within if name not in known)
        if strange:
            raise InputError(
                self.out.address,
                strange[0],
                "the folder holds something that is no ensemble of Qorgau",
                "choose an empty or new folder as --out",
            )

    def resume(self) -> None:
        """Take over what the folder already holds: verify every block, set torn ones aside.

        Raises
        ------
        InputError
            If the folder holds a different ensemble; the message says what differs.
        """
        old = read_manifest(self.place, none_is_fine=True)
        if old:
            self._take_over(old)
        self.gather()

    def _take_over(self, old: dict[str, Any]) -> None:
        before = old["identity"]
        differs = [k for k in self._identity if before.get(k) != self._identity[k]]
        if differs:
            raise InputError(
                self.out.address,
                "",
                "holds a different ensemble: " + " and ".join(self._difference(k, before.get(k)) for k in differs),
                "choose another --out, or give the same case, seed and policies to go on with this one",
            )
        for key, flag in (("runs", "--runs"), ("knockouts", "--knockouts")):
            if old.get(key, 0) > self._about.get(key, 0):
                raise InputError(
                    self.out.address,
                    "",
                    f"holds an ensemble of {old[key]} {key}, more than the {self._about.get(key, 0)} asked for",
                    f"give {flag} {old[key]} (or more, which adds to it) or choose another --out",
                )
        there = {folder: self.place.sizes(folder) for names in _FOLDERS.values() for folder in names}
        for block in old["blocks"]:
            torn = [name for name, made in block["files"].items() if not self._whole(name, made, there)]
            if not torn:
                self._blocks.append(block)
                continue
            for name in torn:
                aside = self.place.set_aside(name)
                kept = f", set aside as {aside}" if aside else ""
                self._say(
                    f"{self.place.at(name)}: {'damaged or cut short' if aside else 'missing'}{kept}; "
                    f"runs {block['start']} to {block['stop'] - 1} are run again"
                )

    def _whole(self, name: str, made: dict[str, Any], there: Mapping[str, Mapping[str, int]]) -> bool:
        folder, _, file = name.rpartition("/")
        return self.place.whole(name, made, there.get(folder, {}).get(file))

    def _difference(self, key: str, old: Any) -> str:
        new, what = self._identity[key], _WORDS.get(key, key)
        if not (isinstance(old, dict) and isinstance(new, dict)):
            return f"{what} (was {_short(old)}, now {_short(new)})"
        parts = []
        for words, names in (("without", old.keys() - new.keys()), ("now also", new.keys() - old.keys())):
            parts += [f"{words} {_short(sorted(names))}"] if names else []
        parts += [f"{n} was {_short(old[n])}, now {_short(new[n])}" for n in new if n in old and old[n] != new[n]]
        return f"{what} ({'; '.join(parts)})"

    # ---------------------------------------------------------------------------------------------- writing

    def write_draws(self, draws: Draws) -> None:
        """Write the table of draws."""
        self.place.write("draws.parquet", block_bytes(draws_table(draws)))

    def missing(self, kind: str, runs: int) -> list[tuple[int, int]]:
        """Ranges of draws that no finished block of this kind covers."""
        covered = np.zeros(runs, dtype=bool)
        for block in self._blocks:
            if block["kind"] == kind:
                covered[block["start"] : block["stop"]] = True
        edges = np.flatnonzero(np.diff(np.concatenate([[True], covered, [True]]).astype(np.int8)))
        return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2])]

    def add(self, kind: str, start: int, stop: int, block: BlockTables) -> None:
        """Write one finished block."""
        self.note(write_block(self.place, self.of, kind, start, stop, block))

    def note(self, entry: dict[str, Any]) -> None:
        """Count a block that is written, here or by somebody else, as finished."""
        with self._lock:
            self._blocks.append(entry)

    @property
    def finished(self) -> int:
        """Number of finished blocks."""
        return len(self._blocks)

    def tidy(self) -> None:
        """Make the folders that are missing, and remove what killed writers left; nobody may be writing."""
        self.place.prepare(self._folders)

    def gather(self) -> None:
        """Write the manifest with every finished block in it, and remove their records."""
        with self._lock:
            blocks = sorted(self._blocks, key=lambda block: (block["kind"] != MAIN, block["start"]))
            self.place.write(
                MANIFEST, _manifest_bytes({"format": FORMAT, "identity": self._identity, **self._about}, blocks)
            )
            self.place.remove([f"{_RECORDS}/{name}" for name in self.place.sizes(_RECORDS)])


def _manifest_bytes(head: Mapping[str, Any], blocks: Iterable[Mapping[str, Any]]) -> bytes:
    # A line per block, so that the file of a large ensemble stays short and can be read by eye.
    lines = ",\n  ".join(json.dumps(block, ensure_ascii=False) for block in blocks)
    start = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    return f'{start},\n "blocks": [\n  {lines}\n ]\n}}\n'.encode()


def read_manifest(place: Place, none_is_fine: bool = False) -> dict[str, Any]:
    """Read a manifest, with the blocks that only their records list yet.

    Parameters
    ----------
    place : Place
        Of the results.
    none_is_fine : bool
        Return an empty dictionary where there is no manifest.

    Raises
    ------
    InputError
        If it is not there, no JSON, or of another format.
    """
    at = place.at(MANIFEST)
    content = place.read(MANIFEST)
    if content is None:
        if none_is_fine:
            return {}
        raise InputError(
            at, "", "no results here", "give the folder that qorgau simulate or qorgau run wrote (its --out)"
        )
    try:
        manifest = json.loads(content)
    except ValueError as error:
        raise InputError(at, "", f"cannot be read ({error})", "restore the file or choose another --out") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise InputError(
            at, "format", "was written by another version of the store", "choose another --out and run again"
        )
    return {**manifest, "blocks": manifest["blocks"] + _recorded(place, manifest)}


def _recorded(place: Place, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the blocks that the manifest does not list; a record that is torn or of another ensemble is none."""
    of = identity_hash(manifest["identity"])
    listed = {(block["kind"], block["start"]) for block in manifest["blocks"]}
    found = []
    for name in sorted(place.sizes(_RECORDS)):
        try:
            entry = json.loads(place.read(f"{_RECORDS}/{name}") or b"")
            if entry.pop("of") == of and (entry["kind"], entry["start"]) not in listed:
                found.append(entry)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def _short(value: Any, limit: int = 60) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if re.fullmatch("[0-9a-f]{64}", text):
        return text[:12]
    return text if len(text) <= limit else text[: limit - 1] + "…"
