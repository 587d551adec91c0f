"""JSON documents, kept verbatim."""
