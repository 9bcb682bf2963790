# SPDX-License-Identifier: BSD-2-Clause
# `make bench`: minivmm against the least that can run a guest, and against QEMU. It reports; it
# fails only if something cannot be measured.

BENCH_DIR      := $(BUILD)/tests/bench
# Those that take an interrupt, NAME_ticks, share payload/lib and the PIC of the test guests.
BENCH_TICKS    := $(wildcard tests/bench/payload/lib/*.[cS]) guest-images/payloads/lib/pic.c
BENCH_PAYLOADS := $(patsubst tests/bench/payload/%.c,$(BENCH_DIR)/%.elf, \
                    $(wildcard tests/bench/payload/*.c))
BENCH_CFLAGS   := -m32 -march=i686 -std=gnu11 -O2 $(WARNINGS) -ffreestanding -fno-pic \
                  -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none
BENCH_LDFLAGS  := -nostdlib -static -Wl,--build-id=none -Wl,--no-warn-rwx-segments \
                  -Wl,-T,tests/bench/payload/payload.ld

$(BENCH_DIR)/restored.elf: guest-images/payloads/lib/text.c

$(BENCH_DIR)/%_ticks.elf: tests/bench/payload/entry.S tests/bench/payload/%_ticks.c $(BENCH_TICKS) \
    tests/bench/payload/payload.ld tests/bench/payload/lib/ticks.h
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) -I. $(BENCH_CFLAGS) $(BENCH_LDFLAGS) -o $@ $(filter-out %.ld %.h,$^)

$(BENCH_DIR)/%.elf: tests/bench/payload/entry.S tests/bench/payload/%.c tests/bench/payload/lib/print.c \
    tests/bench/payload/payload.ld
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) -I. $(BENCH_CFLAGS) $(BENCH_LDFLAGS) -o $@ $(filter-out %.ld %.h,$^)

$(BENCH_DIR)/com1.elf $(BENCH_DIR)/com2.elf: tests/bench/payload/lib/send.h

$(BENCH_DIR)/%.bin: $(BENCH_DIR)/%.elf
	$(Q)objcopy -O binary $< $@

$(BENCH_DIR)/bare_loop $(BENCH_DIR)/write_data: $(BENCH_DIR)/%: tests/bench/%.c
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) -o $@ $<

$(BENCH_DIR)/tick_reader: $(patsubst %,tests/bench/%,tick_reader.c tick_figures.c tick_figures.h guest_cpu.c \
    guest_cpu.h payload/lib/ticks.h)
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) -D_GNU_SOURCE -I. $(CFLAGS) -o $@ $(filter %.c,$^) -lm

$(BUILD)/tests/unit/test_tick_figures: $(BENCH_DIR)/tick_figures.o
$(BUILD)/tests/unit/test_tick_figures: LDLIBS += $(BENCH_DIR)/tick_figures.o -lm

-include $(BENCH_DIR)/tick_figures.d

# minivmm with a KVM_RUN of its own. PROGRAM is known once all of the makefiles are read.
$(BENCH_DIR)/exit_path: tests/bench/exit_path.c minivmm
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) -D_GNU_SOURCE -I. $(CFLAGS) $(STATIC) $(LDFLAGS) -o $@ $< $(PROGRAM) \
	    -Wl,--wrap=kvm_vcpu_run,--wrap=kvm_create_vcpu $(LDLIBS)

# It goes into the lab as well.
$(BENCH_DIR)/stopwatch: tests/bench/stopwatch.c
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) -static -o $@ $<

$(BENCH_DIR)/meter: tests/bench/meter.c
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) -o $@ $<

$(BENCH_DIR)/init: tests/bench/power_off.c
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(MUSL_CC) -D_GNU_SOURCE $(MUSL_CFLAGS) -static -s -o $@ $<

$(BENCH_DIR)/power-off.cpio: $(BENCH_DIR)/init
	@echo "CPIO $@"
	$(Q)cd $(@D) && echo init | cpio --quiet -o -H newc -R 0:0 > $(@F)

$(BENCH_DIR)/ticker/init: tests/bench/ticker.c
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(MUSL_CC) -D_GNU_SOURCE $(MUSL_CFLAGS) -static -s -o $@ $<

$(BENCH_DIR)/ticker/ticker.cpio: $(BENCH_DIR)/ticker/init
	@echo "CPIO $@"
	$(Q)cd $(@D) && echo init | cpio --quiet -o -H newc -R 0:0 > $(@F)

$(BENCH_DIR)/code_run: tests/bench/code_run.c
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) -o $@ $<

# A start takes 20 seconds so. The list is to be read before it takes the old one's place.
.PHONY: start-members
start-members: $(BENCH_DIR)/code_run $(BENCH_DIR)/first_write.elf ## print the members for vmm/start_members (needs /dev/kvm)
	@rm -f minivmm
	@$(MAKE) --no-print-directory minivmm EXTRA_LDFLAGS=-Wl,-Map=$(BENCH_DIR)/minivmm.map >&2
	@tests/bench/start_members.sh $(BENCH_DIR)/minivmm.map $(BENCH_DIR)/code_run 60 ./minivmm --memory 256M \
	    $(BENCH_DIR)/first_write.elf

.PHONY: bench bench-programs
bench-programs: minivmm $(BENCH_DIR)/bare_loop $(BENCH_DIR)/exit_path $(BENCH_DIR)/stopwatch $(BENCH_DIR)/power-off.cpio $(BENCH_DIR)/ticker/ticker.cpio \
                $(BENCH_DIR)/tick_reader $(BENCH_DIR)/meter $(BENCH_DIR)/write_data $(BENCH_PAYLOADS) \
                $(BENCH_PAYLOADS:.elf=.bin)

bench: ## compare exits, start, memory, interrupts, consoles, snapshots and migrations with a bare KVM loop and QEMU (PARTS="exits path trace start boot check clock interrupts console snapshot answer migrate")
	@tests/lab/packages.sh build run lab
	@$(MAKE) --no-print-directory bench-programs
	@BUILD=$(BUILD) tests/bench/run.sh $(PARTS)
