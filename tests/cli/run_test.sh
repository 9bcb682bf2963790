# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# minivmm run-test on the fake KVM: its guest sends on COM2 what an init of run-test sends, or what it never
# would. What a Linux makes of the init is in tests/linux/run-test.sh.

kernel=$work/kernel
make_multiboot "$kernel"
stream=$work/stream
begun='B\015\000minivmm-run-1'
folder=$work/run_test
mkdir -p "$folder"

# tested NAME STATUS LINES OUTPUT WORDS STREAM OPTION...: a guest that does WORDS, with a stream as printf writes it.
tested() {
    tested_name=$1
    tested_status=$2
    tested_lines=$3
    tested_output=$4
    tested_words=$5
    printf "$6" >"$stream"
    shift 6
    check_output "run-test: $tested_name" "$tested_status" "$tested_lines" "$tested_output" \
        env "$fake_kvm" FAKE_KVM_STILL=wait FAKE_KVM_GUEST="$tested_words" FAKE_KVM_REPORT="$stream" \
        "$minivmm" run-test "$@" "$kernel" -- /bin/true an argument
}

# The program's end.
tested "the program's status is that of the run" 7 '' hello 'report wait' "${begun}o\006\000hello\n.\003\000\000\007\000"
tested 'a program that does well' 0 '' '' 'report wait' "$begun.\003\000\000\000\000"
tested 'a signal is 128 and its number' 139 '' '' 'report wait' "$begun.\003\000\001\013\000"
tested 'a program that is not there' 127 '/bin/true: cannot be run in the guest: No such file or directory' '' \
    'report wait' "$begun.\003\000\002\002\000"
tested 'a program that cannot be run' 126 '/bin/true: cannot be run in the guest: Exec format error' '' \
    'report wait' "$begun.\003\000\002\010\000"
printf "${begun}e\005\000oops\n.\003\000\000\001\000" >"$stream"
run env "$fake_kvm" FAKE_KVM_GUEST='report wait' FAKE_KVM_REPORT="$stream" "$minivmm" run-test "$kernel" -- /bin/true
if [ "$status" -eq 1 ] && [ "$(cat "$work/err")" = oops ] && [ ! -s "$work/out" ]; then
    ok "run-test: the program's stderr is ours"
else
    not_ok "run-test: the program's stderr is ours" "status $status, stderr '$(one_line "$work/err")'"
fi
printf "${begun}o\002\000x\n.\003\000\000\000\000" >"$stream"
check 'run-test: a program whose output is lost has not done well' 2 'stdout: No space left on device; .*
stdout: 2 bytes of the guest.s output are lost' sh -c 'exec env "$1" FAKE_KVM_GUEST="report wait" FAKE_KVM_REPORT="$2" \
    "$3" run-test "$4" -- /bin/true >/dev/full' - "$fake_kvm" "$stream" "$minivmm" "$kernel"

# The guest's own end.
tested 'the guest panics' 255 'guest kernel panicked: a test; the program was running
the last lines of the guest.s console:
[|] \[    1.2\] Kernel panic - not syncing: a test' '' 'report panic reset' "$begun"
tested 'the guest panics before it has begun' 255 \
    'guest kernel panicked: a test; the kernel had not started the program yet' '' 'panic reset' '' \
    --console "file:$folder/console"
tested 'the guest powers off too soon' 255 'the guest ended before /bin/true did: the kernel had said nothing yet
the guest.s console is empty' '' 'power-off' ''
tested 'the guest hangs' 124 'timed out after 0.1 s: the program was running
the guest.s console is empty' '' 'report wait' "$begun" --timeout 0.1
tested 'the debug-exit port' 33 '' '' 'report debug-exit' "$begun"
tested 'the debug-exit port with --exit-port plain' 16 '' '' 'report debug-exit' "$begun" --exit-port plain
tested 'the KVM cannot go on' 6 'this KVM cannot run .*' '' internal-error ''
tested 'what is no stream' 255 '/bin/true: what the guest sends on COM2 is not in order: .*' '' \
    'report wait' 'hello\n'

# What it sent just before its own end.
tested 'an end, and power off at once' 1 '' '' 'report power-off' "$begun.\003\000\000\001\000"
tested 'what is no stream, and power off at once' 255 '/bin/true: what the guest sends on COM2 is not in order: .*' '' \
    'report power-off' 'hello\n'

# Files.
tested 'files are brought back' 0 '' '' 'report wait' \
    "${begun}d\003\000\355\001af\005\000\244\001a/bc\004\000\001\000\377\n.\003\000\000\000\000" --output "$folder/files"
if [ "$(od -An -tx1 "$folder/files/a/b")" = ' 01 00 ff 0a' ] && [ "$(find "$folder/files" -type f)" = "$folder/files/a/b" ]; then
    ok 'run-test: the files have their bytes'
else
    not_ok 'run-test: the files have their bytes' "$(find "$folder/files")"
fi
tested 'no file is brought back on a file' 2 "--output $folder/files: there is something in it, .*" '' \
    'report wait' '' --output "$folder/files"
for name in ../evil /evil a/../../evil; do
    printf 'f%b\000\244\001%s' "\\0$(printf %o $((${#name} + 2)))" "$name" >"$folder/frame"
    { printf "$begun"; cat "$folder/frame"; printf 'c\001\000x'; } >"$folder/stream"
    check "run-test: the name $name is refused" 255 '/bin/true: .*: the name of a file' \
        env "$fake_kvm" FAKE_KVM_GUEST='report wait' FAKE_KVM_REPORT="$folder/stream" \
        "$minivmm" run-test --output "$folder/evil" "$kernel" -- /bin/true
    [ -z "$(ls "$folder/evil")" ] || not_ok "run-test: the name $name is refused" 'there is a file'
    rm -rf "$folder/evil"
done
tested 'the files have a limit' 2 "--output $folder/limit: a file: --output-limit is reached; .*" '' 'report wait' \
    "${begun}f\003\000\244\001ac\100\000$(printf '%064d' 0).\003\000\000\000\000" --output "$folder/limit" --output-limit 4K
tested 'a file that the guest cannot read is lost' 2 \
    "--output $folder/lost: a: it cannot be read in the guest, .*; it is not brought back whole" '' 'report wait' \
    "${begun}f\003\000\244\001al\001\000a.\003\000\000\000\000" --output "$folder/lost"
tested 'all of /out is lost' 2 "--output $folder/all: /out: it cannot be read in the guest, .*" '' 'report wait' \
    "${begun}l\000\000.\003\000\000\000\000" --output "$folder/all"
tested 'what is no file is left out' 0 '/out/a is not brought back: it is no file or folder' '' 'report wait' \
    "${begun}s\001\000a.\003\000\000\000\000" --output "$folder/left-out"
tested 'files that nobody wants are not lost' 255 '/bin/true: .*: files that nobody wants' '' 'report wait' \
    "${begun}l\001\000a"

# What is taken along.
check 'run-test: a program that is not there' 2 'nothere: there is no such program in PATH' \
    "$minivmm" run-test "$kernel" -- nothere
check 'run-test: a copy that is not there' 2 "--copy $folder/gone: No such file or directory" \
    "$minivmm" run-test --copy "$folder/gone" "$kernel" -- /bin/true
check 'run-test: more than the guest has memory for' 2 'what is taken along does not fit .*' \
    "$minivmm" run-test --memory 16M --copy "$minivmm" --copy "$kernel" --copy /usr/lib/x86_64-linux-gnu "$kernel" -- /bin/true
check 'run-test: the console onto the program' 2 "--console file:$folder/program is the same file as the program .*" \
    sh -c 'cp /bin/true "$1" && exec env "$2" "$3" run-test --console "file:$1" "$4" -- "$1"' - \
    "$folder/program" "$fake_kvm" "$minivmm" "$kernel"
rm -rf "$folder"
