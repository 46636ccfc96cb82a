# What the shells offer at the press of Tab, of the scripts in src/cli/completions. $DENSEAM is the tool.
load helpers

setup() {
    common_setup
    scripts="$BATS_TEST_DIRNAME/../../src/cli/completions"
    . "$scripts/denseam.bash"
    tool="$DENSEAM"
    compopt() { :; } # works only where readline asks
}

# typed LINE: COMPREPLY as bash would have it with the cursor at the end of this line, cut into words as readline does
# at blanks and at each '=' and ':'.
typed() {
    local word=
    COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=() COMPREPLY=()
    while IFS= read -rn 1 letter; do
        case "$letter" in
            ' ' | '')
                [ -z "$word" ] || COMP_WORDS+=("$word")
                word=
                ;;
            = | :)
                [ -z "$word" ] || COMP_WORDS+=("$word")
                COMP_WORDS+=("$letter")
                word=
                ;;
            *) word+=$letter ;;
        esac
    done <<< "$1"
    [[ "$1" != *[' =:'] ]] || COMP_WORDS+=("")
    [ -z "$word" ] || COMP_WORDS+=("$word")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _denseam
}

# offered LINE WORD...: exactly these, in this order.
offered() {
    typed "$1"
    shift
    [ "${COMPREPLY[*]}" = "$*" ] || { echo "offered: ${COMPREPLY[*]}"; return 1; }
}

# among LINE WORD...: these at least.
among() {
    local word
    typed "$1"
    shift
    for word in "$@"; do
        [[ " ${COMPREPLY[*]} " == *" $word "* ]] || { echo "no $word in: ${COMPREPLY[*]}"; return 1; }
    done
}

@test "commands, but no hidden ones" {
    offered "$tool tra" train transfer
    among "$tool " devices help version
    offered "$tool help sw" sweep
    offered "$tool ma"
    offered "$tool --v" --version
    offered "$tool nonsense "
}

@test "presets, and files beside them" {
    touch mnist.conf
    mkdir runs
    offered "$tool train mn" mnist-energy mnist mnist.conf
    offered "$tool train pap" paper/
    offered "$tool presets bench/vmf-w" bench/vmf-wide
    offered "$tool presets mnist." # takes no file
    # Where readline completes files it puts a '/' behind folders, elsewhere it does not.
    mkdir bench
    offered "$tool train bench/vmf-w" bench/vmf-wide
    offered "$tool presets b" bench/
    offered "$tool train b" bench bench
    rmdir bench
    offered "$tool eval ru" runs
    offered "$tool train --out " runs
    offered "$tool devices "
    # All of them, a level at a time.
    local folder folders
    folders=$("$tool" presets --json | jq -r '.[].name' | sed -n 's|/.*|/|p' | sort -u)
    for folder in '' $folders; do
        typed "$tool presets $folder"
        printf '%s\n' "${COMPREPLY[@]}"
    done | grep -v '/$' | sort > offered
    "$tool" presets --json | jq -r '.[].name' | sort > there
    diff offered there
}

@test "keys of --set and --grid, and their choices" {
    offered "$tool train demo --set model.mem" model.memories=
    offered "$tool sweep demo --grid train.learning_r" train.learning_rate=
    offered "$tool train demo --set=see" seed=
    # Behind '=' only that part is replaced.
    offered "$tool train demo --set model.kind=" vmf energy denoise
    offered "$tool train demo --set model.kind=e" energy
    offered "$tool train demo --set=model.kind=e" energy
    offered "$tool train demo --set model.memories="
}

@test "options and their choices" {
    offered "$tool train --dr" --dry-run
    offered "$tool train demo --gemm " auto panel tiled clblast
    offered "$tool train demo --gemm=p" panel
    among "$tool train --quiet " demo # a switch takes no value: an operand is next
    offered "$tool bench -o " small.conf
    among "$tool version --" --json --help
}

@test "devices of this machine" {
    local name
    among "$tool train --device " cpu gpu 0
    offered "$tool bench --device al" all
    offered "$tool train --device al"
    name=$("$tool" devices --json | jq -r '.[0].name')
    typed "$tool devices --device ${name:0:5}"
    [ "${COMPREPLY[0]}" = "$(printf %q "$name")" ]
    typed "$tool devices --device \"${name:0:5}"
    [ "${COMPREPLY[0]}" = "$name" ]
}

@test "what a shell would take for its own is quoted" {
    printf '%s\n' '#!/bin/sh' "printf 'words\\na;b&\$c\\td\\n'" > strange
    chmod +x strange
    offered "./strange devices --device a" 'a\;b\&\$c'
    offered "./strange devices --device 'a" 'a;b&$c'
}

@test "every command and every option of the help is offered" {
    local command
    for command in $("$tool" help | awk '/^Commands:/ { on = 1; next } on && /^$/ { exit } on && /^  [a-z]/ { print $1 }'); do
        among "$tool $command" "$command"
        typed "$tool $command --"
        "$tool" help "$command" | awk '/^Options:/ { on = 1; next } /^$/ { on = 0 } on' |
            grep -oE '^  (-[a-z], )?--[a-z-]+' | grep -o -- '--.*' | sort > there
        diff there <(printf '%s\n' "${COMPREPLY[@]}" | sort)
    done
}

@test "without a device, or an operand, nothing is said" {
    OCL_ICD_VENDORS=none offered "$tool train --device c" cpu
    run --separate-stderr "$tool" complete -- train --device ''
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    tool complete
    failed_with 2 "complete wants WORD..."
}

# in_fish LINE: the words that fish offers.
in_fish() {
    fish --no-config -c "source '$scripts/denseam.fish'; complete -C '$1'" 2>&1 | cut -f 1
}

@test "fish" {
    export HOME=$PWD/home
    mkdir -p bench home
    ln -s "$tool" home/denseam
    [ "$(in_fish "$tool train mn")" = $'mnist\nmnist-energy' ]
    [ "$(in_fish "$tool presets b")" = bench/ ]
    [ "$(in_fish "$tool train sma")" = small.conf ]
    [ "$(in_fish "$tool train --set model.kind=e")" = model.kind=energy ]
    [ "$(in_fish '~/denseam swe')" = sweep ]
    [ "$(in_fish '~/nowhere/denseam swe')" = '' ]
}

# in_zsh LINE: what has become of the line in a terminal, after a press of Tab.
in_zsh() {
    rm -f line
    timeout 60 zsh -f -c '
        zmodload zsh/zpty
        zpty shell "zsh -f -i"
        zpty -w shell "PS1=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; bindkey ^I complete-word
            finish() { print -r -- \"\$BUFFER\" > line; exit; }; zle -N finish; bindkey ^X finish; print re\"\"ady"
        zpty -r shell said "*ready*"
        zpty -n -w shell "$2"$'"'\t\x18'"'
        while zpty -r shell said; do :; done
    ' zsh "$scripts" "$1"
    cat line
}

@test "zsh" {
    export HOME=$PWD/home
    mkdir -p bench home
    ln -s "$tool" home/denseam
    [ "$(in_zsh "$tool presets bench/vmf-w")" = "$tool presets bench/vmf-wide " ]
    [ "$(in_zsh "$tool presets b")" = "$tool presets bench/" ]
    [ "$(in_zsh "$tool train sma")" = "$tool train small.conf " ]
    [ "$(in_zsh "$tool train --set model.kind=e")" = "$tool train --set model.kind=energy " ]
    [ "$(in_zsh '~/denseam swe')" = '~/denseam sweep ' ]
}
