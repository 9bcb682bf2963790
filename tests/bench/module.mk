# `make bench`: minivmm against the least that can run a guest, and against QEMU. It reports; it
# fails only if something cannot be measured.

BENCH_DIR      := $(BUILD)/tests/bench
BENCH_PAYLOADS := $(patsubst tests/bench/payload/%.c,$(BENCH_DIR)/%.elf, \
                    $(wildcard tests/bench/payload/*.c))
BENCH_CFLAGS   := -m32 -march=i686 -std=gnu11 -O2 $(WARNINGS) -ffreestanding -fno-pic \
                  -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none
BENCH_LDFLAGS  := -nostdlib -static -Wl,--build-id=none -Wl,--no-warn-rwx-segments \
                  -Wl,-T,tests/bench/payload/payload.ld

$(BENCH_DIR)/%.elf: tests/bench/payload/entry.S tests/bench/payload/%.c tests/bench/payload/payload.ld
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) $(BENCH_CFLAGS) $(BENCH_LDFLAGS) -o $@ $(filter-out %.ld,$^)

$(BENCH_DIR)/%.bin: $(BENCH_DIR)/%.elf
	$(Q)objcopy -O binary $< $@

$(BENCH_DIR)/bare_loop: tests/bench/bare_loop.c
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) -o $@ $<

# It goes into the lab as well.
$(BENCH_DIR)/stopwatch: tests/bench/stopwatch.c
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) -static -o $@ $<

.PHONY: bench bench-programs
bench-programs: minivmm $(BENCH_DIR)/bare_loop $(BENCH_DIR)/stopwatch $(BENCH_PAYLOADS) \
                $(BENCH_PAYLOADS:.elf=.bin)

bench: ## compare exits, start and memory with a bare KVM loop and QEMU (PARTS="exits start boot clock")
	@tests/lab/packages.sh build run lab
	@$(MAKE) --no-print-directory bench-programs
	@BUILD=$(BUILD) tests/bench/run.sh $(PARTS)
