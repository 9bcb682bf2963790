# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # run.sh and lib.sh set the variables
# What bash completes, asked at a terminal of its own: each line is typed with tabs, and a function in the
# place of the program writes down the words that it gets. A tab that finds more than one word, or none,
# adds nothing.

completion_folder=$work/completion
mkdir -p "$completion_folder/folder"
touch "$completion_folder/kernel-a" "$completion_folder/it's a file" "$completion_folder/folder/nvram"
cat >"$completion_folder/rc" <<EOT
. '$tools/minivmm.bash-completion'
bind 'set enable-bracketed-paste off'
bind 'set bell-style none'
minivmm() { printf '%s|' "\$@" >>words; echo >>words; }
EOT

# What is typed, \t is a tab, and the words that come of it.
cat >"$completion_folder/cases" <<'EOT'
--kvmclock k\t => --kvmclock|kernel|
--kvmclock=k\t => --kvmclock=kernel|
--kvmclock-f\tm\t => --kvmclock-follow|monotonic|
--hal\tke\t => --halt-in-guest|kernel-a|
-i ke\t => -i|kernel-a|
--initrd it\t => --initrd|it's a file|
--initrd=fol\tn\t => --initrd=folder/nvram|
--console fi\tfol\tn\t => --console|file:folder/nvram|
--console=st\tke\t => --console=stdio|kernel-a|
--rtc base=l\t => --rtc|base=localtime|
--rtc base=utc,cl\th\t => --rtc|base=utc,clock=host|
--rtc base=utc,nvram=fol\tn\t => --rtc|base=utc,nvram=folder/nvram|
--lost-ticks pit=drop,h\tsl\t => --lost-ticks|pit=drop,hpet=slew|
--hpet t\t7 => --hpet|timers=7|
--pmtimer 3\t => --pmtimer|32|
--on-resume a\tke\t => --on-resume|advance|kernel-a|
--cpus ke\t => --cpus|ke|
--no\t => --no-|
--check\t => --check|
che\t--exp\tprofile=k\t => check|--expect|profile=kvm-clock|
check --format ju\t => check|--format|junit|
check --pmt\t2\tke\t => check|--pmtimer|24|kernel-a|
do\t--fo\tj\t => doctor|--format|json|
run-t\t--cons\tstd\tke\t => run-test|--console|stderr|kernel-a|
doctor --cpu\t => doctor|--cpu|
doctor ke\t => doctor|ke|
ke\t => kernel-a|
--kvmclock=off ke\t => --kvmclock=off|kernel-a|
-- ke\t => --|kernel-a|
EOT

(
    cd "$completion_folder" || exit
    sed 's/ => .*//; s/^/minivmm /' cases >typed
    { while IFS= read -r line; do printf '%b\n' "$line"; done <typed; echo exit; } |
        TERM=dumb timeout 100 script -qec 'bash --noprofile --rcfile rc -i' /dev/null >screen 2>&1
)
completion_number=0
while IFS= read -r line; do
    completion_number=$((completion_number + 1))
    got=$(sed -n "${completion_number}p" "$completion_folder/words")
    name="bash completes $(printf '%s\n' "${line%% => *}" | sed 's/\\t/<tab>/g')"
    if [ "$got" = "${line#* => }" ]; then
        ok "$name"
    else
        not_ok "$name" "it gave $got"
    fi
done <"$completion_folder/cases"
