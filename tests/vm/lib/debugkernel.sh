# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2153
# Kernels full of checkers, for the lanes whose flavour is "debug": built here
# from the distribution's own source and the fragments in tests/vm/config. The
# build tree stays in the cache: it is what modules are built against, and an
# interrupted build goes on where it was.

DEBUG_CONFIG=$VM_DIR/config
DEBUG_PROGRESS_S=15

debug_lane() {
	[[ $L_FLAVOUR == debug ]]
}

debug_fragments() {
	local name

	for name in base "$L_KARCH" media checkers; do
		printf '%s\n' "$DEBUG_CONFIG/$name.config"
	done
}

# debug_paths: from SRCVER. Comments of a fragment are not worth a new kernel.
debug_paths() {
	local fragments hash

	mapfile -t fragments < <(debug_fragments)
	hash=$({
		echo "$SRCVER $("${L_CROSS}gcc-12" -dumpfullversion)"
		grep -hv -e '^#' -e '^$' "${fragments[@]}" "$DEBUG_CONFIG/Kconfig"
	} | sha256sum | cut -c1-12)
	KVER=$SRCVER-$hash
	DEBUG_SRC=$CACHE/source/linux-$L_SERIES-$SRCVER
	DEBUG_BUILD=$CACHE/build/$L_ARCH-$KREL-$KVER
}

# A lane's "release image-version source-version", as of kernel_lookup. The
# release is what the source says plus the fragments' CONFIG_LOCALVERSION.
debug_lookup() {
	local source

	source=$(APT_ARCH=$BUILD_ARCH apt_field "linux-source-$L_SERIES" Version)
	[[ $source ]] || return 1
	echo "${source%%-*}-debug $source $source"
}

debug_make() {
	make -C "$DEBUG_SRC" O="$DEBUG_BUILD" ARCH="$L_KARCH" CROSS_COMPILE="$L_CROSS" \
		CC="${L_CROSS}gcc-12" HOSTCC=gcc-12 KBUILD_KCONFIG="$DEBUG_BUILD/Kconfig.lane" \
		KBUILD_BUILD_USER=vdu KBUILD_BUILD_HOST=vdu LOCALVERSION='' "$@"
}

# Called under the lock of KDIR.
debug_install() {
	local log=$CACHE/log/debugkernel-$L_ARCH

	[[ ! -d $KDIR ]] || return 0
	[[ -d $DEBUG_SRC ]] || with_lock "$DEBUG_SRC.lock" debug_source
	mkdir -p "$DEBUG_BUILD"
	step "configuring kernel $KREL ($KVER)" "$log.config.log" debug_configure
	debug_compile "$log.log"
	step "packing kernel $KREL" "$log.pack.log" debug_pack
}

debug_source() {
	[[ ! -d $DEBUG_SRC ]] || return 0
	step "fetching linux-source $SRCVER" "$CACHE/log/linux-$L_SERIES.log" debug_source_fetch
}

# A quarter of the source is tables of one graphics driver: without them.
debug_source_fetch() {
	local tmp deb top=linux-source-$L_SERIES

	tmp=$(fresh_dir "$DEBUG_SRC") || return
	deb=$(fresh_dir "$DEBUG_SRC-deb") || return
	APT_ARCH=$BUILD_ARCH apt_unpack "$deb" "$top=$SRCVER" || return
	tar -xf "$deb/usr/src/$top.tar.xz" -C "$tmp" --strip-components=1 \
		--exclude='*/drivers/gpu/drm/amd/include' || return
	rm -rf "$deb"
	mv "$tmp" "$DEBUG_SRC"
}

# The merge script calls make itself; what make must know reaches it by way of
# MAKEFLAGS. An unchanged .config keeps its time, so that make has nothing to do.
debug_configure() {
	local fragments old=$DEBUG_BUILD/.config.before

	mapfile -t fragments < <(debug_fragments)
	cat "$DEBUG_SRC/Kconfig" "$DEBUG_CONFIG/Kconfig" >"$DEBUG_BUILD/Kconfig.lane" || return
	[[ ! -e $DEBUG_BUILD/.config ]] || cp -p "$DEBUG_BUILD/.config" "$old" || return
	(cd "$DEBUG_SRC" &&
		TMPDIR=$DEBUG_BUILD KBUILD_KCONFIG=$DEBUG_BUILD/Kconfig.lane \
			MAKEFLAGS="ARCH=$L_KARCH CROSS_COMPILE=$L_CROSS CC=${L_CROSS}gcc-12 HOSTCC=gcc-12" \
			scripts/kconfig/merge_config.sh -n -s -O "$DEBUG_BUILD" "${fragments[@]}") || return
	if [[ -e $old ]] && cmp -s "$old" "$DEBUG_BUILD/.config"; then
		mv "$old" "$DEBUG_BUILD/.config" || return
	fi
	debug_config_check "${fragments[@]}"
}

# An option whose conditions are not met disappears without a word: every one
# asked for has to be there, with its value ("n": has to be off).
debug_config_check() {
	local lacking

	lacking=$(awk -F= 'NR == FNR { if (/^CONFIG_/) is[$1] = $0; next }
		!/^CONFIG_/ { next }
		$2 == "n" ? $1 in is : is[$1] != $0 { print FILENAME ": " $0 }' "$DEBUG_BUILD/.config" "$@")
	[[ ! $lacking ]] || {
		echo "options that did not come out as asked for:"
		echo "${lacking//$DEBUG_CONFIG\//  }"
		return 1
	}
}

debug_image() {
	case $L_KARCH in
	arm) echo arch/arm/boot/zImage ;;
	arm64) echo arch/arm64/boot/Image ;;
	*) die "no debug kernel for $L_KARCH" ;;
	esac
}

debug_compile() {
	local log=$1 image rc=0 reporter

	image=$(debug_image)
	say "building kernel $KREL ($JOBS jobs; log: $log) ..."
	: >"$log"
	debug_progress "$log" "$BASHPID" &
	reporter=$!
	debug_make -j"$JOBS" "${image##*/}" modules >"$log" 2>&1 </dev/null || rc=$?
	kill "$reporter"
	wait "$reporter" || : # its status is that of the signal
	((rc == 0)) && return 0
	grep -aE -A4 '(error|ERROR|undefined)\b' "$log" | head -n 40 >&2 || tail -n 20 "$log" >&2
	die "building kernel $KREL failed; see $log"
}

# debug_progress LOG PID: a line now and then, for as long as PID lives. Naps
# are short: the last one holds the lock of who called.
debug_progress() {
	local n=0

	while sleep 1 && kill -0 "$2" 2>/dev/null; do
		((++n % DEBUG_PROGRESS_S == 0)) || continue
		say "building kernel $KREL: $(grep -cE '^  (CC|AS) ' "$1" || :) files compiled, $n s"
	done
}

# In the form in which a packaged kernel lies in the cache.
debug_pack() {
	local tmp release

	release=$(<"$DEBUG_BUILD/include/config/kernel.release") || return
	[[ $release == "$KREL" ]] || {
		echo "the kernel calls itself $release, not $KREL"
		return 1
	}
	tmp=$(fresh_dir "$KDIR") || return
	mkdir -p "$tmp/boot" "$tmp/usr/src" || return
	debug_make INSTALL_MOD_PATH="$tmp" modules_install || return
	cp "$DEBUG_BUILD/$(debug_image)" "$tmp/boot/vmlinuz-$KREL" || return
	ln -s "$DEBUG_BUILD" "$tmp/usr/src/linux-headers-$KREL" || return
	kernel_modules_image "$tmp" || return
	initramfs_base "$tmp" || return
	mv "$tmp" "$KDIR"
}
