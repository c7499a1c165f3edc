"""The store of an ensemble: a folder of Parquet files, and a manifest that says what they are.

    OUT/results/manifest.json                     what made it, and every block with its checksums
                draws.parquet                     run, a column per parameter, truth bit and mechanism
                yearly/block-000000-000016.parquet
                corridors/block-000000-000016.parquet
                knockouts/block-000000-000008.parquet

A block counts as finished when the manifest lists it and every file of it is as it was written. Each file is
written whole or not at all, and the manifest last, so that a process killed at any moment leaves a store that
the same command goes on with.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from qorgau.ensemble.blocks import BlockTables
from qorgau.ensemble.designs import Draws
from qorgau.ensemble.files import (
    checksum,
    is_ours,
    parquet_bytes,
    remove_temporary,
    set_aside,
    unwritable,
    write_atomically,
    write_json,
)
from qorgau.errors import InputError

__all__ = ["FORMAT", "KNOCKOUTS", "MAIN", "Store", "draws_table", "results_folder"]

FORMAT = 1
MAIN = "main"
KNOCKOUTS = "knockouts"
MECHANISM_PREFIX = "mechanism."

_FOLDERS = {MAIN: ("yearly", "corridors"), KNOCKOUTS: ("knockouts",)}
_BESIDE = {"results", "report.html", "ro-crate-metadata.json"}
_WORDS = {
    "case": "the case",
    "design": "the design of draws",
    "policies": "the policies",
    "model": "the version of the model",
    "knockout_mechanisms": "the mechanisms knocked out",
}
_log = logging.getLogger(__name__)


def results_folder(out: Path) -> Path:
    """Return the folder of results for an output folder (or for the folder of results itself)."""
    out = Path(out)
    return out if (out / "manifest.json").is_file() else out / "results"


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


class Store:
    """A folder of results that is being written.

    Parameters
    ----------
    out : Path
        Output folder; made when it does not exist.
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
        out: Path,
        identity: Mapping[str, Any],
        about: Mapping[str, Any],
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.out = Path(out)
        self.folder = self.out / "results"
        self._say = say or _log.warning
        self._lock = threading.Lock()
        self._identity = json.loads(json.dumps(identity))
        self._blocks: list[dict[str, Any]] = []
        self._about = dict(about)
        self._refuse_other_content()
        try:
            for name in ("", *_FOLDERS[MAIN], *(_FOLDERS[KNOCKOUTS] if about.get("knockouts") else ())):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error

    # ---------------------------------------------------------------------------------------------- opening

    def _refuse_other_content(self) -> None:
        if self.out.exists() and not self.out.is_dir():
            raise InputError(self.out, "", "is a file, not a folder", "give a folder as --out")
        if (self.folder / "manifest.json").is_file() or not self.out.exists():
            return
        strange = sorted(p.name for p in self.out.iterdir() if p.name not in _BESIDE and not p.name.startswith("."))
        if self.folder.is_dir():
            known = {"draws.parquet", *_FOLDERS[MAIN], *_FOLDERS[KNOCKOUTS]}
            strange += sorted(
                f"results/{p.name}" for p in self.folder.iterdir() if p.name not in known and not is_ours(p)
            )
        if strange:
            raise InputError(
                self.out,
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
        for folder in (self.folder, *(self.folder / name for names in _FOLDERS.values() for name in names)):
            remove_temporary(folder)
        path = self.folder / "manifest.json"
        if path.is_file():
            self._take_over(read_manifest(path))
        self._save()

    def _take_over(self, old: dict[str, Any]) -> None:
        before = old["identity"]
        differs = [k for k in self._identity if before.get(k) != self._identity[k]]
        if differs:
            raise InputError(
                self.out,
                "",
                "holds a different ensemble: " + " and ".join(self._difference(k, before.get(k)) for k in differs),
                "choose another --out, or give the same case, seed and policies to go on with this one",
            )
        for key, flag in (("runs", "--runs"), ("knockouts", "--knockouts")):
            if old.get(key, 0) > self._about.get(key, 0):
                raise InputError(
                    self.out,
                    "",
                    f"holds an ensemble of {old[key]} {key}, more than the {self._about.get(key, 0)} asked for",
                    f"give {flag} {old[key]} (or more, which adds to it) or choose another --out",
                )
        for block in old["blocks"]:
            torn = [name for name, made in block["files"].items() if not self._whole(name, made)]
            if not torn:
                self._blocks.append(block)
                continue
            for name in torn:
                aside = set_aside(self.folder / name)
                kept = f", set aside as {aside.name}" if aside else ""
                self._say(
                    f"{self.folder / name}: {'damaged or cut short' if aside else 'missing'}{kept}; "
                    f"runs {block['start']} to {block['stop'] - 1} are run again"
                )

    def _whole(self, name: str, made: Mapping[str, Any]) -> bool:
        path = self.folder / name
        try:
            if path.stat().st_size != made["bytes"]:
                return False
        except FileNotFoundError:
            return False
        return (checksum(path) or {}).get("sha256") == made["sha256"]

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
        write_atomically(self.folder / "draws.parquet", parquet_bytes(draws_table(draws)))

    def missing(self, kind: str, runs: int, size: int) -> list[tuple[int, int]]:
        """Ranges of draws that no finished block of this kind covers, cut into blocks of at most `size`."""
        covered = np.zeros(runs, dtype=bool)
        for block in self._blocks:
            if block["kind"] == kind:
                covered[block["start"] : block["stop"]] = True
        edges = np.flatnonzero(np.diff(np.concatenate([[True], covered, [True]]).astype(np.int8)))
        gaps = zip(edges[::2], edges[1::2])
        return [(int(a), int(min(a + size, stop))) for start, stop in gaps for a in range(start, stop, size)]

    def add(self, kind: str, start: int, stop: int, block: BlockTables) -> None:
        """Write one finished block, then the manifest that lists it."""
        files = {}
        for folder, table in block.tables.items():
            name = f"{folder}/block-{start:06d}-{stop:06d}.parquet"
            files[name] = {**write_atomically(self.folder / name, parquet_bytes(table)), "rows": table.num_rows}
        entry = {
            "kind": kind,
            "start": start,
            "stop": stop,
            "files": files,
            "failed": list(block.failed),
            "price_cap": dict(block.price_cap),
            "seconds": round(block.seconds, 3),
        }
        with self._lock:
            self._blocks.append(entry)
            self._save()

    @property
    def finished(self) -> int:
        """Number of finished blocks."""
        return len(self._blocks)

    def _save(self) -> None:
        blocks = sorted(self._blocks, key=lambda block: (block["kind"] != MAIN, block["start"]))
        write_json(
            self.folder / "manifest.json",
            {"format": FORMAT, "identity": self._identity, **self._about, "blocks": blocks},
        )


def read_manifest(path: Path) -> dict[str, Any]:
    """Read a manifest.

    Raises
    ------
    InputError
        If it is not there, no JSON, or of another format.
    """
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            path, "", "no results here", "give the folder that qorgau simulate or qorgau run wrote (its --out)"
        ) from error
    except (ValueError, OSError) as error:
        raise InputError(path, "", f"cannot be read ({error})", "restore the file or choose another --out") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise InputError(
            path, "format", "was written by another version of the store", "choose another --out and run again"
        )
    return manifest


def _short(value: Any, limit: int = 60) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if re.fullmatch("[0-9a-f]{64}", text):
        return text[:12]
    return text if len(text) <= limit else text[: limit - 1] + "…"
