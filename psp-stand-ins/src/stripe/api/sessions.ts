import { invalid, missing } from '../errors.ts'
import { expireSession, expireWhenDue } from '../objects/end-session.ts'
import { createSession } from '../objects/sessions.ts'
import { type SessionRow, seconds } from '../world.ts'
import type { Act, Call, Expanding } from './call.ts'
import { type ListParams, makePage } from './lists.ts'
import { checkSession, type SessionParams } from './session-params.ts'

export const createCheckoutSession: Act<SessionParams> = ({ world, account, params }) => {
  const money = checkSession(params, seconds(world))
  const row = createSession(world, account, params, money)
  world.later(row.session.expires_at * 1000 - world.now(), () => expireWhenDue(world, account, row))
  return { body: row.session }
}

export const retrieveCheckoutSession: Act<Expanding> = (call) => ({ body: findSession(call).session })

type Filters = { payment_intent?: string; status?: string; customer_details?: { email: string } }

export const listCheckoutSessions: Act<Expanding & ListParams & Filters> = ({ account, params }) => {
  const { payment_intent: intent, status, customer_details: customer } = params
  const rows = [...account.sessions.values()]
    .map(({ session }) => session)
    .filter((session) => intent === undefined || session.payment_intent === intent)
    .filter((session) => status === undefined || session.status === status)
    .filter((session) => customer === undefined || session.customer_details?.email === customer.email)
  return { body: makePage(rows, params, '/v1/checkout/sessions', 'checkout.session') }
}

/** `POST /v1/checkout/sessions/{id}/expire`: only an open session, and then nobody can pay it any more. */
export const expireCheckoutSession: Act<Expanding> = (call) => {
  const row = findSession(call)
  if (row.session.status !== 'open')
    throw invalid(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${row.session.status}\`.`,
    )
  expireSession(call.world, call.account, row, call.cause)
  return { body: row.session }
}

function findSession<P>({ world, account, id }: Call<P>): SessionRow {
  const row = account.sessions.get(id)
  if (!row) throw missing('checkout.session', id, 'session')
  expireWhenDue(world, account, row)
  return row
}
