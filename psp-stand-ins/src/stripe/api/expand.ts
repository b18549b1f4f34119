import { invalid } from '../errors.ts'
import type { OperationName } from '../operations.ts'
import type { Account } from '../world.ts'

type Kind = 'charge' | 'checkout.session' | 'line_items' | 'payment_intent' | 'payment_method' | 'refund'

/** What can be expanded here, and what it is then ("Expanding responses", API reference). */
const expandable: Partial<Record<Kind, Readonly<Record<string, Kind>>>> = {
  charge: { payment_intent: 'payment_intent' },
  'checkout.session': { line_items: 'line_items', payment_intent: 'payment_intent' },
  payment_intent: { latest_charge: 'charge', payment_method: 'payment_method' },
  refund: { charge: 'charge', payment_intent: 'payment_intent' },
}

/** What operations answer, where something of it can be expanded; lists hold it in `data`. */
const answers: Partial<Record<OperationName, { kind: Kind; list?: true }>> = {
  'checkout.sessions.create': { kind: 'checkout.session' },
  'checkout.sessions.expire': { kind: 'checkout.session' },
  'checkout.sessions.list': { kind: 'checkout.session', list: true },
  'checkout.sessions.retrieve': { kind: 'checkout.session' },
  'payment_intents.cancel': { kind: 'payment_intent' },
  'payment_intents.capture': { kind: 'payment_intent' },
  'payment_intents.create': { kind: 'payment_intent' },
  'payment_intents.list': { kind: 'payment_intent', list: true },
  'payment_intents.retrieve': { kind: 'payment_intent' },
  'payment_intents.search': { kind: 'payment_intent', list: true },
  'refunds.create': { kind: 'refund' },
  'refunds.list': { kind: 'refund', list: true },
  'refunds.retrieve': { kind: 'refund' },
}

const loaders: Readonly<Record<Kind, (account: Account, id: string) => object | undefined>> = {
  charge: (account, id) => account.charges.get(id),
  'checkout.session': (account, id) => account.sessions.get(id)?.session,
  line_items: (account, session) => ({
    object: 'list',
    data: account.sessions.get(session)?.lineItems ?? [],
    has_more: false,
    url: `/v1/checkout/sessions/${session}/line_items`,
  }),
  payment_intent: (account, id) => account.intents.get(id)?.intent,
  payment_method: (account, id) => account.methods.get(id)?.method,
  refund: (account, id) => account.refunds.get(id)?.refund,
}

/** "Expansions have a maximum depth of four levels." */
const deepest = 4

/** Throws the `Refusal` of a path that names nothing; before anything is done, since a payment cannot be taken back. */
export function checkExpand(operation: OperationName, paths: readonly string[] = []): void {
  for (const path of paths) {
    const answer = answers[operation]
    const steps = path.split('.')
    const inData = answer?.list ? steps.shift() === 'data' : true
    let kind: Kind | undefined = answer?.kind
    for (const step of steps) {
      const fields: Readonly<Record<string, Kind>> = (kind && expandable[kind]) ?? {}
      kind = Object.hasOwn(fields, step) ? fields[step] : undefined
    }
    if (inData && kind !== undefined && steps.length > 0 && path.split('.').length <= deepest) continue
    const shown = /^[a-z_.]{1,100}$/.test(path) ? ` (${path})` : ''
    throw invalid(`This property cannot be expanded${shown}.`, { param: 'expand' })
  }
}

type Holder = Record<string, unknown> & { object: Kind | 'list' | 'search_result' }

/** A copy of an answer with what the paths, which were checked, name in the place of its id. */
export function expandAnswer(account: Account, answer: object, paths: readonly string[] = []): object {
  const copy = structuredClone(answer)
  for (const path of paths) expandAt(account, copy as Holder, path.split('.'))
  return copy
}

function expandAt(account: Account, holder: Holder, [step, ...rest]: readonly string[]): void {
  if (step === undefined) return
  if (holder.object === 'list' || holder.object === 'search_result') {
    for (const item of holder.data as Holder[]) expandAt(account, item, rest)
    return
  }
  const kind = expandable[holder.object]?.[step]
  if (kind === undefined) return
  const value = kind === 'line_items' ? holder.id : holder[step]
  const found = typeof value === 'string' ? structuredClone(loaders[kind](account, value)) : value
  if (found === null || found === undefined) return
  holder[step] = found
  expandAt(account, found as Holder, rest)
}
