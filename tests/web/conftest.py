from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from qorgau.case import Case, load_case
from qorgau.ensemble.inputs import Inputs
from qorgau.ensemble.translate import inputs_of
from qorgau.web import create_app
from tests.web.fakes import FakeEngine


@pytest.fixture(scope="session")
def template() -> Case:
    return load_case("template")


@pytest.fixture(scope="session")
def inputs(template: Case) -> Inputs:
    return inputs_of(template)


@pytest.fixture
def engine(inputs: Inputs) -> FakeEngine:
    made = FakeEngine(inputs)
    made.gate.set()
    return made


@pytest.fixture
def client(template: Case, engine: FakeEngine) -> Iterator[TestClient]:
    with TestClient(create_app(template, runs=24, engine=engine), base_url="http://127.0.0.1:8642") as made:
        yield made
        engine.gate.set()
