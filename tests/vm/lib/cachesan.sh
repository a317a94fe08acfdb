# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# A guest under the cache sanitizer (tests/cachesan): QEMU and the plugin, how
# they are started, and what the report is worth.

# cachesan_ready: leaves OUT/cachesan/cachesan.so.
cachesan_ready() {
	plugin_ready "the cache sanitizer" cachesan
}

# The plugin looks into the guest's page tables by way of the file that holds
# its memory: made anew, as what an earlier guest left would not be empty.
cachesan_args() {
	local mem=${OPT_MEM:-$L_MEM}

	QEMU_ARGS+=(-object "memory-backend-file,id=ram,size=${mem}M,mem-path=$RUN/ram,share=on"
		-plugin "file=$OUT/cachesan/cachesan.so,out=$RUN/cachesan,ram=$L_RAM:$RUN/ram,failfast=off")
}

# The guest's kernel symbols come with the run; vivid tells what its device does.
cachesan_input() {
	rm -f "$LANE_OUT/cachesan.report"
	mkdir -p "$RUN/in/etc/modprobe.d"
	echo "options vivid cachesan=1" >"$RUN/in/etc/modprobe.d/cachesan.conf"
	get "/run/kallsyms:$RUN/kallsyms"
}

# What a lane is there for: the data cache of its CPU, in the plugin's word and,
# where pages can have more than one line, in the kernel's.
cachesan_class_good() {
	local class kernel=

	case $L_CPU in
	arm1176) class=vipt kernel="VIPT aliasing data cache" ;;
	arm926) class=vivt kernel="VIVT data cache" ;;
	*) class=pipt ;;
	esac
	grep -q "^CACHE class=$class " "$1" && grep -qa "$kernel" "$RUN/console.log"
}

# cachesan_verdict: status 1, and said why, unless the report is there and clean.
cachesan_verdict() {
	local report=$LANE_OUT/cachesan.report summary

	if [[ ! -s $RUN/cachesan ]]; then
		say "the cache sanitizer left no report"
		return 1
	fi
	# Without symbols, if the guest did not come so far as to tell them.
	if ! "$TREE/tests/cachesan/symbolise" "$RUN/cachesan" "$RUN/kallsyms" >"$report" 2>&1; then
		cp "$RUN/cachesan" "$report"
	fi
	if ! cachesan_class_good "$report"; then
		say "the CPU has not the data cache that this lane is for: $(grep -m 1 '^CACHE' "$report")"
		return 1
	fi
	summary=$(tail -n 1 "$report")
	[[ $summary != "SUMMARY "*"verdict=CLEAN" ]] || return 0
	say "the cache sanitizer: ${summary:-no summary} (whole report: $report)"
	grep -E '^(VIOLATION|BLIND)' "$report" | head -n 20 >&2 || :
	return 1
}
