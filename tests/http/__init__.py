"""The HTTP API in process."""  # noqa: A005 - it is imported as tests.http
