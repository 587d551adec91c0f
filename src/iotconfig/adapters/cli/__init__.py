"""The command line (Click). A command loads what it needs when it runs."""
