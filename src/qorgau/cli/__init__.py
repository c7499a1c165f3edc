"""The commands: ``qorgau run`` and one command for each of its steps. `app` is the entry of them all."""

from qorgau.cli.main import app

__all__ = ["app"]
