# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# A machine without virtio: a memory card with a partition for each disk, and a
# second serial line for COMMAND's output.

# Where the result lies on the card, in MiB.
CARD_RESULT=

# The card's size has to be a power of two.
card_make() {
	local name file mb at=1 table='label: gpt'

	truncate -s 4G "$RUN/card"
	for name in root modules input result; do
		case $name in
		root) file=$ROOT_IMG ;;
		modules) file=$KDIR/modules.img ;;
		*) file=$RUN/$name ;;
		esac
		mb=$((($(stat -c %s "$file") + (1 << 20) - 1) >> 20))
		table+=$'\n'"start=${at}MiB, size=${mb}MiB, name=vdu-$name"
		[[ $name == result ]] || card_copy "$file" "$at"
		CARD_RESULT=$at # in the end
		at=$((at + mb))
	done
	/sbin/sfdisk --quiet "$RUN/card" <<<"$table"
}

card_copy() {
	dd "if=$1" "of=$RUN/card" bs=1M "seek=$2" conv=notrunc,sparse status=none
}

card_result() {
	dd "if=$RUN/card" "of=$RUN/result" bs=1M "skip=$CARD_RESULT" \
		"count=${RESULT_SIZE%G}K" conv=sparse status=none
}

card_args() {
	card_make
	QEMU_ARGS+=(-drive "if=sd,format=raw,file=$RUN/card,cache=unsafe" -serial chardev:output)
}
