"""One stand-in model, written four ways: compiled, plain Python objects, Mesa, NumPy over runs."""
