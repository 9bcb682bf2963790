# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2016 # run.sh and lib.sh set the variables
# The command line: what is wrong with an option is said in one line that names it.

kernel=$work/kernel
make_bzimage "$kernel"
sizes='a number of MiB or one with suffix K, M or G, from 2M to 1024G in steps of 4K'
cpus='a number from 1 to 255'
rtc='base=utc, base=localtime or base=YYYY-MM-DDTHH:MM:SS with a date that exists from 1970 to 2199 and seconds up to 59, clock=vm or clock=host, and nvram=FILE; with commas between them and none in FILE'
tsc='khz=N with N from 1000 to 10000000, and offset=N with a sign and ns, us, ms or s if wanted; a comma between them, and VCPU: before them if they are for one vCPU'
seconds='a number of seconds above 0 and up to 1000000000, as 90, 0.5 or 1e3'

# refused OPTION VALUE ACCEPTED
refused() {
    check "--$1 '$2' is refused" 2 "--$1 '$(literally "$2")': accepted is $3" "$minivmm" "--$1" "$2" "$kernel"
}

for value in 0 1K 1023K 1M 2047K 1025G 99999999999999999999G 0x10M -1M +4M ' 4M' 1 4X 4MB M 4.5M lots ''; do
    refused memory "$value" "$sizes"
done
refused memory 8195K "$sizes"
for value in 0 256 -1 1x 0x2 99999999999999999999 many ''; do
    refused cpus "$value" "$cpus"
done
for value in 0 -1 1000000001 1s 1e 1e10 1e-10 1e+ 1e99 inf .5 ''; do
    refused timeout "$value" "$seconds"
done
for value in files:x file: stdout ''; do
    refused console "$value" 'stdio, file:PATH or none'
done
for value in yes User ''; do
    refused kvmclock "$value" 'user, kernel or off'
done
for value in tai RAW realtime,max=0 ''; do
    refused kvmclock-follow "$value" 'raw, monotonic, realtime, or realtime,max=PPM with 1 to 100000 PPM'
done
for value in utc base= base=now 'base=utc,' clock=tsc nvram= nvram=a,b; do
    refused rtc "$value" "$rtc"
done
# refused_date DATE WHY
refused_date() {
    check "--rtc base=$1 is refused" 2 "--rtc 'base=$1': $2" "$minivmm" --rtc "base=$1" "$kernel"
}
refused_date 1969-12-31T23:59:59 'the year is not from 1970 to 2199'
refused_date 2200-01-01T00:00:00 'the year is not from 1970 to 2199'
refused_date 2026-00-01T00:00:00 'the month is not from 01 to 12'
refused_date 2026-13-01T00:00:00 'the month is not from 01 to 12'
refused_date 2026-02-30T00:00:00 'the month has no such day'
refused_date 2100-02-29T00:00:00 'the month has no such day'
refused_date 2026-01-00T00:00:00 'the month has no such day'
refused_date 2026-01-01T24:00:00 'the hour is not from 00 to 23'
refused_date 2026-01-01T00:60:00 'the minute is not from 00 to 59'
refused_date 2016-12-31T23:59:60 'an RTC has no leap seconds; give second 59, or 00 of the next minute'
refused_date 2026-01-01T00:00:61 'the second is not from 00 to 59'
refused_date 2026-01-01 'a date is YYYY-MM-DDTHH:MM:SS'
refused_date '2026-01-01T00:00:0,clock=host' 'a date is YYYY-MM-DDTHH:MM:SS'
check '--no-hpet and --hpet' 2 '--no-hpet undoes --hpet; leave one of them out' \
    "$minivmm" --hpet timers=8 --no-hpet "$kernel"
check '--pmtimer and --no-pmtimer' 2 '--pmtimer undoes --no-pmtimer; leave one of them out' \
    "$minivmm" --no-pmtimer --cpus 2 --pmtimer 24 "$kernel"
for value in khz khz=999 khz=2.5e6 offset=1y 1 1:khz=x 255:khz=2000000 'khz=1000,' ''; do
    refused tsc "$value" "$tsc"
done
check '--tsc for a vCPU that is not there' 2 '--tsc 2:\.\.\.: vCPUs are 0 to 1; --cpus makes more' \
    "$minivmm" --tsc 2:offset=1ms --cpus 2 "$kernel"
refused initrd '' 'the name of a file, at most 32 times'
refused report '' 'the name of a file'
for value in '' agent unix: file:agent; do
    refused serial2 "$value" 'unix:PATH with the name of a file, of at most 107 bytes'
done
check '--serial2 and --report' 2 '--serial2 undoes --report; leave one of them out' \
    "$minivmm" --report report --serial2 unix:agent "$kernel"

for option in no-hpet no-pmtimer reference no-reference invtsc halt-in-guest tsc-best-effort verbose help version; do
    check "--$option with a value is refused" 2 "--$option takes no value" \
        "$minivmm" "--$option=1" "$kernel"
done
for option in initrd append cmdline cpus memory console report timeout kvmclock kvmclock-follow rtc tsc; do
    check "--$option at the end lacks its value" 2 "--$option: its value is missing; accepted is .+" \
        "$minivmm" "$kernel" "--$option"
done

check 'an unknown long option is refused' 2 '--turbo: no such option, .*see --help' \
    "$minivmm" --turbo "$kernel"
check 'an abbreviation of two options is refused' 2 '--no: no such option, or not the only one .*' \
    "$minivmm" --no "$kernel"
check 'an unknown short option is refused' 2 '-z: no such option; see --help' "$minivmm" -z "$kernel"
check 'an unknown short option among others is refused' 2 '-z: no such option; see --help' \
    "$minivmm" -vz "$kernel"
check 'a newline in an option does not make a second line' 2 '--cpus .1\?2.: accepted is .*' \
    "$minivmm" --cpus '1
2' "$kernel"
check 'no argument at all' 2 'the name of a KERNEL is missing; see --help' "$minivmm"
check 'options and no kernel' 2 'the name of a KERNEL is missing; see --help' "$minivmm" --cpus 2
check 'an empty name of a kernel' 2 'the name of a KERNEL is missing; see --help' "$minivmm" ''
check 'two kernels' 2 "one KERNEL is accepted, and 'b' comes after 'a'" "$minivmm" a b
check 'a kernel whose name begins with a dash, after --' 2 '--help: No such file or directory' \
    "$minivmm" -- --help

check_output '--help goes to stdout' 0 '' 'Usage: minivmm \[OPTIONS\] KERNEL' "$minivmm" --help
check_output '-h goes to stdout, whatever comes after it' 0 '' 'Usage: .*' "$minivmm" -h --cpus
check_output '--version goes to stdout' 0 '' "minivmm $(literally "$(vmm/cmd/version.sh)")" "$minivmm" --version
check '--help to a full disk is an error' 2 'stdout: No space left on device' \
    sh -c '"$1" --help >/dev/full' - "$minivmm"
check '--version to a closed stdout is an error' 2 'stdout: Bad file descriptor' \
    sh -c '"$1" --version >&-' - "$minivmm"
