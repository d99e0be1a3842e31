"""What should have happened by now and did not: runs, releases, announced reports; and the e-mail that says so.

The DAG that sends the brief runs at its hour whatever became of the night, so it is the one that notices. Where Airflow
itself stands still, the machine's cron asks the same by ``lmi status --alert``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from exports.reports.calendar import load_calendar, overdue, released_days
from exports.reports.deliver import addresses_of, send
from exports.reports.distribution import load_distribution
from exports.reports.words import text
from ingest import refusals
from ingest.connected import why_not_connected
from ingest.registry import Source, sources_of
from lmi.core import release as releases
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.schedule import fired_days
from lmi.core.settings import SettingError, Settings

STAGE = "alert"
#: what those on the distribution list get it for
ALERTS = "alerts"
#: outcomes of an attempt that somebody must look into
WRONG = {"refused", "failed", "stopped"}
_BACK = timedelta(days=30)
_Stages = Sequence[Mapping[str, Any]]


def missed_days(source: Source, stages: _Stages, first: date, now: datetime, settings: Settings) -> list[date]:
    """Working days on which the source's schedule has fired by ``now`` and no attempt is in the ledger (at most the
    last 30)."""
    tried = {date.fromisoformat(s["working_day"]) for s in stages}
    begin = max(first, now.date() - _BACK)
    return [day for day in fired_days(source.schedule["cron"], begin, now, settings.tz) if day not in tried]


def missed_releases(stages: _Stages, now: datetime, settings: Settings) -> list[date]:
    """Days since the last attempt at a release, or since the first working day when there was none, on which the
    release was due by ``now`` and nobody began it (at most the last 30)."""
    worked = {date.fromisoformat(s["working_day"]) for s in stages}
    tried = {date.fromisoformat(s["working_day"]) for s in stages if s["stage"] in {"vet", "build", "publish"}}
    if not worked:
        return []
    first = max(tried) + timedelta(days=1) if tried else min(worked)
    begin = max(first, now.date() - _BACK)
    return fired_days(releases.AT_LATEST, begin, now, settings.tz)


def troubles(settings: Settings, now: datetime) -> list[str]:
    """What is wrong at ``now`` (with zone), one sentence each in the settings' language; empty when all is well."""
    lang, day = settings.language, now.date()
    stages = Ledger(Paths.of(settings).ledger).stages()
    today = [s for s in stages if s["working_day"] == day.isoformat() and s["stage"] != STAGE]
    said = [] if any(s["stage"] in {"land", "build"} for s in today) else [text("alert_no_run", lang, day=day)]
    standing = releases.current(Paths.of(settings))
    if day in missed_releases(stages, now, settings):
        as_of = standing.as_of if standing else "–"
        said.append(text("alert_no_release", lang, day=day, as_of=as_of))
    labels = {one.product: one.label[lang] for one in load_calendar()}
    for kept in overdue(released_days(stages, settings), now, settings):
        said.append(
            text("alert_overdue", lang, product=labels[kept.product], announced=f"{kept.announced:%Y-%m-%d %H:%M}")
        )
    for source in sources_of(settings.profile, settings.sources).values():
        own = [s for s in stages if s["source"] == source.id]
        if not own or why_not_connected(source, settings):
            continue
        if day in missed_days(source, own, day, now, settings):
            said.append(text("alert_source_missed", lang, source=source.id))
    last = {(s["stage"], s["source"]): s for s in today}
    for (stage, name), found in last.items():
        if found["outcome"] in WRONG:
            why = refusals.said(found["detail"], lang)
            said.append(text("alert_wrong", lang, stage=stage, source=name or "", outcome=found["outcome"], error=why))
    return said


def alert(settings: Settings, now: datetime) -> list[str]:
    """Send what is wrong to the operators, the same only once a day; what was found.

    Nothing is sent where nobody's address is set. Raises SettingError when the mail server is not set, and what
    ``send`` raises.
    """
    found = troubles(settings, now)
    to = [
        address
        for one in load_distribution()
        if ALERTS in one.reports
        for address in addresses_of(settings).get(one.code, [])
    ]
    if not found or not to:
        return found
    if not settings.smtp_host or not settings.mail_from:
        raise SettingError("Addresses are set, the server is not: set LMI_SMTP_HOST and LMI_MAIL_FROM.")
    digest = hashlib.sha256("\n".join(found).encode()).hexdigest()[:24]
    ledger = Ledger(Paths.of(settings).ledger)
    if any(
        s["stage"] == STAGE and s["detail"].get("digest") == digest and s["outcome"] == "ok" for s in ledger.stages()
    ):
        return found
    message = EmailMessage()
    message["Subject"] = text("alert_subject", settings.language, day=now.date(), count=len(found))
    message["From"], message["To"], message["Date"] = settings.mail_from, ", ".join(to), format_datetime(now)
    message["Message-ID"] = f"<alert.{now:%Y%m%d}.{digest}@{settings.mail_from.rpartition('@')[2]}>"
    message.set_content("\n".join(f"- {line}" for line in found) + f"\n\n{text('alert_look', settings.language)}\n")
    with ledger.stage(STAGE, now.date()) as stage:
        stage.detail |= {"digest": digest, "found": found, **send(settings, message)}
    return found
