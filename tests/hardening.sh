#!/usr/bin/env bash
# Reads from a program or a shared library that was built with optimisation how it is hardened (cmake/harden.cmake):
# binutils' readelf, of the code itself.
#   tests/hardening.sh FILE...
set -euo pipefail

wrong=0

# wants FILE WHAT PATTERN OPTION...: readelf's output has the pattern.
wants() {
    local file=$1 what=$2 pattern=$3
    shift 3
    readelf --wide "$@" "$file" 2> /dev/null | grep -E -- "$pattern" > /dev/null || {
        printf '%s: no %s\n' "$file" "$what"
        wrong=$((wrong + 1))
    }
}

for file in "$@"; do
    wants "$file" "position-independent code" 'Type: +DYN' --file-header
    wants "$file" "read-only relocations" 'GNU_RELRO' --segments
    wants "$file" "binding at the start" 'FLAGS.*(BIND_NOW|NOW)' --dynamic
    wants "$file" "stack that is no code" 'GNU_STACK .* RW +0x' --segments
    wants "$file" "guarded stacks" '__stack_chk_fail' --dyn-syms
    wants "$file" "checked calls of the C library" '__(snprintf|vsnprintf|memcpy|read|readlink)_chk' --dyn-syms
    # What leaves no trace in the code stands in the compiler's own words, where they were kept.
    readelf --wide --sections "$file" | grep debug_line_str > /dev/null && ! grep -qaE -- '-fstack-clash-protection' "$file" && {
        printf '%s: no probed stacks\n' "$file"
        wrong=$((wrong + 1))
    }
    # The note that tells the system is dropped where the C library's own start has none (Debian's): so the landing
    # pads themselves, endbr64.
    pads=$(LC_ALL=C grep -oaP '\xf3\x0f\x1e\xfa' "$file" | wc -l)
    [ "$(uname -m)" != x86_64 ] || [ "$pads" -gt 100 ] || {
        printf '%s: no control flow for CET (%d landing pads)\n' "$file" "$pads"
        wrong=$((wrong + 1))
    }
done
[ "$wrong" -eq 0 ]
