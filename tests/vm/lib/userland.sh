# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The guest's programs: packages of the host's own suite, unpacked without
# running any maintainer script (they are of another architecture), as one ext4
# image per Debian architecture. Refreshed at most weekly.

USERLAND_PACKAGES="base-files base-passwd bash busybox-static coreutils dash
diffutils e2fsprogs file findutils gawk grep gzip hostname iproute2 kmod
libc-bin libhugetlbfs-bin mawk mount ncurses-base procps psmisc sed strace tar
trace-cmd util-linux v4l-utils yavta"
# Not on old machines: too slow, and they are there for their caches.
USERLAND_GSTREAMER="gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
USERLAND_FREE_MB=300

# Sets ROOT_IMG. Touched at each use: what nobody used for a month goes.
userland_ready() {
	local hash

	hash=$({ cat "$VM_DIR/lib/userland.sh" && date +%G-%V; } | sha256sum | cut -c1-12)
	ROOT_IMG=$CACHE/root/$L_ARCH-$hash.img
	[[ -e $ROOT_IMG ]] || with_lock "$CACHE/root/$L_ARCH.lock" userland_make
	[[ -e $ROOT_IMG ]] || ROOT_IMG=$(userland_newest)
	touch "$ROOT_IMG"
}

userland_newest() {
	find "$CACHE/root" -name "$L_ARCH-*.img" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-
}

userland_make() {
	local log=$CACHE/log/userland-$L_ARCH.log

	[[ ! -e $ROOT_IMG ]] || return 0
	apt_ready
	say "making the guest's user land ($L_ARCH) ..."
	mkdir -p "${log%/*}"
	if userland_build >"$log" 2>&1; then
		find "$CACHE/root" -name "$L_ARCH-*.img" -mtime +30 -delete
	elif [[ $(userland_newest) ]]; then
		say "user land can't be made, using the older one; see $log"
	else
		tail -n 20 "$log" >&2
		die "user land can't be made; see $log"
	fi
}

# In unpacked form it never leaves the user name space, where the caller is
# root: files of the image then belong to root without anybody being root.
userland_build() {
	local tmp debs deb

	[[ ! $L_OLD ]] || USERLAND_GSTREAMER=
	tmp=$(fresh_dir "$ROOT_IMG") || return
	debs=$tmp/debs
	mkdir -p "$debs/partial" "$tmp/tree" || return
	# shellcheck disable=SC2086 # a list
	in_apt apt-get -o Dir::Cache::archives="$debs" --yes --download-only \
		install $USERLAND_PACKAGES $USERLAND_GSTREAMER || return
	for deb in bin sbin lib; do
		mkdir -p "$tmp/tree/usr/$deb" || return
		ln -s "usr/$deb" "$tmp/tree/$deb" || return
	done
	for deb in "$debs"/*.deb; do
		userland_unpack "$deb" "$tmp/tree" || return
	done
	userland_configure "$tmp/tree" || return
	userland_image "$tmp/tree" "$tmp/img" || return
	if [[ $USERLAND_GSTREAMER ]]; then
		userland_indexes "$tmp" || return
		userland_image "$tmp/tree" "$tmp/img" || return
	fi
	mv "$tmp/img" "$ROOT_IMG" || return
	rm -rf "$tmp"
}

# Not dpkg-deb -x: the folders /bin, /lib of a package must follow the links.
# Texts for readers stay out: most of the time is in making files.
userland_unpack() {
	dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink --no-same-owner -C "$2" \
		--exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
		--exclude='./usr/share/locale/*' --exclude='./usr/share/info/*'
}

# What maintainer scripts would have done.
userland_configure() {
	local tree=$1

	ln -sf dash "$tree/bin/sh" || return
	ln -sf mawk "$tree/usr/bin/awk" || return
	cp "$tree/usr/share/base-passwd/passwd.master" "$tree/etc/passwd" || return
	cp "$tree/usr/share/base-passwd/group.master" "$tree/etc/group" || return
	chmod 644 "$tree/etc/passwd" "$tree/etc/group" || return
	echo vdu >"$tree/etc/hostname" || return
	echo 127.0.0.1 localhost vdu >"$tree/etc/hosts" || return
	echo 76627532646d61757365722d67756573 >"$tree/etc/machine-id" || return
	mkdir -p "$tree"/{dev,proc,sys,run,tmp,root,mnt,var/tmp,var/lib,etc/modprobe.d} || return
	chmod 1777 "$tree/var/tmp"
}

# What only the guest's own processor can make, once here instead of seconds in
# each run: ldconfig's cache, worth it for GStreamer's many libraries, and its list
# of plugins. Nothing is tested here, so a guest that hangs gets a second chance.
userland_indexes() {
	local tmp=$1 try rc

	for try in first second; do
		rc=0
		"$VM_DIR/run" --lane "$LANE" --root-image "$tmp/img" --timeout 600 \
			--get /etc/ld.so.cache:"$tmp/tree/etc/ld.so.cache" \
			--get /root/.cache:"$tmp/tree/root/.cache" \
			-- 'ldconfig && gst-inspect-1.0 >/root/plugins && tail -n 1 /root/plugins' || rc=$?
		((rc == RC_TIMEOUT)) || break
		say "the $try guest that makes the indexes hung; its kernel log:"
		tail -n 20 "$LANE_OUT/console.log"
	done
	return "$rc"
}

userland_image() {
	local mb as_root=(unshare -r)

	((EUID != 0)) || as_root=()
	mb=$(($(du -sm "$1" | cut -f1) * 21 / 20 + USERLAND_FREE_MB + 32))
	rm -f "$2"
	"${as_root[@]}" mke2fs -q -F -t ext4 -O ^has_journal -m 0 -d "$1" "$2" "${mb}M"
}
