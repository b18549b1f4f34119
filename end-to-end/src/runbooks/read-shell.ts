/** A command of a page, as the shell would start it: its words, with quotes and variables resolved. */
export type ShellCommand = string[]

const closing = { "'": "'", '"': '"' } as const
/** Behind which the next word is a file and no word of the command. */
const redirection = /^\d?[<>]{1,2}&?/

/**
 * Reads the shell that runbooks are written in: words, quotes, variables, `$(…)`, pipes, lists, comments, redirections. It
 * runs nothing. What a `$(…)` would give is not known: an id where its last command is `grep -o 'prefix_…'`, a word else.
 *
 * @param variables what is set; what the text sets is added to it.
 * @throws Error at a variable that nothing has set, and where a quote or a `$(` is not closed.
 */
export function readShell(text: string, variables: Map<string, string>): ShellCommand[] {
  const commands: ShellCommand[] = []
  let words: string[] = []
  let word: string | null = null
  let skipsNext = false
  const endWord = () => {
    if (word !== null && !skipsNext) words.push(word)
    if (word !== null) skipsNext = false
    word = null
  }
  const endCommand = () => {
    endWord()
    const command = assign(words, variables)
    if (command.length > 0) commands.push(command)
    words = []
  }
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    const redirected = word === null ? redirection.exec(text.slice(at))?.[0] : undefined
    if (char === '\\') {
      at += 1
      if (text[at] !== '\n') word = (word ?? '') + text.charAt(at)
    } else if (char === "'" || char === '"') {
      const end = findEnd(text, at + 1, closing[char])
      const inside = text.slice(at + 1, end)
      word = (word ?? '') + (char === "'" ? inside : expand(inside, variables, commands))
      at = end
    } else if (char === '$') {
      const end = endOfExpansion(text, at)
      word = (word ?? '') + expand(text.slice(at, end), variables, commands)
      at = end - 1
    } else if (redirected !== undefined) {
      skipsNext = !redirected.endsWith('&')
      at += redirected.length - 1 + (skipsNext ? 0 : 1)
    } else if (char === '#' && word === null) {
      at = indexOrEnd(text, '\n', at) - 1
    } else if (/[\n;|&]/.test(char)) endCommand()
    else if (/\s/.test(char)) endWord()
    else word = (word ?? '') + char
  }
  endCommand()
  return commands
}

/** Sets what the words assign, and gives the command that is left. */
function assign(words: readonly string[], variables: Map<string, string>): string[] {
  const [program, ...operands] = words
  const assigned = program === 'export' ? operands : words
  const first = assigned.findIndex((word) => !/^\w+=/.test(word))
  const own = first === -1 ? assigned : assigned.slice(0, first)
  for (const word of own) variables.set(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1))
  if (program === 'read') variables.set(words.at(-1) ?? '', 'typed')
  return program === 'export' ? [] : words.slice(own.length)
}

/** Replaces variables and `$(…)` in a text; the commands of the latter are read too. */
function expand(text: string, variables: Map<string, string>, commands: ShellCommand[]): string {
  let whole = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '\\' && /["$\\`]/.test(text.charAt(at + 1))) {
      at += 1
      whole += text.charAt(at)
    } else if (char !== '$' || endOfExpansion(text, at) === at + 1) whole += char
    else {
      const end = endOfExpansion(text, at)
      whole += resolve(text.slice(at, end), variables, commands)
      at = end - 1
    }
  }
  return whole
}

function resolve(expansion: string, variables: Map<string, string>, commands: ShellCommand[]): string {
  if (expansion.startsWith('$(')) {
    const inner = readShell(expansion.slice(2, -1), variables)
    commands.push(...inner)
    const [program, ...operands] = inner.at(-1) ?? []
    const prefix = program === 'grep' ? operands.at(-1)?.match(/^[a-z]+_/)?.[0] : undefined
    return prefix === undefined ? 'known' : `${prefix}…`
  }
  const name = expansion.replaceAll(/[${}]/g, '')
  const value = variables.get(name)
  if (value === undefined) throw new Error(`nothing sets $${name}`)
  return value
}

/** Where an expansion ends that begins at `$`; right behind the `$` when it is none. */
function endOfExpansion(text: string, at: number): number {
  if (text[at + 1] === '(') return findEnd(text, at + 2, ')') + 1
  return at + (/^\$(\{\w+\}|\w+)?/.exec(text.slice(at))?.[0].length ?? 1)
}

/** Where the text that begins at `from` is closed. Quotes and brackets within it count. */
function findEnd(text: string, from: number, close: string): number {
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === close) return at
    if (close === "'") continue
    if (char === '\\') at += 1
    else if (char === '$' && text[at + 1] === '(') at = findEnd(text, at + 2, ')')
    else if (close === ')' && (char === "'" || char === '"')) at = findEnd(text, at + 1, char)
    else if (close === ')' && char === '(') at = findEnd(text, at + 1, ')')
  }
  throw new Error(`${close} is missing`)
}

function indexOrEnd(text: string, what: string, from: number): number {
  const index = text.indexOf(what, from)
  return index === -1 ? text.length : index
}
