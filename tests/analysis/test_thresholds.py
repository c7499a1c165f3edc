from __future__ import annotations

from pathlib import Path

import pytest

from qorgau.analysis.thresholds import Thresholds, load_thresholds
from qorgau.errors import InputError

BUNDLED = Path(__file__).parents[2] / "src/qorgau/cases/kazakhstan/thresholds.yaml"


def test_the_bundled_table_says_why_and_agrees_with_the_style() -> None:
    table = load_thresholds(BUNDLED)
    assert (table.likelihood.very_likely, table.likelihood.likely) == (0.90, 0.66)
    assert (table.verdicts.holds, table.verdicts.fails) == (0.75, 0.50)
    assert table.suppression.under == 11
    parts = (table.verdicts, table.likelihood, table.matching, table.comparison, table.trace)
    assert all(part.assumption for part in parts)


def test_an_empty_table_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("")
    assert load_thresholds(tmp_path / "t.yaml") == Thresholds()


@pytest.mark.parametrize(("text", "key"), [
    ("verdicts: {holds: 2}", "verdicts.holds"), ("likelyhood: {}", "likelyhood"),
    ("likelihood: {likely: 0.95}", "likelihood"), ("verdicts: {holds: 0.3}", "verdicts"),
    ("trace: {check_accuracy: 0.4}", "trace.check_accuracy"), ("matching: {least_kept: 0}", "matching.least_kept"),
])
def test_values_out_of_range_and_unknown_keys_are_refused(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_thresholds(file)
    assert caught.value.key == key


def test_a_file_that_is_missing_or_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_thresholds(tmp_path / "none.yaml")
    (tmp_path / "t.yaml").write_text("a: [")
    with pytest.raises(InputError, match="is not YAML"):
        load_thresholds(tmp_path / "t.yaml")
