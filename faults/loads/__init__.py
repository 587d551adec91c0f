"""One module for each load, with `SHORT`, `LONG`, and `run(site, scale)`."""
