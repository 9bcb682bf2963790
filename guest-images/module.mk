# SPDX-License-Identifier: BSD-2-Clause
# The clock probe and the initramfs that holds it, which is a part of the program. The probe's pure
# parts (all but those that make system calls) are compiled for its unit tests as well.

PROBE_PURE_SRC := $(patsubst %,guest-images/probe/%.c,json drift options parse report \
                    report_table report_json) base/text.c
PROBE_SRC      := $(wildcard guest-images/probe/*.c) base/sample_stream.c base/text.c \
                  base/time_math.c
PROBE_OBJ      := $(PROBE_SRC:%.c=$(BUILD)/musl/%.o)
PROBE_PURE_OBJ := $(PROBE_PURE_SRC:%.c=$(BUILD)/%.o)
PROBE          := $(BUILD)/guest-images/probe/init
INITRAMFS      := $(BUILD)/gen/initramfs.cpio

MUSL_CC     := musl-gcc
MUSL_CFLAGS := -std=gnu11 -Os $(WARNINGS) -ffunction-sections -fdata-sections \
               -fno-asynchronous-unwind-tables -fno-stack-protector
EMBED_OBJ   += $(BUILD)/guest-images/initramfs.o

$(BUILD)/musl/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $@"
	$(Q)$(MUSL_CC) -D_GNU_SOURCE -I. -MMD -MP $(MUSL_CFLAGS) -c -o $@ $<

$(PROBE): $(PROBE_OBJ)
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(MUSL_CC) -static -s -Wl,--gc-sections -Wl,--build-id=none -o $@ $^

# Not compressed: it is small, and the kernel copies faster than it decompresses.
$(INITRAMFS): $(PROBE)
	@mkdir -p $(@D)/initramfs
	@echo "CPIO $@"
	$(Q)cp $< $(@D)/initramfs/init && touch -d @0 $(@D)/initramfs/init
	$(Q)cd $(@D)/initramfs && \
	    echo init | cpio --quiet -o -H newc -R 0:0 --reproducible > ../$(@F)

$(BUILD)/guest-images/initramfs.o: guest-images/initramfs.S $(INITRAMFS)
	@mkdir -p $(@D)
	@echo "AS $@"
	$(Q)$(CC) -Wa,-I$(BUILD)/gen -c -o $@ $<

.PHONY: probe
probe: $(INITRAMFS) ## build the clock probe and its initramfs

$(BUILD)/libprobe.a: $(PROBE_PURE_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

# A shorter stem than the general rule's, so make prefers this one.
$(BUILD)/tests/unit/test_probe_%: tests/unit/test_probe_%.c $(BUILD)/libprobe.a $(BUILD)/libpure.a
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) $(CPPFLAGS) $(UNIT_CFLAGS) $(LDFLAGS) -MF $@.d -o $@ $< $(BUILD)/libprobe.a \
	    $(BUILD)/libpure.a -lcmocka -ljansson

-include $(PROBE_OBJ:.o=.d) $(PROBE_PURE_OBJ:.o=.d)

# The init of the boots that test a device through Linux's driver. It has the probe's parts.
LINUX_TESTS_SRC := $(wildcard guest-images/linux-tests/*.c)
LINUX_TESTS_OBJ := $(LINUX_TESTS_SRC:%.c=$(BUILD)/musl/%.o) \
                   $(filter-out %/probe/init.o,$(PROBE_OBJ))
LINUX_TESTS     := $(BUILD)/guest-images/linux-tests

$(LINUX_TESTS): $(LINUX_TESTS_OBJ)
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(MUSL_CC) -static -s -Wl,--gc-sections -Wl,--build-id=none -o $@ $^

-include $(LINUX_TESTS_SRC:%.c=$(BUILD)/musl/%.d)

# The init of `minivmm run-test`, a part of the program too.
RUNNER_SRC := $(wildcard guest-images/runner/*.c) base/run_stream.c
RUNNER_OBJ := $(RUNNER_SRC:%.c=$(BUILD)/musl/%.o) $(BUILD)/musl/guest-images/probe/guest.o
RUNNER     := $(BUILD)/gen/runner
EMBED_OBJ  += $(BUILD)/guest-images/runner_image.o

$(RUNNER): $(RUNNER_OBJ)
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(MUSL_CC) -static -s -Wl,--gc-sections -Wl,--build-id=none -o $@ $^

$(BUILD)/guest-images/runner_image.o: guest-images/runner_image.S $(RUNNER)
	@mkdir -p $(@D)
	@echo "AS $@"
	$(Q)$(CC) -Wa,-I$(BUILD)/gen -c -o $@ $<

-include $(RUNNER_SRC:%.c=$(BUILD)/musl/%.d)

# An initramfs whose init keeps the guest's clock by chrony.
CHRONY_KERNEL ?= 6.12

.PHONY: guest-image-chrony
guest-image-chrony: $(BUILD)/guest-images/chrony-$(CHRONY_KERNEL).cpio.gz ## build an initramfs with chrony (CHRONY_KERNEL=SERIES: its modules)
	@echo "$<: boot it with ./minivmm -i $< \"\$$(guest-images/fetch-kernel.sh $(CHRONY_KERNEL))\""

$(BUILD)/guest-images/chrony-%.cpio.gz: $(BUILD)/examples/offset-series guest-images/build-chrony.sh guest-images/chrony-init.sh
	@tests/lab/packages.sh lab
	@echo "CPIO $@"
	$(Q)guest-images/build-chrony.sh $* $< $@

# An initramfs that runs what the kernel's command line says: several scenarios of experiments/ do.
.PHONY: guest-image-shell
guest-image-shell: $(BUILD)/guest-images/shell.cpio.gz ## build an initramfs that runs the commands of the word run=
	@echo "$<: boot it with ./minivmm -i $< --append 'run=\"date\"' \"\$$(guest-images/fetch-kernel.sh 6.12)\""

$(BUILD)/guest-images/shell.cpio.gz: guest-images/build-shell.sh guest-images/shell-init.sh
	@tests/lab/packages.sh lab
	@echo "CPIO $@"
	$(Q)guest-images/build-shell.sh $@
