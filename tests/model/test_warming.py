"""Several Pythons share out what is to be compiled; each process is asked for with the types that runs call it with."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from qorgau.model import routes, transport, warming
from qorgau.model.compiled import cached
from qorgau.model.months import Rows
from qorgau.model.run import advance_month, begin
from tests.model.draws import all_on, draw_parameters, keys
from tests.model.worlds import small_world


def test_a_walk_finds_the_calls_of_a_run_with_their_types() -> None:
    world, p, on, k = small_world(0), draw_parameters(2), all_on(2), keys(2)
    calls = warming.calls_of_a_month(small_world(0), p, on, k)  # another: a world keeps what is derived of it
    state = begin(world, p, on, k)
    rows = Rows(world, state, p, on, k, advance_month)
    rows.go(range(1))
    rows.table()
    assert len(calls) > 35
    for function, types in calls:
        assert types in function.overloads, f"a run calls {function.py_func.__name__} with other types"
    heads = {function for function, _ in calls}
    for module, name in ((routes, "_plan"), (transport, "_gain_experience")):
        assert getattr(module, name) in heads
    lengths = [len(function.py_func.__code__.co_code) for function, _ in calls]
    assert lengths == sorted(lengths, reverse=True), "the longest is begun first"


class _Function:
    def __init__(self, asked: list[str]) -> None:
        self.asked, self.py_func = asked, os.path.join

    def compile(self, types: str) -> None:
        self.asked.append(types)


def test_each_is_compiled_by_one_python_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    calls = [(_Function(asked), name) for name in "abc"]
    monkeypatch.setattr(warming, "calls_of_a_month", lambda *_: calls)
    (tmp_path / "1").touch()  # another has begun on it
    given: Any = (str(tmp_path), None, {}, all_on(1), keys(1))
    assert len(warming.compile_share(*given)) == 2 and asked == ["a", "c"]
    assert warming.compile_share(*given) == []


def _shows_up_and_fails(*_given: Any) -> None:
    (Path(os.environ["WARMING_TEST"]) / str(os.getpid())).touch()
    os._exit(1)


def _hangs(*_given: Any) -> None:
    time.sleep(60)


def test_what_goes_wrong_in_one_ends_it_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    warming._share("no such folder", None, {}, None, None)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("cores", "missing", "pythons"), [(1, 1.0, 0), (2, 1.0, 2), (2, 0.4, 0), (64, 1.0, 4)])
def test_pythons_start_only_for_a_cold_cache_and_more_than_one_core(
    cores: int, missing: float, pythons: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: tuple[Any, ...] = cached()
    monkeypatch.setattr(warming, "uncompiled", lambda: there[: int(missing * len(there))])
    monkeypatch.setenv("WARMING_TEST", str(tmp_path))
    monkeypatch.setattr(warming, "_share", _shows_up_and_fails)
    on, k = all_on(1), keys(1)
    assert warming.warm(None, {}, on, k, cores) == pythons  # type: ignore[arg-type]
    assert len(list(tmp_path.iterdir())) == pythons, "what goes wrong in them is not an error"


def test_one_that_hangs_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "uncompiled", cached)
    monkeypatch.setattr(warming, "_share", _hangs)
    monkeypatch.setattr(warming, "PATIENCE", 0.2)
    assert warming.warm(None, {}, all_on(1), keys(1), 2) == 2  # type: ignore[arg-type]
