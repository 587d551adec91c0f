"""The web app: its built files, and how they are sent. Its sources are in `web/` of the checkout."""
