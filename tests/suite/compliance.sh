#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: compliance.sh [-a ALLOCATOR] [-m "thread irq irq64 irq128"]
#
# v4l2-compliance with streaming on the nodes of the distribution's own vivid
# and on ours, compared test by test: what stock passes, ours must pass. TAP on
# stdout. STOCK_VIVID is the stock module's file; without it, what
# "modprobe -d /stock vivid" loads. irq64 and irq128: with the module told that
# cache lines have so many bytes, as v4l2-compliance puts its buffers 8 bytes in
# front of a page's end.
set -u

# Instance 000 is single-planar, 001 multi-planar.
VIDEO="000-vid-cap 000-vid-out 001-vid-cap 001-vid-out"
OTHER="000-vbi-cap 000-vbi-out 001-sdr-cap 001-meta-cap 001-meta-out 001-touch-cap"
DEVICES="n_devs=2 multiplanar=1,2"
FRAMES=5
LIMIT=${LIMIT:-240}

allocator=2 modes="thread irq irq64 irq128"
while getopts a:m: opt; do
	case $opt in
	a) allocator=$OPTARG ;;
	m) modes=$OPTARG ;;
	*) exit 2 ;;
	esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# point GOOD NAME
point() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
	fi
}

node() {
	for dir in /sys/class/video4linux/*; do
		[ "$(cat "$dir/name")" = "vivid-$1" ] || continue
		echo "/dev/${dir##*/}"
		return 0
	done
	return 1
}

unload() {
	tries=50
	while grep -q '^vivid ' /proc/modules; do
		rmmod vivid 2>/dev/null && return 0
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

# The stock module's dependencies are the ones of ours, and loaded with it.
load_stock() {
	# shellcheck disable=SC2086 # a list of arguments
	if [ -e "${STOCK_VIVID:-}" ]; then
		modprobe vivid && unload && insmod "$STOCK_VIVID" $DEVICES
	else
		modprobe -d /stock vivid $DEVICES
	fi
}

load_ours() {
	irq=0 line=1
	case $1 in irq*) irq=1 ;; esac
	case $1 in irq?*) line=${1#irq} ;; esac
	# shellcheck disable=SC2086 # a list of arguments
	modprobe vivid $DEVICES "allocators=$allocator,$allocator" "dma_irq=$irq" || return 1
	[ "$allocator" != 2 ] ||
		echo "$line" >/sys/module/videobuf2_dma_user/parameters/edge_align
}

# One line "SECTION / TEST: RESULT" for each test of v4l2-compliance's output.
# A test that comes again in the same section gets a number.
results() {
	awk '
	/^[A-Z].*:$/ { section = substr($0, 1, length($0) - 1) }
	/^\ttest / {
		line = substr($0, 7)
		sub(/\/dev\/[a-z0-9-]*/, "node", line)
		colon = match(line, /: (OK|FAIL)/)
		if (!colon)
			next
		name = section " / " substr(line, 1, colon - 1)
		if (seen[name]++)
			name = name " #" seen[name]
		print name ": " substr(line, colon + 2)
	}'
}

# It forks: what it has not written by then would come out once more for each
# child, so it must write line by line.
comply() {
	timeout "$LIMIT" stdbuf -oL v4l2-compliance -P "$@" 2>&1
}

# Does a test fail in FILE that passes in STOCK, or the one that fails when two
# clock readings are 10 ms apart?
suspicious() {
	awk 'NR == FNR { if (sub(/: OK( \(Not Supported\))?$/, "")) ok[$0]; next }
		sub(/: FAIL$/, "") && ($0 in ok || /TIME32\/64/) { bad = 1 }
		END { exit !bad }' "$2" "$1"
}

# again FILE STOCK ARGUMENT...: v4l2-compliance waits and looks at clocks, which
# an emulated and busy CPU may be too slow for: what fails is looked at again,
# and says so. FILE gets what became better.
again() {
	file=$1 stock=$2
	shift 2
	for _ in 1 2 3; do
		suspicious "$file" "$stock" || return 0
		comply "$@" >"$file.again"
		results <"$file.again" >"$file.second"
		awk 'NR == FNR { if (/: OK$/) good[$0]; next }
			{ ok = $0; sub(/: FAIL$/, ": OK", ok); print ok in good ? ok : $0 }' \
			"$file.second" "$file" >"$file.better"
		diff "$file" "$file.better" | sed -n "s/^> /# passes when run again, ${file##*/}: /p"
		mv "$file.better" "$file"
	done
}

# run NAME NODE: leaves results in NAME.NODE, all of the output in .log. The
# output node exports the buffers that the capture node imports.
run() {
	dev=$(node "$2") || return 1
	case $2 in
	*vid-cap) set -- "$1" "$2" -e "$(node "${2%cap}out")" -d "$dev" ;;
	*vbi*) set -- "$1" "$2" -V "$dev" ;;
	*sdr*) set -- "$1" "$2" -S "$dev" ;;
	*touch*) set -- "$1" "$2" -t "$dev" ;;
	*) set -- "$1" "$2" -d "$dev" ;;
	esac
	file=$work/$1.$2 stock=$work/stock.$2
	shift 2
	# Its status is the number of failed tests: compared one by one below.
	comply "-s$FRAMES" "$@" >"$file.log"
	results <"$file.log" >"$file"
	again "$file" "$stock" "$@"
	grep -q '^Total for' "$file.log" && : >"$file.done"
}

# run_instance INSTANCE NAME NODE...: the nodes of that instance, one after the
# other, as they share their device.
run_instance() {
	instance=$1 name=$2
	shift 2
	for id; do
		case $id in
		"$instance"-*) run "$name" "$id" ;;
		esac
	done
}

# compare MODE NODE: what stock passes is a point each. In one process: on a
# kernel full of checkers a fork takes longer than the rest.
compare() {
	awk -v id="$2" -v mode="$1" -v n="$n" '
	function cut(line) {
		match(line, /: [^:]*$/)
		name = substr(line, 1, RSTART - 1)
		result = substr(line, RSTART + 2)
	}
	function point(good, text) {
		printf "%s %d - %s (%s): %s\n", good ? "ok" : "not ok", ++n, id, mode, text
	}
	{ cut($0) }
	NR == FNR { if (!(name in ours)) ours[name] = result; next }
	result !~ /^OK/ { next }
	{
		passed++
		good = name in ours && (ours[name] == result || ours[name] == "OK")
		point(good, name)
		if (!good)
			print "# stock: " result "\n# ours:  " (name in ours ? ours[name] : "no such test")
	}
	END { point(passed > 10, "stock vivid passes a good number of tests (" passed + 0 ")") }
	' "$work/$1.$2" "$work/stock.$2" >"$work/points"
	cat "$work/points"
	! grep -q '^not ok' "$work/points" ||
		grep -n 'fail:' "$work/$1.$2.log" | head -n 10 | sed 's/^/# /'
	n=$((n + $(grep -cE '^(not )?ok ' "$work/points")))
}

# run_all NAME NODE...: the instances are independent, so both at once.
run_all() {
	name=$1
	shift
	run_instance 000 "$name" "$@" &
	run_instance 001 "$name" "$@"
	wait
	for id; do
		[ -e "$work/$name.$id.done" ]
		point $? "$id ($name): v4l2-compliance runs to its end"
	done
	unload
	point $? "$name: vivid can be unloaded afterwards"
}

# What stock vivid makes the kernel print (it may wait for a negative time) is
# no report about us.
unload
echo "vdu: stock code runs" >/dev/kmsg
if load_stock; then
	# shellcheck disable=SC2086 # lists of nodes
	run_all stock $VIDEO $OTHER
else
	point 1 "stock vivid loads"
fi
echo "vdu: stock code ended" >/dev/kmsg
for mode in $modes; do
	# How a buffer completes is of no matter to what only the others do.
	nodes=$VIDEO
	if [ "$mode" = thread ] || [ "$modes" = irq ]; then
		nodes="$VIDEO $OTHER"
	fi
	if load_ours "$mode"; then
		# shellcheck disable=SC2086 # a list of nodes
		run_all "$mode" $nodes
		for id in $nodes; do
			compare "$mode" "$id"
		done
	else
		point 1 "vivid loads ($mode)"
	fi
done
echo "1..$n"
