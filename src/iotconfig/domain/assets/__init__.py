"""Files that devices download, and their signed uploads."""
