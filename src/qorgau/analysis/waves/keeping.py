"""What a search keeps on disk, so that one that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qorgau.analysis.waves.scores import Scores, Stage
from qorgau.ensemble.files import remove_temporary, unwritable, write_atomically, write_json
from qorgau.errors import InputError

__all__ = ["Keeper"]

_STATE, _IDENTITY = "state.npz", "search.json"


class Keeper:
    """A folder with the state of a search; without a folder it remembers nothing.

    Parameters
    ----------
    folder : Path or None
        Made when it does not exist.
    identity : mapping
        What makes the search what it is; JSON values only.

    Raises
    ------
    InputError
        If the folder holds another search, or cannot be written.
    """

    def __init__(self, folder: Path | None, identity: Mapping[str, Any]) -> None:
        self.folder = Path(folder) if folder is not None else None
        self._points: dict[int, np.ndarray] = {}
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        remove_temporary(self.folder)
        new = json.loads(json.dumps(identity))
        path = self.folder / _IDENTITY
        if not path.is_file():
            write_json(path, new)
            return
        old = json.loads(path.read_text(encoding="utf-8"))
        differs = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        if differs:
            raise InputError(
                self.folder, "", f"holds another match, which differs in: {', '.join(differs)}",
                "give the same case, runs, seed and budget to go on with it, or choose another --out",
            )

    def load(self) -> dict[str, np.ndarray] | None:
        """Return the arrays of the last state, or None when there is none that is whole."""
        path = self.folder / _STATE if self.folder is not None else None
        return _read(path) if path is not None else None

    def save(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Write the state and forget the parts scored on the way to it."""
        if self.folder is None:
            return
        _write(self.folder / _STATE, arrays)
        for part in self.folder.glob("part-*.npz"):
            part.unlink(missing_ok=True)

    def keep_points(self, wave: int, points: np.ndarray) -> None:
        """Keep where the draws of a wave stood when it ended."""
        if self.folder is None:
            self._points[wave] = points.astype(np.float32)
        else:
            _write(self.folder / f"wave-{wave:03d}.npz", {"points": points.astype(np.float32)})

    def points_of(self, wave: int) -> np.ndarray | None:
        """Return where the draws of a wave stood, or None."""
        if self.folder is None:
            return self._points.get(wave)
        found = _read(self.folder / f"wave-{wave:03d}.npz")
        return None if found is None else found["points"]

    def part(self, name: str, points: np.ndarray, streams: np.ndarray, bound: float, stage: Stage) -> _Part:
        """Return the place of a part that is being scored, by what is asked of it."""
        asked = hashlib.sha256()
        for piece in (points, streams, np.float64(bound)):
            asked.update(np.ascontiguousarray(piece).tobytes())
        asked.update(stage.encode())
        path = self.folder / f"part-{name}.npz" if self.folder is not None else None
        return _Part(path, asked.hexdigest())


class _Part:
    def __init__(self, path: Path | None, asked: str) -> None:
        self._path, self._asked = path, asked

    def load(self) -> Scores | None:
        """Return the scores if they are there and answer what is asked."""
        found = _read(self._path) if self._path is not None else None
        if found is None or str(found["asked"]) != self._asked:
            return None
        return Scores(found["score"], found["distance"], found["holds"], found.get("gaps"))

    def save(self, scores: Scores) -> None:
        if self._path is not None:
            _write(self._path, {
                "asked": np.array(self._asked), "score": scores.score, "distance": scores.distance,
                "holds": scores.holds, **({} if scores.gaps is None else {"gaps": scores.gaps}),
            })


def _read(path: Path) -> dict[str, np.ndarray] | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        return None
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile):
        # Written atomically, so this is damage from outside; it is computed again.
        return None


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    sink = io.BytesIO()
    np.savez(sink, **arrays)  # type: ignore[arg-type]
    write_atomically(path, sink.getvalue())
