"""The configurations that operators want: their changes, their history, and many at once."""
