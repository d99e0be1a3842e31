"""The call centre's desk: people decide the postings that the rules hold, and their decisions come back as a source."""
