import { readFileSync } from 'node:fs'
import { pathInRepository } from '@fincore/dev/managed-process'
import { createProgram } from '@fincore/payment-service/cli/program'
import { awsCommands } from './aws-commands.ts'
import { isPartOfMetric, standsInCode } from './check-words.ts'
import type { Runbook } from './read-runbook.ts'
import type { ShellCommand } from './read-shell.ts'

type Command = Runbook['commands'][number]
type Program = ReturnType<typeof createProgram>

/** An id of a form that is right and that names nothing. */
const ofNobody = '01kx7p2z3r8v9w0a1b2c3d4e5f'
/** Programs of every system, whose options nothing here knows. */
const ofTheSystem = new Set(['cut', 'date', 'dig', 'echo', 'export', 'head', 'jq', 'kill', 'openssl'])
for (const name of ['mktemp', 'printf', 'psql', 'read', 'rm', 'sleep', 'sort', 'tail', 'unset', 'uniq', 'wc'])
  ofTheSystem.add(name)
const { scripts } = JSON.parse(readFileSync(pathInRepository('package.json'), 'utf8'))

/** `mer_…` as an id of nobody, and `…` by itself as a word. */
export function fillIn(word: string): string {
  return word.replaceAll('_…', `_${ofNobody}`).replaceAll('…', 'x')
}

/** What is wrong with a command; null when it can be sent as it stands. What it does is not tried. */
export function findFault({ words, isMentioned }: Command): string | null {
  const [program = '', ...operands] = words
  if (program === 'fincore') return parseWithCommander(operands.map(fillIn), isMentioned)
  if (program === 'npm') return findNpmFault(operands)
  if (program === 'aws') return findAwsFault(operands)
  if (program === 'grep') return findSearchFault(operands)
  if (program === 'as') return operands.length < 3 ? 'it names no operator, method and path' : null
  if (program === 'curl') return /^(-sS|-sSI)$/.test(operands[0] ?? '') ? null : 'curl should be silent but for errors'
  return ofTheSystem.has(program) ? null : `nothing knows the program ${program}`
}

/** Parses as `fincore` does, with its own tree of commands, none of which does anything here. */
function parseWithCommander(words: readonly string[], isMentioned: boolean): string | null {
  const silent = { write: () => true }
  const io = { env: {}, cwd: '/', stdin: process.stdin, stdout: silent, stderr: silent, onInterrupt: () => () => {} }
  const program = createProgram({ io, ending: 'done' })
  disarm(program, isMentioned)
  try {
    program.parse(words, { from: 'user' })
    return null
  } catch (error) {
    // Commander's own; its help, for a group that is named alone, ends with 0.
    if (!(error instanceof Error && 'exitCode' in error)) throw error
    return error.exitCode === 0 ? null : error.message
  }
}

function disarm(command: Program['commands'][number] | Program, isMentioned: boolean): void {
  command.exitOverride()
  if (command.commands.length === 0 || isMentioned) command.action(() => {})
  if (isMentioned) {
    for (const option of command.options) option.mandatory = false
    for (const argument of command.registeredArguments) argument.argOptional()
  }
  for (const one of command.commands) disarm(one, isMentioned)
}

function findNpmFault(operands: ShellCommand): string | null {
  const [run, name = ''] = operands.filter((word) => word !== '--silent')
  const script: string | undefined = scripts[name]
  if (run !== 'run' || script === undefined) return `npm has no script ${name}`
  const file = script.match(/\S+\.ts\b/)?.[0] ?? ''
  const source = readFileSync(pathInRepository(file), 'utf8')
  const unknown = operands.find((word) => /^--[a-z]/.test(word) && word !== '--silent' && !knows(source, word))
  return unknown === undefined ? null : `${file} knows no ${unknown}`
}

function knows(source: string, option: string): boolean {
  const name = option.replace(/^--/, '').replace(/=.*$/, '')
  return source.includes(`--${name}`) || new RegExp(`['" {]${name}['"]?:`).test(source)
}

/** What is searched for among metrics must find one. */
function findSearchFault(operands: ShellCommand): string | null {
  const pattern = operands.find((word) => word.includes('fincore_'))
  return pattern === undefined || isPartOfMetric(pattern) ? null : 'it finds no metric'
}

function findAwsFault(operands: ShellCommand): string | null {
  const end = operands.findIndex((word) => !/^[a-z][a-z-]*$/.test(word))
  const words = operands.slice(0, end === -1 ? undefined : end).join(' ')
  const options = awsCommands[words]
  if (options === undefined) return `aws-commands.ts has no ${words}`
  const given = operands.flatMap((word) => word.match(/^--([a-z-]+)$/)?.[1] ?? [])
  const unknown = given.find((option) => !options.includes(option))
  if (unknown !== undefined) return `aws ${words} has no --${unknown}`
  const nowhere = operands
    .flatMap((word) => word.match(/^\/fincore\/production\/(.+)$/)?.[1] ?? [])
    .find((name) => !standsInCode(`/${name}\``) && !standsInCode(`'${name}'`))
  return nowhere === undefined ? null : `no stack makes a log group ${nowhere}`
}
