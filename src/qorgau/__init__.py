"""Qorgau: what open sources say about a trafficking system, made into a model held to its sources."""
