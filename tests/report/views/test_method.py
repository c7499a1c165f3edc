from __future__ import annotations

import math

import pytest

from qorgau.case.priors import Prior
from qorgau.report.views.method import price_cap_share, repeatable, written_prior


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("qorgau run kazakhstan --runs 40 --seed 1", "qorgau run kazakhstan --runs 40 --seed 1"),
        ("/opt/x/bin/qorgau run kazakhstan --out /srv/ann/secret --runs 40", "qorgau run kazakhstan --runs 40"),
        (
            "qorgau run /srv/ann/my_case --out=/srv/a --cluster tcp://10.0.0.1:8786 --seed 2",
            "qorgau run my_case --seed 2",
        ),
        ("qorgau 'unclosed", ""),
        ("", ""),
    ],
)
def test_a_command_tells_nothing_of_the_machine(command: str, said: str) -> None:
    assert repeatable(command) == said


def test_runs_at_the_price_cap_are_counted_over_draws() -> None:
    blocks = [
        {"kind": "main", "start": 0, "stop": 8, "price_cap": {"baseline": [1, 2], "outreach": [1, 2, 3]}},
        {"kind": "main", "start": 8, "stop": 10, "price_cap": {}},
        {"kind": "knockouts", "start": 0, "stop": 10, "price_cap": {"baseline": [1]}},
    ]
    assert price_cap_share({"columns": {"policies": ["baseline"]}, "blocks": blocks}) == pytest.approx(0.2)
    assert math.isnan(price_cap_share({}))


@pytest.mark.parametrize(
    ("prior", "said"),
    [
        (Prior(uniform=(0.1, 0.3)), "0.1 to 0.3"),
        (Prior(log_uniform=(0.015, 0.08)), "0.015 to 0.08, evenly in logs"),
        (Prior(normal=(1.0, 0.2, 0.5, 2.0)), "1 ± 0.2, within 0.5 to 2"),
        (Prior(beta=(2.0, 5.0)), "beta(2, 5)"),
        (Prior(fixed=12_000.0), "12,000"),
    ],
)
def test_priors_in_words(prior: Prior, said: str) -> None:
    assert written_prior(prior) == said
