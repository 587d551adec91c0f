"""Imports: the contracts, planted violations of them, and the modules that each process loads."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SOURCE = CHECKOUT / "src" / "iotconfig"

HEAVY = (
    "PIL", "alembic", "authlib", "cattrs", "cryptography", "falcon", "gevent", "gunicorn", "httpcore",
    "itsdangerous", "joserfc", "jsonschema_rs", "paho", "prometheus_client", "psycopg", "psycopg_pool", "sqlalchemy",
    "tenacity",
)  # fmt: skip


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of a copy of the project, and of no other."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", "../pyproject.toml"],
        cwd=directory / "src",
        env={"PYTHONPATH": str(directory / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


PLANTED = [
    ("domain/mac.py", "import sqlalchemy", "iotconfig.domain.mac -> sqlalchemy"),
    ("domain/models/model.py", "import jsonschema_rs", "iotconfig.domain.models.model -> jsonschema_rs"),
    ("domain/models/checking.py", "from iotconfig.domain.configs import config", "models is not allowed to import iotconfig.domain.configs:"),
    ("domain/documents/content.py", "from iotconfig.domain.models import budget", "documents is not allowed to import iotconfig.domain.models:"),
    ("adapters/jsonschema/rules.py", "from iotconfig.adapters.sql import store", "jsonschema is not allowed to import iotconfig.adapters.sql:"),
    ("domain/configs/service.py", "import falcon", "iotconfig.domain.configs.service -> falcon"),
    ("domain/configs/config.py", "from iotconfig.adapters import codec", "domain is not allowed to import iotconfig.adapters:"),
    ("domain/configs/query.py", "import iotconfig.entrypoints.settings", "domain is not allowed to import iotconfig.entrypoints:"),
    ("adapters/codec/bodies.py", "from iotconfig.entrypoints import wiring", "adapters is not allowed to import iotconfig.entrypoints:"),
    ("adapters/http/app.py", "from iotconfig.adapters.sql import store", "http is not allowed to import iotconfig.adapters.sql:"),
    ("adapters/cli/app.py", "from iotconfig.adapters.http import app", "cli is not allowed to import iotconfig.adapters.http:"),
    ("adapters/oidc/provider_client.py", "from iotconfig.adapters import codec, http", "oidc is not allowed to import iotconfig.adapters.http:"),
    ("adapters/outbound/client.py", "from iotconfig.adapters import pictures", "outbound is not allowed to import iotconfig.adapters.pictures:"),
    ("adapters/telemetry.py", "from iotconfig.adapters import logs", "telemetry is not allowed to import iotconfig.adapters.logs:"),
    ("adapters/codec/bodies.py", "from iotconfig.adapters import memory", "codec is not allowed to import iotconfig.adapters.memory:"),
    ("testing/contracts/config_queries.py", "from iotconfig.adapters.sql import tables", "testing is not allowed to import iotconfig.adapters.sql:"),
    ("testing/contracts/config_queries.py", "from iotconfig.entrypoints import wiring", "testing is not allowed to import iotconfig.entrypoints:"),
    ("entrypoints/web.py", "from iotconfig import testing", "entrypoints is not allowed to import iotconfig.testing:"),
    ("adapters/http/api/configs.py", "from iotconfig.adapters.gunicorn import worker", "http is not allowed to import iotconfig.adapters.gunicorn:"),
    ("domain/announcing/relay.py", "from iotconfig.domain.configs import config", "announcing is not allowed to import iotconfig.domain.configs:"),
    ("domain/assets/asset.py", "from iotconfig.domain.devices import tokens", "assets is not allowed to import iotconfig.domain.devices:"),
    ("domain/rollouts/__init__.py", "", "not listed as layers: - iotconfig.domain.rollouts"),
    ("adapters/sql/tables.py", "from iotconfig.adapters.sql import engine", "No cycles are allowed in iotconfig.adapters.sql."),
    ("entrypoints/library.py", "from iotconfig.adapters import memory", "iotconfig.entrypoints.library -> iotconfig.adapters.memory"),
    ("entrypoints/web_server.py", "from iotconfig.adapters.mqtt import publisher", "iotconfig.entrypoints.web_server -> iotconfig.adapters.mqtt.publisher"),
    ("adapters/cli/edit.py", "from iotconfig.domain.configs.service import ConfigService", "iotconfig.adapters.cli.edit -> iotconfig.domain.configs.service"),
    ("adapters/http/api/documents.py", "from iotconfig.domain.configs.store import Store", "iotconfig.adapters.http.api.documents -> iotconfig.domain.configs.store"),
    ("adapters/remote/configs.py", "from iotconfig.domain.configs import config_edit", "iotconfig.adapters.remote.configs -> iotconfig.domain.configs.config_edit"),
    ("testing/use_cases.py", "from iotconfig.adapters.oidc import roles", "testing is not allowed to import iotconfig.adapters.oidc:"),
    ("plugins/__init__.py", "", "not listed as layers: - iotconfig.plugins"),
    ("adapters/redis.py", "", "not listed as layers: - iotconfig.adapters.redis"),
]  # fmt: skip
"""Imports that a contract forbids and packages that none lists, each with what the checker says of it."""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checker's output about a copy of the sources with all of these violations, on one line."""
    spoiled = tmp_path_factory.mktemp("spoiled")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(CHECKOUT / "src", spoiled / "src", ignore=ignored)
    shutil.copy(CHECKOUT / "pyproject.toml", spoiled)
    for module, line, _ in PLANTED:
        path = spoiled / "src" / "iotconfig" / module
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            file.write(f"\n{line}\n")
    checked = lint_imports(spoiled)
    assert 0 != checked.returncode
    assert "0 kept" in checked.stdout
    return " ".join(checked.stdout.split())


def test_contracts_hold() -> None:
    """Imports point inward, adapters are independent, and the domain is pure."""
    checked = lint_imports(CHECKOUT)

    assert 0 == checked.returncode, checked.stdout
    assert "0 broken" in checked.stdout


@pytest.mark.parametrize(("module", "line", "expected"), PLANTED, ids=[f"{m}: {n}" for m, n, _ in PLANTED])
def test_a_planted_violation_is_caught(said: str, module: str, line: str, expected: str) -> None:
    """Each contract reports an import, or a package, that it forbids."""
    assert expected in said, (module, line)


@cache
def all_imported(directory: Path) -> Sequence[tuple[str, str]]:
    """Each file below a directory, with the top-level packages that it imports."""
    return list(_imports(directory))


def _imports(directory: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(directory.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [str(node.module)]
            for name in names:
                yield str(path.relative_to(directory)), name.partition(".")[0]


def imported(directory: Path) -> Iterator[tuple[str, str]]:
    """Each file below a directory, with the other top-level packages that it imports, without the standard library."""
    for file, top in all_imported(directory):
        if top not in sys.stdlib_module_names and top != "iotconfig":
            yield file, top


def test_the_domain_imports_only_attrs() -> None:
    """This includes libraries that no contract lists."""
    assert {"attrs"} == {top for _, top in imported(SOURCE / "domain")}


def test_the_domain_imports_nothing_concurrent() -> None:
    """The domain has policies; locks, threads, sockets and processes are passed to it through ports."""
    concurrent = {
        "asyncio",
        "concurrent",
        "multiprocessing",
        "os",
        "queue",
        "signal",
        "socket",
        "subprocess",
        "threading",
        "weakref",
    }

    assert set() == {(file, top) for file, top in all_imported(SOURCE / "domain") if top in concurrent}
    assert ("entrypoints/jobs.py", "threading") in set(all_imported(SOURCE))


def names_of(requirements: list[str]) -> set[str]:
    """The distributions that requirements name."""
    return {re.split(r"[\[<>=~! ]", requirement)[0].replace("_", "-") for requirement in requirements}


def test_each_library_is_a_declared_dependency() -> None:
    """Every imported package is declared."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    declared = names_of(project["dependencies"])
    for_suites = declared | names_of(project["optional-dependencies"]["testing"])
    distributions = packages_distributions()
    found = [*imported(SOURCE), *imported(CHECKOUT / "migrations")]

    undeclared = {
        (file, top)
        for file, top in found
        if (for_suites if file.startswith("testing/") else declared).isdisjoint(
            name.lower().replace("_", "-") for name in distributions.get(top, [])
        )
    }
    assert set() == undeclared


def loaded_by(program: str, prints: str = "") -> set[str]:
    """The modules that a new interpreter has loaded after a program, which must print this."""
    script = f"import json, sys\n{program}\nprint('\\n=====' + json.dumps(sorted(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert prints in ended.stdout
    return set(json.loads(ended.stdout.rpartition("=====")[2]))


def test_importing_the_package_loads_no_adapter() -> None:
    """`import iotconfig` with all public names loads only the domain."""
    loaded = loaded_by("import iotconfig\n[getattr(iotconfig, name) for name in iotconfig.__all__]")

    assert "iotconfig.domain.configs.service" in loaded
    assert set() == loaded & {*HEAVY, "click"}
    assert [] == [name for name in loaded if name.startswith(("iotconfig.adapters", "iotconfig.entrypoints"))]


def test_the_list_of_commands_loads_none() -> None:
    """What `--version` and a mistyped command need; a command loads its own module, and not those of others."""
    program = "from iotconfig.adapters.cli.app import cli\nassert 'serve' in sorted(cli.commands)"
    commands = {f"iotconfig.adapters.cli.{name}" for name in ("serve", "config_group", "configs", "devices")}

    assert set() == loaded_by(program) & {*HEAVY, *commands}
    assert {"iotconfig.adapters.cli.serve"} == loaded_by(f"{program}\ncli.commands['serve']") & commands


def test_the_supervisor_loads_no_job_and_no_use_case() -> None:
    """`serve` starts processes that load them; it would need as much memory and processor time as each of these."""
    loaded = loaded_by("import iotconfig.entrypoints.serve")
    used = {
        "announcing.relay",
        "configs.service",
        "configs.store",
        "devices.following",
        "devices.inbox",
        "layering.recomposition_job",
    }

    assert "iotconfig.entrypoints.wiring.jobs" in loaded
    assert set() == loaded & {*HEAVY, "click", *(f"iotconfig.domain.{name}" for name in used)}


@pytest.fixture(scope="module")
def loaded_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that start, worker and relay load on SQLite without further settings, a failure of SQLite included."""
    path = tmp_path_factory.mktemp("loaded") / "configs.db"
    program = (
        "from iotconfig.domain.errors import StoreUnavailable\n"
        "from iotconfig.entrypoints.wiring import access, announcing, databases\n"
        "from iotconfig.entrypoints.wiring.application import app_of\n"
        "from iotconfig.entrypoints.settings import Settings\n"
        f"settings = Settings.from_environ({{'DATABASE_URL': 'sqlite:///{path}', 'MQTT_URL': 'mqtt://127.0.0.1:1'}})\n"
        "databases.migrations(settings).upgrade()\n"
        "app_of(settings)\n"
        "print(access.identity_provider(settings))\n"
        "relay = announcing.relay_job(settings, announcing.broker(settings))\n"
        "relay.open()\nrelay.close()\n"
        f"open({str(path)!r}, 'w').write('x' * 9000)\n"
        "try:\n    databases.migrations(settings).status()\nexcept StoreUnavailable:\n    print('refused')"
    )
    return loaded_by(program, "refused")


def test_a_worker_loads_the_picture_route_at_its_first_request(loaded_on_sqlite: set[str]) -> None:
    """Most workers serve none, and save its memory. Decoders are in separate processes."""
    service = loaded_by(
        "from iotconfig.entrypoints.wiring import pictures\n"
        "from iotconfig.entrypoints.settings import Settings\n"
        "pictures.pictures(Settings.from_environ({}))"
    )

    assert "falcon" in loaded_on_sqlite
    assert [] == [
        name for name in loaded_on_sqlite if name.startswith(("PIL", "iotconfig.adapters.pictures"))
    ]
    assert {"httpcore", "iotconfig.adapters.pictures.decoder_pool"} <= service
    assert [] == [name for name in service if name.startswith("PIL")]


def test_a_start_loads_alembic_only_for_pending_migrations(tmp_path: Path) -> None:
    """Checking the schema needs only the names of the migrations' files."""
    make = (
        "from iotconfig.entrypoints.wiring import databases\n"
        "from iotconfig.entrypoints.settings import Settings\n"
        f"schema = databases.migrations(Settings.from_environ({{'DATABASE_URL': 'sqlite:///{tmp_path}/configs.db'}}))\n"
    )
    first = loaded_by(f"{make}assert schema.upgrade()")
    again = loaded_by(
        f"{make}assert not schema.upgrade()\nschema.require_current()\nassert schema.status().is_current"
    )

    assert "alembic" in first
    assert "sqlalchemy" in again
    assert "alembic" not in again


def test_processes_on_sqlite_load_no_driver_of_another_database(loaded_on_sqlite: set[str]) -> None:
    """This holds for start, worker and relay; failures of SQLite are still translated."""
    assert not {name for name in loaded_on_sqlite if name.startswith("psycopg")}


def test_a_decoder_of_pictures_loads_decoders_only() -> None:
    """It reads untrusted files, so it has no library for network or database."""
    loaded = loaded_by("import iotconfig.adapters.pictures.decoder")

    assert {"PIL"} == loaded & set(HEAVY)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["config", "--help"], ["config", "set", "-h"], ["upgrade-db", "--help"], ["serve", "-h"]],
    ids=" ".join,
)  # fmt: skip
def test_help_loads_only_click(arguments: list[str]) -> None:
    """Help and version need none of the libraries of the commands."""
    run = f"from iotconfig.entrypoints.cli import main\ntry:\n    main({arguments!r}, {{}})\nexcept SystemExit as end:\n    assert not end.code"
    loaded = loaded_by(run)

    assert "click" in loaded
    assert set() == loaded & set(HEAVY)


def test_a_command_on_sqlite_loads_what_a_query_needs(tmp_path: Path) -> None:
    """Most of its time is what it imports: no other database, no conversion of JSON, no part of a service."""
    run = (
        "from iotconfig.entrypoints.cli import main\n"
        f"environ = {{'DATABASE_URL': 'sqlite:///{tmp_path}/configs.db'}}\n"
        "try:\n    main(%r, environ)\nexcept SystemExit as end:\n    assert not end.code"
    )
    loaded_by(run % ["upgrade-db"])
    loaded = loaded_by(run % ["config", "list"], "0 configs")

    of_services = ("http.app", "mqtt", "asset_files", "bulk_helper", "codec", "oidc.provider", "pictures")
    assert {"sqlalchemy"} == loaded & set(HEAVY)
    assert "sqlalchemy.dialects.sqlite" in loaded
    assert "sqlalchemy.dialects.postgresql" not in loaded
    assert [] == [
        name
        for name in loaded
        for part in of_services
        if f"{name}.".startswith(f"iotconfig.adapters.{part}.")
    ]
    assert set() == loaded & {
        "iotconfig.domain.access.sign_in",
        "iotconfig.domain.announcing.relay",
        "iotconfig.domain.assets.upload",
        "iotconfig.domain.configs.bulk_service",
        "iotconfig.domain.devices.service",
        "iotconfig.domain.pictures",
    }


def test_settings_load_no_library_of_adapters() -> None:
    """A section takes its defaults from an adapter's class without the libraries behind it."""
    loaded = loaded_by("from iotconfig.entrypoints.settings import Settings\nSettings.from_environ({})")

    assert "iotconfig.adapters.sql.engine.timeouts" in loaded
    assert set() == loaded & set(HEAVY)


def test_a_service_without_openid_connect_loads_nothing_of_it(loaded_on_sqlite: set[str]) -> None:
    """Without the setting, neither the adapter nor its libraries are loaded."""
    libraries = {"authlib", "httpcore", "joserfc"}
    switched_on = {"OIDC_ENABLED": "1", "OIDC_ISSUER_URL": "https://sso.example", "OIDC_CLIENT_ID": "iot"}
    service = loaded_by(
        "from iotconfig.entrypoints.settings import Settings\n"
        "from iotconfig.entrypoints.wiring.access import identity_provider\n"
        f"print(identity_provider(Settings.from_environ({switched_on})))"
    )

    assert set() == loaded_on_sqlite & libraries
    assert libraries == service & libraries
