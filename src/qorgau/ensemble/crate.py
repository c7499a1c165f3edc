"""What made a folder of results, in the form that archives and other tools read: RO-Crate.

Soiland-Reyes and others (2022), "Packaging research artefacts with RO-Crate", Data Science 5(2). The
crate names software, case, seed, design, command and files with their checksums, and no person.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import mimetypes
from collections.abc import Mapping
from typing import Any

from qorgau.ensemble.places import Address, Place, place_of
from qorgau.ensemble.store import read_manifest, results_place

__all__ = ["write_crate"]

_LICENCE = "https://www.apache.org/licenses/LICENSE-2.0"
_NOT_FOR = (
    "Simulated, not observed. Detected is not prevalence. Not for operational targeting, not evidence about any person."
)
_KINDS = {
    "results/draws.parquet": "Value of every uncertain parameter, truth bit and mechanism switch, a row per draw",
    "results/manifest.json": "What made the ensemble, and its blocks with checksums",
    "report.html": "The report",
}
_FOLDERS = {
    "results/yearly": "Outcomes by policy, run and year",
    "results/corridors": "Yearly flows by policy, run, corridor and trade",
    "results/knockouts": "Outcomes by run and year without one mechanism",
}


def write_crate(out: Address, files: Mapping[str, str] | None = None) -> str:
    """Write ``OUT/ro-crate-metadata.json`` for a folder of results; written again it replaces the old one.

    Parameters
    ----------
    out : path or str
        Output folder or address; its ``results/manifest.json`` is read.
    files : mapping of str to str, optional
        Further files in `out` by path relative to it, and what they are.

    Returns
    -------
    str
        Path or address of the file written.

    Raises
    ------
    InputError
        If there are no results, or the folder cannot be written.
    """
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    place = place_of(out)
    manifest = read_manifest(results_place(out))
    identity, versions = manifest["identity"], manifest["versions"]
    crate = ROCrate()
    crate.name = f"Qorgau ensemble: {manifest['case'].get('title') or identity['case']['name']}"
    crate.description = (
        f"{manifest['runs']} draws under {len(manifest['columns']['policies'])} policies, "
        f"{manifest['years'][0]} to {manifest['years'][1]}. {_NOT_FOR}"
    )
    crate.license = manifest["case"].get("licence") or _LICENCE
    crate.datePublished = dt.datetime.now(dt.UTC)

    def add(at: str, kind: str | list[str], **properties: Any) -> ContextEntity:
        return crate.add(ContextEntity(crate, at, properties={"@type": kind, **properties}))

    def value(name: str, content: Any) -> ContextEntity:
        return add(f"#{name}", "PropertyValue", name=name, value=content)

    software = [
        add(f"#software-{name}", "SoftwareApplication", name=name, softwareVersion=version)
        for name, version in versions.items()
    ]
    tool = software[list(versions).index("qorgau")]
    case = add(
        "#case",
        "Dataset",
        name=identity["case"]["name"],
        identifier=f"sha256:{identity['case']['hash']}",
        description="The case: claims, sources, places, parameters and measures, by the checksum of its content",
    )
    given = [
        value("seed", identity["design"]["seed"]),
        value("design", identity["design"]["method"]),
        value("dimensions", identity["design"]["dimensions"]),
        value("runs", manifest["runs"]),
        value("knockouts", manifest["knockouts"]),
        value("policies", json.dumps(identity["policies"])),
        value("model", identity["model"]),
    ]
    made = []
    for path, properties in _contents(place, manifest, files or {}).items():
        made.append(crate.add_file(None, dest_path=path, properties=properties))
    action = add(
        "#run",
        "CreateAction",
        name="Ensemble of runs",
        instrument=tool,
        object=[case, *given],
        result=made,
        description=manifest["command"],
        endTime=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        actionStatus="http://schema.org/CompletedActionStatus",
    )
    crate.root_dataset["mentions"] = [action]
    crate.root_dataset["isBasedOn"] = [case]
    crate.root_dataset["softwareRequirements"] = software
    target = "ro-crate-metadata.json"
    content = json.dumps(crate.metadata.generate(), indent=1, ensure_ascii=False)
    place.write(target, f"{content}\n".encode())
    return place.at(target)


def _contents(place: Place, manifest: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Files of the crate by path, with the checksums that the manifest already holds."""
    made: dict[str, dict[str, Any]] = {}
    for block in manifest["blocks"]:
        for name, about in block["files"].items():
            path = f"results/{name}"
            made[path] = _file(path, about, _FOLDERS[path.rpartition("/")[0]])
    for path, words in {**_KINDS, **files}.items():
        content = place.read(path)
        if content is not None:
            about = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            made[path] = _file(path, about, words)
    return made


def _file(path: str, about: Mapping[str, Any], words: str) -> dict[str, Any]:
    kind = "application/vnd.apache.parquet" if path.endswith(".parquet") else mimetypes.guess_type(path)[0]
    return {
        "name": path,
        "description": words,
        "contentSize": str(about["bytes"]),
        "sha256": about["sha256"],
        "encodingFormat": kind or "application/octet-stream",
    }
