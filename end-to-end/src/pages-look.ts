import { randomUUID } from 'node:crypto'
import type { LinkState } from '@fincore/payment-service/flows/read-link'
import { type MagicCardName, magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Page, Route } from 'playwright-core'
import type { LinkCookie, Links, UsedLink } from './payment-link.ts'
import { eventually, tokenCharge, type World } from './world.ts'

/** A page that shoppers see, and how to come to see it. */
export type ShownPage = {
  name: string
  /** Makes what the page is about, once; gives its address, and the cookies that its browser has. */
  arrange(): Promise<Arranged>
  /** Before the page is opened: what its browser is kept from. */
  prepare?(page: Page): Promise<unknown>
  /** After it is opened: what the shopper does until the page looks so. */
  act?(page: Page): Promise<void>
}
export type Arranged = { url: string; cookies?: LinkCookie[] }

const dear = {
  description: 'Hearth teapot, Aske Stoneware',
  line_items: [{ name: 'Hearth teapot', quantity: 1, amount: 1999 }],
}

/** The payment link's pages in every state, while the PSP answers, and where the `type` of a problem leads. */
export function listServicePages(world: World, links: Links): ShownPage[] {
  const inState = (state: LinkState): ShownPage => ({
    name: `link-${state}`,
    arrange: () => links.makeIn(state),
  })
  const fresh = async () => ({ url: (await links.make(dear)).url })
  return [
    {
      name: 'link-fresh',
      arrange: fresh,
      prepare: (page) => page.route('**/link-assets/*.js', (route) => route.abort()),
    },
    {
      name: 'link-fresh-opening',
      arrange: fresh,
      prepare: (page) =>
        page.route('**/s/*', (route) =>
          route.request().method() === 'POST' ? route.fulfill({ status: 204 }) : route.continue(),
        ),
      act: (page) => page.getByRole('button', { name: 'Opening the payment page…' }).waitFor(),
    },
    ...(['used_elsewhere', 'completed', 'expired', 'canceled', 'unknown'] as const).map(inState),
    {
      name: 'docs-errors',
      arrange: async () => ({ url: `${world.fincore.dev.api}/docs/errors#card_data_not_accepted_here` }),
    },
    ...['', '/decline-codes', '/events', '/currencies', '/guides', '/guides/webhooks'].map((path) => ({
      name: `docs${path.replaceAll('/', '-')}`,
      arrange: async () => ({ url: `${world.fincore.dev.api}/docs${path}` }),
    })),
  ]
}

/** Lets a page come, and what it asks for again be answered by nothing, so that it stays. */
function openOnce(): (route: Route) => Promise<void> {
  let isOpen = false
  return async (route) => {
    if (isOpen) return route.fulfill({ status: 204 })
    isOpen = true
    return route.continue()
  }
}

/** What a returning shopper sees while the PSP is silent. */
export function listSilentPages(links: Links): ShownPage[] {
  const url = async () => ({ url: `${(await links.make()).url}/return` })
  // The page asks again by itself, and would be gone while it is looked at.
  return [
    {
      name: 'link-confirming',
      arrange: url,
      prepare: (page) => page.route('**/return?wait=*', (route) => route.fulfill({ status: 204 })),
    },
  ]
}

/** The sandbox PSP's pages. Its card fields are seen where shoppers see them, in the shop's checkout. */
export function listSandboxPages(world: World, links: Links): ShownPage[] {
  const { psp } = world.fincore.dev
  /** A checkout of its own, as its shopper left it. */
  const checkout = async (leave: (used: UsedLink, id: string) => Promise<unknown> = async () => {}) => {
    const { id, url } = await links.make(dear)
    const used = await links.use(url)
    await leave(used, id)
    return { url: used.checkout }
  }
  const paying = (card: MagicCardName) => (used: UsedLink) => links.pay(used, card)
  return [
    { name: 'psp-checkout', arrange: () => checkout() },
    { name: 'psp-checkout-test-cards', arrange: () => checkout(), act: (page) => page.locator('summary').click() },
    { name: 'psp-checkout-invalid', arrange: () => checkout(), act: (page) => page.locator('#pay').click() },
    { name: 'psp-checkout-declined', arrange: () => checkout(paying('declined')) },
    { name: 'psp-checkout-paid', arrange: () => checkout(paying('visa')) },
    {
      name: 'psp-checkout-late',
      arrange: () => checkout(paying('late_success')),
      // The page loads itself again, and would be gone while it is looked at.
      prepare: (page) => page.route('**/checkout/*', openOnce()),
    },
    {
      name: 'psp-checkout-expired',
      arrange: () => checkout((_used, id) => world.api('POST', `/v1/payment_sessions/${id}/expire`)),
    },
    {
      name: 'psp-challenge',
      arrange: async () => {
        const made = await world.api(
          'POST',
          '/v1/charges',
          tokenCharge(await world.token(magicCardNumber('challenge'))),
        )
        return { url: (JSON.parse(made.text) as { next_action: { url: string } }).next_action.url }
      },
    },
    { name: 'psp-reference', arrange: async () => ({ url: `${psp}/` }) },
    { name: 'psp-unknown', arrange: async () => ({ url: `${psp}/checkout/nothing` }) },
  ]
}

/** The demo shop's pages. */
export function listShopPages(world: World): ShownPage[] {
  const { shop } = world.fincore.dev
  const at = (path: string) => async () => ({ url: shop + path })
  const order = async (form: Record<string, string>) => {
    const sent = { attempt: randomUUID(), ...form }
    const answer = await world.http.send('POST', `${shop}/checkout/hearth-teapot`, {
      headers: { accept: 'application/json' },
      form: sent,
    })
    return shop + (JSON.parse(answer.text) as { order: string }).order
  }
  const byServer = (card: MagicCardName) =>
    order({ way: 'server', number: magicCardNumber(card), expiry: '12/34', cvc: '123' })
  /** The order's page, as soon as the webhook has told the shop how it ended. */
  const ended = (card: MagicCardName, status: string) => async () => {
    const url = await byServer(card)
    await eventually(`an order that is ${status}`, async () =>
      (await world.http.send('GET', url)).text.includes(`data-order-status="${status}"`),
    )
    return { url }
  }
  return [
    { name: 'shop-catalogue', arrange: at('/') },
    { name: 'shop-product', arrange: at('/products/hearth-teapot') },
    { name: 'shop-unknown', arrange: at('/products/nothing') },
    { name: 'shop-checkout-hosted', arrange: at('/checkout/hearth-teapot?way=hosted') },
    {
      name: 'shop-checkout-fields',
      arrange: at('/checkout/hearth-teapot?way=fields'),
      act: async (page) => {
        await page.locator('#card-fields[data-state=ready]').waitFor()
        await page.frameLocator('#card-fields iframe').getByLabel('Card number').fill('5555 5555 5555 4444')
      },
    },
    { name: 'shop-checkout-server', arrange: at('/checkout/hearth-teapot?way=server') },
    {
      name: 'shop-checkout-problem',
      arrange: at('/checkout/hearth-teapot?way=fields'),
      act: async (page) => {
        await page.locator('#card-fields[data-state=ready]').waitFor()
        await page.locator('#pay-button').click()
        await page.locator('#problem').filter({ hasText: /./ }).waitFor()
      },
    },
    { name: 'shop-order-pending', arrange: async () => ({ url: await order({ way: 'hosted' }) }) },
    { name: 'shop-order-bank', arrange: async () => ({ url: await byServer('challenge') }) },
    { name: 'shop-order-paid', arrange: ended('visa', 'paid') },
    { name: 'shop-order-failed', arrange: ended('insufficient_funds', 'failed') },
    { name: 'shop-order-left', arrange: async () => ({ url: `${await order({ way: 'hosted' })}?left=1` }) },
  ]
}
