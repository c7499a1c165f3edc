"""Exceptions shared by every folder except ``model``.

Bad input is the user's to mend, so its message is one line that names the file, the key, what is wrong
and how to put it right. Commands print that line on standard error and exit with 2.
"""

from __future__ import annotations

import os


def _one_line(text: object) -> str:
    """Return `text` with every run of white space, line breaks included, made one space."""
    return " ".join(str(text).split())


class QorgauError(Exception):
    """Base of the errors that Qorgau raises on purpose."""


class InputError(QorgauError, ValueError):
    """Input that cannot be used as it stands.

    Parameters
    ----------
    file
        The file (or other named input, such as an argument) that holds the fault.
    key
        Where in the file: a dotted path, a row or a column. Empty when the file as a whole is meant.
    problem
        What is wrong.
    fix
        What the user can do about it.
    """

    def __init__(self, file: str | os.PathLike[str], key: str, problem: str, fix: str) -> None:
        self.file = _one_line(os.fspath(file))
        self.key = _one_line(key)
        self.problem = _one_line(problem)
        self.fix = _one_line(fix)
        super().__init__(self.file, self.key, self.problem, self.fix)

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.problem.rstrip('.')}. Fix: {self.fix.rstrip('.')}."

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, str, str]]:
        # Worker processes hand errors back by pickling; the default would lose the four parts.
        return type(self), (self.file, self.key, self.problem, self.fix)
