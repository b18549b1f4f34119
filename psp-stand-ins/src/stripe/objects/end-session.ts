import type { Account, Cause, SessionRow, World } from '../world.ts'
import { cancelIntent } from './cancel-intent.ts'

/** The session was paid: it is complete, and its page leads on to `success_url`. */
export function completeSession(world: World, account: Account, row: SessionRow, paid: boolean): void {
  row.session.status = 'complete'
  row.session.payment_status = paid ? 'paid' : 'unpaid'
  row.session.url = null
  world.announce(account, 'checkout.session.completed', row.session, null)
}

/** Ends an open session, and with it a payment that was begun and not finished. */
export function expireSession(world: World, account: Account, row: SessionRow, cause: Cause): void {
  row.session.status = 'expired'
  row.session.url = null
  world.announce(account, 'checkout.session.expired', row.session, cause)
  const intent = account.intents.get(String(row.session.payment_intent))
  if (intent && intent.intent.status !== 'canceled')
    cancelIntent(world, account, intent, { reason: 'automatic', reference: '', cause })
}

/** Ends the session when its time is up. */
export function expireWhenDue(world: World, account: Account, row: SessionRow): void {
  if (row.session.status === 'open' && row.session.expires_at * 1000 <= world.now())
    expireSession(world, account, row, null)
}
