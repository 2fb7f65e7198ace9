# shellcheck shell=bash
# Completion of tcpkit for bash, version 4 or newer: asks tcpkit complete.

# Sets `text` to a word without its quotes, and `quote` to the quote that is still open. Expands
# nothing.
_tcpkit_unquote() { # _tcpkit_unquote WORD
  local rest=$1 part
  text='' quote=''
  while [[ $rest == *[\\\'\"]* ]]; do
    part=${rest%%[\\\'\"]*}
    text+=$part rest=${rest#"$part"}
    if [[ ! $quote && $rest == [\'\"]* ]]; then
      quote=${rest:0:1}
    elif [[ $quote && $rest == "$quote"* ]]; then
      quote=''
    elif [[ $rest == \\* && (! $quote || ($quote == \" && $rest == \\[\\\"\`\$]*)) ]]; then
      rest=${rest:1} text+=${rest:0:1}
    else
      text+=${rest:0:1}
    fi
    rest=${rest:1}
  done
  text+=$rest
}

# Adds a candidate without `kept`, the part of the word that readline leaves as it is.
_tcpkit_add() { # _tcpkit_add CANDIDATE [MEANING]
  local new=${1#"$kept"}
  if [[ $listing && ${2-} ]]; then
    printf -v new '%-24s (%s)' "$new" "$2"
    new=${new:0:${COLUMNS:-80}-1}
  elif [[ $quote == \' ]]; then
    new=${new//\'/\'\\\'\'}
  elif [[ $quote ]]; then
    new=${new//\\/\\\\} new=${new//\"/\\\"} new=${new//\$/\\\$} new=${new//\`/\\\`}
  elif [[ $new == *[!A-Za-z0-9_=,./:@%+-]* ]]; then
    printf -v new %q "$new"
  fi
  COMPREPLY+=("$new")
}

_tcpkit_add_files() { # _tcpkit_add_files TEXT-BEFORE-THE-NAME
  local name names=()
  if [[ ${#lines[@]} -eq 1 && ! ${1#"$kept"} ]]; then
    compopt -o default # the shell's own, if there is nothing else
    return
  fi
  mapfile -t names < <(compgen -f -- "${word#"$1"}")
  for name in "${names[@]}"; do
    if [[ -d ${name/#\~\//$HOME/} ]]; then name+=/; fi
    _tcpkit_add "$1$name"
  done
}

_tcpkit() {
  local line=${COMP_LINE:0:COMP_POINT} raw='' part words=() redirection='' lines=()
  local text quote kept word listing=''
  COMPREPLY=()
  # Readline also splits at "=", ":" and other characters of COMP_WORDBREAKS: parts without a blank
  # in between form one word.
  for part in "${COMP_WORDS[@]}"; do
    if [[ $line == [[:space:]]* ]]; then
      line=${line#"${line%%[![:space:]]*}"}
      if [[ $redirection != to ]]; then
        _tcpkit_unquote "$raw"
        words+=("$text")
      fi
      # "> FILE": the next word belongs to it.
      if [[ $redirection == now ]]; then redirection=to; else redirection=''; fi
      raw=''
    fi
    if [[ $line != "$part"* ]]; then part=$line; fi
    if [[ $part && ! ${part//[<>&]/} ]]; then redirection=now; fi
    raw+=$part line=${line#"$part"}
    if [[ ! $line ]]; then break; fi
  done
  if [[ $redirection ]]; then
    compopt -o default
    return
  fi
  _tcpkit_unquote "${raw%"$2"}"
  kept=$text
  _tcpkit_unquote "$raw"
  word=$text
  if ((COMP_TYPE == 63)); then listing=1; fi # only shown, not inserted
  local program=${words[0]/#\~\//$HOME/}
  if ! type -P "$program" >/dev/null; then program=tcpkit; fi
  mapfile -t lines < <(command "$program" complete -- "${words[@]:1}" "$word" 2>/dev/null)
  for line in "${lines[@]}"; do
    part=${line#*$'\t'}
    case $line in
      :files$'\t'*) _tcpkit_add_files "$part" ;;
      *$'\t'*) _tcpkit_add "${line%%$'\t'*}" "$part" ;;
      *) _tcpkit_add "$line" ;;
    esac
  done
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[\ =/] ]]; then
    compopt -o nospace
    # A second candidate keeps readline from closing the quote.
    if [[ $quote ]]; then COMPREPLY+=("${COMPREPLY[0]}..."); fi
  fi
}
complete -F _tcpkit tcpkit
