"""Provider servers of the synthetic nation: real HTTP on loopback, real wire formats, quirks and failures included."""
