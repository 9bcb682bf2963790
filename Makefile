# SPDX-License-Identifier: BSD-2-Clause
# minivmm: see README.md. `make help` lists the targets.
#
# The program and its unit tests build from what is in the folders: a new .c file in vmm, base, devices,
# kvmclock, boot, check, snapshot or timelab, or a new tests/unit/test_*.c, is picked up without a change here.

BUILD    ?= build
CC       := gcc
# V=1 shows the commands.
Q        := $(if $(V),,@)
OPT      ?= -O2
comma    := ,
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
# What makes a fault in the program harder to use: docs/security.md.
HARDEN   := -fstack-protector-strong -fcf-protection
CFLAGS   := -std=gnu11 -g $(OPT) $(WARNINGS) $(EXTRA_CFLAGS)
CPPFLAGS := -D_GNU_SOURCE -I. -I$(BUILD)/gen -MMD -MP
LDFLAGS  := -Wl,-z,relro,-z,now,-z,noexecstack $(EXTRA_LDFLAGS)
LDLIBS   := -lelf -ljansson -lseccomp -pthread
# Static where the libraries' archives are there: to load them costs a tenth of the start, and the
# program runs on any machine by itself. Asked for when it links: there may be no compiler before the
# packages are installed.
ARCHIVES  = $(foreach name,libc libelf libjansson libseccomp,$(shell $(CC) -print-file-name=$(name).a))
STATIC    = $(if $(filter-out /%,$(ARCHIVES)),,-static-pie)

PURE_SRC := $(wildcard base/*.c kvmclock/*.c devices/*.c devices/*/*.c boot/*.c check/*.c snapshot/*.c timelab/*.c)
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

# START_ORDER tells ld what a start needs: vmm/module.mk makes it.
PROGRAM := $(VMM_OBJ) $(EMBED_OBJ) $(PURE_OBJ)
minivmm: $(PROGRAM) $(START_ORDER)
	@echo "LD $@"
	$(Q)$(CC) $(STATIC) $(if $(STATIC),-Wl$(comma)-T$(comma)$(START_ORDER)) $(LDFLAGS) -o $@ $(PROGRAM) $(LDLIBS)

# The same with shared libraries, for tests that put themselves between it and them.
$(BUILD)/minivmm: $(PROGRAM)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The program computes with what guests and files give: no value changes its width or its sign without
# a cast that says so.
$(PURE_OBJ) $(VMM_OBJ): CFLAGS += -Wconversion $(HARDEN)

$(BUILD)/libpure.a: $(PURE_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Where `make install` puts things, below DESTDIR if that is set.
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/minivmm
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
MANUALS := $(wildcard docs/*.md docs/*.svg)
TEXTS   := README.md CHANGELOG.md SECURITY.md LICENSE

.PHONY: install uninstall dist
install: minivmm $(COMPLETION) ## install the program, its man page, documents and completion (PREFIX=/usr/local DESTDIR=)
	install -D -m 755 minivmm $(DESTDIR)$(BINDIR)/minivmm
	install -D -m 644 docs/minivmm.1 $(DESTDIR)$(MANDIR)/man1/minivmm.1
	install -D -m 644 $(COMPLETION) $(DESTDIR)$(BASHDIR)/minivmm
	install -d $(DESTDIR)$(DOCDIR)/docs
	install -m 644 $(TEXTS) $(DESTDIR)$(DOCDIR)
	install -m 644 $(MANUALS) $(DESTDIR)$(DOCDIR)/docs

uninstall: ## remove what install puts there, with the same PREFIX and DESTDIR
	rm -f $(DESTDIR)$(BINDIR)/minivmm $(DESTDIR)$(MANDIR)/man1/minivmm.1 $(DESTDIR)$(BASHDIR)/minivmm
	rm -f $(addprefix $(DESTDIR)$(DOCDIR)/,$(TEXTS) $(MANUALS))
	! [ -d $(DESTDIR)$(DOCDIR) ] || rmdir --ignore-fail-on-non-empty $(DESTDIR)$(DOCDIR)/docs $(DESTDIR)$(DOCDIR)

# The tree of the last commit, and a file VERSION in it for builds without git.
dist: ## make build/minivmm-VERSION.tar.gz of the last commit
	@[ -e .git ] || { echo "minivmm: make dist needs a clone: this tree has no .git" >&2; exit 1; }
	@mkdir -p $(BUILD)
	@version=$$(vmm/cmd/version.sh) && version=$${version%-dirty} && name=minivmm-$$version && \
	    git archive --prefix=$$name/ --add-virtual-file=$$name/VERSION:$$version -o $(BUILD)/$$name.tar.gz HEAD && \
	    echo "$(BUILD)/$$name.tar.gz"

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

clean: ## remove everything that was built (downloads stay in their cache)
	rm -rf $(BUILD) minivmm

-include $(PURE_OBJ:.o=.d) $(VMM_OBJ:.o=.d) $(UNIT_BIN:=.d)
