"""Write the tables of the model's description: ``docs/model/tables.md``, from the code and the bundled case.

Run it after any change of a parameter, prior, claim, mechanism, variable, process or outcome::

    python tools/model_tables.py            # writes the file
    python tools/model_tables.py --check    # writes nothing; ends with 1 when the file is out of date
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from qorgau.case import load_case
from qorgau.case.document import model_tables

TABLES = Path(__file__).resolve().parents[1] / "docs" / "model" / "tables.md"


def main(arguments: list[str] | None = None, path: Path = TABLES) -> int:
    """Write the tables to `path`, or check them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing, end with 1 when out of date")
    check = parser.parse_args(arguments).check
    text = model_tables(load_case("kazakhstan"))
    if check:
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        if current != text:
            print(f"{path}: out of date; run python tools/model_tables.py", file=sys.stderr)
            return 1
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
