"""Adapters: one technology each. An adapter imports the domain and its own library, but no other adapter."""
