# What the tests need from the operating system, and how to install it. Sourced by setup.sh and postgres.sh.
#
# A need is one of: python browser nginx postgresql libatomic

ENOUGH='import sys; sys.exit(sys.version_info < (3, 11))'

say() { printf '%s\n' "$@" >&2; } # Prints each argument on its own line.
stop() { say "$@"; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }

as_root() { # Runs a command as root without asking for a password, or fails.
    if is_root; then "$@"; else sudo -n "$@"; fi
}

package_manager() { # Prints apt or brew, or nothing for any other.
    if [ "$(uname -s)" = Darwin ]; then echo brew; elif has apt-get; then echo apt; fi
}

can_install() { [ "$(package_manager)" = apt ] && as_root true 2>/dev/null; }

is_ubuntu() { grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; }

describe() { # Prints these needs in words, separated by commas.
    for need in "$@"; do
        case $need in
        python) echo "Python 3.11 or later with its venv module" ;;
        browser) echo "Chromium or Chrome" ;;
        nginx) echo "nginx" ;;
        postgresql) echo "PostgreSQL 14 or later" ;;
        libatomic) echo "libatomic.so.1 (for Playwright)" ;;
        esac
    done | awk 'NR > 1 { printf ", " } { printf "%s", $0 }'
}

packages_for() { # Prints the packages that meet these needs, in one line; nothing if we know none.
    manager=$(package_manager)
    for need in "$@"; do
        case $manager:$need in
        apt:python)
            # An older release (Ubuntu 22.04) offers a newer Python besides its own.
            if [ -x /usr/bin/python3 ] && ! /usr/bin/python3 -c "$ENOUGH"; then
                echo "python3.11 python3.11-venv"
            else
                echo "python3 python3-venv"
            fi
            ;;
        apt:browser) is_ubuntu || echo "chromium" ;; # Ubuntu's package is a stub; we use Playwright's build.
        apt:nginx) echo "nginx-light" ;;
        apt:postgresql) echo "postgresql" ;;
        apt:libatomic) echo "libatomic1" ;;
        brew:python) echo "python@3.13" ;;
        brew:browser) echo "google-chrome" ;;
        brew:nginx) echo "nginx" ;;
        brew:postgresql) echo "postgresql@17" ;;
        esac
    done | awk 'NR > 1 { printf " " } { printf "%s", $0 }'
}

stop_without() { # Prints the problem, $1, and one command that installs the needs, $2…, then exits.
    wrong=$1
    shift
    packages=$(packages_for "$@")
    install="apt-get install -y $packages"
    case $(package_manager):$packages in
    : | *:) stop "$wrong" "Install $(describe "$@"), then run the same command again." ;;
    brew:*) how="Install what is missing:" install="brew install $packages" ;;
    *)
        how="Install what is missing:"
        if is_root; then
            install="apt-get update && $install"
        elif has sudo; then
            install="sudo apt-get update && sudo $install"
        else
            how="Install what is missing, as root:" install="apt-get update && $install"
        fi
        ;;
    esac
    stop "$wrong" "$how" "" "    $install" "" "Then run the same command again."
}

install_needs() { # Installs these needs with one run of apt-get, if that is possible.
    packages=$(packages_for "$@")
    if [ -z "$packages" ] || ! can_install; then return; fi
    new_servers=""
    for server in nginx postgresql; do
        if ! has_service $server; then new_servers="$new_servers $server"; fi
    done
    say "Installing $packages from the system's packages."
    as_root apt-get update -qq >&2 || say "Could not update the package lists; trying with the ones already here."
    case $new_servers in *postgresql*) refuse_cluster ;; esac
    # RUNLEVEL keeps a system without systemd from starting the servers it installs.
    # shellcheck disable=SC2086 # several packages
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -qq --no-install-recommends $packages >&2 || true
    case $new_servers in *postgresql*) allow_cluster ;; esac
    for server in $new_servers; do
        if has_service "$server"; then switch_off "$server"; fi
    done
}

has_service() { [ -e "/etc/init.d/$1" ] || [ -e "/lib/systemd/system/$1.service" ]; }

switch_off() { # The tests start their own servers, so a packaged one runs neither now nor at the next boot.
    as_root update-rc.d "$1" disable >&2 || true
    if [ -d /run/systemd/system ]; then as_root systemctl stop "$1" >&2 || true; fi
}

CLUSTERS=/etc/postgresql-common/createcluster.d

refuse_cluster() { # Keeps the package from creating a database cluster for the system.
    as_root mkdir -p $CLUSTERS
    echo "create_main_cluster = false" | as_root tee $CLUSTERS/samepage.conf >/dev/null
}

allow_cluster() {
    as_root rm -f $CLUSTERS/samepage.conf
    as_root rmdir $CLUSTERS 2>/dev/null || true
}
