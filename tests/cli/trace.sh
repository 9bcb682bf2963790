# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# --trace, and minivmm trace on what it wrote.

traces=$work/traces
kernel=$traces/kernel
trace=$traces/trace
mkdir -p "$traces"
make_multiboot "$kernel"

# traced NAME STATUS LINES WORDS OPTION...: a run of the guest of these words, which prints nothing.
traced() {
    traced_name=$1
    traced_status=$2
    traced_lines=$3
    traced_words=$4
    shift 4
    check "$traced_name" "$traced_status" "$traced_lines" env "$fake_kvm" FAKE_KVM_GUEST="$traced_words" \
        "$minivmm" --console none --trace "$trace" "$@" "$kernel"
}

# same NAME EXPECTED GOT
same() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "'$(echo "$3" | tr '\n' '|')' in place of '$(echo "$2" | tr '\n' '|')'"
    fi
}

# exits: the ports of the exits in the trace, in their order.
exits() {
    "$minivmm" trace "$trace" --to json 2>/dev/null | sed -n 's/^{"kind":"exit",.*"where":\([0-9]*\),.*/\1/p'
}

traced 'a run is traced' 0 '' 'ready stray stray power-off'
same 'each exit is in the trace' "1016
4660
4660
1540" "$(exits)"
check_output 'a trace has a summary' 0 '' "exits io: 4; .*" "$minivmm" trace "$trace" summary
check_output 'a line of the console is in it' 0 '' '.*"kind":"console".*"text":"ready".*' \
    "$minivmm" trace --to json "$trace"
check_output 'a trace as CSV' 0 '' 'g_ns,host_ns,clock,vcpu,shown_ns,error_ns,bound_ns' \
    "$minivmm" trace --to csv "$trace"

# For perf and bpftrace: notes of the program, whose arguments are those of a record.
readelf -n "$minivmm" >"$traces/notes"
same 'each record is a probe' 'record 7
text 8' "$(awk '/Provider: minivmm/ { getline; name = $2 }
    /Arguments:/ && name != "" { print name, NF - 1; name = "" }' "$traces/notes" | sort -u)"

# Of a file that is not whole, what can be read is.
cp "$trace" "$traces/whole"
head -c "$(($(stat -c %s "$trace") - 32))" "$traces/whole" >"$trace"
check_output 'a trace without an end' 2 "$trace: it has no end: its run was killed, or goes on" \
    'exits io: 4; .*' "$minivmm" trace "$trace" summary
head -c "$(($(stat -c %s "$trace") - 1))" "$traces/whole" >"$trace"
check_output 'a trace that is cut off' 2 "$trace: it is cut off at byte [0-9]*" 'guest time .*' \
    "$minivmm" trace "$trace" summary
cp "$traces/whole" "$trace"
printf X | dd of="$trace" bs=1 seek="$(($(stat -c %s "$trace") - 40))" conv=notrunc 2>/dev/null
check_output 'a trace that is damaged' 2 \
    "$trace: 1 of its parts are damaged and left out, the first one at byte [0-9]*" 'guest time .*' \
    "$minivmm" trace "$trace" summary
check 'a file that is no trace' 2 "$kernel: is no trace of minivmm" "$minivmm" trace "$kernel" summary
check 'a trace that is not there' 2 "$traces/none: No such file or directory" "$minivmm" trace "$traces/none" summary
cp "$traces/whole" "$trace"
check 'a clock that nobody has read' 2 "$trace: nobody has read hpet in it" \
    "$minivmm" trace "$trace" --to phase --clock hpet
check 'a trace onto a full disk' 2 'stdout: No space left on device' \
    sh -c '"$0" trace "$1" --to json >/dev/full' "$minivmm" "$trace"

# A gnuplot that ends without reading; and one that does not look at whether its picture was written.
mkdir "$traces/empty" "$traces/gnuplot"
printf '#!/bin/sh\ncat >/dev/null\necho a picture\n' >"$traces/gnuplot/gnuplot"
chmod +x "$traces/gnuplot/gnuplot"
long_title=$(head -c 100000 /dev/zero | tr '\0' x)
check 'an SVG without gnuplot' 2 \
    "svg is drawn by gnuplot, which is not installed [(]Debian's package is gnuplot-nox[)]" \
    env PATH="$traces/empty" "$minivmm" trace "$trace" --to svg --title "$long_title"
check_output 'an SVG is what gnuplot writes' 0 '' 'a picture' \
    env PATH="$traces/gnuplot:$PATH" "$minivmm" trace "$trace" --to svg
check 'an SVG onto a full disk' 2 'gnuplot has failed' \
    env PATH="$traces/gnuplot:$PATH" sh -c '"$0" trace "$1" --to svg >/dev/full 2>"$1.log"; status=$?
        grep "gnuplot has failed" "$1.log" >&2; exit "$status"' "$minivmm" "$trace"

# The guest goes on, and what is missing is counted.
traced 'a trace beyond --output-limit' 2 \
    "--trace '$trace': the file has reached --output-limit; records are missing from it from here on" \
    "$(yes stray | head -n 300 | tr '\n' ' ')power-off" --output-limit 4K
check_output 'the gap is in the file' 0 '' 'guest time .* events, [1-9][0-9]* are missing' \
    "$minivmm" trace "$trace" summary
check 'a trace that cannot be written' 2 "--trace: cannot write '/dev/full': No space left on device" \
    env "$fake_kvm" FAKE_KVM_GUEST=power-off "$minivmm" --trace /dev/full "$kernel"

# On this machine's own KVM: every clock that the guest has read is there, with the value that it got.
if [ -n "$variant" ]; then
    :
elif ! can_open_kvm; then
    skip 'each read of a clock is in the trace' 'there is no /dev/kvm here that this user may open'
else
    run "$minivmm" --timeout 90 --trace "$trace" "$tools/clock_reads.elf"
    same 'a guest that reads clocks ends well' 1 "$status"
    tr -d '\r' <"$work/out" >"$traces/said"
    "$minivmm" trace "$trace" --to json |
        sed -n 's/^{"kind":"clock_read",.*"clock":"\([a-z]*\)",.*"value":\([0-9]*\)}$/\1 \2/p' >"$traces/read"
    same 'each read of a clock is in the trace, with its value' 200 "$(wc -l <"$traces/said")"
    if cmp -s "$traces/said" "$traces/read"; then
        ok 'and in their order'
    else
        not_ok 'and in their order' "$(diff "$traces/said" "$traces/read" | head -n 4 | tr '\n' '|')"
    fi
    same 'and each has its exit' 80 "$("$minivmm" trace "$trace" --to json | grep -c '"kind":"exit".*"name":"mmio".*"where":4275044592,')"
    same 'and each clock is right to a tick' '' "$("$minivmm" trace "$trace" --to csv |
        awk -F, '$3 ~ /^(pm|hpet)$/ && ($6 > $7 || $6 < -$7)')"
fi
