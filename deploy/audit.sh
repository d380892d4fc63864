#!/bin/sh
# Asks a service of known vulnerabilities about every installed package, with pip-audit in an environment of its own.
#
#   sh deploy/audit.sh   0: none is known; 1: some are, and stand on standard output; 3: nobody could be asked
#
# SAMEPAGE_AUDIT_SERVICE chooses whom pip-audit asks: pypi or osv, else one after the other.
set -eu
cd "$(dirname "$0")/.."

TOOL=pip-audit==2.10.1

say() { printf '%s\n' "$@" >&2; } # Each argument is a line.

place=$(mktemp -d "${TMPDIR:-/tmp}/samepage-audit-XXXXXX")
trap 'rm -rf "$place"' EXIT
trap 'exit 130' HUP INT TERM

say "Installing $TOOL beside the project."
.venv/bin/python -m venv "$place/env"
if ! "$place/env/bin/python" -m pip install --quiet --disable-pip-version-check "$TOOL" >&2; then
    say "Not audited: $TOOL could not be installed. Nothing is known of the packages, good or bad."
    exit 3
fi

packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for service in ${SAMEPAGE_AUDIT_SERVICE:-pypi osv}; do
    say "Asking $service about what is installed in $packages."
    code=0
    "$place/env/bin/pip-audit" --path "$packages" --vulnerability-service "$service" --progress-spinner off --timeout 20 \
        >"$place/found" 2>"$place/said" || code=$?
    # pip-audit ends with 1 both when it finds something and when it cannot ask; only the first prints a table of these.
    if grep -q "^Name  *Version  *ID" "$place/found"; then
        cat "$place/found"
        say "Raise these in requirements.txt or deploy/constraints.txt, or write down why they do not concern us."
        exit 1
    fi
    # It also ends with 0, and says that nothing is known, of packages that the service never answered for.
    skipped=$(cat "$place/found" "$place/said" | grep -c "could not be audited" || true)
    if [ "$code" -eq 0 ] && [ "$skipped" -eq 0 ] && grep -q "No known vulnerabilities" "$place/found" "$place/said"; then
        say "No known vulnerability."
        exit 0
    fi
    [ "$skipped" -eq 0 ] || say "$service gave no answer for $skipped packages."
    say "$service did not answer for all of them: $(tail -n 1 "$place/said")"
done
say "Not audited: no service of vulnerabilities could be asked. Nothing is known of the packages, good or bad."
exit 3
