# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2054,SC2153,SC2154
# One boot of a guest: the disks, QEMU, and what became of it.

RESULT_SIZE=2G

# Everything of this run lives in RUN and goes with it, whatever ends the run.
boot_begin() {
	local stale

	for stale in "$LANE_OUT"/run.*; do
		[[ ! -e $stale || -d /proc/${stale##*.} ]] || rm -rf "$stale"
	done
	RUN=$LANE_OUT/run.$$
	QEMU_PID=
	mkdir -p "$RUN/in/usr/lib/vdu"
	trap boot_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

boot_end() {
	local rc=$?

	trap '' INT TERM HUP
	if [[ $QEMU_PID ]] && kill "$QEMU_PID" 2>/dev/null; then
		wait "$QEMU_PID" || : # its status is that of the signal
	fi
	[[ ! -e $RUN/console.log ]] || mv "$RUN/console.log" "$LANE_OUT/console.log"
	rm -rf "$RUN"
	exit "$rc"
}

# The disk "input": a tar that the guest unpacks at /.
boot_input() {
	local lib=$RUN/in/usr/lib/vdu

	cp "$VM_DIR/guest/init" "$lib/init"
	chmod 755 "$lib/init"
	printf '%s\n' "$L_BOUNCE" >"$lib/bounce"
	((${#GET_FROM[@]} == 0)) || printf '%s\n' "${GET_FROM[@]}" >"$lib/get"
	((${#GET_FROM[@]} > 0)) || : >"$lib/get"
	command_text >"$lib/command"
	# The texts of which modprobe reads the binary form stay out: a slow guest
	# unpacks this.
	tar -cf "$RUN/input" --owner=0 --group=0 --exclude='lib/modules/*/kernel' \
		--exclude='modules.alias' --exclude='modules.symbols' --exclude='modules.order' \
		-C "$RUN/in" . -C "$BUILD_OUT/depmod" lib
	truncate -s "$RESULT_SIZE" "$RUN/result"
	initramfs_whole "$RUN/initrd"
}

# disk NAME FILE DRIVE-OPTIONS: adds to QEMU_ARGS.
disk() {
	QEMU_ARGS+=(-drive "if=none,id=$1,format=raw,file=${2//,/,,},$3"
		-device "virtio-blk-$L_BUS,drive=$1,serial=vdu-$1")
}

# With iommu_platform the driver maps its buffers through the DMA API:
# guest/init reads from that whether DMA is bounced.
virtio_args() {
	local pci=

	[[ $L_BUS != pci ]] || pci=,disable-legacy=on
	[[ $L_BUS != device ]] || QEMU_ARGS+=(-global virtio-mmio.force-legacy=false)
	disk root "$ROOT_IMG" snapshot=on
	disk modules "$KDIR/modules.img" snapshot=on
	disk input "$RUN/input" readonly=on
	disk result "$RUN/result" cache=unsafe
	QEMU_ARGS+=(-device "virtio-serial-$L_BUS,iommu_platform=on$pci"
		-device virtserialport,chardev=output,name=vdu.output)
}

# The device tree of an old machine; a Raspberry Pi's has its second serial line
# off. Time goes by instructions (8 ns each): on a busy host the emulated Pi's timer
# misses the moment that it was set for, and stands still for an hour.
old_args() {
	if [[ $L_MACHINE == raspi0 ]]; then
		cp "$KDIR/usr/lib/linux-image-$KREL/bcm2835-rpi-zero.dtb" "$RUN/dtb"
		fdtput -t s "$RUN/dtb" /soc/serial@7e215040 status okay
	else
		cp "$KDIR/boot/$L_MACHINE.dtb" "$RUN/dtb"
	fi
	QEMU_ARGS+=(-audio none -dtb "$RUN/dtb")
	[[ $OPT_ICOUNT ]] || QEMU_ARGS+=(-icount "shift=3,sleep=off")
}

boot_args() {
	local machine=$L_MACHINE

	[[ ! $OPT_CACHESAN ]] || machine+=,memory-backend=ram
	QEMU_ARGS=(-machine "$machine" -cpu "$L_CPU" -m "${OPT_MEM:-$L_MEM}" -smp "$OPT_SMP"
		-nodefaults -no-user-config -display none -monitor none -no-reboot
		-kernel "$KDIR/boot/vmlinuz-$KREL" -initrd "$RUN/initrd"
		-append "console=$L_CONSOLE ignore_loglevel printk.devkmsg=on log_buf_len=2M oops=panic panic=-1 vdu.now=$EPOCHSECONDS $L_APPEND $OPT_APPEND"
		-serial "file:$RUN/console.log"
		-chardev "file,id=output,path=$RUN/output,append=on")
	if [[ ! $OPT_TCG$OPT_ICOUNT$OPT_PLUGIN$OPT_CACHESAN ]] && accel_kvm; then
		QEMU_ARGS+=(-accel kvm)
	fi
	QEMU_ARGS+=(-accel tcg)
	[[ ! $OPT_ICOUNT ]] || QEMU_ARGS+=(-icount shift=0,sleep=off)
	[[ ! $L_OLD ]] || old_args
	[[ ! $OPT_CACHESAN ]] || cachesan_args
	[[ ! $OPT_COUNT ]] || count_args
	[[ ! $OPT_PLUGIN ]] || QEMU_ARGS+=(-plugin "file=$OPT_PLUGIN")
	if [[ $L_BUS == card ]]; then
		card_args
	else
		virtio_args
	fi
}

# A serial line's first one is not COMMAND's (guest/init).
output_reader() {
	if [[ $L_BUS == card ]]; then
		exec sed -u 1d
	else
		exec cat
	fi
}

# Runs the guest; sets QEMU_RC. The reader of the pipe ends when both this
# shell and QEMU have closed it, even if QEMU never opened it.
boot_guest() {
	local reader hold qemu=${OPT_QEMU:-$L_QEMU}

	boot_args
	if [[ $QEMU_PREFIX && ! $OPT_QEMU ]]; then
		qemu=$QEMU_PREFIX/usr/bin/$qemu
		# Else QEMU looks among the system's own modules, of another version.
		export QEMU_MODULE_DIR=$QEMU_LIB/qemu
		QEMU_ARGS+=(-L "$QEMU_PREFIX/usr/share/qemu")
	fi
	: >"$RUN/console.log"
	mkfifo "$RUN/output"
	exec {hold}<>"$RUN/output"
	output_reader <"$RUN/output" {hold}>&- &
	reader=$!
	TMPDIR=$RUN timeout -k 10 "$OPT_TIMEOUT" "$qemu" "${QEMU_ARGS[@]}" \
		{hold}>&- </dev/null >"$RUN/qemu.log" 2>&1 &
	QEMU_PID=$!
	QEMU_RC=0
	wait "$QEMU_PID" || QEMU_RC=$?
	QEMU_PID=
	exec {hold}>&-
	[[ $L_BUS != card ]] || card_result
	wait "$reader" || : # its reader may have had enough; the guest's status counts
}
