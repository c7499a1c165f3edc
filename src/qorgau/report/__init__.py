"""Figures, the HTML report and exports: everything that people read, made from results."""
