#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The checks find what they are there for: a small tree that breaks each rule once is checked, and
# every finding that is missing is an error.
. tests/lint/sources.sh

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/tests/unit" "$tree/tests/guest" "$tree/vmm/cmd" "$tree/vmm/kvm" "$tree/vmm/odd" "$tree/devices" "$tree/kvmclock" "$tree/build"
cp -r tests/lint "$tree/tests/lint"
cp .clang-format .clang-tidy "$tree"
cd "$tree" || exit 1
: >Makefile

cat >devices/bad.h <<'C'
#ifndef BAD_H
#define BAD_H
int bad_read(void);
#endif
C
cat >devices/bad.c <<'C'
#include <time.h>
#include "vmm/host/console.h"
#include "devices/bad.h"
static int counter;
/* A comment that speaks of ioctl( and rdtsc is no finding. */
int bad_read(void)
{
    return counter++ + (int)time(0);
}
C
cat >kvmclock/ok.c <<'C'
#include <stdint.h>

#include "devices/bad.h"

int ok(void)
{
    return bad_read();
}
C
cat >vmm/cmd/bad.c <<'C'
#include <stdlib.h>
#include <sys/ioctl.h>
int bad(int fd,  char *text)
{
    char small[2];
    small[2] = text[0];
    if (fd < 0 || fd < 0)
        exit(small[0]);
    return ioctl(fd, 1);
}
int bad_open(void)
{
    return open("file", 0) + reopen(1);
}
C
cat >vmm/kvm/up.h <<'C'
#ifndef VMM_KVM_UP_H
#define VMM_KVM_UP_H
#include "vmm/cmd/down.h"
#endif
C
cat >vmm/cmd/down.h <<'C'
#ifndef VMM_CMD_DOWN_H
#define VMM_CMD_DOWN_H
#include "vmm/kvm/up.h"
#endif
C
cat >vmm/cmd/said.h <<'C'
/* A circle with said_too.h: each needs the other. */
#include "vmm/cmd/said_too.h"
C
cat >vmm/cmd/said_too.h <<'C'
/* A circle with said.h. */
#include "vmm/cmd/said.h"
C
cat >vmm/cmd/mute.h <<'C'
#include "vmm/cmd/mute_too.h"
C
cat >vmm/cmd/mute_too.c <<'C'
#include "vmm/cmd/mute.h"
C
: >vmm/cmd/mute_too.h
: >vmm/odd/odd.c
{
    echo 'int long_function(void)'
    echo '{'
    yes '' | head -451
    echo '}'
} >vmm/cmd/long.c
head -c 400000 /dev/zero >large.bin
{
    echo '    cmocka_unit_test(a_short_name),'
    echo '        a_name_on_a_line_of_its_own),'
} >tests/unit/test_names.c
echo 'reset | exit | 0 | |' >tests/guest/cases
printf '#!/bin/sh\ncd /tmp\n' >tests/guest/bad.sh
cat >tests/README.md <<'MD'
`test_names:a_short_name`, `test_names:a_name_on_a_line_of_its_own`, `guest:reset`
`test_names:a_short`, `test_gone:a_short_name`
`guest:res`
`a_name_without_a_file`
MD
mkdir docs
cat >docs/bad.md <<'MD'
# A *heading*, with `code`
# Twice
# Twice
[here](bad.md#a-heading-with-code) [twice](#twice-1) [up](../tests/README.md) [folder](../tests/unit)
[gone](gone.md) [heading](#no-heading) [elsewhere](../tests/README.md#twice) [world](https://example.org/gone)
`vmm/cmd/down.h` `vmm/cmd/long` `devices/NAME.c` `vmm/*.c` `up/down` `[code](gone.md)`
`vmm/cmd/gone.h` `tests/unit/test_gone.c`
```
[fenced](gone.md)
```
MD
echo '| `base/` | what it is | nothing of ours |' >docs/architecture.md
git init -q . && git add -A
printf '.Dd November 26, 2026\n.Dt BAD 1\n.Os\n.Sh NAME\n.Nm bad\n.Nd no end\n.Sh OPTIONS\n.Bl -tag -width Ds\n' >docs/bad.1
mkdir -p build/devices build/kvmclock
grep -v console.h devices/bad.c | gcc -c -I. -o build/devices/bad.o -x c -
gcc -c -I. -o build/kvmclock/ok.o kvmclock/ok.c

found=$(for check in includes circles symbols calls sizes license citations links format shell man cppcheck tidy; do
    sh tests/lint/check_$check.sh build && echo "$check: status 0"
done)

missing=0
# expect TEXT: one line of the findings begins so.
expect() {
    if ! echo "$found" | grep -qE "^($tree/)?$1"; then
        echo "tests/lint/check_selftest.sh:1: selftest: not found: $1"
        missing=1
    fi
}
# reject TEXT: no line of the findings begins so.
reject() {
    if echo "$found" | grep -E "^($tree/)?$1"; then
        echo "tests/lint/check_selftest.sh:1: selftest: found wrongly: $1"
        missing=1
    fi
}

expect 'devices/bad.c:1: include-direction: devices may not include <time.h>'
expect 'devices/bad.c:2: include-direction: devices may not include "vmm/host/console.h"'
expect 'kvmclock/ok.c:3: include-direction'
reject 'devices/bad.c:3: include-direction'
expect 'vmm/kvm/up.h:3: include-direction: vmm/kvm may not include "vmm/cmd/down.h"'
expect 'vmm/odd/odd.c:1: include-direction: vmm/odd is no room of the table'
expect 'docs/architecture.md:1: include-direction: it has no row for devices$'
reject 'docs/architecture.md:1: include-direction: it has no row for base'
expect 'vmm/cmd/down.h:1: circle: across rooms: vmm/cmd/down vmm/kvm/up'
expect 'vmm/cmd/mute.h:1: circle: no comment says why: vmm/cmd/mute vmm/cmd/mute_too'
reject 'vmm/cmd/said[a-z_]*.h:1: circle'
expect 'devices/bad.c:1: pure-symbol: devices may not use time'
expect 'devices/bad.c:1: pure-variable: devices may not keep the variable counter'
expect 'kvmclock/ok.c:1: pure-symbol: kvmclock may not use bad_read'
expect 'devices/bad.c:8: host-clock: belongs in vmm/host/host_clock.c'
reject 'devices/bad.c:5: '
expect 'vmm/cmd/bad.c:8: exit: belongs in vmm/cmd/main.c'
expect 'vmm/cmd/bad.c:9: ioctl: belongs in vmm/kvm/'
expect 'vmm/cmd/bad.c:13: open: belongs in vmm/host/'
expect 'vmm/cmd/long.c:2: function-lines: 453, at most 50'
expect 'vmm/cmd/long.c:451: file-lines'
expect 'vmm/cmd/down.h:1: license: no SPDX'
reject 'tests/lint/sources.sh:1: license'
expect 'large.bin:1: file-size: 400000 bytes'
expect 'tests/README.md:2: citation: no test a_short in tests/unit/test_names.c'
expect 'tests/README.md:2: citation: no test a_short_name in tests/unit/test_gone.c'
expect 'tests/README.md:3: citation: no case res in tests/guest/cases'
expect 'tests/README.md:4: citation: a_name_without_a_file is cited without its file'
expect 'docs/bad.md:5: link: there is no docs/gone.md'
expect 'docs/bad.md:5: link: docs/bad.md has no heading #no-heading'
expect 'docs/bad.md:5: link: tests/README.md has no heading #twice'
expect 'docs/bad.md:7: path: there is no vmm/cmd/gone.h'
expect 'docs/bad.md:7: path: there is no tests/unit/test_gone.c'
reject 'docs/bad.md:([^57]|[0-9]{2}):'
reject 'docs/bad.md:5: link: there is no (https|example)'
reject 'tests/README.md:1: '
expect 'devices/bad.h:1: include-guard: it is to be DEVICES_BAD_H'
expect 'vmm/cmd/bad.c:3:[0-9]+: error: code should be clang-formatted'
expect 'tests/guest/bad.sh:2:1: warning: .*SC2164'
expect 'mandoc: docs/bad.1:8:2: ERROR: '
expect 'vmm/cmd/bad.c:6: cppcheck-arrayIndexOutOfBounds'
expect 'vmm/cmd/bad.c:8:[0-9]+: error: .*clang-analyzer'
expect 'vmm/cmd/bad.c:7:[0-9]+: error: .*misc-redundant-expression'
reject '[a-z]+: status 0'
exit $missing
