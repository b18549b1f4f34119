import type Stripe from 'stripe'
import { invalid } from '../errors.ts'

/** One clause of a search query: a field, how it is compared, and with what. */
type Clause = {
  field: string
  key: string | null
  operator: ':' | '~' | '>' | '<' | '>=' | '<='
  value: string
  not: boolean
}

/** "Query fields for payment intents" ("Search", Stripe): the type of each decides which operators it takes. */
const fields: Record<string, 'token' | 'number' | 'metadata'> = {
  amount: 'number',
  created: 'number',
  currency: 'token',
  customer: 'token',
  metadata: 'metadata',
  status: 'token',
}

/**
 * Reads a query of Stripe's search language: clauses such as `metadata['key']:'value'`, joined by AND or by OR and not by
 * both, each perhaps negated by a minus. Throws a `Refusal` for anything else. @returns whether a PaymentIntent fits.
 */
export function readQuery(query: string): (intent: Stripe.PaymentIntent) => boolean {
  const clauses: Clause[] = []
  const joints = new Set<string>()
  const clause =
    /^\s*(-?)([a-z_]+)(?:\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\])?\s*(>=|<=|[:~><])\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?\d{1,15}|null))/
  let rest = query
  for (;;) {
    const match = clause.exec(rest)
    if (!match) throw refuse()
    const [whole, minus, field = '', key, key2, operator, text, text2, bare] = match
    const found: Clause = {
      field,
      key: unescapeText(key ?? key2),
      operator: operator as Clause['operator'],
      value: unescapeText(text ?? text2) ?? bare ?? '',
      not: minus === '-',
    }
    checkClause(found)
    clauses.push(found)
    rest = rest.slice(whole.length)
    if (rest.trim() === '') break
    const joint = /^\s+(AND|OR|and|or)\s+/.exec(rest)
    joints.add((joint?.[1] ?? 'AND').toUpperCase())
    rest = joint ? rest.slice(joint[0].length) : /^\s/.test(rest) ? rest : `!${rest}`
  }
  if (joints.size > 1) throw refuse()
  if (clauses.length > 10) throw refuse()
  const fits = (intent: Stripe.PaymentIntent) => (one: Clause) => one.not !== matches(intent, one)
  return joints.has('OR') ? (intent) => clauses.some(fits(intent)) : (intent) => clauses.every(fits(intent))
}

function refuse() {
  return invalid('We were unable to parse your search query. See https://stripe.com/docs/search for the syntax.', {
    param: 'query',
  })
}

function unescapeText(text: string | undefined): string | null {
  return text === undefined ? null : text.replace(/\\(.)/g, '$1')
}

function checkClause({ field, key, operator, value }: Clause): void {
  const type = fields[field]
  if (!type) throw invalid('Field is an unsupported search field for resource payment_intents.', { param: 'query' })
  if ((type === 'metadata') !== (key !== null)) throw refuse()
  const ordered = operator !== ':' && operator !== '~'
  if (ordered && type !== 'number') throw refuse()
  if (type === 'number' && (operator === '~' || !/^-?\d+$/.test(value))) throw refuse()
  // "The substring must be at least 3 characters."
  if (operator === '~' && (type !== 'metadata' || value.length < 3)) throw refuse()
}

function matches(intent: Stripe.PaymentIntent, { field, key, operator, value }: Clause): boolean {
  const actual = field === 'metadata' ? intent.metadata[key ?? ''] : intent[field as 'status']
  if (value === 'null') return actual === null || actual === undefined
  if (actual === null || actual === undefined) return false
  if (operator === ':') return String(actual).toLowerCase() === value.toLowerCase()
  if (operator === '~') return String(actual).toLowerCase().includes(value.toLowerCase())
  const difference = Number(actual) - Number(value)
  return operator === '>'
    ? difference > 0
    : operator === '<'
      ? difference < 0
      : operator === '>='
        ? difference >= 0
        : difference <= 0
}
