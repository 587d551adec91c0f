"""One module a load, each with `SHORT`, `LONG`, and `run(site, scale)`."""
