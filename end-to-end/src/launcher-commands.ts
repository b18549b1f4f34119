import { readFileSync } from 'node:fs'
import { pathInRepository } from '@fincore/dev/managed-process'

/** What the README tells a newcomer to type, and the tests of the launcher type. */
export const launcherCommands = {
  start: 'npm start',
  demo: 'npm run demo',
  demoWithStripe: 'npm run demo -- --psp stripe',
  demoWithAdyen: 'npm run demo -- --psp adyen',
} as const

type LauncherCommand = (typeof launcherCommands)[keyof typeof launcherCommands]

/** The program and its arguments, with npm's own words left out of the output. */
export function withNpm(command: LauncherCommand): [program: string, ...args: string[]] {
  const [program = '', ...args] = command.split(' ')
  return [program, ...args, '--silent']
}

/** What npm runs for it, by package.json: npm itself takes its time. */
export function withoutNpm(command: LauncherCommand): [program: string, ...args: string[]] {
  const [, name = '', more = ''] = command.match(/^npm (?:run )?(\S+)(?: -- (.*))?$/) ?? []
  const { scripts } = JSON.parse(readFileSync(pathInRepository('package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const [, ...args] = `${scripts[name]} ${more}`.trim().split(' ')
  return [process.execPath, ...args]
}
