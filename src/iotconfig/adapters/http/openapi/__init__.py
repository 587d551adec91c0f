"""The API described, in OpenAPI 3.1 and as a page; all of it is read from the route table and the classes that it names."""
