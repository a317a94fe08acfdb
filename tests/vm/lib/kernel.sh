# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A lane's kernel: image, headers to build against, and the distribution's own
# source of vivid. Always the newest version of the suite.

# shellcheck source-path=SCRIPTDIR source=ownkernel.sh disable=SC1091
. "$VM_DIR/lib/ownkernel.sh"

# Raise when the layout of a kernel's folder in the cache changes.
KERNEL_FORMAT=2

# Sets KREL (uname -r), KVER (package version), KDIR (folder in the cache), and
# SRCVER, SRCDIR likewise for vivid's source.
kernel_resolve() {
	local stamp

	apt_ready
	APT_ARCH=$BUILD_ARCH apt_ready
	stamp=$(apt_dir)/kernel-$L_FLAVOUR-$L_SERIES
	if [[ ! -s $stamp || $stamp -ot $(apt_dir)/updated ||
		$stamp -ot $(APT_ARCH=$BUILD_ARCH apt_dir)/updated ]]; then
		kernel_lookup >"$stamp.$$" || die "no kernel for linux-image-$L_FLAVOUR"
		mv "$stamp.$$" "$stamp"
	fi
	read -r KREL KVER SRCVER <"$stamp"
	! own_kernel || own_paths
	KDIR=$CACHE/kernel/$L_ARCH-$KREL-$KVER.$KERNEL_FORMAT
	SRCDIR=$CACHE/source/$L_SERIES-$SRCVER
}

# "release image-version source-version" of the newest kernel of the flavour.
# The source is the newest, too, even when a mirror's kernel of this
# architecture lags behind: the patches have to fit one version of vivid only.
kernel_lookup() {
	local image version source

	if own_kernel; then
		own_lookup
		return
	fi
	image=$(apt_field "linux-image-$L_FLAVOUR" Depends | grep -o "linux-image-${L_SERIES}[^ ,]*")
	[[ $image ]] || return 1
	version=$(apt_field "$image" Version)
	source=$(APT_ARCH=$BUILD_ARCH apt_field "linux-source-$L_SERIES" Version)
	[[ $version && $source ]] || return 1
	echo "${image#linux-image-} $version $source"
}

kernel_ready() {
	kernel_resolve
	[[ -d $KDIR ]] || with_lock "$KDIR.lock" kernel_install
	[[ -d $SRCDIR ]] || with_lock "$SRCDIR.lock" source_install
	touch "$KDIR" "$SRCDIR"
	! own_kernel || touch "$OWN_SRC" "$OWN_BUILD"
}

kernel_install() {
	[[ ! -d $KDIR ]] || return 0
	if own_kernel; then
		own_install
	else
		step "fetching kernel $KREL ($KVER) and its headers" \
			"$CACHE/log/kernel-$L_ARCH-$KREL.log" kernel_fetch
	fi
	# Superseded ones go when nobody used them for a month.
	mkdir -p "$CACHE/source" "$CACHE/build"
	find "$CACHE/kernel" "$CACHE/source" "$CACHE/build" -mindepth 1 -maxdepth 1 -type d -mtime +30 \
		-exec rm -rf {} +
}

kernel_fetch() {
	local tmp common

	tmp=$(fresh_dir "$KDIR") || return
	common=linux-headers-${KREL%"-$L_FLAVOUR"}-common
	apt_unpack "$tmp" "linux-image-$KREL=$KVER" "linux-headers-$KREL" "$common" || return
	APT_ARCH=$BUILD_ARCH apt_unpack "$tmp" "linux-kbuild-$L_SERIES" || return
	kernel_headers_relocate "$tmp/usr/src" "$common" || return
	kernel_modules_image "$tmp" || return
	initramfs_base "$tmp" || return
	mv "$tmp" "$KDIR"
}

# Debian's Makefile of the headers includes the common one by its installed
# path. Made relative to itself it works wherever the folder is renamed to.
kernel_headers_relocate() {
	local src=$1 common=$2

	# shellcheck disable=SC2016 # for make
	printf '%s\n' 'vdu_here := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))' \
		'KBUILD_OUTPUT = $(patsubst %/,%,$(vdu_here))' \
		"include \$(vdu_here)../$common/Makefile" \
		>"$src/linux-headers-$KREL/Makefile"
}

# All of the kernel's modules as a file system of their own, mounted at
# /lib/modules/RELEASE; stock/ has the distribution's unaltered dependencies.
kernel_modules_image() {
	local tmp=$1 mods=$1/lib/modules/$KREL mb

	depmod -b "$tmp" "$KREL" || return
	mkdir "$mods/stock" || return
	cp "$mods"/modules.* "$mods/stock/" || return
	ln -s ../kernel "$mods/stock/kernel"
	rm -f "$mods/build" "$mods/source"
	mb=$(($(du -sm "$mods" | cut -f1) * 11 / 10 + 64))
	mke2fs -q -F -t ext4 -O ^has_journal -m 0 -E root_owner=0:0 -d "$mods" "$tmp/modules.img" "${mb}M"
}

source_install() {
	[[ ! -d $SRCDIR ]] || return 0
	step "fetching vivid and checkpatch of linux-source $SRCVER" \
		"$CACHE/log/source-$L_SERIES.log" source_fetch
}

source_fetch() {
	local tmp deb top=linux-source-$L_SERIES

	tmp=$(fresh_dir "$SRCDIR") || return
	deb=$(fresh_dir "$SRCDIR-deb") || return
	APT_ARCH=$BUILD_ARCH apt_unpack "$deb" "$top=$SRCVER" || return
	tar -xf "$deb/usr/src/$top.tar.xz" -C "$tmp" --strip-components=1 \
		"$top/drivers/media/test-drivers/vivid" "$top/scripts/checkpatch.pl" \
		"$top/scripts/spelling.txt" "$top/scripts/const_structs.checkpatch" \
		"$top/scripts/kernel-doc" || return
	rm -rf "$deb"
	mv "$tmp" "$SRCDIR"
}
