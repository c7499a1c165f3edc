"""What keeps the page on this machine: who may ask, and what an answer may make a browser do.

A page served on loopback can still be reached by any web site that the same browser has open. Two checks shut that
door: the name asked for must be this machine's (a site that re-points its own name to 127.0.0.1 is turned away), and
nothing is taken from a page of another origin.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import JSONResponse, Response

__all__ = ["HEADERS", "LOOPBACK", "guard", "is_loopback"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names of this machine that are answered."""

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS: tuple[tuple[str, str], ...] = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ("Cache-Control", "no-store"),
)
"""Sent with every answer. No cookie is ever set."""

_READS = ("GET", "HEAD")
_OWN = ("same-origin", "none")


def is_loopback(host: str) -> bool:
    """Tell whether a ``Host`` header, with or without port, names this machine."""
    return _name(f"//{host}") in LOOPBACK


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Turn away what does not come from the page itself; put the headers on what is answered."""
    refused = _refusal(request)
    response = await call_next(request) if refused is None else JSONResponse({"error": refused[1]}, refused[0])
    for name, value in HEADERS:
        response.headers[name] = value
    return response


def _refusal(request: Request) -> tuple[int, str] | None:
    host = request.headers.get("host", "")
    if not is_loopback(host):
        return 421, f"Host: {host[:80]!r} is not this machine. Fix: open the page by its address on 127.0.0.1."
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return 403, "Origin: the request comes from another page. Fix: use the page itself."
    if request.method not in _READS:
        if request.headers.get("sec-fetch-site", "same-origin") not in _OWN:
            return 403, "Sec-Fetch-Site: the request comes from another site. Fix: use the page itself."
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if request.method != "DELETE" and kind != "application/json":
            return 415, f"Content-Type: {kind[:40] or 'none'} is not taken. Fix: send application/json."
    return None
