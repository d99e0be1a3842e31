"""Series adjusted for season, one by one: a few thousand rows, by a library's method (dbt_project.seasonal)."""


def model(dbt, session):
    import numpy as np
    import pandas as pd

    from dbt_project import seasonal

    dbt.config(materialized="table")
    months = dbt.ref("int_series__to_adjust").order("indicator, region_code, sex, ref_period").df()
    moving = ["seollal_days", "chuseok_days", "working_days"]
    keys = ["indicator", "region_code", "sex"]
    columns = [*keys, "ref_period", "is_multiplicative", "has_holidays", "adjusted", "trend", "seasonal",
               "holiday", "irregular", "qs_original_p", "qs_p", "f_p"]  # fmt: skip
    parts = [pd.DataFrame({column: pd.Series(dtype="float64") for column in columns}).astype(
        dict.fromkeys(keys, "str") | {"ref_period": "datetime64[us]", "is_multiplicative": "bool",
                                      "has_holidays": "bool"})]  # fmt: skip
    found_of, told_of = {}, {}
    for (indicator, region, sex), part in months.groupby(keys):
        if len(part) < seasonal.MONTHS_LEAST:
            continue
        values, calendar = part["value"].to_numpy(), part["month_no"].to_numpy()
        found = seasonal.adjust(values, calendar, part[moving].to_numpy())
        found_of[indicator, region, sex], told_of[indicator, region, sex] = found, part
        in_scale = np.log if found.is_multiplicative else np.asarray
        parts.append(pd.DataFrame({
            "indicator": indicator, "region_code": region, "sex": sex, "ref_period": part["ref_period"].to_numpy(),
            "is_multiplicative": found.is_multiplicative, "has_holidays": found.has_holidays,
            "adjusted": found.adjusted, "trend": found.trend, "seasonal": found.seasonal, "holiday": found.holiday,
            "irregular": found.irregular, "qs_original_p": seasonal.qs_test(in_scale(values))[1],
            "qs_p": seasonal.qs_test(in_scale(found.adjusted))[1],
            "f_p": seasonal.f_test(in_scale(found.adjusted), calendar)[1],
        }))  # fmt: skip
    # a ratio of the nation is adjusted by adjusting both counts: it stays the quotient of what stands beside it
    ratios = dbt.ref("trend_indicators").filter("not is_adjusted and denominator is not null").order("indicator").df()
    for ratio in ratios.itertuples():
        for _, region, sex in sorted(key for key in found_of if key[:2] == (ratio.numerator, "_T")):
            above, below = found_of[ratio.numerator, region, sex], found_of.get((ratio.denominator, region, sex))
            if below is None or (below.adjusted <= 0).any():
                continue
            part, divisor = told_of[ratio.numerator, region, sex], told_of[ratio.denominator, region, sex]
            if len(part) != len(divisor):
                continue
            values = part["value"].to_numpy() / divisor["value"].to_numpy()
            adjusted, calendar = ratio.scale * above.adjusted / below.adjusted, part["month_no"].to_numpy()
            parts.append(pd.DataFrame({
                "indicator": ratio.indicator, "region_code": region, "sex": sex,
                "ref_period": part["ref_period"].to_numpy(),
                "is_multiplicative": False, "has_holidays": above.has_holidays and below.has_holidays,
                "adjusted": adjusted, "trend": ratio.scale * above.trend / below.trend,
                "qs_original_p": seasonal.qs_test(values)[1], "qs_p": seasonal.qs_test(adjusted)[1],
                "f_p": seasonal.f_test(adjusted, calendar)[1],
            }))  # fmt: skip
    return pd.concat(parts)
