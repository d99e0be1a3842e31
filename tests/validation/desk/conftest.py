"""A home with vetted postings: landed and accepted by the real code, judged by decisions and findings written here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from ingest.registry import Source, load_registry
from lmi.core.atomic import sha256_file
from lmi.core.keys import KeyRing, load_keys
from lmi.core.paths import Paths
from lmi.core.settings import Settings, load_settings
from tests.validation.support import NOW, Row, context_in, good_row, landed_in
from validation.accepted import accepted_loads, accepted_query
from validation.desk.app import Desk, create_app
from validation.desk.intake import Sampling, refresh
from validation.desk.store import Store
from validation.run import validate
from validation.vetting.rules import load_rules

SOURCES = load_registry()
SUBMISSIONS = SOURCES["vacancy_submissions"]
TODAY = date(2026, 10, 7)
SEOUL = ZoneInfo("Asia/Seoul")
HOSTILE = (
    '</textarea><script>alert(\'x\')</script> 보증금 50만원을 입금 "onmouseover="alert(1)" {{ 7*7 }} \u202egnp.exe'
)
FEE = "보증금 50만원을 입금"

FINDINGS = pa.schema([
    *((n, pa.string()) for n in ("source_id", "record_hash", "posting_id")), ("rule_number", pa.int32()),
    *((n, pa.string()) for n in ("rule_id", "rule_version", "code", "outcome", "severity", "signal", "evidence_field")),
    ("span_start", pa.int32()), ("span_end", pa.int32()), ("quote", pa.string()), ("facts", pa.string()),
    ("rule_set", pa.string()), ("context", pa.string()),
])  # fmt: skip
DECISIONS = pa.schema([
    *((n, pa.string()) for n in ("source_id", "record_hash", "posting_id")), ("submitted_date", pa.date32()),
    *((n, pa.string()) for n in ("profile", "decision", "primary_code")), ("reasons", pa.list_(pa.string())),
    ("rule_set", pa.string()), ("context", pa.string()), ("score", pa.float64()), ("score_reasons", pa.string()),
])  # fmt: skip


SPOKE = json.dumps([{"code": "WORD", "ko": "낱말 '<b>즉시</b>'", "en": "the word 'now'", "weight": 0.4}])
Judged = dict[str, tuple[str, list[dict[str, Any]]]]


def posting_id(n: int) -> str:
    return f"K{n:015d}"


def submission(n: int, **changes: Any) -> Row:
    """A posting of employer ``n``; dates near the desk's day."""
    good = good_row(SUBMISSIONS, n)
    return good | {
        "posting_id": posting_id(n), "submitted_date": "2026-10-05", "company": f"주식회사 한결 {n}",
        "business_no": f"{1000000000 + n}", "title": f"경리 담당 구인 {n}", "duties": "전표 정리와 급여 계산",
        "close_date_text": "26-11-20", "start_date": "2026-11-01", "received_date": "2026-10-05",
        "updated_at": "2026-10-05 10:00:00", "contact_name": f"담당 {n}", "contact_phone": f"010-1234-{n:04d}",
    } | changes  # fmt: skip


def finding(code: str, number: int, outcome: str = "hold", quote: str | None = None, **more: Any) -> dict[str, Any]:
    return {"rule_number": number, "rule_id": code, "rule_version": "1.0.0", "code": code, "outcome": outcome,
            "severity": outcome, "quote": quote} | more  # fmt: skip


def signal(
    n: int, name: str = "REPORTED_FILLED", day: str = "2026-10-06", *, is_waiting: bool = True
) -> dict[str, Any]:
    """A signal on posting ``n`` as a release has it."""
    return {
        "vacancy_key": f"pes:{posting_id(n)}", "signal": name, "signal_date": day, "strength": "weak",
        "label_ko": f"신호 {name}", "label_en": f"Signal {name}", "seen_from_ko": "구직자 세 명의 신고",
        "seen_from_en": "reports of three seekers", "evidence": json.dumps({"third_report_date": day}),
        "is_waiting": is_waiting,
    }  # fmt: skip


@dataclass
class Home:
    """A home folder, what is in it, and a clock that tests turn."""

    folder: Path
    settings: Settings
    now: datetime = datetime(2026, 10, 7, 1, 0, tzinfo=UTC)  # 10:00 in Seoul
    hashes: dict[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> Paths:
        return Paths.of(self.settings)

    @property
    def keys(self) -> KeyRing:
        return load_keys(self.settings)

    def store(self, **options: Any) -> Store:
        return Store(self.paths.home / "desk.sqlite", SEOUL, lambda: self.now, **options)

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def land(self, rows: list[Row], source: str = "vacancy_submissions", day: date = TODAY) -> str:
        """Lands and accepts rows; returns the load id."""
        context = context_in(self.folder)
        landed = landed_in(context, SOURCES[source], rows, delivery_date=day)
        folder = context.paths.landing / source / str(day) / landed.load_id
        assert validate(folder, SOURCES[source], self.settings, now=NOW).status == "accepted"
        return landed.load_id

    def judge(
        self,
        load_id: str,
        judged: Judged,
        rule_set: str = "a" * 64,
        source: Source = SUBMISSIONS,
        scores: dict[str, float] | None = None,
    ) -> None:
        """Writes an evaluation: posting id -> (decision, findings); postings not named pass."""
        fields = (source.vetting or {})["fields"]
        key, day = fields["posting_id"], fields["submitted_date"]
        load = next(one for one in accepted_loads(self.paths, source.id, date.max) if one.load_id == load_id)
        with duckdb.connect() as con:
            query = f"SELECT {key} AS posting_id, _record_hash, {day} AS day FROM ({accepted_query(source, [load])})"
            rows = con.execute(query).fetchall()
            decisions, findings = [], []
            for posting, record_hash, submitted in rows:
                self.hashes[posting] = record_hash
                decision, found = judged.get(posting, ("PASS", []))
                same = {"source_id": source.id, "record_hash": record_hash, "posting_id": posting,
                        "rule_set": rule_set, "context": "b" * 64}  # fmt: skip
                codes = list(dict.fromkeys(f["code"] for f in found))
                decisions.append(same | {"submitted_date": submitted, "profile": "KR_PUBLIC", "decision": decision,
                                         "primary_code": (codes or [None])[0], "reasons": codes,
                                         "score": (scores or {}).get(posting),
                                         "score_reasons": SPOKE if posting in (scores or {}) else None})  # fmt: skip
                findings += [same | f for f in found]
            folder = self.paths.vetted / source.id / load_id / f"{rule_set[:12]}-{'b' * 12}"
            folder.mkdir(parents=True)
            files = []
            for name, schema, content in (("decisions", DECISIONS, decisions), ("findings", FINDINGS, findings)):
                con.register("_content", pa.Table.from_pylist(content, schema))
                path = folder / f"{name}.parquet"
                con.execute(f"COPY (SELECT * FROM _content) TO '{path}' (FORMAT parquet)")
                files.append({"path": path.name, "bytes": path.stat().st_size, "sha256": sha256_file(path)})
        manifest = {"vetted_at": f"2026-10-07T00:00:00 {rule_set}", "files": files}
        (folder / "manifest.json").write_text(json.dumps(manifest))

    def release(self, *signals: dict[str, Any], table: str = "fct_posting_signal") -> None:
        """A current release with these signals."""
        folder = self.paths.releases / f"r{len(list(self.paths.releases.glob('r*')))}"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"as_of": str(TODAY)}))
        with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
            con.execute("CREATE SCHEMA core")
            columns = ", ".join(f"{n} {'BOOLEAN' if n == 'is_waiting' else 'VARCHAR'}" for n in signal(0))
            con.execute(f"CREATE TABLE core.{table} ({columns})")
            for row in signals:
                con.execute(f"INSERT INTO core.{table} VALUES ({', '.join('?' * len(row))})", list(row.values()))
        self.paths.current_release.unlink(missing_ok=True)
        self.paths.current_release.symlink_to(folder.name)

    def fill(self, store: Store, audit: float = 0.0, double: float = 0.0) -> dict[str, int]:
        return refresh(store, self.paths, SOURCES, Sampling(audit, double, "seed"))

    def desk(self, store: Store) -> Desk:
        return Desk(store, self.paths, self.keys, load_rules(), SOURCES, "ko", 40, frozenset({"testserver"}))


def new_home(folder: Path) -> Home:
    settings = load_settings({}, profile="sandbox", home=folder / "home", memory_limit="1GB")
    return Home(folder, settings)


@pytest.fixture(scope="session")
def landed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Held: 1 (fee, hostile text, two overlapping spans), 2 and 3 (one employer), 4 (not judged); 5 to 30 pass."""
    folder = tmp_path_factory.mktemp("desk")
    home = new_home(folder)
    one_employer = {"company": "두레상사", "business_no": "2222222222"}
    start = HOSTILE.index(FEE)
    rows = [
        submission(1, title="보조 구인 <b>급구</b>", duties=HOSTILE, submitted_date="2026-10-01"),
        submission(2, **one_employer),
        submission(3, **one_employer, submitted_date="2026-10-06", channel_code="PARTNER_PRIVATE"),
        *(submission(n) for n in range(4, 31)),
    ]
    fee = finding("FEE_DEMAND", 16, "hold", FEE, evidence_field="duties", span_start=start, span_end=start + len(FEE))
    part = '50만원을 입금 "onmouse'
    other = finding("COVER_SALES", 17, "warn", part, evidence_field="duties",
                    span_start=HOSTILE.index(part), span_end=HOSTILE.index(part) + len(part))  # fmt: skip
    answer = {"business_no": "2222222222", "nts_status_code": "02", "nts_checked_date": "2026-10-06"}
    closed = finding("EMP_SUSPENDED", 5, "hold", evidence_field="business_no", facts=json.dumps(answer))
    unknown = finding("WAGE_NOT_STATED", 10, "undetermined")
    twin = finding("DUP_NEAR", 33, "hold", facts=json.dumps(
        {"duplicate_of": posting_id(2), "duplicate_similarity": 0.93}))  # fmt: skip
    home.judge(
        home.land(rows),
        {
            posting_id(1): ("HOLD", [fee, other]),
            posting_id(2): ("HOLD", [closed]),
            posting_id(3): ("HOLD", [closed, twin]),
            posting_id(4): ("HOLD", [unknown]),
        },
    )
    return folder


@pytest.fixture
def home(landed_home: Path, tmp_path: Path) -> Home:
    """A copy that a test may change."""
    shutil.copytree(landed_home, tmp_path / "desk")
    return new_home(tmp_path / "desk")


@pytest.fixture
def store(home: Home) -> Store:
    made = home.store()
    home.fill(made)
    return made


@dataclass
class Signed:
    """A browser that has signed in."""

    client: TestClient
    reviewer_id: str
    token: str

    @property
    def csrf(self) -> str:
        return self.client.get("/queue").text.split('name="csrf" value="')[1].split('"')[0]

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf": self.csrf} | fields, follow_redirects=False)


@pytest.fixture
def sign_in(home: Home, store: Store) -> Callable[[str], Signed]:
    app = create_app(home.desk(store))

    def enter(name: str) -> Signed:
        number, token = store.add_reviewer(name)
        client = TestClient(app)
        answer = client.post("/sign-in", data={"token": token}, follow_redirects=False)
        assert answer.status_code == 303
        return Signed(client, number, token)

    return enter


def item_of(store: Store, n: int, slot: int = 1) -> int:
    """The item of posting ``n``."""
    found = store.rows("SELECT item_no FROM item WHERE posting_id = ? AND slot = ?", [posting_id(n), slot])
    return int(found[0]["item_no"])


def know_employer_1(home: Home) -> None:
    """The employer of posting 1 is suspended, closed from tomorrow's look-up on, has 1,041 insured and owes wages."""
    number, next_day = "1000000001", TODAY + timedelta(days=1)
    for day, code, closed in (("2026-10-05", "01", None), ("2026-10-06", "02", None), ("2026-10-08", "03", "20261007")):
        answer = good_row(SOURCES["nts_business_status"], 1)
        home.land([answer | {"business_no": number, "status_code": code, "closed_date": closed, "checked_date": day}],
                  "nts_business_status", next_day if code == "03" else TODAY)  # fmt: skip
    insured = good_row(SOURCES["kcomwel_workplaces"], 1) | {"business_no": number, "checked_date": "2026-10-05"}
    home.land(
        [insured | {"workplace_name": name, "insurance_kind_code": kind, "headcount": count}
         for name, kind, count in (("본점", "2", "1000"), ("지점", "2", "41"), ("본점", "1", "1100"))],
        "kcomwel_workplaces",
    )  # fmt: skip
    listed = good_row(SOURCES["wage_arrears"], 1) | {"received_date": "2026-10-07", "updated_at": "2026-10-01 09:00:00"}
    home.land(
        [listed | {"list_id": list_id, "business_no": of, "listed_from": begin, "listed_to": end}
         for list_id, of, begin, end in (
            ("2026-1", number, "2026-09-01", None), ("2023-1", number, "2023-01-01", "2025-12-31"),
            ("2023-1", "1000000004", "2023-01-01", "2026-10-06"), ("2026-2", "1000000004", "2026-10-20", None))],
        "wage_arrears",
    )  # fmt: skip
