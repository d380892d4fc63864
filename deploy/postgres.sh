#!/bin/sh
# A PostgreSQL server for the tests, with its data in .samepage/postgres, sharing nothing with any other server here.
#
#   sh deploy/postgres.sh find      print the folder of the server's programs; fail if they are missing
#   sh deploy/postgres.sh install   find the server's programs, or install them with apt-get
#   sh deploy/postgres.sh start     start it, empty; prints its address with the password
#   sh deploy/postgres.sh stop      stop it and remove its data
#
# SAMEPAGE_POSTGRES_PORT chooses the port (default: the first free one from 55432), SAMEPAGE_POSTGRES_BIN the folder of the
# programs. Started by root, it runs as SAMEPAGE_POSTGRES_USER (postgres), because a server refuses to run as root.
set -eu
cd "$(dirname "$0")/.."
. deploy/system.sh

PLACE=.samepage/postgres
FIRST_PORT=55432
LAST_PORT=55441

find_programs() { # Prints the newest folder with the server's programs.
    if [ -n "${SAMEPAGE_POSTGRES_BIN:-}" ]; then
        [ -x "$SAMEPAGE_POSTGRES_BIN/initdb" ] || stop "SAMEPAGE_POSTGRES_BIN is $SAMEPAGE_POSTGRES_BIN, which has no initdb."
        echo "$SAMEPAGE_POSTGRES_BIN"
        return
    fi
    found=""
    for folder in $(ls -d /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
        2>/dev/null | sort -V); do
        if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ]; then found=$folder; fi
    done
    if [ -z "$found" ] && command -v initdb >/dev/null && command -v pg_ctl >/dev/null; then
        found=$(dirname "$(command -v initdb)")
    fi
    [ -n "$found" ] && echo "$found"
}

install_programs() {
    if find_programs >/dev/null; then return; fi
    install_needs postgresql
    find_programs >/dev/null || stop_without \
        "The tests need PostgreSQL 14 or later. If it is installed elsewhere, set SAMEPAGE_POSTGRES_BIN to the folder of its programs." \
        postgresql
}

as_server() { # Runs a command as the server's user, from a folder that this user can enter.
    if ! is_root; then (cd / && "$@"); return; fi
    (cd / && runuser -u "${SAMEPAGE_POSTGRES_USER:-postgres}" -- "$@")
}

make_place() { # The data folder; if the server's user can't enter this one, it's elsewhere, behind a link.
    mkdir -p .samepage
    mkdir "$PLACE"
    if is_root; then
        chown "${SAMEPAGE_POSTGRES_USER:-postgres}" "$PLACE"
        if ! as_server test -w "$(readlink -f $PLACE)"; then
            rmdir "$PLACE"
            elsewhere=$(mktemp -d "${TMPDIR:-/tmp}/samepage-postgres-XXXXXX")
            chown "${SAMEPAGE_POSTGRES_USER:-postgres}" "$elsewhere"
            ln -s "$elsewhere" "$PLACE"
        fi
    fi
    chmod 700 "$(readlink -f $PLACE)"
}

start_on() { # $1 is the port. Its output goes only into its log: an open pipe would never end.
    as_server "$programs/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 -o "-p $1 -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories='' -c fsync=off -c max_connections=60" start >/dev/null 2>&1 </dev/null
}

start_server() {
    if [ -f "$PLACE/address" ] && is_running; then cat "$PLACE/address"; return; fi
    stop_server
    install_programs
    programs=$(find_programs)
    make_place
    folder=$(readlink -f $PLACE)
    secret=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s' "$secret" | as_server sh -c 'umask 077; cat >"$1/secret"' sh "$folder"
    as_server "$programs/initdb" -D "$folder/data" -E UTF8 --locale=C -U samepage -A scram-sha-256 \
        --pwfile="$folder/secret" --no-sync >/dev/null || stop "PostgreSQL could not prepare $folder/data; the reason is above."
    ports=${SAMEPAGE_POSTGRES_PORT:-$(seq $FIRST_PORT $LAST_PORT)}
    for port in $ports; do
        if start_on "$port"; then
            (umask 077; echo "postgresql://samepage:$secret@127.0.0.1:$port/postgres" >"$folder/address")
            cat "$folder/address"
            return
        fi
        grep -q "Address already in use" "$folder/log" || break
    done
    reason=$(tail -n 5 "$folder/log")
    stop_server
    stop "PostgreSQL did not start on port $(echo $ports | sed 's/ .* / to /'):" "$reason" \
        "Another port is chosen with SAMEPAGE_POSTGRES_PORT."
}

is_running() { as_server "$(find_programs)/pg_ctl" -D "$(readlink -f $PLACE)/data" status >/dev/null 2>&1; }

stop_server() { # Stops only its own server: pg_ctl identifies it by the data folder.
    [ -e "$PLACE" ] || [ -L "$PLACE" ] || return 0
    folder=$(readlink -f $PLACE)
    if is_running; then
        as_server "$(find_programs)/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 ||
            stop "PostgreSQL in $folder did not stop."
    fi
    rm -rf "$folder" "$PLACE"
}

case ${1:-} in
find) find_programs ;;
install) install_programs ;;
start) start_server ;;
stop) stop_server ;;
*) say "Usage: sh deploy/postgres.sh find | install | start | stop"; exit 2 ;;
esac
