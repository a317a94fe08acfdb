# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# The headers of the newest kernel that the suite has, in its backports, for this
# machine: the module must build for that one, too.

# Sets NEWEST_KREL and NEWEST_DIR. Status 1: the backports have no kernel for this
# machine; 2: they can't be asked, or the headers not be fetched.
newest_ready() {
	local APT_ARCH=$BUILD_ARCH APT_BACKPORTS=1 meta=linux-headers-$BUILD_ARCH version

	apt_ready || return 2
	compgen -G "$(apt_dir)/lists/*-backports_main_binary-*" >/dev/null || return 2
	version=$(in_apt apt-cache madison "$meta" |
		awk -F' *[|] *' '$3 ~ "-backports/" && !n++ { print $2 }')
	[[ $version ]] || return 1
	NEWEST_KREL=$(in_apt apt-cache show "$meta=$version" |
		sed -n 's/^Depends:.*linux-headers-\([0-9][^ ,]*\).*/\1/p' | head -n 1)
	[[ $NEWEST_KREL ]] || return 2
	NEWEST_DIR=$CACHE/kernel/headers-$NEWEST_KREL.$KERNEL_FORMAT
	[[ -d $NEWEST_DIR ]] || with_lock "$NEWEST_DIR.lock" newest_install || return 2
	touch "$NEWEST_DIR"
}

newest_install() {
	[[ ! -d $NEWEST_DIR ]] || return 0
	step "fetching the headers of kernel $NEWEST_KREL" "$CACHE/log/headers-$NEWEST_KREL.log" newest_fetch
}

newest_fetch() {
	local KREL=$NEWEST_KREL version=${NEWEST_KREL%"-$BUILD_ARCH"} tmp

	tmp=$(fresh_dir "$NEWEST_DIR") || return
	apt_unpack "$tmp" "linux-headers-$KREL" "linux-headers-$version-common" "linux-kbuild-$version" || return
	kernel_headers_relocate "$tmp/usr/src" "linux-headers-$version-common" || return
	mv "$tmp" "$NEWEST_DIR"
}
