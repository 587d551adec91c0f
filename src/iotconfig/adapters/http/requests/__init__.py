"""Reading requests: bodies, forms, queries, conditions, ranges and path segments."""
