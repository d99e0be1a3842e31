"""Occupation and industry titles as people write them, coded to a classification: see docs/coding.md."""
