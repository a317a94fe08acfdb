# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# This tree's modules for a lane: videobuf2-dma-user and the patched vivid,
# built with the lane's headers, and the dependency files that prefer them.

MOD_BUILD() { printf '%s\n' "$BUILD_OUT/build/$1"; }

# modules_ready: needs kernel_ready. Leaves LANE_OUT/modules/*.ko and
# BUILD_OUT/depmod/lib/modules/KREL/{updates,modules.*}.
modules_ready() {
	local want

	want=$(modules_inputs)
	modules_current "$want" || with_lock "$BUILD_OUT/build.lock" modules_build "$want"
	[[ $LANE_OUT != "$BUILD_OUT" ]] || return 0
	mkdir -p "$LANE_OUT"
	[[ -L $LANE_OUT/modules ]] || rm -rf "$LANE_OUT/modules"
	ln -sfn "../${BUILD_OUT##*/}/modules" "$LANE_OUT/modules"
}

modules_current() {
	[[ -e $BUILD_OUT/modules/.inputs && $(<"$BUILD_OUT/modules/.inputs") == "$1" ]]
}

patches_dir() {
	printf '%s\n' "$TREE/vivid-patches/$L_SERIES"
}

modules_inputs() {
	local patches

	patches=$(patches_dir)
	[[ -e $patches/series ]] || patches=
	echo "$KDIR $SRCDIR $("${L_CROSS}gcc-12" -dumpfullversion)" \
		"$(cd "$TREE" && hash_of Kbuild vb2-dma-user tests/kunit ${patches:+"vivid-patches/$L_SERIES"} \
			tests/cachesan/marker.h tests/bench/bench-mark.h tests/vm/lib/modules.sh)"
}

modules_build() {
	local debug=() vivid

	vivid=$(MOD_BUILD vivid)/drivers/media/test-drivers/vivid
	! modules_current "$1" || return 0
	rm -f "$BUILD_OUT/modules/.inputs"
	sync_tree "$TREE/vb2-dma-user" "$(MOD_BUILD module)/vb2-dma-user"
	sync_tree "$TREE/tests/kunit" "$(MOD_BUILD module)/tests/kunit"
	cmp -s "$TREE/Kbuild" "$(MOD_BUILD module)/Kbuild" || cp "$TREE/Kbuild" "$(MOD_BUILD module)/Kbuild"
	[[ $L_FLAVOUR != debug ]] || debug=(GCOV_PROFILE=y VDU_KUNIT=1)
	compile "building videobuf2-dma-user" module "$(MOD_BUILD module)" "${debug[@]}"
	vivid_tree
	# Or make keeps what it knows of our symbols' versions.
	rm -f "$vivid/Module.symvers"
	compile "building vivid" vivid "$vivid" \
		CONFIG_VIDEO_VIVID=m "KCFLAGS=-I$(MOD_BUILD module)/vb2-dma-user -I$TREE/tests/cachesan -I$TREE/tests/bench" \
		"KBUILD_EXTRA_SYMBOLS=$(MOD_BUILD module)/Module.symvers"
	step "indexing modules" "$BUILD_OUT/depmod.log" modules_install
	echo "$1" >"$BUILD_OUT/modules/.inputs"
}

# compile TEXT NAME FOLDER MAKE-ARGUMENT...
compile() {
	local text=$1 log=$BUILD_OUT/build-$2.log dir=$3

	shift 3
	say "$text ..."
	make -C "$KDIR/usr/src/linux-headers-$KREL" M="$dir" ARCH="$L_KARCH" \
		CROSS_COMPILE="$L_CROSS" CC="${L_CROSS}gcc-12" -j"$JOBS" "$@" modules >"$log" 2>&1 </dev/null && return 0
	grep -aE -A4 '(error|warning|undefined|ERROR|WARNING)\b' "$log" | head -n 60 >&2 ||
		tail -n 20 "$log" >&2
	die "$text: failed; see $log"
}

# The distribution's vivid with our patches; made anew beside the old tree, of
# which only what differs is replaced, so that make rebuilds no more than that.
vivid_tree() {
	local tree want new

	tree=$(MOD_BUILD vivid)
	want="$SRCDIR $([[ ! -e $(patches_dir)/series ]] || hash_of "$(patches_dir)")"
	[[ ! -e $tree/.inputs || $(<"$tree/.inputs") != "$want" ]] || return 0
	new=$(fresh_dir "$tree")
	cp -r "$SRCDIR/drivers" "$new/"
	if [[ -e $(patches_dir)/series ]]; then
		step "patching vivid" "$BUILD_OUT/patch.log" vivid_patch "$new"
	fi
	rm -rf "$new/.pc"
	sync_tree "$new" "$tree"
	rm -rf "$new"
	echo "$want" >"$tree/.inputs"
}

vivid_patch() {
	cd "$1" && QUILT_PATCHES=$(patches_dir) quilt --quiltrc - push -a
}

# Debug information stays in build/: loading it costs a slow guest seconds.
modules_install() {
	local mods=$BUILD_OUT/modules base=$BUILD_OUT/depmod dir ko

	dir=$base/lib/modules/$KREL
	rm -rf "$base" "$mods"
	mkdir -p "$mods" "$dir/updates" || return
	while IFS= read -r ko; do
		"${L_CROSS}strip" --strip-debug -o "$mods/${ko##*/}" "$ko" || return
	done < <(find "$BUILD_OUT/build" -name '*.ko')
	cp "$mods"/*.ko "$dir/updates/" || return
	ln -s "$KDIR/lib/modules/$KREL/kernel" "$dir/kernel" || return
	cp "$KDIR/lib/modules/$KREL"/modules.{order,builtin,builtin.modinfo} "$dir/" || return
	echo 'search updates built-in' >"$base/depmod.conf"
	depmod -C "$base/depmod.conf" -b "$base" "$KREL" || return
	grep -q '^updates/vivid.ko:' "$dir/modules.dep"
}
