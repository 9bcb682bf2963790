#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Init of the guest that build-chrony.sh makes: chronyd keeps its clock on a PHC of the hypervisor's.
#
# Words of the kernel's command line:
#   phc=kvm|vmclock    the PHC; by default vmclock where kernel and machine have it, else kvm
#   conf=redhat|slew   chrony's configuration as Red Hat recommends it, or ours with steps at its start alone; by
#                      default ours
#   interval=SECONDS   how often a line tells of the offset, by default 5
#   seconds=SECONDS    the guest powers off so long after its clock is synchronized, by default 60
#
# It prints "phc NAME", then "synchronized after SECONDS", and then each interval
#   offset UPTIME REFERENCE SYSTEM LAST RMS FREQUENCY SKEW
# as `chronyc tracking` says them: seconds by which the clock is ahead of the reference now, by which it was at the
# last update, and their root mean square; ppm by which the clock would run fast, and the bound of the error of that.
# With minivmm --reference, COM2 has a line of examples/offset-series.c each half second: how far the clock really
# is from the host's.

uptime() {
    cut -d ' ' -f 1 /proc/uptime
}

end() {
    [ $# -eq 0 ] || echo "$1"
    poweroff -f
}

# load MODULE: it gives a PHC
load() {
    [ -f "/modules/$1.ko" ] && insmod "/modules/$1.ko" && [ -c /dev/ptp0 ]
}

load_phc() {
    case ${phc:-} in
    kvm) load ptp_kvm ;;
    vmclock) load ptp_vmclock ;;
    *) load ptp_vmclock || load ptp_kvm ;;
    esac
}

# Where Linux 7.0 and later makes a PHC of vmclock it shows TAI, what was before shows UTC.
time_scale() {
    case $(cat /sys/class/ptp/ptp0/clock_name)-$(uname -r) in
    vmclock*-[0-6].*) ;;
    vmclock*) echo tai ;;
    esac
}

write_conf() {
    if [ "${conf:-}" = redhat ]; then
        echo "refclock PHC /dev/ptp0 poll 2 $(time_scale)"
        echo 'makestep 1.0 3'
    else
        echo "refclock PHC /dev/ptp0 poll 0 dpoll -2 $(time_scale)"
        echo "makestep 0.1 $([ "${conf:-}" = slew ] && echo 3 || echo -1)"
    fi
    echo 'leapsectz right/UTC'
}

tell_offset() {
    chronyc -n tracking | awk -v up="$(uptime)" '
        /^Reference ID/ { gsub(/[()]/, ""); reference = $NF }
        /^System time/ { system_s = ($6 == "fast" ? "+" : "-") $4 }
        /^Last offset/ { last_s = $4 }
        /^RMS offset/ { rms_s = $4 }
        /^Frequency/ { ppm = ($5 == "fast" ? "+" : "-") $3 }
        /^Skew/ { skew_ppm = $3 }
        END { print "offset", up, reference, system_s, last_s, rms_s, ppm, skew_ppm }'
}

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
ifconfig lo up
mkdir -m 750 /run/chrony
load_phc || end 'there is no PHC'
echo "phc $(cat /sys/class/ptp/ptp0/clock_name)"
write_conf >/etc/chrony.conf
stty -F /dev/ttyS1 raw
seconds=1000000 step_ms=500 offset-series >/dev/ttyS1 2>/dev/null &
start=$(uptime)
chronyd -n -u root -f /etc/chrony.conf &
until chronyc -n waitsync 1 0.0005 0 0.2 >/dev/null 2>&1; do
    kill -0 $! 2>/dev/null || end 'chronyd has ended'
done
now=$(uptime)
echo "synchronized after $(echo "$now $start" | awk '{ print $1 - $2 }')"
last=$(echo "$now ${seconds:-60}" | awk '{ printf "%d", $1 + $2 }')
while [ "$(uptime | cut -d . -f 1)" -lt "$last" ]; do
    tell_offset
    sleep "${interval:-5}"
done
end
