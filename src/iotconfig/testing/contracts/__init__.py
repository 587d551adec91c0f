"""One contract suite for each port."""
