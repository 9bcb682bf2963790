# SPDX-License-Identifier: BSD-2-Clause
# Unit tests: one cmocka program per tests/unit/test_*.c, linked with every pure module, with vmm, and
# with the helpers, which are the other .c files here. No KVM, no sleep: what makes system calls on
# /dev/kvm and reads the host's clocks has fakes in its place (fake_kvm.h, fake_clock.h).

UNIT_FAKED   := $(addprefix vmm/kvm/,dirty_log.c kvm.c kvm_call.c kvm_irqchip.c kvm_stats.c kvm_vcpu.c) vmm/host/host_clock.c
UNIT_VMM_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(UNIT_FAKED) vmm/cmd/main.c,$(VMM_SRC)))
UNIT_HELPERS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c)))
UNIT_LINKED  := $(BUILD)/libunit_helpers.a $(BUILD)/libunit_vmm.a $(BUILD)/libpure.a

# A test that hangs is a failure. The longest takes a few seconds, under a sanitizer ten times that.
UNIT_LIMIT_SEC := 180

# Those with threads, which run under TSan as well. It cannot follow fences, so it says nothing of
# kvm-clock pages, which have some.
UNIT_THREADED := console_output control_commands disk live_clock machine_create machine_disk machine_fault machine_pause quiesce timer_thread trace_writer vcpu vcpu_thread

.PHONY: test-unit test-unit-plain test-unit-sanitized test-unit-threaded
test-unit: test-unit-plain test-unit-sanitized test-unit-threaded ## run the unit tests, plain and under ASan, UBSan and TSan

# One after the other also with -j, which is for what they build: each prints.
test-unit-sanitized: | test-unit-plain
test-unit-threaded: | test-unit-sanitized

test-unit-plain: $(UNIT_BIN)
	@sh tests/unit/run.sh $(UNIT_LIMIT_SEC) $(UNIT_BIN)

test-unit-sanitized:
	@$(MAKE) --no-print-directory BUILD=build/sanitized OPT='-O1 -g1' \
	    EXTRA_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all" \
	    EXTRA_LDFLAGS="-fsanitize=address,undefined" test-unit-plain

test-unit-threaded:
	@$(MAKE) --no-print-directory BUILD=build/threaded OPT='-O1 -g1' EXTRA_CFLAGS="-fsanitize=thread -Wno-tsan" \
	    EXTRA_LDFLAGS="-fsanitize=thread" \
	    UNIT_BIN="$(UNIT_THREADED:%=build/threaded/tests/unit/test_%)" test-unit-plain

# How many lines of which room the unit tests run: by gcov, of a build of its own. Counts of an earlier
# run are not added to. Also what no test is linked with counts, so all of it is built.
COVERED_ROOMS := $(sort $(patsubst %/,%,$(dir $(filter-out guest-images/%,$(PURE_SRC)) $(VMM_SRC))))

.PHONY: coverage coverage-build
coverage: ## line coverage of the unit tests, for each room
	@mkdir -p build/coverage && find build/coverage -name '*.gcda' -delete
	@$(MAKE) --no-print-directory BUILD=build/coverage OPT=-O0 \
	    EXTRA_CFLAGS="--coverage -fprofile-update=atomic" EXTRA_LDFLAGS=--coverage \
	    coverage-build test-unit-plain >build/coverage.log 2>&1 || { tail -n 20 build/coverage.log; exit 1; }
	@sh tests/unit/coverage.sh build/coverage $(COVERED_ROOMS)

coverage-build: $(PURE_OBJ) $(VMM_OBJ)

$(BUILD)/libunit_helpers.a: $(UNIT_HELPERS)
$(BUILD)/libunit_vmm.a: $(UNIT_VMM_OBJ)
$(BUILD)/libunit_helpers.a $(BUILD)/libunit_vmm.a:
	@rm -f $@
	$(Q)ar rcs $@ $^

# What is tested is as the program is; the tests' own code is compiled for the compiler's speed.
UNIT_CFLAGS = $(CFLAGS) -O0

$(BUILD)/tests/unit/test_%: tests/unit/test_%.c $(UNIT_LINKED)
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) $(CPPFLAGS) $(UNIT_CFLAGS) $(LDFLAGS) -MF $@.d -o $@ $< \
	    -Wl,--start-group $(UNIT_LINKED) -Wl,--end-group -lcmocka $(LDLIBS)

-include $(UNIT_HELPERS:.o=.d)
