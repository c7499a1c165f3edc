"""What is dear and needs no test to have run before it, in a Python of its own beside the tests; see `tests.conftest`.

First the model is compiled on all cores, as `qorgau run` does before its first block; then, if asked for, the whole
model runs with a step of a month and of a quarter of one, on one core.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

DRAWS, LAST = 24, 2000
STEPS = (1, 4)
_WARMED = "warmed"


class Beside:
    """The Python beside the tests.

    Parameters
    ----------
    folder
        Where it leaves what it finds; empty.
    steps
        Whether the runs with both steps are asked for.
    """

    def __init__(self, folder: Path, steps: bool) -> None:
        self.folder, self._warmed = folder, False
        with open(folder / "said.txt", "wb") as said:
            # a session of its own, so that it can be ended with all the Pythons that it starts
            self._python = subprocess.Popen(
                [sys.executable, "-m", "tests.beside", str(folder), str(int(steps))], stdout=said, stderr=said,
                start_new_session=True, cwd=Path(__file__).parents[1],
            )

    def wait_until_warmed(self) -> None:
        """Wait for the compiled model. What goes wrong costs time only: it is compiled when it is called."""
        while not self._warmed:
            self._warmed = (self.folder / _WARMED).exists() or self._python.poll() is not None
            time.sleep(0.0 if self._warmed else 0.05)

    def runs(self) -> dict[int, dict[str, np.ndarray]]:
        """Wait for the runs of both steps, and return them by step."""
        code = self._python.wait()
        assert code == 0, (self.folder / "said.txt").read_text(encoding="utf-8", errors="replace")
        found = {}
        for steps in STEPS:
            with np.load(self.folder / f"{steps}.npz") as tables:
                found[steps] = dict(tables)
        return found

    def end(self) -> None:
        """End it, whatever it is at."""
        if self._python.poll() is None:
            os.killpg(self._python.pid, signal.SIGKILL)
            self._python.wait()


def main(folder: Path, steps: bool) -> None:
    """Do it here."""
    from qorgau.case import load_case
    from qorgau.ensemble.designs import draw_from
    from qorgau.ensemble.translate import inputs_of
    from qorgau.ensemble.workers import available_cores
    from qorgau.model.warming import warm

    inputs = inputs_of(load_case("kazakhstan"))
    draw = draw_from(inputs.uncertain, 2, 1)
    warm(inputs.world, inputs.parameters_of(draw.columns(), 2), np.array(draw.on, dtype=np.float64),
         inputs.keys_of(1, draw.numbers), available_cores())
    (folder / _WARMED).touch()
    if steps:
        from tools import time_step

        for n in STEPS:
            np.savez(folder / f"{n}.npz", **time_step.run_at(n, DRAWS, 1, LAST))


if __name__ == "__main__":  # the Pythons that share the compiling import this file too
    main(Path(sys.argv[1]), bool(int(sys.argv[2])))
