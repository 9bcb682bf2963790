# SPDX-License-Identifier: BSD-2-Clause
# Fuzzing, under ASan and UBSan: tests/fuzz/fuzz_NAME.c is a target. With clang it is libFuzzer that
# makes the inputs, else standalone.c.

# Seconds for each target, if not 8 for a snapshot or a clock and 2 for another: from its corpus each has come
# to all lines that it comes to, but for a clock's last 1 of 100, in half of that.
FUZZ_SECONDS ?=
FUZZ_CLOCKS  := hpet pit rtc
FUZZ_SRC     := $(wildcard tests/fuzz/fuzz_*.c)
# The driver of the chips is no target. What takes long begins first.
FUZZ_TARGETS := elf_core $(FUZZ_CLOCKS) $(filter-out device elf_core $(FUZZ_CLOCKS),$(FUZZ_SRC:tests/fuzz/fuzz_%.c=%))
FUZZ_BIN     := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/fuzz_%)
FUZZ_CHECKS  := -fsanitize=address,undefined

.PHONY: test-fuzz fuzz-programs
test-fuzz: ## fuzz devices and parsers under ASan and UBSan (TARGETS=..., FUZZ_SECONDS=N)
	@if echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	    clang -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null; then \
	    $(MAKE) --no-print-directory BUILD=build/fuzz OPT=-O1 CC=clang FUZZ_MAIN= \
	        EXTRA_CFLAGS="$(FUZZ_CHECKS),fuzzer-no-link -fno-sanitize-recover=all" \
	        EXTRA_LDFLAGS="$(FUZZ_CHECKS),fuzzer" fuzz-programs; \
	else \
	    $(MAKE) --no-print-directory BUILD=build/fuzz-standalone OPT=-O1 \
	        EXTRA_CFLAGS="$(FUZZ_CHECKS) -fno-sanitize-recover=all" \
	        EXTRA_LDFLAGS="$(FUZZ_CHECKS)" fuzz-programs; \
	fi

fuzz_seconds = $(or $(FUZZ_SECONDS),$(if $(filter $(1),elf_core $(FUZZ_CLOCKS)),8,2))

fuzz-programs: $(FUZZ_BIN)
	@tests/fuzz/run.sh $(BUILD)/tests/fuzz \
	    $(foreach target,$(or $(TARGETS),$(FUZZ_TARGETS)),$(target):$(call fuzz_seconds,$(target)))

FUZZ_MAIN ?= $(BUILD)/tests/fuzz/standalone.o
FUZZ_LIB  := $(BUILD)/tests/fuzz/fuzz.o $(FUZZ_MAIN) $(BUILD)/libpure.a

FUZZ_CHIPS := $(filter-out boot virtio virtio_blk migration_message nvram_file qmp elf_core run_stream elf_needs check_report check_expectation check_result fault scenario trace sample_stream,$(FUZZ_TARGETS))
$(FUZZ_CHIPS:%=$(BUILD)/tests/fuzz/fuzz_%): $(BUILD)/tests/fuzz/fuzz_device.o
$(BUILD)/tests/fuzz/fuzz_virtio $(BUILD)/tests/fuzz/fuzz_virtio_blk: $(BUILD)/tests/fuzz/virtio_guest.o
$(BUILD)/tests/fuzz/fuzz_qmp: $(addprefix $(BUILD)/vmm/host/,qmp.o json_frame.o)
$(BUILD)/tests/fuzz/fuzz_nvram_file: $(addprefix $(BUILD)/vmm/host/,nvram_file.o file.o log.o log_writer.o \
    message_queue.o event_loop.o host_clock.o standard_fds.o terminal.o)
$(FUZZ_BIN): %: %.o $(FUZZ_LIB)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)

-include $(patsubst %.c,$(BUILD)/%.d,$(wildcard tests/fuzz/*.c))
