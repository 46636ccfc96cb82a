# What stands for the commands in a page's blocks. Sourced, in the folder of the page, with $mode: run, short or dry;
# $root is the tree, $DENSEAM the tool, $keys a file of all keys.
tools=$PATH

complain() {
    echo "$*" >&2
    return 1
}

denseam() {
    "denseam_$mode" "$@"
}

denseam_run() {
    command "$DENSEAM" "$@"
}

# A Python with numpy, or nothing where there is none.
python3() {
    [ -z "$python" ] || "$python" "$@"
}

# --- short ------------------------------------------------------------------------------------------

preset_text() {
    if [ -f "$1" ]; then cat "$1"; else command "$DENSEAM" presets "$1"; fi
}

# Two epochs of few samples; a stage of growth is an epoch.
shorter() {
    local text
    case " $* " in *' --resume '* | *' --dry-run '*) return ;; esac
    text=$(preset_text "$2")
    if grep -q 'name *= *"\(mnist\|fashion-mnist\)"' <<<"$text" &&
        ! sed '/^model/q' <<<"$text" | grep -q 'samples *= ' && [[ "$*" != *data.samples=* ]]; then
        printf '%s\n' --set data.samples=5000
    fi
    if grep -q '^grow' <<<"$text" || [[ "$*" == *grow.to=* ]]; then
        printf '%s\n' --set grow.epochs=1
    else
        printf '%s\n' --set train.epochs=2
    fi
}

denseam_short() {
    local more=()
    case "$1" in
        train | sweep) mapfile -t more < <(shorter "$@") ;;
        analyse) [[ "$*" == *runs/*runs/* ]] || more=(--limit 1000) ;;
    esac
    denseam_run "$@" "${more[@]}"
}

# --- dry: nothing is trained and nothing measured -------------------------------------------------------

# A word in capitals stands for whatever a reader would write there.
is_placeholder() {
    [[ "$1" =~ ^[A-Z_.=,]+$ ]]
}

check_key() {
    is_placeholder "$1" || grep -qxF "$1" "$keys" || complain "there is no key '$1'"
}

# The keys of --set and --grid; what --out will leave.
check_values() {
    local key
    while [ $# -gt 1 ]; do
        case "$1" in
            --set) check_key "${2%%=*}" || return ;;
            --grid) for key in $(tr ':' ' ' <<<"${2%%=*}"); do check_key "$key" || return; done ;;
            --out | -o) echo "$2" >> named ;;
        esac
        shift
    done
}

is_preset() {
    [ -f "$root/presets/$1.conf" ]
}

# A paper that there is, and a figure that it has, or all.
check_paper() {
    command "$DENSEAM" paper "$1" --json > figures.json || return
    [ $# -eq 1 ] || [[ "$2" == -* ]] || [ "$2" = all ] || PATH=$tools jq -e --arg name "$2" 'any(.[]; .name == $name)' \
        figures.json > /dev/null || complain "'$1' has no figure '$2'"
}

# Operands stand before the options. One is a preset, a file that is there, or what an earlier command leaves.
check_operands() {
    local command=$1
    shift
    while [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; do
        case "$command" in
            help) command "$DENSEAM" help "$1" > /dev/null 2>&1 || is_placeholder "$1" || return ;;
            paper)
                check_paper "$@"
                return
                ;;
            *)
                is_placeholder "$1" || is_preset "$1" || [ -e "$1" ] || grep -qxF "$1" named ||
                    complain "'$1' is no preset, and nothing before makes it" || return
                ;;
        esac
        shift
    done
}

denseam_dry() {
    local PATH=$tools name
    touch named
    command "$DENSEAM" "$@" --help > /dev/null || return
    check_values "$@" && check_operands "$@" || return
    case "$1" in train | sweep)
        if is_preset "${2:-}" || [ -f "${2:-}" ]; then
            command "$DENSEAM" "$@" --dry-run --quiet > /dev/null || return
        fi
        name=${2:-}
        name=$(basename "$name" .conf)
        [ "$1" = train ] && echo "runs/$name" >> named || echo "runs/$name-sweep" >> named
        ;;
    esac
}

# A script of ours is there, and has the options.
script() {
    local PATH=$tools file=$root/$1 word
    [ -x "$file" ] || complain "$1 cannot be run" || return
    shift
    for word in "$@"; do
        if [[ "$word" == --* ]]; then
            grep -qe "$word\b" "$file" || complain "$file has no $word" || return
        fi
    done
}

# A folder that `cmake --preset` makes.
is_build() {
    jq -e --arg name "${1#build/}" 'any(.configurePresets[]; .name == $name and (.hidden | not))' \
        "$root/CMakePresets.json" > /dev/null || complain "no preset of CMake makes '$1'"
}

if [ "$mode" = dry ]; then
    for file in "$root"/{ci,bench,bench/peers,tests/browser}/*; do
        name=${file#"$root"/}
        [ -f "$file" ] && [ -x "$file" ] && eval "$name() { script $name \"\$@\"; }"
    done
    ci/build() { PATH=$tools is_build "${1:-release}"; }
    ci/check() { PATH=$tools is_build "${1:-build/release}"; }
    build/release/denseam() { denseam "$@"; }
    cmake() {
        local PATH=$tools
        case "$1" in
            --preset) is_build "$2" ;;
            --build | --install) is_build "$2" ;;
            *) complain "cmake $1 is not checked" ;;
        esac
    }
    sudo() { "$@"; }
    # What several ranks would run, once.
    mpirun() {
        while [ "$1" != denseam ]; do shift || return; done
        "$@"
    }
    srun() { mpirun "$@"; }
    cc() { [ -f "$1" ] || complain "there is no $1"; }
    pkg-config() { [ -f "$root/cmake/${*: -1}.pc.in" ] || complain "no ${*: -1}.pc is installed"; }
    command_not_found_handle() { complain "'$1' is not a command that can be checked"; }
    PATH=/nowhere
fi
