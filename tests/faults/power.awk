# Cuts the power after every line that faults/record.c wrote, in two worlds: one where names reach the disk at once and
# content only when it is synced, and one where names do only when their folder is. A file under its own name (not a
# temporary one) must then be whole: what it was when it took that name, or before, or not there. At the end all that
# was written must be on disk.
function folder_of(path) {
    sub(/\/[^\/]*$/, "", path)
    return path
}
function is_temporary(path) {
    return path ~ /\.tmp\.denseam-[0-9a-f]+$/
}
function complain(text) {
    printf "line %d (%s): %s\n", NR, $0, text
    wrong++
}
# After a cut now.
function check(    path) {
    for (path in now) {
        cuts++
        if (!is_temporary(path) && synced[now[path]] != whole[now[path]])
            complain(path " would be torn: its name is on disk before its content")
    }
    for (path in settled) {
        cuts++
        if (!is_temporary(path) && synced[settled[path]] != whole[settled[path]])
            complain(path " would be torn")
    }
}
$1 == "create" { now[$3] = $2; whole[$2] = "new"; synced[$2] = "none" }
$1 == "write" {
    for (path in now)
        if (now[path] == $2 && !is_temporary(path))
            complain(path " is written in place")
}
$1 == "sync" { synced[$2] = $3 }
$1 == "name" || $1 == "link" {
    now[$5] = $2
    whole[$2] = $3
    if ($1 == "name")
        delete now[$4]
    names++
}
$1 == "remove" { delete now[$2] }
$1 == "folder" { folders[$2] = 1 }
$1 == "settle" {
    for (path in now)
        if (folder_of(path) == $2)
            settled[path] = now[path]
    for (path in settled)
        if (folder_of(path) == $2 && !(path in now))
            delete settled[path]
    for (path in folders)
        if (folder_of(path) == $2)
            folders[path] = 0
}
{ check() }
END {
    for (path in now)
        if (!is_temporary(path) && settled[path] != now[path])
            complain(path " is not on disk at the end")
    for (path in folders)
        if (folders[path])
            complain("the folder " path " is not on disk at the end")
    printf "%d calls, %d files named, %d files looked at after cuts, %d wrong\n", NR, names, cuts, wrong
    exit wrong > 0 || names == 0
}
