"""Sends the reports by e-mail, each recipient once a day and report, with the server's receipt in the ledger.

Nothing is rendered for it but the report of a day that has no release of its own: that one is made from the last
release and says so in every block.
"""

from __future__ import annotations

import hashlib
import smtplib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from exports.reports.distribution import Recipient, load_distribution
from exports.reports.product import KINDS, write_report
from exports.reports.reading import Marts
from exports.reports.words import text
from lmi.core import release as releases
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.release import Release
from lmi.core.settings import SettingError, Settings
from lmi.core.yaml import load_yaml

STAGE = "deliver"
SECURITY = ("starttls", "tls", "none")
_TIMEOUT = 60
_MEDIA: Mapping[str, tuple[str, str, dict[str, str]]] = {
    ".pdf": ("application", "pdf", {}),
    ".html": ("text", "html", {"charset": "utf-8"}),
}


class NotDelivered(Exception):
    """At least one recipient has not got the report; the message says who and why. Trying again sends only to them."""


def deliver(settings: Settings, kind: str, day: date) -> list[dict[str, Any]]:
    """Send the report of ``day`` to everybody on its list whose addresses are set; one receipt each.

    Raises NotDelivered after everybody was tried, SettingError when addresses are set and the server is not.
    """
    paths = Paths.of(settings)
    ledger = Ledger(paths.ledger)
    addresses = addresses_of(settings)
    wanted = [one for one in load_distribution() if kind in one.reports and addresses.get(one.code)]
    if not wanted:
        return []
    if not settings.smtp_host or not settings.mail_from:
        raise SettingError("Addresses are set, the server is not: set LMI_SMTP_HOST and LMI_MAIL_FROM.")
    known = {s["source"] for s in ledger.stages() if _is_sent(s, day)}
    release = releases.require_current(paths)
    receipts, failed = [], []
    for recipient in wanted:
        name = f"{kind}:{recipient.code}"
        if name in known:
            continue
        try:
            with ledger.stage(STAGE, day, name) as stage:
                folder = _folder(paths, release, kind, recipient.lang, day)
                message = _message(settings, kind, recipient, addresses[recipient.code], folder, release, day)
                stage.detail |= {"release_id": release.id, **send(settings, message)}
                receipts.append({"recipient": recipient.code, **stage.detail})
        except (OSError, smtplib.SMTPException) as error:  # whoever else is on the list gets it all the same
            failed.append(f"{recipient.code}: {type(error).__name__}: {error}")
    if failed:
        raise NotDelivered(f"The {kind} report of {day} has not reached {'; '.join(failed)}.")
    return receipts


def undelivered(stages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Last attempts at a recipient that failed, from the ledger's stages: for ``lmi status``."""
    last = {(s["working_day"], s["source"]): s for s in stages if s["stage"] == STAGE}
    newest = {source: max(day for day, name in last if name == source) for _, source in last}
    return [
        {"report": source, "working_day": day, "error": s["detail"].get("error")}
        for (day, source), s in sorted(last.items())
        if s["outcome"] == "failed" and newest[source] == day
    ]


def _is_sent(stage: Mapping[str, Any], day: date) -> bool:
    return bool(stage["stage"] == STAGE and stage["working_day"] == day.isoformat() and stage["outcome"] == "ok")


def addresses_of(settings: Settings) -> dict[str, list[str]]:
    """Addresses by recipient, from the operator's own file; nobody without one."""
    if not settings.mailing_list:
        return {}
    path = Path(settings.mailing_list).expanduser()
    if not path.is_file():
        raise SettingError(f"LMI_MAILING_LIST names {path}, which does not exist.")
    found: dict[str, list[str]] = load_yaml(path.read_text("utf-8")) or {}
    unknown = sorted(set(found) - {one.code for one in load_distribution()})
    if unknown:
        raise SettingError(f"{path}: {', '.join(unknown)} is not on the distribution list (distribution.yml).")
    return found


def _folder(paths: Paths, release: Release, kind: str, lang: str, day: date) -> Path:
    """Where the report lies: in the release, or for a day without one made from the last release and labelled."""
    rendered = release.folder / "exports" / "reports"
    if release.as_of >= day:
        return rendered
    folder = paths.issued / f"{day:%Y%m%d}"
    with Marts(release.marts, lang, issued=day) as marts:
        write_report(KINDS[kind][0](marts), folder)
    return folder


def _message(
    settings: Settings, kind: str, recipient: Recipient, to: list[str], folder: Path, release: Release, day: date
) -> EmailMessage:
    """The report as PDF, or as the page where there is no PDF; equal reports make equal messages."""
    file = next(f for f in (folder / f"{kind}.{recipient.lang}.{end}" for end in ("pdf", "html")) if f.is_file())
    data, said = file.read_bytes(), text(f"{kind}_title", recipient.lang)
    message = EmailMessage()
    message["Subject"] = f"{said} {day}"
    message["From"], message["To"] = settings.mail_from, ", ".join(to)
    message["Date"] = format_datetime(datetime.combine(day, time(6, 30), settings.tz))
    digest = hashlib.sha256(data + recipient.code.encode()).hexdigest()[:24]
    message["Message-ID"] = f"<{kind}.{day:%Y%m%d}.{digest}@{settings.mail_from.rpartition('@')[2]}>"
    lines = [text("mail_body", recipient.lang, title=said, day=day, as_of=release.as_of, release=release.id)]
    if settings.public_url:
        base = f"{settings.public_url.rstrip('/')}/exports/reports/{kind}.{recipient.lang}"
        lines += [f"{base}.{ending}" for ending in ("html", "pdf", "xlsx", "csv")]
    message.set_content("\n".join(lines) + "\n")
    maintype, subtype, params = _MEDIA[file.suffix]
    name = f"{kind}-{day:%Y%m%d}{file.suffix}"
    message.add_attachment(data, maintype=maintype, subtype=subtype, filename=name, params=params)
    return message


def send(settings: Settings, message: EmailMessage) -> dict[str, Any]:
    """The server's receipt. Raises smtplib.SMTPException when the sender, a recipient or the message is refused."""
    to = [address.strip() for address in message["To"].split(",")]
    data = message.as_bytes(policy=SMTP)
    with _server(settings) as server:
        server.ehlo_or_helo_if_needed()
        _accepted(server.mail(settings.mail_from))
        for address in to:
            _accepted(server.rcpt(address))
        reply = _accepted(server.data(data))
    digest = hashlib.sha256(data).hexdigest()
    return {"message_id": message["Message-ID"], "sha256": digest, "recipients": len(to), "receipt": reply}


def _accepted(answer: tuple[int, bytes]) -> str:
    code, reply = answer
    if code not in (250, 251):
        raise smtplib.SMTPResponseException(code, reply)
    return f"{code} {reply.decode('utf-8', 'replace')}"


@contextmanager
def _server(settings: Settings) -> Iterator[smtplib.SMTP]:
    if settings.smtp_security not in SECURITY:
        raise SettingError(f"LMI_SMTP_SECURITY={settings.smtp_security!r}: use one of {', '.join(SECURITY)}.")
    kind = smtplib.SMTP_SSL if settings.smtp_security == "tls" else smtplib.SMTP
    with kind(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT) as server:
        if settings.smtp_security == "starttls":
            server.starttls()
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.api_key("smtp"))
        yield server
