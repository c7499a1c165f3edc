"""Ensembles: designs and draws, running blocks of runs, and the store of results."""
