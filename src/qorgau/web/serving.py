"""Serving the page on loopback."""

from __future__ import annotations

import socket
import webbrowser
from pathlib import Path
from threading import Timer

import uvicorn

from qorgau.case import Case, load_case
from qorgau.ensemble.store import results_folder
from qorgau.ensemble.workers import available_cores
from qorgau.errors import InputError
from qorgau.web.app import create_app
from qorgau.web.guard import LOOPBACK

__all__ = ["resolve", "serve"]

_KEPT_CASE = "case"


def resolve(target: Case | str | Path) -> tuple[Case, Path | None]:
    """Return the case and the folder of results that a name or folder stands for.

    Parameters
    ----------
    target
        A loaded case, the name of a bundled one, a case's folder, or a folder of results that keeps its case.

    Raises
    ------
    InputError
        If it is none of them.
    """
    if isinstance(target, Case):
        return target, None
    folder = Path(target)
    if (results_folder(folder) / "manifest.json").is_file():
        out = results_folder(folder).parent
        if not (out / _KEPT_CASE / "case.yaml").is_file():
            raise InputError(
                out, _KEPT_CASE, "the case of these results is not kept with them", "serve them by: qorgau serve OUT"
            )
        return load_case(out / _KEPT_CASE), out
    return load_case(target), None


def serve(
    target: Case | str | Path,
    results: str | Path | None = None,
    *,
    port: int = 8642,
    browser: bool = False,
    host: str = "127.0.0.1",
    runs: int = 64,
    workers: int | None = None,
) -> None:
    """Serve the page of a case, or of a folder of results, until it is interrupted.

    Parameters
    ----------
    target
        As of `resolve`.
    results
        Folder of results, where `target` is a case.
    port
        0 takes a free one.
    browser
        Open the page.
    host
        Another name of this machine's loopback; anything else is refused.
    runs, workers
        Draws of a setting, and threads (all cores by default).

    Raises
    ------
    InputError
        If the host is not loopback, the port is taken, or the case or results cannot be used.
    """
    if host not in LOOPBACK:
        raise InputError(
            "qorgau serve", "host", f"{host} is not this machine's loopback",
            "leave it out: the page is for this machine alone",
        )
    case, folder = resolve(target)
    app = create_app(case, folder if results is None else results, runs, workers or available_cores())
    listener = _listen(host, port)
    address = f"http://{'[::1]' if host == '::1' else host}:{listener.getsockname()[1]}/"
    print(f"Qorgau: {address} (this machine only; Ctrl-C ends it)", flush=True)
    if browser:
        opening = Timer(1.0, webbrowser.open, [address])
        opening.daemon = True
        opening.start()
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    with listener:
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InputError(
            "qorgau serve", "--port", f"port {port} cannot be used ({error.strerror})",
            "take another, or 0 for a free one",
        ) from error
    return listener
