import type { Command } from 'commander'

export type Shell = 'bash' | 'zsh' | 'fish'

/** A place in the tree of commands: the words that lead there, and what may follow. */
type Place = {
  /** `''` for the program itself, then `psp`, `psp add`. */
  path: string
  commands: { name: string; meaning: string }[]
  options: { flag: string; meaning: string; choices: readonly string[]; takesValue: boolean }[]
  /** Words that the command takes as its operand. */
  operands: readonly string[]
}

/** A completion script, made from the tree of commands. It asks nobody when it completes. */
export function writeCompletion(program: Command, shell: Shell): string {
  const places = findPlaces(program)
  return { bash: writeBash, zsh: writeZsh, fish: writeFish }[shell](places)
}

function findPlaces(program: Command): Place[] {
  const visit = (command: Command, words: readonly string[]): Place[] => {
    const shown = program === command ? [] : program.options
    const place = {
      path: words.join(' '),
      commands: command.commands.map((one) => ({ name: one.name(), meaning: one.summary() || firstSentence(one) })),
      options: [...command.options, ...shown].flatMap(({ long, description, argChoices, required }) =>
        long ? [{ flag: long, meaning: description, choices: argChoices ?? [], takesValue: required }] : [],
      ),
      operands: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    }
    return [place, ...command.commands.flatMap((one) => visit(one, [...words, one.name()]))]
  }
  return visit(program, [])
}

function firstSentence(command: Command): string {
  return command.description().split(/\. |\.$|: /)[0] ?? ''
}

/** Walks the words to a place; what is no command of it is an operand, or an option. Bash and zsh share it. */
function writeWalk(places: readonly Place[], word: string): string {
  const known = places.map(({ path }) => `"${path === '' ? '' : ` ${path}`}"`).filter((path) => path !== '""')
  return `    case "$place ${word}" in ${known.join('|')}) place="$place ${word}" ;; esac`
}

function writeCases(places: readonly Place[], indent: string): string {
  return places
    .map(({ path, commands, options, operands }) => {
      const words = [...commands.map(({ name }) => name), ...operands, ...options.map(({ flag }) => flag), '--help']
      const values = options
        .filter(({ choices }) => choices.length > 0)
        .map(({ flag, choices }) => `      ${flag}) words="${choices.join(' ')}" ;;\n`)
      const choose = values.length === 0 ? '' : `\n    case "$previous" in\n${values.join('')}    esac`
      return `${indent}"${path === '' ? '' : ` ${path}`}") words="${words.join(' ')}"${choose} ;;`
    })
    .join('\n')
}

function writeBash(places: readonly Place[]): string {
  return `# Completion of fincore for bash.
_fincore() {
  local place="" words="" previous="\${COMP_WORDS[COMP_CWORD-1]}" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${writeWalk(places, '$word')}
  done
  case "$place" in
${writeCases(places, '  ')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _fincore fincore
`
}

function writeZsh(places: readonly Place[]): string {
  return `#compdef fincore
# Completion of fincore for zsh.
_fincore() {
  local place="" chosen="" previous="\${words[CURRENT-1]}" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
${writeWalk(places, '$word')}
  done
  case "$place" in
${writeCases(places, '  ').replaceAll('words="', 'chosen="')}
  esac
  compadd -- \${=chosen} || _files
}
compdef _fincore fincore
`
}

function writeFish(places: readonly Place[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = places.flatMap(({ path, commands, options, operands }) => {
    const here = `-n ${quote(`__fincore_at ${quote(path)}`)}`
    return [
      ...commands.map(({ name, meaning }) => `complete -c fincore ${here} -f -a ${name} -d ${quote(meaning)}`),
      ...operands.map((operand) => `complete -c fincore ${here} -f -a ${operand}`),
      ...options.map(({ flag, meaning, choices, takesValue }) => {
        const value = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : takesValue ? ' -r' : ''
        return `complete -c fincore ${here} -l ${flag.slice(2)}${value} -d ${quote(meaning)}`
      }),
    ]
  })
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quote(path))
  return `# Completion of fincore for fish.
function __fincore_at
    set -l place
    for word in (commandline -opc)[2..-1]
        set -l next (string trim "$place $word")
        contains -- $next ${known.join(' ')}; and set place $next
    end
    test "$place" = "$argv[1]"
end
${lines.join('\n')}
`
}
