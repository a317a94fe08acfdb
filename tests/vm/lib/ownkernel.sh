# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2153
# Kernels that the distribution has not, built here from its own source and the
# fragments in tests/vm/config: full of checkers (flavour "debug"), or for an old
# machine ("versatile"). The build tree stays in the cache: it is what modules
# are built against, and an interrupted build goes on where it was.

OWN_CONFIG=$VM_DIR/config
OWN_PROGRESS_S=15

own_kernel() {
	[[ $L_FLAVOUR == debug || $L_FLAVOUR == versatile ]]
}

own_fragments() {
	local name names="base $L_KARCH media checkers"

	[[ $L_FLAVOUR == debug ]] || names="base media $L_FLAVOUR"
	for name in $names; do
		printf '%s\n' "$OWN_CONFIG/$name.config"
	done
}

# own_paths: from SRCVER. Comments of a fragment are not worth a new kernel.
own_paths() {
	local fragments hash

	mapfile -t fragments < <(own_fragments)
	hash=$({
		echo "$SRCVER $("${L_CROSS}gcc-12" -dumpfullversion)"
		grep -hv -e '^#' -e '^$' "${fragments[@]}" "$OWN_CONFIG/Kconfig"
	} | sha256sum | cut -c1-12)
	KVER=$SRCVER-$hash
	OWN_SRC=$CACHE/source/linux-$L_SERIES-$SRCVER
	OWN_BUILD=$CACHE/build/$L_ARCH-$KREL-$KVER
}

# A lane's "release image-version source-version", as of kernel_lookup. The
# release is what the source says plus the fragments' CONFIG_LOCALVERSION, "-"
# and the flavour.
own_lookup() {
	local source

	source=$(APT_ARCH=$BUILD_ARCH apt_field "linux-source-$L_SERIES" Version)
	[[ $source ]] || return 1
	echo "${source%%-*}-$L_FLAVOUR $source $source"
}

own_make() {
	make -C "$OWN_SRC" O="$OWN_BUILD" ARCH="$L_KARCH" CROSS_COMPILE="$L_CROSS" \
		CC="${L_CROSS}gcc-12" HOSTCC=gcc-12 KBUILD_KCONFIG="$OWN_BUILD/Kconfig.lane" \
		KBUILD_BUILD_USER=vdu KBUILD_BUILD_HOST=vdu LOCALVERSION='' "$@"
}

# Called under the lock of KDIR.
own_install() {
	local log=$CACHE/log/kernel-$L_FLAVOUR-$L_ARCH

	[[ ! -d $KDIR ]] || return 0
	[[ -d $OWN_SRC ]] || with_lock "$OWN_SRC.lock" own_source
	mkdir -p "$OWN_BUILD"
	step "configuring kernel $KREL ($KVER)" "$log.config.log" own_configure
	own_compile "$log.log"
	step "packing kernel $KREL" "$log.pack.log" own_pack
}

own_source() {
	[[ ! -d $OWN_SRC ]] || return 0
	step "fetching linux-source $SRCVER" "$CACHE/log/linux-$L_SERIES.log" own_source_fetch
}

# A quarter of the source is tables of one graphics driver: without them.
own_source_fetch() {
	local tmp deb top=linux-source-$L_SERIES

	tmp=$(fresh_dir "$OWN_SRC") || return
	deb=$(fresh_dir "$OWN_SRC-deb") || return
	APT_ARCH=$BUILD_ARCH apt_unpack "$deb" "$top=$SRCVER" || return
	tar -xf "$deb/usr/src/$top.tar.xz" -C "$tmp" --strip-components=1 \
		--exclude='*/drivers/gpu/drm/amd/include' || return
	rm -rf "$deb"
	mv "$tmp" "$OWN_SRC"
}

# The merge script calls make itself; what make must know reaches it by way of
# MAKEFLAGS. An unchanged .config keeps its time, so that make has nothing to do.
own_configure() {
	local fragments old=$OWN_BUILD/.config.before

	mapfile -t fragments < <(own_fragments)
	cat "$OWN_SRC/Kconfig" "$OWN_CONFIG/Kconfig" >"$OWN_BUILD/Kconfig.lane" || return
	[[ ! -e $OWN_BUILD/.config ]] || cp -p "$OWN_BUILD/.config" "$old" || return
	(cd "$OWN_SRC" &&
		TMPDIR=$OWN_BUILD KBUILD_KCONFIG=$OWN_BUILD/Kconfig.lane \
			MAKEFLAGS="ARCH=$L_KARCH CROSS_COMPILE=$L_CROSS CC=${L_CROSS}gcc-12 HOSTCC=gcc-12" \
			scripts/kconfig/merge_config.sh -n -O "$OWN_BUILD" "${fragments[@]}") || return
	if [[ -e $old ]] && cmp -s "$old" "$OWN_BUILD/.config"; then
		mv "$old" "$OWN_BUILD/.config" || return
	fi
	own_config_check "${fragments[@]}"
}

# An option whose conditions are not met disappears without a word: every one
# asked for has to be there, with its value ("n": has to be off). Of fragments
# that contradict each other the last one counts.
own_config_check() {
	local lacking

	lacking=$(awk -F= '!/^CONFIG_/ { next }
		NR == FNR { is[$1] = $0; next }
		{ want[$1] = $0; from[$1] = FILENAME }
		END {
			for (o in want)
				if (want[o] == o "=n" ? o in is : is[o] != want[o])
					print from[o] ": " want[o]
		}' "$OWN_BUILD/.config" "$@")
	[[ ! $lacking ]] || {
		echo "options that did not come out as asked for:"
		echo "${lacking//$OWN_CONFIG\//  }"
		return 1
	}
}

own_image() {
	case $L_KARCH in
	arm) echo arch/arm/boot/zImage ;;
	arm64) echo arch/arm64/boot/Image ;;
	*) die "no kernel is built here for $L_KARCH" ;;
	esac
}

# The device tree of a machine that does not make its own.
own_tree() {
	[[ $L_FLAVOUR != versatile ]] || echo versatile-pb.dtb
}

own_compile() {
	local log=$1 image rc=0 reporter

	image=$(own_image)
	say "building kernel $KREL ($JOBS jobs; log: $log) ..."
	: >"$log"
	own_progress "$log" "$BASHPID" &
	reporter=$!
	# shellcheck disable=SC2046 # a word or none
	own_make -j"$JOBS" "${image##*/}" modules $(own_tree) >"$log" 2>&1 </dev/null || rc=$?
	kill "$reporter"
	wait "$reporter" || : # its status is that of the signal
	((rc == 0)) && return 0
	grep -aE -A4 '(error|ERROR|undefined)\b' "$log" | head -n 40 >&2 || tail -n 20 "$log" >&2
	die "building kernel $KREL failed; see $log"
}

# own_progress LOG PID: a line now and then, for as long as PID lives. Naps
# are short: the last one holds the lock of who called.
own_progress() {
	local n=0

	while sleep 1 && kill -0 "$2" 2>/dev/null; do
		((++n % OWN_PROGRESS_S == 0)) || continue
		say "building kernel $KREL: $(grep -cE '^  (CC|AS) ' "$1" || :) files compiled, $n s"
	done
}

# In the form in which a packaged kernel lies in the cache.
own_pack() {
	local tmp release

	release=$(<"$OWN_BUILD/include/config/kernel.release") || return
	[[ $release == "$KREL" ]] || {
		echo "the kernel calls itself $release, not $KREL"
		return 1
	}
	tmp=$(fresh_dir "$KDIR") || return
	mkdir -p "$tmp/boot" "$tmp/usr/src" || return
	own_make INSTALL_MOD_PATH="$tmp" modules_install || return
	cp "$OWN_BUILD/$(own_image)" "$tmp/boot/vmlinuz-$KREL" || return
	if [[ $(own_tree) ]]; then
		cp "$OWN_BUILD/arch/$L_KARCH/boot/dts/$(own_tree)" "$tmp/boot/$L_MACHINE.dtb" || return
	fi
	ln -s "$OWN_BUILD" "$tmp/usr/src/linux-headers-$KREL" || return
	kernel_modules_image "$tmp" || return
	initramfs_base "$tmp" || return
	mv "$tmp" "$KDIR"
}
