"""Principals, roles, API tokens and sign-in."""
