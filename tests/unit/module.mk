# Unit tests: one cmocka program per tests/unit/test_*.c, linked with every pure module. No KVM, no sleep.

.PHONY: test-unit test-unit-plain test-unit-sanitized
test-unit: test-unit-plain test-unit-sanitized ## run the unit tests, plain and under ASan and UBSan

test-unit-plain: $(UNIT_BIN)
	@for t in $(UNIT_BIN); do $$t || exit 1; done

test-unit-sanitized:
	@$(MAKE) --no-print-directory BUILD=build/sanitized OPT=-O1 \
	    EXTRA_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all" \
	    EXTRA_LDFLAGS="-fsanitize=address,undefined" test-unit-plain

$(BUILD)/tests/unit/test_%: tests/unit/test_%.c $(BUILD)/libpure.a
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MF $@.d -o $@ $< $(BUILD)/libpure.a -lcmocka -lelf
