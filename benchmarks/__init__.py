"""Benchmarks: what is measured, beside what, and how; see README.md. ``python -m benchmarks`` runs them all."""
