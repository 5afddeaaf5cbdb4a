#!/usr/bin/env python3
"""Sample sockeye for a while on a machine where nothing is wrong, and list what it calls medium or high.

    samples.py --binary sockeye --minutes 30 [--interval 5] [--group /NAME] [--aside /NAME/PART]...

Alerts on processes of the control group --group count; of its parts --aside (what is known to show the facts of an
attack), and elsewhere on the machine, they are listed only, but for the staged scenes of /sockeye-range. Exit status: 1 if one counted or sockeye failed.
"""
import argparse
import json
import re
import subprocess
import sys
import time
from collections import Counter

LOUD = ("medium", "high")


def evidence_of(alert):
    return [fact if isinstance(fact, str) else fact["fact"] for fact in alert["evidence"]]


def look(binary):
    done = subprocess.run([binary, "--once", "-o", "json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{binary} exited with {done.returncode}: {done.stderr.decode().strip()}")
    return json.loads(done.stdout)


def place(row, options):
    group = row.get("cgroup") or ""
    inside = lambda parent: group == parent or group.startswith(parent + "/")
    if inside("/sockeye-range"):
        return "staged"
    if any(inside(part) for part in options.aside):
        return "aside"
    return "counted" if not options.group or inside(options.group) else "elsewhere"


def kind(row, alert):
    """What makes two findings the same: all but numbers."""
    words = [alert["rule"], alert["level"], row.get("exe") or "?", (row.get("cmdline") or "")[:160], *evidence_of(alert)]
    return tuple(re.sub(r"\d+", "N", word) for word in words)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--interval", type=float, default=5)
    parser.add_argument("--group", default="")
    parser.add_argument("--aside", action="append", default=[])
    options = parser.parse_args()

    end = time.monotonic() + options.minutes * 60
    seen, example, lows, low_kinds = {}, {}, [], Counter()
    looks = processes = rows_seen = 0
    while looks == 0 or time.monotonic() < end:
        began = time.monotonic()
        rows, once = look(options.binary), set()
        for row in rows:
            alert = row.get("alert")
            if not alert or (row["pid"], alert["rule"]) in once:
                continue
            once.add((row["pid"], alert["rule"]))
            where, what = place(row, options), kind(row, alert)
            if alert["level"] in LOUD:
                seen.setdefault(where, Counter())[what] += 1
                example.setdefault(what, (looks, row, alert))
            elif where == "counted":
                low_kinds[alert["rule"], row.get("exe")] += 1
        own = [row for row in rows if place(row, options) in ("counted", "aside")]
        lows.append(len([row for row in own if row.get("alert") and row["alert"]["level"] == "low"]))
        processes, rows_seen, looks = max(processes, len({row["pid"] for row in own})), max(rows_seen, len(rows)), looks + 1
        time.sleep(max(0, min(began + options.interval, end) - time.monotonic()))

    for where in ("counted", "aside", "elsewhere"):
        found = seen.get(where, Counter())
        print(f"\n{where}: {sum(found.values())} alerts at medium or above in {looks} samples, {len(found)} kinds")
        for what, count in found.most_common():
            sample, row, alert = example[what]
            print(f"  {count} x {alert['rule']} {alert['level']}, first in sample {sample}: pid {row['pid']} {row.get('exe')} "
                  f"in {row.get('cgroup')}\n      {(row.get('cmdline') or '')[:160]!r}\n      {row.get('chain')}")
            for fact in evidence_of(alert) if where != "elsewhere" else []:
                print(f"      - {fact}")
    print(f"\nlow: {sum(low_kinds.values())} on processes of the group, rows at once: at most {max(lows)}, "
          f"in the middle {sorted(lows)[len(lows) // 2]}; at most {processes} processes with sockets, {rows_seen} rows")
    for (rule, exe), count in low_kinds.most_common(20):
        print(f"  {count} x {rule} {exe}")
    return 1 if seen.get("counted") else 0


if __name__ == "__main__":
    sys.exit(main())
