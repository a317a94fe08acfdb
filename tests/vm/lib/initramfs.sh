# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The initramfs that finds the disks: static busybox and the modules of the
# disks and of ext4, made once per kernel, with guest/initramfs as /init. Belongs to a kernel, not to a run.

# Files of the modules that NAME needs, in loading order; none when built in.
module_files() {
	modprobe -d "$1" -S "$KREL" --show-depends --ignore-install "$2" |
		sed -n 's/^insmod \([^ ]*\).*/\1/p'
}

# initramfs_base DIR: writes DIR/initramfs.cpio, all but /init.
initramfs_base() {
	local tmp=$1 tree=$1/initramfs name ko

	mkdir -p "$tree"/{bin,dev,proc,sys,newroot,mods} || return
	apt_unpack "$tmp/busybox" busybox-static || return
	: >"$tree/mods/order"
	cp "$(find "$tmp/busybox" -path '*/bin/busybox')" "$tree/bin/busybox" || return
	for name in $L_DISKS ext4; do
		module_files "$tmp" "$name" >"$tmp/files" || return
		while read -r ko; do
			cp "$ko" "$tree/mods/" || return
			grep -qx "${ko##*/}" "$tree/mods/order" ||
				echo "${ko##*/}" >>"$tree/mods/order"
		done <"$tmp/files"
	done
	rm -rf "$tmp/busybox" "$tmp/files"
	(cd "$tree" && find . | cpio -o -H newc -R 0:0 --quiet) >"$tmp/initramfs.cpio"
}

# initramfs_whole FILE: the base and this tree's /init; the kernel unpacks
# archives one behind the other.
initramfs_whole() {
	local dir=$1.d

	mkdir -p "$dir"
	cp "$VM_DIR/guest/initramfs" "$dir/init"
	chmod 755 "$dir/init"
	(cat "$KDIR/initramfs.cpio" && cd "$dir" &&
		echo init | cpio -o -H newc -R 0:0 --quiet) >"$1"
}
