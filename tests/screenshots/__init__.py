"""Pictures of the web app for README and docs: `python -m tests.screenshots DIRECTORY`."""
