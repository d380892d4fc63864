"""The set-up: what it refuses, what it tells you to do, what it installs, and that it can't run twice at the
same time.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.waiting import STUCK

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("setup.sh", "system.sh", "postgres.sh")
TOOLS = "awk cat chmod cksum cp df dirname du env grep ls mkdir printf readlink rm rmdir sed sh sort tee tr true uname"
ROOT_USER, SOMEBODY = 0, 1000

# The scripts look below the test's folder for everything that a machine has outside this project.
ABSOLUTE = re.compile(r"(?<![\w.}$/])/(?=(?:usr|etc|lib|opt|run|sbin|Applications)/)")

# A Python that makes environments and installs packages instantly; otherwise it is the one that runs the tests.
PYTHON = f"""
case $* in
-m\\ venv*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
-m\\ pip*) [ ! -e MACHINE/offline ] ;;
*playwright*) [ ! -e MACHINE/offline ] && echo MACHINE/no-browser ;;
*import\\ pip*) ;;
*) exec {sys.executable} -S "$@" ;;
esac
"""
PROGRAM = "exit 0"  # starts, whatever its arguments
BROKEN = "exit 1"
POSTGRES = ("usr/lib/postgresql/17/bin/initdb", "usr/lib/postgresql/17/bin/pg_ctl")

# apt-get: each package installs its program; server packages also install a service.
APT = """
[ "$1" = install ] || exit 0
bring() { mkdir -p "$(dirname "MACHINE/$1")" && printf '#!/bin/sh\\nexit 0\\n' >"MACHINE/$1" && chmod +x "MACHINE/$1"; }
for package in "$@"; do
    case $package in
    chromium) bring bin/chromium ;;
    nginx-light) bring usr/sbin/nginx && bring etc/init.d/nginx ;;
    postgresql)
        cp MACHINE/etc/postgresql-common/createcluster.d/samepage.conf MACHINE/cluster
        for place in usr/lib/postgresql/17/bin/initdb usr/lib/postgresql/17/bin/pg_ctl etc/init.d/postgresql; do
            bring $place
        done ;;
    libatomic1) printf '#!/bin/sh\\necho libatomic.so.1\\n' >MACHINE/bin/ldconfig ;;
    esac
done
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A folder with the scripts, and with no programs except those that a test adds."""

    folder: Path

    def has(self, name: str, program: str = PROGRAM) -> None:
        """Add a program by its path, or by name in `bin`. Every call to it is logged."""
        path = self.folder / (name if "/" in name else f"bin/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        log = 'echo "${0##*/} $*" >>MACHINE/log'
        path.write_text(f"#!/bin/sh\n{log}\n{program}\n".replace("MACHINE", str(self.folder)), encoding="utf-8")
        path.chmod(0o755)

    def run(self, *step: str, script: str = "setup.sh", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(self.folder / "deploy" / script), *step],
            env={"PATH": str(self.folder / "bin"), **environment},
            capture_output=True, text=True, check=False, timeout=STUCK,
        )  # fmt: skip

    def calls(self, name: str) -> list[str]:
        """Return the arguments of each call to a program."""
        log = self.folder / "log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [line.removeprefix(f"{name} ") for line in lines if line.startswith(f"{name} ")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A Debian machine with only Python installed, and a user who can't become root."""
    machine = Machine(tmp_path)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS.split():
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    (tmp_path / "deploy").mkdir()
    for name in SCRIPTS:
        script = (ROOT / "deploy" / name).read_text(encoding="utf-8")
        (tmp_path / "deploy" / name).write_text(ABSOLUTE.sub(f"{tmp_path}/", script), encoding="utf-8")
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-engines.txt", "deploy/constraints.txt"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=debian\n", encoding="utf-8")
    machine.has("python3", PYTHON)
    machine.has("id", f"echo {SOMEBODY}")
    machine.has("ldconfig", "echo libc.so.6")
    machine.has("apt-get", BROKEN)
    provider(tmp_path)
    return machine


def provider(folder: Path) -> None:
    """Make the OpenID provider look installed."""
    package = folder / "tests/browser/provider/package.json"
    package.parent.mkdir(parents=True)
    package.write_text("{}", encoding="utf-8")
    (folder / ".samepage/provider").mkdir(parents=True)
    checksum = subprocess.run(["cksum"], input="{}", capture_output=True, text=True, check=True).stdout
    (folder / ".samepage/provider/installed").write_text(checksum, encoding="utf-8")


def become_root(machine: Machine) -> None:
    """Run as root, with an apt-get that works."""
    machine.has("id", f"echo {ROOT_USER}")
    machine.has("apt-get", APT)
    machine.has("update-rc.d")


def install_everything(machine: Machine) -> None:
    for name in ("chromium", "nginx", *POSTGRES):
        machine.has(name)
    machine.has("ldconfig", "echo libatomic.so.1")


# Python

APT_COMMAND = "apt-get update && apt-get install -y"
REMEDIES = {
    "somebody with sudo": "    sudo apt-get update && sudo apt-get install -y python3 python3-venv",
    "somebody without sudo": f"Install what is missing, as root:\n\n    {APT_COMMAND} python3 python3-venv",
    "root": f"Install what is missing:\n\n    {APT_COMMAND} python3 python3-venv",
    "an older Ubuntu": f"    {APT_COMMAND} python3.11 python3.11-venv",
    "a Mac": "    brew install python@3.13",
    "another system": "Install Python 3.11 or later with its venv module, then run the same command again.",
}


@pytest.mark.parametrize("where", REMEDIES)
def test_missing_python_is_named_with_the_command_that_works_here(machine: Machine, where: str) -> None:
    (machine.folder / "bin/python3").unlink()
    match where:
        case "somebody with sudo":
            machine.has("sudo", BROKEN)  # it asks for a password
        case "root":
            become_root(machine)
        case "an older Ubuntu":
            machine.has("usr/bin/python3", BROKEN)
        case "a Mac":
            (machine.folder / "bin/uname").unlink()
            machine.has("uname", "echo Darwin")
        case "another system":
            (machine.folder / "bin/apt-get").unlink()
        case _:
            pass
    answer = machine.run("app")
    assert answer.returncode == 1
    assert answer.stderr.startswith("Python 3.11 or later is missing (looked for: python3.13 python3.12 ")
    assert REMEDIES[where] in answer.stderr
    assert not (machine.folder / ".venv").exists()


def test_python_without_its_venv_module_is_named(machine: Machine) -> None:
    machine.has("python3", "case $* in *ensurepip*) exit 1 ;; esac")
    answer = machine.run("app")
    assert answer.returncode == 1
    assert answer.stderr.startswith("Found python3, but its venv module is missing.\n")
    assert "apt-get install -y python3 python3-venv" in answer.stderr


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (None, "does not start"),
        ("exit 1", "does not start"),
        (
            "case $* in *version_info*) exit 1 ;; --version) echo Python 3.9.2 ;; esac",
            "is Python 3.9.2; Samepage needs 3.11",
        ),
        ("case $* in *ensurepip*) exit 1 ;; esac", "has no venv module"),
    ],
    ids=["missing", "broken", "too old", "without venv"],
)
def test_an_unsuitable_chosen_python_is_refused(machine: Machine, program: str | None, reason: str) -> None:
    chosen = machine.folder / "my python"
    if program is not None:
        machine.has("my python", program)
        chosen = machine.folder / "bin/my python"
    for step in (("app",), ("ready",), ("port", "8501")):
        answer = machine.run(*step, PYTHON=str(chosen))
        assert answer.returncode == 1
        assert answer.stderr.startswith(f"PYTHON is {chosen}, which {reason}")
        assert answer.stderr.endswith("Unset PYTHON, or choose another: make run PYTHON=python3.13\n")
    assert not (machine.folder / ".venv").exists()


def test_a_chosen_python_makes_the_environment(machine: Machine) -> None:
    machine.has("my python", PYTHON)
    (machine.folder / "bin/python3").unlink()
    answer = machine.run("app", PYTHON=str(machine.folder / "bin/my python"))
    assert answer.returncode == 0, answer.stderr
    assert (machine.folder / ".venv/bin/python").exists()


# The port


@pytest.mark.parametrize("port", ["", "x", "-1", "0", "65536", "99999", "123456789012345678901", "08501", "8501 "])
def test_an_invalid_port_is_refused(machine: Machine, port: str) -> None:
    answer = machine.run("port", port)
    assert answer.returncode == 1
    assert answer.stderr == (f"PORT is '{port}', but a port is a number from 1 to 65535. Try: make run PORT=8501\n")


def test_a_taken_port_is_refused_with_another_to_try(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = machine.run("port", str(port))
    assert answer.returncode == 1
    assert f"Port {port} is taken" in answer.stderr
    assert f"make run PORT={port + 1 if port < 65535 else 8501}" in answer.stderr


def test_a_free_port_passes(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    answer = machine.run("port", str(port))
    assert (answer.returncode, answer.stderr) == (0, "")


# The environment


def test_packages_are_installed_once(machine: Machine) -> None:
    assert machine.run("app").returncode == 0
    with hold_lock(machine):  # nothing is left to install, so another set-up doesn't matter
        again = machine.run("app")
    assert (again.returncode, again.stderr) == (0, "")
    (machine.folder / "requirements.txt").write_text("another==1", encoding="utf-8")
    assert machine.run("app").returncode == 0
    assert len([call for call in machine.calls("python") if call.startswith("-m pip install")]) == 2


@contextmanager
def hold_lock(machine: Machine) -> Iterator[None]:
    """Hold the lock, as another run of the set-up would."""
    with (machine.folder / ".samepage/.venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_a_second_set_up_at_the_same_time_is_refused(machine: Machine) -> None:
    with hold_lock(machine):
        answer = machine.run("app")
    assert answer.returncode == 1
    busy = "Another set-up is writing to .venv. Wait for it to finish, then run the same command again.\n"
    assert answer.stderr == busy
    assert not (machine.folder / ".venv").exists()
    # The file that a finished set-up leaves behind locks nothing.
    assert (machine.folder / ".samepage/.venv.lock").exists()
    assert machine.run("app").returncode == 0


def test_a_set_up_holds_its_lock_while_it_installs(machine: Machine) -> None:
    os.mkfifo(machine.folder / "wait")
    machine.has(
        "python3",
        PYTHON.replace("[ ! -e MACHINE/offline ] ;;", "if mkdir MACHINE/first; then cat MACHINE/wait; fi ;;", 1),
    )
    command = ["/bin/sh", str(machine.folder / "deploy/setup.sh"), "app"]
    with subprocess.Popen(
        command, env={"PATH": str(machine.folder / "bin")}, stderr=subprocess.PIPE, text=True
    ) as first:
        assert first.stderr is not None
        while "Installing the packages" not in (line := first.stderr.readline()):
            assert line
        second = machine.run("app")
        (machine.folder / "wait").write_text("go on", encoding="utf-8")
        first.communicate()
    assert second.returncode == 1
    assert "Another set-up is writing to .venv." in second.stderr
    assert first.returncode == 0


@pytest.mark.parametrize(
    ("step", "needs"),
    [("app", "running Samepage needs about 1.3 GB"), ("ready", "running every test needs about 3.3 GB")],
)
def test_a_full_disk_is_reported_before_anything_is_installed(machine: Machine, step: str, needs: str) -> None:
    install_everything(machine)
    (machine.folder / "bin/df").unlink()
    machine.has("df", "echo Filesystem Blocks Used Available; echo disk 9999999 9999999 921600 99% /")
    answer = machine.run(step)
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"Not enough disk space: {needs} more, and 0.9 GB is free.\n")
    assert not (machine.folder / ".venv").exists()


def test_a_failed_install_names_the_network_and_the_free_space(machine: Machine) -> None:
    (machine.folder / "offline").touch()
    answer = machine.run("app")
    assert answer.returncode == 1
    assert "Could not install the packages of requirements.txt" in answer.stderr
    assert "Check the network" in answer.stderr
    assert re.search(r"Free disk space: \d+ MB here, \d+ MB in /tmp", answer.stderr)
    (machine.folder / "offline").unlink()
    assert machine.run("app").returncode == 0


# What the tests need from the system


def test_everything_that_is_missing_is_named_at_once(machine: Machine) -> None:
    answer = machine.run("ready")
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr == (
        "The tests need these, which are missing: Chromium or Chrome, nginx, PostgreSQL 14 or later, "
        "libatomic.so.1 (for Playwright).\n"
        "Install what is missing, as root:\n\n"
        "    apt-get update && apt-get install -y chromium nginx-light postgresql libatomic1\n\n"
        "Then run the same command again.\n"
    )
    assert machine.calls("apt-get") == []
    assert not (machine.folder / ".venv").exists()


def test_missing_python_is_named_with_everything_else(machine: Machine) -> None:
    (machine.folder / "bin/python3").unlink()
    machine.has("nginx")
    machine.has("sudo", BROKEN)
    answer = machine.run("ready")
    assert answer.returncode == 1
    packages = "python3 python3-venv chromium postgresql libatomic1"
    assert f"    sudo apt-get update && sudo apt-get install -y {packages}\n" in answer.stderr


@pytest.mark.parametrize("how", ["root", "sudo"])
def test_everything_that_is_missing_is_installed_at_once(machine: Machine, how: str) -> None:
    become_root(machine)
    if how == "sudo":
        machine.has("id", f"echo {SOMEBODY}")
        machine.has("sudo", 'shift; exec "$@"')
    answer = machine.run("ready")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == ""
    installed = "install -y -qq --no-install-recommends chromium nginx-light postgresql libatomic1"
    assert machine.calls("apt-get") == ["update -qq", installed]
    assert machine.run("proxy").stdout == f"{machine.folder}/usr/sbin/nginx\n"
    assert machine.run("browser").stdout == f"{machine.folder}/bin/chromium\n"
    assert machine.run("find", script="postgres.sh").stdout == f"{machine.folder}/usr/lib/postgresql/17/bin\n"
    assert machine.run("ready").stderr == ""
    assert len(machine.calls("apt-get")) == 2


def test_servers_installed_with_packages_are_switched_off(machine: Machine) -> None:
    become_root(machine)
    assert machine.run("ready").returncode == 0
    assert machine.calls("update-rc.d") == ["nginx disable", "postgresql disable"]
    # PostgreSQL's package created no cluster this time; the next time someone installs it, it may.
    assert (machine.folder / "cluster").read_text(encoding="utf-8") == "create_main_cluster = false\n"
    assert not (machine.folder / "etc/postgresql-common/createcluster.d").exists()


def test_under_systemd_the_servers_are_stopped_too(machine: Machine) -> None:
    become_root(machine)
    machine.has("systemctl")
    (machine.folder / "run/systemd/system").mkdir(parents=True)
    assert machine.run("ready").returncode == 0
    assert machine.calls("systemctl") == ["stop nginx", "stop postgresql"]


def test_a_server_that_was_already_there_stays_on(machine: Machine) -> None:
    become_root(machine)
    machine.has("etc/init.d/nginx")  # a service without its program, as after the package was removed
    machine.has("systemctl")
    assert machine.run("ready").returncode == 0
    assert machine.calls("update-rc.d") == ["postgresql disable"]


def test_packages_that_failed_to_install_are_named(machine: Machine) -> None:
    become_root(machine)
    machine.has("apt-get", APT.replace("nginx-light)", "no-package)"))
    answer = machine.run("ready")
    assert answer.returncode == 1
    assert "The tests need these, which are missing: nginx.\nInstall what is missing:\n\n" in answer.stderr
    assert "    apt-get update && apt-get install -y nginx-light\n" in answer.stderr


@pytest.mark.parametrize("step", ["ready", "browser"])
def test_a_browser_that_playwright_cannot_install_is_named(machine: Machine, step: str) -> None:
    install_everything(machine)
    (machine.folder / "bin/chromium").unlink()
    answer = machine.run(step)
    assert answer.returncode == 1
    assert "The browser tests need Chromium or Chrome, and none could be installed.\n" in answer.stderr
    assert "    apt-get update && apt-get install -y chromium\n" in answer.stderr


def test_playwrights_browser_is_enough(machine: Machine) -> None:
    install_everything(machine)
    (machine.folder / "bin/chromium").unlink()
    machine.has(str(machine.folder / "no-browser"))
    assert machine.run("ready").returncode == 0
    assert machine.run("browser").stdout == f"{machine.folder}/no-browser\n"


def test_ubuntu_uses_playwrights_browser(machine: Machine) -> None:
    (machine.folder / "etc/os-release").write_text("ID=ubuntu\n", encoding="utf-8")
    become_root(machine)
    answer = machine.run("ready")
    assert answer.returncode == 1
    installed = "install -y -qq --no-install-recommends nginx-light postgresql libatomic1"
    assert machine.calls("apt-get") == ["update -qq", installed]
    assert "-m playwright install --with-deps chromium" in machine.calls("python")
    assert "    .venv/bin/python -m playwright install --with-deps chromium\n" in answer.stderr


def test_a_driver_that_does_not_start_is_named(machine: Machine) -> None:
    install_everything(machine)
    assert machine.run("dev").returncode == 0
    machine.has(".venv/lib/python3.13/site-packages/playwright/driver/node", BROKEN)
    answer = machine.run("browser")
    assert answer.returncode == 1
    assert answer.stderr.startswith("Playwright does not start: it needs libatomic.so.1.\n")
    assert "    apt-get update && apt-get install -y libatomic1\n" in answer.stderr


@pytest.mark.parametrize("step", ["ready", "browser"])
def test_a_chosen_browser_that_does_not_start_is_refused(machine: Machine, step: str) -> None:
    answer = machine.run(step, SAMEPAGE_BROWSER="/no/such/browser")
    assert answer.returncode == 1
    assert answer.stderr.startswith("SAMEPAGE_BROWSER is /no/such/browser, which does not start.\n")


@pytest.mark.parametrize("step", ["ready", "proxy"])
def test_a_chosen_nginx_that_does_not_start_is_refused(machine: Machine, step: str) -> None:
    answer = machine.run(step, SAMEPAGE_NGINX="/no/such/nginx")
    assert answer.returncode == 1
    assert answer.stderr.startswith("SAMEPAGE_NGINX is /no/such/nginx, which does not start.\n")


def test_a_missing_chosen_postgres_is_refused(machine: Machine) -> None:
    answer = machine.run("ready", SAMEPAGE_POSTGRES_BIN="/no/such/folder")
    assert answer.returncode == 1
    assert answer.stderr == "SAMEPAGE_POSTGRES_BIN is /no/such/folder, which has no initdb.\n"


def test_install_commands_are_written_in_one_place() -> None:
    for name in ("deploy/setup.sh", "deploy/postgres.sh", "Makefile", ".ci/run"):
        assert not re.search(r"apt-get (?:-\S+ )*install|brew install", (ROOT / name).read_text(encoding="utf-8")), name


# The oldest Python


def test_the_oldest_python_is_the_one_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = re.search(r"^OLDEST=([\d.]+)$", (ROOT / "deploy/setup.sh").read_text(encoding="utf-8"), re.MULTILINE)
    assert oldest is not None
    assert project["requires-python"] == f">={oldest[1]}"


def test_the_oldest_python_gets_its_own_environment(machine: Machine) -> None:
    machine.has("other/python3.11", BROKEN)  # a leftover name from a version manager
    machine.has("python3.11", PYTHON)
    path = ":".join(str(machine.folder / place) for place in ("other", "bin"))
    answer = machine.run("oldest", PATH=path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == f"{machine.folder}/.samepage/oldest/bin/python\n"
    installed = {path.name for path in (machine.folder / ".samepage/oldest").glob("installed-*")}
    assert installed == {"installed-requirements.txt", "installed-requirements-engines.txt"}
    assert not (machine.folder / ".venv").exists()
    assert machine.run("oldest", PATH=path).stderr == ""


def test_a_missing_oldest_python_is_reported_in_one_line(machine: Machine) -> None:
    answer = machine.run("oldest")
    assert (answer.returncode, answer.stdout) == (0, "")
    assert answer.stderr == (
        "Python 3.11 with its venv module is not installed, so the oldest supported version was not tried.\n"
    )
