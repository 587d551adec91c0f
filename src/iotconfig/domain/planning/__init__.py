"""A fleet as a tree of files: the differences between the two, and the steps that settle them."""
