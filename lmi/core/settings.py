"""One place for every setting: defaults, a TOML file, then environment variables.

Order of precedence, weakest first: defaults here, ``lmi.toml`` (or the file named by ``LMI_CONFIG``),
``LMI_*`` environment variables. ``Settings.origins`` remembers where each value came from; ``lmi doctor`` prints it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PROJECT_ROOT = Path(__file__).resolve().parents[2]
PROFILES = ("sandbox", "national", "real")
LANGUAGES = ("ko", "en")


class SettingError(Exception):
    """A setting is missing or wrong. The message names the setting and the mend (exit code 2)."""


@dataclass(frozen=True)
class Settings:
    """What is in force for one process. All paths are absolute."""

    profile: str = "sandbox"
    home: Path = PROJECT_ROOT / "var" / "sandbox"
    drop: Path = PROJECT_ROOT / "var" / "sandbox" / "drop"
    keys_dir: Path = Path.home() / ".local" / "share" / "lmi" / "keys"
    real_data: Path = PROJECT_ROOT.parent / "shared" / "data"
    nation: Path = PROJECT_ROOT / "var" / "nation"
    timezone: str = "Asia/Seoul"
    language: str = "ko"
    sandbox_seed: int = 20260101
    sandbox_persons: int = 10_000
    releases_kept: int = 5
    disk_budget_gb: float = 20.0
    memory_limit: str = "4GB"
    threads: int = 2
    #: people who decide held postings (each ``desk_decisions_per_day``)
    reviewers: int = 46
    #: largest share of postings that the reliability score may hold, however many could be called
    score_hold_share: float = 0.05
    #: retries of an Airflow task after an error that may pass; the HTTP client has its own
    task_retries: int = 2
    #: call centre's desk: share of passed postings that people check, and of all they check that two people check
    desk_audit_rate: float = 0.02
    desk_double_rate: float = 0.05
    #: minutes until an idle claim is free again; decisions one reviewer makes a day
    desk_lock_minutes: int = 30
    desk_decisions_per_day: int = 40
    #: provider code -> base URL; ``DEFAULT`` answers for providers that have no entry of their own
    endpoints: Mapping[str, str] = field(default_factory=dict)
    #: key name of a source's ``fetch.key`` -> secret. Never printed.
    api_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: source ids switched on; empty means all sources of the profile
    sources: tuple[str, ...] = ()
    #: marts of this installation's releases, beside all facts and dimensions; empty means all
    marts: tuple[str, ...] = ()
    #: products rendered into this installation's releases (exports/render.py); empty means all, 'none' none
    products: tuple[str, ...] = ()
    #: source id -> open, aggregates or none: what of it may be passed on, where the registry does not know better
    redistribution: Mapping[str, str] = field(default_factory=dict)
    #: address below which readers fetch what leaves the house; empty where it is not said
    public_url: str = ""
    #: mail server of the reports; the password is the key ``smtp``. Security: starttls, tls or none
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_security: str = "starttls"
    mail_from: str = ""
    #: YAML file of the operator: code of the distribution list -> addresses; without it nobody gets mail
    mailing_list: str = ""
    #: file of the hashes of readers' keys that `lmi serve` asks for; empty asks for none
    reader_keys: str = ""
    #: setting -> where it came from; ``endpoints.<provider code>`` for each address. What is absent is a default.
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def endpoint(self, provider_code: str) -> str:
        """Base URL of a provider, without a trailing slash. Raises SettingError naming the variable to set."""
        url = self.endpoints.get(provider_code) or self.endpoints.get("DEFAULT")
        if not url:
            raise SettingError(
                f"No endpoint for provider {provider_code}. Set LMI_ENDPOINT__{provider_code} to its base URL"
                f" or add it under [endpoints] in lmi.toml."
            )
        return url.rstrip("/")

    def api_key(self, name: str) -> str:
        """Secret named by a source's ``fetch.key``. Raises SettingError naming the variable to set."""
        if not self.api_keys.get(name):
            raise SettingError(f"No key '{name}'. Set LMI_KEY__{name.upper()} (see docs/connect-work24.md).")
        return self.api_keys[name]


_LISTS = {"sources", "marts", "products"}
_MAPPINGS = {"endpoints", "api_keys", "redistribution", "origins"}
REDISTRIBUTION = ("open", "aggregates", "none")
_SCALARS = {f.name: f for f in fields(Settings) if f.name not in _MAPPINGS | _LISTS}
_PATHS = {"home", "drop", "keys_dir", "real_data", "nation"}


def _convert(name: str, value: object) -> object:
    kind: Callable[[object], object] = type(_SCALARS[name].default)
    try:
        if name in _PATHS:
            return Path(str(value)).expanduser().resolve()
        return kind(value)
    except (TypeError, ValueError) as error:
        raise SettingError(
            f"Setting {name}={value!r} is not a {type(_SCALARS[name].default).__name__}. Mend it in LMI_{name.upper()}."
        ) from error


def load_settings(env: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings in force. ``overrides`` (by field name) win over everything; used by the command line and tests."""
    env = os.environ if env is None else env
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    endpoints: dict[str, str] = {}
    api_keys: dict[str, str] = {}
    redistribution: dict[str, str] = {}

    config = Path(env.get("LMI_CONFIG", PROJECT_ROOT / "lmi.toml")).expanduser()
    if config.is_file():
        try:
            table = tomllib.loads(config.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise SettingError(f"{config} is not valid TOML: {error}. Mend the file or unset LMI_CONFIG.") from error
        endpoints.update(table.pop("endpoints", {}))
        origins |= {f"endpoints.{code}": str(config) for code in endpoints}
        api_keys.update(table.pop("api_keys", {}))
        redistribution.update(table.pop("redistribution", {}))
        for name, value in table.items():
            if name in _LISTS:
                values[name] = tuple(value)
            elif name in _SCALARS:
                values[name] = _convert(name, value)
            else:
                known = ", ".join(sorted(_SCALARS.keys() | _LISTS))
                raise SettingError(f"{config}: unknown setting '{name}'. Known: {known}.")
            origins[name] = str(config)
    elif "LMI_CONFIG" in env:
        raise SettingError(f"LMI_CONFIG names {config}, which does not exist.")

    for variable, value in env.items():
        if variable.startswith("LMI_ENDPOINT__"):
            code = variable.removeprefix("LMI_ENDPOINT__").upper()
            endpoints[code], origins[f"endpoints.{code}"] = value, variable
        elif variable.startswith("LMI_KEY__"):
            api_keys[variable.removeprefix("LMI_KEY__").lower()] = value
        elif variable.startswith("LMI_REDISTRIBUTION__"):
            redistribution[variable.removeprefix("LMI_REDISTRIBUTION__").lower()] = value
        elif variable.startswith("LMI_"):
            name = variable.removeprefix("LMI_").lower()
            if name in _LISTS:
                values[name], origins[name] = tuple(filter(None, value.split(","))), variable
            elif name in _SCALARS:
                values[name], origins[name] = _convert(name, value), variable
    for name, value in overrides.items():
        if value is not None:
            values[name] = _convert(name, value) if name in _SCALARS else value
            origins[name] = "command line"

    profile = values.get("profile", "sandbox")
    if profile not in PROFILES:
        raise SettingError(f"LMI_PROFILE={profile!r} is unknown; use one of {', '.join(PROFILES)}.")
    home = values.setdefault("home", PROJECT_ROOT / "var" / str(profile))
    values.setdefault("drop", Path(str(home)) / "drop")
    if values.get("language", "ko") not in LANGUAGES:
        raise SettingError(f"LMI_LANGUAGE={values['language']!r} is unknown; use ko or en.")
    try:
        ZoneInfo(str(values.get("timezone", "Asia/Seoul")))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingError(f"LMI_TIMEZONE={values['timezone']!r} is not a zone name such as Asia/Seoul.") from error
    for source, said in redistribution.items():
        if said not in REDISTRIBUTION:
            raise SettingError(
                f"LMI_REDISTRIBUTION__{source.upper()}={said!r} is unknown; use one of {', '.join(REDISTRIBUTION)}."
            )
    values.setdefault("redistribution", redistribution)
    return Settings(**values, endpoints=endpoints, api_keys=api_keys, origins=origins)  # type: ignore[arg-type]
