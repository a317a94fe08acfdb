# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Paths, messages, locks and logged steps: what every other part needs.

VM_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
TREE=$(cd -- "$VM_DIR/../.." && pwd)
CACHE=${VDU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vb2-dma-user}
OUT=$TREE/out

# Something on the host's side failed: no verdict about the guest is possible.
RC_HOST=97

BUILD_ARCH=$(dpkg --print-architecture)
JOBS=$(nproc)
((JOBS <= 2)) || JOBS=$((JOBS > 8 ? 8 : JOBS))

say() {
	printf '[%s] %s\n' "${LANE:-vm}" "$*" >&2
}

die() {
	say "$*"
	exit "$RC_HOST"
}

# step TEXT LOG COMMAND...: one line when it starts, its output to LOG; at a
# failure the end of LOG is shown. COMMAND must return its failures itself:
# errexit does not reach into a command that is tested.
step() {
	local text=$1 log=$2

	shift 2
	say "$text ..."
	mkdir -p "${log%/*}"
	"$@" >"$log" 2>&1 </dev/null && return 0
	tail -n 25 "$log" >&2
	die "$text: failed; see $log"
}

# with_lock FILE COMMAND...: COMMAND in a subshell, one at a time per FILE.
# COMMAND must not leave processes behind: they would keep the lock.
with_lock() {
	local file=$1 fd

	shift
	mkdir -p "${file%/*}"
	(
		exec {fd}>"$file"
		flock -n "$fd" || {
			say "waiting for another run: ${file##*/}"
			flock "$fd"
		}
		"$@"
	)
}

# older_than FILE MINUTES: also true when FILE does not exist.
older_than() {
	[[ ! -e $1 || -n $(find "$1" -maxdepth 0 -mmin "+$2") ]]
}

# A fresh folder next to where its content will be renamed to. Names carry the
# process, so what an interrupted run left can be told from a live one's.
fresh_dir() {
	local stale pid

	for stale in "$1".tmp.*; do
		pid=${stale##*.}
		[[ ! -e $stale || -d /proc/$pid ]] || rm -rf "$stale"
	done
	mkdir -p "$1.tmp.$$"
	printf '%s\n' "$1.tmp.$$"
}

# What "make" leaves beside the sources of a tree, and hidden files: no inputs.
SOURCES_ONLY=(-type f ! -name '.*' ! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c')

# sync_tree FROM TO: make TO hold FROM's files; what is equal stays untouched,
# so that make sees only true changes, whatever the files' times say. Files
# that FROM lacks are removed when they are sources.
sync_tree() {
	local from=$1 to=$2 f

	mkdir -p "$to"
	while IFS= read -r -d '' f; do
		cmp -s "$from/$f" "$to/$f" && continue
		mkdir -p "$(dirname "$to/$f")"
		cp "$from/$f" "$to/$f" || return
	done < <(cd "$from" && find . "${SOURCES_ONLY[@]}" -print0)
	while IFS= read -r -d '' f; do
		[[ -e $from/$f ]] || rm -f "$to/$f"
	done < <(cd "$to" && find . -name .tmp_versions -prune -o -type f \
		\( -name '*.[chS]' ! -name '*.mod.c' -o -name Kbuild -o -name Makefile \) -print0)
}

# hash_of FILE...: one hash over names and contents, folders taken whole.
hash_of() {
	find "$@" "${SOURCES_ONLY[@]}" -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum |
		sha256sum | cut -c1-16
}
