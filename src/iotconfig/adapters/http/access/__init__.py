"""Who may call which route."""
