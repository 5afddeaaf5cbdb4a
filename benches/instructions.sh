#!/usr/bin/env bash
# Instructions that each stage takes for 10,000 made-up sockets, against those of benches/instructions.txt: what it
# costs without the noise of a machine. Needs valgrind.
#
#   benches/instructions.sh           compares; fails where a stage differs by more than 5 %
#   benches/instructions.sh --store   writes the figures down
set -euo pipefail
cd "$(dirname "$0")/.."
stored=benches/instructions.txt

if ! command -v valgrind >/dev/null; then
    echo "skipped: no valgrind"
    exit
fi
# Symbols, to know where a stage begins and ends.
export CARGO_PROFILE_BENCH_STRIP=none
program=$(cargo bench --bench instructions --no-run --message-format json 2>/dev/null |
    sed -n 's/.*"name":"instructions".*"executable":"\([^"]*\)".*/\1/p')

count() {
    local said
    said=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*instructions*counted*' \
        "$program" "$1" 2>&1 >/dev/null) || { echo "$said" >&2; exit 1; }
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' <<<"$said"
}

stages=$("$program")
if [[ ${1-} == --store ]]; then
    for stage in $stages; do echo "$stage $(count "$stage")"; done >"$stored"
    cat "$stored"
    exit
fi
status=0
for stage in $stages; do
    now=$(count "$stage")
    before=$(awk -v stage="$stage" '$1 == stage { print $2 }' "$stored")
    awk -v stage="$stage" -v now="$now" -v before="${before:-0}" 'BEGIN {
        if (before == 0) { printf "%-14s %12d  not stored\n", stage, now; exit 1 }
        ratio = now / before
        differs = ratio > 1.05 || ratio < 0.95
        printf "%-14s %12d  %.3f%s\n", stage, now, ratio, differs ? "  differs" : ""
        exit differs
    }' || status=1
done
exit $status
