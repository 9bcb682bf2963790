# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh, lib.sh, ends.sh and control.sh set the variables
# --reboot again, on the fake KVM: the words of its guest go on in the next boot.

kernel=$work/kernel
make_multiboot "$kernel"

# rebooted NAME STATUS LINES OUTPUT WORDS OPTION...: one is run that does WORDS, and resets where they say so.
rebooted() {
    rebooted_name="--reboot again: $1"
    rebooted_status=$2
    rebooted_lines=$3
    rebooted_out=$4
    rebooted_words=$5
    shift 5
    check_output "$rebooted_name" "$rebooted_status" "$rebooted_lines" "$rebooted_out" \
        env "$fake_kvm" FAKE_KVM_STILL=wait FAKE_KVM_GUEST="$rebooted_words" "$minivmm" --cpus 2 --reboot again "$@" "$kernel"
}

boot_2='boot 2: the guest has reset the machine'
boot_3='boot 3: the guest has reset the machine'
check_output '--reboot end: a reset is the end' 0 '' ready \
    env "$fake_kvm" FAKE_KVM_GUEST='ready reset debug-exit' "$minivmm" --reboot end "$kernel"
rebooted 'each boot writes to the same console, and the last one has the status' 33 "$(lines "$boot_2" "$boot_3")" \
    partpartrest 'part reset part reset rest debug-exit'
rebooted 'a reset without a word on the console' 0 \
    'boot 2: the guest reset the machine without a byte to COM1; if it panicked, console=ttyS0 shows it' ready \
    'reset ready power-off'
rebooted 'files are written on' 0 "$boot_2" '' 'part reset rest power-off' --console "file:$work/console"
[ "$(cat "$work/console")" = partrest ] || not_ok '--reboot again: files are written on' "$(one_line "$work/console")"
rm -f "$work/console"
rebooted 'a panic is the end' 4 'guest kernel panicked: a test' ready 'ready panic reset debug-exit'
rebooted 'a panic of the second boot' 4 "$(lines "$boot_2" 'guest kernel panicked: a test')" ready 'ready reset panic reset'
rebooted 'a crash is the end' 4 'guest triple-faulted on vCPU 0' ready 'ready triple-fault debug-exit'
rebooted '--timeout is of the whole run' 124 "$(lines "$boot_2" 'timed out after 0.3 s')" ready 'ready reset wait' --timeout 0.3
check_output '--reboot again: a KVM that makes no second VM' 2 "$(lines "$boot_2" 'KVM_CREATE_VM: Cannot allocate memory.*')" \
    ready env "$fake_kvm" FAKE_KVM_FAIL=KVM_CREATE_VM FAKE_KVM_FAIL_AFTER=1 FAKE_KVM_GUEST='ready reset power-off' \
    "$minivmm" --reboot again "$kernel"
check_output '--reboot again: a signal in the second boot' 130 "$(lines "$boot_2" 'interrupted by SIGINT')" partrest \
    "$drive" wait:rest signal:INT -- env "$fake_kvm" FAKE_KVM_GUEST='part reset rest wait' "$minivmm" --reboot again "$kernel"
check_output '--reboot again: after SIGTERM a reset is the end' 0 "$button" ready \
    "$drive" "$ready" signal:TERM -- env "$fake_kvm" FAKE_KVM_GUEST='ready button reset debug-exit' "$minivmm" --reboot again "$kernel"
mkfifo "$work/fifo"
cat "$kernel" >"$work/fifo" &
kernel=$work/fifo
rebooted 'a kernel from a pipe' 0 "$boot_2" partrest 'part reset rest power-off'
wait $!
rm -f "$work/fifo"
kernel=$work/kernel
check 'check is of one boot' 2 '--reboot again: check is of one boot' "$minivmm" check --reboot again "$kernel"
check 'run-test is of one boot' 2 '--reboot again: run-test is of one boot' "$minivmm" run-test --reboot again "$kernel" -- true

# The control socket tells of each reset, and of one end.
controlled_option='--reboot again'
controlled 'with --reboot again a reset is not the end' 130 \
    "$(lines 'boot 2: reset by system_reset of the control socket' "$stopped" 'boot 3: reset by system_reset of the control socket' "$quit")" \
    'RESET STOP RESET RESUME SHUTDOWN ' 'ready wait ready wait ready wait' '
    ctl --events query-version >"$scratch/events" &
    until grep -q package "$scratch/events"; do sleep 0.1; done
    ctl system_reset
    until grep -q RESET "$scratch/events"; do sleep 0.1; done
    until ctl stop 2>/dev/null; do sleep 0.1; done
    ctl system_reset
    until grep -q RESUME "$scratch/events"; do sleep 0.1; done
    ctl quit
    wait $!
    jq -r "select(.event).event" "$scratch/events" | tr "\n" " "
    echo'
controlled_option=
rm -f "$kernel"
