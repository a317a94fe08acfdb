# SPDX-License-Identifier: GPL-2.0
# Two commands matter: make demo, make test. `make help` lists the rest.

KDIR ?= /lib/modules/$(shell uname -r)/build
LANES ?= default

.DEFAULT_GOAL := module
.PHONY: module install clean demo test soak check mutants coverage peers bench bench-check help

module: ## build the module for the running kernel (the default)
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel headers in $(KDIR)." >&2; \
		echo "On Debian: apt-get install linux-headers-$$(uname -r)" >&2; \
		echo "or give another kernel's: make KDIR=/path/to/headers" >&2; \
		exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

install: module ## install the module for the running kernel (as root)
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install

demo: ## show it: capture into a program's own memory, in a guest
	@tests/demo

test: ## run every test; LANES="armhf-6.1 ..." or LANES=all
	@tests/run --lanes "$(LANES)"

soak: ## ten minutes of races on each debug lane, 100,000 frames at random addresses
	@tests/run --lanes long --only lanes

check: ## checkpatch, sparse, shellcheck
	@tests/run --only check

mutants: ## break each promise on purpose and see a test turn red
	@tests/mutants/run

coverage: ## which lines of the module the suite reaches, on the debug lanes
	@tests/coverage

peers: ## the same suite with vb2-dma-sg and vb2-vmalloc: Documentation/peers.md
	@tests/peers

bench: ## what a frame costs, beside vb2-dma-sg and others: out/bench/report.html
	@tests/vm/setup bench
	@tests/bench/run
	@tests/bench/report/report out/bench README.md

bench-check: ## a few of these counts beside those in tests/bench/baseline.json
	@tests/vm/setup
	@tests/bench/run short
	@tests/bench/report/check out/bench tests/bench/baseline.json

clean: ## remove what was built
	rm -rf out
	@test ! -e $(KDIR)/Makefile || $(MAKE) -C $(KDIR) M=$(CURDIR) clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12
