"""The files in deploy/ keep what their comments promise: the image and the compose file, read as data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from semantic.config.settings import load_settings
from tests.waiting import STUCK

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))  # Any: YAML
SERVICES: dict[str, Any] = COMPOSE["services"]
APPS = ("app-1", "app-2")
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """Return each instruction of the Containerfile with its arguments."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", CONTAINERFILE, flags=re.MULTILINE))
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in joined.splitlines() if line.strip()]


# The image


def test_the_image_is_built_from_existing_files_without_tests_and_secrets() -> None:
    copied = [
        place for word, rest in instructions() if word == "COPY" and "--from" not in rest for place in rest.split()[:-1]
    ]
    assert copied
    assert all((ROOT / place).exists() for place in copied)
    left_out = {"tests", "docs", "deploy/secrets", ".samepage", ".git", "requirements-dev.txt", "."}
    assert not left_out & set(copied)
    code = {"app.py", "pages", "semantic", "connectors", ".streamlit"}
    assert code <= set(copied)


def test_the_image_runs_as_its_own_user_and_checks_itself_with_its_own_tools() -> None:
    words = [word for word, _ in instructions()]
    said = dict(reversed(instructions()))
    bases = [rest for word, rest in instructions() if word in ("ARG", "FROM")]
    assert re.fullmatch(r"PYTHON=docker\.io/library/python:3\.13\.\d+-slim-[a-z]+", bases[0])
    assert words.count("FROM") == 2
    assert said["USER"] == "10001:10001"
    assert words.index("USER") > max(place for place, word in enumerate(words) if word in ("RUN", "COPY"))
    assert said["HEALTHCHECK"].endswith('CMD ["python", "-P", "pages/server/healthy.py", "/_stcore/health"]')
    assert "curl" not in CONTAINERFILE
    assert not re.search(r"(?i)(password|secret|token)\s*=", CONTAINERFILE)


def test_the_licence_goes_with_the_image() -> None:
    assert any(word == "COPY" and "LICENSE" in rest.split() for word, rest in instructions())
    assert any(line == "!LICENSE" for line in (DEPLOY / "Containerfile.dockerignore").read_text("utf-8").splitlines())


def test_copied_files_reach_the_builder_and_secrets_do_not() -> None:
    lines = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    sent = [line.removeprefix("!") for line in lines if line.startswith("!")]
    copied = [
        place for word, rest in instructions() if word == "COPY" and "--from" not in rest for place in rest.split()[:-1]
    ]
    for place in copied:
        assert any(name == place.rstrip("/") or name.startswith(f"{place}/") for name in sent), place
    assert "*" in lines
    assert not [name for name in sent if "secret" in name or name in {".streamlit", "deploy", "."}]


@contextmanager
def server_that_says(status: int) -> Iterator[int]:
    """Run a server that responds to everything with this status, and yield its port."""

    class Says(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"the store does not answer")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Says) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def check_health(port: int) -> subprocess.CompletedProcess[str]:
    # A proxy for outgoing requests must not be used for requests to the machine itself.
    variables = {
        "STREAMLIT_SERVER_PORT": str(port),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-P", str(ROOT / "pages/server/healthy.py"), "/ops/ready"]
    return subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, timeout=STUCK, check=False
    )


@pytest.mark.server
@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1), (302, 1)])
def test_the_health_check_follows_the_response(status: int, code: int) -> None:
    with server_that_says(status) as port:
        checked = check_health(port)
    assert checked.returncode == code
    expected = "" if code == 0 else f"/ops/ready answers {status}: the store does not answer"
    assert checked.stderr.strip() == expected


@pytest.mark.server
def test_the_health_check_fails_without_a_response() -> None:
    with server_that_says(200) as port:
        pass
    checked = check_health(port)
    assert checked.returncode == 1
    assert f"Nothing answers at /ops/ready on port {port}" in checked.stderr


def test_the_variables_of_the_image_are_settings() -> None:
    given = dict(re.findall(r"\b(SAMEPAGE_\w+)=(\S+)", CONTAINERFILE))
    settings = load_settings(given)
    assert settings.log == "json"
    assert settings.store.startswith("/data/")
    assert str(settings.audit_key_file).startswith("/data/")
    assert str(settings.model_cache).startswith("/tmp/")  # the one place that can be written


# The compose file


@pytest.mark.parametrize("name", SERVICES)
def test_a_health_check_uses_only_words_that_every_compose_passes_on(name: str) -> None:
    """podman-compose joins a list of words into one shell line, which a quote or a bracket breaks."""
    kind, *words = SERVICES[name]["healthcheck"]["test"]
    assert kind == "CMD-SHELL" or (kind == "CMD" and all(re.fullmatch(r"[\w./\-]+", word) for word in words))
    if name in APPS:
        assert words == ["python", "-P", "pages/server/healthy.py", "/ops/ready"]


@pytest.mark.parametrize("name", SERVICES)
def test_memory_mounts_use_only_options_that_docker_and_podman_know(name: str) -> None:
    options = [option for place in SERVICES[name]["tmpfs"] for option in place.partition(":")[2].split(",") if option]
    assert {option.partition("=")[0] for option in options} <= {"size", "mode"}


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_has_only_the_rights_that_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["healthcheck"]["test"]
    assert {"mem_limit", "pids_limit", "restart", "tmpfs"} <= set(service)
    assert re.search(r":\d[\w.\-]*$", service["image"]), "an image without a version is another one tomorrow"
    assert not {"privileged", "network_mode", "cap_add"} & set(service)


def test_only_the_proxy_can_be_reached() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["proxy"]
    listening = {
        name: (DEPLOY / "proxy" / name).read_text(encoding="utf-8") for name in ("entrance.conf", "plain.conf")
    }
    inside = [re.search(r"^listen (\d+)", listening[name], re.MULTILINE) for name in listening]
    assert SERVICES["proxy"]["ports"] == [f"{at}:{port[1]}" for at, port in zip((443, 80), inside, strict=True) if port]
    networks = COMPOSE["networks"]
    assert networks["inside"]["internal"] is networks["store"]["internal"] is True
    assert SERVICES["store"]["networks"] == ["store"]
    assert "store" not in SERVICES["proxy"]["networks"]
    assert set(SERVICES["proxy"]["networks"]) == {"front", "inside"}


def test_only_the_proxys_forwarded_address_counts() -> None:
    address = SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]
    for name in APPS:
        assert SERVICES[name]["environment"]["FORWARDED_ALLOW_IPS"] == address


def test_the_file_contains_no_secret_and_every_named_one_exists(tmp_path: Path) -> None:
    declared = set(COMPOSE["secrets"])
    assert all(secret["file"].startswith("./secrets/") for secret in COMPOSE["secrets"].values())
    for service in SERVICES.values():
        secrets = set(service.get("secrets", ()))
        assert secrets <= declared
        values = [str(value) for value in service.get("environment", {}).values()]
        assert {name for value in values for name in re.findall(r"/run/secrets/(\w+)", value)} <= secrets
    variables: dict[str, str] = SERVICES["app-1"]["environment"]
    keyed = [name for name in variables if name.endswith(("_KEY", "_SECRET", "_TOKEN", "_STORE", "_DATA"))]
    assert len(keyed) == 6
    assert all(variables[name].startswith("file:/run/secrets/") for name in keyed)
    for name in re.findall(r"/run/secrets/(\w+)", "\n".join(variables.values())):
        (tmp_path / name).write_text(f"{name} of more than thirty-two characters", encoding="utf-8")
    read = {name: value.replace("/run/secrets", str(tmp_path)) for name, value in variables.items()}
    settings = load_settings({name: value for name, value in read.items() if name != "SAMEPAGE_SETTINGS"})
    assert settings.audit_key == "audit_key of more than thirty-two characters"


def test_both_processes_are_the_same_and_known_to_the_proxy() -> None:
    first, second = ({**SERVICES[name], "depends_on": None, "networks": None} for name in APPS)
    assert first == second
    assert {frozenset(SERVICES[name]["networks"]) for name in APPS} == {frozenset({"inside", "store", "out"})}
    conf = (DEPLOY / "proxy" / "processes.conf").read_text(encoding="utf-8")
    addresses = [SERVICES[name]["networks"]["inside"]["ipv4_address"] for name in APPS]
    assert re.findall(r"^server ([\d.]+):8501 ", conf, re.MULTILINE) == addresses


def test_a_container_is_killed_only_after_its_shutdown_time() -> None:
    grace = int(SERVICES["app-1"]["stop_grace_period"].removesuffix("s"))
    assert grace >= load_settings({}).stop_seconds + 15


def test_a_separate_worker_runs_the_jobs() -> None:
    """The worker has the settings and secrets of the app, can't be reached from anywhere, and checks its own health."""
    worker, app = SERVICES["worker"], SERVICES["app-1"]
    assert load_settings({"SAMEPAGE_WORKER": app["environment"]["SAMEPAGE_WORKER"]}).worker == "off"
    assert worker["command"] == ["python", "-m", "semantic", "worker"]
    assert worker["healthcheck"]["test"] == ["CMD", "python", "-m", "semantic", "worker", "--check"]
    assert set(worker["networks"]) == {"store", "out"}
    assert {name: worker[name] for name in ("environment", "secrets", "image", "stop_grace_period")} == {
        name: app[name] for name in ("environment", "secrets", "image", "stop_grace_period")
    }


def test_the_image_has_the_projects_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert {SERVICES[name]["image"] for name in APPS} == {f"samepage:{version}"}
