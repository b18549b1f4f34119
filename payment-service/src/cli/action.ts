import { type Command, InvalidArgumentError, Option } from 'commander'
import { type IdKind, idPrefixes, isId } from '../ids.ts'
import type { GlobalOptions } from './connection.ts'
import type { Ending } from './exit-codes.ts'
import type { Surroundings } from './surroundings.ts'

/** One run of the command line: where it runs, and how it has ended so far. */
export type Run = { io: Surroundings; ending: Ending }

/**
 * What commander calls for a command: the work gets the command's options with the global ones, and its operands. How it
 * ends is `done` unless it says otherwise.
 */
export function action<Options extends object>(
  run: Run,
  work: (options: Options & GlobalOptions, ...operands: string[]) => Promise<Ending> | Promise<void>,
) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command
    run.ending = (await work(command.optsWithGlobals(), ...(given.slice(0, -2) as string[]))) ?? 'done'
  }
}

const examples = new WeakMap<Command, readonly string[]>()

/** Command lines that show how a command is used, in its `--help` and in docs/cli.md. A test reads each of them. */
export function withExamples(command: Command, ...lines: string[]): Command {
  examples.set(command, lines)
  const title = lines.length === 1 ? 'Example:' : 'Examples:'
  return command.addHelpText('after', `\n${title}\n${lines.map((line) => `  $ ${line}`).join('\n')}`)
}

export function examplesOf(command: Command): readonly string[] {
  return examples.get(command) ?? []
}

/** An option whose value is an id of this kind. */
export function idOption(flags: string, kind: IdKind, meaning: string): Option {
  return new Option(flags, meaning).argParser(readId(kind))
}

/** The merchant that a command is about. */
export function merchantOption(): Option {
  return idOption('--merchant <id>', 'merchant', 'the merchant, mer_…').makeOptionMandatory()
}

/** Reads an id of this kind. A test of its form alone: a slip is found before anything is asked. */
export function readId(kind: IdKind) {
  return (text: string): string => {
    if (isId(kind, text)) return text
    throw new InvalidArgumentError(`An id of this kind is ${idPrefixes[kind]}_ and 26 letters and digits.`)
  }
}

/** For an option that may be given several times. */
export function collect(text: string, before: string[] = []): string[] {
  return [...before, text]
}

export function readWholeNumber(least: number, most: number) {
  return (text: string): number => {
    const number = Number(text)
    if (/^\d{1,9}$/.test(text) && number >= least && number <= most) return number
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}
