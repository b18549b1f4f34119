import { printable, toJson } from '../printable.ts'
import type { Ending } from './exit-codes.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Why a command did not do what was asked: thrown anywhere in it, told once by `run-cli.ts`. `next` says what to do about
 * it. Never holds a secret, and no other program's error text.
 */
export class CommandFailure extends Error {
  readonly ending: Ending
  readonly next: string | null
  constructor(message: string, next: string | null = null, ending: Ending = 'failed') {
    super(message)
    this.name = 'CommandFailure'
    this.next = next
    this.ending = ending
  }
}

/** What FinCore answers to a request that it does not do: `application/problem+json`. */
export type ProblemAnswer = {
  status: number
  code: string
  title: string
  detail: string
  param: string | null
  type: string
  requestId: string
}

/** A problem of FinCore's. What may help when it is tried again is no refusal. */
export class ProblemFailure extends CommandFailure {
  readonly problem: ProblemAnswer
  constructor(problem: ProblemAnswer) {
    const isPassing = problem.status >= 500 || problem.status === 429
    super(problem.title, isPassing ? 'Try it again in a moment.' : null, isPassing ? 'failed' : 'refused')
    this.name = 'ProblemFailure'
    this.problem = problem
  }
}

/** Tells a failure on standard error: for people in sentences, for programs as one line of JSON. */
export function tellFailure({ stderr }: Surroundings, failure: CommandFailure, asJson: boolean): void {
  const problem = failure instanceof ProblemFailure ? failure.problem : null
  if (asJson) {
    const { message, next, ending } = failure
    const { code = null, status = null, param = null, requestId = null, detail = null } = problem ?? {}
    const line = { object: 'error', ending, message, detail, next, code, status, param, request_id: requestId }
    stderr.write(`${toJson(line)}\n`)
    return
  }
  const lines =
    problem === null
      ? [`It could not be done: ${failure.message}`]
      : [
          `FinCore ${failure.ending === 'refused' ? 'refused it' : 'could not do it'}: ${problem.title} (${problem.code}, ${problem.status}).`,
          `  ${problem.param === null || problem.detail.startsWith(`${problem.param} `) ? '' : `${problem.param}: `}${problem.detail}`,
        ]
  if (failure.next !== null) lines.push(`  → ${failure.next}`)
  if (problem !== null) lines.push(`  More: ${problem.type}`, `  Request: ${problem.requestId}`)
  stderr.write(`${lines.map(printable).join('\n')}\n`)
}
