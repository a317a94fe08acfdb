# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# A guest whose instructions are counted (tests/bench): QEMU, the plugin and what
# it leaves.

# count_ready: leaves OUT/bench/counter.so.
count_ready() {
	plugin_ready "the counter" bench counter
}

count_args() {
	QEMU_ARGS+=(-plugin "file=$OUT/bench/counter.so,out=$RUN/counts${OPT_COUNT#"${OPT_COUNT%%,*}"}")
}

# A guest that was stopped has left half of it.
count_keep() {
	cp "$RUN/counts" "${OPT_COUNT%%,*}" || die "the counter left nothing: see $RUN/qemu.log"
}
