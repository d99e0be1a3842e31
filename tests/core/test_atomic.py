from pathlib import Path

import pytest

from lmi.core.atomic import staged_folder, write_file


def test_a_failing_write_leaves_the_old_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "manifest.json"
    write_file(path, b"old")

    def torn(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", torn)
    with pytest.raises(OSError, match="disk full"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["manifest.json"]


def test_a_staged_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    final = tmp_path / "landing" / "load"
    with pytest.raises(RuntimeError), staged_folder(final, tmp_path / "work") as folder:
        (folder / "rows").write_bytes(b"half")
        raise RuntimeError
    assert not final.exists()
    assert list((tmp_path / "work").iterdir()) == []
    with staged_folder(final, tmp_path / "work") as folder:
        (folder / "rows").write_bytes(b"all")
        assert not final.exists()
    assert (final / "rows").read_bytes() == b"all"
