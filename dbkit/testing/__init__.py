"""The pytest plugin: a fresh copy of the migrated database for each test, and ready-made checks."""
