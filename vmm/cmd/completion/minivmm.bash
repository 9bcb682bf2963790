# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # words.c has what is called and read here
# Completion of minivmm for bash, after what words.c prints.
#
# bash takes the line apart at "=" and ":" too, and replaces only what is behind the last of them. So
# the word of the program is put together again, and what bash will not replace is cut off the answers.
# No answer at all means the name of a file: bash's own completion of those knows quotes and folders.

# _minivmm_offer TYPED WORD...: those that begin with what is typed.
_minivmm_offer() {
    local typed=$1 word
    shift
    for word; do
        [[ $word == "$typed"* ]] && COMPREPLY+=("$word")
    done
}

# _minivmm_value TYPED WORD...: the words of an option's value; FILE at the end is the name of a file.
_minivmm_value() {
    local typed=$1 list='' stem
    shift
    # A value of KEY=VALUE words may have more of them, with commas between.
    if [[ $* == *=* && $typed == *,* ]]; then
        list=${typed%,*},
    fi
    for stem; do
        stem=$list$stem
        if [[ $stem == *FILE ]]; then
            stem=${stem%FILE}
            if [[ $typed == "$stem"* ]]; then
                COMPREPLY=()
                return
            fi
        fi
        _minivmm_offer "$typed" "$stem"
    done
    # A value with words and none that fits, or a number, is no file.
    if [ ${#COMPREPLY[@]} -eq 0 ]; then
        compopt +o default
    fi
}

# _minivmm_operand TYPED COMMAND...: a kernel, or in the first place the name of a command.
_minivmm_operand() {
    local typed=$1 files
    shift
    _minivmm_offer "$typed" "$@"
    if [ ${#COMPREPLY[@]} -gt 0 ]; then
        mapfile -t files < <(compgen -f -- "$typed")
        COMPREPLY+=("${files[@]}")
        compopt -o filenames
    fi
}

_minivmm() {
    local at=$COMP_CWORD line=${COMP_LINE:0:COMP_POINT} last=${COMP_WORDS[COMP_CWORD]}
    local word=$last command=run option kept options words i IFS=$' \t\n'
    COMPREPLY=()

    # What stands before the word without a space between them belongs to it.
    while ((at > 1)) && [[ $line == *"${COMP_WORDS[at - 1]}$word" ]]; do
        at=$((at - 1))
        word=${COMP_WORDS[at]}$word
    done
    if ((at > 1)) && [[ " $_minivmm_commands " == *" ${COMP_WORDS[1]} "* ]]; then
        command=${COMP_WORDS[1]}
    fi

    option=${COMP_WORDS[at - 1]}
    kept=''
    if [[ $word == --*=* ]]; then
        option=${word%%=*}
        kept=$option=
    fi
    if _minivmm_words "$command" "$option"; then
        # shellcheck disable=SC2086 # one argument for each word
        _minivmm_value "${word#"$kept"}" $words
    elif [[ $word == -* ]]; then
        _minivmm_options "$command"
        # shellcheck disable=SC2086
        _minivmm_offer "$word" $options
    elif [[ $command == doctor ]]; then
        compopt +o default
    elif ((at == 1)); then
        # shellcheck disable=SC2086
        _minivmm_operand "$word" $_minivmm_commands
    fi

    # bash replaces `last` only; of "=" and ":" themselves nothing is replaced.
    [[ $last == [=:] ]] && last=''
    word=${word#"$kept"}
    kept=${word%"$last"}
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]=${COMPREPLY[i]#"$kept"}
        [[ ${COMPREPLY[i]} == *[=:] ]] && compopt -o nospace
    done
}

complete -o default -F _minivmm minivmm
