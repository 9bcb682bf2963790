# Whole runs of the program with bad input, a bad host, and every way to end; options and files also
# with a program built with ASan and UBSan, which is to find nothing.

CLI_TOOLS     := $(BUILD)/tests/cli/drive $(BUILD)/tests/cli/fake_kvm.so $(BUILD)/tests/cli/fake_clock.so
CLI_PAYLOADS  := $(BUILD)/guest/send.elf $(BUILD)/guest/follow.elf
CLI_SANITIZED := build/sanitized/minivmm

.PHONY: test-cli cli-sanitized
test-cli: $(BUILD)/minivmm $(CLI_TOOLS) $(CLI_PAYLOADS) cli-sanitized ## test bad input, a bad host and every way to end
	@tests/cli/run.sh $(BUILD)/minivmm $(CLI_SANITIZED) $(CLI_TOOLS) $(CLI_PAYLOADS)

cli-sanitized:
	@$(MAKE) --no-print-directory BUILD=build/sanitized OPT=-O1 \
	    EXTRA_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all" \
	    EXTRA_LDFLAGS="-fsanitize=address,undefined" $(CLI_SANITIZED)

$(BUILD)/tests/cli/drive: tests/cli/drive.c
	@mkdir -p $(@D)
	@echo "CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MF $@.d -o $@ $<

$(BUILD)/tests/cli/%.so: tests/cli/%.c
	@mkdir -p $(@D)
	@echo "CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MF $@.d -fPIC -shared -o $@ $<

-include $(CLI_TOOLS:=.d)
