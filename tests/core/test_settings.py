from pathlib import Path

import pytest

from lmi.core.settings import SettingError, load_settings


def test_environment_wins_over_file_and_origins_are_remembered(tmp_path: Path) -> None:
    config = tmp_path / "lmi.toml"
    config.write_text('language = "en"\nreleases_kept = 9\n[endpoints]\nWORK24 = "http://file"\n')
    env = {"LMI_CONFIG": str(config), "LMI_RELEASES_KEPT": "3", "LMI_ENDPOINT__WORK24": "http://env/"}
    settings = load_settings(env)
    assert (settings.language, settings.releases_kept) == ("en", 3)
    assert settings.endpoint("WORK24") == "http://env"
    assert settings.origins["language"] == str(config)
    assert settings.origins["releases_kept"] == "LMI_RELEASES_KEPT"


def test_lists_are_read_from_the_file_and_the_environment(tmp_path: Path) -> None:
    config = tmp_path / "lmi.toml"
    config.write_text('sources = ["organisations"]\nmarts = ["mart_coverage"]\n')
    settings = load_settings({"LMI_CONFIG": str(config), "LMI_MARTS": "mart_performance,mart_career_breaks"})
    assert settings.sources == ("organisations",)
    assert settings.marts == ("mart_performance", "mart_career_breaks")
    assert settings.origins["marts"] == "LMI_MARTS"


def test_command_line_wins_over_everything() -> None:
    settings = load_settings({"LMI_PROFILE": "sandbox"}, profile="real")
    assert settings.profile == "real"
    assert settings.home.name == "real"
    assert settings.drop == settings.home / "drop"


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"LMI_PROFILE": "moon"}, "LMI_PROFILE"),
        ({"LMI_LANGUAGE": "fr"}, "LMI_LANGUAGE"),
        ({"LMI_TIMEZONE": "Seoul"}, "LMI_TIMEZONE"),
        ({"LMI_SANDBOX_PERSONS": "many"}, "LMI_SANDBOX_PERSONS"),
        ({"LMI_CONFIG": "/nowhere/lmi.toml"}, "LMI_CONFIG"),
    ],
)
def test_a_wrong_setting_is_named(env: dict[str, str], named: str) -> None:
    with pytest.raises(SettingError, match=named):
        load_settings(env)


def test_a_misspelt_key_in_the_file_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "lmi.toml"
    config.write_text('langauge = "en"\n')
    with pytest.raises(SettingError, match="langauge"):
        load_settings({"LMI_CONFIG": str(config)})


def test_a_missing_endpoint_or_key_names_its_variable() -> None:
    settings = load_settings({})
    with pytest.raises(SettingError, match="LMI_ENDPOINT__WORK24"):
        settings.endpoint("WORK24")
    with pytest.raises(SettingError, match="LMI_KEY__WORK24"):
        settings.api_key("work24")


def test_secrets_are_not_in_the_representation() -> None:
    settings = load_settings({"LMI_KEY__WORK24": "s3cret-value"})
    assert settings.api_key("work24") == "s3cret-value"
    assert "s3cret-value" not in repr(settings)
