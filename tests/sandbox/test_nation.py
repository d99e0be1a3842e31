"""The nation: deterministic, well-formed, internally true, with effects that can be found again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from lmi.core.yaml import load_yaml
from sandbox.nation import HISTORY_END, LAST_DAY, generate
from sandbox.nation.engine import DATA
from sandbox.nation.generate import BirthBreaks

PERSONS = 6_000
CONTRACTS = Path(__file__).resolve().parents[2] / "ingest" / "sources"


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nation")
    generate(folder, PERSONS, 11)
    return folder


def query(nation: Path, sql: str) -> pd.DataFrame:
    """Rows of a query in which {name} stands for truth/name.parquet and {p:name} for provider/name.parquet."""
    for part in ("truth", "provider"):
        for file in (nation / part).glob("*.parquet"):
            sql = sql.replace("{p:" + file.stem + "}" if part == "provider" else "{" + file.stem + "}", f"'{file}'")
    with duckdb.connect() as con:
        return con.execute(sql).df()


def one(nation: Path, sql: str) -> float:
    return query(nation, sql).iloc[0, 0]


def content_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    with duckdb.connect() as con:
        for file in sorted(folder.glob("*/*.parquet")):
            rows = con.execute(f"SELECT md5(string_agg(md5(t::VARCHAR), '')) FROM '{file}' AS t").fetchone()
            digest.update(f"{file.parent.name}/{file.name} {rows}".encode())
    return digest.hexdigest()


def test_same_seed_and_size_give_the_same_nation_whatever_the_threads(tmp_path: Path) -> None:
    for name, seed, threads in (("a", 3, 1), ("b", 3, 2), ("c", 4, 2)):
        generate(tmp_path / name, 400, seed, threads=threads)
    first, second, other = (content_hash(tmp_path / name) for name in "abc")
    assert first == second
    assert first != other


def test_refuses_a_size_that_makes_no_nation(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="between 200 and"):
        generate(tmp_path, 10, 1)


def test_what_the_providers_hold_is_in_the_registry(nation: Path) -> None:
    """Not the other way round: what the house records itself, or a source of another provider, is held by no nation."""
    contracts = [load_yaml(path.read_text(encoding="utf-8")) for path in CONTRACTS.glob("*.yml")]
    registered = {contract["source"] for contract in contracts if "sandbox" in contract["profiles"]}
    held = {file.stem for file in (nation / "provider").glob("*.parquet")}
    assert held <= registered and len(held) >= 20


def test_every_provider_file_keeps_its_contract(nation: Path) -> None:
    problems = []
    with duckdb.connect() as con:
        for path in sorted(CONTRACTS.glob("*.yml")):
            contract = load_yaml(path.read_text(encoding="utf-8"))
            file = nation / "provider" / f"{contract['source']}.parquet"
            if not file.is_file():
                continue
            names = [row[0] for row in con.execute(f"DESCRIBE FROM '{file}'").fetchall()]
            if [n for n in names if not n.startswith("_")] != [c["name"] for c in contract["columns"]]:
                problems.append(f"{path.name}: columns differ")
                continue
            for column in contract["columns"]:
                value = f'"{column["name"]}"::VARCHAR'
                checks = []
                # the tax office and KCOMWEL do not know when they are asked: the connector adds the day
                if column.get("required") and column["name"] != "checked_date":
                    checks.append(f"{value} IS NULL OR {value} = ''")
                if "pattern" in column:
                    checks.append(f"NOT regexp_matches({value}, '{column['pattern']}')")
                if "values" in column:
                    checks.append(f"{value} NOT IN ({', '.join(repr(v) for v in column['values'])})")
                if "minimum" in column:
                    checks.append(f"{value}::DOUBLE < {column['minimum']}")
                for check in checks:
                    bad = con.execute(f"SELECT count(*) FROM '{file}' WHERE {check}").fetchone()
                    if bad != (0,):
                        problems.append(f"{path.name}: {column['name']}: {check}: {bad}")
            if con.execute(f"SELECT count(*) FROM '{file}'").fetchone() == (0,):
                problems.append(f"{path.name}: no rows")
    assert problems == []


def test_record_versions_are_unique_and_delivered_on_their_received_date(nation: Path) -> None:
    for path in sorted(CONTRACTS.glob("*.yml")):
        contract = load_yaml(path.read_text(encoding="utf-8"))
        held = (nation / "provider" / f"{contract['source']}.parquet").is_file()
        if contract["connector"] != "file_drop" or not held:
            continue
        key = ", ".join([*contract["key"], contract["provider_timestamp"]])
        source = "{p:" + contract["source"] + "}"
        assert one(nation, f"SELECT count(*) - count(DISTINCT ({key})) FROM {source}") == 0, contract["source"]
        late = (
            f"SELECT count(*) FROM {source} WHERE received_date <> _delivery_date OR received_date > DATE '{LAST_DAY}'"
        )
        assert one(nation, late) == 0, contract["source"]


def business_number_is_valid(number: str) -> bool:
    weights = (1, 3, 7, 1, 3, 7, 1, 3, 5)
    digits = [int(d) for d in number]
    total = sum(d * w for d, w in zip(digits, weights, strict=False)) + digits[8] * 5 // 10
    return (10 - total % 10) % 10 == digits[9]


def test_business_numbers_carry_a_valid_check_digit(nation: Path) -> None:
    assert business_number_is_valid("5038169211") and not business_number_is_valid("1234567890")
    numbers = query(nation, "SELECT business_no FROM {employers}")["business_no"]
    assert numbers.is_unique
    assert all(business_number_is_valid(n) for n in numbers)


def test_resident_numbers_have_the_format_and_belong_to_nobody(nation: Path) -> None:
    persons = query(nation, "SELECT resident_no, birth_date, sex, is_foreign FROM {persons}")
    assert persons["resident_no"].is_unique
    assert persons["resident_no"].str.fullmatch(r"\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])-[1-8]\d{6}").all()
    birth = pd.to_datetime(persons["birth_date"])
    assert (persons["resident_no"].str[:6] == birth.dt.strftime("%y%m%d")).all()
    century = persons["resident_no"].str[7].astype(int)
    assert ((century % 2 == 1) == (persons["sex"] == "M")).all()
    assert ((century >= 5) == persons["is_foreign"]).all()
    weights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]
    digits = persons["resident_no"].str.replace("-", "").map(lambda n: [int(d) for d in n])
    base = digits.map(lambda d: 11 - sum(a * b for a, b in zip(d, weights, strict=False)) % 11)
    valid = (base + persons["is_foreign"].map({True: 2, False: 0})) % 10
    assert not (valid == digits.map(lambda d: d[12])).any()


def test_korean_text_fits_cp949_and_is_diverse(nation: Path) -> None:
    for source in ("seeker_registrations", "insurance_events", "ui_claims"):
        for column, values in query(nation, "SELECT * FROM {p:" + source + "} LIMIT 3000").select_dtypes("str").items():
            values.dropna().map(lambda v: v.encode("cp949"))
            assert column
    texts = query(nation, "SELECT title, duties FROM {p:vacancy_submissions}").dropna()
    assert texts["title"].str.contains("[가-힣]").mean() > 0.9
    english = texts["duties"].str.count("[가-힣]") < 0.2 * texts["duties"].str.len()
    assert 0.02 < english.mean() < 0.10
    assert texts["duties"].nunique() > 0.85 * len(texts)
    assert not texts["duties"].str.contains("[{}<>]").any() and not texts["title"].str.contains("[{}<>]").any()


def test_spells_end_after_they_begin_and_reports_rebuild_them(nation: Path) -> None:
    """Applying all reports in order of reporting gives the true spells: the reports tell the whole truth in the end."""
    assert one(nation, "SELECT count(*) FROM {spells} WHERE loss_date <= acquisition_date") == 0
    reports = query(nation, "SELECT * FROM {insurance_reports} ORDER BY reported_at, event_no")
    cancelled = set(reports.loc[reports["event_type"] == "CANCEL", "refers_to_event_no"])
    corrected = reports[reports["event_type"] == "CORRECT"].groupby("refers_to_event_no")["event_date"].last()
    valid = reports[~reports["event_no"].isin(cancelled)].set_index("event_no")
    begins = valid[valid["event_type"] == "ACQ"]["event_date"].copy()
    begins.update(corrected)
    losses = valid[valid["event_type"] == "LOSS"].copy()
    losses["event_date"] = losses["event_date"].where(
        ~losses.index.isin(corrected.index), corrected.reindex(losses.index)
    )
    ends = losses.groupby("refers_to_event_no")["event_date"].last()
    truth = query(nation, "SELECT acq_event_no, acquisition_date, loss_date FROM {spells}").set_index("acq_event_no")
    assert set(begins.index) == set(truth.index)
    assert (begins.reindex(truth.index) == truth["acquisition_date"]).all()
    never = pd.Timestamp("2099-01-01")
    assert (ends.reindex(truth.index).fillna(never) == truth["loss_date"].fillna(never)).all()


def test_reports_come_late_corrected_and_cancelled(nation: Path) -> None:
    counts = query(nation, "SELECT event_type, count(*) AS n FROM {p:insurance_events} GROUP BY 1").set_index(
        "event_type"
    )["n"]
    assert counts["CORRECT"] > 0.01 * counts["ACQ"] and counts["CANCEL"] > 0.003 * counts["ACQ"]
    on_time = one(
        nation,
        """
        SELECT avg((received_date <= date_trunc('month', event_date) + INTERVAL 1 MONTH + INTERVAL 16 DAY)::INT)
        FROM {insurance_reports} WHERE event_type = 'ACQ' AND worker_type <> 'DAILY'""",
    )
    assert 0.80 < on_time < 0.97
    assert one(nation, "SELECT max(received_date - event_date) FROM {insurance_reports} WHERE event_type = 'ACQ'") > 120
    assert one(nation, "SELECT count(*) FROM {insurance_reports} WHERE received_date < reported_at::DATE") == 0


def test_hiring_peaks_after_new_year_and_the_shock_costs_jobs(nation: Path) -> None:
    starts = query(
        nation,
        """
        SELECT month(acquisition_date) AS m, count(*) AS n FROM {spells}
        WHERE kind = 'MAIN' AND acquisition_date BETWEEN DATE '2022-01-01' AND DATE '2025-12-31'
        GROUP BY 1 ORDER BY 1""",
    )
    by_month = starts.set_index("m")["n"]
    assert by_month[[1, 2, 3]].mean() > 1.2 * by_month[[4, 5, 6, 7, 8, 9, 10, 11, 12]].mean()
    losses = query(
        nation,
        """
        SELECT year(loss_date) AS y, count(*) AS n FROM {spells}
        WHERE kind = 'MAIN' AND month(loss_date) BETWEEN 3 AND 9 AND loss_reason_code = '23' GROUP BY 1""",
    ).set_index("y")["n"]
    assert losses[2023] > 1.3 * losses[[2022, 2024, 2025]].mean()


def test_about_sixty_in_a_hundred_submissions_are_posted(nation: Path) -> None:
    share = one(nation, "SELECT avg((posted_from IS NOT NULL)::INT) FROM {vacancies}")
    assert 0.55 < share < 0.66
    from_rows = one(
        nation,
        """
        SELECT count(DISTINCT posting_id) FROM {reviews} WHERE decision = 'ACTIVE'""",
    )
    assert from_rows == one(nation, "SELECT count(*) FROM {vacancies} WHERE posted_from IS NOT NULL")


def test_planted_violations_are_mostly_stopped_and_each_rule_is_there(nation: Path) -> None:
    planted = query(nation, "SELECT rule_no, rule_code, count(*) AS n FROM {vacancy_violations} GROUP BY ALL")
    assert planted["rule_no"].nunique() >= 28
    rates = query(
        nation,
        """
        SELECT coalesce(severity, '-') AS severity, avg((posted_from IS NOT NULL)::INT) AS posted
        FROM {vacancies} LEFT JOIN {vacancy_violations} USING (posting_id) WHERE kind <> 'DUPLICATE' GROUP BY 1
    """,
    ).set_index("severity")["posted"]
    assert rates["R"] < 0.2 < rates["H"] < 0.55 < rates["-"]


def test_register_violations_are_in_the_registers(nation: Path) -> None:
    """A posting planted as closed, suspended, listed or of a wrong number is so in the register of its day."""
    for rule, code in ((4, "03"), (5, "02")):
        wrong = f"""SELECT count(*) FILTER (WHERE ok = 0) FROM (
            SELECT v.posting_id, count(*) FILTER (
                WHERE n.status_code = '{code}' AND n._visible_from::DATE <= v.submitted_date) AS ok
            FROM {{vacancies}} AS v JOIN {{vacancy_violations}} AS x USING (posting_id)
            LEFT JOIN {{p:nts_business_status}} AS n USING (business_no) WHERE x.rule_no = {rule} GROUP BY 1)"""
        assert one(nation, wrong) == 0, rule
    unlisted = """SELECT count(*) FROM {vacancies} AS v JOIN {vacancy_violations} AS x USING (posting_id)
        LEFT JOIN {p:wage_arrears} AS a ON a.business_no = v.business_no AND a.listed_from <= v.submitted_date
        WHERE x.rule_no = 8 AND a.business_no IS NULL"""
    assert one(nation, unlisted) == 0
    assert one(nation, "SELECT count(*) FROM {vacancy_violations} WHERE rule_no = 8") > 0
    numbers = """SELECT business_no FROM {vacancies} JOIN {vacancy_violations} USING (posting_id) WHERE rule_no = 3"""
    bad = query(nation, numbers)["business_no"]
    wrong_number = bad.map(lambda n: len(n) != 10 or n == "0000000000" or not business_number_is_valid(n))
    assert len(bad) > 0 and wrong_number.all()


def test_employers_post_while_they_trade_unless_planted(nation: Path) -> None:
    outside = """SELECT count(*) FROM {vacancies} AS v
        JOIN {workplaces} AS w USING (workplace_no) JOIN {employers} AS e ON e.business_no = w.business_no
        WHERE w.established_date >= v.submitted_date OR e.closed_date <= v.submitted_date
            OR e.suspended_from <= v.submitted_date"""
    assert one(nation, outside) == 0
    unplanted = """SELECT count(*) FROM {vacancies} AS v JOIN {employers} AS e USING (business_no)
        WHERE least(e.closed_date, e.suspended_from) <= v.submitted_date AND v.posting_id NOT IN
            (SELECT posting_id FROM {vacancy_violations} WHERE rule_no IN (4, 5))"""
    assert one(nation, unplanted) == 0
    assert one(nation, "SELECT count(*) FROM {employers} WHERE closed_date IS NOT NULL") > 30


def test_no_planted_number_of_openings_is_a_surge_of_the_nation(nation: Path) -> None:
    by_month = "SELECT sum(openings) AS n FROM {vacancies} GROUP BY date_trunc('month', submitted_date)"
    months = query(nation, by_month)["n"]
    assert months.max() < 2 * months.median()


def test_the_dictionary_names_each_occupation_and_not_all_titles(nation: Path) -> None:
    known = pd.read_csv(nation / "occupation_dictionary.csv", dtype=str)
    told = known.dropna(subset=["title"]).groupby("code")["title"].agg(set)
    for occupation in load_yaml((DATA / "occupations.yml").read_text("utf-8")):
        titles = told[occupation["code"]]
        assert {occupation["ko"], occupation["en"]} <= titles and occupation["titles"][-1] not in titles
    assert not known["text"].str.contains("<", na=False).any()


def test_a_tenth_of_the_vacancies_come_without_a_code_that_the_truth_knows(nation: Path) -> None:
    found = query(
        nation,
        """SELECT v.is_uncoded, s.occupation_code IS NULL AS is_missing,
            v.channel_code = 'PARTNER_PRIVATE' AS is_partner,
            v.occupation_code IS NOT NULL AND s.title IS NOT NULL AS is_known
        FROM {vacancies} AS v
        JOIN (SELECT DISTINCT ON (posting_id) * FROM {p:vacancy_submissions}) AS s USING (posting_id)""",
    )
    assert 0.08 < found["is_missing"].mean() < 0.13
    assert (found["is_missing"] == found["is_uncoded"]).all() and found["is_known"].all()
    assert found.loc[found["is_missing"], "is_partner"].all() and not found.loc[found["is_partner"], "is_missing"].all()
    # the portal of the employment service has a code of each
    assert one(nation, "SELECT count(*) FROM {p:work24_vacancies} WHERE occupation_code IS NULL") == 0
    assert one(nation, "SELECT count(*) FROM {p:portal_vacancies} WHERE occupation_code IS NULL") > 0


def test_the_call_centre_asks_about_what_passed_and_asks_twice(nation: Path) -> None:
    asked = query(
        nation,
        """SELECT posting_id, max(step_code = 'S3_ALGORITHM' AND decision IN ('PASS', 'WARN')) AS has_passed,
            count(DISTINCT reviewer_id) FILTER (step_code = 'S2_CALLCENTER') AS people
        FROM {p:vacancy_reviews} GROUP BY posting_id""",
    )
    passed = asked[asked["has_passed"]]
    assert 0.01 < (passed["people"] > 0).mean() < 0.03
    called = asked[~asked["has_passed"] & (asked["people"] > 0)]
    assert called["people"].max() == 2 and 0.01 < (called["people"] == 2).mean() < 0.06


def test_half_of_those_who_change_their_occupation_go_to_the_work_most_alike(nation: Path) -> None:
    moves = query(
        nation,
        """WITH job AS (SELECT occupation_code AS code, lead(occupation_code) OVER (
            PARTITION BY person_id ORDER BY acquisition_date) AS next FROM {spells} WHERE kind = 'MAIN')
        SELECT code, next, count(*) AS n FROM job WHERE next <> code GROUP BY ALL""",
    )
    commonest = moves.groupby("code")["n"].agg(["max", "sum"]).sum()
    assert 0.45 < commonest["max"] / commonest["sum"] < 0.65


def test_breaks_at_a_birth_are_as_planted(nation: Path) -> None:
    """Women leave the job that they hold; those who come back stay away a year or more, and none registers before."""
    breaks = query(
        nation,
        """SELECT b.*, s.loss_date AS ended, s.loss_reason_code, p.sex,
            (b.loss_date - p.birth_date) / 365.25 AS age, (
                SELECT count(*) FROM {registrations} AS r WHERE r.person_id = b.person_id
                AND r.reg_date BETWEEN b.loss_date AND coalesce(b.returned_on, DATE '2999-12-31')) AS registrations
        FROM {career_breaks} AS b JOIN {spells} AS s USING (acq_event_no)
        JOIN {persons} AS p ON p.person_id = b.person_id""",
    )
    assert len(breaks) == one(nation, "SELECT count(*) FROM {career_breaks}") > 100
    assert (breaks["loss_date"] == breaks["ended"]).all() and set(breaks["loss_reason_code"]) == {"11"}
    assert set(breaks["sex"]) == {"F"} and breaks["age"].between(20, 43).all() and 30 < breaks["age"].mean() < 33
    assert (breaks["registrations"] == 0).all()
    back = breaks.dropna(subset=["returned_on"])
    assert (back["returned_on"] - back["loss_date"] >= pd.Timedelta(days=365)).all()
    share = one(nation, "SELECT effect FROM {effects} WHERE subject = 'career_break' AND code = 'RETURN'")
    later = (pd.Timestamp(LAST_DAY) - breaks["loss_date"]).dt.days / 365 - 1
    due = share * (1 - np.exp(-later.clip(lower=0) / (BirthBreaks().mean_years_away - 1))).sum()
    assert abs(len(back) - due) < 3 * np.sqrt(due)


def test_filled_vacancies_are_filled_by_spells(nation: Path) -> None:
    """Each hire is a spell at the workplace, in the occupation group, within 90 days; as many as a posting can take."""
    hires = query(
        nation,
        """
        SELECT h.posting_id, h.acq_event_no, h.hire_no, v.openings, v.filled_on, h.acquisition_date,
            s.acquisition_date = h.acquisition_date AS same_day, s.workplace_no = v.workplace_no AS same_place,
            left(s.occupation_code, 3) = left(v.occupation_code, 3) AS same_group,
            h.acquisition_date - v.posted_from AS days
        FROM {vacancy_hires} AS h JOIN {vacancies} AS v USING (posting_id)
        LEFT JOIN {spells} AS s ON s.acq_event_no = h.acq_event_no AND s.kind = 'MAIN'""",
    )
    assert hires["acq_event_no"].is_unique
    assert hires[["same_day", "same_place", "same_group"]].all(axis=None)
    assert hires["days"].between(1, 90).all() and (hires["hire_no"] <= hires["openings"]).all()
    full = hires[hires["hire_no"] == hires["openings"]].set_index("posting_id")
    filled = query(nation, "SELECT posting_id, filled_on FROM {vacancies} WHERE filled_on IS NOT NULL")
    assert len(filled) > 100
    assert (filled.set_index("posting_id")["filled_on"] == full["acquisition_date"]).all()


def test_what_three_seekers_report_as_filled_is_filled_and_still_posted(nation: Path) -> None:
    told = query(
        nation,
        """
        SELECT v.stayed_open_when_filled,
            min(r.reported_date) > any_value(coalesce(v.filled_on, v.taken_on)) AS is_known
        FROM (
            SELECT posting_id, reported_date FROM {p:posting_reports} WHERE report_kind = 'FILLED'
            QUALIFY count(DISTINCT seeker_reg_no) OVER (PARTITION BY posting_id) >= 3
        ) AS r JOIN {vacancies} AS v USING (posting_id) GROUP BY v.posting_id, v.stayed_open_when_filled""",
    )
    assert len(told) > 50 and told["stayed_open_when_filled"].all() and told["is_known"].mean() > 0.98
    assert one(nation, "SELECT count(*) FROM {p:posting_reports} WHERE report_kind <> 'FILLED'") > 5


def test_on_every_day_a_posting_is_open_that_each_weak_signal_is_about(nation: Path) -> None:
    """From the end of the history on: one posted in vain since half a year, one taken by somebody whom no register
    knows, one whose employer has paused since; each as planted, and open long enough to be asked about."""
    days = query(
        nation,
        f"""
        WITH known AS (
            SELECT v.*, CASE watched_for
                WHEN 'EMPLOYER_SUSPENDED' THEN greatest(e.suspended_from, v.posted_from)
                WHEN 'REPORTED_FILLED' THEN r.third_report_date
                WHEN 'GHOST' THEN CASE WHEN row_number() OVER series >= 4 THEN v.posted_from END
            END AS signal_date
            FROM {{vacancies}} AS v
            LEFT JOIN {{employers}} AS e USING (business_no)
            LEFT JOIN (
                SELECT posting_id, list_sort(list(reported_date))[3] AS third_report_date
                FROM {{p:posting_reports}} WHERE report_kind = 'FILLED' GROUP BY posting_id
            ) AS r USING (posting_id)
            WHERE watched_for IS NOT NULL
            WINDOW series AS (PARTITION BY v.workplace_no, v.occupation_code, v.watched_for ORDER BY v.posted_from)
        )

        SELECT day, signal, count(k.posting_id) AS postings
        FROM range(DATE '{HISTORY_END}', DATE '{LAST_DAY}' + 1, INTERVAL 1 DAY) AS d(day)
        CROSS JOIN (VALUES ('GHOST'), ('EMPLOYER_SUSPENDED'), ('REPORTED_FILLED')) AS s(signal)
        LEFT JOIN known AS k ON k.watched_for = s.signal AND k.signal_date <= d.day AND k.closed_on > d.day
        GROUP BY ALL""",
    )
    assert len(days) == 3 * ((LAST_DAY - HISTORY_END).days + 1)
    assert (days["postings"] > 0).all(), days[days["postings"] == 0]
    hired = "SELECT count(*) FROM {vacancies} JOIN {vacancy_hires} USING (posting_id) WHERE watched_for IS NOT NULL"
    assert one(nation, hired) == 0


def test_a_quarter_to_a_third_of_the_posted_openings_are_filled(nation: Path) -> None:
    rate = one(
        nation,
        f"""
        SELECT sum(hires) / sum(openings) FROM (
            SELECT v.openings, count(h.hire_no) AS hires FROM {{vacancies}} AS v
            LEFT JOIN {{vacancy_hires}} AS h USING (posting_id)
            WHERE v.posted_from <= DATE '{LAST_DAY}' - 90 AND v.openings <= 500 GROUP BY v.posting_id, v.openings)""",
    )
    assert 0.24 < rate < 0.33


def test_who_was_sent_and_hired_was_hired_there(nation: Path) -> None:
    sent = query(
        nation,
        """
        SELECT r.result_date = s.acquisition_date AND h.posting_id IS NOT NULL AS is_true FROM {referrals} AS r
        LEFT JOIN {spells} AS s ON s.person_id = r.person_id AND s.acquisition_date = r.result_date AND s.kind = 'MAIN'
        LEFT JOIN {vacancy_hires} AS h ON h.posting_id = r.posting_id AND h.acq_event_no = s.acq_event_no
        WHERE r.result = 'HIRED'""",
    )
    assert len(sent) > 100 and sent["is_true"].all()


@pytest.mark.parametrize("seed", [1, 101])
def test_small_nations_have_mass_posters_too(tmp_path: Path, seed: int) -> None:
    generate(tmp_path, 5_000, seed)
    phones = query(
        tmp_path,
        """
        SELECT p.contact_phone, p.submitted_date, count(DISTINCT p.business_no) AS employers
        FROM (SELECT DISTINCT posting_id, contact_phone, submitted_date, business_no FROM {p:vacancy_submissions}) AS p
        JOIN {vacancy_violations} AS v ON v.posting_id = p.posting_id AND v.rule_no = 34 GROUP BY ALL""",
    )
    assert (phones["employers"] >= 3).sum() >= 2 and (phones["employers"] >= 3).mean() > 0.8
    rules = query(tmp_path, "SELECT rule_no, count(*) AS n FROM {vacancy_violations} GROUP BY 1").set_index("rule_no")[
        "n"
    ]
    assert rules[40] > 10 and rules[41] >= 2


def test_decoys_are_innocent(nation: Path) -> None:
    assert one(nation, "SELECT count(*) FROM {vacancy_decoys}") > 50
    both = (
        "SELECT count(*) FROM {vacancy_decoys} JOIN {vacancy_violations} AS x USING (posting_id) WHERE x.rule_no <> 33"
    )
    assert one(nation, both) == 0


def test_clean_wages_keep_the_minimum(nation: Path) -> None:
    below = one(
        nation,
        """
        SELECT count(*) FROM {vacancies} AS v ANTI JOIN {vacancy_violations} AS x USING (posting_id)
        WHERE wage_type_code = 'H' AND kind = 'ORIGINAL' AND submitted_date >= DATE '2026-01-01'
            AND wage_min_krw < 10320""",
    )
    assert below == 0


def test_work24_answers_only_posted_vacancies_while_they_are_open(nation: Path) -> None:
    assert (
        one(
            nation,
            """
        SELECT count(*) FROM {p:work24_vacancies} AS w LEFT JOIN {vacancies} AS v ON v.posting_id = w.wanted_auth_no
        WHERE v.posted_from IS NULL OR w._visible_from::DATE < v.posted_from OR w._visible_to::DATE > v.closed_on""",
        )
        == 0
    )
    assert (
        one(
            nation,
            """
        SELECT count(*) FROM {p:work24_vacancies} AS a JOIN {p:work24_vacancies} AS b
        ON a.wanted_auth_no = b.wanted_auth_no AND a._visible_from < b._visible_from
            AND a._visible_to > b._visible_from""",
        )
        == 0
    )
    forms = query(nation, "SELECT close_date_text AS t FROM {p:work24_vacancies}")["t"]
    assert forms.str.fullmatch(r"채용시까지  \d\d-\d\d-\d\d").any() and (forms == "채용시까지").any()
    assert one(nation, "SELECT count(*) FROM {vacancies} WHERE stayed_open_when_filled") > 0
    assert one(nation, "SELECT count(*) FROM {portal_twins} WHERE origin = 'TWIN'") > 0


def test_codes_of_regions_follow_the_recodes(nation: Path) -> None:
    codes = query(
        nation,
        """
        SELECT region_code[:2] AS sido, min(submitted_date) AS first, max(submitted_date) AS last
        FROM {p:vacancy_submissions} WHERE region_code IS NOT NULL GROUP BY 1""",
    ).set_index("sido")
    recodes = [("42", "51", "2023-06-11"), ("45", "52", "2024-01-18")]
    merge = [("29", "12", "2026-07-01"), ("46", "12", "2026-07-01")]
    for old, new, day in recodes + merge:
        assert codes.loc[old, "last"] < pd.Timestamp(day) <= codes.loc[new, "first"]


def test_crosswalk_is_that_of_the_warehouse() -> None:
    root = Path(__file__).resolve().parents[2]
    ours = (root / "sandbox/nation/data/region_crosswalk.csv").read_text(encoding="utf-8")
    assert ours == (root / "dbt_project/seeds/region_crosswalk.csv").read_text(encoding="utf-8")


def test_planted_training_effect_is_found_at_equal_propensity(nation: Path) -> None:
    arms = query(
        nation,
        f"""
        SELECT arm, round(propensity, 3) AS stratum, avg((hired_on - reg_date <= 365)::INT) AS hired, count(*) AS n
        FROM {{registrations}} WHERE renewal_no = 0 AND status = 'ACTIVE' AND arm IN ('T', 'N')
            AND reg_date <= DATE '{HISTORY_END}' - 365 GROUP BY ALL""",
    )
    wide = arms.pivot(index="stratum", columns="arm", values=["hired", "n"]).dropna()
    weights = wide["n"]["T"] / wide["n"]["T"].sum()
    effect = float(((wide["hired"]["T"] - wide["hired"]["N"]) * weights).sum())
    truth = one(nation, "SELECT effect FROM {effects} WHERE subject = 'training'")
    assert abs(effect - truth) < 0.06


def test_organisations_differ_by_their_planted_effect(nation: Path) -> None:
    rates = query(
        nation,
        f"""
        SELECT e.organisation_code, avg((hired_on - start_date BETWEEN 1 AND 183)::INT) AS rate,
            count(*) AS n, any_value(placement_effect) AS effect
        FROM {{episodes}} AS e JOIN {{organisations}} USING (organisation_code)
        WHERE start_date <= DATE '{HISTORY_END}' - 183 AND programme_code <> 'TRN'
        GROUP BY 1 HAVING count(*) > 40""",
    )
    assert len(rates) >= 5
    assert rates["rate"].corr(rates["effect"]) > 0.5


def test_placements_are_insured_acquisitions(nation: Path) -> None:
    """Each placement within the nation's days can be found in the spells of the person."""
    missing = one(
        nation,
        f"""
        SELECT count(*) FROM {{episodes}} AS e LEFT JOIN {{spells}} AS s
            ON s.person_id = e.person_id AND s.acquisition_date = e.hired_on AND s.kind = 'MAIN'
        WHERE e.placed_within_183_days AND e.hired_on <= DATE '{LAST_DAY}' AND s.person_id IS NULL""",
    )
    assert missing == 0
    assert (
        one(nation, "SELECT count(*) FROM {episodes} WHERE placed_within_183_days <> (hired_on - start_date <= 183)")
        == 0
    )


def test_planted_seekers_are_registered(nation: Path) -> None:
    planted = query(nation, "SELECT * FROM {planted_persons}")
    assert len(planted) == 5
    found = one(
        nation,
        "SELECT count(DISTINCT resident_no) FROM {p:seeker_registrations} JOIN {planted_persons} USING (resident_no)",
    )
    assert found == 5


def test_rates_of_courses_are_letters_until_they_are_known(nation: Path) -> None:
    texts = query(
        nation, "SELECT employment_rate_3m_text AS t, start_date, _visible_from::DATE AS seen FROM {p:hrdnet_courses}"
    )
    assert {"A", "B", "C", "D"} <= set(texts["t"].dropna())
    assert texts.loc[texts["seen"] < texts["start_date"], "t"].eq("A").all()
    numbers = texts["t"].dropna()[~texts["t"].dropna().isin(list("ABCD"))].astype(float)
    assert len(numbers) > 0 and numbers.between(0, 100).all()
