"""What a folder of results holds beside its results: the case it was made of, summary, report, record."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qorgau.ensemble.places import Address, copy_from, copy_to, is_remote, place_of
from qorgau.errors import InputError

if TYPE_CHECKING:
    from qorgau.analysis.records import Analysis
    from qorgau.case import Case
    from qorgau.ensemble.results import Results

__all__ = ["default_out", "files_of", "holds_results", "keep_case", "local_copy", "open_output", "publish"]

CASE_FOLDER = "case"
REPORT = "report.html"
SUMMARY = "summary.json"


def default_out(case: Case) -> str:
    """Return the output folder of a case when none is given."""
    return f"qorgau-{case.id}"


def holds_results(folder: Address) -> bool:
    """Tell whether a folder holds results of an ensemble, finished or not."""
    from qorgau.ensemble.store import MANIFEST, results_place

    return MANIFEST in results_place(folder).sizes()


def open_output(out: Address, case: str | None = None) -> tuple[Results, Case, Address]:
    """Open the results in a folder and the case that they are of.

    Parameters
    ----------
    out
        Output folder or address, or ``results`` in it.
    case
        Name or folder of the case; by default the copy kept in the output folder, else the bundled one of the
        same name.

    Returns
    -------
    results, case, folder

    Raises
    ------
    InputError
        If there are no finished results, or the case is not the one that they are of.
    """
    from qorgau.ensemble.results import Results

    results = Results(out)
    if not is_remote(results.address):
        folder = results.folder.parent
        return results, _case_of(results, folder, case), folder
    address = results.address.rpartition("/")[0]
    # The copy lives as long as the process: a case reads files of its folder when they are needed.
    local = tempfile.mkdtemp(prefix="qorgau-case-")
    atexit.register(shutil.rmtree, local, ignore_errors=True)
    copy_from(place_of(address), CASE_FOLDER, Path(local) / CASE_FOLDER)
    return results, _case_of(results, Path(local), case), address


def _case_of(results: Results, folder: Path, given: str | None) -> Case:
    from qorgau.case import bundled_cases, load_case

    made_of = results.manifest["identity"]["case"]
    if given is not None:
        case = load_case(given)
        if case.hash != made_of["hash"]:
            raise InputError(
                given, "", f"the results in {folder} are of another case, or of this one before it was changed",
                "simulate again into another --out, or leave --case out to use the copy kept with the results",
            )
        return case
    kept = [folder / CASE_FOLDER] if (folder / CASE_FOLDER / "case.yaml").is_file() else []
    bundled = [made_of["name"]] if made_of["name"] in bundled_cases() else []
    for place in (*kept, *bundled):
        case = load_case(place)
        if case.hash == made_of["hash"]:
            return case
    raise InputError(
        folder, CASE_FOLDER, f"the case {made_of['name']} that the results are of is not there, or was changed",
        "name its folder with --case, or simulate again into another --out",
    )


def files_of(case: Case) -> dict[str, bytes]:
    """Return the files of a case, by path within it; read when it is loaded, they are those that are run."""
    folder = Path(case.folder)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for pattern in ("*.yaml", "parameters/*.yaml", "evidence/*.yaml", "evidence/*.json", "matched/matched.*")
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    }


def keep_case(files: Mapping[str, bytes], address: Address) -> None:
    """Write the files of a case to ``OUT/case``, so that results can be read without it."""
    if is_remote(address):
        place = place_of(address)
        for name, content in files.items():
            at = f"{CASE_FOLDER}/{name}"
            if place.read(at) != content:
                place.prepare([at.rpartition("/")[0]])
                place.write(at, content)
        return
    out = Path(place_of(address).address)
    target = out / CASE_FOLDER
    there = {
        path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()
    } if target.is_dir() else {}
    if there == files:
        return
    with tempfile.TemporaryDirectory(dir=out, prefix=".case-") as scratch:
        written = Path(scratch) / CASE_FOLDER
        for name, content in files.items():
            (written / name).parent.mkdir(parents=True, exist_ok=True)
            (written / name).write_bytes(content)
        if target.exists():
            target.rename(Path(scratch) / "old")
        written.rename(target)


def publish(
    case: Case, files: Mapping[str, bytes], results: Results, analysis: Analysis, out: Address
) -> str:
    """Write ``report.html``, ``summary.json``, the forecast and the record of what made them; return the report.

    Raises
    ------
    InputError
        If the folder cannot be written; each file is whole or as it was.
    """
    from qorgau.analysis.case_view import case_view
    from qorgau.cli.history import write_forecast
    from qorgau.ensemble.crate import write_crate
    from qorgau.ensemble.files import write_json
    from qorgau.report import build_report

    keep_case(files, out)
    with local_copy(out) as folder:
        write_json(folder / SUMMARY, analysis.to_json())
        forecast = write_forecast(folder, analysis, case_view(case).thresholds.suppression.under)
        build_report(analysis, case, results.manifest, folder / REPORT)
    kept = {f"{CASE_FOLDER}/{name}": "The case that was run" for name in files}
    write_crate(out, {SUMMARY: "All of the analysis, as JSON", **forecast, **kept})
    return place_of(out).at(REPORT)


@contextlib.contextmanager
def local_copy(out: Address) -> Iterator[Path]:
    """Give a local folder to write to; where the output is at a remote address, its files go there at the end."""
    place = place_of(out)
    if place.filesystem is None:
        yield Path(place.address)
        return
    with tempfile.TemporaryDirectory(prefix="qorgau-") as scratch:
        yield Path(scratch)
        copy_to(Path(scratch), place)
