# SPDX-License-Identifier: BSD-2-Clause
# Whole runs of the program with bad input, a bad host, and every way to end; options and files also
# with a program built with ASan and UBSan, which is to find nothing.

CLI_TOOLS     := $(BUILD)/tests/cli/drive $(BUILD)/tests/cli/fake_kvm.so $(BUILD)/tests/cli/fake_clock.so $(BUILD)/tests/cli/make_snapshot $(COMPLETION)
CLI_PAYLOADS  := $(BUILD)/guest/send.elf $(BUILD)/guest/follow.elf $(BUILD)/guest/sleep.elf $(BUILD)/guest/clock_reads.elf $(BUILD)/guest/stall.elf
CLI_SANITIZED := build/sanitized/minivmm

.PHONY: test-cli cli-plain cli-sanitized cli-sanitized-program
test-cli: cli-plain cli-sanitized ## test bad input, a bad host and every way to end

# At the same time with -j, so each keeps what it prints until its end.
cli_run = @mkdir -p $(BUILD)/tests/cli; status=0; \
    tests/cli/run.sh $(1) $(2) $(CLI_TOOLS) $(CLI_PAYLOADS) >$(BUILD)/tests/cli/$(1).tap || status=$$?; \
    cat $(BUILD)/tests/cli/$(1).tap; exit $$status

cli-plain: $(BUILD)/minivmm $(CLI_TOOLS) $(CLI_PAYLOADS)
	$(call cli_run,plain,$(BUILD)/minivmm)

cli-sanitized: cli-sanitized-program $(CLI_TOOLS) $(CLI_PAYLOADS)
	$(call cli_run,sanitized,$(CLI_SANITIZED))

cli-sanitized-program:
	@$(MAKE) --no-print-directory BUILD=build/sanitized OPT='-O1 -g1' \
	    EXTRA_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all" \
	    EXTRA_LDFLAGS="-fsanitize=address,undefined" $(CLI_SANITIZED)

$(BUILD)/tests/cli/drive: tests/cli/drive.c
	@mkdir -p $(@D)
	@echo "CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MF $@.d -o $@ $<

$(BUILD)/tests/cli/make_snapshot: $(BUILD)/tests/cli/make_snapshot.o $(filter-out $(BUILD)/vmm/cmd/main.o,$(VMM_OBJ)) $(EMBED_OBJ) $(BUILD)/libpure.a
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/cli/%.so: tests/cli/%.c
	@mkdir -p $(@D)
	@echo "CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MF $@.d -fPIC -shared -o $@ $(filter %.c,$^)

$(BUILD)/tests/cli/fake_kvm.so: tests/cli/fake_guest.c tests/cli/fake_sandbox.c tests/cli/fake_time.c tests/cli/fake_guest.h tests/cli/fake_time.h

-include $(CLI_TOOLS:=.d)
