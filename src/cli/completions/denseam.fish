# Completion of denseam for fish. The tool itself says what may follow; see src/cli/complete_command.c.
function __denseam_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($typed[1] complete -- $typed[2..-1] "$current" 2>/dev/null)
    test (count $lines) -lt 2; or printf '%s\n' $lines[2..-1]
    switch "$lines[1]"
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current"
    end
end
complete -c denseam -f -a '(__denseam_complete)'
