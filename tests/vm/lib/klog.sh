# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What counts as a report in the kernel's log. A clean boot has none of these;
# "selftest" holds the list to that, and to finding what it must.

KLOG_REPORT='WARNING:|BUG:|kernel BUG at|Oops|Kernel panic|Unable to handle|Internal error'
KLOG_REPORT+='|Unhandled (fault|prefetch abort)|general protection fault|double fault|divide error|invalid opcode'
KLOG_REPORT+='|-\[ cut here \]-|[Cc]all [Tt]race:|Stack : '
KLOG_REPORT+='|possible (circular|recursive) locking|inconsistent (\{|lock state)|irq lock inversion|lock order inversion'
KLOG_REPORT+='|suspicious RCU usage|held lock freed|still has locks held|bad unlock balance|INFO: lockdep is turned off'
KLOG_REPORT+='|DEBUG_LOCKS_WARN_ON|Invalid wait context|INFO: trying to register non-static key'
KLOG_REPORT+='|INFO: task|INFO: rcu|rcu: INFO|[a-z_]+ detected (expedited )?stalls|soft lockup|hard LOCKUP'
KLOG_REPORT+='|DMA-API: [^ ]+ [^ ]+:|DMA-API: (debugging out of memory|cacheline tracking)|KASAN|KCSAN|KFENCE|UBSAN|kmemleak: .*(new suspected|disabled)|refcount_t:'
KLOG_REPORT+='|UNBALANCED!|Bad page (state|map)|Bad rss-counter|list_(add|del) corruption|page dumped because'
KLOG_REPORT+='|unknown parameter .* ignored'
KLOG_REPORT+='|scheduling while atomic|sleeping function called|irq [0-9]+: nobody cared|Fixing recursive fault'

# A test that runs the distribution's own code says so: it is not on trial.
KLOG_STOCK='/vdu: stock code runs/,/vdu: stock code ended/d'

# vb2's counters (VIDEO_ADV_DEBUG), a few lines under a heading. Two imbalances
# are its core's own (Documentation/testing.md): a buffer whose new memory is
# refused lost the old without buf_cleanup(), and a queue may end while someone
# waits in DQBUF. A heading with no other fault is dropped.
# shellcheck disable=SC2016 # awk's own $
KLOG_CORE_BUGS='
function odd(a, b) { return n[a ":"] != n[b ":"] }
function fewer(a, b) { return n[a ":"] + 0 < n[b ":"] + 0 }
function flush(fault) {
	if (head && fault)
		print head
	head = ""
}
/counters for queue .*UNBALANCED!/ {
	flush(1)
	head = $0
	split("", n)
	next
}
head {
	for (i = 1; i < NF; i++)
		n[$i] = $(i + 1)
}
/wait_finish:/ {
	flush(odd("start_streaming", "stop_streaming") || !fewer("wait_finish", "wait_prepare"))
}
/get_dmabuf:/ {
	flush(odd("buf_prepare", "buf_finish") || odd("buf_queue", "buf_done") ||
	      odd("alloc", "put") || odd("prepare", "finish") || odd("get_userptr", "put_userptr") ||
	      odd("attach_dmabuf", "detach_dmabuf") || odd("map_dmabuf", "unmap_dmabuf") ||
	      !fewer("buf_cleanup", "buf_init"))
}
{ print }
END { flush(1) }'

# klog_reports FILE: the lines that count; status 1 when there are none, more
# when FILE could not be searched.
klog_reports() {
	tr -d '\r' <"$1" | sed "$KLOG_STOCK" | awk "$KLOG_CORE_BUGS" | grep -aE -- "$KLOG_REPORT"
}
