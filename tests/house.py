"""The house rules as checks on a tree of files: each returns the findings as lines ``file:line: what``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ORDER = ("model", "evidence", "case", "ensemble", "analysis", "report", "web", "cli")
"""A folder may import from those before it, and from itself; model from nothing else of the project."""

LONGEST_MODULE = 420

SKIPPED_FOLDERS = {"__pycache__", "build", "dist", "node_modules", "out", "qorgau-out", "site-packages"}
TEXT = {
    ".py",
    ".md",
    ".yaml",
    ".yml",
    ".toml",
    ".cff",
    ".json",
    ".csv",
    ".j2",
    ".html",
    ".css",
    ".js",
    ".txt",
    "",
}

FORBIDDEN_WORDS = (
    r"prostitut\w*",
    r"sex[- ]slave\w*",
    r"modern[- ]slaves?\b",
    r"rescue[ds]?\b",
    r"illegals\b",
    r"merchandise",
    r"kingpins?\b",
    r"hot[- ]?spots?\b",
    r"optimal routes?\b",
    r"the model proves",
    r"flows? of (?:people|persons|migrants|victims)",
    r"stocks? of (?:people|persons|migrants|victims)",
    r"(?:human|people|victims?|persons?) as (?:a )?(?:product|commodit)\w*",
    r"human products?\b",
)
"""Words that the style rules refuse. A line with `WORD_LIST` on it is where such a list itself stands."""
WORD_LIST = "house: word list"

FOREIGN = (
    r"(?<![\w.])/(?:work|root)/",
    r"(?<![\w.])/(?:home|Users)/\w+",
    r"[A-Z]:\\\\?Users",
    r"\.\./shared",
    r"seed document",
    r"seed/0\d\d",
    r"(?<!\w)claims\.csv",
    r"pypi\.org",
    r"pythonhosted\.org",
    r"registry\.npmjs",
    r"(?:deb|security)\.debian\.org",
    r"proxy\.golang",
)
"""Paths of one machine, hosts of package registries, folders and papers that lie outside the project."""

UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "compile"}
SAFE_LOADERS = {"SafeLoader", "CSafeLoader"}


def files(root: Path, *suffixes: str) -> Iterator[Path]:
    """Yield the project's files below `root` with one of the suffixes, in order."""
    if root.is_file():
        yield root
        return
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if path.is_dir():
            hidden = path.name.startswith(".") and path.name != ".ci"
            if not hidden and path.name not in SKIPPED_FOLDERS and not path.name.endswith(".egg-info"):
                yield from files(path, *suffixes)
        elif path.suffix in suffixes:
            yield path


def import_order(package: Path) -> list[str]:
    """Find imports against `ORDER` in a package; `package` is its folder, named like the package."""
    found = []
    for path in files(package, ".py"):
        parts = path.relative_to(package).with_suffix("").parts
        if parts in (("__init__",), ("__main__",)):
            continue
        home = parts[0]
        if home not in (*ORDER, "errors"):
            found.append(f"{path}:1: {home} has no place in the order {', '.join(ORDER)}")
            continue
        for line, target in _project_imports(path, package):
            if home == "errors" or not _may_import(home, target):
                found.append(f"{path}:{line}: {home} imports {target or 'the package itself'}")
    return found


def _may_import(home: str, target: str) -> bool:
    if target == home:
        return True
    if target == "errors":
        return home != "model"
    if target == "":
        # The package's own names come lazily from every folder, so only the last may go through them.
        return home == ORDER[-1]
    return target in ORDER and home in ORDER and ORDER.index(target) < ORDER.index(home)


def _project_imports(path: Path, package: Path) -> Iterator[tuple[int, str]]:
    """Yield line and first folder of each import of the project; no folder for the package itself."""
    name = package.name
    below = {p.stem for p in package.iterdir() if p.suffix == ".py" or p.is_dir()}
    where = path.relative_to(package.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        targets: list[str] = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*where[: len(where) - node.level]] if node.level else []
            whole = ".".join([*base, *(node.module.split(".") if node.module else [])])
            targets = [
                f"{whole}.{a.name}" if whole == name and a.name in below else whole for a in node.names
            ]
            if whole == name:
                # A version or another constant defined in the package's own file is nobody's.
                targets = [t for t, a in zip(targets, node.names, strict=True) if not a.name.startswith("__")]
        elif isinstance(node, ast.Call) and _called(node) == "import_module" and node.args:
            first = node.args[0]
            targets = (
                [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []
            )
        for target in dict.fromkeys(targets):
            pieces = target.split(".")
            if pieces[0] == name:
                yield node.lineno, pieces[1] if len(pieces) > 1 else ""  # type: ignore[attr-defined]


def _called(node: ast.Call) -> str:
    """Return the last name of what is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def long_modules(*roots: Path) -> list[str]:
    """Find modules of more lines than one reading holds."""
    found = []
    for root in roots:
        for path in files(root, ".py"):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > LONGEST_MODULE:
                found.append(f"{path}:{lines}: more than {LONGEST_MODULE} lines; make it two modules")
    return found


def unsafe_calls(package: Path) -> list[str]:
    """Find what would run or build objects from data: pickles, eval, YAML without a safe loader, a shell."""
    found = []
    for path in files(package, ".py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        loaders = _safe_loaders(tree)
        for node in ast.walk(tree):
            what = ""
            if isinstance(node, ast.Import):
                what = ", ".join(a.name for a in node.names if a.name.split(".")[0] in UNSAFE_MODULES)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                what = (node.module or "") if (node.module or "").split(".")[0] in UNSAFE_MODULES else ""
            elif isinstance(node, ast.Call):
                what = _unsafe_call(node, loaders)
            if what:
                found.append(f"{path}:{node.lineno}: {what}")  # type: ignore[attr-defined]
    return found


def _unsafe_call(node: ast.Call, loaders: set[str]) -> str:
    keywords = {k.arg: k.value for k in node.keywords}
    if isinstance(node.func, ast.Name):
        return f"{node.func.id}()" if node.func.id in UNSAFE_CALLS else ""
    if not isinstance(node.func, ast.Attribute):
        return ""
    owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
    name = node.func.attr
    if owner == "yaml" and name in {"unsafe_load", "unsafe_load_all", "full_load", "full_load_all"}:
        return f"yaml.{name}"
    if owner == "yaml" and name in {"load", "load_all"}:
        loader = keywords.get("Loader", node.args[1] if len(node.args) > 1 else None)
        given = loader.attr if isinstance(loader, ast.Attribute) else getattr(loader, "id", "")
        return "" if given in loaders else f"yaml.{name} without a safe loader"
    if name == "read_pickle" or name == "to_pickle":
        return name
    for keyword in ("allow_pickle", "shell"):
        value = keywords.get(keyword)
        if isinstance(value, ast.Constant) and value.value is True:
            return f"{keyword}=True"
    return ""


def _safe_loaders(tree: ast.Module) -> set[str]:
    """Return the names by which a module knows a safe loader: its own subclasses and aliases too."""
    safe = set(SAFE_LOADERS)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.bases and all(_safe(base, safe) for base in node.bases):
            safe.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value and _safe(node.value, safe):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            safe.update(target.id for target in targets if isinstance(target, ast.Name))
    return safe


def _safe(value: ast.expr, safe: set[str]) -> bool:
    """Tell whether an expression can only be a safe loader, `getattr(yaml, one, another)` included."""
    if isinstance(value, ast.Call) and _called(value) == "getattr" and len(value.args) == 3:
        name, other = value.args[1:]
        return isinstance(name, ast.Constant) and name.value in safe and _safe(other, safe)
    return (value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")) in safe


def words(pattern: tuple[str, ...], *roots: Path, but: tuple[Path, ...] = ()) -> list[str]:
    """Find lines that hold one of the patterns, in text files below the roots, leaving out some files."""
    look = re.compile("|".join(f"(?:{p})" for p in pattern), re.IGNORECASE)
    found = []
    for root in roots:
        for path in files(root, *TEXT):
            if path in but:
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                hit = look.search(line)
                if hit and WORD_LIST not in line:
                    found.append(f"{path}:{number}: {hit.group(0)!r}")
    return found


def broken_links(root: Path) -> list[str]:
    """Find relative links and pictures in Markdown that lead to no file."""
    found = []
    for path in files(root, ".md"):
        text = re.sub(
            r"```.*?```",
            lambda m: "\n" * m.group(0).count("\n"),
            path.read_text(encoding="utf-8"),
            flags=re.S,
        )
        for number, line in enumerate(text.splitlines(), 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                local = target.split("#")[0]
                outside = "://" in target or target.startswith("mailto:")
                if local and not outside and not (path.parent / local).exists():
                    found.append(f"{path}:{number}: {target} does not exist")
    return found
