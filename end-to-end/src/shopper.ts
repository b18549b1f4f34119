import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { Truth, World } from './world.ts'

export type OrderStatus = 'pending' | 'paid' | 'failed' | 'canceled'

/** Types a card into the PSP's fields inside the shop's checkout, key by key as a shopper does. */
export async function typeIntoCardFields(page: Page, number: string): Promise<void> {
  const fields = page.frameLocator('#card-fields iframe')
  await fields.getByLabel('Card number').pressSequentially(number)
  await fields.getByLabel('Expiry date').pressSequentially('1234')
  await fields.getByLabel('Security code').pressSequentially('123')
}

/** Fills in the shop's own form for server-to-server payments. */
export async function fillCardForm(page: Page, number: string): Promise<void> {
  await page.locator('#number').fill(number)
  await page.locator('#expiry').fill('12/34')
  await page.locator('#cvc').fill('123')
  await page.locator('#holder_name').fill('Ada Shopper')
}

/** Waits until the page shows an order in this status, and gives the order's id. */
export async function waitForOrder(page: Page, status: OrderStatus): Promise<string> {
  await page.locator(`main[data-order-status=${status}]`).waitFor()
  return (await page.locator('main').getAttribute('data-order')) ?? ''
}

/** What FinCore says of an order's charges, and what the bank really did for them. */
export async function readMoney(world: World, order: string): Promise<{ charges: string[]; bank: Truth }> {
  const charges = await world.api('GET', `/v1/charges?merchant_reference=${order}`)
  assert.equal(charges.status, 200, charges.text)
  // The PSP knows a token or card payment by the attempt to authorize it, a hosted one by that to make its page.
  const { rows } = await world.database.query<{ id: string }>(
    `select id from attempts where kind = 'authorize' and charge_id in (select id from charges where merchant_reference = $1)
     union select id from attempts where kind = 'create_session'
       and payment_session_id in (select id from payment_sessions where merchant_reference = $1)`,
    [order],
  )
  const truths = await Promise.all(rows.map(({ id }) => world.truth(id)))
  return {
    charges: (charges.body.data as unknown as { status: string }[]).map(({ status }) => status),
    bank: {
      movements: truths.flatMap(({ movements }) => movements),
      calls: truths.reduce((sum, { calls }) => sum + calls, 0),
      declined: truths.reduce((sum, { declined }) => sum + declined, 0),
    },
  }
}

/** An order was paid once and in full, and FinCore and the bank agree about it. */
export async function assertPaidOnce(world: World, order: string, amount: number): Promise<void> {
  const { charges, bank } = await readMoney(world, order)
  assert.equal(charges.filter((status) => status === 'captured').length, 1, charges.join())
  assert.deepEqual(bank.movements.map((movement) => [movement.kind, movement.amount]).sort(), [
    ['authorization', amount],
    ['capture', amount],
  ])
}

/** Nothing moved for an order, and FinCore says so too. */
export async function assertNotPaid(world: World, order: string, charges: string[]): Promise<void> {
  const money = await readMoney(world, order)
  assert.deepEqual(money.charges, charges)
  assert.deepEqual(money.bank.movements, [])
}
