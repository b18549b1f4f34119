import { invalid } from '../errors.ts'

/** The names of parameters that this stand-in acts on, out of lines of them. */
export function listNames(...lines: string[]): ReadonlySet<string> {
  return new Set(lines.join(' ').split(' '))
}

/** Refuses what is Stripe's and not this stand-in's, so that nothing seems to work that was never tried. */
export function refuseOthers(params: object, known: ReadonlySet<string>, path: string): void {
  const other = Object.keys(params).find((name) => !known.has(name))
  if (other === undefined) return
  const param = path === '' ? other : `${path}[${other}]`
  throw invalid(`This stand-in of Stripe does not act on ${param}`, { param })
}
