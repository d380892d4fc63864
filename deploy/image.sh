#!/bin/sh
# Builds the image and starts it, alone and with compose.yaml, as root on a Debian machine, with only Debian's packages.
#
#   sh deploy/image.sh install   podman and what it needs, with apt-get
#   sh deploy/image.sh build     the image, based on substitutes for the three registry images
#   sh deploy/image.sh check     start it alone, then all of compose.yaml on ports 9443 and 9080; needs build
#   sh deploy/image.sh clean     remove the images, the containers and their data
#
# If no registry can be reached, python, postgres and nginx are Debian's, under the names used in our files. Everything is kept
# separate from other images and containers on the machine. PIP_CONF names pip's settings for the build, if it needs any.
set -eu
cd "$(dirname "$0")/.."

VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
IMAGE=samepage:$VERSION
PYTHON=$(sed -n 's/^ARG PYTHON=//p' deploy/Containerfile)
POSTGRES=$(sed -n 's/^ *image: \(.*postgres:.*\)/\1/p' deploy/compose.yaml)
NGINX=$(sed -n 's/^ *image: \(.*nginx.*\)/\1/p' deploy/compose.yaml)
PLACE=$PWD/.samepage/image
TRUSTED=/etc/ssl/certs/ca-certificates.crt
APART="--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --memory 4g --pids-limit 512 --init"
DEBIAN=trixie

say() { printf '%s\n' "$@" >&2; } # Each argument is a line.
stop() { say "$@"; exit 1; }
holds() { # $1 is a sentence, the rest a command that ends with 0 if it is true.
    claim=$1
    shift
    if "$@" >/dev/null 2>&1; then say "holds: $claim"; else stop "does NOT hold: $claim" "Checked with: $*"; fi
}
fails() { if "$@"; then return 1; fi; }

settle() { # Where podman stores things, and no limits above the caller's: without systemd it may not raise them.
    mkdir -p "$PLACE"
    printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/kept"\nrunroot = "/run/samepage-image"\n' "$PLACE" >"$PLACE/storage.conf"
    printf '[containers]\ndefault_ulimits = ["nofile=%s:%s", "nproc=%s:%s"]\n[engine]\nruntime = "runc"\n' \
        "$(ulimit -Hn)" "$(ulimit -Hn)" "$(limit_of_processes)" "$(limit_of_processes)" >"$PLACE/containers.conf"
    export CONTAINERS_STORAGE_CONF="$PLACE/storage.conf" CONTAINERS_CONF_OVERRIDE="$PLACE/containers.conf"
    export PODMAN_IGNORE_CGROUPSV1_WARNING=1
}

limit_of_processes() { awk '/^Max processes/ { print $4 }' /proc/self/limits | sed 's/unlimited/-1/'; }

install_programs() {
    apt-get update -qq
    # runc: the other runtime refuses machines with both kinds of control groups.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends podman podman-compose runc netavark \
        aardvark-dns nftables catatonit mmdebstrap openssl curl
}

make_base() { # $1 is the name of an image, $2 the packages it needs; the rest of its Containerfile is the input.
    if podman image exists "$1"; then cat >/dev/null; return; fi
    mkdir -p "$PLACE/base"
    { printf 'FROM scratch\nADD root.tar /\n'; cat; } >"$PLACE/base/Containerfile"
    if podman pull -q --retry 0 "$1" >/dev/null 2>&1; then return; fi
    say "$1 isn't available here; using Debian's $2 instead."
    mmdebstrap --quiet --variant=minbase --include="$2" --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' $DEBIAN "$PLACE/base/root.tar" >&2
    podman build -q --pull=never -t "$1" "$PLACE/base" >/dev/null
    rm -r "$PLACE/base"
}

make_bases() {
    make_base "$PYTHON" ca-certificates,python3,python3-venv,python3-pip <<'END'
RUN ln -s /usr/bin/python3 /usr/local/bin/python
END
    make_base "$NGINX" nginx-light <<'END'
USER 101:101
STOPSIGNAL SIGQUIT
END
    # Its entry point only knows the variables that compose.yaml sets.
    make_base "$POSTGRES" postgresql <<'END'
RUN userdel postgres; groupadd -g 999 postgres && useradd -u 999 -g 999 -M -d /var/lib/postgresql postgres \
    && rm -rf /var/lib/postgresql /var/run/postgresql && install -d -m 1777 /var/run/postgresql \
    && install -d -o 999 -g 999 -m 0700 /var/lib/postgresql/data && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ \
    && { echo 'set -eu; export PGDATA=/var/lib/postgresql/data'; \
         echo 'if [ ! -s $PGDATA/PG_VERSION ]; then'; \
         echo '  initdb -U $POSTGRES_USER --pwfile=$POSTGRES_PASSWORD_FILE $POSTGRES_INITDB_ARGS'; \
         echo '  echo "host all all all scram-sha-256" >>$PGDATA/pg_hba.conf'; \
         echo '  pg_ctl -o "-c listen_addresses=" -w start; createdb -U $POSTGRES_USER $POSTGRES_DB; pg_ctl -w stop'; \
         echo 'fi; exec postgres -c listen_addresses=*'; } >/usr/local/bin/begin
USER 999:999
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
CMD ["sh", "/usr/local/bin/begin"]
END
}

build_image() {
    make_bases
    set -- --secret "id=ca.pem,src=$TRUSTED"
    if [ -n "${PIP_CONF:-}" ]; then set -- "$@" --secret "id=pip.conf,src=$PIP_CONF"; fi
    podman build --format docker --pull=never -f deploy/Containerfile -t "$IMAGE" "$@" . >"$PLACE/build.log" 2>&1 ||
        stop "The image couldn't be built; $PLACE/build.log says why. Its last lines:" "$(tail -n 5 "$PLACE/build.log")"
    say "Built $IMAGE: $(podman image inspect "$IMAGE" --format '{{.Size}}' | awk '{ printf "%.0f MB", $1 / 1e6 }') including its base."
}

within() { # Repeats a command until it ends with 0, for at most $1 seconds.
    end=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$end" ] || return 1
        sleep 1
    done
}
inside() { podman exec "$@"; }
is_ended_in_order() { podman logs "$1" 2>&1 | tail -n 1 | grep -q "The server has ended."; }
stops_within() { # $1 seconds, the container $2
    began=$(date +%s)
    podman stop -t 45 "$2" && [ $(($(date +%s) - began)) -le "$1" ]
}

check_alone() {
    podman volume create samepage-check >/dev/null
    holds "the demo company is made in /data" podman run --rm $APART -v samepage-check:/data "$IMAGE" \
        python -m semantic demo --out /data --orders 2000
    podman run -d --name samepage-alone $APART -v samepage-check:/data -e SAMEPAGE_DEMO=1 -e SAMEPAGE_DATA=/data/company.duckdb \
        "$IMAGE" >/dev/null
    holds "it is ready within a minute" within 60 inside samepage-alone python -P pages/server/healthy.py /ops/ready
    holds "the image's own health check passes" podman healthcheck run samepage-alone
    holds "the check of an address that is not found fails" fails inside samepage-alone python -P pages/server/healthy.py /ops/metrics
    holds "it runs as user 10001" inside samepage-alone sh -c '[ "$(id -u)" = 10001 ]'
    holds "it has no capability" inside samepage-alone grep -q '^CapEff:[[:space:]]*0*$' /proc/1/status
    holds "its root cannot be written" fails inside samepage-alone touch /srv/samepage/x
    holds "nothing can be installed into it" fails inside samepage-alone python -m pip --version
    holds "no secret, store, test or history is in it" inside samepage-alone sh -c \
        '! ls -d tests docs deploy .git .samepage .streamlit/secrets.toml requirements.txt /etc/pip.conf 2>/dev/null | grep .'
    holds "it ends within 20 seconds" stops_within 20 samepage-alone
    holds "it has ended in order" is_ended_in_order samepage-alone
    podman cp samepage-alone:/data/company.duckdb "$PLACE/company.duckdb"
}

prepare_compose() { # compose.yaml unchanged except for its two ports; secrets and settings are made for it.
    there=$PLACE/try/deploy
    rm -rf "$PLACE/try"
    mkdir -p "$there/secrets" "$there/data"
    cp -r deploy/proxy "$there"
    sed 's/"443:8443", "80:8080"/"127.0.0.1:9443:8443", "127.0.0.1:9080:8080"/' deploy/compose.yaml >"$there/compose.yaml"
    for name in audit_key mask_key cookie_secret metrics_token store_password; do
        openssl rand -hex 32 >"$there/secrets/$name"
    done
    echo "postgresql://samepage:$(cat "$there/secrets/store_password")@store:5432/samepage" >"$there/secrets/store_address"
    echo /srv/data/company.duckdb >"$there/secrets/data_address"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -out "$there/secrets/certificate.pem" \
        -keyout "$there/secrets/certificate_key.pem" 2>/dev/null
    chmod 444 "$there"/secrets/*
    echo 'demo = true' >"$there/settings.toml"
    mv "$PLACE/company.duckdb" "$there/data"
    printf 'services:\n  app-1: &data {volumes: ["./data:/srv/data:ro"]}\n  app-2: *data\n  worker: *data\n' >"$there/data.yaml"
}

compose() { (cd "$PLACE/try/deploy" && podman-compose -p samepage-check -f compose.yaml -f data.yaml "$@" </dev/null); }
container() { podman ps -a --format '{{.Names}}' | grep "^samepage-check[_-]$1[_-]1$"; }
answers() { # The status of an address: $1 and the start of the address.
    [ "$(curl -sk -o /dev/null --max-time 10 -w '%{http_code}' "$2")" = "$1" ]
}
serves() { for _ in 1 2 3 4 5 6; do answers 200 https://127.0.0.1:9443/ || return 1; done; }
is_healthy() { podman healthcheck run "$(container "$1")"; }

look_after() { # podman leaves regular health checks to systemd, which may be missing; compose waits for their results.
    while sleep 2; do
        for one in $(podman ps -q 2>/dev/null); do podman healthcheck run "$one" >/dev/null 2>&1 || true; done
    done
}

check_compose() {
    prepare_compose
    look_after &
    looking=$!
    holds "compose starts everything, in its order" timeout 240 sh "$0" compose up -d --no-build
    for name in store app-1 app-2 worker proxy; do holds "$name is healthy" within 60 is_healthy "$name"; done
    holds "the proxy serves over https" serves
    holds "who comes without https is led to it" answers 308 http://127.0.0.1:9080/
    holds "a script without https is turned away" answers 403 http://127.0.0.1:9080/api/v1/ask
    holds "readiness is not found from outside" answers 404 https://127.0.0.1:9443/ops/ready
    holds "the proxy does not know the store" fails inside "$(container proxy)" getent hosts store
    for name in store app-1 app-2 worker proxy; do
        holds "the root of $name cannot be written" fails inside "$(container "$name")" touch /x
        holds "$name has no capability" inside "$(container "$name")" grep -q '^CapEff:[[:space:]]*0*$' /proc/1/status
    done
    podman kill "$(container app-1)" >/dev/null
    holds "one process is killed and the other serves" serves
    podman start "$(container app-1)" >/dev/null
    holds "it comes back" within 60 is_healthy app-1
    holds "the other ends within 20 seconds" stops_within 20 "$(container app-2)"
    holds "it has ended in order" is_ended_in_order "$(container app-2)"
    # The proxy avoids a failed process for five seconds, even after it is back.
    holds "the first serves, within some seconds" within 60 serves
}

remove_containers() {
    if [ -n "${looking:-}" ]; then kill "$looking" 2>/dev/null || true; fi
    [ ! -d "$PLACE/try" ] || compose down -v -t 5 >/dev/null 2>&1 || true
    podman rm -f -t 5 samepage-alone >/dev/null 2>&1 || true
    podman volume rm samepage-check >/dev/null 2>&1 || true
    rm -rf "$PLACE/try" "$PLACE/company.duckdb"
}

case ${1:-} in
install | build | check | compose | clean)
    [ "$(id -u)" -eq 0 ] || stop "This starts containers with networks of their own and needs root: sudo sh deploy/image.sh $1"
    ;;
*) say "Usage: sh deploy/image.sh install | build | check | clean"; exit 2 ;;
esac
settle
case $1 in
install) install_programs ;;
build) build_image ;;
check)
    trap remove_containers EXIT
    trap 'exit 130' HUP INT TERM
    check_alone
    check_compose
    say "Everything holds."
    ;;
compose) shift; compose "$@" ;; # What check does with the containers of compose.yaml, within a time limit.
clean)
    remove_containers
    # Not with a reset, which would also remove the networks of the machine's other containers.
    podman rmi -a -f >/dev/null 2>&1 || true
    umount "$PLACE/kept/overlay" 2>/dev/null || true
    rm -rf "$PLACE" /run/samepage-image
    ;;
esac
