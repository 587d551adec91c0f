"""Leases and wake-ups of the leader's jobs, on both databases."""
