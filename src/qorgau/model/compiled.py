"""The one way in which this folder compiles its functions.

Numba's disk cache knows only the file of the function itself, so a change in a function that is inlined from another
file would go unseen. Here the cache is stamped with a hash of the function's own file and of every file of the folder
that it imports, directly or through others: a change compiles anew what it can reach, and nothing else.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from numba import njit, types
from numba.core.caching import IndexDataCacheFile

__all__ = [
    "brief", "cached", "closure", "closure_stamp", "compiled", "gives_back", "hidden", "inlined", "not_kept",
    "processes", "sources_stamp", "uncompiled",
]

_PACKAGE = __name__.rpartition(".")[0]
_CACHED: list[Any] = []
_PROCESSES: set[Any] = set()
_jit: Any = njit  # numba's type hints know no options of targets


@lru_cache(maxsize=1)
def sources_stamp() -> str:
    """Hash of all source files of this folder."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    """Files of this folder that one file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == _PACKAGE:
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(_PACKAGE + "."):
            found.add(node.module.removeprefix(_PACKAGE + ".").partition(".")[0])
        elif isinstance(node, ast.Import):
            found.update(a.name.removeprefix(_PACKAGE + ".") for a in node.names if a.name.startswith(_PACKAGE + "."))
    files = (path.parent / f"{name}.py" for name in sorted(found))
    return tuple(file for file in files if file.is_file())


def closure(path: Path) -> tuple[Path, ...]:
    """Return a file and every file of its folder that it imports, directly or through others, sorted by name."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            waiting.extend(_imports(file))
    return tuple(sorted(seen))


@cache
def closure_stamp(path: Path) -> str:
    """Hash of a source file and of those that it imports; see `closure`."""
    digest = hashlib.sha256()
    for file in closure(path):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a process: released lock, cached on disk, IEEE division (no exception on zero)."""
    dispatcher = _listed(_jit(cache=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True)(function), function)
    _PROCESSES.add(dispatcher)
    return dispatcher


def processes() -> frozenset[Any]:
    """Return the processes of imported files of this folder that give nothing back: what a script writes down."""
    return frozenset(process for process in _PROCESSES if not gives_back(process.py_func))


def brief(function: Callable[..., Any]) -> Any:
    """Compile what takes some microseconds a block: it keeps the lock, which takes longer to be had again."""
    return _listed(_jit(cache=True, error_model="numpy", no_cfunc_wrapper=True)(function), function)


def hidden(function: Callable[..., Any], name: str) -> Any:
    """Compile what is called by its address only, never from Python; ``name`` tells its files on disk apart.

    Numba numbers what one function is compiled for without a lock, so that two Pythons that compile it for different
    types at once take each other's files: what is compiled beside each other must have names of its own.
    """
    dispatcher = _jit(cache=True, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return _stamped(dispatcher, function, f"-{name}")


def not_kept(function: Callable[..., Any]) -> Any:
    """Compile a process, or what calls one, without the disk."""
    return _jit(nogil=True, error_model="numpy", no_cfunc_wrapper=True)(function)


def _stamped(dispatcher: Any, function: Callable[..., Any], name: str = "") -> Any:
    cache: Any = getattr(dispatcher, "_cache")  # noqa: B009 - not in numba's type hints
    locator = cache._impl.locator
    cache._cache_file = IndexDataCacheFile(
        cache_path=cache._cache_path,
        filename_base=cache._impl.filename_base + name,
        source_stamp=(locator.get_source_stamp(), closure_stamp(Path(inspect.getfile(function)))),
    )
    return dispatcher


def _listed(dispatcher: Any, function: Callable[..., Any]) -> Any:
    _CACHED.append(_stamped(dispatcher, function))
    return dispatcher


@cache
def gives_back(function: Callable[..., Any]) -> bool:
    """Whether a function returns anything."""
    tree = ast.parse(inspect.getsource(function))
    return any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(tree))


def cached() -> tuple[Any, ...]:
    """Return the functions of imported files of this folder of which code is kept on disk."""
    return tuple(_CACHED)


def uncompiled() -> tuple[Any, ...]:
    """Return those of which there is no code on disk, or only of other sources."""
    return tuple(f for f in _CACHED if not getattr(f, "_cache")._cache_file._load_index())  # noqa: B009


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a small function that processes call; LLVM inlines it. Called from Python it keeps the lock.

    For processes it is compiled once for whole numbers, not anew for each constant that a call names (most calls of
    ``streams.uniform`` name one), and without what only a call from Python needs.
    """
    python = _stamped(_jit(cache=True, error_model="numpy", no_cfunc_wrapper=True)(function), function)
    inner = _jit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)

    def get_call_template(args: Sequence[Any], kws: Mapping[str, Any]) -> Any:
        plain = {name: _any_number(of) for name, of in kws.items()}
        return inner.get_call_template(tuple(_any_number(of) for of in args), plain)

    python.get_call_template, python.get_overload = get_call_template, inner.get_overload
    python._compiling_counter = inner._compiling_counter  # so that a function that calls itself is seen to
    return python


def _any_number(of: Any) -> Any:
    """Type of a whole number of which numba also knows the value; any other type is itself."""
    return of.literal_type if isinstance(of, types.IntegerLiteral) else of
