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
KLOG_REPORT+='|unbalanced counters|Bad page (state|map)|Bad rss-counter|list_(add|del) corruption|page dumped because'
KLOG_REPORT+='|scheduling while atomic|sleeping function called|irq [0-9]+: nobody cared|Fixing recursive fault'

# A test that runs the distribution's own code says so: it is not on trial.
KLOG_STOCK='/vdu: stock code runs/,/vdu: stock code ended/d'

# klog_reports FILE: the lines that count; status 1 when there are none.
klog_reports() {
	sed "$KLOG_STOCK" "$1" | grep -aE -- "$KLOG_REPORT"
}
