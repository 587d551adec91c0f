"""The files in deploy/ match the program, and grant no more rights than needed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from iotconfig.adapters.cli.app import cli
from iotconfig.entrypoints.settings import Settings

_ROOT = Path(__file__).parents[2]
_DEPLOY = _ROOT / "deploy"
_VARIABLES = {each.variable.name for each in Settings.variables()}
_SECRETS = {each.variable.name for each in Settings.variables() if each.variable.secret}

_compose: dict[str, Any] = yaml.safe_load((_DEPLOY / "compose.yaml").read_text())
_services: dict[str, dict[str, Any]] = _compose["services"]
_ours = {name: service for name, service in _services.items() if service["image"] == "iotconfig"}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (_DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in lines if line.strip()]


def arguments_of(name: str) -> list[str]:
    return [argument for instruction, argument in instructions() if instruction == name]


def expect_command(arguments: list[str]) -> None:
    """Check that `iotconfig ARGUMENTS` is a command with these options, without running it."""
    command = cli.commands[arguments[0]]
    command.make_context(arguments[0], arguments[1:], parent=click.Context(cli), resilient_parsing=False)


def test_the_image_does_not_run_as_root() -> None:
    """Its user is a number, so that a cluster can check it."""
    (user,) = arguments_of("USER")

    assert all(int(number) > 0 for number in user.split(":"))


def test_the_image_starts_an_existing_command() -> None:
    """Authentication is on, since it listens on all addresses."""
    (entrypoint,), (command,) = arguments_of("ENTRYPOINT"), arguments_of("CMD")

    assert ["iotconfig"] == json.loads(entrypoint)
    expect_command(json.loads(command))
    assert "IOTCONFIG_AUTH=on" in arguments_of("ENV")[-1]
    assert "IOTCONFIG_ALLOW_ANONYMOUS" not in (_DEPLOY / "Dockerfile").read_text()


def test_the_image_copies_existing_files() -> None:
    """No copied file is missing or ignored by .dockerignore, and no other file is copied."""
    sources = {s for copy in arguments_of("COPY") if not copy.startswith("--from") for s in copy.split()[:-1]}
    ignored = (_DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()

    assert "*" in ignored
    assert sources == {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert [] == [source for source in sources if not (_ROOT / source).exists()]


def test_the_image_installs_pinned_versions() -> None:
    """This includes the build tools."""
    installs = [c for run in arguments_of("RUN") for c in run.split("&&") if " install " in c and "pip" in c]

    assert 2 == len(installs)
    for install in installs:
        assert "--constraint constraints.txt" in install
    assert installs[0].strip().endswith(" pip")
    assert "--build-constraint constraints.txt" in installs[1]


@pytest.fixture(scope="module")
def health_check() -> list[str]:
    """The command of the health check, with this interpreter."""
    (check,) = arguments_of("HEALTHCHECK")
    command: list[str] = json.loads(check.partition("CMD ")[2])
    assert "python" == command[0]
    return [sys.executable, *command[1:]]


@pytest.mark.parametrize(("status", "expected"), [("200 OK", 0), ("503 Service Unavailable", 1)])
def test_the_health_check_fails_if_unhealthy(health_check: list[str], status: str, expected: int) -> None:
    """It requests the health route on the port of the image."""
    program = f"""
import subprocess, sys, threading
from wsgiref.simple_server import make_server
def app(environ, start):
    start({status!r} if environ["PATH_INFO"] == "/api/health" else "404 Not Found", [])
    return []
server = make_server("127.0.0.1", 0, app)
threading.Thread(target=server.handle_request, daemon=True).start()
command = [part.replace(":8080/", f":{{server.server_port}}/") for part in {health_check!r}]
sys.exit(subprocess.run(command, stderr=subprocess.DEVNULL).returncode)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)

    assert expected == run.returncode
    assert ":8080/" in " ".join(health_check)


@pytest.mark.parametrize("name", sorted(_services))
def test_containers_have_minimal_rights(name: str) -> None:
    """A read-only file system, no capabilities, no new privileges, no root."""
    service = _services[name]

    assert service["read_only"]
    assert ["ALL"] == service["cap_drop"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert name in _ours or service["user"] not in ("root", "0")
    assert "healthcheck" in service or name in _ours


@pytest.mark.parametrize("name", sorted(_ours))
def test_commands_and_settings_of_containers_exist(name: str) -> None:
    """Secrets come from declared files."""
    service = _ours[name]
    variables = set(service["environment"])

    expect_command(service["command"])
    assert set() == {v for v in variables if v not in _VARIABLES and v.removesuffix("_FILE") not in _SECRETS}
    assert set() == variables & (_SECRETS - {"MQTT_URL"})
    for variable in variables:
        if variable.endswith("_FILE"):
            path = Path(service["environment"][variable])
            assert path.name in service["secrets"]
            assert path.name in _compose["secrets"]


def test_the_schema_is_upgraded_before_the_service_starts() -> None:
    """The upgrade waits for the database."""
    assert "upgrade-db" in _ours["migrate"]["command"]
    assert "service_completed_successfully" == _services["service"]["depends_on"]["migrate"]["condition"]
    assert "service_healthy" == _services["migrate"]["depends_on"]["database"]["condition"]


def test_the_database_cannot_be_reached_from_outside() -> None:
    """It has no published port, and an internal network."""
    assert "ports" not in _services["database"]
    assert ["inside"] == _services["database"]["networks"]
    assert _compose["networks"]["inside"]["internal"]


def test_a_stop_waits_for_requests_in_progress() -> None:
    """Both time limits exceed the setting plus the supervisor's margin."""
    (unit,) = re.findall(r"^TimeoutStopSec=(\d+)$", _unit(), re.MULTILINE)
    compose = _services["service"]["stop_grace_period"]

    assert 35 < int(unit)
    assert 35 < int(compose.removesuffix("s"))
    assert 30 == Settings().serving.graceful_timeout


def _recording(script: Path, directory: Path) -> dict[str, str]:
    """An environment in which each program that a script starts writes its arguments to `arguments`."""
    programs = directory / "programs"
    programs.mkdir()
    for name in set(re.findall(r"[a-z_]+", script.read_text())):
        if found := shutil.which(name):
            recorder = programs / name
            recorder.write_text(f'#!/bin/sh\necho {name} "$@" >>{directory}/arguments\nexec {found} "$@"\n')
            recorder.chmod(0o755)
    return {"PATH": f"{programs}:{os.environ['PATH']}"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.skipif(shutil.which("mosquitto_passwd") is None, reason="mosquitto_passwd is not installed")
def test_secrets_are_created_once(tmp_path: Path) -> None:
    """All that compose.yaml mounts, random and private; a second run changes none."""
    if subprocess.run(["id", "-u"], capture_output=True, check=True, text=True).stdout != "0\n":
        pytest.skip("files can be given away by root only")
    script, directory = _DEPLOY / "prepare-secrets.sh", tmp_path / "secrets"
    run = subprocess.run(
        ["sh", script, directory],
        env=_recording(script, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == run.returncode, run.stderr
    made = {path.name: path.read_text() for path in directory.iterdir()}
    mounted = {Path(secret["file"]).name for secret in _compose["secrets"].values()} | {
        Path(volume.partition(":")[0]).name
        for volume in _services["broker"]["volumes"]
        if volume.startswith("./secrets/")
    }

    assert mounted <= set(made)
    assert made["postgres_password"] in made["database_url"]
    assert {48} == {len(made[name]) for name in made if name.endswith("_password")}
    assert 3 == len({made[name] for name in made if name.endswith("_password")})
    arguments = (tmp_path / "arguments").read_text()
    assert "mosquitto_passwd" in arguments
    assert [] == [name for name in made if name.endswith("_password") and made[name] in arguments]
    assert [] == [
        name for name in made if name.endswith("_password") and made[name] in made["mosquitto_passwords"]
    ]
    assert {0o400} == {path.stat().st_mode & 0o777 for path in directory.iterdir()}
    assert 10001 == (directory / "database_url").stat().st_uid
    again = subprocess.run(["sh", script, directory], capture_output=True, text=True, check=False)
    assert 1 == again.returncode
    assert made == {path.name: path.read_text() for path in directory.iterdir()}


_SHOWN = re.compile(
    r"""mosquitto_\w+ .*\s-(b|P)\s|Bearer\ \$|(pg_\w+|psql|docker|curl).*(password=|secret=|://\w+:|_URL["}\s])""",
    re.VERBOSE,
)
"""An argument of a program that is, or has in it, a secret; `echo` and `printf` are the shell's own."""


@pytest.mark.parametrize(
    ("line", "shows"),
    [
        ('mosquitto_passwd -b passwords device "$(cat password)"', True),
        ("mosquitto_sub -u device -P secret -t x", True),
        ('curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080', True),
        ('pg_dump --file=dump "$DATABASE_URL"', True),
        ("psql postgresql://me:secret@host/iotconfig", True),
        ("curl -d client_id=a -d client_secret=b http://127.0.0.1:8080", True),
        ('echo "Authorization: Bearer $TOKEN" | curl -H @- http://127.0.0.1:8080', False),
        ("mosquitto_passwd -U passwords", False),
    ],
)
def test_secrets_in_arguments_are_detected(line: str, shows: bool) -> None:
    """This checks the check of the next test."""
    assert shows == _shows_a_secret(line)


def _shows_a_secret(line: str) -> bool:
    return any(
        _SHOWN.search(part) and not part.lstrip("$# ").startswith(("echo ", "printf "))
        for part in line.split(" | ")
    )


def test_no_example_and_no_script_shows_a_secret_in_its_arguments() -> None:
    """Every user of a machine can read arguments."""
    pages = [_ROOT / "README.md", _ROOT / "Makefile", *(_ROOT / "docs").glob("*.md"), *_DEPLOY.rglob("*.*")]
    examples = (_ROOT / "examples").rglob("*.md")

    assert [] == [
        f"{path.name}: {line}"
        for path in [*pages, *examples]
        for line in path.read_text().replace("\\\n", " ").splitlines()
        if _shows_a_secret(line)
    ]


def test_no_option_of_a_command_takes_a_secret() -> None:
    """Secrets come from the environment, from files, or from standard input."""
    words = {"password", "secret", "credential", "bearer", "key"}

    def options(command: click.Command) -> set[str]:
        if isinstance(command, click.Group):
            return set().union(*map(options, command.commands.values()))
        return {str(parameter.name) for parameter in command.params}

    assert set() == {name for name in options(cli) if words & set(name.split("_"))}


def _unit() -> str:
    return (_DEPLOY / "iotconfig.service").read_text()


def test_the_unit_starts_an_existing_command() -> None:
    """Its settings are ours or Python's."""
    (command,) = re.findall(r"^ExecStart=\S+/iotconfig (.+)$", _unit(), re.MULTILINE)
    variables = re.findall(r"^Environment=([A-Z_]+)=", _unit(), re.MULTILINE)

    expect_command(shlex.split(command))
    assert set() == {v for v in variables if v not in _VARIABLES and not v.startswith("PYTHON")}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize(
    "arguments",
    [["verify", "--man=no"], ["security", "--offline=true", "--no-pager", "--threshold=15"]],
    ids=["verify", "security"],
)
def test_systemd_accepts_the_unit(tmp_path: Path, arguments: list[str]) -> None:
    """No directive is unknown, and the exposure is at most 1.5 of 10."""
    unit = tmp_path / "iotconfig.service"
    unit.write_text(_unit().replace("/opt/iotconfig/bin/iotconfig", "/bin/true"))
    run = subprocess.run(
        ["systemd-analyze", *arguments, unit], capture_output=True, text=True, check=False, timeout=60
    )

    assert (0, "") == (run.returncode, run.stderr), run.stdout
