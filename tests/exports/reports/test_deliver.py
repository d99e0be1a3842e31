"""Delivery by e-mail against a real SMTP server on loopback: once each, receipts, refusals, a day without a release."""

import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from lxml import html

from exports.reports import deliver as deliver_module
from exports.reports import product
from exports.reports.content import Chart, Report
from exports.reports.deliver import NotDelivered, deliver, undelivered
from exports.reports.distribution import load_distribution
from exports.reports.product import KINDS
from exports.reports.words import day_text, text
from exports.watch import alert, troubles
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.settings import LANGUAGES, SettingError, Settings, load_settings
from tests.exports.reports.marts import AS_OF, write_marts

NEXT = date(2026, 10, 8)


class Inbox:
    """Takes every message except for addresses that begin with ``full``."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.full = True

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.full and address.startswith("full"):
            return "452 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return f"250 OK id={len(self.messages)}"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    handler = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:  # the controller calls its own port, so it must be told one
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the release of 7 October; its rendered brief is two small files."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "releases" / "20261007-abc"
    folder.mkdir(parents=True)
    write_marts(folder / "marts.duckdb")
    reports = folder / "exports" / "reports"
    reports.mkdir()
    (reports / "daily.ko.html").write_text("<p>brief</p>", "utf-8")
    (reports / "daily.ko.pdf").write_bytes(b"%PDF-1.7 brief")
    manifest = {"as_of": AS_OF.isoformat(), "built_at": "2026-10-07T05:00:00+09:00", "stale": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (home / "releases" / "current").symlink_to("20261007-abc")
    return home


@pytest.fixture
def settings(published: Path, tmp_path: Path, inbox: tuple[Inbox, int]) -> Settings:
    shutil.copytree(published, tmp_path / "home", symlinks=True)
    addresses = tmp_path / "addresses.yml"
    addresses.write_text("MINISTRY_DESK: [desk@example.org, head@example.org]\nSTATISTICS_UNIT: [full@example.org]\n")
    return load_settings({}, home=tmp_path / "home", smtp_host="127.0.0.1", smtp_port=inbox[1], smtp_security="none",
                         mail_from="lmi@example.org", mailing_list=str(addresses),
                         public_url="https://lmi.example.org")  # fmt: skip


def test_each_gets_the_brief_once_and_the_receipt_is_kept(settings: Settings, inbox: tuple[Inbox, int]) -> None:
    with pytest.raises(NotDelivered, match=r"STATISTICS_UNIT: .*452.*mailbox full"):
        deliver(settings, "daily", AS_OF)
    stages = Ledger(Paths.of(settings).ledger).stages()
    assert [(s["source"], s["outcome"]) for s in stages] == [
        ("daily:MINISTRY_DESK", "ok"), ("daily:STATISTICS_UNIT", "failed"),
    ]  # fmt: skip
    assert stages[0]["detail"]["receipt"] == "250 OK id=1" and stages[0]["detail"]["recipients"] == 2
    (failed,) = undelivered(stages)
    assert failed["report"] == "daily:STATISTICS_UNIT" and "mailbox full" in failed["error"]

    inbox[0].full = False
    assert [receipt["recipient"] for receipt in deliver(settings, "daily", AS_OF)] == ["STATISTICS_UNIT"]
    assert deliver(settings, "daily", AS_OF) == [] and len(inbox[0].messages) == 2
    assert undelivered(Ledger(Paths.of(settings).ledger).stages()) == []


def test_the_message_holds_the_pdf_and_links(settings: Settings, inbox: tuple[Inbox, int]) -> None:
    inbox[0].full = False
    deliver(settings, "daily", AS_OF)
    message = inbox[0].messages[0]
    (attached,) = message.iter_attachments()
    assert attached.get_content() == b"%PDF-1.7 brief" and attached.get_filename() == "daily-20261007.pdf"
    body = message.get_body()
    assert body is not None
    assert "https://lmi.example.org/exports/reports/daily.ko.html" in body.get_content()
    assert message["Subject"] == "고용동향 일일 브리프 2026-10-07" and message["To"].addresses[1].username == "head"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_day_without_a_release_gets_the_last_report_labelled_in_every_block(
    settings: Settings, inbox: tuple[Inbox, int], monkeypatch: pytest.MonkeyPatch, kind: str, lang: str
) -> None:
    from exports.reports import pdf

    def absent() -> None:
        raise pdf.NoPdf("no Pango")

    monkeypatch.setattr(pdf, "_weasyprint", absent)  # so that the page is attached, and can be read
    monkeypatch.setattr(product, "drawings", lambda report: dict.fromkeys(drawn(report), ""))
    desk = next(one for one in load_distribution() if one.code == "MINISTRY_DESK")
    monkeypatch.setattr(deliver_module, "load_distribution", lambda: [replace(desk, lang=lang)])
    inbox[0].full = False
    Path(settings.mailing_list).write_text("MINISTRY_DESK: [desk@example.org]\n", "utf-8")
    deliver(settings, kind, NEXT)
    (attached,) = inbox[0].messages[0].iter_attachments()
    page = html.fromstring(attached.get_content().encode())
    label = text("no_release", lang, issued=NEXT, as_of=AS_OF)
    sections = page.xpath("//section")
    unlabelled = [one.get("aria-labelledby") for one in sections if label not in one.text_content()]
    assert len(sections) > 4 and unlabelled in ([], ["method"])
    if kind == "daily":
        assert day_text(NEXT, lang, year=True) in page.text_content()


def drawn(report: Report) -> list[str]:
    return [part.name for block in report.blocks for part in block.parts if isinstance(part, Chart)]


def test_without_addresses_nobody_gets_mail_and_without_a_server_it_is_said(settings: Settings) -> None:
    assert deliver(replace(settings, mailing_list=""), "daily", AS_OF) == []
    with pytest.raises(SettingError, match="LMI_SMTP_HOST"):
        deliver(replace(settings, smtp_host=""), "daily", AS_OF)
    Path(settings.mailing_list).write_text("MOON: [x@example.org]\n", "utf-8")
    with pytest.raises(SettingError, match="MOON is not on the distribution list"):
        deliver(settings, "daily", AS_OF)


def test_a_server_that_is_not_there_fails_and_is_seen(settings: Settings) -> None:
    with pytest.raises(NotDelivered, match="MINISTRY_DESK: ConnectionRefusedError"):
        deliver(replace(settings, smtp_port=1), "daily", AS_OF)
    assert len(undelivered(Ledger(Paths.of(settings).ledger).stages())) == 2


def test_operators_are_told_once_when_no_run_has_begun(settings: Settings, inbox: tuple[Inbox, int]) -> None:
    Path(settings.mailing_list).write_text("OPERATIONS: [ops@example.org]\n", "utf-8")
    ledger = Ledger(Paths.of(settings).ledger)
    for stage, source in (("land", "seeker_registrations"), ("build", None), ("publish", None)):
        with ledger.stage(stage, AS_OF, source) as entry:
            entry.detail["products"] = {"reports": "current"}
    this_day, next_day = (datetime(2026, 10, day, 6, 30, tzinfo=settings.tz) for day in (7, 8))
    assert troubles(settings, this_day) == [] and alert(settings, this_day) == []
    found = alert(settings, next_day)
    assert alert(settings, next_day) == found and len(inbox[0].messages) == 1
    (message,) = inbox[0].messages
    told = message.get_content()
    assert message["Subject"] == f"[LMI] 2026-10-08 확인할 것 {len(found)}가지" and message["To"] == "ops@example.org"
    for line in (
        "2026-10-08의 작업이 하나도 시작되지 않음.",
        "2026-10-08 릴리스를 아직 만들지 않음(마지막 릴리스의 기준일 2026-10-07).",
        "고용동향 일일 브리프: 2026-10-08 06:30 예고, 아직 공표하지 못함.",
        "seeker_registrations: 정해진 시각에 수집을 시작하지 않음.",
    ):
        assert f"- {line}" in told
    assert Ledger(Paths.of(settings).ledger).stages()[-1]["detail"]["receipt"] == "250 OK id=1"


def test_a_run_that_went_wrong_is_told_with_its_reason(settings: Settings) -> None:
    ledger = Ledger(Paths.of(settings).ledger)
    with pytest.raises(ValueError, match="planted"), ledger.stage("build", AS_OF):
        raise ValueError("planted")
    (said,) = troubles(settings, datetime(2026, 10, 7, 6, 30, tzinfo=settings.tz))
    assert "build" in said and "planted" in said
