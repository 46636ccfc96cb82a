# Completion of denseam for bash. The tool itself says what may follow; see src/cli/complete_command.c.
_denseam() {
    # The words as they were typed: readline has cut them at each of COMP_WORDBREAKS, such as '='.
    local line=${COMP_LINE:0:COMP_POINT} words=() word gap
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        gap=${line%%[![:space:]]*}
        line=${line#"$gap"}
        [[ $line == "$word"* ]] || word=$line
        line=${line#"$word"}
        if [[ -n $gap || ${#words[@]} -eq 0 ]]; then
            words+=("$word")
        else
            words[-1]+=$word
        fi
    done
    local quoted=${words[-1]:0:1} kind cut=
    words=("${words[@]//[\\\"\']/}")
    local current=${words[-1]}
    # Only what stands behind the last break is replaced.
    [[ $current != *[=:]* ]] || cut=${current%"${current##*[=:]}"}

    COMPREPLY=()
    {
        read -r kind
        while IFS=$'\t' read -r word _; do
            word=${word#"$cut"}
            if [[ $kind != words ]]; then
                [[ ! -d $word ]] || word=${word%/} # among files readline quotes, and ends folders in '/'
            elif [[ $quoted != [\"\'] ]]; then
                printf -v word %q "$word"
            fi
            COMPREPLY+=("$word")
        done
    } < <("${words[0]/#\~/$HOME}" complete -- "${words[@]:1}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace
    fi
    [[ $kind != words ]] || return 0
    compopt -o filenames
    local files=-f
    [[ $kind != folders ]] || files=-d
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(compgen "$files" -- "${current#"$cut"}")
}
complete -F _denseam denseam
