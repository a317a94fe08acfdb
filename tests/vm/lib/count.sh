# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# A guest whose instructions are counted (tests/bench): QEMU, the plugin and what
# it leaves.

# count_ready: leaves OUT/bench/counter.so.
count_ready() {
	local vars

	[[ $L_KARCH == arm* ]] || die "the counter knows no $L_ARCH"
	qemu_ready
	mapfile -t vars < <(qemu_plugin_vars)
	mkdir -p "$OUT/bench"
	with_lock "$OUT/bench/lock" step "building the counter" "$OUT/bench/build.log" \
		make -C "$TREE/tests/bench" O="$OUT/bench" "${vars[@]}" counter
}

count_args() {
	QEMU_ARGS+=(-plugin "file=$OUT/bench/counter.so,out=$RUN/counts${OPT_COUNT#"${OPT_COUNT%%,*}"}")
}

# A guest that was stopped has left half of it.
count_keep() {
	cp "$RUN/counts" "${OPT_COUNT%%,*}" || die "the counter left nothing: see $RUN/qemu.log"
}
