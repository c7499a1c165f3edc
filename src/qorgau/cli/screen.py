"""What a command shows: text for people or JSON for machines, and the stages of long work."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

__all__ = ["Screen", "Stages", "clock"]

_WIDTH = 120  # of text that goes to a file or a pipe
_EVERY = 20.0  # seconds between lines about progress where there is no terminal


def clock(seconds: float) -> str:
    """Return a time as people say it, such as "48 s" or "3 min 20 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


class Screen:
    """Standard output as text or as one JSON value; standard error stays for errors and for progress.

    Parameters
    ----------
    as_json : bool
        Print nothing but the summary given to `finish`.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.out = self._console(sys.stdout)
        self.err = self._console(sys.stderr)
        self.notes: list[str] = []

    @staticmethod
    def _console(file: Any) -> Console:
        plain = not file.isatty()
        if "utf" not in (getattr(file, "encoding", "") or "").lower() and hasattr(file, "reconfigure"):
            # A dash that the terminal cannot show must not end the command.
            file.reconfigure(errors="replace")
        return Console(file=file, highlight=False, markup=False, emoji=False, width=_WIDTH if plain else None)

    def say(self, text: str = "", style: str = "") -> None:
        """Print text; nothing when JSON is wanted."""
        if not self.as_json:
            self._print(Text(text, style=style))

    def heading(self, text: str) -> None:
        """Print a heading with a line before it."""
        self.say()
        self.say(text, "bold")

    def note(self, text: str) -> None:
        """Print text that the JSON summary carries too, under ``notes``."""
        self.notes.append(text)
        self.say(text)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> None:
        """Print a table; columns named in `right` hold numbers; without names it has no head."""
        if self.as_json:
            return
        made = Table(
            box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False,
            show_header=bool(columns),
        )
        for name in columns:
            number = name in right
            made.add_column(name, justify="right" if number else "left", no_wrap=number, overflow="fold")
        for row in rows:
            made.add_row(*(Text(cell) for cell in row))
        self._print(Padding(made, (0, 0, 0, 2)))

    def _print(self, what: Any) -> None:
        if self.out.is_terminal:
            self.out.print(what)
            return
        with self.out.capture() as caught:
            self.out.print(what)
        # Cells are filled up with spaces, which files and pipes can do without.
        for line in caught.get().splitlines() or [""]:
            print(line.rstrip(), file=self.out.file)
        self.out.file.flush()

    def not_for(self, lines: Sequence[str]) -> None:
        """End the output with what it is not for."""
        self.heading("Not for")
        for line in lines:
            self.say(f"  {line}")

    def finish(self, summary: Mapping[str, Any] | Sequence[Any], not_for: Sequence[str] = ()) -> None:
        """Print the summary when JSON is wanted.

        A list has no room to say what it is not for; that line goes to standard error then.
        """
        if not self.as_json:
            return
        if isinstance(summary, Mapping):
            summary = {**summary, **({"notes": self.notes} if self.notes else {})}
            if not_for:
                summary["not_for"] = list(not_for)
        elif not_for:
            print("Not for: " + " ".join(not_for), file=sys.stderr)
        print(json.dumps(summary, ensure_ascii=False, allow_nan=False, indent=1), file=sys.stdout)


class Stages:
    """Stages of long work, one after the other: shown while they run, and timed.

    On a terminal a line with spinner, bar and seconds left stands on standard error while a stage runs. Elsewhere
    a line is printed when a stage ends, and now and then while it runs. With JSON wanted, and no terminal,
    nothing is shown. Stages may be begun from any thread.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._lock = threading.RLock()
        self._live: Progress | None = None
        self._task: Any = None
        self._name = ""
        self._began = 0.0
        self._told = 0.0
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> Stages:
        if self._screen.err.is_terminal:
            self._live = Progress(
                SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn(),
                TextColumn("{task.fields[said]}"), console=self._screen.err, transient=True,
            )
            self._live.start()
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self.end()
        if self._live is not None:
            self._live.stop()
            self._live = None

    @property
    def running(self) -> bool:
        """Whether a stage is under way."""
        return bool(self._name)

    def begin(self, name: str, said: str = "") -> None:
        """End the stage before, if any, and begin another."""
        with self._lock:
            if name == self._name:
                return
            self.end()
            self._name, self._began = name, time.monotonic()
            self._told = self._began
            if self._live is not None:
                self._task = self._live.add_task(name, total=None, said=said)
            elif said:
                self._screen.say(f"  {name:<12} {said}")

    def progress(self, share: float, said: str) -> None:
        """Show how far the stage is (0 to 1) and words beside it."""
        with self._lock:
            if self._live is not None and self._task is not None:
                self._live.update(self._task, total=1.0, completed=min(1.0, share), said=said)
            elif time.monotonic() - self._told > _EVERY:
                self._told = time.monotonic()
                self._screen.say(f"  {self._name:<12} {said}")

    def end(self) -> None:
        """End the stage that runs, if any."""
        with self._lock:
            if not self._name:
                return
            took = time.monotonic() - self._began
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + took
            if self._live is not None and self._task is not None:
                self._live.remove_task(self._task)
                self._task = None
            if self._live is not None and self._screen.out.is_terminal and not self._screen.as_json:
                self._live.console.print(f"  {self._name:<12} {clock(took)}")
            else:
                self._screen.say(f"  {self._name:<12} {clock(took)}")
            self._name = ""

    def rounded(self) -> dict[str, float]:
        """Return seconds by stage, to the hundredth."""
        return {name: round(seconds, 2) for name, seconds in self.seconds.items()}
