#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the lab: run-test.sh says what for. TAP lines on stdout; what the guests left is in /out.

linux=./vmlinux-6.12

# ok_if NAME COMMAND...
ok_if() {
    what=$1
    shift
    if "$@"; then
        echo "ok - linux run-test: $what"
    else
        echo "not ok - linux run-test: $what"
        tail -n 3 /out/err | sed 's/^/#   /'
    fi
}

# in_guest OPTION... KERNEL -- PROGRAM...: leaves $status, /out/out and /out/err.
in_guest() {
    status=0
    timeout -s KILL 150 ./minivmm run-test --timeout 120 "$@" >/out/out 2>/out/err || status=$?
}

# A script with its interpreter, programs beside it with their libraries, and what they leave behind.
for name in posix_timers nanosleep mqueue-lat inconsistency-check threadtest set-tai valid-adjtimex rtctest rtcpie; do
    set -- "$@" --copy "$name"
done
for name in cat sort ln grep mv; do
    set -- "$@" --copy "/bin/$name"
done
in_guest --cpus 2 --output /out/selftests "$@" "$linux" -- ./selftests.sh </dev/null
ok_if "Linux's own tests end with status 0 (it is $status)" [ "$status" -eq 0 ]
for file in /out/selftests/*.status; do
    name=${file##*/}
    name=${name%.status}
    ok_if "Linux's own test $name" [ "$(cat "$file")" = 0 ]
    [ "$(cat "$file")" = 0 ] || sed 's/^/#   /' "/out/selftests/$name.log"
done
for file in /out/selftests/*.try1; do
    [ ! -f "$file" ] || echo "# ${file##*/} failed and is run once more"
done
ok_if 'there are 13 of them' [ "$(find /out/selftests -name '*.status' | wc -l)" -eq 13 ]

# Bytes both ways, with every value, the end of stdin, a file, and a signal. On another Linux.
head -c 3000 /dev/urandom >/out/random
in_guest --output /out/files ./bzImage-6.1 -- /bin/busybox sh -c \
    'cat >/out/copy; cat /out/copy; echo "$0" >&2; kill -9 $$' 'on stderr' </out/random
ok_if "a signal is 128 and its number (it is $status)" [ "$status" -eq 137 ]
ok_if 'stdin and stdout keep every byte' cmp /out/random /out/out
ok_if 'so does a file' cmp /out/random /out/files/copy
ok_if 'stderr is stderr' grep -qx 'on stderr' /out/err

# A panic, of which the kernel's own words are shown; and the recipe of docs/run.md.
in_guest "$linux" -- /bin/busybox sh -c 'echo c >/proc/sysrq-trigger' </dev/null
ok_if "a panic is 255 (it is $status)" [ "$status" -eq 255 ]
ok_if 'its reason is said' grep -q 'guest kernel panicked: sysrq triggered crash; the program was running' /out/err
ok_if 'the console is shown' grep -q '| .* Kernel panic - not syncing: sysrq triggered crash' /out/err
