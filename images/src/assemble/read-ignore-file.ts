import { readFileSync } from 'node:fs'

/**
 * What of a folder a build gets to see, by the rules of a `.dockerignore`: the last line decides that matches a path or a
 * folder above it, and `!` takes in again.
 * @returns whether a path, relative and with slashes, is seen.
 */
export function readIgnoreFile(file: string): (path: string) => boolean {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({
      isSeen: line.startsWith('!'),
      pattern: patternOf(line.replace(/^!/, '').replace(/^\/|\/$/g, '')),
    }))
  return (path) => lines.findLast(({ pattern }) => pattern.test(path))?.isSeen ?? true
}

/** `**` stands for any number of folders, `*` and `?` for what is between two slashes. */
function patternOf(line: string): RegExp {
  const source = line.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    return part === '?' ? '[^/]' : `\\${part}`
  })
  return new RegExp(`^${source}(?:/.*)?$`)
}
