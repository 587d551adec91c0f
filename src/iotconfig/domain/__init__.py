"""The core: what a config is, what may be stored, and the ports it needs. Standard library and attrs only."""
