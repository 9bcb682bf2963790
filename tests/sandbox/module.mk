# SPDX-License-Identifier: BSD-2-Clause
# The sandbox, tried from inside: a program whose threads make calls that they may not.

SANDBOX_TRIAL := $(BUILD)/tests/sandbox/minivmm
SANDBOX_OBJ   := $(BUILD)/tests/sandbox/sandbox.o $(BUILD)/tests/sandbox/trial.o

.PHONY: test-sandbox
test-sandbox: $(SANDBOX_TRIAL) $(BUILD)/guest/send.elf $(BUILD)/tests/cli/drive ## test what each thread's sandbox forbids, on this machine's KVM
	@tests/sandbox/run.sh $(SANDBOX_TRIAL) $(BUILD)/guest/send.elf $(BUILD)/tests/cli/drive

$(SANDBOX_TRIAL): $(SANDBOX_OBJ) $(filter-out $(BUILD)/vmm/host/sandbox.o,$(VMM_OBJ)) $(EMBED_OBJ) $(PURE_OBJ)
	@echo "LD $@"
	$(Q)$(CC) $(STATIC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/sandbox/sandbox.o: vmm/host/sandbox.c $(SYSCALL_NAMES)
	@mkdir -p $(@D)
	@echo "CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -DSANDBOX_TRIAL -c -o $@ $<

-include $(SANDBOX_OBJ:.o=.d)
