# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# minivmm check: what a guest can do to it, on a KVM that is played, and on this machine's own one.

kernel=$work/kernel
make_multiboot "$kernel"
reports=$work/reports
mkdir -p "$reports"
good=$reports/good
cp tests/unit/reports/kvm-clock.json "$good"
head -c 3000 "$good" >"$reports/half"
cat "$good" "$good" >"$reports/two"
head -c 600000 /dev/zero | tr '\0' '\n' >"$reports/flood"
printf '{"schema":"\377\376"}' >"$reports/no-utf-8"
printf 'Hello, world\n' >"$reports/no-json"
sed 's/minivmm-clock-report-1/minivmm-clock-report-9/' "$good" >"$reports/version"
sed 's/"schema":"[^"]*"/"schema":"report"/' "$good" >"$reports/magic"
sed 's/"current":"[^"]*"/"current":"hpet2"/' "$good" >"$reports/contradiction"
{ printf '{"a":' && yes '[' | head -1000 | tr -d '\n'; } >"$reports/deep"
grep -v '^"log":' "$good" >"$reports/no-log"
sed 's/^"log":{/&"gaps":1,/' "$good" >"$reports/gaps"
known='clocksource=NAME, available=NAME,..., clockevent=NAME, broadcast=NAME, cpus=N, drift<=N, monotonic, realtime<=T, dmesg!=TEXT, stable, checks, boot<=T and profile=NAME'

# What is refused before anything is booted.
refused_expectation() {
    check "check: --expect '$1' is refused" 2 "--expect '$(literally "$1")'$(literally "$2")" \
        "$minivmm" check --expect "$1" "$kernel"
}
refused_expectation clock=tsc ": no such expectation; known are $known"
refused_expectation '' ": no such expectation; known are $known"
refused_expectation clocksource= ': accepted is clocksource=NAME with one name of letters, digits, - and _'
refused_expectation 'available=tsc hpet' \
    ': accepted is available=NAME,NAME,... with up to 16 names of letters, digits, - and _'
refused_expectation 'drift<=50' ': accepted is drift<=N with N a number of ppb or ppm'
refused_expectation 'realtime<=10x' ': accepted is realtime<=T with T a length of time, as 10ms or 1.5s'
refused_expectation 'boot<=soon' ': accepted is boot<=T with T a length of time, as 10ms or 1.5s'
refused_expectation 'dmesg!=' ': accepted is dmesg!=TEXT with 1 to 127 bytes'
refused_expectation cpus=all ': accepted is cpus=N with N from 1 to 999999999'
refused_expectation monotonically ': accepted is monotonic, with nothing behind it'
refused_expectation profile=xen \
    ': accepted is profile=NAME with NAME default, kvm-clock, tsc, hpet or acpi_pm'

contradicts() {
    contradicts_text=$1
    contradicts_what=$2
    shift 2
    check "check: $contradicts_text contradicts $contradicts_what" 2 \
        "--expect '$(literally "$contradicts_text")' contradicts $contradicts_what: leave one of them out" \
        "$minivmm" check --expect "$contradicts_text" "$@" "$kernel"
}
contradicts clocksource=hpet --no-hpet --no-hpet
contradicts clockevent=hpet --no-hpet --no-hpet
contradicts broadcast=hpet --no-hpet --no-hpet
for cpus in '' '--cpus 2'; do
    # shellcheck disable=SC2086 # an option and its value
    check "check: cpus=4 contradicts the machine (${cpus:-no --cpus})" 2 \
        "--expect 'cpus=4' contradicts the number of vCPUs: give as many by --cpus" \
        "$minivmm" check --expect cpus=4 $cpus "$kernel"
done
contradicts available=tsc,acpi_pm --no-pmtimer --no-pmtimer
contradicts clocksource=kvm-clock '--kvmclock off' --kvmclock off
contradicts 'realtime<=1s' 'an --rtc or a --time-rate that gives the guest another date' --rtc base=2030-01-01T00:00:00
check 'check: two clocksources exclude each other' 2 \
    "--expect 'clocksource=hpet' contradicts clocksource=tsc: leave one of them out" \
    "$minivmm" check --expect clocksource=tsc --expect clocksource=hpet "$kernel"
check 'check: --format xml is refused' 2 "--format 'xml': accepted is table, tap, junit, json, markdown or github" \
    "$minivmm" check --format xml "$kernel"
check 'check: --console stdio is refused' 2 \
    "--console 'stdio': check writes its result there; accepted is file:PATH or none" \
    "$minivmm" check --console stdio "$kernel"
check 'check: no kernel' 2 'the name of a KERNEL is missing; see --help' "$minivmm" check
check 'check: a kernel that is not there' 2 '.*: No such file or directory' "$minivmm" check "$work/gone"
check 'check: --expect without check is refused' 2 '--expect: no such option, .*' \
    "$minivmm" --expect monotonic "$kernel"
check_output 'check: --help goes to stdout' 0 '' 'Usage: minivmm check \[OPTIONS\] KERNEL' "$minivmm" check --help

# checked NAME STATUS LINES OUTPUT WORDS REPORT OPTION...: a guest that does WORDS and sends REPORT.
checked() {
    checked_name=$1
    checked_status=$2
    checked_lines=$3
    checked_output=$4
    checked_words=$5
    checked_report=$6
    shift 6
    check_output "check: $checked_name" "$checked_status" "$checked_lines" "$checked_output" \
        env "$fake_kvm" FAKE_KVM_STILL=wait FAKE_KVM_GUEST="$checked_words" FAKE_KVM_REPORT="$reports/$checked_report" \
        "$minivmm" check "$@" "$kernel"
}
said() {
    echo "$(literally "$kernel"): $1"
}
sent='ready report power-off'
hung='the guest timed out after 0\.3 s'
ended='the guest ended without a report'

checked 'every expectation holds' 0 '' '  verdict: ok \(4 ok, 0 failed, 0 n/a\), the probe ran after .*' "$sent" good
checked 'the guest may end by the debug-exit port' 0 '' '  verdict: ok .*' 'report debug-exit' good
checked 'an expectation does not hold' 8 '' '  FAILED  clocksource=tsc .*' "$sent" good --expect clocksource=tsc
checked 'a failed one says the layer' 8 '' ' +layer +guest kernel timekeeping' "$sent" good --expect clocksource=tsc
checked 'a failed one says the usual cause' 8 '' ' +usually +Linux rates kvm-clock 400 and .*' \
    "$sent" good --expect clocksource=tsc
checked 'a failed one answers the checklist' 8 '' 'did the VM stop or move\?|  did the VM stop or move\?' \
    "$sent" good --expect clocksource=tsc
checked 'a failed one shows the console' 8 '' '    \| ready' "$sent" good --expect clocksource=tsc
checked 'no log, no proof that no clock is unstable' 8 '' "  FAILED  stable +the kernel's log is not in the report" \
    "$sent" no-log --expect stable
checked 'a log with gaps proves it as little' 8 '' '  FAILED  stable +no such line, but not all were read' \
    "$sent" gaps --expect stable
checked 'an expectation of a profile that does not apply' 0 '' '  verdict: ok \(3 ok, 0 failed, 1 n/a\).*' \
    "$sent" good --rtc base=2030-01-01T00:00:00
checked 'the result names each option of the machine' 0 '' \
    "$(literally "$kernel") --cpus 2 --kvmclock user --no-hpet --lost-ticks pit=slew --steal 25%,idle --memory 64M --append 'a b' .*" \
    "$sent" good --cpus 2 --no-hpet --lost-ticks pit=slew --steal 25%,idle --memory 64M --append 'a b'
checked 'a boot that is too slow' 8 '' '  FAILED  boot<=1ns .*' "$sent" good --expect 'boot<=1ns'
checked 'no output at all' 124 "$(said "$hung: no output at all: .*")" '  hung: .*' '' good --timeout 0.3
checked 'no probe begins' 124 "$(said "$hung: output on the console, but no probe began on COM2")" \
    '    \| ready' ready good --timeout 0.3
checked 'a probe that begins and sends nothing' 124 "$(said "$hung: the probe began, but sent no report")" \
    '  hung: .*' 'begun' good --timeout 0.3
checked 'a probe that stops in its report' 124 "$(said "$hung: the probe sent half a report")" '  hung: .*' \
    report half --timeout 0.3
checked 'a guest that does not end' 124 "$(said "$hung: the report was sent, but the guest did not power off")" \
    '  hung: .*' report good --timeout 0.3
checked 'a guest that ends before a probe begins' 10 "$(said "$ended: output on the console, but no probe began on COM2")" \
    '  verdict: not judged' 'ready power-off' good
checked 'a guest that ends while the probe runs' 10 "$(said "$ended: the probe began, but sent no report")" \
    '  no-report: .*' 'begun power-off' good
checked 'half a report' 12 "$(said 'the report ends in the middle, in line [0-9]+')" '  half-report: .*' "$sent" half
checked 'two reports' 14 "$(said 'there are bytes behind the report, in line [0-9]+')" '  long-report: .*' "$sent" two
checked 'a flood' 14 "$(said 'the report is longer than 524288 bytes')" '  long-report: .*' "$sent" flood
checked 'a report that is not UTF-8' 16 "$(said 'the report is not UTF-8 at byte [0-9]+')" '  false-report: .*' "$sent" no-utf-8
checked 'a report that is not JSON' 16 "$(said 'the report is not JSON, in line 1, column [0-9]+')" \
    '  false-report: .*' "$sent" no-json
checked 'a report of another version' 16 "$(said "the report's schema has another version than 1, .*")" \
    '  false-report: .*' "$sent" version
checked 'a report of something else' 16 "$(said "the report's schema is not minivmm-clock-report-1")" \
    '  false-report: .*' "$sent" magic
checked 'a report that contradicts itself' 16 "$(said "the report's clocksource.available lacks clocksource.current")" \
    '  false-report: .*' "$sent" contradiction
checked 'a report that is too deep' 16 "$(said 'the report has more than 16 levels of brackets')" \
    '  false-report: .*' "$sent" deep
checked 'a guest that panics' 4 "$(said 'guest kernel panicked: a test')" '    \| \[    1.2\] Kernel panic .*' \
    'ready panic reset' good
checked 'a guest that triple-faults' 4 "$(said 'guest triple-faulted on vCPU 0')" '  crashed: .*' 'ready triple-fault' good
checked 'a KVM that cannot run the guest' 6 "$(said 'this KVM cannot run .*')" '  kvm-unable: .*' 'internal-error' good
checked 'a KVM that does not enter the guest' 2 'vCPU 0: exit 9 \(failed entry\) at RIP 0x[0-9a-f]+ is not handled' '' \
    failed-entry good
check 'check: a KVM that fails while the guest runs' 2 'vCPU 0: KVM_RUN: Cannot allocate memory' \
    env "$fake_kvm" FAKE_KVM_FAIL=KVM_RUN "$minivmm" check "$kernel"
check_output 'check: SIGINT' 130 "$(said 'interrupted by SIGINT')" '  interrupted: .*' \
    "$drive" "$ready" signal:INT -- \
    env "$fake_kvm" FAKE_KVM_GUEST=ready "$minivmm" check --console file:/dev/stdout "$kernel"
check 'check: a result that cannot be written' 2 'stdout: No space left on device' \
    sh -c 'exec env "$1" FAKE_KVM_GUEST="report power-off" FAKE_KVM_REPORT="$2" "$3" check "$4" >/dev/full' - \
    "$fake_kvm" "$good" "$minivmm" "$kernel"

# Expectations in a file.
expects=$work/expects
printf '# what we rely on\n\n  monotonic\nclocksource=tsc\n' >"$expects"
checked '--expect @FILE' 8 '' '  verdict: FAILED \(2 ok, 1 failed, 0 n/a\), .*' "$sent" good \
    --expect stable --expect "@$expects"
check 'check: --expect @FILE that contradicts the machine' 2 \
    "--expect 'clocksource=tsc' contradicts .*|--expect 'clocksource=hpet' contradicts .*" \
    "$minivmm" check --expect clocksource=hpet --expect "@$expects" "$kernel"
printf 'monotonic\ncpus=x\n' >"$expects"
check 'check: --expect @FILE with a line that is wrong' 2 \
    "--expect '@$expects': line 2: --expect 'cpus=x': accepted is cpus=N with N from 1 to 999999999" \
    "$minivmm" check --expect "@$expects" "$kernel"
check 'check: --expect @FILE that is not there' 2 "--expect @$work/gone: No such file or directory" \
    "$minivmm" check --expect "@$work/gone" "$kernel"
refused_file() {
    check "check: --expect @FILE $1" 2 "--expect $2" "$minivmm" check --expect "@$expects" "$kernel"
}
: >"$expects"
refused_file 'that is empty' "'@$expects': there is no expectation in it"
printf '# nothing\n\n' >"$expects"
refused_file 'with a comment alone' "'@$expects': there is no expectation in it"
printf '\000monotonic\n' >"$expects"
refused_file 'that begins with a NUL' "@$expects: there is a NUL byte in it"
printf 'monotonic\n\000cpus=x\n' >"$expects"
refused_file 'with a NUL in it' "@$expects: there is a NUL byte in it"
rm -f "$expects"

# A check that holds, and its console is lost: the result says so too.
run env "$fake_kvm" FAKE_KVM_GUEST="$sent" FAKE_KVM_REPORT="$good" \
    "$minivmm" check --format json --console file:/dev/full "$kernel"
if [ "$status" -eq 2 ] && grep -q '"ok": *false' "$work/out" && grep -q '"status": *2\b' "$work/out" &&
    grep -q '"outcome": *"host-error"' "$work/out"; then
    ok 'check: --format json says that the console is lost'
else
    not_ok 'check: --format json says that the console is lost' "status $status, $(one_line "$work/out")"
fi

# What GitHub shows: annotations on stdout, a summary in the file that it names.
summary=$work/summary
check_output 'check: --format github' 8 '' '::error title=kernel --cpus 1 [^:]*::clocksource=tsc: .*%0Ausually: .*' \
    env "$fake_kvm" FAKE_KVM_GUEST="$sent" FAKE_KVM_REPORT="$good" GITHUB_STEP_SUMMARY="$summary" \
    "$minivmm" check --format github --expect clocksource=tsc "$kernel"
if grep -q '^## minivmm check: 0 of 1 ok' "$summary"; then
    ok 'check: --format github adds a summary in Markdown'
else
    not_ok 'check: --format github adds a summary in Markdown' "$(one_line "$summary")"
fi
check_output 'check: --format markdown' 0 '' '\| ok \| kernel .* \| kvm\\-clock \| 4 \| 0 \| 0 \| [0-9.]+ s \|' \
    env "$fake_kvm" FAKE_KVM_GUEST="$sent" FAKE_KVM_REPORT="$good" "$minivmm" check --format markdown "$kernel"
check_output 'check: a summary that cannot be written' 2 '.GITHUB_STEP_SUMMARY /dev/full: No space left on device' '::notice .*' \
    env "$fake_kvm" FAKE_KVM_GUEST="$sent" FAKE_KVM_REPORT="$good" GITHUB_STEP_SUMMARY=/dev/full \
    "$minivmm" check --format github "$kernel"
rm -f "$summary"

# JUnit's names have no folders.
check_output 'check: --format junit names a machine without folders' 0 '' \
    ' <testsuite name="kernel --cpus 1 --kvmclock user --rtc nvram=nv --initrd .good." time="[0-9.]+" .*' \
    env "$fake_kvm" FAKE_KVM_GUEST="$sent" FAKE_KVM_REPORT="$good" \
    "$minivmm" check --format junit --rtc "nvram=$work/nv" --initrd "$good" "$kernel"
rm -f "$work/nv"

# What is kept where the user says.
checked 'the report and the console are kept' 12 "$(said 'the report ends .*')" '  half-report: .*' "$sent" half \
    --report "$work/kept.report" --console "file:$work/kept.console"
if cmp -s "$work/kept.report" "$reports/half" && [ "$(cat "$work/kept.console")" = ready ]; then
    ok 'check: the files have what the guest sent'
else
    not_ok 'check: the files have what the guest sent' "console: $(cat "$work/kept.console")"
fi
rm -f "$work/kept.report" "$work/kept.console"

# A validator, not of ours, for each format; TAP is counted.
is_valid_json() {
    /usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))' check/check.schema.json "$1"
}
is_valid_junit() {
    xmllint --noout --schema check/junit.xsd "$1" 2>/dev/null
}
is_valid_tap() {
    awk 'NR == 1 && $0 != "TAP version 13" { bad = 1 }
        /^1\.\./ { planned = substr($0, 4) }
        /^(not )?ok / { made++; if ($0 !~ "^(not )?ok " made " - ") bad = 1 }
        END { exit bad || made == 0 || planned != made }' "$1"
}
# formatted STATUS WORDS REPORT OPTION...
formatted() {
    formatted_status=$1
    formatted_words=$2
    formatted_report=$3
    shift 3
    for format in json junit tap; do
        run env "$fake_kvm" FAKE_KVM_GUEST="$formatted_words" FAKE_KVM_REPORT="$reports/$formatted_report" \
            "$minivmm" check --format "$format" "$@" "$kernel"
        formatted_name="check: --format $format of '$formatted_words' with $formatted_report, status $formatted_status"
        if [ "$status" -eq "$formatted_status" ] && "is_valid_$format" "$work/out"; then
            ok "$formatted_name"
        else
            not_ok "$formatted_name" "status $status, $(one_line "$work/out")"
        fi
    done
}
formatted 0 "$sent" good
formatted 8 "$sent" good --expect profile=tsc --expect 'dmesg!=<&"# >' --append "it's <a> & 'b' # c"
formatted 0 "$sent" good --rtc base=2030-01-01T00:00:00
formatted 12 "$sent" half
formatted 14 "$sent" flood
formatted 16 "$sent" no-utf-8
formatted 4 'flood panic reset' good
formatted 124 ready good --timeout 0.3
formatted 6 internal-error good

# Many machines, and their results as one. The played guest says that it chose kvm-clock on each.
check 'check: --shard without --matrix' 2 '--shard is of use with --matrix only' "$minivmm" check --shard 1/2 "$kernel"
check 'check: --cell without --matrix' 2 '--cell is of use with --matrix only' "$minivmm" check --cell 1 "$kernel"
check 'check: a cell that is not there' 2 '--cell: the matrix has 48 cells for each kernel' \
    "$minivmm" check --matrix --cell 49 "$kernel"
check 'check: a shard that is none' 2 "--shard '3/2': accepted is I/N with 1 <= I <= N <= 4096" \
    "$minivmm" check --matrix --shard 3/2 "$kernel"
mkfifo "$work/fifo"
check 'check: --matrix of a pipe' 2 '--matrix: .*/fifo is a pipe, which can be read only once; give a file' \
    "$minivmm" check --matrix "$work/fifo"
check 'check: --matrix with an initrd from a pipe, and words' 2 '--matrix: .*/fifo is a pipe, which can be read only once; give a file' \
    "$minivmm" check --matrix --initrd "$work/fifo a b" "$kernel"
check 'check: --matrix with expectations from a pipe' 2 '--matrix: .*/fd/[0-9]+ is a pipe, which can be read only once; give a file' \
    sh -c 'echo monotonic | "$1" check --matrix --expect @/dev/fd/0 "$2"' - "$minivmm" "$kernel"
rm -f "$work/fifo"
check 'check: --matrix keeps no console' 2 '--matrix has many guests: --output DIR keeps their reports and consoles' \
    "$minivmm" check --matrix --report "$work/kept" "$kernel"
check 'check: --matrix with one NVRAM file for all' 2 '--matrix has many guests: --rtc nvram= is for one at a time' \
    "$minivmm" check --matrix --rtc "nvram=$work/nvram" "$kernel"
check 'check: --matrix with one control socket for all' 2 '--matrix has many guests: --control is for one at a time' \
    "$minivmm" check --matrix --control "$work/socket" "$kernel"
check 'check: --matrix with one snapshot for all' 2 '--matrix has many guests: --snapshot-at is for one at a time' \
    "$minivmm" check --matrix --snapshot-at "1,file=$work/snapshot" "$kernel"
check 'check: --output without --matrix' 2 \
    '--output is of use with --matrix only: --report and --console keep those of one' \
    "$minivmm" check --output "$work/kept" "$kernel"
check 'check: --output where no folder can be' 2 "--output $work/gone/there: No such file or directory" \
    "$minivmm" check --matrix --output "$work/gone/there" "$kernel"
check 'check: --merge of nothing' 2 '--merge: the names of the FILEs to merge are missing' "$minivmm" check --merge
check 'check: --merge of a file that is not there' 2 "--merge $work/gone: No such file or directory" \
    "$minivmm" check --merge "$work/gone"
check 'check: --merge of something else' 2 "--merge $good: its schema is not minivmm-check-1" \
    "$minivmm" check --merge "$good"
printf '{"schema":"minivmm-check-1","ok":true,"results":[]}' >"$reports/no-results"
check_output 'check: --merge of no results' 2 '--merge: there is no result in what was given' '0 checks, 0 failed' \
    "$minivmm" check --merge "$reports/no-results"
progress='[0-9]+ checks, with [0-9]+ vCPUs at a time'
check_output 'check: --matrix with one cell' 0 "$progress
1 of 1 checks done, 0 failed, about [0-9]+ s left" '  verdict: ok \(1 ok, .*' \
    env "$fake_kvm" FAKE_KVM_GUEST="$sent" FAKE_KVM_REPORT="$good" "$minivmm" check --matrix --shard 1/48 "$kernel"
check_output 'check: --matrix --output' 0 "$progress
1 of 1 checks done, 0 failed, about [0-9]+ s left" '  verdict: ok \(1 ok, .*' \
    env "$fake_kvm" FAKE_KVM_GUEST="$sent" FAKE_KVM_REPORT="$good" \
    "$minivmm" check --matrix --shard 2/48 --output "$work/kept" "$kernel"
if cmp -s "$work/kept/0002.report" "$good" && [ "$(cat "$work/kept/0002.console")" = ready ]; then
    ok 'check: --matrix --output keeps what each machine sent'
else
    not_ok 'check: --matrix --output keeps what each machine sent' "$(ls "$work/kept")"
fi
rm -rf "$work/kept"
mkdir "$work/kept"
ln -s /dev/full "$work/kept/0001.console"
check_output 'check: --matrix --output to a full disk' 8 "$progress
1 of 1 checks done, 1 failed, about [0-9]+ s left" "  host-error: console: $lost" \
    env "$fake_kvm" FAKE_KVM_GUEST="$sent" FAKE_KVM_REPORT="$good" \
    "$minivmm" check --matrix --shard 1/48 --output "$work/kept" "$kernel"
rm -rf "$work/kept"

# A matrix that is killed leaves no check behind: how many run on its kernel, asked for 30 s.
checks_left() {
    tries=0
    while pgrep -f -- "--cell [0-9]+ .*$kernel" >/dev/null && [ $((tries += 1)) -le 300 ]; do
        sleep 0.1
    done
    pgrep -c -f -- "--cell [0-9]+ .*$kernel"
}
"$drive" 'wait:48 checks' signal:KILL -- \
    env "$fake_kvm" FAKE_KVM_GUEST=ready "$minivmm" check --matrix "$kernel" >/dev/null 2>&1
left=$(checks_left)
if [ "$left" -eq 0 ]; then
    ok 'check: a matrix that is killed takes its checks with it'
else
    not_ok 'check: a matrix that is killed takes its checks with it' "$left are left"
fi
check_output 'check: --matrix of a kernel that is not there' 8 "$progress
1 of 1 checks done, 1 failed, about [0-9]+ s left" '  host-error: .*: No such file or directory' \
    "$minivmm" check --matrix --shard 1/48 "$work/gone"
check_output 'check: --matrix says the last of what a check without a result has said' 8 "$progress
1 of 1 checks done, 1 failed, about [0-9]+ s left" '  host-error: vCPU 0: KVM_RUN: Cannot allocate memory' \
    env "$fake_kvm" FAKE_KVM_FAIL=KVM_RUN "$minivmm" check --matrix --shard 1/48 --verbose "$kernel"
check_output 'check: --matrix whose caller ignores SIGCHLD' 0 "$progress
1 of 1 checks done, 0 failed, about [0-9]+ s left" '  verdict: ok \(1 ok, .*' \
    "$drive" ignore:CHLD -- env "$fake_kvm" FAKE_KVM_GUEST="$sent" FAKE_KVM_REPORT="$good" \
    "$minivmm" check --matrix --shard 1/48 "$kernel"
for ignored in HUP INT; do
    check_output "check: --matrix goes on after SIG$ignored that the caller ignores" 8 "$progress
1 of 1 checks done, 1 failed, about [0-9]+ s left" '  hung: .*' \
        "$drive" "ignore:$ignored" 'wait:1 checks' "signal:$ignored" -- \
        env "$fake_kvm" FAKE_KVM_GUEST=ready "$minivmm" check --matrix --shard 1/48 --timeout 0.3 "$kernel"
done
# On one CPU one check runs at a time, and so one line says that it has ended.
one_cpu=$(taskset -pc $$ | sed 's/.*: //; s/[,-].*//')
check_output 'check: SIGINT ends --matrix with what it has' 130 "48 checks, with 1 vCPUs at a time
1 of 48 checks done, 1 failed, about [0-9]+ s left" '  verdict: not judged' \
    "$drive" 'wait:48 checks' signal:INT -- \
    env "$fake_kvm" FAKE_KVM_GUEST=ready taskset -c "$one_cpu" "$minivmm" check --matrix "$kernel"
check_output 'check: SIGTERM ends --matrix and its guests where SIGINT is ignored' 130 "48 checks, with 1 vCPUs at a time
1 of 48 checks done, 1 failed, about [0-9]+ s left" '  verdict: not judged' \
    "$drive" ignore:INT 'wait:48 checks' signal:TERM -- \
    env "$fake_kvm" FAKE_KVM_GUEST=ready taskset -c "$one_cpu" "$minivmm" check --matrix "$kernel"
check_output 'check: Ctrl-C ends no guest of --matrix where SIGINT is ignored' 8 "$progress
1 of 1 checks done, 1 failed, about [0-9]+ s left" '  hung: .*' \
    "$drive" -t ignore:INT 'wait:1 checks' "keys:$(printf '\003')" -- \
    env "$fake_kvm" FAKE_KVM_GUEST=ready "$minivmm" check --matrix --shard 1/48 --timeout 0.3 "$kernel"
shards=
for shard in 1/2 2/2; do
    run env "$fake_kvm" FAKE_KVM_GUEST="$sent" FAKE_KVM_REPORT="$good" \
        "$minivmm" check --matrix --shard "$shard" --format json "$kernel"
    cp "$work/out" "$reports/shard-${shard%/*}"
    shards="$shards $reports/shard-${shard%/*}"
done
run "$minivmm" check --merge --format json "$reports/shard-2"
missing="--merge: 24 of the matrix's 48 checks are missing, the first is 1"
if [ "$status" -eq 2 ] && lines_match "$missing" "$work/err" && [ "$(grep -c '"kernel":' "$work/out")" -eq 24 ]; then
    ok 'check: --merge without one of two shards says so, and writes the other'
else
    not_ok 'check: --merge without one of two shards says so, and writes the other' "status $status, $(one_line "$work/err")"
fi
run "$minivmm" check --merge "$reports/shard-1" "$reports/shard-1"
if [ "$status" -eq 2 ] && lines_match '--merge: check 1 of 48 is there twice, or of another matrix' "$work/err"; then
    ok 'check: --merge of a shard with itself is an error'
else
    not_ok 'check: --merge of a shard with itself is an error' "status $status, $(one_line "$work/err")"
fi
# 4128 results in one command: more than any matrix has.
shard=$reports/shard-1
set --
while [ $# -lt 172 ]; do
    set -- "$@" "$shard"
done
check 'check: --merge of more results than a matrix can have' 2 \
    "--merge $shard: with it there are more than 4096 results" "$minivmm" check --merge "$@"
for format in json junit tap; do
    # shellcheck disable=SC2086 # a list of files
    run "$minivmm" check --merge --format "$format" $shards
    if [ "$status" -eq 8 ] && "is_valid_$format" "$work/out" &&
        [ "$(grep -cE 'the guest reported|"kernel":' "$work/out")" -eq 48 ]; then
        ok "check: --merge of two shards has all cells, as $format"
    else
        not_ok "check: --merge of two shards has all cells, as $format" "status $status, $(one_line "$work/out")"
    fi
done

# The same by guest code, where this machine's KVM runs it.
for case in 0:good:'  verdict: ok .*' 12:half:'  half-report: .*' 14:two:'  long-report: .*' 16:no-json:'  false-report: .*'; do
    sent_report=${case#*:}
    sent_name="check: a bare-metal guest sends ${sent_report%%:*}"
    if ! can_open_kvm; then
        skip "$sent_name" 'there is no /dev/kvm here that this user may open'
        continue
    fi
    check_output "$sent_name" "${case%%:*}" "$([ "${case%%:*}" = 0 ] || echo '.*: .*report.*')" "${sent_report#*:}" \
        "$minivmm" check --timeout 90 --initrd "$reports/${sent_report%%:*}" "$tools/send.elf"
done
rm -rf "$reports" "$kernel"
