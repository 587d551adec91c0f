"""Secrets: values that documents name, and only devices are given."""
