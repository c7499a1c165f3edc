"""Compiled sums behind the tables of outcomes: a month's readings, the flows that a year needs, and its numbers.

Nothing here knows which outcomes there are; that is ``outcomes``. Each function runs over all runs of a block in one
pass; the long ones hold no lock, so that blocks in several threads do not wait for one another. Readings that are no
plain sums are written into ``out``: a function that is played from a script (``script``) gives nothing back.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS
from qorgau.model.compiled import brief, compiled, inlined

__all__ = ["active_by_network", "add_flows", "add_readings", "form_year", "labelled_active", "logistic", "mixed_share",
           "of_people", "per_journey", "relabelled", "share_above", "share_equal"]


@inlined
def _total(row, cell, first, last):
    """Sum of some cells of a row; by fours, as additions that wait for each other take longest."""
    a = b = c = d = row.dtype.type(0)
    e = first
    while e + 4 <= last:
        a += row[cell[e]]
        b += row[cell[e + 1]]
        c += row[cell[e + 2]]
        d += row[cell[e + 3]]
        e += 4
    while e < last:
        a += row[cell[e]]
        e += 1
    return (a + b) + (c + d)


@compiled
def add_readings(reals, real_ptr, wholes, whole_ptr, column, weight, cell_ptr, cell, top, bottom, other, other_column,
                 last, value, sums):
    """Add one month's readings to the sums of the year.

    Parameters
    ----------
    reals, wholes : tuples of ndarray, shape (runs, cells)
        Arrays of the state, float64 and int64, flat from the second axis.
    real_ptr, whole_ptr : ndarray of int
        Array k of a tuple has the terms ptr[2 k]:ptr[2 k + 2] of ``column``, ``weight`` and ``cell_ptr``; those up to
        ptr[2 k + 1] have one cell each.
    cell_ptr : ndarray of int, shape (terms + 1,)
        Term t is the sum over the cells ``cell[cell_ptr[t]:cell_ptr[t + 1]]`` times ``weight[t]``.
    top, bottom : ndarray of int, shape (ratios,)
        Column ``top`` is divided by column ``bottom``, taken as at least 1.
    other : ndarray, shape (runs, n)
        Readings made elsewhere, for the columns ``other_column``.
    last : ndarray of int, shape (columns,)
        1: the column keeps its last month.
    value : ndarray, shape (runs, columns and denominators)
        Work space.
    sums : ndarray, shape (runs, columns)
    """
    runs, columns = sums.shape
    value[:] = 0.0
    for k in range(len(reals)):
        real = reals[k]
        for r in range(runs):
            row = real[r]
            for t in range(real_ptr[2 * k], real_ptr[2 * k + 1]):
                value[r, column[t]] += weight[t] * row[cell[cell_ptr[t]]]
            for t in range(real_ptr[2 * k + 1], real_ptr[2 * k + 2]):
                value[r, column[t]] += weight[t] * _total(row, cell, cell_ptr[t], cell_ptr[t + 1])
    for k in range(len(wholes)):
        whole = wholes[k]
        for r in range(runs):
            heads = whole[r]
            for t in range(whole_ptr[2 * k], whole_ptr[2 * k + 1]):
                value[r, column[t]] += weight[t] * heads[cell[cell_ptr[t]]]
            for t in range(whole_ptr[2 * k + 1], whole_ptr[2 * k + 2]):
                value[r, column[t]] += weight[t] * _total(heads, cell, cell_ptr[t], cell_ptr[t + 1])
    for r in range(runs):
        for i in range(top.shape[0]):
            value[r, top[i]] /= max(1.0, value[r, bottom[i]])
        for i in range(other_column.shape[0]):
            value[r, other_column[i]] = other[r, i]
        for c in range(columns):
            sums[r, c] = (0.0 if last[c] == 1 else sums[r, c]) + value[r, c]


@compiled
def add_flows(focus, destinations, route_kg, purchased, network_kg, carried_kg, seized_kg, carried_people, escaped,
              outreach, self_reported, ended, freed, identified, intercepted, exploited, spells_ended, spell_months,
              spells_long, by_route, by_organisation, by_network, spells, traffic):
    """Add one month's flows to the year's totals from which outcomes are formed.

    ``spells`` holds, by run: people who left exploitation in the state in focus, person-months there, governors'
    spells that ended, their months, and those among them that were long.
    """
    runs = by_route.shape[0]
    for r in range(runs):
        for k in range(by_route.shape[1]):
            by_route[r, k] += route_kg[r, k]
        for o in range(by_organisation.shape[1]):
            by_organisation[r, o] += purchased[r, o]
        for n in range(by_network.shape[1]):
            by_network[r, n] += network_kg[r, n]
        out = escaped[r, focus] + outreach[r, focus] + self_reported[r, focus] + ended[r, focus] + freed[r, focus]
        spells[r, 0] += out + max(0, identified[r, focus] - intercepted[r, focus])
        held = 0
        for i in range(destinations.shape[0]):
            for form in range(exploited.shape[2]):
                for age in range(exploited.shape[3]):
                    held += exploited[r, destinations[i], form, age]
        spells[r, 1] += held
        spells[r, 2] += spells_ended[r, focus]
        spells[r, 3] += spell_months[r, focus]
        spells[r, 4] += spells_long[r, focus]
        for l in range(traffic.shape[1]):
            traffic[r, l, 0, 0] += carried_kg[r, l]
            traffic[r, l, 0, 1] += seized_kg[r, l]
            for form in range(carried_people.shape[2]):
                traffic[r, l, 1 + form, 0] += carried_people[r, l, form]


@brief
def form_year(by_organisation, by_network, spells, traffic, out):
    """Outcomes formed from the year's totals; NaN where there is nothing to divide by.

    ``out``, shape (runs, 5 + networks): months exploited, corridors in use (more than 1 kg or a person in the year),
    effective number of organisations (inverse of the sum of squared shares of kg), months of governors' spells, the
    share of them that were long, and the networks' shares of kg.
    """
    for r in range(out.shape[0]):
        busy = 0
        for l in range(traffic.shape[1]):
            people = np.float32(0.0)
            for form in range(1, traffic.shape[2]):
                people += traffic[r, l, form, 0]
            if traffic[r, l, 0, 0] > 1.0 or people >= 1.0:
                busy += 1
        total = 0.0
        for o in range(by_organisation.shape[1]):
            total += by_organisation[r, o]
        squares = 0.0
        if total > 0.0:
            for o in range(by_organisation.shape[1]):
                squares += (by_organisation[r, o] / total) ** 2
        networks = 0.0
        for n in range(by_network.shape[1]):
            networks += by_network[r, n]
        out[r, 0] = spells[r, 1] / spells[r, 0] / STEPS if spells[r, 0] > 0.0 else math.nan
        out[r, 1] = busy
        out[r, 2] = 1.0 / squares if squares > 0.0 else math.nan
        out[r, 3] = spells[r, 3] / spells[r, 2] / STEPS if spells[r, 2] > 0.0 else math.nan
        out[r, 4] = spells[r, 4] / spells[r, 2] if spells[r, 2] > 0.0 else math.nan
        for n in range(by_network.shape[1]):
            out[r, 5 + n] = by_network[r, n] / networks if total > 0.0 else math.nan


@compiled
def active_by_network(active, network, out):
    """Living organisations by network into ``out``, shape (runs, networks)."""
    out[:] = 0.0
    for r in range(active.shape[0]):
        for o in range(active.shape[1]):
            out[r, network[r, o]] += active[r, o]


@compiled
def labelled_active(active, network, networks, labels, error, out):
    """The same as they are told by label (``relabelled``) into ``out``, shape (runs, labels)."""
    by_label = np.empty(out.shape)
    here = np.empty(networks)
    for r in range(active.shape[0]):
        here[:] = 0.0
        for o in range(active.shape[1]):
            here[network[r, o]] += active[r, o]
        for i in range(labels.shape[0]):
            by_label[r, i] = here[labels[i]]
    out[:] = relabelled(by_label, error)


@brief
def relabelled(by_label, error):
    """What is told of organisations by label where a part of them goes under a label that is not theirs.

    ``by_label`` (runs, labels) is by the network to which each belongs; ``error`` (runs,) the part of any network's
    that is put under another label, each of the others alike. What all have together is kept.
    """
    runs, labels = by_label.shape
    out = by_label.copy()
    if labels < 2:
        return out
    for r in range(runs):
        total = 0.0
        for n in range(labels):
            total += by_label[r, n]
        for n in range(labels):
            own = by_label[r, n]
            out[r, n] = (1.0 - error[r]) * own + error[r] * (total - own) / (labels - 1)
    return out


@compiled
def mixed_share(trade, active, least, out):
    """Share of living organisations with at least ``least`` of their capacity in each trade, shape (runs, 1)."""
    for r in range(active.shape[0]):
        mixed = 0
        living = 0
        for o in range(active.shape[1]):
            both = active[r, o] == 1 and least < trade[r, o, 0] < 1.0 - least
            living += active[r, o]
            mixed += 1 if both else 0
        out[r, 0] = mixed / max(1, living)


@compiled
def of_people(share, people, out):
    """Mean of a share by form (runs, forms), by the people (runs, places, destinations, forms), shape (runs, 1)."""
    runs, places, targets, forms = people.shape
    for r in range(runs):
        heads = 0.0
        counted = 0.0
        plain = 0.0
        for f in range(forms):
            here = 0
            for p in range(places):
                for d in range(targets):
                    here += people[r, p, d, f]
            heads += here
            counted += here * share[r, f]
            plain += share[r, f] / forms
        out[r, 0] = counted / heads if heads > 0.0 else plain


@compiled
def per_journey(money, kinds, active, capacity, in_use, out):
    """Some flows of money (runs, flows) over the journeys that capacity in use makes room for, shape (runs, 1)."""
    for r in range(money.shape[0]):
        spent = 0.0
        for i in range(kinds.shape[0]):
            spent += money[r, kinds[i]]
        journeys = 0.0
        for o in range(active.shape[1]):
            journeys += capacity[r, o] * in_use[r, o] / STEPS if active[r, o] == 1 else 0.0
        out[r, 0] = spent / max(1.0, journeys)


@compiled
def share_equal(array, cells, value, base, out):
    """Share of some cells of an array (runs, cells) that hold a value, over ``base``, shape (runs, 1).

    NaN of no cells.
    """
    for r in range(array.shape[0]):
        same = 0.0
        for i in range(cells.shape[0]):
            if array[r, cells[i]] == value:
                same += 1.0
        out[r, 0] = same / cells.shape[0] / base if cells.shape[0] > 0 else math.nan


@compiled
def share_above(array, cell, table, out):
    """Share of the numbers of a table that are above one cell of an array (runs, cells), shape (runs, 1)."""
    for r in range(array.shape[0]):
        above = 0.0
        for i in range(table.shape[0]):
            if table[i] > array[r, cell]:
                above += 1.0
        out[r, 0] = above / table.shape[0]


@compiled
def logistic(array, cell, out):
    """Logistic of one cell of an array (runs, cells), shape (runs, 1)."""
    for r in range(array.shape[0]):
        out[r, 0] = 1.0 / (1.0 + math.exp(-array[r, cell]))
