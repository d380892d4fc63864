#!/bin/sh
# A Spark of this folder's own, for tests and for trying: Spark Connect with two executors beside it, all on this machine.
#
#   sh deploy/spark.sh install   Spark in .samepage/spark (456 MB once), and Java with apt-get where there is none
#   sh deploy/spark.sh start     start it, wait until it answers, print its address
#   sh deploy/spark.sh stop      stop it and what it started
#
# SPARK_PORT (15002), SPARK_UI_PORT (54040), SPARK_MASTER (local-cluster[2,1,1024]) and SPARK_RUN (where its files are
# while it runs, .samepage/spark/server) choose otherwise; another of each starts a second one. Its tables last as long
# as the server. Nothing but this machine can reach it.
set -eu
cd "$(dirname "$0")/.."

VERSION=4.3.0
JAVA=17
HERE=$PWD/.samepage/spark
PYTHON_HERE=$HERE/venv/bin/python
PORT=${SPARK_PORT:-15002}
UI_PORT=${SPARK_UI_PORT:-54040}
MASTER=${SPARK_MASTER:-local-cluster[2,1,1024]}
RUN=${SPARK_RUN:-$HERE/server}
PID_FILE=$RUN/pid
LOG=$RUN/spark.log
START_SECONDS=120

say() { printf '%s\n' "$@" >&2; } # Each argument is a line.
stop_saying() { say "$@"; exit 1; }
is_installed() { [ "$(cat "$HERE/installed" 2>/dev/null)" = "$VERSION" ]; }
answers() { "$PYTHON_HERE" -c 'import socket, sys; sys.exit(socket.socket().connect_ex(("127.0.0.1", int(sys.argv[1]))) != 0)' "$PORT"; }

process() { # Prints the number of the server that was started here and still runs.
    number=$(cat "$PID_FILE" 2>/dev/null) || return 1
    kill -0 "$number" 2>/dev/null || return 1
    # The number may have gone to another process since: ours names its folder.
    if ! command -v ps >/dev/null; then echo "$number"; return; fi
    ps -ww -o args= -p "$number" 2>/dev/null | grep -qF "$RUN" && echo "$number"
}

is_root() { [ "$(id -u)" -eq 0 ]; }

java_here() { # Prints the number of the Java that Spark would use; 0 where there is none.
    command="${JAVA_HOME:+$JAVA_HOME/bin/}java"
    version=$("$command" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p') || version=""
    echo "${version:-0}"
}

install_java() { # From the system's packages.
    if [ "$(java_here)" -ge $JAVA ]; then return; fi
    if is_root; then set -- env; else set -- sudo -n env; fi
    if [ -n "${JAVA_HOME:-}" ] || ! command -v apt-get >/dev/null || ! "$@" true 2>/dev/null; then
        stop_saying "Spark $VERSION needs Java $JAVA or later; here is $(java_here) (0: none)." \
            "Install it (Debian and Ubuntu: sudo apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17)," \
            "or name its folder: JAVA_HOME=/path/to/java"
    fi
    say "Installing Java from the system's packages."
    set -- "$@" DEBIAN_FRONTEND=noninteractive
    "$@" apt-get update -qq >&2 || say "The lists of packages could not be renewed; trying with those at hand."
    for number in 17 21 25; do # A release of a system has one of them.
        "$@" apt-get install -s -qq "openjdk-$number-jre-headless" >/dev/null 2>&1 || continue
        "$@" apt-get install -y -qq --no-install-recommends "openjdk-$number-jre-headless" >&2 || continue
        if [ "$(java_here)" -ge $JAVA ]; then return; fi
    done
    stop_saying "Java $JAVA could not be installed; the reason is above."
}

install() {
    install_java
    if is_installed; then return; fi
    python=.venv/bin/python
    [ -x $python ] || python=python3
    say "Installing Spark $VERSION in .samepage/spark; it is 456 MB and takes about two minutes."
    mkdir -p "$HERE"
    [ -x "$PYTHON_HERE" ] || "$python" -m venv "$HERE/venv"
    "$PYTHON_HERE" -m pip install --quiet --disable-pip-version-check "pyspark[connect]==$VERSION" ||
        stop_saying "Spark could not be installed; the reason is above."
    echo "$VERSION" >"$HERE/installed"
}

start() {
    [ "$(java_here)" -ge $JAVA ] && is_installed || stop_saying "Spark is not installed here. Run: sh deploy/spark.sh install"
    if process >/dev/null; then
        say "Spark already runs; its log is $LOG."
        echo "sc://127.0.0.1:$PORT"
        return
    fi
    if answers; then stop_saying "Port $PORT is taken. Choose another: SPARK_PORT=$((PORT + 1)) sh deploy/spark.sh start"; fi
    SPARK_HOME=$("$PYTHON_HERE" -c 'import pyspark; print(pyspark.__path__[0])')
    rm -rf "$RUN"
    mkdir -p "$RUN/scratch"
    : >"$LOG"
    # A session of its own, so that one signal reaches the server and its executors.
    (
        cd "$RUN"
        SPARK_HOME=$SPARK_HOME PYSPARK_PYTHON=$PYTHON_HERE SPARK_LOCAL_IP=127.0.0.1 \
            exec setsid nice -n "${SPARK_NICE:-10}" "$SPARK_HOME/bin/spark-submit" \
            --class org.apache.spark.sql.connect.service.SparkConnectServer --name samepage \
            --master "$MASTER" --driver-memory 1g \
            --conf spark.executor.memory=1g \
            --conf spark.connect.grpc.binding.address=127.0.0.1 --conf "spark.connect.grpc.binding.port=$PORT" \
            --conf spark.driver.bindAddress=127.0.0.1 --conf spark.driver.host=127.0.0.1 \
            --conf "spark.ui.port=$UI_PORT" --conf spark.port.maxRetries=0 --conf spark.ui.showConsoleProgress=false \
            --conf "spark.sql.warehouse.dir=$RUN/warehouse" --conf "spark.local.dir=$RUN/scratch" \
            --conf spark.sql.shuffle.partitions=4 --conf spark.sql.session.timeZone=UTC \
            --conf spark.sql.variable.substitute=false --conf spark.sql.parser.escapedStringLiterals=false \
            --conf spark.sql.filesourceTableRelationCacheSize=0 \
            spark-internal
    ) >"$LOG" 2>&1 </dev/null &
    echo $! >"$PID_FILE"
    waited=0
    until grep -q "Spark Connect server started" "$LOG" && answers; do
        if ! kill -0 "$(cat "$PID_FILE")" 2>/dev/null || [ $waited -ge $((START_SECONDS * 5)) ]; then
            tail -n 5 "$LOG" >&2
            stop
            stop_saying "Spark did not start; its last words are above."
        fi
        sleep 0.2
        waited=$((waited + 1))
    done
    echo "sc://127.0.0.1:$PORT"
}

stop() {
    if number=$(process); then
        # With -s, since dash does not know -TERM with --.
        kill -s TERM -- "-$number"
        waited=0
        while kill -s 0 -- "-$number" 2>/dev/null; do
            if [ $waited -ge 100 ]; then kill -s KILL -- "-$number" 2>/dev/null || true; fi
            sleep 0.1
            waited=$((waited + 1))
        done
    fi
    rm -rf "$RUN"
}

case ${1:-} in
install) install ;;
start) start ;;
stop) stop ;;
*) say "Usage: sh deploy/spark.sh install | start | stop"; exit 2 ;;
esac
