"""How a command ends: exit codes, and one line on standard error for whatever the user can mend."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from qorgau.errors import InputError, QorgauError

__all__ = ["BAD_INPUT", "CHECK_FAILED", "INTERRUPTED", "OneLineGroup", "one_line"]

CHECK_FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130
_BROKEN_PIPE = 141

_UNWRITABLE = {
    errno.ENOSPC: ("the disk is full", "make room or choose another --out"),
    errno.EDQUOT: ("the disk quota is used up", "make room or choose another --out"),
    errno.EFBIG: ("the file would be larger than this system allows", "choose another --out"),
    errno.EROFS: ("the disk is read-only", "choose another --out"),
    errno.EACCES: ("this is not permitted", "choose another --out, or mend the permissions"),
    errno.EPERM: ("this is not permitted", "choose another --out, or mend the permissions"),
    errno.ENAMETOOLONG: ("the name is too long", "give a shorter one"),
}
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]  # neither it nor its parents are public names


def one_line(error: BaseException) -> tuple[int, str]:
    """Return exit code and line for an error that is the user's to mend.

    Raises
    ------
    BaseException
        The error itself when it is none of those: then it is ours.
    """
    if isinstance(error, InputError):
        return BAD_INPUT, str(error)
    if isinstance(error, QorgauError):
        return CHECK_FAILED, " ".join(str(error).split())
    if isinstance(error, _USAGE_ERROR):
        return BAD_INPUT, _usage_line(error)
    if isinstance(error, KeyboardInterrupt):
        said = " ".join(str(error).split())
        return INTERRUPTED, said or "stopped: what was finished is kept; the same command goes on from there"
    if isinstance(error, OSError):
        words, fix = _UNWRITABLE.get(
            error.errno or 0, (error.strerror or str(error), "see that the path exists and can be used")
        )
        return BAD_INPUT, str(InputError(error.filename or "disk", "", words, fix))
    if isinstance(error, MemoryError):
        return BAD_INPUT, str(InputError("memory", "", "there is not enough of it", "give fewer --runs or --workers"))
    raise error


def _usage_line(error: Any) -> str:
    command = error.ctx.command_path if getattr(error, "ctx", None) else "qorgau"
    return str(InputError(command, "", error.format_message().rstrip("?"), f"see {command} --help"))


class OneLineGroup(TyperGroup):
    """Commands that end bad input with one line on standard error instead of a box or a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what the user can mend becomes a line and an exit code."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever read us has gone (as `head` does); the interpreter must not find out again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(_BROKEN_PIPE) from None
        except (Exception, KeyboardInterrupt) as error:
            if isinstance(error, typer.Exit | typer.Abort):
                raise
            code, line = one_line(error)
            print(line, file=sys.stderr)
            raise typer.Exit(code) from error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the commands from the command line's words."""
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except typer.Abort:
            code = INTERRUPTED
        except _USAGE_ERROR as error:
            code, line = one_line(error)
            print(line, file=sys.stderr)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code
