#!/bin/sh
# Looks up every installed package in a database of known vulnerabilities, with pip-audit in a separate environment.
#
#   sh deploy/audit.sh   0: none known; 1: some, listed on standard output; 3: no database could be reached
#
# SAMEPAGE_AUDIT_SERVICE chooses the database: pypi or osv; otherwise one after the other.
set -eu
cd "$(dirname "$0")/.."

TOOL=pip-audit==2.10.1

say() { printf '%s\n' "$@" >&2; } # Each argument is a line.

place=$(mktemp -d "${TMPDIR:-/tmp}/samepage-audit-XXXXXX")
trap 'rm -rf "$place"' EXIT
trap 'exit 130' HUP INT TERM

say "Installing $TOOL next to the project."
.venv/bin/python -m venv "$place/env"
if ! "$place/env/bin/python" -m pip install --quiet --disable-pip-version-check "$TOOL" >&2; then
    say "Not audited: $TOOL couldn't be installed. Nothing is known about the packages, good or bad."
    exit 3
fi

packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for service in ${SAMEPAGE_AUDIT_SERVICE:-pypi osv}; do
    say "Asking $service about the packages in $packages."
    code=0
    "$place/env/bin/pip-audit" --path "$packages" --vulnerability-service "$service" --progress-spinner off --timeout 20 \
        >"$place/found" 2>"$place/said" || code=$?
    # pip-audit ends with 1 both when it finds something and when it can't ask; only in the first case does it print a table.
    if grep -q "^Name  *Version  *ID" "$place/found"; then
        cat "$place/found"
        say "Raise these in requirements.txt or deploy/constraints.txt, or write down why they don't affect us."
        exit 1
    fi
    # It also ends with 0, and reports nothing known, for packages that the service gave no answer for.
    skipped=$(cat "$place/found" "$place/said" | grep -c "could not be audited" || true)
    if [ "$code" -eq 0 ] && [ "$skipped" -eq 0 ] && grep -q "No known vulnerabilities" "$place/found" "$place/said"; then
        say "No known vulnerability."
        exit 0
    fi
    [ "$skipped" -eq 0 ] || say "$service gave no answer for $skipped packages."
    say "$service didn't answer for all packages: $(tail -n 1 "$place/said")"
done
say "Not audited: no vulnerability database could be reached. Nothing is known about the packages, good or bad."
exit 3
