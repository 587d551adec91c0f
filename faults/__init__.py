"""Endurance: the whole system under load, broken on a schedule, and checked by its record."""
