#!/usr/bin/env python3
"""Do the commands that sockeye prints beside its evidence show what it says they show?

    evidence.py [--verbose] [FILE]        JSON rows of `sockeye --once -o json`, - or nothing: stdin
    evidence.py [--verbose] -- COMMAND…   the same, of this command's output

For each alert, each fact of `evidence` and `against` that has a `check` is tried: its `command` goes to `sh -c` and the
output must contain `shows`. Run it as the user who ran sockeye, while what it saw is still there. Exit status: 0 all
hold; 1 one does not, an alert has no fact that can be checked, or its fields do not fit together. Evidence as bare
strings (the older form) is counted and never fails.
"""
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

SECONDS = 20            # per command
PROCESSES = 4           # commands at once


def rows_of(text):
    """A JSON array, or JSON lines."""
    try:
        rows = json.loads(text)
    except json.JSONDecodeError:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    return rows if isinstance(rows, list) else [rows]


def alerts_of(rows):
    """Each alert once, with the pid of the rows that have it: a process has it on each of its sockets."""
    found = {}
    for row in rows:
        if alert := row.get("alert"):
            found.setdefault((row["pid"], json.dumps(alert, sort_keys=True)), (row, alert))
    return list(found.values())


def run(command):
    """What a command prints, stdout and stderr, or why there is nothing."""
    try:
        done = subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS)
        return done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return f"(nothing after {SECONDS} s)"


def has_ended(pid):
    """The process, or its first thread alone: then links are below task/TID only."""
    try:
        return not os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return True


def facts_of(alert):
    return [(side, fact) for side in ("evidence", "against") for fact in alert.get(side) or []]


def misfits(pid, alert):
    """What is wrong with an alert before any command runs."""
    if not alert.get("rule") or alert.get("level") not in ("low", "medium", "high"):
        yield f"rule {alert.get('rule')!r}, level {alert.get('level')!r}"
    if not alert.get("evidence"):
        yield "no evidence at all"
    objects = [fact for _, fact in facts_of(alert) if isinstance(fact, dict)]
    if not objects:
        return
    for fact in objects:
        if not fact.get("fact"):
            yield f"a fact without a sentence: {fact}"
    checks = [fact["check"] for fact in objects if fact.get("check")]
    if not any(isinstance(fact, dict) and fact.get("check") for fact in alert["evidence"]):
        yield "no fact of its evidence can be checked"
    for check in checks:
        command, shows = check.get("command"), check.get("shows")
        if not command or not shows:
            yield f"a check without command or what it shows: {check}"
        elif any(ord(character) < 32 or ord(character) == 127 for character in command):
            yield f"control characters in {command!r}"
        elif "commands" in alert and command not in alert["commands"]:
            yield f"not among its commands: {command}"
    if "pids" in alert and pid not in alert["pids"]:
        yield f"its pids {alert['pids']} are without {pid}"


def main():
    argv, command = sys.argv[1:], None
    if "--" in argv:
        argv, command = argv[:argv.index("--")], argv[argv.index("--") + 1:]
    verbose = "--verbose" in argv
    files = [word for word in argv if word != "--verbose"]
    if len(files) > 1 or (files and command) or command == []:
        sys.exit(__doc__)
    if command:
        text = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()
    else:
        text = sys.stdin.read() if files in ([], ["-"]) else open(files[0], encoding="utf-8").read()

    alerts = alerts_of(rows_of(text))
    wanted = {fact["check"]["command"] for _, alert in alerts for _, fact in facts_of(alert)
              if isinstance(fact, dict) and (fact.get("check") or {}).get("command")}
    with ThreadPoolExecutor(PROCESSES) as pool:
        outputs = dict(zip(wanted, pool.map(run, wanted)))

    failed = held = bare = gone = 0
    for row, alert in alerts:
        pid = row["pid"]
        problems, good, has_bare = list(misfits(pid, alert)), [], False
        for side, fact in facts_of(alert):
            if isinstance(fact, str):
                has_bare = True
                continue
            check = fact.get("check") or {}
            if not check.get("command") or not check.get("shows"):
                continue
            output = outputs[check["command"]]
            if check["shows"] in output:
                good.append(f"{side}: {fact.get('fact')}\n      $ {check['command']}\n      {check['shows']}")
            else:
                problems.append(f"{side}: {fact.get('fact')}\n      $ {check['command']}\n      should show: "
                                f"{check['shows']}\n      shows:       {output.strip()[:600]!r}")
        # Alerts about what ended meanwhile prove nothing either way.
        pids = set(alert.get("pids") or []) | {pid}
        if problems and any(has_ended(p) for p in pids):
            gone += 1
            continue
        held, failed, bare = held + len(good), failed + len(problems), bare + has_bare
        if problems or verbose:
            print(f"{alert.get('level'):6} {alert.get('rule')} pid {pid}: {str(row.get('cmdline'))[:80]!r}")
        for problem in problems:
            print(f"  NOT SHOWN  {problem}")
        for line in good if verbose else []:
            print(f"  ok  {line}")
    print(f"{len(alerts)} alerts: {held} facts shown by {len(outputs)} commands, {failed} not, {bare} alerts with "
          f"evidence as bare text, {gone} about processes whose first thread has ended")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
