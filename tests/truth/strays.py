"""Deliveries in which planted persons stand where they should not: corrections that a provider sends in haste.

They change no figure: rows are newer versions with equal content, or break the contract.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pandas as pd

from ingest.pipeline import fetch_and_land
from tests.street import Street


def planted(truth: Path) -> pd.DataFrame:
    """Planted persons: resident_no, phone, email, name, seeker_reg_no."""
    return pd.read_parquet(truth / "planted_persons.parquet")


def deliver_strays(street: Street, day: date) -> None:
    """Second deliveries of ``day`` for registrations (CSV), vacancies and reviews (NDJSON)."""
    persons = planted(street.truth)
    _registrations(street, day, persons)
    _vacancies(street, day, persons.iloc[0])
    _reviews(street, day, persons.iloc[0])


def land_portal_stray(street: Street, day: date) -> None:
    """A partner portal's file whose free text holds a planted person. It is landed and never validated."""
    told = _told(planted(street.truth).iloc[0])
    posting = {
        "posting_id": "STRAY-1", "title": f"경리 사원 {told}", "description": told, "company": told, "address": told,
        "posted_date": day.isoformat(), "modified_at": _before(day),
    }  # fmt: skip
    folder = street.settings.drop / "portal_vacancies"
    folder.mkdir(exist_ok=True)
    line = json.dumps(posting, ensure_ascii=False) + "\n"
    _deliver(folder / f"portal_vacancies_{day:%Y%m%d}.ndjson.gz", gzip.compress(line.encode(), mtime=0), 1)
    assert fetch_and_land(street.settings, "portal_vacancies", day)


def _before(day: date) -> str:
    return datetime.combine(day - timedelta(days=1), time(23, 59, 30)).isoformat(sep=" ")


def _registrations(street: Street, day: date, persons: pd.DataFrame) -> None:
    """Other ways to write the number and the telephone, a wrong status, and rows whose values slid to the side."""
    folder = street.settings.drop / "seeker_registrations"
    (history,) = folder.glob("*_history.csv")
    with history.open(encoding="cp949", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        rows = [dict(zip(header, row, strict=True)) for row in reader]
    known = [r for r in rows if r["resident_no"] in set(persons["resident_no"])]
    assert known
    last = max(known, key=lambda r: r["updated_at"]) | {"updated_at": _before(day), "received_date": day.isoformat()}
    digits, phone = last["resident_no"].replace("-", ""), last["phone"]
    good = last | {"resident_no": digits, "phone": "+82 " + phone[1:], "email": last["email"].upper()}
    bad = [
        last | {"status": "HIRED?"},
        last | {"resident_no": digits[:-1]},
        last | {"reg_date": last["email"], "valid_until": phone, "renewal_no": digits},
        last | {"seeker_reg_no": digits},
        last | {"entry_channel": f"{phone} {last['email']}"},
        _slid(last, header, 1),
        _slid(last, header, -1),
        _slid(last, header, -2),
    ]
    usual = [r for r in rows if r not in known][-40:]  # sent again as they were
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header)
    writer.writeheader()
    writer.writerows([good, *bad, *usual])
    name = f"seeker_registrations_{day:%Y%m%d}_2.csv"
    _deliver(folder / name, out.getvalue().encode("cp949"), 1 + len(bad) + len(usual))


def _slid(row: dict[str, str], header: list[str], by: int) -> dict[str, str]:
    """Values moved ``by`` columns to the right, those that leave at one end come in at the other."""
    values = [row[name] for name in header]
    return dict(zip(header, values[-by:] + values[:-by], strict=True))


def _vacancies(street: Street, day: date, person: pd.Series) -> None:
    """A posting that names a person to call, in the ways in which people write numbers."""
    folder = street.settings.drop / "vacancy_submissions"
    (history,) = folder.glob("*_history.ndjson.gz")
    rows = [json.loads(line) for line in gzip.decompress(history.read_bytes()).splitlines()]
    usual = rows[-40:]
    phone, told = person["phone"], _told(person)
    stray = usual[-1] | {
        "duties": f"{usual[-1]['duties']}\n{told}", "title": f"{usual[-1]['title']} ({phone.replace('-', '')})",
        "updated_at": _before(day), "received_date": day.isoformat(), "contact_phone": phone,
        "contact_email": person["email"], "contact_name": person["name"],
    }  # fmt: skip
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in [stray, *usual])
    name = f"vacancy_submissions_{day:%Y%m%d}_2.ndjson.gz"
    _deliver(folder / name, gzip.compress(lines.encode(), mtime=0), 1 + len(usual))


def _reviews(street: Street, day: date, person: pd.Series) -> None:
    """A reviewer's note with the numbers of the person who was called; the review itself is as it was."""
    folder = street.settings.drop / "vacancy_reviews"
    (history,) = folder.glob("*_history.ndjson.gz")
    usual = [json.loads(line) for line in gzip.decompress(history.read_bytes()).splitlines()][-40:]
    stray = usual[-1] | {"note": _told(person), "received_date": day.isoformat()}
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in [stray, *usual[:-1]])
    name = f"vacancy_reviews_{day:%Y%m%d}_2.ndjson.gz"
    _deliver(folder / name, gzip.compress(lines.encode(), mtime=0), len(usual))


def _told(person: pd.Series) -> str:
    number, phone = person["resident_no"], person["phone"]
    return f"문의 {phone} 또는 {phone.replace('-', ' ')}, +82-{phone[1:]}, {person['email']}. 주민번호 {number}"


def _deliver(path: Path, data: bytes, rows: int) -> None:
    control = {"rows": rows, "sha256": hashlib.sha256(data).hexdigest()}
    path.with_name(path.name + ".ctl").write_text(json.dumps(control))
    path.write_bytes(data)
