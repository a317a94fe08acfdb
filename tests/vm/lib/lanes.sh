# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Lanes: the table lanes.conf, and what follows from a lane's architecture.

DEFAULT_LANE=armhf-6.1

lane_rows() {
	grep -v -e '^#' -e '^$' "$VM_DIR/lanes.conf"
}

lane_names() {
	lane_rows | cut -d' ' -f1
}

# load_lane NAME: sets LANE and all L_* and the folders of that lane.
load_lane() {
	local row

	row=$(lane_rows | grep "^$1 ") || {
		echo "no lane '$1'; there are:" "$(lane_names | tr '\n' ' ')" >&2
		exit 2
	}
	read -r LANE L_ARCH L_FLAVOUR L_SERIES L_MACHINE L_CPU L_MEM L_BOUNCE L_SLOW L_APPEND <<<"$row"
	[[ $L_APPEND != - ]] || L_APPEND=
	L_APPEND=${L_APPEND//,/ }
	L_APPEND=${L_APPEND//;/,}
	LANE_OUT=$OUT/$LANE
	# Lanes that differ in nothing the modules could see share one build.
	BUILD_OUT=$OUT/$(lane_rows | awk -v a="$L_ARCH" -v f="$L_FLAVOUR" -v s="$L_SERIES" \
		'$2 == a && $3 == f && $4 == s { print $1; exit }')
	lane_arch
	L_CROSS=
	[[ $L_ARCH == "$BUILD_ARCH" ]] || L_CROSS=$L_TRIPLET-
}

# What the architecture alone decides. L_BUS is QEMU's word for virtio's
# transport, L_DISKS the kernel's drivers of the disks; "card" is a memory card
# instead, on a machine without virtio. L_OLD: an old machine: one processor, the
# backports' QEMU, time by instructions, a user land without GStreamer. L_RAM is
# where the machine's memory starts.
lane_arch() {
	L_RAM=0x40000000 L_OLD=
	case $L_ARCH in
	armhf)
		L_KARCH=arm L_TRIPLET=arm-linux-gnueabihf L_QEMU=qemu-system-arm
		L_CONSOLE=ttyAMA0 L_BUS=device L_DISKS="virtio_mmio virtio_blk"
		;;
	armel)
		L_KARCH=arm L_TRIPLET=arm-linux-gnueabi L_QEMU=qemu-system-arm
		L_CONSOLE=ttyAMA0 L_BUS=card L_DISKS=mmc_block L_RAM=0 L_OLD=yes
		[[ $L_MACHINE != versatilepb ]] || L_BUS=pci L_DISKS="virtio_pci virtio_blk"
		;;
	arm64)
		L_KARCH=arm64 L_TRIPLET=aarch64-linux-gnu L_QEMU=qemu-system-aarch64
		L_CONSOLE=ttyAMA0 L_BUS=device L_DISKS="virtio_mmio virtio_blk"
		;;
	amd64)
		L_KARCH=x86 L_TRIPLET=x86_64-linux-gnu L_QEMU=qemu-system-x86_64
		L_CONSOLE=ttyS0 L_BUS=pci L_DISKS="virtio_pci virtio_blk"
		;;
	*)
		die "lanes.conf: unknown architecture $L_ARCH"
		;;
	esac
}
