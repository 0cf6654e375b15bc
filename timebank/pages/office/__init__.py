"""The coordinator's office."""
