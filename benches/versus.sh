#!/usr/bin/env bash
# Whole listings by sockeye, each way of collecting, against ss and lsof: CPU, wall and peak memory.
#
#   cargo build --release && LOADGEN=path/to/loadgen benches/versus.sh
#
# Each round runs every program once, so that what else the machine does meets all of them alike; printed are
# medians, and medians of the ratios to ss of the same round. LOADGEN is a program that stages sockets as its arguments
# say, and runs the command behind `--` while they are there; without it the machine is measured as it is.
#   SOCKEYE   the program (target/release/sockeye)       ROUNDS   rounds of each load (5)
#   LOADS     arguments of LOADGEN, one load a line
set -euo pipefail
cd "$(dirname "$0")/.."
: "${SOCKEYE:=target/release/sockeye}" "${ROUNDS:=5}" "${LOADGEN:=}"
: "${LOADS:=--procs 20 --conns 100 --udp 40 --unix 30
--procs 200 --conns 5000
--procs 2000 --conns 5000
--procs 200 --conns 50000}"

[[ -x $SOCKEYE ]] || { echo "no $SOCKEYE: cargo build --release" >&2; exit 1; }

measure() {
    python3 - "$SOCKEYE" "$ROUNDS" <<'PYTHON'
import os, shutil, statistics, subprocess, sys, time

sockeye, rounds = sys.argv[1], int(sys.argv[2])
programs = {"sockeye": [sockeye, "--once", "--output", "json"]}
programs |= {f"sockeye {way}": [sockeye, "--once", "--output", "json", "--collector", way]
            for way in ("bpf", "diag", "text")}
programs["ss -tunxap"] = ["ss", "-tunxap"]
programs["lsof -nP -U -i"] = ["lsof", "-nP", "-U", "-i"]


def succeeds(command, status):
    # lsof says 1 where it could not see everything.
    return os.waitstatus_to_exitcode(status) in ((0, 1) if command[0] == "lsof" else (0,))


def run(command):
    """CPU and wall in ms, peak memory in MiB; none where the program refuses."""
    began = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=NOWHERE)
    _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - began
    if not succeeds(command, status):
        return None
    return (used.ru_utime + used.ru_stime) * 1e3, wall * 1e3, memory(command)


def memory(command):
    """By another run: a child's peak counts what its parent held when it forked, and time(1) is small."""
    if not os.access("/usr/bin/time", os.X_OK):
        return float("nan")
    timed = ["/usr/bin/time", "-f", "%M", *command]
    said = subprocess.run(timed, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False).stderr
    return int(said.split()[-1]) / 1024


NOWHERE = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]

usable = {}
for name, command in programs.items():
    if shutil.which(command[0]) and run(command):  # and warm
        usable[name] = command
    else:
        print(f"skipped: {name} (not there, or it refuses)")
results = {name: [] for name in usable}
for _ in range(rounds):
    for name, command in usable.items():
        results[name].append(run(command) or (float("nan"),) * 3)

base = results.get("ss -tunxap")
print(f"{'':16}{'CPU ms':>9}{'wall ms':>9}{'MiB':>7}{'CPU/ss':>9}{'wall/ss':>9}{'MiB/ss':>8}")
for name, rows in results.items():
    medians = [statistics.median(row[at] for row in rows) for at in range(3)]
    line = f"{name:16}{medians[0]:9.1f}{medians[1]:9.1f}{medians[2]:7.1f}"
    if base:
        ratios = [statistics.median(row[at] / other[at] for row, other in zip(rows, base)) for at in range(3)]
        line += f"{ratios[0]:9.3f}{ratios[1]:9.3f}{ratios[2]:8.2f}"
    print(line)
PYTHON
}

if [[ -n ${STAGED-} ]]; then
    measure >"$STAGED"
    exit
elif [[ -z $LOADGEN ]]; then
    echo "# this machine as it is (no LOADGEN)"
    measure
    exit
fi
measured=$(mktemp)
trap 'rm -f "$measured"' EXIT
# What is staged shares no pipe with this shell: of processes that are linked to one, more is looked at than of others.
while read -r -a load; do
    echo "# ${load[*]}"
    LOADGEN='' STAGED=$measured "$LOADGEN" "${load[@]}" -- "$PWD/benches/versus.sh" </dev/null >/dev/null 2>&1 ||
        echo "skipped: $LOADGEN ${load[*]}" >&2
    cat "$measured"
done <<<"$LOADS"
