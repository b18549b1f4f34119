import { parseArgs } from 'node:util'
import { adyen } from './adyen.ts'
import type { DevPsp } from './dev-psp.ts'
import { sandbox } from './sandbox.ts'
import { stripe } from './stripe.ts'

/** The PSPs that run on this machine. */
const devPsps: readonly DevPsp[] = [sandbox, stripe, adyen]

/** @throws Error of one line when there is no such PSP. */
export function findDevPsp(name: string): DevPsp {
  const found = devPsps.find((psp) => psp.name === name)
  if (found === undefined)
    throw new Error(
      `There is no PSP ${JSON.stringify(name)} here: choose --psp ${devPsps.map((psp) => psp.name).join(', ')}.`,
    )
  return found
}

/** Reads `--psp NAME`; undefined without it. @throws Error of one line for anything else. */
export function readPspOption(args: readonly string[]): DevPsp | undefined {
  const psp = readArguments(args)
  return psp === undefined ? undefined : findDevPsp(psp)
}

function readArguments(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { psp: { type: 'string' } } }).values.psp
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown fault'
    throw new Error(
      `${why}. The one option is -- --psp NAME (${devPsps.map((psp) => psp.name).join(', ')}); README.md has the settings of the environment.`,
    )
  }
}
