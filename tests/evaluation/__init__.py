"""``make eval``: how well the vetting does on planted truth and on real postings. Writes docs/evaluation.md."""
