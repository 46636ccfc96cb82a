# Completion of denseam for fish. The tool itself says what may follow; see src/cli/complete_command.c.
function __denseam_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l tool $typed[1]
    string match -q '~/*' -- $tool; and set tool $HOME(string sub -s 2 -- $tool)
    type -q -- $tool; or return
    set -l lines ($tool complete -- $typed[2..-1] "$current" 2>/dev/null)
    test (count $lines) -lt 2; or printf '%s\n' $lines[2..-1]
    switch "$lines[1]"
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current"
    end
end
complete -c denseam -f -a '(__denseam_complete)'
