"""A synthetic nation with known truth: see ``sandbox.nation.generate``."""

from sandbox.nation.generate import FIRST_DAY, HISTORY_END, LAST_DAY, generate

__all__ = ["FIRST_DAY", "HISTORY_END", "LAST_DAY", "generate"]
