import hashlib
import hmac
import stat
from pathlib import Path

import duckdb
import pytest

from lmi.core.keys import key_file, load_keys
from lmi.core.settings import SettingError, load_settings


def real_settings(tmp_path: Path, **more: object):
    return load_settings({}, profile="real", home=tmp_path / "home", keys_dir=tmp_path / "keys", **more)


def test_sandbox_keys_follow_the_seed() -> None:
    one, same, other = (load_keys(load_settings({}, sandbox_seed=seed)) for seed in (1, 1, 2))
    assert one.token("person", "9001011234567") == same.token("person", "9001011234567")
    assert one.token("person", "9001011234567") != other.token("person", "9001011234567")


def test_token_is_hmac_with_domain_and_version() -> None:
    ring = load_keys(load_settings({}))
    expected = hmac.new(ring.token_key, b"person|9001011234567", hashlib.sha256).hexdigest()[:32]
    assert ring.token("person", "9001011234567") == f"p1_{expected}"
    assert ring.token("phone", "9001011234567")[3:] != expected


def test_pads_give_the_same_token_in_sql() -> None:
    ring = load_keys(load_settings({}))
    inner, outer = ring.hmac_pads()
    query = "select sha256(?::blob || unhex(sha256(?::blob || encode('person|9001011234567'))))"
    with duckdb.connect() as con:
        digest = con.execute(query, [outer, inner]).fetchone()[0]
    assert ring.token("person", "9001011234567").endswith(digest[:32])


def test_real_keys_are_random_private_and_kept(tmp_path: Path) -> None:
    settings = real_settings(tmp_path)
    with pytest.raises(SettingError, match="No keys"):
        load_keys(settings)
    ring = load_keys(settings, create=True)
    assert load_keys(settings) == ring
    assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600
    assert load_keys(real_settings(tmp_path / "other"), create=True) != ring


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    settings = real_settings(tmp_path)
    load_keys(settings, create=True)
    key_file(settings).chmod(0o644)
    with pytest.raises(SettingError, match="chmod 600"):
        load_keys(settings)


def test_keys_inside_the_data_folder_are_refused(tmp_path: Path) -> None:
    settings = load_settings({}, profile="real", home=tmp_path, keys_dir=tmp_path / "keys")
    with pytest.raises(SettingError, match="LMI_KEYS_DIR"):
        load_keys(settings, create=True)


def test_sealed_bytes_open_only_for_their_purpose_and_undamaged() -> None:
    ring = load_keys(load_settings({}))
    sealed = ring.seal(b"hong gil-dong", "linkage")
    assert b"hong" not in sealed
    assert ring.unseal(sealed, "linkage") == b"hong gil-dong"
    with pytest.raises(ValueError, match="wrong purpose"):
        ring.unseal(sealed, "contacts")
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with pytest.raises(ValueError, match="damaged"):
        ring.unseal(flipped, "linkage")
