"""``qorgau serve``: the local web page."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from qorgau.cli.outputs import holds_results, open_output
from qorgau.cli.screen import Screen
from qorgau.errors import InputError

__all__ = ["serve_page"]


def serve_page(what: str, port: int, browser: bool, screen: Screen) -> None:
    """Serve the page of a case, or of a folder of results, on loopback until it is stopped.

    Raises
    ------
    InputError
        If the web libraries are not installed, or there is no such case or folder.
    """
    missing = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if missing:
        raise InputError(
            "qorgau serve", "", f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not installed",
            "pip install 'qorgau[web]'",
        )
    out = Path(what)
    if holds_results(out):
        _, case, folder = open_output(out)
    else:
        from qorgau.case import load_case

        case, folder = load_case(what), None
    from qorgau.web import serve

    serve(case, folder, port=port, browser=browser)
