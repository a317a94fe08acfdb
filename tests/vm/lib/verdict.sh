# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# What a run was worth: files fetched from the guest, and the exit status. A
# guest that hangs, dies or complains never gets COMMAND's status.

RC_REPORT=99 RC_NO_BOOT=98 RC_TIMEOUT=124

# The result disk's tar; none when the guest did not come that far. Status 1:
# there is one, but only a part of it.
result_unpack() {
	mkdir "$RUN/out"
	[[ $(head -c 512 "$RUN/result" | tr -d '\0' | wc -c) != 0 ]] || return 0
	tar -xf "$RUN/result" -C "$RUN/out" --no-same-owner --warning=no-timestamp && return
	say "the result disk holds no whole archive"
	return 1
}

# Puts --get's files in their places; status 1 when one is missing.
result_fetch() {
	local i from to rc=0

	[[ ! -e $RUN/out/missing ]] || sed "s/^/[$LANE] /" "$RUN/out/missing" >&2
	for ((i = 0; i < ${#GET_FROM[@]}; i++)); do
		from=$RUN/out/get.$((i + 1)) to=${GET_TO[i]}
		if [[ ! -e $from ]]; then
			say "not fetched: ${GET_FROM[i]}"
			rc=1
		elif [[ -d $from ]]; then
			mkdir -p "$to"
			cp -r "$from/." "$to/"
		else
			[[ ! -d $to ]] || to=$to/${GET_FROM[i]##*/}
			mkdir -p "$(dirname "$to")"
			cp "$from" "$to"
		fi
	done
	return "$rc"
}

# Sets VERDICT and says why, when it isn't COMMAND's own status.
verdict() {
	local log=$RUN/console.log kept=$LANE_OUT/console.log reports judged=0 fetched=0

	result_unpack || fetched=1
	result_fetch || fetched=1
	reports=$(klog_reports "$log") || judged=$?
	((judged <= 1)) || die "the kernel log could not be searched"
	if [[ $reports ]]; then
		VERDICT=$RC_REPORT
		say "the kernel log has reports (whole log: $kept):"
		head -n 20 <<<"$reports" >&2
	elif ((QEMU_RC == 124 || QEMU_RC == 137)); then
		VERDICT=$RC_TIMEOUT
		say "no end after $OPT_TIMEOUT s$(booted "$log" || echo ', not even booted'); kernel log: $kept"
	elif ! booted "$log"; then
		VERDICT=$RC_NO_BOOT
		say "the guest did not boot; kernel log: $kept"
		{ grep -a 'vdu: ' "$log" || tail -n 5 "$log"; tail -n 5 "$RUN/qemu.log"; } >&2
	elif [[ $OPT_CACHESAN ]] && ! cachesan_verdict; then
		VERDICT=$RC_REPORT
	elif [[ ! -s $RUN/out/status ]]; then
		VERDICT=$RC_REPORT
		say "the guest ended before COMMAND did; kernel log: $kept"
	else
		VERDICT=$(<"$RUN/out/status")
		((fetched == 0)) || VERDICT=$RC_HOST
	fi
}

booted() {
	grep -aq 'vdu: guest is up' "$1"
}
