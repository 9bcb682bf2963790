# SPDX-License-Identifier: BSD-2-Clause
# Boots of stock Linux kernels, in the labs.

.PHONY: test-linux
test-linux: minivmm $(LINUX_TESTS) ## boot Debian's kernels in the SVM lab and judge their clocks (CASES=REGEX: some)
	@tests/lab/packages.sh run lab test
	@tests/linux/run.sh cases '$(CASES)'

.PHONY: test-linux-more
test-linux-more: minivmm $(LINUX_TESTS) $(EXAMPLES) $(BUILD)/tests/cli/drive ## boot all other combinations of kernel, vCPUs and kvm-clock mode, and pause KVM's own
	@tests/lab/packages.sh run lab test
	@tests/linux/run.sh cases-more '$(CASES)'
	@[ -n '$(CASES)' ] || tests/linux/run.sh cases-shadow
	@tests/linux/pause.sh kernel
	@tests/linux/run-test.sh

.PHONY: test-linux-newest
test-linux-newest: minivmm $(LINUX_TESTS) ## boot the newest kernels of Debian's backports and judge their clocks (CASES=REGEX: some)
	@tests/lab/packages.sh run lab test
	@tests/linux/run.sh cases-newest '$(CASES)'

.PHONY: test-linux-snapshot
test-linux-snapshot: minivmm ## save and restore a Linux in the SVM lab, by freeze and by advance, and migrate a busy one
	@tests/lab/packages.sh run lab test
	@tests/linux/snapshot.sh

# Each combination of these words of tests/linux/snapshot-more-in-lab.sh in a lab of its own.
SNAPSHOT_KERNELS ?= 6.1 6.12
SNAPSHOT_CPUS    ?= 1 2 4
SNAPSHOT_CLOCKS  ?= kvm-clock tsc hpet acpi_pm
SNAPSHOT_WAYS    ?= freeze advance 2h 30d-freeze

.PHONY: test-linux-snapshot-more
test-linux-snapshot-more: minivmm ## the same under load, by kernels, vCPUs, clocksources and ways (SNAPSHOT_KERNELS= ...)
	@tests/lab/packages.sh run lab test
	@failed=; for kernel in $(SNAPSHOT_KERNELS); do for cpus in $(SNAPSHOT_CPUS); do \
	    for clock in $(SNAPSHOT_CLOCKS); do \
	        tests/linux/snapshot.sh $$kernel $$cpus $$clock $(SNAPSHOT_WAYS) || failed=yes; \
	    done; done; done; [ -z "$$failed" ]

DISK_KERNELS ?= 6.1 6.12
DISK_CPUS    ?= 2

.PHONY: test-linux-disk
test-linux-disk: minivmm ## boot a Linux with its root on a virtio disk, kill it while it writes, and look (DISK_KERNELS= DISK_CPUS=)
	@tests/lab/packages.sh run lab e2fsprogs
	@failed=; for kernel in $(DISK_KERNELS); do for cpus in $(DISK_CPUS); do \
	    tests/linux/disk.sh $$kernel $$cpus || failed=yes; \
	done; done; [ -z "$$failed" ]

.PHONY: test-linux-check-from
test-linux-check-from: minivmm ## check a Linux from a boot and from a snapshot, in the SVM lab: each verdict is the same
	@tests/lab/packages.sh run lab test
	@tests/linux/snapshot.sh check 6.12 2

WAKE_KERNELS ?= 6.1 6.12
WAKE_CLOCKS  ?= kvm-clock tsc
WAKE_MODES   ?= freeze mem mem-reset
WAKE_CPUS    ?= 2

.PHONY: test-linux-wake
test-linux-wake: minivmm ## let a Linux sleep until the RTC's alarm, by kernels and clocksources (WAKE_KERNELS= WAKE_CLOCKS= WAKE_MODES= WAKE_CPUS=)
	@tests/lab/packages.sh run lab test
	@failed=; for kernel in $(WAKE_KERNELS); do for clock in $(WAKE_CLOCKS); do for cpus in $(WAKE_CPUS); do \
	    for mode in $(WAKE_MODES); do \
	    tests/linux/wake.sh $$kernel $$cpus $$clock $$mode || failed=yes; \
	    done; done; done; done; [ -z "$$failed" ]

SKIP_KERNELS ?= 6.12
SKIP_CPUS    ?= 1 2 4
SKIP_CLOCKS  ?= kvm-clock
SKIP_SLEEPS  ?= 60,60

.PHONY: test-linux-skip
test-linux-skip: minivmm ## let a Linux sleep with --skip-idle, by kernels, vCPUs and clocksources (SKIP_KERNELS= SKIP_CPUS= SKIP_CLOCKS= SKIP_SLEEPS=)
	@tests/lab/packages.sh run lab test
	@failed=; for kernel in $(SKIP_KERNELS); do for cpus in $(SKIP_CPUS); do for clock in $(SKIP_CLOCKS); do \
	    tests/linux/skip.sh $$kernel $$cpus $$clock $(SKIP_SLEEPS) || failed=yes; \
	    done; done; done; [ -z "$$failed" ]

.PHONY: test-linux-pause
test-linux-pause: minivmm ## pause a Linux with 4 vCPUs in the SVM lab, both ways
	@tests/lab/packages.sh run lab test
	@tests/linux/pause.sh user

# What happens to guests with chrony, each in a lab of its own: see tests/linux/chrony.sh.
CHRONY_ACTIONS  ?= none step slew pause-freeze pause-advance restore-freeze restore-advance
CHRONY_MACHINES ?=

.PHONY: test-linux-chrony
test-linux-chrony: minivmm guest-image-chrony ## see guests with chrony keep the lab's time (CHRONY_ACTIONS= CHRONY_KERNEL=)
	@tests/lab/packages.sh run lab test
	@failed=; for action in $(CHRONY_ACTIONS); do \
	    tests/linux/chrony.sh $(CHRONY_KERNEL) $$action '$(CHRONY_MACHINES)' || failed=yes; done; [ -z "$$failed" ]

.PHONY: test-linux-date
test-linux-date: minivmm ## set the host's date in the SVM lab while a Linux follows it
	@tests/lab/packages.sh run lab test
	@tests/linux/date.sh no-rtc initcall_blacklist=cmos_init
	@tests/linux/date.sh rtc quiet

.PHONY: test-linux-vmx
test-linux-vmx: minivmm ## boot a Linux with a scaled TSC in the VMX lab (CASES=REGEX: some)
	@tests/lab/packages.sh test
	@tests/linux/run.sh cases-vmx '$(CASES)'

.PHONY: test-linux-run-test
test-linux-run-test: minivmm ## run Linux's own timer and RTC tests by run-test, in the SVM lab
	@tests/lab/packages.sh build run lab test
	@tests/linux/run-test.sh

.PHONY: test-slurm
test-slurm: minivmm payloads ## run experiments as a job array of a Slurm on this machine, by hand, as root
	@tests/lab/packages.sh slurm
	@tests/linux/slurm.sh

# Scenarios that are ready, each with Debian's Linux, on this machine's KVM or in a lab of its own.
EXPERIMENTS ?= $(basename $(notdir $(wildcard experiments/*.json)))

.PHONY: test-experiments
test-experiments: minivmm guest-image-shell guest-image-chrony ## run the scenarios of experiments/, by hand (EXPERIMENTS=NAME...)
	@tests/lab/packages.sh run lab test
	@failed=; for name in $(EXPERIMENTS); do tests/linux/experiment.sh $$name || failed=yes; done; [ -z "$$failed" ]

# For somebody who is new here: one scenario, and the page of what came of it.
EXPERIMENT ?= pm-stuck
KERNEL     ?= 6.12

.PHONY: picture
picture: ## draw what a fault does to the clocks of a Linux (EXPERIMENT=NAME KERNEL=FILE)
	@tests/lab/packages.sh build run lab libjs-dygraphs
	@$(MAKE) --no-print-directory minivmm guest-image-shell
	@tests/linux/experiment.sh --trace $(EXPERIMENT) '$(KERNEL)'
