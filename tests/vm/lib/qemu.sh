# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# A QEMU whose plugins may read registers, and what such a plugin is built from;
# old machines run in it as well. The suite's own is too old; that of its backports
# runs with the same libraries. It lives in the cache and is not installed.

# What the plugin is written for: interface 4 (10.0), which later ones refuse.
QEMU_SERIES=10.0
QEMU_FORMAT=1

# Empty: the host's own is used.
QEMU_PREFIX=

# Sets QEMU_PREFIX, with usr/bin/qemu-system-*, qemu-plugin.h and glib's headers,
# and QEMU_LIB, its libraries.
qemu_ready() {
	local APT_ARCH=$BUILD_ARCH APT_BACKPORTS=1 version

	apt_ready
	version=$(qemu_version)
	[[ $version ]] || die "no qemu $QEMU_SERIES in the backports"
	QEMU_PREFIX=$CACHE/qemu/${version//[:~]/_}.$QEMU_FORMAT
	[[ -d $QEMU_PREFIX ]] || with_lock "$QEMU_PREFIX.lock" qemu_install "$version"
	touch "$QEMU_PREFIX"
	QEMU_LIB=$QEMU_PREFIX/usr/lib/$(gcc-12 -print-multiarch)
}

# apt prefers the suite's own: the newest of the series by its list.
qemu_version() {
	in_apt apt-cache madison qemu-system-arm |
		awk -F' *[|] *' -v series="$QEMU_SERIES" 'index($2, ":" series ".") && !n++ { print $2 }'
}

qemu_install() {
	[[ ! -d $QEMU_PREFIX ]] || return 0
	step "fetching QEMU $1" "$CACHE/log/qemu.log" qemu_fetch "$1"
	find "$CACHE/qemu" -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} +
}

qemu_fetch() {
	local version=$1 tmp

	tmp=$(fresh_dir "$QEMU_PREFIX") || return
	apt_unpack "$tmp" "qemu-system-arm=$version" "qemu-system-common=$version" \
		"qemu-system-data=$version" libglib2.0-dev || return
	mkdir -p "$tmp/source" "$tmp/include" || return
	(cd "$tmp/source" && in_apt apt-get source --download-only --tar-only "qemu=$version") || return
	tar -xf "$tmp"/source/qemu_*.orig.tar.* -C "$tmp/include" --strip-components=3 \
		--wildcards '*/include/qemu/qemu-plugin.h' || return
	rm -rf "$tmp/source"
	mv "$tmp" "$QEMU_PREFIX"
}

# Variables for make that build a plugin. QEMU has glib already: the plugin
# needs its headers only, the plugin's tests the library.
qemu_plugin_vars() {
	printf '%s\n' CC=gcc-12 "QEMU_INCLUDE=$QEMU_PREFIX/include" \
		"GLIB_CFLAGS=-I$QEMU_PREFIX/usr/include/glib-2.0 -I$QEMU_LIB/glib-2.0/include" \
		"GLIB_LIBS=${QEMU_LIB#"$QEMU_PREFIX"}/libglib-2.0.so.0"
}

# plugin_ready TEXT FOLDER [TARGET]: QEMU, and the plugin of tests/FOLDER in OUT/FOLDER.
plugin_ready() {
	local text=$1 folder=$2 vars

	shift 2
	[[ $L_KARCH == arm* ]] || die "$text knows no $L_ARCH"
	qemu_ready
	mapfile -t vars < <(qemu_plugin_vars)
	mkdir -p "$OUT/$folder"
	with_lock "$OUT/$folder/lock" step "building $text" "$OUT/$folder/build.log" \
		make -C "$TREE/tests/$folder" O="$OUT/$folder" "${vars[@]}" "$@"
}
