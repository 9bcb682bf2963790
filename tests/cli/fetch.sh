# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016 # run.sh and packages.sh set the variables; scripts are written here
# guest-images/fetch-kernel.sh with an apt that is played: $LISTED is the list of packages, $GONE a regular
# expression for those that the archive has no longer, and there is a network while the file $NETWORK is there.
# The system's own package lists name the same. Nothing is fetched.

played=$work/fetch
mkdir "$played"
play apt-cache 'case "$*" in *Dir::State::Lists*) [ -e "$NETWORK" ] || exit 0 ;; esac' \
    'for name in $LISTED; do echo "$name - a package"; done |' \
    '    grep -E "$(echo "$@" | sed "s/.*--names-only //; s/-amd64.\$/-amd64 /")"'
play apt-get 'echo "$@" >>"$APT_CALLS"' \
    'case " $* " in' \
    '*" indextargets "*) echo http://mirror ;;' \
    '*" update "*)' \
    '    [ ! -e "$NETWORK" ] || touch "$(echo "$*" | sed "s/.*Dir::State::Lists=\([^ ]*\).*/\1/")/mirror_Packages" ;;' \
    '*)' \
    '    for name in $(echo "$*" | sed "s/.* download//"); do' \
    '        [ -e "$NETWORK" ] || { echo "E: Could not resolve mirror"; exit 100; }' \
    '        ! echo "$name" | grep -qE "$GONE" || { echo "E: Failed to fetch $name 404  Not Found"; exit 100; }' \
    '        echo " $LISTED " | grep -qF " $name " || { echo "E: Unable to locate package $name"; exit 100; }' \
    '        touch "${name}_1_amd64.deb"' \
    '    done ;;' \
    'esac'
# A package's files are those that its name says.
play dpkg 'name=${2##*/}' 'name=${name%%_*}' 'version=${name#linux-*-}' \
    'modules=$3/usr/lib/modules/$version/kernel/drivers/ptp' \
    'case $name in' \
    'linux-image-6*) mkdir -p "$3/boot" "$modules" && touch "$3/boot/vmlinuz-$version" "$modules/ptp_kvm.ko" ;;' \
    'linux-binary-*) mkdir -p "$3/usr/lib/modules/$version" && touch "$3/usr/lib/modules/$version/vmlinuz" ;;' \
    'linux-modules-*) mkdir -p "$modules" && echo module | xz >"$modules/ptp_kvm.ko.xz" ;;' \
    'esac'

listed=
for version in 6.12.8 6.12.9 6.18.9 6.18.15; do
    listed="$listed linux-image-$version+deb13-cloud-amd64 linux-image-$version+deb13-amd64"
done
for version in 6.19.1 7.0.2 7.2.9 7.2.11 7.3.1; do
    listed="$listed linux-image-$version+deb13-cloud-amd64 linux-binary-$version+deb13-cloud-amd64"
done
for version in 7.0.2 7.2.9 7.2.11 7.3.1; do
    listed="$listed linux-modules-$version+deb13-cloud-amd64 linux-base-$version+deb13-cloud-amd64"
done

# fetches NAME STATUS LINES SERIES GONE VERSION: the kernel of VERSION is printed and in the cache, or with none
# the cache is as empty as it was.
fetches() {
    rm -rf "$work/cache"
    : >"$work/calls"
    check_output "fetch-kernel: $1" "$2" "$3" "${6:+/.*}" env PATH="$played:$PATH" MINIVMM_CACHE="$work/cache" APT_CALLS="$work/calls" \
        LISTED="$listed" GONE="$5" NETWORK="$work/network" "$PWD/guest-images/fetch-kernel.sh" "$4"
    if [ -z "$6" ]; then
        [ -z "$(ls -A "$work/cache" 2>/dev/null)" ] || not_ok "fetch-kernel: $1" "it left $(find "$work/cache" | head -n 3)"
    else
        kernel=$work/cache/kernel-$4/boot/vmlinuz-$6+deb13-cloud-amd64
        [ "$(ls -A "$work/cache")/$(cat "$work/out")" = "kernel-$4/$kernel" ] ||
            not_ok "fetch-kernel: $1" "it printed $(cat "$work/out"), not $kernel"
        [ -f "$kernel" ] || not_ok "fetch-kernel: $1" "there is no $kernel"
    fi
}
: >"$work/network"
fetching='fetching Debian.s Linux [0-9.]+ .cloud-amd64. into .*'
fetches 'the newest 7 is the newest of its versions' 0 "$fetching" 7 none 7.3.1
fetches 'a version that the archive has lost is skipped' 0 "$fetching" 7 'linux-(binary-7.3|modules-7.2.11)' 7.2.9
fetches 'one without its modules is skipped' 0 "$fetching" 6 none 6.18.15
fetches 'a series is not a longer one' 0 "$fetching" 7.2 none 7.2.11
module_dir=$work/modules
mkdir "$module_dir"
check 'kernel-module: a module that is packed is unpacked' 0 '' \
    "$PWD/guest-images/kernel-module.sh" "$work/cache/kernel-7.2/boot/vmlinuz-7.2.11" ptp_kvm "$module_dir"
[ "$(cat "$module_dir/ptp_kvm.ko")" = module ] || not_ok 'kernel-module: a module that is packed is unpacked' 'it is not what was packed'
check 'kernel-module: a module that the kernel has not' 1 'there is no module ptp_vmclock in .*' \
    "$PWD/guest-images/kernel-module.sh" "$work/cache/kernel-7.2/boot/vmlinuz-7.2.11" ptp_vmclock "$module_dir"
fetches 'an unknown series' 1 "$fetching
cannot fetch Linux 7.9 .*: apt finds none in trixie-backports" 7.9 none ''
fetches 'all that the archive has lost' 1 "$fetching
cannot fetch Linux 7 .*: apt finds none in trixie-backports" 7 linux- ''
fetches 'what is no series' 1 "'../7' is no series of kernels; usage: .*" ../7 none ''
rm "$work/network"
fetches 'no network' 1 "$fetching
cannot fetch Linux 7 .*: apt cannot reach trixie-backports" 7 none ''
name='no network where the system has package lists'
fetches "$name" 1 "$fetching
cannot fetch Linux 6.12 .*: apt cannot reach its sources" 6.12 none ''
[ "$(grep -c ' download ' "$work/calls")" -eq 1 ] || not_ok "fetch-kernel: $name" 'each version was tried'
