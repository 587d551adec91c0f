"""The composition root: connects adapters with the core. Each module makes one part from the settings.

`services.py` joins these parts to the use cases on one database, `application.py` to the HTTP API, and
`jobs.py` lists the background jobs. Outside of this package, a process imports only the adapter that it
runs (the commands, gunicorn), and settings take defaults from adapters. A process imports the modules that it
needs: a command on one config has no use for those of a web server.
"""
