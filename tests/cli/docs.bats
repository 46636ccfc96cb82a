# The pages for people, README.md and docs/: their commands run, their links lead somewhere, and what they name is
# there. docs/CONTRIBUTING.md says how a block is run. $DENSEAM is the tool.
load helpers

setup_file() {
    export root="$BATS_TEST_DIRNAME/../.." keys="$BATS_FILE_TMPDIR/keys"
    root=$(cd "$root" && pwd)
    "$DENSEAM" help presets | awk '
        /^[a-z]+ \{/ { section = $1 "." }
        /^}/ { section = "" }
        /^(    )?[a-z][a-z0-9_]* = / { print section $1 }' > "$keys"
    [ "$(wc -l < "$keys")" -gt 50 ]

    # Where MNIST was not fetched, clothes stand in for the digits.
    local clothes=/usr/share/datasets/fashion-mnist
    export data="$root/data" own="$BATS_FILE_TMPDIR/own"
    if ! "$root/ci/setup" --has-mnist; then
        data="$BATS_FILE_TMPDIR/data"
        mkdir "$data"
        ln -s "$clothes" "$data/mnist"
    fi
    # Programs of the pages want numpy; without it they are left out, but in CI.
    export python=
    if ! find_numpy; then
        python=
        [ -z "${CI:-}" ]
    fi

    # Files of a user's own.
    mkdir "$own"
    cd "$own"
    first_bytes "$clothes/train-images-idx3-ubyte.gz" 16 $((200 * 784)) | npy images.npy '|u1' '(200, 28, 28)'
    first_bytes "$clothes/train-labels-idx1-ubyte.gz" 8 200 | npy labels.npy '|u1' '(200,)'
    cp images.npy test-images.npy
    cp labels.npy test-labels.npy
}

# first_bytes FILE HEADER COUNT: so many of a gzipped file, behind its header.
first_bytes() {
    zcat "$1" | tail -c "+$(($2 + 1))" | head -c "$3"
}

setup() {
    common_setup
    export DENSEAM_DATA="$data"
}

# README.md, docs/use.md, ...: paths in the tree.
pages() {
    (cd "$root" && find README.md docs -name '*.md' | sort)
}

# The text of a page without its fenced blocks.
prose() {
    awk '/^ *```/ { inside = !inside; next } !inside' "$root/$1"
}

# Inline code of all pages, one a line; of the glossary not, which has words of other projects.
inline_code() {
    local page
    for page in $(pages | grep -v glossary); do
        prose "$page" | grep -o '`[^`]*`' | tr -d '`'
    done | sort -u
}

# Fails with the list on stdin, if there is one, under the words $1.
nothing_listed() {
    local list
    list=$(cat)
    [ -z "$list" ] || { echo "$1"; echo "$list"; return 1; }
}

# run_block FILE MODE: in the page's folder; what it says is shown only where it fails.
run_block() {
    local code=0
    timeout 300 bash -c 'set -euo pipefail
        mode=$2
        . "$root/tests/docs/commands.bash"
        . "$1"' block "$1" "$2" > said 2>&1 < /dev/null || code=$?
    [ "$code" -ne 0 ] || return 0
    echo "$page, $(basename "$1"), ended with exit code $code:"
    sed 's/^/    /' "$1"
    tail -n 12 said
    return 1
}

# write_file FILE: a block that has a name; C must compile.
write_file() {
    local name
    name=$(head -n 1 "$1")
    tail -n +2 "$1" > "$name"
    case "$name" in *.c) cc -std=c11 -Wall -Wextra -Werror -fsyntax-only -I"$root/include" "$name" ;; esac
}

# run_pages PAGE...: their blocks, each page in a folder of its own.
run_pages() {
    local failed=0 page block mode start
    for page in "$@"; do
        mkdir -p "$BATS_FILE_TMPDIR/pages/$page/blocks"
        cd "$BATS_FILE_TMPDIR/pages/$page"
        awk -v out=blocks -f "$root/tests/docs/blocks.awk" "$root/$page"
        cp "$own"/* .
        start=$SECONDS
        for block in blocks/*; do
            [ -e "$block" ] || continue
            mode=${block##*.}
            case "$mode" in
                run | short | dry) run_block "$block" "$mode" || failed=1 ;;
                file) write_file "$block" || failed=1 ;;
                *) echo "$page: a block of 'sh $mode'"; failed=1 ;;
            esac
        done
        echo "# $page: $((SECONDS - start)) s" >&3
    done
    [ "$failed" -eq 0 ]
}

# What a newcomer reads first.
first_pages=(README.md docs/use.md)

@test "every command of the first pages runs" {
    run_pages "${first_pages[@]}"
}

# bats test_tags=nightly
@test "every command of the other pages runs" {
    # shellcheck disable=SC2046
    run_pages $(pages | grep -vxF "$(printf '%s\n' "${first_pages[@]}")")
}

# The anchors of a page as GitHub makes them of its headings.
anchors() {
    prose "$1" | sed -n 's/^#\+ *//p' | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

@test "every link leads somewhere" {
    local page target file anchor
    for page in $(pages); do
        for target in $(prose "$page" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//'); do
            case "$target" in http:* | https:*) continue ;; esac
            file=${target%%#*} anchor=
            [[ "$target" != *'#'* ]] || anchor=${target#*#}
            file=$(cd "$root/$(dirname "$page")" && realpath --relative-to "$root" -m "${file:-$(basename "$page")}")
            [ -e "$root/$file" ] || { echo "$page: $target"; continue; }
            [ -z "$anchor" ] || anchors "$file" | grep -qxF "$anchor" || echo "$page: $target has no such heading"
        done
    done | nothing_listed 'links that lead nowhere:'
}

@test "every page is linked from the README, every picture is shown and small" {
    local file
    for file in $(pages); do
        [ "$file" = README.md ] || grep -qF "]($file" "$root/README.md" || echo "$file is not in the README"
    done | nothing_listed 'pages:'
    for file in "$root"/docs/pictures/*; do
        grep -rqF "pictures/$(basename "$file")" "$root/README.md" "$root/docs" --include '*.md' || echo "$file is shown nowhere"
        [ "$(stat -c %s "$file")" -le 80000 ] || echo "$file is large"
    done | nothing_listed 'pictures:'
}

@test "keys, files and names that the pages mention are there" {
    local name
    inline_code | grep -oE '^(data|model|train|grow|recall|sweep|expect)\.[a-z0-9_]+' |
        grep -vE '\.(h5|csv|png|gp|dat|npy|npz|conf|c)$' | sort -u | grep -vxFf "$keys" | nothing_listed 'keys:'
    cd "$root"
    for name in $(cat $(pages) | grep -oE '\b(src|cl|tests|ci|bench|presets|include|cmake|tuning|examples)/[A-Za-z0-9_./*-]*[A-Za-z0-9*]' | sed 's/\*\*$//' | sort -u); do
        [[ "$name" =~ (NAME|TOOL|COMMAND|FILE|PART) ]] || compgen -G "$name" > /dev/null || [ -f "presets/$name.conf" ] || echo "$name"
    done | nothing_listed 'files:'
    # Functions, kernels, macros, columns: what is written with an underscore stands somewhere in the code.
    comm -23 <(inline_code | grep -xE '[A-Za-z_][A-Za-z0-9_]*_[A-Za-z0-9_]*[A-Za-z0-9](\(\))?' | tr -d '()' | grep -v NAME | sort -u) \
        <(grep -rIhoE '[A-Za-z_][A-Za-z0-9_]*' src include cl tests/{cli,kernel,unit,CMakeLists.txt} bench cmake | sort -u) |
        nothing_listed 'names:'
}

@test "pages that the code names are there" {
    local page
    cd "$root"
    for page in $(grep -rhoE 'docs/[A-Za-z_/-]+\.(md|png)' src include examples cl tests presets bench ci cmake CMakeLists.txt | sort -u); do
        [ -e "$page" ] || grep -rlF "$page" src include examples cl tests presets bench ci cmake CMakeLists.txt | sed "s|\$|: $page|"
    done | nothing_listed 'pages:'
}

# What h5ls and h5dump find in a file, as format.md writes it.
names_in() {
    h5ls -r "$1" | awk '/ Dataset / { sub(/^\//, "", $1); print $1 }' |
        sed -E 's,^(velocities|squares)/.*,\1/NAME,; s,^axes/.*,axes/KEY,; s,^results/,,'
    h5dump -A "$1" | sed -n 's/^ *ATTRIBUTE "\(.*\)" {$/\1/p'
}

# Fails unless format.md has what the files hold that the pages of this run made.
format_has_names() {
    local file name
    [ "$(find "$BATS_FILE_TMPDIR/pages" -name '*.h5' | wc -l)" -ge 6 ]
    for file in $(find "$BATS_FILE_TMPDIR/pages" -name '*.h5'); do
        names_in "$file"
    done | sort -u > held
    grep -oE '"[a-z_0-9]+"' "$root/src/bench/bench_json.c" | tr -d '"' | sort -u >> held
    while read -r name; do
        grep -qE "[\`\"](results/)?$name[\`\"]" "$root/docs/format.md" || echo "$name"
    done < held | nothing_listed 'not in format.md:'
}

@test "format.md has every name that a run and a bench file hold" {
    format_has_names
}

# bats test_tags=nightly
@test "format.md has every name that the other pages' files hold, sweeps and recalls among them" {
    format_has_names
}

@test "the changelogs begin with the version that this is" {
    local version
    version=$("$DENSEAM" --version | cut -d ' ' -f 2)
    [[ "$(grep -m 1 '^## ' "$root/docs/CHANGELOG.md")" == "## $version"* ]]
    [[ "$(head -n 1 "$root/debian/changelog")" == "denseam ($version-"* ]]
}

@test "the README and architecture.md stay short" {
    [ "$(wc -l < "$root/README.md")" -le 170 ]
    [ "$(wc -l < "$root/docs/architecture.md")" -le 250 ]
}
