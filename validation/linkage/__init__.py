"""Probabilistic linkage of persons where a register has no resident number (docs/linkage.md)."""
