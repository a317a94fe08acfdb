# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# TAP for host scripts: tap_run NAME COMMAND..., then tap_done.

tap_n=0
# How many points failed so far.
tap_failed=0

# One point: COMMAND succeeds. What it prints is shown only when it does not.
tap_run() {
	local name=$1 output

	shift
	tap_n=$((tap_n + 1))
	if output=$("$@" 2>&1); then
		echo "ok $tap_n - $name"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_n - $name"
		printf '# %s\n' "${output:-no output}" | sed '2,$s/^/# /'
	fi
}

# tap_skip NAME REASON
tap_skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

tap_done() {
	echo "1..$tap_n"
}
