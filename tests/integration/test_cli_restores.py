"""`iotconfig restore` where the file is not an ordinary one: a link, another user's, read-only, or on a full disk."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.command_line import CommandLine, Outcome
from tests.support.serving import COMMAND, environment

MAC = "02:ab:cd:ef:01:02"
_SOMEBODY = 65534


@pytest.fixture
def place(_sqlite_template: Path) -> Iterator[Path]:
    """A directory with a database and its backup, of which the first config differs."""
    with TemporaryDirectory(prefix="iotconfig-restores-") as home:
        place = Path(home)
        shutil.copy(_sqlite_template, place / "configs.db")
        command = on(place / "configs.db")
        command.ok("config", "create", MAC, '{"n": 1}')
        command.ok("backup", str(place / "copy.db"))
        command.ok("config", "set", MAC, '{"n": 2}')
        yield place


def on(path: Path) -> CommandLine:
    """The command line on a database."""
    return CommandLine({"DATABASE_URL": f"sqlite:///{path}"})


def content(path: Path) -> bytes:
    return on(path).ok("config", "show", MAC, "--content").output


def assert_refused(outcome: Outcome, *phrases: str) -> None:
    """Check for one line that contains all of these."""
    assert (1, "", 1) == (outcome.status, outcome.text, outcome.errors.count("\n")), outcome.errors
    assert [] == [phrase for phrase in phrases if phrase not in outcome.errors], outcome.errors


def test_a_link_stays_a_link(place: Path) -> None:
    """The file that it leads to is replaced, and kept beside its place."""
    (place / "data").mkdir()
    file = place / "data" / "real.db"
    for each in place.glob("configs.db*"):
        each.rename(file.with_name(each.name.replace("configs", "real")))
    link = place / "configs.db"
    link.symlink_to(file)
    said = on(link).ok("restore", str(place / "copy.db")).text

    assert (True, file) == (link.is_symlink(), link.resolve())
    assert b'{"n": 1}' == content(link)
    (kept,) = file.parent.glob("real.db.2*")
    assert f"The replaced file is kept as {kept}\n" in said
    assert b'{"n": 2}' == content(kept)


def test_a_link_that_leads_nowhere_gets_its_file(place: Path) -> None:
    """As where the database was removed."""
    link = place / "link.db"
    link.symlink_to(place / "gone.db")
    on(link).ok("restore", str(place / "copy.db"))

    assert link.is_symlink()
    assert b'{"n": 1}' == content(place / "gone.db")


def test_a_backup_behind_a_link(place: Path) -> None:
    """It is read through the link, and stays as it is."""
    (place / "latest.db").symlink_to("copy.db")
    before = (place / "copy.db").read_bytes()
    on(place / "configs.db").ok("restore", str(place / "latest.db"))

    assert b'{"n": 1}' == content(place / "configs.db")
    assert before == (place / "copy.db").read_bytes()


def test_the_database_is_no_backup_of_itself(place: Path) -> None:
    """Under another name, too: it would be locked while it is read."""
    (place / "link.db").symlink_to("configs.db")
    for name in ("configs.db", "link.db"):
        ended = on(place / "configs.db").run("restore", str(place / name))
        assert_refused(ended, f"{place / name} is the database itself: name a backup.")

    assert b'{"n": 2}' == content(place / "configs.db")


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")
def test_owner_and_mode_stay(place: Path) -> None:
    """An administrator restores what the user of the service must be able to open afterwards."""
    path = place / "configs.db"
    os.chown(path, _SOMEBODY, _SOMEBODY)
    path.chmod(0o640)
    on(path).ok("restore", str(place / "copy.db"))
    found = path.stat()

    assert (_SOMEBODY, _SOMEBODY, 0o640) == (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))


@pytest.mark.parametrize("which", ["file", "directory"])
def test_what_is_read_only_is_not_replaced(place: Path, which: str) -> None:
    """One line names the place; nothing has changed, and no part stays."""
    path = place / "configs.db"
    for each in (place, *place.iterdir()):
        if os.geteuid() == 0:
            os.chown(each, _SOMEBODY, _SOMEBODY)
    user = os.geteuid()
    os.seteuid(_SOMEBODY if user == 0 else user)
    try:
        target = path if which == "file" else place
        target.chmod(target.stat().st_mode & ~0o222)
        ended = on(path).run("restore", str(place / "copy.db"))
        target.chmod(target.stat().st_mode | 0o200)
        assert_refused(ended, f"{target} cannot be used: Permission denied.")
        assert b'{"n": 2}' == content(path)
    finally:
        os.seteuid(user)
    assert [] == [
        each.name for each in place.iterdir() if each.name.startswith((".iotconfig-", "configs.db.2"))
    ]


def test_a_full_disk(place: Path) -> None:
    """The copy is complete before the database is touched."""
    path = place / "configs.db"
    # Larger files fail with EFBIG, as they fail with ENOSPC on a full disk: Python ignores SIGXFSZ.
    ended = subprocess.run(
        ["sh", "-c", 'ulimit -f 100 && exec "$0" "$@"', COMMAND, "restore", str(place / "copy.db")],
        env=environment(f"sqlite:///{path}"),
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (1, b"", 1) == (ended.returncode, ended.stdout, ended.stderr.count(b"\n")), ended.stderr
    assert b"Traceback" not in ended.stderr
    assert b'{"n": 2}' == content(path)
    assert [] == [
        each.name for each in place.iterdir() if each.name.startswith((".iotconfig-", "configs.db.2"))
    ]
