#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run a command where /dev/kvm is kvm-intel and can scale the guest's TSC: in the VMX lab, a Debian
# kernel on Bochs' emulation of an Intel CPU with VMX.
#
# usage: vmx.sh [OPTION]... -- COMMAND [ARGUMENT]...
#   --file SRC[:DST]   take a file or folder along, as DST, by default its last name; relative names
#                      are from /lab, where COMMAND starts. A program's libraries come by themselves
#   --tsc-khz KHZ      the rate of the lab's TSC: 3500000 by default
#   --memory MIB       1024 by default
#   --timeout SECONDS  none by default
#   --output DIR       what COMMAND leaves in /out, and the lab's kernel log as lab.log
# status: COMMAND's; 124 timed out; 125 the lab failed (its kernel log is shown); 130 interrupted
#
# COMMAND's output appears here as it comes. Its standard input is empty. Nothing is left behind
# but the cache: see guest-images/fetch-kernel.sh.
#
# Time in the lab is a count of instructions: one CPU, whose TSC counts one for each. --tsc-khz says
# how many of them the lab's kernel takes for a millisecond. No other clock has to agree, as that
# kernel's only one is the TSC; what CPUID says of the emulated CPU's rate counts for nothing. 3.5 GHz
# is usual for a server, and leaves guests both lower and higher rates. A second then costs 70 s, or
# 3 s if the CPU idles. At a lower rate it costs less, so what takes time is quicker, and what takes
# instructions takes more of the lab's time. A run repeats exactly, but for the date in the RTC.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2034 # for lab.sh
lab_name=VMX lab_packages="run lab vmx"
memory_mib=1024
tsc_khz=3500000
# shellcheck source=tests/lab/lab.sh
. "$here/lab.sh"

lab_option() {
    [ "$1" = --tsc-khz ] && tsc_khz=$2
}

# What makes the lab's kernel quick to start:
#   tsc_early_khz       it believes this of the TSC and measures nothing
#   initcall_blacklist  no certificates, random numbers from jitter, nor probes: 0.4 G instructions
#   rcu_expedited       no waiting for a grace period with each change of code
# A panic ends in a triple fault, at which Bochs ends.
kernel_words() {
    echo console=ttyS2 panic=-1 reboot=t mitigations=off nokaslr noxsave quiet tsc=reliable \
        "tsc_early_khz=$tsc_khz" hpet=disable cryptomgr.notests rcupdate.rcu_expedited=1 \
        initcall_blacklist=load_system_certificate_list,jent_mod_init,init_kprobe_trace,crypto_algapi_init
}

sectors_of() {
    echo $((($(stat -c %s "$1") + 511) / 512))
}

# The note that says where a PVH loader is to enter: 8 bytes, of which the lower 4 say it all.
pvh_entry() {
    readelf -n "$base/vmlinux" |
        sed -n '/0x00000012/{n;s/.*: \(..\) \(..\) \(..\) \(..\) .*/0x\4\3\2\1/p}'
}

# The kernel without its type information, which would take 0.2 G instructions to read.
write_disk() {
    objcopy -O binary -R .BTF "$base/vmlinux" "$work/kernel"
    set -- "KERNEL_SECTORS=$(sectors_of "$work/kernel")" "INITRD_SECTORS=$(sectors_of "$work/initrd")" \
        "INITRD_BYTES=$(stat -c %s "$work/initrd")" "MEMORY_BYTES=$((memory_mib << 20))" "ENTRY=$(pvh_entry)"
    for symbol; do
        set -- "$@" "-Wa,--defsym,$symbol"
        shift
    done
    gcc -c "$@" -DCMDLINE="\"$(kernel_words)\"" -o "$work/boot.o" "$here/vmx_boot.S"
    ld -m elf_x86_64 -Ttext 0x7c00 --oformat binary -o "$work/boot" "$work/boot.o"
    truncate -s %512 "$work/kernel" "$work/initrd"
    cat "$work/boot" "$work/kernel" "$work/initrd" >"$work/disk"
    truncate -s %516096 "$work/disk" # a whole cylinder of 16 heads and 63 sectors
    rm "$work/kernel" "$work/initrd"
}

# ips is how many instructions the devices take for a second, which has nothing to do with the TSC's
# rate: the lower, the quicker are disk and serial lines. Below this the PIT's ticks leave the kernel
# no time.
write_configuration() {
    cat >"$work/bochsrc" <<END
cpu: model=corei7_icelake_u, count=1, ips=10000000, reset_on_triple_fault=0
megs: $memory_mib
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
ata0-master: type=disk, path=$work/disk, mode=flat, cylinders=0, heads=16, spt=63
boot: disk
com1: enabled=1, mode=term, dev=/dev/tty
com2: enabled=1, mode=file, dev=$work/results
com3: enabled=1, mode=file, dev=$work/lab.log
clock: sync=none, time0=utc
panic: action=fatal
error: action=ignore
info: action=ignore
display_library: term
log: $work/bochs.log
END
    echo continue >"$work/debugger" # where Debian's Bochs starts
}

# COMMAND's output comes through a terminal of script's, because only to a terminal does Bochs write
# at once; Bochs' own display goes to a file. Bochs ends badly when the machine is switched off, and
# does not end by SIGTERM. script begins a session, which Linux gives as much of the CPUs as any other
# (sched_autogroup), whatever the nice value of what is in it: so the session gets that value too.
run_lab() {
    write_disk
    write_configuration
    bochs="{ nice >/proc/self/autogroup; } 2>/dev/null; exec setpriv --pdeathsig KILL bochs -q -f '$work/bochsrc' -rc '$work/debugger'"
    TERM=vt100 setpriv --pdeathsig TERM timeout -s KILL "$timeout_sec" \
        script -qec "$bochs >'$work/emulator.log' 2>&1 </dev/null" /dev/null </dev/null &
    lab_pid=$!
    wait "$lab_pid" || lab_status=$?
    lab_pid=
    [ "$lab_status" -ne 137 ] || lab_status=124 # timeout's, for a SIGKILL that it sends
}

lab_main "$@"
