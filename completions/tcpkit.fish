# Completion of tcpkit for fish, version 3 or newer: asks tcpkit complete.
function __tcpkit_complete
    set -l words (commandline -opc)
    # The resulting word; a quote that is still open is closed.
    set -l raw (commandline -ct)
    set -l word (string unescape -- $raw; or string unescape -- $raw\'; or string unescape -- $raw\")
    set -l program $words[1]
    type -q -f -- $program; or set program tcpkit
    for line in (command $program complete -- $words[2..-1] "$word" 2>/dev/null)
        if string match -q ':files*' -- $line
            set -l before (string replace -r '^:files\t' '' -- $line)
            set -l name $raw
            if test -n "$before"
                set name (string sub -s (math 1 + (string length -- "$before")) -- "$word")
                set name (string escape -n -- "$name" | string replace -r '^\\\\~' '~')
            end
            # The file names that fish offers after a command that it does not know.
            for file in (complete -C "'' $name" | string replace -r '\t.*' '')
                echo "$before$file"
            end
        else
            echo $line
        end
    end
end
complete -c tcpkit -f -k -a '(__tcpkit_complete)'
