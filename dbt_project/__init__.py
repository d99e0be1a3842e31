"""The warehouse: dbt models, seeds and tests. Python here only prepares files that dbt reads."""
