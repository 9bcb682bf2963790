# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016,SC2034 # run.sh and lib.sh set what this reads, and read what this sets
# minivmm experiment, on the fake KVM, which has no TSC offsets that take effect.

kernel=$work/kernel
make_multiboot "$kernel"
scenarios=$work/scenarios
mkdir -p "$scenarios"

# scenario NAME REST: the file of that name, with a guest a
scenario() {
    printf '{ "scenario": 1, "guests": { "a": {} }, // a comment\n%s }\n' "$2" >"$scenarios/$1.json"
}

# experiment NAME STATUS LINES OUTPUT WORDS FILE [OPTION]...: runs it on a guest that does WORDS. LINES are on
# stderr behind those of the progress, OUTPUT is a line of stdout.
experiment() {
    experiment_name="experiment: $1"
    experiment_status=$2
    experiment_lines=$3
    experiment_out=$4
    experiment_words=$5
    experiment_file=$scenarios/$6.json
    shift 6
    unsaid=' runs\?\(s\)\?, with \| runs done, '
    check_output "$experiment_name" "$experiment_status" "$experiment_lines" "$experiment_out" \
        env "$fake_kvm" FAKE_KVM_GUEST="$experiment_words" "$minivmm" experiment --kernel "$kernel" "$@" "$experiment_file"
    unsaid=
}

scenario good '"expect": [ "dmesg~^ready$", "dmesg!~panic" ]'
scenario bad '"expect": [ "dmesg~^rest$" ]'
scenario status '"expect": [ "status=4", "dmesg~Kernel panic" ]'
scenario after '"timeline": [ { "after": "dmesg~ready", "fault": "hpet.step", "by": "1ms" } ], "end": "fault1+10ms"'
scenario never '"timeline": [ { "after": "dmesg~never", "fault": "hpet.step", "by": "1ms" } ]'
scenario at '"timeline": [ { "at": "20ms", "fault": "hpet.rate", "ppb": 1000 } ], "end": "50ms"'
scenario jump '"timeline": [ { "at": "1s", "fault": "jump", "by": "1h" } ]'
scenario best '"best-effort": true, "end": "10ms", "timeline": [ { "at": "1ms", "fault": "jump", "by": "1h" } ]'
scenario choice '"seed": 12, "end": "10ms", "timeline": [ { "at": "1ms", "fault": "irq.drop", "gsi": 4, "p": "50%" } ]'
scenario offset '"end": "10ms", "expect": [ "offset<=1ms" ]'
scenario nix '"timeline": [ { "at": "1s", "fault": "nix" } ]'
printf '{ "scenario": 1, "guests": { "a": { "options": ["--control", "x"] } } }' >"$scenarios/control.json"
printf '{ "scenario": 1, "guests": { "a": { "options": ["--trace", "x"] } } }' >"$scenarios/trace.json"
printf '{ "scenario": 1, "guests": { "a": { "options": ["check"] } } }' >"$scenarios/command.json"
printf '{ "scenario": 1, "guests": { "a": { "options": ["--cpus", "nix"] } } }' >"$scenarios/cpus.json"

check 'experiment: no file' 2 'the FILE of a scenario is missing; see experiment --help' "$minivmm" experiment
check 'experiment: --check of files that are in order' 0 '' \
    "$minivmm" experiment --check "$scenarios/good.json" "$scenarios/jump.json"
check 'experiment: --check of those that are ready' 0 '' "$minivmm" experiment --check "$PWD"/experiments/*.json
check 'experiment: --check says what is wrong, a line for each file' 2 \
    "$(lines ".*/nix.json: timeline entry 1: 'nix' is no fault; minivmm --faults lists them" \
        '.*/gone.json: No such file or directory' \
        '.*/control.json: guest a: its options are those of the machine: no files and no sockets of the host' \
        '.*/trace.json: guest a: its options are those of the machine: no files and no sockets of the host' \
        ".*/command.json: guest a: one KERNEL is accepted, and '.*' comes after 'check'" \
        ".*/cpus.json: guest a: --cpus 'nix': accepted is .*")" \
    "$minivmm" experiment --check "$scenarios/nix.json" "$scenarios/gone.json" "$scenarios/good.json" \
    "$scenarios/control.json" "$scenarios/trace.json" "$scenarios/command.json" "$scenarios/cpus.json"
check 'experiment: a guest without a kernel' 2 '.*/good.json: guest a has no kernel: give one by --kernel' \
    "$minivmm" experiment "$scenarios/good.json"
check 'experiment: a run that is not there' 2 '--cell 2: there are 1 runs' \
    "$minivmm" experiment --kernel "$kernel" --cell 2 "$scenarios/good.json"
check 'experiment: --report of all' 2 '--console and --report are of use with --cell only: --output DIR keeps those of all' \
    "$minivmm" experiment --report x "$scenarios/good.json"

experiment 'lines that are expected' 0 '' '  ok      dmesg~\^ready\$             at .*: ready' 'ready power-off' good
experiment 'a line that does not come' 8 '' '  FAILED  dmesg~\^rest\$              no such line in 1' 'ready power-off' bad
experiment 'a status that is expected' 0 '' '  ok      status=4                  4, after .*' 'panic triple-fault' status
experiment 'a status that is not' 8 '' '  FAILED  status=0                  4, after .*' 'ready triple-fault' good
experiment 'a fault after a line, and the end after that' 0 '' \
    '  ok      after dmesg~ready hpet.step by=1ms  done at .*' 'ready wait' after
experiment 'a fault at a time' 0 '' '  ok      20ms hpet.rate ppb=1000   done at .*' 'wait' at
experiment 'a fault that does not come' 8 '' \
    '  FAILED  after dmesg~never hpet.step by=1ms  the guest ended before, at .*' 'ready power-off' never
experiment 'a fault that this host cannot do is refused before the start' 8 '' \
    "  host-error: '1s jump by=1h': jump needs TSC offsets that take effect, and this KVM ignores them; .*" \
    'ready wait' jump
experiment 'with best-effort it is left out' 0 '' \
    '  n/a     1ms jump by=1h            jump needs TSC offsets that take effect, and .*' 'ready wait' best
experiment 'a guest that hangs' 8 '' '  hung: timed out after 0.3 s' 'ready wait' good --timeout 0.3
experiment '--repeat says how often all held' 0 'good: 3/3' '3 checks, 0 failed' 'ready power-off' good --repeat 3
experiment 'a fault that chooses, and by which seed' 0 '' \
    '  ok      1ms irq.drop gsi=4 p=50%  done at .*, with --seed 12' 'wait' choice
experiment '--seed, which each repeat counts on' 0 'choice: 2/2' \
    '  ok      1ms irq.drop gsi=4 p=50%  done at .*, with --seed 6' 'wait' choice --seed 5 --repeat 2
experiment '--output keeps what the choices came from' 0 '' '  verdict: ok .*' 'wait' choice --seed 5 --output "$work/choice" --trace
seed=$("$minivmm" trace --to json "$work/choice/0001.mvtr" | grep -o 'irq.drop gsi=4 p=50% seed=[0-9]*')
experiment 'the same seed once more' 0 '' '  verdict: ok .*' 'wait' choice --seed 5 --output "$work/choice" --trace
if [ -n "$seed" ] && [ "$seed" = "$("$minivmm" trace --to json "$work/choice/0001.mvtr" | grep -o 'irq.drop gsi=4 p=50% seed=[0-9]*')" ]; then
    ok 'experiment: a run is done again by its seed'
else
    not_ok 'experiment: a run is done again by its seed' "$seed"
fi
# By the schema of check's results, as check.sh has it.
run env "$fake_kvm" FAKE_KVM_GUEST=wait "$minivmm" experiment --kernel "$kernel" --format json "$scenarios/choice.json"
if [ "$status" -eq 0 ] && grep -q '^ *"seed": 12$' "$work/out" && is_valid_json "$work/out"; then
    ok 'experiment: a result as JSON is as the schema says, with its seed'
else
    not_ok 'experiment: a result as JSON is as the schema says, with its seed' "status $status, $(one_line "$work/out")"
fi
experiment 'an offset, of a guest whose clock was not sampled' 8 '' \
    '  FAILED  offset<=1ms               there is no sample of its clock then' 'wait' offset
experiment 'files side by side, as TAP' 8 '' "not ok 6 - bad .*: dmesg~\^rest\\$: no such line in 1" \
    'ready power-off' bad --format tap "$scenarios/good.json"
experiment '--output keeps what each run wrote' 0 '' '  verdict: ok .*' 'ready power-off' good --output "$work/runs" --trace
if [ "$(cat "$work/runs/0001.console")" = ready ] && [ "$(head -c 4 "$work/runs/0001.mvtr")" = MVTR ]; then
    ok 'experiment: --output has the console, and with --trace a trace'
else
    not_ok 'experiment: --output has the console, and with --trace a trace' "$(ls "$work/runs")"
fi
page=$work/runs/0001.html
if grep -q '<table id="expectations">' "$page" && grep -q '^<tr><td class="pass">ok</td><td>dmesg~^ready\$</td><td>at .*: ready</td></tr>' "$page"; then
    ok 'experiment: --output has a page with what was expected, without scripts'
else
    not_ok 'experiment: --output has a page with what was expected, without scripts' "$(grep expectations "$page" | head -n 1)"
fi
experiment 'a page of a run that failed' 8 '' '  FAILED  dmesg~\^rest\$              no such line in 1' 'ready power-off' bad \
    --output "$work/bad-runs" --trace
if grep -q '^<tr><td class="fail">failed</td><td>dmesg~^rest\$</td><td>no such line in 1</td></tr>' "$work/bad-runs/0001.html"; then
    ok 'experiment: the page says what failed'
else
    not_ok 'experiment: the page says what failed' "$(grep failed "$work/bad-runs/0001.html" | head -n 1)"
fi
experiment 'a run that is refused has no page' 8 '' "  host-error: .*" 'ready wait' jump --output "$work/runs" --trace
for shard in 1 2; do
    run env "$fake_kvm" FAKE_KVM_GUEST='ready power-off' "$minivmm" experiment --kernel "$kernel" --shard "$shard/2" \
        --format json --repeat 2 "$scenarios/good.json"
    cp "$work/out" "$scenarios/shard-$shard"
done
check_output 'experiment: --merge of two shards' 0 '' '2 checks, 0 failed' \
    "$minivmm" experiment --merge "$scenarios/shard-1" "$scenarios/shard-2"
for word in '--output x' '--seed 1' '--trace' '--repeat 2' "--kernel $kernel" '--shard 1/2' --check; do
    # shellcheck disable=SC2086 # an option and its value
    check "experiment: --merge $word" 2 '--merge takes nothing but --format and the files' \
        "$minivmm" experiment --merge $word "$scenarios/shard-1"
done
check_output 'experiment: --merge without one of them' 2 "--merge: 1 of the matrix's 2 checks are missing, the first is 1" \
    '  verdict: ok .*' "$minivmm" experiment --merge "$scenarios/shard-2"
