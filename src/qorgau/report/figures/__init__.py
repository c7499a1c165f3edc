"""Figures: each a small function of records that returns an Altair chart with the shared theme."""
