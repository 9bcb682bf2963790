# SPDX-License-Identifier: BSD-2-Clause
# Bare-metal payloads: build/guest/NAME.elf from NAME.c here and what they share in lib/. They are
# entered by the 64-bit boot protocol, but for those named in PAYLOADS_32, and in PAYLOADS_16.

PAYLOAD_DIR     := $(BUILD)/guest
PAYLOAD_SRC     := $(wildcard guest-images/payloads/*.c)
PAYLOADS        := $(PAYLOAD_SRC:guest-images/payloads/%.c=$(PAYLOAD_DIR)/%.elf)
PAYLOADS_32     := multiboot pae pvh
PAYLOADS_16     := bios real reset_vector
PAYLOAD_CFLAGS  := -std=gnu11 -O1 $(WARNINGS) -ffreestanding -fno-pic -mgeneral-regs-only \
                   -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none
PAYLOAD_LDFLAGS := -nostdlib -static -Wl,--build-id=none -Wl,--no-warn-rwx-segments \
                   -Wl,-z,noexecstack -Wl,-T
PAYLOAD_CPP     := -I. -MMD -MP

# What of lib/ goes into which payload.
PAYLOAD_LIB_16  := check text entry16
PAYLOAD_LIB_32  := check text payload32 entry32
PAYLOAD_LIB_64  := check text entry64 vectors clock pic apic pvclock tables virtio
PAYLOADS_SMP     := idle many_cpus smi smp stall sleep tsc tsc_fault tsc_rate tsc_write
PAYLOAD_LIB_smp := smp smp_trampoline
PAYLOAD_OBJ_16  := $(PAYLOAD_LIB_16:%=$(PAYLOAD_DIR)/16/lib/%.o)
PAYLOAD_OBJ_32  := $(PAYLOAD_LIB_32:%=$(PAYLOAD_DIR)/32/lib/%.o)
PAYLOAD_OBJ_64  := $(PAYLOAD_LIB_64:%=$(PAYLOAD_DIR)/64/lib/%.o)

define PAYLOAD_COMPILE
	@mkdir -p $(@D)
	@echo "CC $@"
	$(Q)$(CC) $(PAYLOAD_CPP) $(PAYLOAD_CFLAGS) $(1) -c -o $@ $<
endef

define PAYLOAD_LINK
	@echo "LD $@"
	$(Q)$(CC) $(1) $(PAYLOAD_LDFLAGS),$(filter %.ld,$^) -o $@ $(filter %.o,$^)
endef

$(PAYLOAD_DIR)/64/%.o: guest-images/payloads/%.c
	$(call PAYLOAD_COMPILE,-m64 -mno-red-zone)

$(PAYLOAD_DIR)/64/%.o: guest-images/payloads/%.S
	$(call PAYLOAD_COMPILE,-m64)

$(PAYLOAD_DIR)/32/%.o: guest-images/payloads/%.c
	$(call PAYLOAD_COMPILE,-m32 -march=i686)

$(PAYLOAD_DIR)/32/%.o: guest-images/payloads/%.S
	$(call PAYLOAD_COMPILE,-m32)

$(PAYLOAD_DIR)/16/%.o: guest-images/payloads/%.c
	$(call PAYLOAD_COMPILE,-m16 -march=i686)

$(PAYLOAD_DIR)/16/%.o: guest-images/payloads/%.S
	$(call PAYLOAD_COMPILE,-m32)

$(PAYLOADS_16:%=$(PAYLOAD_DIR)/%.elf): $(PAYLOAD_DIR)/%.elf: $(PAYLOAD_DIR)/16/%.o \
    $(PAYLOAD_OBJ_16) guest-images/payloads/payload16.ld
	$(call PAYLOAD_LINK,-m32)

$(PAYLOADS_32:%=$(PAYLOAD_DIR)/%.elf): $(PAYLOAD_DIR)/%.elf: $(PAYLOAD_DIR)/32/%.o \
    $(PAYLOAD_OBJ_32) guest-images/payloads/payload.ld
	$(call PAYLOAD_LINK,-m32)

# One that has its addresses from ld, not from a script of ours: so are the file's headers in its first
# segment, below the text.
PAYLOADS_LD := $(PAYLOAD_DIR)/multiboot_at_8000h.elf $(PAYLOAD_DIR)/multiboot_at_1m.elf
$(PAYLOAD_DIR)/multiboot_at_8000h.elf: TEXT_GPA := 0x8000
$(PAYLOAD_DIR)/multiboot_at_1m.elf: TEXT_GPA := 0x100000
$(PAYLOADS_LD): $(PAYLOAD_DIR)/32/multiboot.o $(PAYLOAD_OBJ_32)
	@echo "LD $@"
	$(Q)ld -m elf_i386 -z noseparate-code -e entry -Ttext $(TEXT_GPA) --no-warn-rwx-segments -o $@ $^

$(PAYLOADS_SMP:%=$(PAYLOAD_DIR)/%.elf): $(PAYLOAD_LIB_smp:%=$(PAYLOAD_DIR)/64/lib/%.o)
$(PAYLOAD_DIR)/%.elf: $(PAYLOAD_DIR)/64/%.o $(PAYLOAD_OBJ_64) guest-images/payloads/payload.ld
	$(call PAYLOAD_LINK,-m64)

.SECONDARY: $(PAYLOAD_SRC:guest-images/payloads/%.c=$(PAYLOAD_DIR)/64/%.o) $(PAYLOAD_OBJ_64)
.PHONY: payloads
payloads: $(PAYLOADS) $(PAYLOADS_LD) ## build the bare-metal test guests

-include $(wildcard $(PAYLOAD_DIR)/*/*.d $(PAYLOAD_DIR)/*/lib/*.d)

# Bare-metal payloads on this machine's own /dev/kvm, the same ones in the SVM lab, and in the VMX lab
# those that need little time, at a low rate of its TSC, where less happens in a second. Those for scaled
# TSCs and PAE are in the VMX lab alone, with a host of 3.5 GHz.

VMX_CASES   := exit-0|triple-fault|reset|panic|boot64|basics|pit|pit-irq|hpet|periodic-hpet-apic|acpi-off|serial-irq
VMX_CASES   := $(VMX_CASES)|kvmclock-kernel|multiboot|pvh|smp-2|tsc-write|calibrate|real-mode
VMX_TSC_KHZ := 1500000

# $(call PAYLOADS_IN_VMX_LAB,OPTIONS OF vmx.sh,FILE OF CASES)
define PAYLOADS_IN_VMX_LAB
	@tests/lab/vmx.sh --timeout 3600 $(1) --file minivmm --file $(PAYLOAD_DIR):payloads \
	    --file tests/guest/run.sh --file $(2):cases -- ./run.sh --lab vmx --cases '$(CASES)' \
	    --payloads payloads --output /out
endef

.PHONY: test-guest test-guest-svm test-guest-skip test-guest-move-svm test-guest-move-vmx test-guest-vmx test-guest-vmx-tsc
test-guest: minivmm payloads ## run the bare-metal payloads on this machine's KVM (CASES=REGEX: some)
	@tests/guest/run.sh --cases '$(CASES)' --payloads $(PAYLOAD_DIR) --output $(PAYLOAD_DIR)/results
	@[ -n '$(CASES)' ] || tests/guest/move.sh --payloads $(PAYLOAD_DIR) --output $(PAYLOAD_DIR)/moves
	@[ -n '$(CASES)' ] || tests/guest/migrate.py ./minivmm $(PAYLOAD_DIR) $(PAYLOAD_DIR)/moves
	@[ -n '$(CASES)' ] || tests/guest/serial2.py ./minivmm $(PAYLOAD_DIR) $(PAYLOAD_DIR)/serial2

# Not there: those that are about the program alone, whatever the CPU. And those that follow a clock do so
# with clocks that are apart. hpet-fault and clock-fault look for 100 us in 100 ms, and an exit may take longer in a
# busy lab.
NOT_IN_SVM := exit-[1-9].*|exit-bit-.*|pvpanic-.*|panic-.*|reset-cf9|reset-port92|off-by-604h|rtc.*|left-out|steal-off
NOT_IN_SVM := $(NOT_IN_SVM)|multiboot-.*|follow-.*|bios|ports|serial-input|serial-poll-.*|lost-ticks-.*|pit-flood|pause-host-rtc|hpet-fault|irq-fault|stall|clock-fault

$(PAYLOAD_DIR)/cases-svm: tests/guest/cases tests/guest/cases-svm tests/guest/module.mk
	@mkdir -p $(@D)
	$(Q)grep -vE '^($(NOT_IN_SVM)) *\|' $< | cat - $(word 2,$^) >$@

test-guest-svm: minivmm payloads $(PAYLOAD_DIR)/cases-svm ## run the bare-metal payloads in the SVM lab (CASES=REGEX: some)
	@tests/lab/packages.sh run lab
	@tests/lab/svm.sh --timeout 300 --file minivmm --file $(PAYLOAD_DIR):payloads \
	    --file tests/guest/run.sh --file $(PAYLOAD_DIR)/cases-svm:cases -- ./run.sh --lab svm --cases '$(CASES)' \
	    --payloads payloads --output /out

test-guest-skip: minivmm payloads ## see in the SVM lab that --skip-idle skips nothing that a guest waits for (CASES=REGEX: some)
	@tests/lab/packages.sh run lab
	@tests/lab/svm.sh --timeout 300 --file minivmm --file $(PAYLOAD_DIR):payloads \
	    --file tests/guest/run.sh --file tests/guest/cases-skip:cases -- ./run.sh --lab svm --cases '$(CASES)' \
	    --payloads payloads --output /out

test-guest-move-svm: minivmm payloads ## move a payload through files in the SVM lab, with its time frozen
	@tests/lab/packages.sh run lab
	@tests/lab/svm.sh --timeout 300 --file minivmm --file $(PAYLOAD_DIR):payloads --file tests/guest/move.sh -- \
	    ./move.sh --lab svm --payloads payloads --time freeze --words fpu=1 --rounds 16 --output /out

test-guest-move-vmx: minivmm payloads ## move a payload from one VMX lab to another, whose TSC runs at another rate
	@tests/lab/packages.sh run lab vmx
	@tests/guest/move-rate.sh

$(PAYLOAD_DIR)/cases-vmx: tests/guest/cases tests/guest/module.mk
	@mkdir -p $(@D)
	$(Q)grep -E '^($(VMX_CASES)) *\|' $< >$@

test-guest-vmx: minivmm payloads $(PAYLOAD_DIR)/cases-vmx ## run some of them in the VMX lab (CASES=REGEX: fewer)
	$(call PAYLOADS_IN_VMX_LAB,--tsc-khz $(VMX_TSC_KHZ),$(PAYLOAD_DIR)/cases-vmx)

test-guest-vmx-tsc: minivmm payloads ## run payloads on scaled TSCs in the VMX lab (CASES=REGEX: some)
	$(call PAYLOADS_IN_VMX_LAB,,tests/guest/cases-vmx)
