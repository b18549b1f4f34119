import { StartError } from './start-error.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Gives a reader of settings that are one of a few words. What is wrong is added to `problems`, without the value. */
export const makeChoice =
  (env: Environment, problems: string[]) =>
  <T extends string>(name: string, fallback: T, allowed: readonly T[]): T => {
    const found = allowed.find((candidate) => candidate === (env[name] ?? fallback))
    if (found === undefined) problems.push(`${name} must be one of ${allowed.join(', ')}`)
    return found ?? fallback
  }

/** @throws StartError that names all of them, when there are any. */
export function reportProblems(problems: readonly string[]): void {
  if (problems.length > 0)
    throw new StartError(`${problems.join('; ')}. Set these in the environment; docs/operating.md lists all settings.`)
}
