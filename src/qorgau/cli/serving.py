"""``qorgau serve``: the local web page."""

from __future__ import annotations

import contextlib
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from qorgau.cli.outputs import holds_results, open_output
from qorgau.cli.screen import Screen
from qorgau.errors import InputError

__all__ = ["serve_page"]

_HOST = "127.0.0.1"


def serve_page(what: str, port: int, browser: bool, runs: int, workers: int | None, screen: Screen) -> None:
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
    if holds_results(Path(what)):
        _, case, folder = open_output(Path(what))
    else:
        from qorgau.case import load_case

        case, folder = load_case(what), None
    from qorgau.web import serve

    if screen.as_json:
        # The summary must name the port before the page takes it.
        port = port or _free_port()
        screen.finish(
            {"url": f"http://{_HOST}:{port}/", "case": case.id, "out": str(folder) if folder else None},
            [case.settings.not_for],
        )
        sys.stdout.flush()
    # Ctrl-C is how a page is meant to end.
    with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as stack:
        if screen.as_json:
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        serve(case, folder, port=port, browser=browser, runs=runs, workers=workers)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
