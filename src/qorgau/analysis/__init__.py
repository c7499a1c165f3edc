"""Patterns, history matching, comparison of counter-measures, and what a conclusion hangs on.

Everything here is a function of results and of the case: nothing runs the model. `summary.analyse` calls
all of it and returns one frozen `Analysis`, which the report, the web page and the commands read.
"""
