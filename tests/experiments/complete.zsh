# Types a line and the tab key into an interactive zsh and prints what stands there then: complete.zsh LINE EXPECTED
zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell 'PS1=; stty -echo; autoload -Uz compinit && compinit -u -D; eval "$(household_compression --shell-completion zsh)"; print READ""Y'

read_until() { # PATTERN
  local all= piece= i
  for i in {1..100}; do
    while zpty -rt shell piece; do all+=$piece; done
    [[ $all == ${~1} ]] && break
    sleep 0.1
  done
  print -r -- "$all"
}

read_until '*READY*' >/dev/null
zpty -n -w shell "$1"$'\t'
read_until "*$2*"
zpty -d shell
