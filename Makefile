# SPDX-License-Identifier: BSD-2-Clause
# minivmm: see README.md. `make help` lists the targets.
#
# The program and its unit tests build from what is in the folders: a new .c file in vmm, base, devices,
# kvmclock, boot or check, or a new tests/unit/test_*.c, is picked up without a change here.

BUILD    ?= build
CC       := gcc
# V=1 shows the commands.
Q        := $(if $(V),,@)
OPT      ?= -O2
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
CFLAGS   := -std=gnu11 -g $(OPT) $(WARNINGS) $(EXTRA_CFLAGS)
CPPFLAGS := -D_GNU_SOURCE -I. -I$(BUILD)/gen -MMD -MP
LDFLAGS  := $(EXTRA_LDFLAGS)
LDLIBS   := -lelf -ljansson -pthread
# Static where the libraries' archives are there: to load them costs a tenth of the start, and the
# program runs on any machine by itself. Asked for when it links: there may be no compiler before the
# packages are installed.
ARCHIVES  = $(foreach name,libc libelf libjansson,$(shell $(CC) -print-file-name=$(name).a))
STATIC    = $(if $(filter-out /%,$(ARCHIVES)),,-static-pie)

PURE_SRC := $(wildcard base/*.c kvmclock/*.c devices/*.c devices/*/*.c boot/*.c check/*.c)
# The probe's own report is what check/ reads it into.
PURE_SRC += guest-images/probe/parse.c
VMM_SRC  := $(wildcard vmm/*/*.c)
PURE_OBJ := $(PURE_SRC:%.c=$(BUILD)/%.o)
VMM_OBJ  := $(VMM_SRC:%.c=$(BUILD)/%.o)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)

include $(wildcard */module.mk tests/*/module.mk)

.PHONY: all clean help
.DEFAULT_GOAL := all
all: minivmm ## build ./minivmm

PROGRAM := $(VMM_OBJ) $(EMBED_OBJ) $(BUILD)/libpure.a
minivmm: $(PROGRAM)
	@echo "LD $@"
	$(Q)$(CC) $(STATIC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The same with shared libraries, for tests that put themselves between it and them.
$(BUILD)/minivmm: $(PROGRAM)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libpure.a: $(PURE_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

clean: ## remove everything that was built (downloads stay in their cache)
	rm -rf $(BUILD) minivmm

-include $(PURE_OBJ:.o=.d) $(VMM_OBJ:.o=.d) $(UNIT_BIN:=.d)
