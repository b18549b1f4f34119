import { parseArgs } from 'node:util'

/** The phases of the whole drill, in their order, as `--only` takes them. */
export const phaseNames = ['calm', 'network', 'random', 'steps', 'disk', 'pool', 'clock'] as const
export type PhaseName = (typeof phaseNames)[number]

export type DrillSettings = {
  seed: number
  payments: number
  /** How long the phases may take together. */
  minutes: number
  phases: readonly PhaseName[]
  markdown: boolean
}

/** @returns the settings, or what is wrong with the arguments, a line for each. */
export function readSettings(args: readonly string[]): DrillSettings | { wrong: string[] } {
  const values = parse(args)
  if (typeof values === 'string') return { wrong: [values] }
  const [seed, payments, minutes] = [values.seed, values.payments, values.minutes].map(Number) as [
    number,
    number,
    number,
  ]
  const chosen = values.only?.split(',') ?? phaseNames
  const phases = phaseNames.filter((name) => chosen.includes(name))
  const wrong = [
    !(values.seed !== '' && Number.isSafeInteger(seed)) && '--seed must be a whole number',
    !(Number.isInteger(payments) && payments >= 10 && payments <= 20_000) && '--payments must be from 10 to 20000',
    !(minutes >= 1 && minutes <= 9) && '--minutes must be from 1 to 9: the drill ends within 10',
    phases.length !== chosen.length && `--only takes ${phaseNames.join(', ')}, comma-separated, each once`,
  ].filter((problem) => problem !== false)
  return wrong.length > 0 ? { wrong } : { seed, payments, minutes, phases, markdown: values.markdown }
}

/** @returns what parseArgs says of options that it does not know. */
function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        payments: { type: 'string', default: '2000' },
        minutes: { type: 'string', default: '6' },
        only: { type: 'string' },
        markdown: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    if (error instanceof TypeError) return error.message
    throw error
  }
}

/** The command that runs the same drill again. */
export function commandOf({ seed, payments, minutes, phases }: DrillSettings): string {
  const only = phases.length === phaseNames.length ? '' : ` --only ${phases.join(',')}`
  return `npm run drill:faults -- --seed ${seed} --payments ${payments} --minutes ${minutes}${only}`
}
