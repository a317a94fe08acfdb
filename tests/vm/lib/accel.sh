# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Whether KVM may stand in for emulation. /dev/kvm can be there and even start
# guests that then never get anywhere (nested, cut-down), so a kernel has to
# have said a word under it; the answer is kept until the machine is rebooted.

KVM_PROBE_S=15

# accel_kvm: status 0 when this lane's guest can run under KVM.
accel_kvm() {
	local stamp

	[[ $L_ARCH == amd64 && $BUILD_ARCH == amd64 && -w /dev/kvm ]] || return 1
	stamp=$CACHE/kvm-$(</proc/sys/kernel/random/boot_id)
	[[ -s $stamp ]] || kvm_probe "$stamp"
	[[ $(<"$stamp") == yes ]]
}

# Without a root disk the kernel panics, and QEMU ends, within a second or two.
kvm_probe() {
	local log=$RUN/kvm.log answer=no

	say "trying /dev/kvm ..."
	timeout -k 5 "$KVM_PROBE_S" "$L_QEMU" -machine "$L_MACHINE" -accel kvm -cpu "$L_CPU" -m 512 \
		-nodefaults -no-user-config -display none -no-reboot \
		-kernel "$KDIR/boot/vmlinuz-$KREL" -append "console=$L_CONSOLE panic=-1" \
		-serial "file:$log" </dev/null >"$log.qemu" 2>&1 || : # the log tells
	if grep -aqs 'Kernel panic' "$log"; then
		answer=yes
	else
		say "no guest gets going under /dev/kvm here: emulating"
	fi
	rm -f "$CACHE"/kvm-*
	echo "$answer" >"$1"
}
