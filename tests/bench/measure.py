"""One measured thing in a process of its own: ``python -m tests.bench.measure ENGINE MART FACTS HOME MEMORY_LIMIT``.

Prints a line of JSON: CPU seconds (user and system) and seconds of the work without imports and connecting, and the
highest resident memory of the process. The answer goes to ``HOME/<mart>.<engine>.parquet``. Linux only.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.marts import MARTS

if TYPE_CHECKING:
    import duckdb

#: the mart name under which ``scan`` reads what any mart reads
EVERYTHING = "everything"
Work = Callable[[], None]


def measured(engine: str, mart: str, facts: Path, home: Path, memory_limit: str = "4GB") -> dict[str, Any]:
    """Do ``work_of`` these arguments in a child: cpu and seconds, peak_mb; or error, when it did not finish."""
    command = [sys.executable, "-m", "tests.bench.measure", engine, mart, str(facts), str(home), memory_limit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"error": (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def answer_file(engine: str, mart: str, home: Path) -> Path:
    return home / f"{mart}.{engine}.parquet"


def work_of(engine: str, mart: str, facts: Path, home: Path, memory_limit: str) -> Work:
    """What is measured, ready to be called once. ``memory_limit`` is DuckDB's.

    Engines: ``scan`` reads the columns and does nothing; ``duckdb`` leaves the models as dbt would, in a file;
    ``memory`` has the same in memory, as ``polars`` and ``pandas`` have theirs. ``piece``: one of ``pieces.PIECES``
    instead of a mart.
    """
    if engine == "piece":
        from tests.bench.pieces import PIECES

        return PIECES[mart].ready(PIECES[mart].count)
    if engine == "scan":
        return _scan(MARTS[mart].reads if mart in MARTS else _all_reads(), facts)
    if engine in ("duckdb", "memory"):
        return _models(engine, mart, facts, home, memory_limit)
    if engine == "pandas":
        from tests.bench import in_pandas

        in_memory = in_pandas.MARTS[mart]
        return lambda: in_memory(in_pandas.Reader(facts, home)).to_parquet(answer_file(engine, mart, home))
    from tests.bench import in_polars

    lazily = in_polars.MARTS[mart]
    return lambda: lazily(in_polars.Reader(facts, home)).write_parquet(answer_file(engine, mart, home))


def _all_reads() -> dict[str, tuple[str, ...]]:
    """Columns of the facts that any mart reads."""
    together: dict[str, dict[str, None]] = {}
    for mart in MARTS.values():
        for fact, columns in mart.reads.items():
            together.setdefault(fact, {}).update(dict.fromkeys(columns))
    return {fact: tuple(columns) for fact, columns in together.items()}


def _scan(reads: Mapping[str, tuple[str, ...]], facts: Path) -> Work:
    import duckdb

    con = duckdb.connect(config={"threads": 2})

    def work() -> None:
        for fact, columns in reads.items():
            values = ", ".join(f"any_value({column})" for column in columns)
            con.execute(f"select {values} from '{facts / fact}/*.parquet'")

    return work


def _models(engine: str, mart: str, facts: Path, home: Path, memory_limit: str) -> Work:
    import duckdb

    from tests.bench.frame import attach, run

    wanted = MARTS[mart]
    models = json.loads((home / "models.json").read_text("utf-8"))
    # a mart that did not finish leaves a folder of that ending
    (warehouse,) = (path for path in home.glob("*.duckdb") if path.is_file())
    folder = home / f"{mart}.{engine}"
    folder.mkdir()
    con = duckdb.connect(
        config={
            "memory_limit": memory_limit, "threads": 2, "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": False,
        }
    )  # fmt: skip
    con.execute("set timezone = 'Asia/Seoul'")
    # dbt compiles the name of the database into the models
    name = warehouse.stem
    if engine == "duckdb":
        shutil.copyfile(warehouse, folder / warehouse.name)
        con.execute(f"attach '{folder / warehouse.name}' as \"{name}\"")
        con.execute(f'use "{name}"')
    else:
        con.execute(f"attach ':memory:' as \"{name}\"")
        con.execute(f"attach '{warehouse}' as empty (read_only)")
        con.execute(f'use "{name}"')
        _copy_tables(con)
    attach(con, facts, wanted.reads)

    def work() -> None:
        run(con, models, wanted.models)
        con.execute(f"copy ({wanted.answer}) to '{answer_file(engine, mart, home)}'")
        con.close()
        shutil.rmtree(folder)

    return work


def _copy_tables(con: duckdb.DuckDBPyConnection) -> None:
    query = "select schema_name, table_name from duckdb_tables() where database_name = 'empty'"
    for schema, table in con.execute(query).fetchall():
        con.execute(f"create schema if not exists {schema}")
        con.execute(f"create table {schema}.{table} as from empty.{schema}.{table}")


def _peak_mb() -> int:
    """Of this program alone; the kernel's ru_maxrss would count what the parent held when it forked."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) // 1024


def main(engine: str, mart: str, facts: Path, home: Path, memory_limit: str) -> None:
    work = work_of(engine, mart, facts, home, memory_limit)
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    work()
    after, ended = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sys.stdout.write(json.dumps({"cpu": cpu, "seconds": ended - begun, "peak_mb": _peak_mb()}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5])
