"""The web application: the page's files, and a JSON API over one case."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from qorgau import __version__
from qorgau.case import Case, load_case
from qorgau.errors import InputError
from qorgau.report.theme import DARK, LIGHT, css_tokens
from qorgau.web.desk import Desk, results_in
from qorgau.web.engine import Engine
from qorgau.web.guard import guard
from qorgau.web.session import Job

__all__ = ["create_app"]

_SCRIPTS = ("app", "api", "dom", "drawer", "glyphs", "levers", "map", "outcomes", "panels")
_FILES = {
    "index.html": "text/html", "style.css": "text/css", "icon.svg": "image/svg+xml",
    **{f"{name}.js": "text/javascript" for name in _SCRIPTS},
}
_LARGEST_BODY = 64 * 1024


def create_app(
    case: Case | str | Path,
    results_folder: str | Path | None = None,
    runs: int = 64,
    workers: int = 2,
    *,
    engine: Engine | None = None,
) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    case : Case, str or path
        A loaded case, the name of a bundled one, or a case's folder.
    results_folder : path, optional
        A folder that ``qorgau run`` or ``qorgau simulate`` wrote for this case: settings are then run over the
        draws that its patterns do not rule out, and its patterns and comparisons are shown.
    runs : int
        Draws of the baseline, and of a setting unless it asks for another number.
    workers : int
        Threads that run them.
    engine : Engine, optional
        Another way to run blocks, for tests.

    Returns
    -------
    FastAPI
        The application; it runs nothing before it is served.

    Raises
    ------
    InputError
        If the case, the results or a number cannot be used.
    """
    loaded = case if isinstance(case, Case) else load_case(case)
    desk = Desk(loaded, results_in(results_folder), runs, workers, engine)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        desk.session.start()
        yield
        desk.session.close()

    app = FastAPI(
        title="Qorgau", version=__version__, lifespan=life, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json", description=f"Not for {loaded.settings.not_for}.",
    )
    app.state.desk = desk
    app.middleware("http")(guard)
    _errors(app)
    _page(app)
    _case(app, desk)
    _runs(app, desk)
    return app


def _refuse(status: int, line: str) -> JSONResponse:
    return JSONResponse({"error": line}, status)


def _missing(what: str, name: str, fix: str) -> JSONResponse:
    return _refuse(404, f"{what}: {name[:60]!r} is not there. Fix: {fix}.")


def _errors(app: FastAPI) -> None:
    @app.exception_handler(InputError)
    async def unusable(_request: Request, error: InputError) -> Response:
        return _refuse(422, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][1:])
        return _refuse(422, str(InputError(
            f"{request.method} {request.url.path}", key, first["msg"], "see /api/openapi.json for what is taken"
        )))

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        line = f"{request.method} {request.url.path[:80]}: {error.detail}. Fix: open / for the page."
        return JSONResponse({"error": line}, error.status_code, dict(error.headers or {}))


def _page(app: FastAPI) -> None:
    folder = files("qorgau.web") / "page"
    tokens = (
        f":root{{color-scheme:light dark;{css_tokens(LIGHT)}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{css_tokens(DARK)}}}}}\n"
    )

    def send(name: str) -> Response:
        with as_file(folder / name) as path:
            return FileResponse(path, media_type=_FILES[name])

    @app.get("/", include_in_schema=False)
    def index() -> Response:
        return send("index.html")

    @app.get("/page/tokens.css", include_in_schema=False)
    def colours() -> Response:
        return Response(tokens, media_type="text/css")

    @app.get("/page/{name}", include_in_schema=False)
    def asset(name: str) -> Response:
        return send(name) if name in _FILES else _missing("GET /page", name, "open / for the page")


def _case(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/case")
    def about() -> dict[str, Any]:
        """Say what the case is: places, border sections, measures, how many claims and sources."""
        return desk.about()

    @app.get("/api/levers")
    def levers() -> dict[str, Any]:
        """List the counter-measures by group."""
        first, last = desk.case.settings.first_year, desk.case.settings.last_year
        return {"groups": desk.levers(), "years": [first, last], "start": desk.view.started}

    @app.get("/api/claims")
    def claims() -> dict[str, Any]:
        """List all claims in short."""
        return {"claims": desk.evidence.rows()}

    @app.get("/api/claims/{claim_id}")
    def claim(claim_id: str) -> Any:
        """Return one claim with all that is known of it."""
        if claim_id not in desk.evidence:
            return _missing("GET /api/claims", claim_id, "take an id from GET /api/claims")
        return desk.evidence.one(claim_id)

    @app.get("/api/map")
    def drawn(width: int = 736) -> Any:
        """Return the map's geometry in pixels."""
        if not 280 <= width <= 1600:
            raise InputError("GET /api/map", "width", f"{width} pixels", "ask for 280 to 1600")
        return desk.map(width)

    @app.get("/api/patterns")
    def patterns() -> dict[str, Any]:
        """Return the patterns of the results folder."""
        return desk.patterns()

    @app.get("/api/baseline")
    def baseline() -> dict[str, Any]:
        """Say how far the shared baseline is."""
        return desk.baseline()

    @app.get("/api/baseline/traffic")
    def history(trade: str) -> dict[str, Any]:
        """Return what the baseline carries between cities by the year; people by form, or opiates, never both."""
        return desk.history(trade)


def _runs(app: FastAPI, desk: Desk) -> None:
    def found(key: str, then: Any) -> Any:
        job: Job | None = desk.session.job(key)
        return then(job) if job is not None else _missing("run", key, "start it again with POST /api/runs")

    @app.post("/api/runs")
    async def submit(request: Request) -> Any:
        """Run a setting of the levers against the baseline, or go on with it."""
        body = await _decoded(request)
        return await run_in_threadpool(desk.submit, body)

    @app.get("/api/runs/{key}")
    def shown(key: str) -> Any:
        """Return how far a setting is and what it shows so far."""
        return found(key, desk.shown)

    @app.delete("/api/runs/{key}")
    def stop(key: str) -> Any:
        """Stop a setting; what is done stays, and it can go on."""
        desk.session.stop(key)
        return found(key, desk.shown)

    @app.get("/api/compare")
    def compare() -> dict[str, Any]:
        """Return the settings that are kept, and the measures of the results folder."""
        return desk.kept()

    @app.put("/api/compare/{key}")
    def keep(key: str) -> Any:
        """Keep a setting for comparison."""
        desk.session.keep(key, True)
        return found(key, lambda _job: desk.kept())

    @app.delete("/api/compare/{key}")
    def drop(key: str) -> Any:
        """Keep a setting no longer."""
        desk.session.keep(key, False)
        return found(key, lambda _job: desk.kept())


async def _decoded(request: Request) -> Any:
    """Read a JSON body.

    Raises
    ------
    InputError
        If it is too large or not JSON.
    """
    where = f"{request.method} {request.url.path}"
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_BODY:
            raise InputError(where, "", "the body is larger than 64 kB", "send the levers alone")
    try:
        return json.loads(body)
    except ValueError as error:
        raise InputError(where, "", f"the body is not JSON: {error}", 'send {"levers": {"outreach": {}}}') from error
