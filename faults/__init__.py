"""Endurance: the whole system under load, broken on a schedule, judged by its record."""
