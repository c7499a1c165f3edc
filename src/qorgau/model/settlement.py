"""What it takes to settle a finding or a case for a bribe, and what the bribe is.

A finding threatens the offender with a loss, and an official who lets it go risks a sanction. A deal is struck where
the loss exceeds the risk, and its price lies between the two (Becker and Stigler 1974; Mookherjee and Png 1995;
Bowles and Garoupa 1997; Polinsky and Shavell 2001). So what the law threatens is paid in part as a bribe, more of it
the more the law threatens; and less can be settled when officials have more to fear. Losses and risks spread widely
around their typical values; with log-logistic spread of shape one the share of deals struck is

    settled = loss / (loss + risk),        bribe = share loss + (1 - share) min(loss, risk)

Nothing here knows of measures: they act through the loss (penalties, chance of conviction), the risk (audits), and
the number of findings.
"""

from __future__ import annotations

from qorgau.model.clock import memory
from qorgau.model.compiled import inlined

__all__ = ["DESK_SPEED", "at_the_desk", "bribe_paid", "settled"]

DESK_SPEED = memory(1.0 / 24.0)
"""Speed at which posts that deal with trafficking change hands after what they yield, 1/month."""


@inlined
def settled(loss, risk):
    """Share of findings by an official who takes that end in a deal; both in USD."""
    return loss / (loss + risk) if loss > 0.0 else 0.0


@inlined
def bribe_paid(loss, risk, share):
    """What is paid for it, USD: officials with a ``share`` of the power to bargain."""
    return share * loss + (1.0 - share) * min(loss, risk)


@inlined
def at_the_desk(abuse, odds):
    """Corrupt share among police who deal with trafficking, whose odds are ``odds`` times those of all police.

    Posts that pay draw those who take, and are sold to them (Wade 1982, 1985).
    """
    share = min(1.0, max(0.0, abuse))
    return odds * share / (1.0 - share + odds * share)
