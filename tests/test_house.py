"""The rules of the house on the project's own files, and each rule shown to fail on a small bad tree."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import house

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "qorgau"
RULES = (ROOT / "tests" / "house.py", ROOT / "tests" / "test_house.py")


def _titles_of_sources() -> tuple[Path, ...]:
    """A cited work keeps its title, whatever words are in it."""
    return tuple(PACKAGE.glob("cases/*/evidence/sources*.json"))


def _none(findings: list[str]) -> None:
    assert not findings, "\n" + "\n".join(findings)


def test_folders_import_only_from_those_before_them() -> None:
    _none(house.import_order(PACKAGE))


def test_no_module_is_longer_than_one_reading() -> None:
    _none(house.long_modules(*(ROOT / name for name in ("src", "tests", "benchmarks", "tools"))))


def test_importing_the_package_is_light_and_silent() -> None:
    code = (
        "import sys, qorgau\n"
        "heavy = {'numba', 'altair', 'scipy', 'pyarrow', 'duckdb', 'pydantic', 'fastapi', 'vl_convert'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_words_about_people_are_ours() -> None:
    roots = (ROOT / "src", ROOT / "docs", ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CITATION.cff")
    _none(house.words(house.FORBIDDEN_WORDS, *roots, but=_titles_of_sources()))


def test_no_path_of_a_machine_and_no_registry_is_named() -> None:
    _none(house.words(house.FOREIGN, ROOT, but=RULES))


def test_nothing_is_run_or_built_from_data() -> None:
    _none(house.unsafe_calls(PACKAGE))


def test_links_of_the_manual_lead_somewhere() -> None:
    _none(house.broken_links(ROOT))


def test_one_version_is_told() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"\nversion: {project['version']}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f'\n__version__ = "{project["version"]}"\n' in (PACKAGE / "__init__.py").read_text(encoding="utf-8")


# Each rule must be able to fail.


def _tree(root: Path, **contents: str) -> Path:
    package = root / "qorgau"
    for name, text in contents.items():
        path = package / name.replace("__", "/")
        path = path.with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return package


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("model__corruption", "from qorgau.case import load"),
        ("model__corruption", "from qorgau.errors import InputError"),
        ("model__corruption", "from ..errors import InputError"),
        ("model__corruption", "import qorgau"),
        ("case__load", "def later():\n    from qorgau.ensemble.designs import draw"),
        ("case__load", "from qorgau import load_case"),
        ("case__load", "import importlib\nimportlib.import_module('qorgau.report.html')"),
        ("analysis__compare", "from qorgau import report"),
        ("report__html", "from .. import web"),
        ("errors", "from qorgau.model import run"),
        ("helpers", "x = 1"),
    ],
)
def test_an_import_against_the_order_is_found(tmp_path: Path, module: str, text: str) -> None:
    others = {"case__a": "", "ensemble__designs": "", "report__a": "", "web__a": "", "model__run": ""}
    package = _tree(tmp_path, **{**others, module: text})
    assert len(house.import_order(package)) == 1


def test_imports_in_the_order_pass(tmp_path: Path) -> None:
    package = _tree(
        tmp_path,
        errors="class InputError(ValueError): ...",
        model__run="from qorgau.model import state\nfrom . import state\nimport numpy",
        model__state="",
        evidence__a="from qorgau.errors import InputError\nfrom qorgau.model.state import x",
        case__a="from qorgau.evidence.a import y\nfrom qorgau import __version__\nfrom ..model import state",
        cli="from qorgau.web import app\nfrom qorgau import load_case\nfrom .report import html",
        report__html="from qorgau.analysis import compare",
        __init__="from qorgau.cli import app",
    )
    assert house.import_order(package) == []


def test_a_long_module_is_found(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("x = 1\n" * (house.LONGEST_MODULE + 1))
    (tmp_path / "short.py").write_text("x = 1\n" * house.LONGEST_MODULE)
    assert [Path(line.split(":")[0]).name for line in house.long_modules(tmp_path)] == ["long.py"]


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.parallel",
        "eval('1')",
        "exec('x = 1')",
        "import yaml\nyaml.load('a')",
        "import yaml\nyaml.load('a', Loader=yaml.Loader)",
        "import yaml\nyaml.load('a', yaml.FullLoader)",
        "import yaml\nclass Own(yaml.Loader): ...\nyaml.load('a', Loader=Own)",
        "import yaml\nyaml.unsafe_load('a')",
        "import numpy as np\nnp.load('a', allow_pickle=True)",
        "import subprocess\nsubprocess.run('ls', shell=True)",
    ],
)
def test_an_unsafe_call_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    assert len(house.unsafe_calls(tmp_path)) == 1


def test_safe_calls_pass(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(
        "import re, yaml\nyaml.safe_load('a')\nyaml.load('a', Loader=yaml.CSafeLoader)\n"
        "Base = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)\nclass Own(Base): ...\n"
        "yaml.load('a', Loader=Own)\n"
        "re.compile('a')\nmodel.eval('a')\n"
    )
    assert house.unsafe_calls(tmp_path) == []


@pytest.mark.parametrize(
    ("patterns", "bad", "good"),
    [
        (house.FORBIDDEN_WORDS, "The victims were rescued.", "People identified."),
        (house.FORBIDDEN_WORDS, "A flow of migrants", "A flow of opiates"),
        (house.FORBIDDEN_WORDS, "humans trafficked: human product", "gross domestic product"),
        (house.FORBIDDEN_WORDS, "known HOT SPOTS", f"kingpin  <!-- {house.WORD_LIST} -->"),
        (house.FOREIGN, "see /root/x", "see docs/work/x"),
        (house.FOREIGN, "get it from pypi.org", "get it with pip"),
        (house.FOREIGN, "as the Seed Document says", "as the study says"),
    ],
)
def test_a_word_is_found_where_it_stands(
    tmp_path: Path, patterns: tuple[str, ...], bad: str, good: str
) -> None:
    (tmp_path / "page.md").write_text(f"{good}\n{bad}\n")
    (finding,) = house.words(patterns, tmp_path)
    assert ":2:" in finding
    assert house.words(patterns, tmp_path, but=(tmp_path / "page.md",)) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "[b](b.md) [web](https://example.org) [gone](c.md#x)\n```\n[code](d.md)\n```\n"
    )
    (tmp_path / "b.md").write_text("")
    (finding,) = house.broken_links(tmp_path)
    assert "c.md" in finding


def test_walking_leaves_out_what_is_not_the_project(tmp_path: Path) -> None:
    for name in (".git/a.py", ".venv/b.py", "__pycache__/c.py", "build/d.py", ".ci/e.py", "src/f.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text("")
    walk: Callable[..., object] = house.files
    assert [p.name for p in walk(tmp_path, ".py")] == ["e.py", "f.py"]  # type: ignore[attr-defined]
