"""Loading a case: a bundled one by name, or a folder; whole and checked, or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from qorgau.case.case import Case
from qorgau.case.models import Settings, Sourced
from qorgau.case.priors import ParameterPrior
from qorgau.case.references import check_references
from qorgau.case.schema import ROW_FILES, SETTINGS_FILE
from qorgau.errors import InputError
from qorgau.evidence import load_evidence
from qorgau.evidence.reading import as_model, read_yaml

__all__ = ["bundled_cases", "case_folder", "load_case"]

Row = TypeVar("Row", bound=Sourced)


def _cases() -> Path:
    return Path(str(files("qorgau"))) / "cases"


def bundled_cases() -> tuple[str, ...]:
    """Names of the cases that come with the package."""
    return tuple(sorted(path.parent.name for path in _cases().glob(f"*/{SETTINGS_FILE}")))


def case_folder(name_or_folder: str | os.PathLike[str]) -> Path:
    """Folder of a case given by its bundled name or by its folder.

    Raises
    ------
    InputError
        If it is neither, or the folder holds no ``case.yaml``.
    """
    text = os.fspath(name_or_folder)
    if text in bundled_cases():
        return _cases() / text
    folder = Path(text)
    if not folder.is_dir():
        fix = f"give a folder, or a bundled case: {', '.join(bundled_cases())}"
        raise InputError(text, "", "no such case or folder", fix)
    if not (folder / SETTINGS_FILE).is_file():
        fix = f"write {SETTINGS_FILE} there, or start from a template with: qorgau new DIR"
        raise InputError(folder, "", f"the folder has no {SETTINGS_FILE}", fix)
    return folder


def _need_basis(row: Sourced, file: Path, key: str) -> None:
    if not row.has_basis:
        fix = "name the claims that it rests on (claims: [...]) or say why it is what it is (assumption: ...)"
        raise InputError(file, key, "missing claim: the row names neither claims nor an assumption", fix)


def _with_basis(row: Row, default: str | None, file: Path, key: str) -> Row:
    """Row with the file's assumption where it states none itself; claims rarely give all of its numbers."""
    if row.assumption is None and default is not None:
        row = row.model_copy(update={"assumption": " ".join(default.split())})
    _need_basis(row, file, key)
    return row


def _mapping(file: Path, allowed: tuple[str, ...]) -> Mapping[str, Any]:
    data = read_yaml(file)
    if not isinstance(data, Mapping):
        raise InputError(file, "", "the file holds no keys", f"write {' and '.join(allowed)} at the top")
    for key in data:
        if key not in allowed:
            raise InputError(
                file, str(key), "unknown key", f"remove it, or correct its spelling; known keys: {', '.join(allowed)}"
            )
    default = data.get("assumption")
    if default is not None and not (isinstance(default, str) and default.strip()):
        raise InputError(file, "assumption", "not a text", "say in words why the numbers are what they are")
    return data


def _row_name(item: Any, number: int) -> str:
    if isinstance(item, Mapping):
        for key in ("id", "place"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return f"[{number}]"


def _rows(file: Path, key: str, model: type[Row]) -> tuple[Row, ...]:
    data = _mapping(file, ("assumption", key))
    items = data.get(key)
    if not isinstance(items, list) or not items:
        raise InputError(file, key, "no list of rows", f"write the rows as a list under the key {key}")
    out: list[Row] = []
    seen: set[str] = set()
    for number, item in enumerate(items):
        name = _row_name(item, number)
        row = as_model(model, item, file, f"{key}.{name}")
        if name in seen:
            raise InputError(file, f"{key}.{name}", "id given twice", "give every row an id of its own")
        seen.add(name)
        out.append(_with_basis(row, data.get("assumption"), file, f"{key}.{name}"))
    return tuple(out)


def _own_parameters(folder: Path) -> dict[str, ParameterPrior]:
    out: dict[str, ParameterPrior] = {}
    for file in sorted(folder.glob("*.yaml")):
        data = read_yaml(file)
        if not isinstance(data, Mapping):
            raise InputError(
                file, "", "the file holds no parameters", "write name: {unit, prior, claims or assumption}"
            )
        for name, item in data.items():
            row = as_model(ParameterPrior, item, file, str(name))
            _need_basis(row, file, str(name))
            out[f"{file.stem}.{name}"] = row
    return out


def _parameters(folder: Path, settings: Settings) -> dict[str, ParameterPrior]:
    """Priors of the case's own files, and those of the case that it takes the others over from."""
    own = _own_parameters(folder / "parameters")
    base = settings.priors_from
    if base is None:
        return own
    if base not in bundled_cases() or base == settings.id:
        fix = f"name another bundled case: {', '.join(bundled_cases())}"
        raise InputError(folder / SETTINGS_FILE, "priors_from", f"no bundled case {base!r}", fix)
    out = {}
    for name, row in _own_parameters(case_folder(base) / "parameters").items():
        # That case's claims are not this one's evidence, so its ranges are assumptions here.
        why = f"taken over from the case {base}" + (f": {row.assumption}" if row.assumption else "")
        out[name] = ParameterPrior(unit=row.unit, prior=row.prior, assumption=why)
    return {**out, **own}


def _pattern_claims(file: Path) -> dict[str, tuple[str, ...]]:
    """Ids of the patterns, each with the claims that it names."""
    if not file.exists():
        return {}
    data = read_yaml(file)
    if not isinstance(data, Mapping):
        raise InputError(file, "", "the file holds no patterns", "write each pattern under its id")
    # a list that is none is refused where patterns are read
    named = {str(key): row.get("claims") if isinstance(row, Mapping) else None for key, row in data.items()}
    return {key: tuple(str(c) for c in claims) if isinstance(claims, list) else () for key, claims in named.items()}


def load_case(name_or_folder: str | os.PathLike[str]) -> Case:
    """Load and check a case.

    Parameters
    ----------
    name_or_folder
        Name of a bundled case, such as ``kazakhstan``, or the path of a case's folder.

    Returns
    -------
    Case

    Raises
    ------
    InputError
        One line that names the file, the key, what is wrong and how to mend it: an unknown key, a row that
        names neither claim nor assumption, a number that is not finite, a range upside down, an id given
        twice, a place, claim or other row that does not exist, a unit that is not the model's, a circle in
        the dates of the time line, a market that no source reaches, a file that is missing or no YAML.
    """
    folder = case_folder(name_or_folder)
    settings_file = folder / SETTINGS_FILE
    settings = as_model(Settings, read_yaml(settings_file), settings_file, "")
    _need_basis(settings, settings_file, "")
    rows = {name: _rows(folder / f"{name}.yaml", name, model) for name, model in ROW_FILES.items()}
    case = Case(
        settings=settings,
        **rows,
        parameters=_parameters(folder, settings),
        evidence=load_evidence(folder / "evidence"),
        pattern_claims=_pattern_claims(folder / "patterns.yaml"),
        folder=str(folder),
    )
    check_references(case)
    return case
