#!/bin/bash
# Takes the pictures of the README: assets/pictures.sh, as root, on a machine with tmux and iproute2.
#
# Stages the scene of assets/scene.pl in namespaces of its own: two networks with a cable between, and a machine that
# sees only its own processes. Then shows the real program there, and draws what is on its screen (assets/svg.pl).
#   SOCKEYE  the program (target/release/sockeye)
set -euo pipefail
cd "$(dirname "$0")"
: "${SOCKEYE:=../target/release/sockeye}"
SOCKEYE=$(realpath "$SOCKEYE")

if [[ ${1-} != staged ]]; then
    # This network is the other end; all ends with this process.
    exec unshare --net --mount --pid --fork --kill-child --mount-proc "$BASH" "./${0##*/}" staged
fi

work=$(mktemp -d)
tmux() { command tmux -S "$work/tmux" -f /dev/null "$@"; }
trap 'tmux kill-server 2>/dev/null || true; rm -rf "$work"' EXIT

ip link set lo up
for address in 203.0.113.80 198.51.100.7 192.0.2.77 192.0.2.9 192.0.2.200; do
    ip address add "$address/32" dev lo
done
ip link add cable type veth peer name eth0
ip address add 10.0.0.1/24 dev cable
ip link set cable up
perl scene.pl peer &

# The machine: a file system, a name, a network and processes of its own, with numbers as after some days.
# shellcheck disable=SC2016 # for the shell inside
unshare --net --mount --uts --pid --fork --kill-child --mount-proc "$BASH" -c '
    hostname web01
    mount -t tmpfs none /srv
    mount -t tmpfs none /run
    until ip link set eth0 up 2>/dev/null; do sleep 0.05; done
    ip link set lo up
    ip address add 10.0.0.5/24 dev eth0
    ip route add default via 10.0.0.1
    echo 20100 > /proc/sys/kernel/ns_last_pid
    exec perl "$0" host' "$PWD/scene.pl" &
machine=
until machine=$(cat "/proc/$!/task/$!/children" 2>/dev/null) && [[ -n $machine ]]; do sleep 0.05; done
machine=${machine%% *}
ip link set eth0 netns "/proc/$machine/ns/net"

# Until both shells are on their connections.
for _ in {1..100}; do
    [[ $(nsenter -t "$machine" -n -p -m "$SOCKEYE" --check -o jsonl 2>/dev/null | wc -l) -ge 2 ]] && break
    sleep 0.1
done

# picture NAME COLUMNS LINES GROUND INK ARGUMENTS KEYS...
picture() {
    local name=$1 columns=$2 lines=$3 ground=$4 ink=$5 arguments=$6
    shift 6
    tmux new-session -d -s "$name" -x "$columns" -y "$lines" \
        "env XDG_CONFIG_HOME=/nowhere nsenter -t $machine -n -p -m -u '$SOCKEYE' $arguments"
    tmux set-option -g status off
    tmux set-option -g default-terminal tmux-256color
    tmux set-option -ga terminal-overrides ',*:Tc'
    tmux resize-window -t "$name" -x "$columns" -y "$lines"
    for _ in {1..100}; do
        tmux capture-pane -p -t "$name" | grep -q LIVE && break
        sleep 0.1
    done
    sleep 4 # so that something is new, and something closed
    for key in "$@"; do
        tmux send-keys -t "$name" "$key"
        sleep 0.3
    done
    sleep 0.3
    tmux capture-pane -e -p -t "$name" > "$work/screen"
    tmux kill-session -t "$name"
    perl svg.pl "$columns" "$lines" "$ground" "$ink" < "$work/screen" > "$name.svg"
    echo "$name.svg"
}

dark=('#101418' '#d0d0d0')
light=('#ffffff' '#1c1c1c')
picture table 120 26 "${dark[@]}" ''
picture detail 120 30 "${dark[@]}" '' Enter
picture columns 100 24 "${light[@]}" '--theme light' C Down Down
