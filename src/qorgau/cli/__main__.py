"""``python -m qorgau.cli``."""

from qorgau.cli.main import app

if __name__ == "__main__":
    app(prog_name="qorgau")
