"""The one way in which this folder compiles its functions.

Numba's disk cache knows only the file of the function itself, so a change in a function that is inlined from another
file would go unseen. Here the cache is stamped with a hash of every source file of the folder: any change, or another
release of the package, compiles anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import IndexDataCacheFile

__all__ = ["compiled", "inlined", "sources_stamp"]


@lru_cache(maxsize=1)
def sources_stamp() -> str:
    """Hash of all source files of this folder."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a process: released lock, cached on disk, IEEE division (no exception on zero)."""
    dispatcher = njit(cache=True, nogil=True, error_model="numpy")(function)
    cache: Any = getattr(dispatcher, "_cache")  # noqa: B009 - not in numba's type hints
    locator = cache._impl.locator
    cache._cache_file = IndexDataCacheFile(
        cache_path=cache._cache_path,
        filename_base=cache._impl.filename_base,
        source_stamp=(locator.get_source_stamp(), sources_stamp()),
    )
    return dispatcher


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a small function that processes call; LLVM inlines it."""
    return njit(nogil=True, error_model="numpy")(function)
