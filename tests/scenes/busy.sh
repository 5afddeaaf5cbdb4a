#!/usr/bin/env bash
# A busy machine on which nothing is wrong: builds, logins, editors, databases, workers. Meanwhile sockeye is sampled;
# what it calls medium or high is listed, and exit status is 1 if there was any.
#
#   busy.sh [-m MINUTES] [-i SECONDS] [-b BINARY] [-o PART]... [-x PART]... [--agent] [--install]
#
#   -m 30       how long            -b   sockeye's binary (target/release/sockeye of the project)
#   -i 5        between samples     -o   only this part; -x all but this part (--list names them)
#   --agent     also a CI runner's agent, which calls a server and runs shells by pipes and a terminal for it. It shows
#               the facts of an attack; its alerts are listed apart and never fail.
#   --install   install what busy-packages.txt lists (starts no service); a notebook server goes into an own venv
#
# Needs root, cgroup v2 and network namespaces. All traffic is on loopback or between the namespaces busy-a (10.78.0.1,
# the servers) and busy-v (10.78.0.2). What was started is in the control group /sockeye-busy and ends with this script.
# A part whose programs are not installed is skipped with a note.
set -uo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
A=10.78.0.1 V=10.78.0.2 SINK=10.78.0.3 # the servers have two addresses
PARTS='build ssh cron tmux screen supervisor node vim emacs mc irssi jupyter mosh ansible postgres mariadb redis gdb
pagers git rsync web php pipes sudo containers'

minutes=30 interval=5 binary=$ROOT/target/release/sockeye agent='' install='' only='' except=''
while [ $# -gt 0 ]; do
    case $1 in
    -m) minutes=$2; shift ;;
    -i) interval=$2; shift ;;
    -b) binary=$2; shift ;;
    -o) only="$only $2 "; shift ;;
    -x) except="$except $2 "; shift ;;
    --agent) agent=1 ;;
    --install) install=1 ;;
    --list) echo $PARTS; exit ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift
done
die() { printf 'busy: %s\n' "$*" >&2; exit 2; }
note() { printf 'busy: %s\n' "$*" >&2; }
real_home=$(getent passwd 0 | cut -d: -f6)
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$real_home/.cargo/bin     # no wrappers of python
[ "$(id -u)" = 0 ] || die 'must run as root'

VENV=/var/tmp/sockeye-busy-venv
if [ -n "$install" ]; then
    policy=/usr/sbin/policy-rc.d ours=''
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && ours=1; }
    # shellcheck disable=SC2046 # one package a line
    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        $(cat "$HERE/busy-packages.txt") >/dev/null || note 'not all packages were installed'
    [ -z "$ours" ] || rm -f $policy
    [ -x $VENV/bin/jupyter-server ] || { /usr/bin/python3 -m venv $VENV &&
        $VENV/bin/pip -q install jupyter-server jupyter-server-terminals ipykernel; } || note 'no notebook server'
fi
[ -x "$binary" ] || die "no binary at $binary: cargo build --release, or -b"

# ------------------------------------------------------------ places

D=$(mktemp -d /tmp/sockeye-busy.XXXXXX) && chmod 755 "$D"
cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/sockeye-busy
[ -n "${cgroup%/sockeye-busy}" ] || die 'no cgroup v2 mount'
[ ! -e /run/netns/busy-a ] && [ ! -e "$cgroup" ] || die 'already running, or not cleaned up: busy-a, /sockeye-busy'

members() { cat "$cgroup"/cgroup.procs "$cgroup"/*/cgroup.procs 2>/dev/null; }
down() {
    local tries=100 pid
    exec 2>/dev/null        # bash names each job that is killed
    [ -z "${sampler:-}" ] || kill "$sampler"
    while [ -n "$(members)" ] && [ $((tries -= 1)) -gt 0 ]; do
        for pid in $(members); do kill -9 "$pid" 2>/dev/null; done
        sleep 0.1
    done
    rmdir "$cgroup"/* "$cgroup" 2>/dev/null
    ip netns del busy-a 2>/dev/null; ip netns del busy-v 2>/dev/null
    rm -rf "$D"
}
trap down EXIT
trap 'exit 130' INT TERM HUP
mkdir "$cgroup" "$cgroup/all" "$cgroup/tests" "$cgroup/agent" || die "cannot make $cgroup"
ip netns add busy-a && ip netns add busy-v &&
    ip -n busy-a link add to-v type veth peer name to-a netns busy-v &&
    ip -n busy-a addr add $A/24 dev to-v && ip -n busy-a addr add $SINK/24 dev to-v && ip -n busy-v addr add $V/24 dev to-a || die 'cannot make the namespaces'
for ns in a v; do ip -n busy-$ns link set lo up; done
ip -n busy-a link set to-v up; ip -n busy-v link set to-a up

export D A V HERE ROOT VENV LC_ALL=C.UTF-8 TERM=xterm-256color HISTFILE=/dev/null HOME="$D/home" SCREENDIR="$D/screen"
unset TMUX STY SSH_AUTH_SOCK
mkdir -p "$HOME" && mkdir -m 700 "$SCREENDIR"
SSH="ssh -i $D/id -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p 22"
export SSH

join() { echo "$BASHPID" >"$cgroup/${1:-all}/cgroup.procs"; }
# start GROUP NS COMMAND…: in the background, inside the control group and the namespace, its output in the log.
start() {
    local group=$1 ns=$2
    shift 2
    ( join "$group"
      exec nsenter --net=/run/netns/busy-"$ns" setsid "$@" </dev/null >>"$D/log" 2>&1 ) &
}
run() { start all "$@"; }                                     # run NS COMMAND…
has() {
    local command missing=''
    for command; do [ -n "$(command -v "$command")" ] || missing="$missing $command"; done
    [ -z "$missing" ] || { note "part ${FUNCNAME[1]#part_}: skipped, not installed:$missing"; return 1; }
}
T="tmux -S $D/tmux"
# pane NAME COMMAND [KEYS…]: a window in busy-v; each of KEYS is typed a moment later, followed by Enter.
pane() {
    local name=$1 command=$2
    shift 2
    $T new-window -d -t busy: -n "$name" "cd $D; $command" || note "no window $name"
    [ $# -eq 0 ] || ( join; for keys; do
        sleep 3
        case $keys in *\;) keys="${keys%;}\\;" ;; esac        # a last `;` would be tmux's
        $T send-keys -t "busy:$name" "$keys" Enter
    done ) >>"$D/log" 2>&1 &
}
loop() { run "$1" bash -c "while :; do $2; sleep ${3:-2}; done"; }     # loop NS SHELL-COMMANDS [SECONDS]

# ------------------------------------------------------------ servers on the far side

cat >"$D/far.py" <<'END'
import asyncio, os
async def serve(port, talk, host=os.environ["A"]):
    async def session(r, w):
        try:
            await talk(r, w)
        except OSError:
            pass
        finally:
            w.close()
    await asyncio.start_server(session, host, port)
async def hold(r, w):                       # 7000: accepts and listens
    while await r.read(4096): pass
async def echo(r, w):                       # 7007
    while data := await r.read(4096): w.write(data)
async def drip(r, w):                       # 8000: an HTTP answer that never ends
    await r.readline(); w.write(b"HTTP/1.0 200 OK\r\n\r\n")
    while True:
        w.write(b"# still here\n"); await w.drain(); await asyncio.sleep(1)
async def install(r, w):                    # 8001: a shell script of one minute
    await r.readline(); w.write(b"HTTP/1.0 200 OK\r\n\r\nsleep 1\n")
    for n in range(60):
        w.write(b"echo step; sleep 0.5\n"); await w.drain(); await asyncio.sleep(1)
async def irc(r, w):                        # 6667
    w.write(b":far 001 me :welcome\r\n:far 376 me :end\r\n")
    while line := await r.readline():
        if line.startswith(b"PING"): w.write(b":far PONG far " + line[5:])
async def ftp(r, w):                        # 21: no word about what it does not know, so that clients wait
    w.write(b"220 ready\r\n")
    answers = {b"USER": b"331 go on", b"PASS": b"230 in", b"PWD": b'257 "/"', b"SYST": b"215 UNIX Type: L8", b"TYPE": b"200 ok"}
    while line := await r.readline():
        if answer := answers.get(line[:4].strip()): w.write(answer + b"\r\n")
async def orders(r, w):                     # 7100: what the agent asks for
    while True:
        w.write(b"date; sleep 3\n"); await w.drain(); await asyncio.sleep(5)
async def main():
    for port, talk in ((7000, hold), (7007, echo), (8000, drip), (8001, install), (6667, irc), (21, ftp), (7100, orders)):
        await serve(port, talk)
    await asyncio.Event().wait()
asyncio.run(main())
END
run a python3 "$D/far.py"

# sshd NS ADDRESS: with its own /run, keys and port 22 of its namespace.
ssh-keygen -qt ed25519 -N '' -f "$D/host" && ssh-keygen -qt ed25519 -N '' -f "$D/id" || die 'no ssh-keygen'
sshd() {
    run "$1" unshare --mount sh -c "mount -t tmpfs none /run; mkdir /run/sshd; exec /usr/sbin/sshd -D -p 22 \
        -o ListenAddress=$2 -h $D/host -o AuthorizedKeysFile=$D/id.pub -o StrictModes=no -o PidFile=none \
        -o PermitRootLogin=yes -o UsePAM=no -o SetEnv='HOME=$HOME SHLVL=2'"
}
[ -x /usr/sbin/sshd ] && { sshd a $A; sshd v $V; }
run v tmux -S "$D/tmux" -f /dev/null new-session -d -s busy -x 120 -y 40 'bash --norc -i'
for _ in $(seq 50); do $T has-session -t busy 2>/dev/null && break; sleep 0.2; done
$T set-option -g remain-on-exit on

# ------------------------------------------------------------ parts

part_build() {
    has cargo || return
    start tests v nice -n 19 bash -c 'export HOME='"$real_home"' CARGO_TARGET_DIR=$D/target; cd "$ROOT"
        while :; do cargo build --offline -j 1; cargo test --offline -j 1; touch src/main.rs -c; sleep 5; done'
}
part_ssh() {
    has ssh sshd || return
    pane ssh1 "$SSH root@$A"
    pane ssh2 "$SSH -M -S $D/master root@$A" 'sleep 20' "curl -s http://$A:8000/ >/dev/null"
    pane ssh3 "sleep 5; ssh -S $D/master root@$A"
    pane ssh4 "$SSH -L 127.0.0.1:2222:$A:7000 root@$A"
    run v bash -c "sleep 12; exec nc 127.0.0.1 2222 < <(sleep infinity)"
    # Logins from elsewhere to this machine: a terminal, with -L, without a terminal.
    run a bash -c "sleep 3; exec $SSH -tt root@$V < <(sleep 5; echo 'sleep 100000 & bash --norc -i'; sleep infinity)"
    run a bash -c "sleep 3; exec $SSH -tt -L 127.0.0.1:2223:$A:7000 root@$V < <(sleep infinity)"
    run a bash -c "sleep 12; exec nc 127.0.0.1 2223 < <(sleep infinity)"
    run a bash -c "sleep 3; exec $SSH -T root@$V bash --norc < <(while sleep 3; do echo 'ls /; sleep 2'; done)"
    loop v "$SSH root@$A 'sleep 4; uname -a'"
    loop v "$SSH root@$A 'cat /etc/services; sleep 3' | sh -c 'while read -r l; do :; done'"
    loop v "tar cf - -C $ROOT src | $SSH root@$A 'sleep 2; cat >/dev/null'"
    loop v "$SSH -o ProxyCommand='nc %h %p' root@$A sleep 3"
}
part_cron() {
    has cron curl || return
    mkdir "$D/cron.d" "$D/spool"
    printf '* * * * * root curl -sN -m 40 http://%s:8000/ -o %s/feed; :\n* * * * * root tar cf - %s/src | nc -w 20 %s 7000\n' \
        "$A" "$D" "$ROOT" "$A" >"$D/crontab"
    chmod 600 "$D/crontab"
    run v unshare --mount sh -c 'mount -t tmpfs none /run; mount --bind $D/cron.d /etc/cron.d
        mount --bind $D/spool /var/spool/cron/crontabs; mount --bind $D/crontab /etc/crontab; exec cron -f'
}
part_tmux() {
    pane w1 'bash --norc -i' "curl -sN http://$A:8000/ -o $D/w1"
    pane w2 'sh -i' "nc $A 7000"
    pane w3 'bash --norc -i' 'top -d 1'
    pane w4 'bash --norc -i' "while sleep 1; do curl -s -m 3 http://$A:8000/ | tail -n 1; done"
    pane w5 'bash --norc -i' "openssl s_client -connect $A:7000"
    pane w6 'bash --norc -i' "exec 3< <(curl -sN http://$A:8000/); while read -r -u 3 l; do echo \$l; done"
    pane w7 "watch -n 1 'curl -s -m 2 http://$A:8000/ | head -n 3'"
    pane w8 'script -qc "bash --norc -i" typescript' "curl -sN http://$A:8000/"
    pane w9 'bash --norc -i' 'bash --norc -i' 'sh' 'su -s /bin/bash nobody' "curl -sN http://$A:8000/ >/dev/null"
    has zsh && pane w10 'zsh -fi' "curl -sN http://$A:8000/ | grep here &" 'fg'
}
part_screen() {
    has screen || return
    local n
    run v screen -c /dev/null -D -m -S busy bash --norc -i
    for n in 1 2 3 4; do ( join; sleep $((2 + n)); run v screen -S busy -X screen bash --norc -i ) & done
    ( join; sleep 10; run v screen -S busy -p 0 -X stuff "$SSH root@$A"$'\r'
      run v screen -S busy -p 1 -X stuff "curl -sN http://$A:8000/"$'\r' ) &
    pane screen 'sleep 12; screen -x busy'
}
part_supervisor() {
    has supervisord || return
    {
        printf '[supervisord]\nlogfile=%s/sv.log\npidfile=%s/sv.pid\nnodaemon=true\nuser=root\n' "$D" "$D"
        printf '[program:%s]\ncommand=%s\n' loop "bash $D/service" web "python3 -m http.server -b $V 8100" \
            net "nc $A 7000" shipper "sh -c 'tail -F $D/sv.log | nc $A 7007'" fetch "curl -sN http://$A:8000/ -o /dev/null"
    } >"$D/sv.conf"
    echo 'while :; do date; sleep 2; done' >"$D/service"
    run v supervisord -c "$D/sv.conf"
}
part_node() {
    has node || return
    cat >"$D/worker.js" <<'END'
const net = require("net"), run = require("child_process"), { A, D, V } = process.env;
const upstream = net.connect(7007, A, () => {
  setInterval(() => run.exec("sleep 2; date", (_, out) => upstream.write(out || "")), 3000);
  setInterval(() => run.spawn("bash", ["-e", D + "/step"]).stdout.on("data", d => upstream.write(d)), 4000);
  setInterval(() => run.exec(`curl -s -m 2 http://${A}:8000/ | tail -n 1`), 5000);
  setInterval(() => run.execFile("sh", ["-c", "cat; sleep 1"], () => {}).stdin.end("text"), 5000);
});
upstream.on("data", () => {});
net.createServer(c => run.spawn("sh", ["-c", "sleep 3; uname -a"]).stdout.pipe(c)).listen(process.env.P, V);
END
    echo 'sleep 2; uname -a' >"$D/step"
    run v env P=8200 node "$D/worker.js"
    run v env P=8201 node "$D/worker.js"
    loop a "nc -w 4 $V 8200"
}
part_vim() {
    has vim || return
    local common='vim -Nu NONE -i NONE --not-a-term'
    pane vim1 "$common -c \"let c = ch_open('$A:7000', {'mode': 'raw'})\" -c 'terminal bash --norc -i'"
    pane vim2 "$common -c 'let j = job_start([\"nc\", \"$A\", \"7000\"])' -c 'terminal ++curwin sh -i'"
    pane vim3 "$common $D/far.py" ":!bash --norc -i" "curl -sN http://$A:8000/"
    pane vim4 "$common -c 'let j = job_start([\"sh\", \"-c\", \"sleep 100000; :\"])' -c \"let c = ch_open('$A:7000', {'mode': 'raw'})\""
}
part_emacs() {
    has emacs || return
    local net="(make-network-process :name \"n\" :host \"$A\" :service 7000)"
    pane emacs1 "emacs -nw -Q --eval '(progn $net (shell))'"
    pane emacs2 "emacs -nw -Q --eval '(progn $net (term \"/bin/bash\"))'"
    pane emacs3 "emacs -nw -Q --eval '(progn $net (setq process-connection-type nil) (shell))'"
    pane emacs4 "emacs -nw -Q --eval '(progn (shell-command \"curl -sN http://$A:8000/ &\") (eshell))'"
    # A daemon that opened the terminal of its client.
    run v emacs -Q --fg-daemon="$D/emacs" --eval "(progn $net (shell))"
    pane emacs5 "sleep 8; emacsclient -s $D/emacs -nw $D/far.py"
}
part_mc() {
    has mc || return
    pane mc1 'SHELL=/bin/bash mc / /tmp'
    pane mc2 'SHELL=/bin/bash mc /' "cd ftp://$A/"
    pane mc3 'SHELL=/bin/bash mc /' "curl -sN http://$A:8000/ >/dev/null"
    has lftp && pane lftp "lftp http://$A:8000/" 'get x -o /dev/null &' '!bash --norc -i'
}
part_irssi() {
    has irssi || return
    pane irssi "irssi --home=$D/irssi -c $A -p 6667 -n me" '/exec - -interactive sh' '/exec sleep 100000'
}
part_jupyter() {
    [ -x "$VENV/bin/jupyter-server" ] || { note 'part jupyter: skipped: run with --install'; return; }
    cat >"$D/browser.py" <<'END'
# A browser with one terminal and one kernel that runs a shell command.
import base64, json, os, socket, struct, sys, time, urllib.request
host = sys.argv[1]
def post(path, body=b"{}"):
    return json.load(urllib.request.urlopen(urllib.request.Request(f"http://{host}:8888{path}", body, method="POST")))
def websocket(path):
    s = socket.create_connection((host, 8888)); key = base64.b64encode(os.urandom(16)).decode()
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:8888\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    s.recv(4096); return s
def text(s, message):
    data = json.dumps(message).encode()
    s.sendall(struct.pack(">BBH", 0x81, 0x80 | 126, len(data)) + bytes(4) + data)
for _ in range(60):
    try: terminal = websocket("/terminals/websocket/" + post("/api/terminals")["name"]); break
    except OSError: time.sleep(1)
kernel = websocket("/api/kernels/" + post("/api/kernels", b'{"name": "python3"}')["id"] + "/channels")
code = "import socket; s = socket.create_connection((%r, 7000))\nget_ipython().system('sleep 100000; :')" % os.environ["A"]
text(terminal, ["stdin", "sleep 100000\r"])
text(kernel, {"channel": "shell", "header": {"msg_id": "1", "msg_type": "execute_request", "username": "", "session": "s",
     "version": "5.3", "date": ""}, "parent_header": {}, "metadata": {}, "buffers": [],
     "content": {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}})
while terminal.recv(65536): kernel.setblocking(False)
END
    run v "$VENV/bin/jupyter-server" --allow-root --no-browser --ip=$V --port=8888 --ServerApp.token= --ServerApp.password= \
        --ServerApp.disable_check_xsrf=True --ServerApp.root_dir="$D"
    run a python3 "$D/browser.py" $V
    pane ipython "$VENV/bin/ipython" "import socket; s = socket.create_connection(('$A', 7000))" '!bash --norc -i'
}
part_mosh() {
    has mosh-server mosh-client || return
    # The client's side of the key's way is ssh in life; here the server's first line is read from a file.
    run a sh -c "mosh-server new -i $A -p 60001 -- bash --norc -i >$D/mosh 2>&1; exec sleep infinity"
    run v sh -c "mosh-server new -i $V -p 60002 -- bash --norc -i >$D/mosh2 2>&1; exec sleep infinity"
    pane mosh "sleep 3; MOSH_KEY=\$(awk '/CONNECT/ { print \$4 }' $D/mosh) mosh-client $A 60001" "curl -sN http://$A:8000/"
    run a script -qc "sleep 3; MOSH_KEY=\$(awk '/CONNECT/ { print \$4 }' $D/mosh2) mosh-client $V 60002" /dev/null
}
part_ansible() {
    has ansible || return
    printf '[all]\nhere ansible_connection=local\nthere ansible_host=%s ansible_user=root ansible_ssh_private_key_file=%s\n' \
        $A "$D/id" >"$D/hosts"
    printf '[defaults]\nremote_tmp=%s/remote\nlocal_tmp=%s/local\n' "$D" "$D" >"$D/ansible.cfg"
    loop v "ANSIBLE_HOST_KEY_CHECKING=0 ANSIBLE_CONFIG=$D/ansible.cfg ansible -i $D/hosts all -m shell -a 'sleep 5; date'"
}
part_postgres() {
    local bin
    bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
    [ -x "$bin/initdb" ] || { note 'part postgres: skipped, not installed'; return; }
    mkdir "$D/pg" && chown postgres "$D/pg"
    run a setpriv --reuid postgres --regid postgres --init-groups sh -c "cd /; $bin/initdb -A trust -D $D/pg >/dev/null &&
        echo 'host all all $V/32 trust' >>$D/pg/pg_hba.conf && exec $bin/postgres -D $D/pg -h $A -k $D/pg"
    pane psql1 "sleep 15; psql -h $A -U postgres" '' '' '' '' '\! bash --norc -i' "curl -sN http://$A:8000/ >/dev/null"
    pane psql2 "sleep 15; psql -h $A -U postgres" '' '' '' '' "copy (select 1) to program 'sleep 100000; :';"
    pane psql3 "sleep 15; psql -h $A -U postgres" '' '' '' '' '\o | sh -c "cat >/dev/null"' 'select pg_sleep(100000);'
    loop v "psql -h $A -U postgres -c 'select pg_sleep(3)' | sh -c 'while read -r l; do :; done'"
}
part_mariadb() {
    has mariadbd mariadb-install-db mariadb || return
    mkdir "$D/my" && chown mysql "$D/my"
    run a sh -c "mariadb-install-db --no-defaults --user=mysql --datadir=$D/my --auth-root-authentication-method=normal \
        --skip-test-db >/dev/null && exec mariadbd --no-defaults --user=mysql --datadir=$D/my --bind-address=$A --port=3306 \
        --socket=$D/my/s --skip-grant-tables --skip-networking=0"
    pane mysql1 "sleep 20; mariadb --no-defaults -h $A" '' '' '' '' '' '' '' '\! bash --norc -i' 'sleep 100000'
    pane mysql2 "sleep 20; mariadb --no-defaults -h $A" '' '' '' '' '' '' '' 'pager less' "select sleep(100000);"
    loop v "mariadb-dump --no-defaults -h $A mysql | nc -w 3 $A 7000"
}
part_redis() {
    has redis-server redis-cli || return
    run a redis-server --bind $A --port 6379 --save '' --appendonly no --protected-mode no --dir "$D"
    pane redis1 "sleep 2; redis-cli -h $A monitor"
    loop v "redis-cli -h $A ping" 1
    loop v "redis-cli -h $A -r 5 -i 1 ping | while read -r l; do :; done"
}
part_gdb() {
    has gdb || return
    pane gdb1 'gdb -q bash' 'run --norc -i' "curl -sN http://$A:8000/ >/dev/null"
    pane gdb2 "gdb -q nc" "run $A 7000"
    pane gdb3 "gdb -q -nx" 'shell bash --norc -i'
}
part_pagers() {
    has less || return
    pane less "less $D/far.py" '!bash --norc -i'
    pane less2 "curl -sN http://$A:8000/ | less" '!sh -i'
    has man && pane man "man bash" '!bash --norc -i'
    pane git "cd $ROOT; git -c core.pager=less log -p" '!sh -i'
}
part_git() {
    has git || return
    git clone -q --bare --no-local "$ROOT" "$D/repo.git" >>"$D/log" 2>&1 || { note 'part git: no clone'; return; }
    run a git -c safe.directory='*' daemon --reuseaddr --listen=$A --export-all --base-path="$D" "$D/repo.git"
    loop v "rm -rf $D/clone; git clone -q git://$A/repo.git $D/clone"
    loop v "rm -rf $D/clone2; GIT_SSH_COMMAND='$SSH' git clone -q root@$A:$D/repo.git $D/clone2"
    printf '%s\n' "$SSH \"\$@\"; sleep 2" >"$D/gitssh"
    loop v "GIT_SSH_COMMAND='sh $D/gitssh' git ls-remote -q root@$A:$D/repo.git"
}
part_rsync() {
    has rsync || return
    printf 'use chroot = no\n[src]\npath = %s/src\n' "$ROOT" >"$D/rsyncd.conf"
    run a rsync --daemon --no-detach --address=$A --config="$D/rsyncd.conf"
    loop v "rm -rf $D/copy; rsync -a --bwlimit=100 rsync://$A/src $D/copy"
    loop v "rm -rf $D/copy2; rsync -a --bwlimit=100 -e '$SSH' root@$A:$ROOT/src $D/copy2"
}
part_web() {
    mkdir -p "$D/www/cgi-bin"
    printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n"; sleep 3; date\n' >"$D/www/cgi-bin/x"
    printf '#!/bin/bash\nprintf "Content-Type: text/plain\\n\\n"; curl -s -m 3 http://%s:8000/ | tail -n 1\n' $A >"$D/www/cgi-bin/y"
    chmod -R a+rx "$D/www"
    run v sh -c "cd $D/www; exec python3 -m http.server --cgi -b $V 8300"
    loop a "curl -s -m 5 http://$V:8300/cgi-bin/x" 1
    loop a "curl -s -m 5 http://$V:8300/cgi-bin/y" 1
    has nginx || return
    printf 'daemon off; pid %s/ng.pid; error_log %s/ng.err; events {} http { access_log off;
        client_body_temp_path %s/ng1; proxy_temp_path %s/ng2; fastcgi_temp_path %s/ng3; uwsgi_temp_path %s/ng4; scgi_temp_path %s/ng5;
        server { listen %s:8400; location / { proxy_pass http://%s:8000; proxy_buffering off; } } }\n' \
        "$D" "$D" "$D" "$D" "$D" "$D" "$D" $V $A >"$D/nginx.conf"
    run v nginx -c "$D/nginx.conf"
    loop a "curl -s -m 5 http://$V:8400/" 1
}
part_php() {
    has php || return
    printf '<?php $db = fsockopen("%s", 7000); exec("sleep 2; date"); exec("curl -s -m 2 http://%s:8000/ | tail -n 1"); echo "ok";' \
        $A $A >"$D/index.php"
    run v php -S $V:8500 "$D/index.php"
    loop a "curl -s -m 6 http://$V:8500/" 1
}
part_pipes() {
    loop v "curl -sN http://$A:8001/ | bash" 1
    loop v "{ while sleep 1; do date; done; } | nc $A 7000"
    loop v "tail -n 100 -F $D/log | grep --line-buffered -v none | nc $A 7000"
    loop v "curl -s -m 5 http://$A:8000/ | while read -r l; do echo \"\$l\"; done | nc -w 3 $SINK 7000"
    loop v "seq 8 | xargs -P 4 -I@ sh -c 'curl -s -m 2 http://$A:8000/@ -o /dev/null; :'"
    printf 'all: a b c d\na b c d:\n\tcurl -s -m 4 http://%s:8000/$@ -o /dev/null; :\n' $A >"$D/Makefile"
    has make && loop v "make -s -j 3 -f $D/Makefile"
    has socat && run v socat TCP-LISTEN:8600,bind=$V,fork 'EXEC:bash --norc' && loop a "nc -w 5 $V 8600 < <(echo 'sleep 3'; sleep 4)"
    has expect && {
        printf 'set s [socket %s 7000]\nset timeout -1\nspawn bash %s/ask\nexpect "Name?"\nexp_send "x\\r"\nexpect eof\n' $A "$D" >"$D/x.exp"
        echo 'read -r -p "Name? " n; sleep 6; :' >"$D/ask"
        loop v "expect $D/x.exp"
    }
    cat >"$D/pool.py" <<'END'
import os, socket, subprocess, time
s = socket.create_connection((os.environ["A"], 7007))
while True:
    for n in range(3): s.sendall(subprocess.run("sleep 1; date", shell=True, stdin=subprocess.PIPE, capture_output=True).stdout)
    p = subprocess.Popen(["bash"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE); p.communicate()
    subprocess.run(["sh", "-c", "cat >/dev/null; sleep 1"], input=s.recv(4096))
END
    run v python3 "$D/pool.py"
}
part_sudo() {
    has sudo || return
    pane sudo1 'sudo -s' "curl -sN http://$A:8000/ >/dev/null"
    pane sudo2 'sudo -u nobody bash --norc -i' "nc $A 7000"
    loop v "curl -s -m 8 http://$A:8001/ | sudo -n bash"
}
part_containers() {
    pane box1 'unshare --pid --fork --mount-proc --uts --net bash --norc -i'
    pane box2 'unshare --pid --fork --mount-proc --uts bash --norc -i' "curl -sN http://$A:8000/ >/dev/null"
    # docker exec over a socket: a daemon holds the terminal, its client came in.
    cat >"$D/shim.py" <<'END'
import os, pty, select, socket
l = socket.create_server((os.environ["V"], 2375))
while True:
    c, _ = l.accept()
    pid, m = pty.fork()
    if pid == 0: os.execvp("unshare", ["unshare", "--net", "--pid", "--fork", "sh", "-i"])
    try:
        while True:
            for r in select.select([c, m], [], [])[0]:
                data = (c.recv(4096) if r is c else os.read(m, 4096)) or exit()
                (os.write(m, data) if r is c else c.sendall(data))
    except OSError: pass
END
    run v python3 "$D/shim.py"
    loop a "nc $V 2375 < <(while sleep 2; do echo date; done)"
}
the_agent() {
    cat >"$D/agent.py" <<'END'
import os, pty, socket, subprocess, threading
s = socket.create_connection((os.environ["A"], 7100))
pid, m = pty.fork()
if pid == 0: os.execvp("bash", ["bash", "--norc", "-i"])
p = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
def answers(fd):
    while data := os.read(fd, 4096): s.sendall(data)
for fd in (m, p.stdout.fileno()): threading.Thread(target=answers, args=(fd,), daemon=True).start()
while data := s.recv(4096):
    os.write(m, data); p.stdin.write(data)
END
    start agent v python3 "$D/agent.py"
}

# ------------------------------------------------------------ go

sleep 1
started=''
for part in $PARTS; do
    case $only in '' | *" $part "*) ;; *) continue ;; esac
    case $except in *" $part "*) continue ;; esac
    "part_$part" && started="$started $part"
done
[ -z "$agent" ] || the_agent
sleep 20        # editors are in raw mode and daemons have their client by then
note "started:$started; $(members | wc -l) processes"
nice -n -5 python3 "$HERE/samples.py" --binary "$binary" --minutes "$minutes" --interval "$interval" \
    --group /sockeye-busy --aside /sockeye-busy/tests --aside /sockeye-busy/agent &
sampler=$!
wait $sampler           # not in the foreground, so that a signal ends this at once
status=$? sampler=''
note "at the end: $(members | wc -l) processes; windows whose program has ended:" \
    "$($T list-panes -a -F '#{?pane_dead,#{window_name},}' | xargs)"
[ -z "${KEEP_LOG:-}" ] || cp "$D/log" "$KEEP_LOG"
exit $status
