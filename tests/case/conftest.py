from __future__ import annotations

import pytest

from qorgau.case import Case, load_case


@pytest.fixture(scope="session")
def kazakhstan() -> Case:
    return load_case("kazakhstan")


@pytest.fixture(scope="session")
def template() -> Case:
    return load_case("template")
