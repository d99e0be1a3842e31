"""The client list of a private agency: persons of a synthetic nation without their resident number, as people fill in
forms. Some have moved, some have a new telephone, and hands slip. Nothing here is known to the linkage.
"""

from __future__ import annotations

import random
from datetime import date

import pandas as pd


def client_list(registered: pd.DataFrame, others: pd.DataFrame, seed: int, day: date) -> pd.DataFrame:
    """Six in ten of the registered and, a third as many, persons who never registered; person_id is the truth.

    Both tables: person_id, name, birth_date, sex, phone, address. Shares of what goes wrong are in the code.
    """
    draw = random.Random(seed)
    addresses = registered["address"].tolist()
    taken = registered.sample(frac=0.6, random_state=seed)
    strangers = others.sample(n=min(len(others), len(taken) // 3), random_state=seed)
    rows = []
    for number, person in enumerate(pd.concat([taken, strangers]).sample(frac=1, random_state=seed).to_dict("records")):
        phone, address = person["phone"], person["address"]
        moved = draw.random() < 0.15
        if moved:
            address = draw.choice(addresses)
        if draw.random() < (0.6 if moved else 0.08):
            phone = f"010-{draw.randrange(2000, 10000)}-{draw.randrange(10000):04d}"
        rows.append(
            {
                "client_id": f"K{number:012d}",
                "name": _name(person["name"], draw),
                "birth_date": _birth(person["birth_date"], draw),
                "sex": person["sex"],
                "phone": _phone(phone, draw),
                "address": _address(address, draw),
                "consent_statistics": "N" if draw.random() < 0.05 else "Y",
                "organisation_code": "O010005",
                "programme_code": "PRIV",
                "start_date": str(day),
                "received_date": str(day),
                "updated_at": f"{day} 09:00:00",
                "person_id": person["person_id"],
                "is_registered": person["is_registered"],
            }
        )
    return pd.DataFrame(rows)


def _name(name: str, draw: random.Random) -> str:
    if draw.random() < 0.10:
        name = _slipped_jamo(name, draw) if "가" <= name[0] <= "힣" else _slipped_letter(name, draw)
    if draw.random() < 0.20 and "가" <= name[0] <= "힣":
        return f"{name[0]} {name[1:]}"
    if " " in name and draw.random() < 0.20:
        first, *rest = name.split()
        return " ".join([*rest, first])
    return name.title() if draw.random() < 0.3 else name


def _slipped_jamo(name: str, draw: random.Random) -> str:
    """One initial, vowel or final consonant of one syllable is another."""
    at = draw.randrange(len(name))
    initial, rest = divmod(ord(name[at]) - 0xAC00, 588)
    vowel, final = divmod(rest, 28)
    part = draw.randrange(3)
    if part == 0:
        initial = draw.randrange(19)
    elif part == 1:
        vowel = draw.randrange(21)
    else:
        final = draw.choice([0, 1, 4, 8, 16, 17, 21])
    return name[:at] + chr(0xAC00 + initial * 588 + vowel * 28 + final) + name[at + 1 :]


def _slipped_letter(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text))
    return text[:at] + draw.choice("abcdefghijklmnopqrstuvwxyz") + text[at + draw.randrange(2) :]


def _birth(born: date, draw: random.Random) -> str | None:
    chance = draw.random()
    if chance < 0.02:
        return None
    if chance < 0.06 and born.day <= 12:
        return f"{born.year}-{born.day:02d}-{born.month:02d}"
    text = born.strftime(draw.choice(["%Y-%m-%d", "%Y.%m.%d", "%Y%m%d"]))
    return _slipped_digit(text, draw) if chance > 0.96 else text


def _slipped_digit(text: str, draw: random.Random) -> str:
    places = [n for n, c in enumerate(text) if c.isdigit()]
    if not places:
        return text
    at = draw.choice(places)
    return text[:at] + str(draw.randrange(10)) + text[at + 1 :]


def _phone(phone: str, draw: random.Random) -> str | None:
    chance = draw.random()
    if chance < 0.08:
        return None
    if chance < 0.11:
        return _slipped_digit(phone, draw)
    return f"+82 {phone[1:]}" if draw.random() < 0.3 else phone.replace("-", draw.choice(["-", "", " "]))


def _address(address: str, draw: random.Random) -> str | None:
    chance = draw.random()
    if chance < 0.05:
        return None
    if chance < 0.25:
        address = address.split(",")[0]
    elif chance < 0.30:
        address = _slipped_digit(address, draw)
    for long, short in (("특별자치도", ""), ("특별자치시", ""), ("특별시", ""), ("광역시", "시"), ("도 ", " ")):
        if draw.random() < 0.3:
            address = address.replace(long, short, 1)
    return address
