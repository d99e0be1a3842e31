"""Series adjusted for season, one by one: a few thousand rows, by a library's method (dbt_project.seasonal)."""


def model(dbt, session):
    import numpy as np
    import pandas as pd

    from dbt_project import seasonal

    dbt.config(materialized="table")
    months = dbt.ref("int_series__to_adjust").order("indicator, sex, ref_period").df()
    moving = ["seollal_days", "chuseok_days", "working_days"]
    columns = ["indicator", "sex", "ref_period", "is_multiplicative", "has_holidays", "adjusted", "trend", "seasonal",
               "holiday", "irregular", "qs_original_p", "qs_p", "f_p"]  # fmt: skip
    parts = [pd.DataFrame({column: pd.Series(dtype="float64") for column in columns}).astype(
        {"indicator": "str", "sex": "str", "ref_period": "datetime64[us]", "is_multiplicative": "bool",
         "has_holidays": "bool"})]  # fmt: skip
    for (indicator, sex), part in months.groupby(["indicator", "sex"]):
        if len(part) < seasonal.MONTHS_LEAST:
            continue
        values, calendar = part["value"].to_numpy(), part["month_no"].to_numpy()
        found = seasonal.adjust(values, calendar, part[moving].to_numpy())
        in_scale = np.log if found.is_multiplicative else np.asarray
        parts.append(pd.DataFrame({
            "indicator": indicator, "sex": sex, "ref_period": part["ref_period"].to_numpy(),
            "is_multiplicative": found.is_multiplicative, "has_holidays": found.has_holidays,
            "adjusted": found.adjusted, "trend": found.trend, "seasonal": found.seasonal, "holiday": found.holiday,
            "irregular": found.irregular, "qs_original_p": seasonal.qs_test(in_scale(values))[1],
            "qs_p": seasonal.qs_test(in_scale(found.adjusted))[1],
            "f_p": seasonal.f_test(in_scale(found.adjusted), calendar)[1],
        }))  # fmt: skip
    return pd.concat(parts)
