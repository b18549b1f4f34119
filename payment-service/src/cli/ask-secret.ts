import { CommandFailure } from './failures.ts'
import type { Input, Surroundings } from './surroundings.ts'

/** Longer than any secret. */
const mostCharacters = 16_384
const interrupt = '\x03'
const ends = ['\r', '\n', '\x04']
const erases = ['\x7f', '\b']
const clear = '\x15'

/**
 * Asks for a secret on the terminal, without an echo. Throws where there is no terminal: a secret is not taken from the
 * command line, where every user of the machine can read it.
 *
 * @param instead what to do where there is none.
 */
export async function askSecret({ stdin, stderr }: Surroundings, question: string, instead: string): Promise<string> {
  if (stdin.isTTY !== true || stdin.setRawMode === undefined)
    throw new CommandFailure(`There is no terminal to ask on for ${question}.`, instead, 'usage')
  stderr.write(`${question}: `)
  stdin.setRawMode(true)
  let typed = ''
  try {
    await readUntil(stdin, (text) => {
      for (const character of text) {
        if (character === interrupt) throw new CommandFailure('You ended it.', null, 'interrupted')
        if (ends.includes(character)) return true
        if (erases.includes(character)) typed = typed.slice(0, -1)
        else if (character === clear) typed = ''
        else if (character >= ' ' && typed.length < mostCharacters) typed += character
      }
      return false
    })
    return typed.trim()
  } finally {
    stdin.setRawMode(false)
    stderr.write('\n')
  }
}

/** The first lines of standard input, for a program that has the secrets. */
export async function readLines({ stdin }: Surroundings, count: number): Promise<string[]> {
  let text = ''
  await readUntil(stdin, (more) => {
    text += more
    return text.split('\n').length > count || text.length > mostCharacters * count
  })
  return text
    .split('\n')
    .slice(0, count)
    .map((line) => line.trim())
}

/** Hands on what comes, until it was enough or the input has ended. The input can be read on afterwards. */
function readUntil(stdin: Input, isEnough: (text: string) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      stdin.off('data', take).off('end', end).pause()
      settle()
    }
    const end = () => finish(resolve)
    const take = (chunk: Uint8Array | string) => {
      try {
        if (isEnough(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())) finish(resolve)
      } catch (error) {
        finish(() => reject(error))
      }
    }
    stdin.on('data', take).on('end', end).resume()
  })
}
