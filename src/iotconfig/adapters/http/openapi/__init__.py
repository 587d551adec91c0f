"""The API described, in OpenAPI 3.1: one module for each area of it, and what they share.

To describe a route, add it to the `ROUTES` of an area, under its template; to
add an area, list its module in `document.AREAS`. A test compares the routes
described with those of the application.
"""
