from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from qorgau.case import Case
from qorgau.case.timeline import TimelineEntry, announced_levels, dates, event_levels, month_index
from qorgau.model.world import EVENTS, INSTRUMENTS


def entry(name: str, **values: object) -> TimelineEntry:
    given = {"id": name, "title": name, "kind": "event", "assumption": "for the test", **values}
    return TimelineEntry.model_validate(given)


def test_months_count_from_january_of_the_first_year() -> None:
    assert month_index("1989-01", 1989) == 0
    assert month_index("1991-03", 1989) == 26
    assert month_index("1988-12", 1989) == -1


def test_dates_follow_each_other_with_delay() -> None:
    entries = [entry("c", after=["a", "b"], delay_months=14), entry("a", date="2000-01"), entry("b", date="2001-11")]
    assert dates(entries)["c"] == "2003-01"


def test_a_circle_is_named() -> None:
    with pytest.raises(ValueError, match="cycle in dates: a after b after a"):
        dates([entry("a", after=["b"]), entry("b", after=["a"])])


def test_ramp_hold_and_return() -> None:
    one = entry("a", event="diversion", date="1989-03", level=0.8, ramp_months=4, until="1989-11")
    values = event_levels([one], 1989, 24)["diversion"]
    assert values[:2] == pytest.approx(0.0)
    assert values[2:6] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert values[6:10] == pytest.approx(0.8)
    assert values[10:14] == pytest.approx([0.6, 0.4, 0.2, 0.0])
    assert values[14:] == pytest.approx(0.0)


def test_pulse_is_one_month_and_other_events_stay_zero() -> None:
    levels = event_levels([entry("a", event="dismissal", date="1990-02", level=1, pulse=True)], 1989, 24)
    assert np.flatnonzero(levels["dismissal"]).tolist() == [13]
    assert set(levels) == set(EVENTS) and sum(v.sum() for v in levels.values()) == 1.0


def test_later_entries_go_on_from_the_level_reached() -> None:
    first = entry("a", kind="measure", instrument="outreach", date="1989-01", level=0.4)
    second = entry("b", kind="measure", instrument="outreach", date="1990-01", level=0.8, ramp_months=2)
    levels = announced_levels([second, first], 1989, 24)[:, INSTRUMENTS.index("outreach")]
    assert levels[:12] == pytest.approx(0.4) and levels[12:] == pytest.approx([0.6, *[0.8] * 11])


def test_entry_begun_before_the_model_is_at_its_level() -> None:
    assert event_levels([entry("a", event="soviet", date="1980-01", level=1)], 1989, 3)["soviet"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "values",
    [
        {"date": "2000-13", "event": "law", "level": 1},
        {"date": "2000-01", "event": "law"},
        {"date": "2000-01", "level": 1},
        {"date": "2000-01", "event": "law", "instrument": "outreach", "level": 1},
        {"date": "2000-01", "instrument": "outreach", "level": 1},
        {"date": "2000-01", "event": "law", "level": 1, "until": "1999-01"},
        {"date": "2000-01", "event": "law", "level": 1, "pulse": True, "ramp_months": 3},
        {"event": "law", "level": 1},
    ],
)
def test_entries_that_make_no_sense_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        entry("a", **values)


def test_the_bundled_time_line_tells_the_study(kazakhstan: Case) -> None:
    levels = event_levels(kazakhstan.timeline, 1989, 432)
    year = {name: values.reshape(36, 12).mean(axis=1) for name, values in levels.items()}
    assert year["soviet"][:3].tolist() == [1, 1, 1] and not year["soviet"][3:].any()
    assert year["russian_forces"][2004 - 1989] == 1 and year["russian_forces"][2006 - 1989] == 0
    assert year["internal_borders"][1991 - 1989] == 0 and year["internal_borders"][2000 - 1989] == 1
    assert year["diversion"][2012 - 1989] == 1 and year["diversion"][2010 - 1989] == year["diversion"][2014 - 1989] == 0
    assert np.flatnonzero(levels["appointment"]).tolist() == [month_index("2014-04", 1989)]
    assert np.flatnonzero(year["dismissal"]).tolist() == [2011 - 1989]
    announced = announced_levels(kazakhstan.timeline, 1989, 432)
    told = {"police_training", "special_units", "rehabilitation_centres", "awareness", "schooling",
            "regional_coordination", "victim_non_prosecution", "penalties"}  # fmt: skip
    in_2013 = {name for k, name in enumerate(INSTRUMENTS) if announced[month_index("2013-12", 1989), k] > 0}
    assert told <= in_2013
    assert announced[: month_index("2000-01", 1989)].max() == 0
