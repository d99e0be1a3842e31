"""The reference marts in polars, lazily, as somebody who knows it would write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import polars as pl
from polars import col, lit

from tests.bench.facts import AS_OF
from tests.bench.marts import OBSERVED_UNTIL

Lazy = pl.LazyFrame
FAR = date(9999, 12, 31)
_AGE_BANDS = (("Y_LT30", 0, 30), ("Y30T39", 30, 40), ("Y40T49", 40, 50), ("Y50T59", 50, 60), ("Y_GE60", 60, 200))


class Reader:
    def __init__(self, facts: Path, home: Path) -> None:
        self._facts, self._home = facts, home

    def fact(self, name: str) -> Lazy:
        return pl.scan_parquet(self._facts / name / "*.parquet")

    def prepared(self, name: str) -> Lazy:
        return pl.scan_parquet(self._home / f"{name}.parquet")

    def spells(self) -> Lazy:
        """Headline spells that cover at least one day."""
        return self.fact("fct_insured_spells").filter(col("is_headline") & ~col("is_inverted"))

    def sidos(self) -> Lazy:
        return self.prepared("int_sidos__current").with_columns(col("weight").cast(pl.Float64))

    def main_sidos(self) -> Lazy:
        """Current province by district, the one that got most of it."""
        sidos = self.sidos().sort(["weight", "current_sido_code"], descending=[True, False])
        return sidos.unique("region_code", keep="first", maintain_order=True).select("region_code", "current_sido_code")


def _month(column: pl.Expr) -> pl.Expr:
    return column.dt.truncate("1mo")


def _days_after(column: str, days: int) -> pl.Expr:
    return col(column) + pl.duration(days=days)


def _between(later: pl.Expr, earlier: pl.Expr) -> pl.Expr:
    return (later - earlier).dt.total_days()


def _merged(jobs: Lazy, keys: Sequence[str], first: Sequence[str] = ()) -> Lazy:
    """Jobs with equal keys that touch or overlap, as one stretch. ``first`` are columns that depend on the keys."""
    ordered = jobs.sort([*keys, "from_date", "to_date"])
    reached = col("to_date").cum_max().shift(1).over(keys)
    starts = ordered.with_columns((reached.is_null() | (col("from_date") > reached)).alias("starts"))
    stretches = starts.with_columns(col("starts").cum_sum().alias("stretch_no"))
    return stretches.group_by("stretch_no").agg(
        *(col(name).first() for name in (*keys, *first, "from_date")), col("to_date").max()
    )


def _january(age: int) -> pl.Expr:
    return pl.date((col("birth_year").cast(pl.Int32) + age).clip(1, 9999), 1, 1)


def _by_age(persons: Lazy) -> Lazy:
    known_until = pl.min_horizontal(_days_after("to_date", -1), pl.max_horizontal(lit(AS_OF), col("from_date")))
    born = col("birth_year").cast(pl.Int32)
    unknown = persons.filter(born.is_null()).select(
        lit("_U").alias("code"), "from_date", "to_date", lit(True).alias("is_entry"), lit(True).alias("is_exit")
    )
    bands = [unknown]
    for code, from_age, to_age in _AGE_BANDS:
        inside = (col("from_date").dt.year() < born + to_age) & (known_until.dt.year() >= born + from_age)
        begin = pl.max_horizontal("from_date", _january(from_age))
        end = pl.min_horizontal("to_date", _january(to_age))
        bands.append(
            persons.filter(inside).select(
                lit(code).alias("code"), begin.alias("from_date"), end.alias("to_date"),
                (begin == col("from_date")).alias("is_entry"), (end == col("to_date")).alias("is_exit"),
            )
        )  # fmt: skip
    return pl.concat(bands)


def _changes(segments: Lazy, breakdown: str) -> Lazy:
    """Change of the stock, entries and exits by code and month."""
    names = segments.collect_schema().names()
    weight = col("weight") if "weight" in names else lit(1.0)
    entry = weight * col("is_entry") if "is_entry" in names else weight
    leave = weight * col("is_exit") if "is_exit" in names else weight
    begun = segments.group_by("code", _month(col("from_date")).alias("month_date")).agg(
        weight.sum().alias("change") if "weight" in names else pl.len().cast(pl.Float64).alias("change"),
        entry.sum().alias("entries") if len(names) > 3 else pl.len().cast(pl.Float64).alias("entries"),
        lit(0.0).alias("exits"),
    )
    ended = (
        segments.filter(col("to_date") < FAR)
        .group_by("code", _month(col("to_date")).alias("month_date"))
        .agg(
            -weight.sum().alias("change") if "weight" in names else -pl.len().cast(pl.Float64).alias("change"),
            lit(0.0).alias("entries"),
            leave.sum().alias("exits") if len(names) > 3 else pl.len().cast(pl.Float64).alias("exits"),
        )
    )
    both = pl.concat([begun, ended]).group_by("code", "month_date").agg(pl.all().sum())
    return both.select(lit(breakdown).alias("breakdown_type"), "code", "month_date", "change", "entries", "exits")


def monthly_stock(read: Reader) -> pl.DataFrame:
    places = read.fact("dim_workplace").select("workplace_no", "region_code", "industry_section")
    places = places.join(read.sidos(), on="region_code", how="left")
    jobs = read.spells().join(places, on="workplace_no", how="left").select(
        "person_id", "sex", "birth_year", col("acquisition_date").alias("from_date"),
        col("loss_date").fill_null(FAR).alias("to_date"),
        col("current_sido_code").fill_null("_U").cast(pl.Categorical).alias("sido"),
        col("industry_section").fill_null("_U").cast(pl.Categorical).alias("section"),
        col("weight").fill_null(1.0),
    ).collect().lazy()  # fmt: skip
    # a person has one sex and one year of birth
    persons = _merged(jobs, ["person_id"], ["sex", "birth_year"]).collect().lazy()
    regions = _merged(jobs, ["person_id", "sido"], ["weight"])
    industries = _merged(jobs, ["person_id", "section"])
    text = pl.String
    parts = [
        _changes(persons.select(col("sex").alias("code"), "from_date", "to_date"), "sex"),
        _changes(_by_age(persons), "age_group"),
        _changes(regions.select(col("sido").cast(text).alias("code"), "from_date", "to_date", "weight"), "region"),
        _changes(industries.select(col("section").cast(text).alias("code"), "from_date", "to_date"), "industry"),
    ]
    changes = pl.concat(pl.collect_all(parts))
    total = (
        changes.filter(col("breakdown_type") == "sex")
        .group_by("month_date")
        .agg(col("change", "entries", "exits").sum())
    )
    total = total.select(lit("total").alias("breakdown_type"), lit("_T").alias("code"), pl.all())
    changes = pl.concat([changes, total])
    months = read.prepared("int_months__spine").filter("is_insurance_month").select("month_date").collect()
    cells = ["breakdown_type", "code"]
    first = months["month_date"].min()
    opening = changes.filter(col("month_date") < first).group_by(cells).agg(col("change").sum().alias("opening"))
    filled = (
        changes.select(cells).unique().join(months, how="cross")
        .join(changes, on=[*cells, "month_date"], how="left").join(opening, on=cells, how="left").fill_null(0.0)
        .sort([*cells, "month_date"])
    )  # fmt: skip
    stock = col("opening") + col("change").cum_sum().over(cells)
    return filled.select(*cells, "month_date", stock.alias("stock"), "entries", "exits")


def job_moves(read: Reader) -> pl.DataFrame:
    jobs = (
        read.spells()
        .filter(col("occupation_code").str.len_chars() >= 4)
        .select(
            "spell_no",
            "person_id",
            "occupation_code",
            "acquisition_date",
            col("loss_date").fill_null(FAR),
            "monthly_pay_krw",
        )
    )
    spine = read.prepared("int_months__spine").filter((col("status") == "F") & col("is_insurance_month"))
    reported_until = pl.Series(spine.select(col("month_end_date").max()).collect()["month_end_date"])
    first = reported_until.dt.offset_by("-36mo").dt.offset_by("-179d")[0]
    last = reported_until.dt.offset_by("-180d")[0]
    ended = jobs.filter(col("loss_date").is_between(first, last)).with_row_index("ended_no")
    later = (
        ended.select("ended_no", "person_id", left="loss_date", left_no="spell_no").join(jobs, on="person_id")
        .filter(
            (col("spell_no") != col("left_no"))
            & (col("acquisition_date") <= _days_after("left", 180))
            & (col("loss_date") > col("left"))
        )
        .with_columns(pl.max_horizontal("acquisition_date", "left").alias("held_from"))
    )  # fmt: skip
    following = later.group_by("ended_no").agg(
        col("occupation_code", "monthly_pay_krw")
        .sort_by("held_from", "acquisition_date", "spell_no")
        .first()
        .name.suffix("_next")
    )
    before, after = col("monthly_pay_krw").replace(0, None), col("monthly_pay_krw_next").replace(0, None)
    moves = ended.join(following, on="ended_no", how="left").select(
        col("occupation_code").str.head(2).alias("from_group"),
        col("occupation_code_next").str.head(2).fill_null("LEFT").alias("to_group"),
        (100.0 * after / before - 100).alias("change"),
    )
    answer = moves.group_by("from_group", "to_group").agg(
        pl.len().alias("moves"),
        col("change").count().alias("wages"),
        col("change").median().round(2).alias("wage_change"),
    )
    return answer.collect()


_LABOUR = (
    "openings_new", "openings_posted", "openings_open_change", "registrations_new", "placements",
    "registrations_open_new", "registrations_open_change",
)  # fmt: skip


def tightness(read: Reader) -> pl.DataFrame:
    placed = [col("current_sido_code").fill_null("_U").alias("region"), col("weight").fill_null(1.0)]
    vacancies = read.fact("fct_vacancies").filter("is_submission").join(read.sidos(), on="region_code", how="left")
    is_posted = (col("posting_state") == "posted").fill_null(False)
    vacancies = vacancies.select(
        *placed, "registered_date", "posted_from", "closed_on", is_posted.alias("is_posted"),
        code=col("occupation_group"), openings=col("openings") * col("weight").fill_null(1.0),
    )  # fmt: skip
    seekers = (
        read.fact("fct_registration_spells")
        .join(read.sidos(), on="region_code", how="left")
        .select(*placed, "reg_date", "ended_on", "status", "status_date", code=col("occupation_group"))
    )
    posted = vacancies.filter(col("is_posted") & col("posted_from").is_not_null())
    stays = col("ended_on").is_null() | (_month(col("ended_on")) > _month(col("reg_date")))

    def counted(rows: Lazy, day: pl.Expr, **values: pl.Expr) -> Lazy:
        sums = [values.get(name, lit(0.0)).sum().cast(pl.Float64).alias(name) for name in _LABOUR]
        return rows.group_by(_month(day).alias("month_date"), "region", "code").agg(sums)

    openings, weight = col("openings"), col("weight")
    parts = [
        counted(vacancies, col("registered_date"), openings_new=openings, openings_posted=openings * col("is_posted")),
        counted(posted, col("posted_from"), openings_open_change=openings),
        counted(
            posted.filter(col("closed_on").is_not_null()), pl.max_horizontal("closed_on", "posted_from"),
            openings_open_change=-openings,
        ),
        counted(
            seekers, col("reg_date"), registrations_new=weight, registrations_open_change=weight,
            registrations_open_new=weight * stays,
        ),
        counted(seekers.filter(col("status") == "EMPLOYED"), col("status_date"), placements=weight),
        counted(
            seekers.filter(col("ended_on").is_not_null()), pl.max_horizontal("ended_on", "reg_date"),
            registrations_open_change=-weight,
        ),
    ]  # fmt: skip
    both = pl.concat(pl.collect_all(parts))
    spine = read.prepared("int_months__spine").filter("is_labour_month").select(col("month_date").min()).collect()
    first = spine["month_date"][0]
    known = col("month_date") >= first
    both = both.with_columns(
        pl.max_horizontal("month_date", lit(first)).alias("month_date"),
        *(pl.when(known).then(col(name)).otherwise(0.0).alias(name) for name in _LABOUR if not name.endswith("change")),
    )
    answers = []
    for breakdown, keys in {
        "total": [], "region": ["region"], "occupation": ["code"], "region_occupation": ["region", "code"]
    }.items():  # fmt: skip
        summed = both.group_by("month_date", *keys).agg(col(_LABOUR).sum())
        answers.append(
            summed.select(
                "month_date", lit(breakdown).alias("breakdown_type"),
                (col("region") if "region" in keys else lit("_T")).alias("region_code"),
                (col("code") if "code" in keys else lit("_T")).alias("occupation_code"), *_LABOUR,
            )
        )  # fmt: skip
    return pl.concat(answers)


def _first_jobs(read: Reader) -> tuple[Lazy, Lazy, Lazy]:
    """Episodes, the first job after the start of each, and the job before."""
    episodes = read.fact("int_episodes__described").select("episode_no", "person_key", "person_id", "start_date")
    spells = read.spells().select(
        "person_id", "spell_no", "workplace_no", "acquisition_date", "loss_date", "monthly_pay_krw", "contract_end_ym"
    )
    jobs = episodes.select("episode_no", "person_id", "start_date").join(
        spells.select("person_id", "acquisition_date"), on="person_id"
    )
    is_after = col("acquisition_date") > col("start_date")
    turns = jobs.group_by("episode_no", "person_id").agg(
        col("acquisition_date").filter(is_after).min().alias("first"),
        col("acquisition_date").filter(~is_after).max().alias("previous"),
    ).filter(col("first").is_not_null()).collect().lazy()  # fmt: skip
    at_first = turns.join(spells, left_on=["person_id", "first"], right_on=["person_id", "acquisition_date"])
    found = at_first.rename({"first": "acquisition_date"}).drop("previous")
    found = found.sort("spell_no").unique("episode_no", keep="first", maintain_order=True)
    employers = read.fact("dim_workplace").select("workplace_no", "business_no")
    found = found.join(employers, on="workplace_no", how="left").with_columns(
        pl.coalesce("business_no", "workplace_no").alias("employer_no")
    )
    before = turns.filter(col("previous").is_not_null()).join(
        spells, left_on=["person_id", "previous"], right_on=["person_id", "acquisition_date"]
    )
    previous = (
        before.sort("spell_no", descending=True)
        .unique("episode_no", keep="first", maintain_order=True)
        .select("episode_no", previous_pay="monthly_pay_krw")
    )
    return episodes, found, previous


def job_finding(read: Reader) -> pl.DataFrame:
    episodes, found, previous = _first_jobs(read)
    rows = episodes.join(found.drop("person_id"), on="episode_no", how="left").join(
        previous, on="episode_no", how="left"
    )
    wait = _between(col("acquisition_date"), col("start_date"))
    is_found = col("acquisition_date").is_not_null()
    answer = rows.group_by(_month(col("start_date")).alias("month_date")).agg(
        pl.len().alias("episodes"), (wait <= 180).sum().alias("found_180_days"), wait.sum().alias("days_to_job"),
        (is_found & col("contract_end_ym").is_null()).sum().alias("open_ended"),
        col("previous_pay").count().alias("had_a_job"), col("monthly_pay_krw").sum().alias("pay"),
        col("previous_pay").sum().alias("previous_pay"),
    )  # fmt: skip
    return answer.collect()


def retention(read: Reader) -> pl.DataFrame:
    episodes, found, _ = _first_jobs(read)
    found = found.join(episodes.select("episode_no", "person_key"), on="episode_no").select(
        "episode_no", "person_id", "person_key", "employer_no", placed_on="acquisition_date"
    ).collect().lazy()  # fmt: skip
    spells = read.spells().select("person_id", "workplace_no", "acquisition_date", col("loss_date").fill_null(FAR))
    employers = read.fact("dim_workplace").select("workplace_no", "business_no")
    later = (
        found.select("episode_no", "person_id", "placed_on", "employer_no").join(spells, on="person_id")
        .filter(
            (col("acquisition_date") <= _days_after("placed_on", 365))
            & (col("loss_date") > _days_after("placed_on", 183))
        )
        .join(employers, on="workplace_no", how="left")
    )  # fmt: skip
    same = pl.coalesce("business_no", "workplace_no") == col("employer_no")
    flags = {}
    for months, days in {"6m": 183, "12m": 365}.items():
        day = _days_after("placed_on", days)
        held = (col("acquisition_date") <= day) & (col("loss_date") > day)
        flags |= {f"retained_{months}": held.any(), f"retained_employer_{months}": (held & same).any()}
    kept = later.group_by("episode_no").agg(**flags)
    again = (
        found.select("episode_no", "person_key", "placed_on")
        .join(read.fact("fct_registration_spells").select("person_key", "reg_date"), on="person_key")
        .filter(col("reg_date") > col("placed_on")).group_by("episode_no").agg(col("reg_date").min())
    )  # fmt: skip
    rows = found.join(kept, on="episode_no", how="left").join(again, on="episode_no", how="left")
    answer = rows.group_by(_month(col("placed_on")).alias("month_date")).agg(
        pl.len().alias("placed"),
        col("retained_6m", "retained_12m", "retained_employer_6m", "retained_employer_12m").sum(),
        (_between(col("reg_date"), col("placed_on")) <= 365).sum().alias("registered_again"),
    )  # fmt: skip
    return answer.collect()


def training_outcome(read: Reader) -> pl.DataFrame:
    completers = read.fact("fct_training_enrolments").filter(
        (col("status") == "COMPLETED") & (_days_after("ended_date", 183) <= OBSERVED_UNTIL)
    ).select("course_id", "person_id", "ended_date")  # fmt: skip
    wait = _between(col("acquisition_date"), col("ended_date"))
    jobs = (
        completers.select("person_id", "ended_date").unique()
        .join(read.spells().select("person_id", "acquisition_date"), on="person_id")
        .filter((wait > 0) & (wait <= 183)).group_by("person_id", "ended_date").agg(col("acquisition_date").min())
    )  # fmt: skip
    rows = completers.join(jobs, on=["person_id", "ended_date"], how="left")
    answer = rows.group_by("course_id").agg(
        pl.len().alias("completers"), col("acquisition_date").count().alias("employed"), wait.sum().alias("days_to_job")
    )
    return answer.collect()


def funnel(read: Reader) -> pl.DataFrame:
    rows = (
        read.fact("fct_vacancies")
        .filter("is_submission")
        .select("vacancy_key", "registered_date", "channel_code", "posting_state")
    )
    ways = (
        read.fact("fct_posting_review").filter(~col("is_machine") & (col("step_code") != "S4_COHERENCE"))
        .group_by("vacancy_key").agg(
            (col("decision") == "RETURN").any().alias("returned"),
            col("decision").is_in(["HOLD", "UNREACHABLE"]).any().alias("held"),
        )
    )  # fmt: skip
    state, day = col("state"), col("valid_from")
    days = read.fact("fct_posting_status").group_by("vacancy_key").agg(
        day.filter(state == "posted").min().alias("posted_on"), day.filter(state == "closed").min().alias("ended_on"),
        day.filter((state == "closed") & (col("reason") == "TAKEN_DOWN")).min().alias("taken_down_on"),
        day.filter(state == "withdrawn").min().alias("withdrawn_on"),
    )  # fmt: skip
    fills = read.fact("int_vacancies__filled").select(
        "vacancy_key",
        "openings",
        "openings_filled",
        pl.min_horizontal("filled_on", "referrals_filled_on").alias("first_filled_on"),
    )
    states = read.fact("int_vacancy_reviews__states").select("vacancy_key", "first_decided_date", "returns_or_holds")
    calendar = (
        read.prepared("dim_calendar")
        .sort("calendar_date")
        .select("calendar_date", working_day_no=col("is_working_day").cast(pl.Int64).cum_sum())
    )
    for part in (ways, days, fills, states):
        rows = rows.join(part, on="vacancy_key", how="left")
    until = pl.max_horizontal(pl.coalesce("first_decided_date", "withdrawn_on", lit(AS_OF)), "registered_date")
    rows = rows.with_columns(until.alias("until"))
    rows = rows.join(calendar, left_on="registered_date", right_on="calendar_date", how="left")
    rows = rows.join(calendar, left_on="until", right_on="calendar_date", how="left", suffix="_until")
    posted = col("posting_state") == "posted"
    answer = rows.group_by(_month(col("registered_date")).alias("month_date"), "channel_code").agg(
        pl.len().alias("submitted"), posted.sum().alias("posted"),
        (col("posting_state") == "rejected").sum().alias("rejected"),
        (posted & (col("returns_or_holds").fill_null(0) == 0)).sum().alias("first_pass"), col("returned").sum(),
        col("held").sum(), col("first_decided_date").count().alias("decided"),
        (col("working_day_no_until") - col("working_day_no")).sum().alias("waiting_days"),
        (col("taken_down_on") <= _days_after("posted_on", 30)).sum().alias("taken_down_30d"),
        col("ended_on").count().alias("closed"), col("openings").sum().alias("openings_posted"),
        col("openings_filled").sum(), col("first_filled_on").count().alias("filled"),
    )  # fmt: skip
    return answer.collect()


_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)


def wage_profile(read: Reader) -> pl.DataFrame:
    end = AS_OF.replace(day=1)
    first = end.replace(year=end.year - 2)
    sidos = read.main_sidos()
    low, high = (col(f"wage_month_{side}").cast(pl.Float64) for side in ("min", "max"))
    shown = (col("posting_state") == "posted").fill_null(False) | ~col("is_submission")
    region = col("current_sido_code").fill_null("_U").alias("region_code")
    advertised = (
        read.fact("fct_vacancies").filter((col("registered_date") >= first) & (col("registered_date") < end) & shown)
        .join(sidos, on="region_code", how="left")
        .select("scope", "occupation_code", region, wage=pl.coalesce((low + high) / 2, low, high))
        .filter(col("wage").is_not_null())
    )  # fmt: skip
    insured = (
        read.spells().filter(
            (col("acquisition_date") >= first) & (col("acquisition_date") < end) & (col("weekly_hours") >= 35)
            & (col("monthly_pay_krw") > 0) & (col("occupation_code").str.len_chars() >= 4)
        )
        .join(read.fact("dim_workplace").select("workplace_no", "region_code"), on="workplace_no", how="left")
        .join(sidos, on="region_code", how="left")
        .select(
            lit("insurance").alias("scope"), "occupation_code", region, wage=col("monthly_pay_krw").cast(pl.Float64)
        )
    )  # fmt: skip
    wages = pl.concat([advertised, insured]).collect().lazy()
    quantiles = [
        col("wage").quantile(share, interpolation="linear").round(2).alias(f"p{round(100 * share)}")
        for share in _SHARES
    ]
    answers = []
    for level in (2, 4):
        levelled = wages.with_columns(col("occupation_code").str.head(level), lit(level).alias("occupation_level"))
        for whole in (True, False):
            some = levelled.with_columns(lit("_T").alias("region_code")) if whole else levelled
            answers.append(
                some.group_by("scope", "occupation_level", "occupation_code", "region_code").agg(
                    pl.len().alias("n"), *quantiles
                )
            )
    answer = pl.concat(pl.collect_all(answers))
    least = pl.when(col("scope") == "insurance").then(10).otherwise(4)
    return answer.with_columns(
        *(pl.when(col("n") >= least).then(col(name)).alias(name) for name in ("p25", "p50", "p75")),
        *(pl.when(col("n") >= 30).then(col(name)).alias(name) for name in ("p10", "p90")),
    )


MARTS: dict[str, Callable[[Reader], pl.DataFrame]] = {
    mart.__name__: mart
    for mart in (monthly_stock, job_moves, tightness, job_finding, retention, training_outcome, funnel, wage_profile)
}
