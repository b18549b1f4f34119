import { invalid } from '../errors.ts'
import type { Account } from '../world.ts'

type Loader = (account: Account, id: string) => object | undefined

/** What can be expanded here, by the kind of the object that holds it ("Expanding responses", API reference). */
const expandable: Record<string, Record<string, Loader>> = {
  payment_intent: {
    latest_charge: (account, id) => account.charges.get(id),
    payment_method: (account, id) => account.methods.get(id)?.method,
  },
  charge: { payment_intent: (account, id) => account.intents.get(id)?.intent },
  refund: {
    charge: (account, id) => account.charges.get(id),
    payment_intent: (account, id) => account.intents.get(id)?.intent,
  },
  'checkout.session': { payment_intent: (account, id) => account.intents.get(id)?.intent },
}

/** "Expansions have a maximum depth of four levels." */
const deepest = 4

/** A copy of an answer with what `expand` names put in the place of its id. Throws the `Refusal` of a path that is none. */
export function expandAnswer(account: Account, answer: object, paths: readonly string[]): object {
  const copy = structuredClone(answer)
  for (const path of paths) {
    const steps = path.split('.')
    if (steps.length > deepest) throw refuse(path)
    expandAt(account, copy as Holder, steps, path)
  }
  return copy
}

type Holder = Record<string, unknown> & { object?: string }

function expandAt(account: Account, holder: Holder, steps: readonly string[], path: string): void {
  const [step, ...rest] = steps
  if (step === undefined) return
  if (step === 'data' && Array.isArray(holder.data)) {
    if (rest.length === 0) throw refuse(path)
    for (const item of holder.data) expandAt(account, item, rest, path)
    return
  }
  if (holder.object === 'checkout.session' && step === 'line_items') {
    holder.line_items = listLineItems(account, String(holder.id))
    return
  }
  const load = expandable[holder.object ?? '']?.[step]
  if (!load) throw refuse(path)
  const value = holder[step]
  const found = typeof value === 'string' ? structuredClone(load(account, value)) : value
  if (found === null || found === undefined) return
  holder[step] = found
  expandAt(account, found as Holder, rest, path)
}

function listLineItems(account: Account, session: string) {
  const data = account.sessions.get(session)?.lineItems ?? []
  return { object: 'list', data, has_more: false, url: `/v1/checkout/sessions/${session}/line_items` }
}

function refuse(path: string) {
  const shown = /^[a-z_.]{1,100}$/.test(path) ? ` (${path})` : ''
  return invalid(`This property cannot be expanded${shown}.`, { param: 'expand' })
}
