"""dbt in a process of its own that loads its libraries first and then waits for its command.

Loading takes a second or more of each build; whoever knows that a build is near starts this process early. A process
of its own, because dbt keeps the database's lock for as long as its process lives. Its standard input brings one line
of JSON: ``arguments`` (list of text), ``environment`` (name to value), ``folder`` (where it works) and ``log`` (where
its output goes). The end of input without a line ends it.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    import dbt.adapters.duckdb  # noqa: F401 - loaded ahead of need
    from dbt.cli.main import cli

    line = sys.stdin.readline()
    if not line:
        return
    command = json.loads(line)
    os.environ.update(command["environment"])
    os.chdir(command["folder"])
    log = os.open(command["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(log, stream.fileno())
    sys.argv = ["dbt", *command["arguments"]]
    cli()


if __name__ == "__main__":
    main()
