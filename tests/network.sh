# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154 # names shared with the scripts
#
# The network of tests/demo and tests/lab, which read this file: two clients, a
# firewall with pptpalgd and a server, each host a network namespace.  All of
# it goes when the script ends.  It needs the name of the script in $me.

LC_ALL=C.UTF-8
export LC_ALL
build=${PPTPALG_BUILD:-build}
prefix=pptpalg-$me-$$
folder=
pids=

say() {
	printf '\n== %s\n' "$*"
}

fail() {
	echo "$me: $*" >&2
	[ -z "$folder" ] || tail -n 20 "$folder"/log "$folder"/client* \
	    "$folder"/server 2>/dev/null >&2
	exit 1
}

in_ns() {
	space=$prefix-$1
	shift
	ip netns exec "$space" "$@"
}

# start NAMESPACE COMMAND...: in the background; its process is $started.
start() {
	space=$prefix-$1
	shift
	ip netns exec "$space" "$@" &
	started=$!
	pids="$pids $started"
}

# shellcheck disable=SC2086 # the numbers are words on purpose
clean() {
	trap '' INT TERM
	[ -z "$pids" ] || kill $pids 2>/dev/null
	wait
	for name in cli1 cli2 fw srv; do
		ip netns del "$prefix-$name" 2>/dev/null
	done
	[ -z "$folder" ] || rm -rf "$folder"
}

# wait_for WHAT COMMAND...: until the command succeeds, a minute at most.
wait_for() {
	what=$1 tries=600
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "no $what after a minute"
		sleep 0.1
	done
}

# cable NAMESPACE DEVICE ADDRESS: from there to the firewall.
cable() {
	ip link add "$2" netns "$prefix-fw" type veth \
	    peer name eth0 netns "$prefix-$1" &&
	    in_ns fw ip link set "$2" up &&
	    in_ns "$1" ip addr add "$3/24" dev eth0 &&
	    in_ns "$1" ip link set eth0 up
}

# client NAMESPACE DEVICE NETWORK
client() {
	cable "$1" "$2" "$3.2" &&
	    in_ns fw ip addr add "$3.1/24" dev "$2" &&
	    in_ns "$1" ip route add default via "$3.1"
}

build_network() {
	for name in cli1 cli2 fw srv; do
		ip netns add "$prefix-$name" || return
		in_ns "$name" ip link set lo up || return
	done
	client cli1 in1 10.77.1 && client cli2 in2 10.77.2 &&
	    cable srv out0 203.0.113.10 &&
	    in_ns fw ip addr add 203.0.113.1/24 dev out0 &&
	    in_ns fw sysctl -qw net.ipv4.ip_forward=1 &&
	    in_ns fw iptables -t nat -A POSTROUTING -o out0 -j MASQUERADE
}

ctl() {
	"$build/pptpalgctl" -s "$folder/socket" "$@"
}

listening() {
	in_ns srv ss -Hltn 'sport = 1723' | grep -q 1723
}

ready() {
	grep -qx ready "$folder/ready"
}

# Writes the configuration, loads the rules and starts the daemon: $daemon.
start_daemon() {
	cat > "$folder/pptpalg.conf" <<-END
	outside = {"out0"}
	control-socket = "$folder/socket"
	journal = "$folder/journal"
	END
	in_ns fw "$build/pptpalgctl" rules -f "$folder/pptpalg.conf" --apply ||
	    fail "cannot make the rules"
	start fw "$build/pptpalgd" -f "$folder/pptpalg.conf" -d \
	    >"$folder/ready" 2>"$folder/log"
	daemon=$started
	wait_for "word of pptpalgd that it is ready" ready
}

start_server() {
	start srv "$build/pptpalg-load" server -b 203.0.113.10 \
	    --from 203.0.113.1 >"$folder/server" 2>&1
	server=$started
	wait_for "server on TCP port 1723" listening
}

picture() {
	cat <<-END
	   client 1  10.77.1.2 --\\
	                           firewall 203.0.113.1 --- server 203.0.113.10
	   client 2  10.77.2.2 --/
	END
}

[ "$(id -u)" = 0 ] || fail "needs root, for network namespaces"
[ -x "$build/pptpalgd" ] || fail "no $build/pptpalgd; run make first"
build=$(realpath "$build")
trap clean EXIT
trap 'exit 1' INT TERM
folder=$(mktemp -d) || exit 1
