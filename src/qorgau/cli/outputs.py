"""What a folder of results holds beside its results: the case it was made of, summary, report, record."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qorgau.errors import InputError

if TYPE_CHECKING:
    from qorgau.analysis.records import Analysis
    from qorgau.case import Case
    from qorgau.ensemble.results import Results

__all__ = ["default_out", "files_of", "holds_results", "keep_case", "open_output", "publish"]

CASE_FOLDER = "case"
REPORT = "report.html"
SUMMARY = "summary.json"


def default_out(case: Case) -> Path:
    """Return the output folder of a case when none is given."""
    return Path(f"qorgau-{case.id}")


def holds_results(folder: Path) -> bool:
    """Tell whether a folder holds results of an ensemble, finished or not."""
    from qorgau.ensemble.store import results_folder

    return (results_folder(folder) / "manifest.json").is_file()


def open_output(out: Path, case: str | None = None) -> tuple[Results, Case, Path]:
    """Open the results in a folder and the case that they are of.

    Parameters
    ----------
    out
        Output folder, or ``results`` in it.
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
    folder = results.folder.parent
    return results, _case_of(results, folder, case), folder


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


def keep_case(files: Mapping[str, bytes], out: Path) -> None:
    """Write the files of a case to ``OUT/case``, so that results can be read without it."""
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
    case: Case, files: Mapping[str, bytes], results: Results, analysis: Analysis, out: Path
) -> Path:
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
    write_json(out / SUMMARY, analysis.to_json())
    forecast = write_forecast(out, analysis, case_view(case).thresholds.suppression.under)
    report = Path(build_report(analysis, case, results.manifest, out / REPORT))
    kept = {f"{CASE_FOLDER}/{name}": "The case that was run" for name in files}
    write_crate(out, {SUMMARY: "All of the analysis, as JSON", **forecast, **kept})
    return report
