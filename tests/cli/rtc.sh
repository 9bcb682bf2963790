# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # run.sh and lib.sh set the variables
# --rtc nvram=FILE: a file that cannot be used is refused before KVM is asked for anything, and what a
# guest has set is there in its next run.

kernel=$work/kernel
folder=$work/nvram
nvram=$folder/file
mkdir -p "$folder"
make_bzimage "$kernel"

# refused_nvram NAME LINE: with the file as it is now, which is left so.
refused_nvram() {
    before=$(sha256sum "$nvram" 2>&1)
    check "NVRAM: $1" 2 "--rtc nvram=$nvram: $2" "$minivmm" --rtc "nvram=$nvram" "$kernel"
    [ "$before" = "$(sha256sum "$nvram" 2>&1)" ] || not_ok "NVRAM: $1" 'the file has changed'
}

anew='; give another, or remove it to begin anew'
: >"$nvram"
refused_nvram 'an empty file' "the file is not an NVRAM file of minivmm$anew"
truncate -s 144 "$nvram"
refused_nvram 'a file of zeros' "the file is not an NVRAM file of minivmm$anew"
printf 'MINIVNVR\002\0\0\0\220\0\0\0' | dd of="$nvram" conv=notrunc status=none
refused_nvram 'a file of a later version' "the file is of another version of minivmm$anew"
printf 'MINIVNVR\001' | dd of="$nvram" conv=notrunc status=none
refused_nvram 'a damaged file' "the file is damaged: its checksum is wrong$anew"
truncate -s 143 "$nvram"
refused_nvram 'a file that was cut off' "the file is damaged: its size is wrong$anew"
rm -f "$nvram"
check 'NVRAM: a folder for a file' 2 "--rtc nvram=$folder: Is a directory" \
    "$minivmm" --rtc "nvram=$folder" "$kernel"
check 'NVRAM: a device for a file' 2 '--rtc nvram=/dev/null: Not a regular file' \
    "$minivmm" --rtc nvram=/dev/null "$kernel"
check 'NVRAM: no folder for the file' 2 \
    "--rtc nvram=$nvram/file: cannot write to the folder $nvram: No such file or directory" \
    "$minivmm" --rtc "nvram=$nvram/file" "$kernel"
ln -s gone "$nvram"
refused_nvram 'a link to a file that is not there' \
    'a symbolic link to a file that does not exist; give that file, or remove the link'
[ -L "$nvram" ] || not_ok 'NVRAM: the link' 'it is none any more'
rm -f "$nvram"

# Ended by power-off, so that the file is written: saved_nvram NAME FILE [PREFIX...]
saved_nvram() {
    saved_name=$1
    saved_file=$2
    shift 2
    check "NVRAM: $saved_name" 0 '' "$@" env "$fake_kvm" FAKE_KVM_GUEST=power-off \
        "$minivmm" --rtc "nvram=$saved_file" "$kernel"
    [ "$(stat -c %s "$saved_file")" = 144 ] || not_ok "NVRAM: $saved_name" 'there is no such file'
    rm -f "$saved_file"
}

long=$folder/$(printf '%0248d' 0)
saved_nvram 'the longest name' "$long"
check 'NVRAM: a name that is too long to be written' 2 \
    "--rtc nvram=${long}0: the name is too long: while the file is written it has 7 characters more; give a shorter one" \
    "$minivmm" --rtc "nvram=${long}0" "$kernel"
# The fake KVM aborts at that.
check 'NVRAM: a file that is refused closes none of stdin, stdout and stderr' 2 '.*: the name is too long: .*' \
    env "$fake_kvm" "$minivmm" --rtc "nvram=${long}0" "$kernel"

chmod 555 "$folder"
unprivileged=
[ "$(id -u)" -ne 0 ] || unprivileged='setpriv --reuid 65534 --regid 65534 --clear-groups'
# shellcheck disable=SC2086 # a list of words
check 'NVRAM: a folder that cannot be written to' 2 \
    "--rtc nvram=$nvram: cannot write to the folder $folder: Permission denied" \
    $unprivileged "$minivmm" --rtc "nvram=$nvram" "$kernel"
chmod 300 "$folder"
[ -z "$unprivileged" ] || chown 65534 "$folder"
# shellcheck disable=SC2086 # a list of words
saved_nvram 'a folder that can be written to and not read' "$nvram" $unprivileged
[ -z "$unprivileged" ] || chown 0 "$folder"
chmod 755 "$folder"

# A run that has the file, and its lock: its guest runs.
have_nvram() {
    rm -f "$work/owner"
    env "$fake_kvm" FAKE_KVM_GUEST='ready wait' "$minivmm" --timeout 90 --console "file:$work/owner" --rtc "nvram=$nvram" \
        "$kernel" </dev/null 2>/dev/null &
    owner=$!
    while [ ! -s "$work/owner" ] && kill -0 "$owner" 2>/dev/null; do
        sleep 0.02
    done
}

rm -f "$nvram"
have_nvram
refused_nvram 'a file that another run uses' \
    'another run is using the file; end that one, or give another file'
kill -KILL "$owner"
wait "$owner" 2>/dev/null
echo half >"$nvram.saving"
check 'NVRAM: the file of a run that was killed' 0 '' env "$fake_kvm" FAKE_KVM_GUEST=power-off \
    "$minivmm" --rtc "nvram=$nvram" "$kernel"
[ "$(ls "$folder")" = file ] || not_ok 'NVRAM: what a killed run has left' "it is $(ls "$folder")"
rm -f "$nvram"

# What is 0 to 255 in AL ends the run with a status of its own.
end='e6 f4 eb fe' # out 0xf4, al; jmp .
status_of() {
    echo $((($1 << 1 | 1) & 0xff))
}

# cmos REGISTER VALUE: code that writes it.
cmos() {
    echo "b0 $1 e6 70 b0 $2 e6 71"
}

# guest_run NAME STATUS LINES RTC CODE
guest_run() {
    if ! can_open_kvm; then
        skip "NVRAM: $1" 'there is no /dev/kvm here that this user may open'
        return
    fi
    # shellcheck disable=SC2086 # a list of bytes
    make_guest "$kernel" $5
    check_output "NVRAM: $1" "$2" "$3" ready "$minivmm" --timeout 90 --rtc "$4" "$kernel"
}

# year_of_guest NAME RTC YEAR: two digits.
year_of_guest() {
    guest_run "$1" "$(status_of "0x$3")" '' "$2" "b0 09 e6 70 e4 71 $end"
}

set_2031="$(cmos 0b 82) $(cmos 32 20) $(cmos 09 31) $(cmos 08 07) $(cmos 07 01) $(cmos 0b 02)"
set_text='guest set its RTC to 2031-07-01T..:..:.., [+-][0-9]+\.[0-9]{3} s from the host'
this_year=$(date -u +%y)

guest_run 'a guest that sets nothing makes the file' 1 '' "nvram=$nvram" "b0 00 $end"
! can_open_kvm || [ "$(stat -c %s "$nvram")" = 144 ] || not_ok 'NVRAM: size of the file' "$(ls -l "$nvram")"
inode=$(stat -c %i "$nvram" 2>&1)
guest_run 'a guest that sets nothing again' 1 '' "nvram=$nvram" "b0 00 $end"
[ "$inode" = "$(stat -c %i "$nvram" 2>&1)" ] || not_ok 'NVRAM: a file without news' 'it was written'
guest_run 'a guest that sets date and memory' 1 "$set_text" "nvram=$nvram" "$set_2031 $(cmos 7f 5a) b0 00 $end"
year_of_guest 'the date is there in the next run' "nvram=$nvram" 31
year_of_guest 'and by the clock of the host' "nvram=$nvram,clock=host" 31
guest_run 'the memory too' "$(status_of 0x5a)" '' "nvram=$nvram" "b0 7f e6 70 e4 71 $end"
# What a date does to kvm-clock on such a KVM is host.sh's matter.
unsaid='cannot intercept hypercalls'
year_of_guest 'base=DATE wins over the file' "base=2041-01-01T00:00:00,nvram=$nvram" 41
unsaid=
year_of_guest 'and is kept' "nvram=$nvram" 41
year_of_guest 'base=utc wins over the file' "nvram=$nvram,base=utc" "$this_year"
guest_run 'the memory is still there' "$(status_of 0x5a)" '' "nvram=$nvram" "b0 7f e6 70 e4 71 $end"
guest_run 'a date is told without a file too' 1 "$set_text" base=utc "$set_2031 b0 00 $end"
guest_run 'a date set byte by byte is told once' 1 "$set_text" base=utc \
    "$(cmos 32 20) $(cmos 09 31) $(cmos 08 07) $(cmos 07 01) b0 00 $end"
! can_open_kvm || [ "$(ls "$folder")" = file ] || not_ok 'NVRAM: the folder' "it has $(ls "$folder")"
rm -rf "$kernel" "$folder" "$work/owner"
