"""History matching in waves: re-sampling draws ever nearer to what the sources report."""
