"""The system described: one module per subsystem, run on plain arrays.

This folder imports nothing of the rest of the project and knows no YAML, file or screen.
"""
