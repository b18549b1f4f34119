import { CommanderError } from 'commander'
import { toJson } from '../printable.ts'
import type { Run } from './action.ts'
import { exitCodes } from './exit-codes.ts'
import { CommandFailure, tellFailure } from './failures.ts'
import { createProgram } from './program.ts'
import { note, type Surroundings } from './surroundings.ts'

/**
 * Runs one command line and answers with its exit code. Everything that a command has to say it has said by then.
 *
 * @param words the command line without the program's name.
 */
export async function runCli(words: readonly string[], io: Surroundings): Promise<number> {
  const run: Run = { io, ending: 'done' }
  try {
    await createProgram(run).parseAsync(words, { from: 'user' })
    return exitCodes[run.ending].code
  } catch (error) {
    // Commander has said what is wrong with the command line, or shown its help, by itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done.code : exitCodes.usage.code
    if (!(error instanceof CommandFailure)) return tellFault(io, error)
    tellFailure(io, error, words.includes('--json'))
    return exitCodes[error.ending].code
  }
}

/** A bug. Its message could quote what it was about, so only its kind and place are told. */
async function tellFault(io: Surroundings, error: unknown): Promise<number> {
  const { describeError } = await import('../log.ts')
  note(io, `fincore has a fault, which its makers should know: ${toJson(describeError(error))}`)
  return exitCodes.fault.code
}
