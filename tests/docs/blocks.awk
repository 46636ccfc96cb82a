# The fenced blocks of a Markdown page as files in the folder `out`, which docs/CONTRIBUTING.md describes: 01.run,
# 02.short and 03.dry of shell, 04.file of a block that has a name, which stands in its first line. Inline code that
# begins with a command of ours becomes 99.dry.
function leave(name, text)
{
    printf "%s", text > name
    close(name)
}
/^ *```/ {
    if (inside) {
        if (kind != "")
            leave(sprintf("%s/%02d.%s", out, ++blocks, kind), text)
        inside = 0
        next
    }
    inside = 1
    sub(/^ *```/, "")
    text = kind = ""
    if ($1 == "sh")
        kind = $2 == "" ? "run" : $2
    else if ($2 != "") {
        kind = "file"
        text = $2 "\n"
    }
    next
}
inside {
    text = text $0 "\n"
    next
}
{
    rest = $0
    while (match(rest, /`[^`]+`/)) {
        code = substr(rest, RSTART + 1, RLENGTH - 2)
        rest = substr(rest, RSTART + RLENGTH)
        if (code ~ /^(denseam|ci\/[a-z-]+|bench\/[a-z]+) ?[a-z-]*/ && code ~ / / && code !~ /\.\.\./)
            inline = inline code "\n"
    }
}
END {
    if (inside) {
        print FILENAME ": a fence is not closed"
        exit 1
    }
    if (inline != "")
        leave(out "/99.dry", inline)
}
