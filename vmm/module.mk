# SPDX-License-Identifier: BSD-2-Clause
# The template of a trace's page is a part of the program, apart from what a start needs.
EMBED_OBJ += $(BUILD)/timelab/report_template.o

$(BUILD)/timelab/report_template.o: timelab/report_template.S timelab/report.html
	@mkdir -p $(@D)
	@echo "AS $@"
	$(Q)$(CC) -c -o $@ $<

# The version, as a header that version.c alone includes. It is asked for at each make and written only if it
# has changed, so a new commit compiles that one file. Two makes at a time do not see each other's.

VERSION_HEADER := $(BUILD)/gen/vmm/cmd/version_text.h

$(BUILD)/vmm/cmd/version.o: $(VERSION_HEADER)

.PHONY: version-asked
$(VERSION_HEADER): version-asked
	@mkdir -p $(@D)
	@new=$@.$$$$; echo "#define MINIVMM_VERSION \"$$(vmm/cmd/version.sh)\"" >$$new && \
	    if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi

# What system calls are called, by number: for the line of one that the sandbox forbids.
SYSCALL_NAMES := $(BUILD)/gen/vmm/host/syscall_names.h

$(BUILD)/vmm/host/sandbox.o: $(SYSCALL_NAMES)

$(SYSCALL_NAMES): vmm/module.mk
	@mkdir -p $(@D)
	@{ echo 'static const char *const syscall_names[] = {' && \
	    echo '#include <sys/syscall.h>' | $(CC) -E -dM -x c - | \
	    sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/    [\2] = "\1",/p' | LC_ALL=C sort && echo '};'; } >$@

# The order of the parts in the program. Linux maps 64 KiB around each page that is touched, and most of the C
# library is not needed to run a guest. So what a start needs comes together: the rooms that make a machine,
# and the members in start_members. It is a script for ld, which uses its own as well.
START_ORDER := $(BUILD)/gen/vmm/start_order.ld
START_ROOMS := vmm/kvm vmm/machine vmm/host base kvmclock devices devices/acpi devices/pc devices/msr boot vmm/cmd
START_CODE  := .text .text.evex* .text.avx* .text.sse*

$(START_ORDER): vmm/start_members vmm/module.mk
	@mkdir -p $(@D)
	@{ printf '*/%s/*.o\n' $(START_ROOMS) && sed '/^#/d; s/^/*/' $<; } >$@.parts
	@{ echo 'SECTIONS { .text.start : {' && sed 's/$$/($(START_CODE))/' $@.parts && \
	    echo '} } INSERT BEFORE .text; SECTIONS { .rodata.start : {' && \
	    sed 's/$$/(.rodata .rodata.*)/' $@.parts && echo '} } INSERT AFTER .rodata;'; } >$@
	@rm $@.parts

# What bash knows of the options: a program linked with their rows says it.
COMPLETION := $(BUILD)/minivmm.bash-completion

.PHONY: completion
completion: $(COMPLETION) ## make build/minivmm.bash-completion, for bash to source

$(COMPLETION): $(BUILD)/vmm/cmd/completion/words vmm/cmd/completion/minivmm.bash
	@echo "GEN $@"
	$(Q)$< >$@.new
	$(Q)cat vmm/cmd/completion/minivmm.bash >>$@.new
	$(Q)mv $@.new $@

$(BUILD)/vmm/cmd/completion/words: $(BUILD)/vmm/cmd/completion/words.o $(filter-out $(BUILD)/vmm/cmd/main.o,$(VMM_OBJ)) $(EMBED_OBJ) $(BUILD)/libpure.a
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

-include $(BUILD)/vmm/cmd/completion/words.d
