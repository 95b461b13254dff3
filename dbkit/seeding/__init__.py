"""Seed data: TOML files -> rows -> an upsert by natural key, all in one transaction."""

from .load import Result, seed

__all__ = ["Result", "seed"]
